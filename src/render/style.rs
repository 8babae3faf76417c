//! How text looks on a terminal: width, colour, and the one function through which foreign text must pass.

use unicode_width::UnicodeWidthChar;

/// What the reader's terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// The width in columns.
    pub width: usize,
    /// Whether colour is wanted. Words stand beside every colour.
    pub colour: bool,
    /// Whether letters beyond ASCII can be shown; else they are escaped.
    pub unicode: bool,
}

impl Style {
    /// 80 columns without colour: what goes to a file or a pipe.
    pub const PLAIN: Self = Self { width: 80, colour: false, unicode: true };
}

/// What a piece of text means, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    /// A heading, a name.
    Strong,
    /// Proven good.
    Good,
    /// Proven bad.
    Bad,
    /// Will break, or cannot be told.
    Warn,
    /// Not known, or by the way.
    Quiet,
}

impl Paint {
    /// The text in this colour, by ANSI sequences (ECMA-48, section 8.3.117).
    pub(super) fn on(self, text: &str, style: Style) -> String {
        let code = match self {
            Self::Plain => return text.to_owned(),
            _ if !style.colour || text.is_empty() => return text.to_owned(),
            Self::Strong => "1",
            Self::Good => "32",
            Self::Bad => "1;31",
            Self::Warn => "33",
            Self::Quiet => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// The text as it may be shown: nothing in it moves the cursor, changes a colour, reverses a line or hides.
///
/// Values come from servers that may be hostile or broken. Control characters, direction marks, invisible characters,
/// combining marks and unusual spaces become `\u{...}`; line breaks and tabs become `\n`, `\r`, `\t`.
#[must_use]
pub fn safe(text: &str, style: Style) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' '..='~' => shown.push(character),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if style.unicode && is_plain(character) => shown.push(character),
            _ => shown.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
        }
    }
    shown
}

/// Whether a character beyond ASCII shows itself and nothing else.
fn is_plain(character: char) -> bool {
    let is_mark = matches!(u32::from(character),
        0xad | 0x61c | 0x115f..=0x1160 | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x2800 | 0x3164
        | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffd | 0xe000..=0xf8ff | 0xe_0000..=0x10_ffff);
    !character.is_control()
        && !character.is_whitespace()
        && !is_mark
        && character.width().is_some_and(|columns| columns > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_or_hides_gets_through() {
        let cases = [
            ("plain text, äöü, 日本", "plain text, äöü, 日本"),
            ("\x1b[2J\x1b]0;title\x07", "\\u{1b}[2J\\u{1b}]0;title\\u{7}"),
            ("a\nb\r\tc\0", "a\\nb\\r\\tc\\u{0}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("user\u{202e}gpj.exe", "user\\u{202e}gpj.exe"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
            ("no\u{a0}break", "no\\u{a0}break"),
            ("e\u{301}", "e\\u{301}"),
            ("\u{e0041}\u{e000}", "\\u{e0041}\\u{e000}"),
            ("\u{7f}", "\\u{7f}"),
        ];
        for (text, shown) in cases {
            assert_eq!(safe(text, Style::PLAIN), shown);
        }
    }

    #[test]
    fn a_terminal_without_unicode_gets_ascii_only() {
        let style = Style { unicode: false, ..Style::PLAIN };
        assert_eq!(safe("kä日", style), "k\\u{e4}\\u{65e5}");
    }

    #[test]
    fn colour_is_only_put_on_where_it_is_wanted() {
        assert_eq!(Paint::Bad.on("FAIL", Style::PLAIN), "FAIL");
        let colourful = Style { colour: true, ..Style::PLAIN };
        assert_eq!(Paint::Bad.on("FAIL", colourful), "\x1b[1;31mFAIL\x1b[0m");
        assert_eq!(Paint::Plain.on("FAIL", colourful), "FAIL");
    }
}
