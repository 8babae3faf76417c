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

/// Control characters, and those that turn the direction of what follows or break a line: nothing of them is seen, and a
/// terminal or an editor obeys them.
#[must_use]
pub fn is_unshown(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// JSON that means the same, in which every character that is not shown is escaped. Line breaks between values stay.
#[must_use]
pub fn escaped_json(json: String) -> String {
    let is_escaped = |letter: char| letter != '\n' && is_unshown(letter);
    if !json.contains(is_escaped) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        if is_escaped(letter) {
            // All of them are of one UTF-16 unit, and stand in texts alone.
            escaped.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            escaped.push(letter);
        }
    }
    escaped
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
    fn json_shows_what_is_not_shown_and_means_the_same() {
        let text = "a\u{1b}[31m\u{9b}31m\u{7f}\u{202e}\u{2066}\u{61c}\u{2028}\u{fc}\n";
        let json = serde_json::to_string_pretty(&serde_json::json!({"a": text})).unwrap();
        let escaped = escaped_json(json.clone());
        assert!(!escaped.contains(|letter: char| letter != '\n' && is_unshown(letter)), "{escaped:?}");
        assert!(escaped.contains("\\u009b31m\\u007f\\u202e") && escaped.contains('\u{fc}'), "{escaped}");
        let value: serde_json::Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(value["a"], text);
        assert_eq!(escaped_json("{\n}".to_owned()), "{\n}");
    }

    #[test]
    fn white_space_is_joined_or_shown() {
        assert_eq!(one_line(" a\n b\t c "), "a b c");
        assert_eq!(short("RS256"), "RS256");
        assert_eq!(short("a\nb\u{1b}c"), "a\u{fffd}b\u{fffd}c");
    }
}
