//! The one way in which a value gets into a page.

use std::fmt::{self, Write as _};

use crate::render::style::{Style, safe};

/// The longest value that is shown, in characters: one that fills the page hides the rest of it.
const LONGEST: usize = 400;

/// A value as text of an HTML page or of a quoted attribute.
///
/// What the terminal does not show as it is (control characters, turns of the direction of writing, invisible letters)
/// is escaped here, too: a display name that comes from another system must not change how the rest of the line reads.
pub(in crate::web) fn escape(value: &str) -> Escaped<'_> {
    Escaped { value, longest: LONGEST }
}

/// The same, cut where it is longer than so many characters of markup: a value cannot make a page larger than that.
pub(in crate::web) fn clipped(value: &str, longest: usize) -> Escaped<'_> {
    Escaped { value, longest }
}

/// A sentence, cut as [`clipped`] does, in which names between backticks become code.
pub(super) fn prose(text: &str, longest: usize) -> String {
    let text = clipped(text, longest).to_string();
    let pieces: Vec<&str> = text.split('`').collect();
    // An odd number of backticks does not quote anything.
    if pieces.len().is_multiple_of(2) {
        return text;
    }
    let quoted = |(n, piece): (usize, &&str)| {
        if n.is_multiple_of(2) { (*piece).to_owned() } else { format!("<code>{piece}</code>") }
    };
    pieces.iter().enumerate().map(quoted).collect()
}

/// See [`escape`].
pub(in crate::web) struct Escaped<'a> {
    value: &'a str,
    longest: usize,
}

impl Escaped<'_> {
    /// Calls for each letter and the markup that stands for it, until as much markup is written as there may be.
    pub(in crate::web) fn each(&self, mut show: impl FnMut(char, Option<&'static str>)) {
        let mut left = self.longest;
        // No more of it can be shown than this.
        let end = self.value.char_indices().nth(self.longest + 1).map_or(self.value.len(), |(at, _)| at);
        for letter in safe(&self.value[..end], Style::PLAIN).chars() {
            let markup = entity(letter);
            let Some(rest) = left.checked_sub(markup.map_or(1, str::len)) else {
                show('…', None);
                return;
            };
            left = rest;
            show(letter, markup);
        }
    }
}

/// What stands for a character of markup.
fn entity(letter: char) -> Option<&'static str> {
    match letter {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(self.value.len().min(self.longest));
        self.each(|letter, markup| match markup {
            Some(markup) => text.push_str(markup),
            None => text.push(letter),
        });
        f.write_str(&text)
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
        assert_eq!(clipped("äöü&", 7).to_string(), "äöü…");
        assert_eq!(clipped("a&b", 4).to_string(), "a…");
        assert_eq!(escape(&"x".repeat(9_000)).to_string().chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_path_segment_holds_no_markup_and_no_slash() {
        assert_eq!(path_segment("home"), "home");
        assert_eq!(path_segment("a/b \"ü\""), "a%2Fb%20%22%C3%BC%22");
    }
}
