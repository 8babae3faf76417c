//! How texts get into a page. The templates escape markup; what else a text from outside could do is taken care of here.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::render::style::{Style, safe};

/// The longest value that is shown, in characters: one that fills the page hides the rest of it.
const LONGEST: usize = 400;

/// A value, as far as it is shown.
///
/// What the terminal does not show as it is (control characters, turns of the direction of writing, invisible letters)
/// is made visible here, too: a display name that comes from another system must not change how the rest of the line reads.
pub(in crate::web) fn shown(value: &str) -> String {
    clipped(value, LONGEST)
}

/// The same, cut where it is longer than so many characters, or takes more than twice as many bytes as HTML: what is
/// all escapes swells a page.
pub(in crate::web) fn clipped(value: &str, longest: usize) -> String {
    // No more of it can be shown than this.
    let end = value.char_indices().nth(longest + 1).map_or(value.len(), |(at, _)| at);
    let text = safe(&value[..end], Style::PLAIN);
    let mut bytes = 0;
    let is_too_much = |(n, (_, letter)): &(usize, (usize, char))| {
        bytes += match letter {
            '<' | '>' => 4,
            '&' => 5,
            '"' => 6,
            other => other.len_utf8(),
        };
        *n >= longest || bytes > 2 * longest
    };
    match text.char_indices().enumerate().find(is_too_much) {
        Some((_, (end, _))) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A sentence, cut as [`clipped`] does, in which names between backticks become code.
pub(super) fn prose(text: &str, longest: usize) -> Markup {
    let text = clipped(text, longest);
    let pieces: Vec<&str> = text.split('`').collect();
    // An odd number of backticks does not quote anything.
    if pieces.len().is_multiple_of(2) {
        return html! { (text) };
    }
    html! {
        @for (n, piece) in pieces.iter().enumerate() {
            @if n.is_multiple_of(2) { (piece) } @else { code { (piece) } }
        }
    }
}

/// A value as one segment of a path or one value of a query (RFC 3986, section 3.3).
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
            ("<script>alert('x')</script>", "&lt;script&gt;alert('x')&lt;/script&gt;"),
            ("\" onclick=\"x", "&quot; onclick=&quot;x"),
            ("a & b", "a &amp; b"),
            ("bad\u{0}\u{7}\r", "bad\\u{0}\\u{7}\\r"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}evil", "\\u{202e}evil"),
        ] {
            assert_eq!(html! { (shown(value)) }.into_string(), expected);
        }
    }

    #[test]
    fn names_in_backticks_become_code_and_stay_escaped() {
        for (text, longest, expected) in [
            ("set `a<b` to 1", 99, "set <code>a&lt;b</code> to 1"),
            ("one ` alone", 99, "one ` alone"),
            ("`cut here`", 4, "`cut…"),
        ] {
            assert_eq!(prose(text, longest).into_string(), expected);
        }
    }

    #[test]
    fn a_long_value_is_cut_by_characters() {
        assert_eq!(clipped("äöü", 3), "äöü");
        assert_eq!(clipped("äöü&", 3), "äöü…");
        assert_eq!(clipped("\u{0}", 4), "\\u{0…");
        assert_eq!(shown(&"x".repeat(9_000)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_path_segment_holds_no_markup_and_no_slash() {
        assert_eq!(path_segment("home"), "home");
        assert_eq!(path_segment("a/b \"ü\""), "a%2Fb%20%22%C3%BC%22");
    }
}
