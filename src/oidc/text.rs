//! Texts that a server sent, made fit to be shown and kept. No more of a text is read than is shown: it may be a megabyte.

use aws_lc_rs::digest::{SHA256, digest};

/// The longest piece of a foreign text that is shown, in characters.
const LONGEST: usize = 200;
/// The longest text that is kept as it is, in bytes.
const KEPT: usize = 1_000;

/// At most so many characters of a text; the last one is `…` where something is left out.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Whether a token endpoint's words demand an assertion in place of a secret (RFC 7523). Words that name the secret too only
/// list what was tried, or what is possible.
#[must_use]
pub fn demands_assertion(said: &str) -> bool {
    let said = said.to_lowercase();
    said.contains("client_assertion") && !said.contains("client_secret")
}

/// A foreign text on one line, every run of white space as a blank; cut where it is long.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut letters = 0;
    for word in text.split_whitespace() {
        if letters > LONGEST {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        // One more than is shown, so that the cut shows.
        let end = word.char_indices().nth(LONGEST + 1).map_or(word.len(), |(index, _)| index);
        line.push_str(&word[..end]);
        letters += word[..end].chars().count() + 1;
    }
    cut(&line, LONGEST)
}

/// A foreign text as it is: control characters replaced, so that they show; cut where it is long.
#[must_use]
pub fn short(text: &str) -> String {
    let visible = |letter: char| if letter.is_control() { '\u{fffd}' } else { letter };
    cut(&text.chars().take(LONGEST + 1).map(visible).collect::<String>(), LONGEST)
}

/// A foreign text that is kept to be compared: as it is, or its beginning and its digest where it is long.
#[must_use]
pub fn distinct(text: &str) -> String {
    if text.len() <= KEPT {
        return text.to_owned();
    }
    let hex: String = digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} ({} bytes, SHA-256 {hex})", cut(text, LONGEST), text.len())
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
    fn long_texts_are_kept_in_short_and_stay_distinct() {
        assert_eq!(distinct("RS256"), "RS256");
        assert_eq!(distinct(&"x".repeat(1_000)), "x".repeat(1_000));
        let (one, other) = ("x".repeat(1_001), format!("{}y", "x".repeat(1_000)));
        assert_eq!(distinct(&one), distinct(&one));
        assert_ne!(distinct(&one), distinct(&other));
        assert!(distinct(&one).len() < 400);
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
        assert_eq!(one_line(&"a ".repeat(100)), "a ".repeat(100).trim_end());
        assert_eq!(one_line(&"a ".repeat(101)), format!("{}…", "a ".repeat(100).trim_end()));
        assert_eq!(one_line(&format!(" {}", "é".repeat(201))), format!("{}…", "é".repeat(199)));
        assert_eq!(one_line(" a\n b\t c "), "a b c");
        assert_eq!(short("RS256"), "RS256");
        assert_eq!(short("a\nb\u{1b}c"), "a\u{fffd}b\u{fffd}c");
    }
}
