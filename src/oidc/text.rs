//! Texts that a server sent, made fit to be shown.

/// The longest piece of a foreign text that is shown, in characters.
const LONGEST: usize = 200;

/// A foreign text on one line: control characters replaced, and cut where it is long.
#[must_use]
pub fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_and_control_characters_replaced() {
        assert_eq!(short("RS256"), "RS256");
        assert_eq!(short("a\nb\u{1b}c"), "a\u{fffd}b\u{fffd}c");
        assert_eq!(short(&"x".repeat(200)), "x".repeat(200));
        assert_eq!(short(&"x".repeat(201)), format!("{}…", "x".repeat(200)));
    }
}
