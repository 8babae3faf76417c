//! Texts that a server sent, made fit to be shown.

/// The longest piece of a foreign text that is shown, in characters.
const LONGEST: usize = 200;

/// At most so many characters of a text; the last one is `…` where something is left out.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// A foreign text on one line, every run of white space as a blank; cut where it is long.
#[must_use]
pub fn one_line(text: &str) -> String {
    cut(&text.split_whitespace().collect::<Vec<&str>>().join(" "), LONGEST)
}

/// A foreign text as it is: control characters replaced, so that they show; cut where it is long.
#[must_use]
pub fn short(text: &str) -> String {
    cut(&text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect::<String>(), LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_to_the_character() {
        for (text, most, shown) in [("", 3, ""), ("äöü", 3, "äöü"), ("äöüß", 3, "äö…"), ("ab", 1, "…")]
        {
            assert_eq!(cut(text, most), shown);
        }
        assert_eq!(short(&"x".repeat(200)), "x".repeat(200));
        assert_eq!(short(&"x".repeat(201)), format!("{}…", "x".repeat(199)));
        assert_eq!(one_line(&"é".repeat(500)).chars().count(), 200);
    }

    #[test]
    fn white_space_is_joined_or_shown() {
        assert_eq!(one_line(" a\n b\t c "), "a b c");
        assert_eq!(short("RS256"), "RS256");
        assert_eq!(short("a\nb\u{1b}c"), "a\u{fffd}b\u{fffd}c");
    }
}
