//! The one way in which a value gets into a page.

use std::fmt::{self, Write as _};

/// A value as text of an HTML page or of a quoted attribute.
///
/// Beside the five characters of markup, control characters and those that turn the direction of writing are replaced:
/// a display name that comes from another system must not change how the rest of the line reads.
pub(super) fn escape(value: &str) -> Escaped<'_> {
    Escaped(value)
}

/// See [`escape`].
pub(super) struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(character)?,
                '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    f.write_char('\u{fffd}')?
                }
                control if control.is_control() => f.write_char('\u{fffd}')?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A value as one segment of a path (RFC 3986, section 3.3): safe in an attribute, too.
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
            ("bad\u{0}\u{7}\r", "bad\u{fffd}\u{fffd}\u{fffd}"),
            ("\u{202e}evil", "\u{fffd}evil"),
        ] {
            assert_eq!(escape(value).to_string(), expected);
        }
    }

    #[test]
    fn a_path_segment_holds_no_markup_and_no_slash() {
        assert_eq!(path_segment("home"), "home");
        assert_eq!(path_segment("a/b \"ü\""), "a%2Fb%20%22%C3%BC%22");
    }
}
