//! The one way in which a value gets into a page.

use std::fmt::{self, Write as _};

use crate::telling::style::{Style, safe};

/// The longest value that is shown, in characters: one that fills the page hides the rest of it.
const LONGEST: usize = 400;

/// A value as text of an HTML page or of a quoted attribute.
///
/// What the terminal does not show as it is (control characters, turns of the direction of writing, invisible letters)
/// is escaped here, too: a display name that comes from another system must not change how the rest of the line reads.
pub(in crate::web) fn escape(value: &str) -> Escaped<'_> {
    Escaped { value, longest: LONGEST }
}

/// The same, cut where it is longer than so many characters.
pub(in crate::web) fn clipped(value: &str, longest: usize) -> Escaped<'_> {
    Escaped { value, longest }
}

/// A sentence, cut as [`clipped`] does, in which names between backticks become code.
pub(super) fn prose(text: &str, longest: usize) -> String {
    let text = clipped(text, longest).to_string();
    let pieces: Vec<&str> = text.split('`').collect();
    // An odd number of backticks does not quote anything.
    if pieces.len() % 2 == 0 {
        return text;
    }
    let quoted =
        |(n, piece): (usize, &&str)| if n % 2 == 0 { (*piece).to_owned() } else { format!("<code>{piece}</code>") };
    pieces.iter().enumerate().map(quoted).collect()
}

/// See [`escape`].
pub(in crate::web) struct Escaped<'a> {
    value: &'a str,
    longest: usize,
}

impl Escaped<'_> {
    fn shown(&self) -> String {
        let end = self.value.char_indices().nth(self.longest).map(|(at, _)| at);
        let kept = safe(&self.value[..end.unwrap_or(self.value.len())], Style::PLAIN);
        if end.is_some() { kept + "…" } else { kept }
    }

    /// How many letters a reader sees.
    pub(in crate::web) fn length(&self) -> usize {
        self.shown().chars().count()
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.shown().chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A value as one segment of a path or one value of a query (RFC 3986, section 3.3): safe in an attribute, too.
pub(in crate::web) fn path_segment(value: &str) -> String {
    let mut segment = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            segment.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(segment, "%{byte:02X}");
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_controls_and_turns_of_direction_are_harmless() {
        for (value, expected) in [
            ("plain ü 日", "plain ü 日"),
            ("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"),
            ("\" onclick=\"x", "&quot; onclick=&quot;x"),
            ("a & b", "a &amp; b"),
            ("bad\u{0}\u{7}\r", "bad\\u{0}\\u{7}\\r"),
            ("\u{202e}evil", "\\u{202e}evil"),
        ] {
            assert_eq!(escape(value).to_string(), expected);
        }
    }

    #[test]
    fn names_in_backticks_become_code_and_stay_escaped() {
        assert_eq!(prose("set `a<b` to 1", 99), "set <code>a&lt;b</code> to 1");
        assert_eq!(prose("one ` alone", 99), "one ` alone");
        assert_eq!(prose("`cut here`", 4), "`cut…");
    }

    #[test]
    fn a_long_value_is_cut_by_characters() {
        assert_eq!(clipped("äöü", 3).to_string(), "äöü");
        assert_eq!(clipped("äöü&", 3).to_string(), "äöü…");
        assert_eq!(escape(&"x".repeat(9_000)).to_string().chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_path_segment_holds_no_markup_and_no_slash() {
        assert_eq!(path_segment("home"), "home");
        assert_eq!(path_segment("a/b \"ü\""), "a%2Fb%20%22%C3%BC%22");
    }
}
