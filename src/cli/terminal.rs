//! What the reader's terminal can show.

use std::io::IsTerminal;

use crate::render::style::Style;

/// Wider lines than this are hard to read.
const WIDEST: usize = 110;

/// When colour is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// The style of standard output.
    pub(super) fn style(self) -> Style {
        let is_terminal = std::io::stdout().is_terminal();
        Style {
            width: if is_terminal { width() } else { Style::PLAIN.width },
            colour: self.is_wanted(is_terminal, variable("NO_COLOR").as_deref(), variable("TERM").as_deref()),
            unicode: !is_terminal || speaks_unicode(&["LC_ALL", "LC_CTYPE", "LANG"].map(variable)),
        }
    }

    /// `NO_COLOR` counts when it is set and not empty (no-color.org).
    fn is_wanted(self, is_terminal: bool, no_color: Option<&str>, term: Option<&str>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && no_color.is_none_or(str::is_empty) && term != Some("dumb"),
        }
    }
}

fn width() -> usize {
    terminal_size::terminal_size().map_or(Style::PLAIN.width, |(width, _)| usize::from(width.0).min(WIDEST))
}

/// The first of the locale's variables that is set decides (POSIX, Base Definitions, section 8.2).
fn speaks_unicode(locale: &[Option<String>]) -> bool {
    let decides = locale.iter().flatten().find(|value| !value.is_empty());
    decides.is_some_and(|value| ["utf-8", "utf8"].iter().any(|name| value.to_lowercase().contains(name)))
}

#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_and_no_color_is_obeyed() {
        let cases = [
            (Color::Auto, true, None, Some("xterm"), true),
            (Color::Auto, false, None, Some("xterm"), false),
            (Color::Auto, true, Some("1"), Some("xterm"), false),
            (Color::Auto, true, Some(""), Some("xterm"), true),
            (Color::Auto, true, None, Some("dumb"), false),
            (Color::Always, false, Some("1"), None, true),
            (Color::Never, true, None, None, false),
        ];
        for (color, is_terminal, no_color, term, wanted) in cases {
            assert_eq!(color.is_wanted(is_terminal, no_color, term), wanted, "{color:?} {no_color:?} {term:?}");
        }
    }

    #[test]
    fn the_first_variable_of_the_locale_that_is_set_decides() {
        let says = |locale: [&str; 3]| speaks_unicode(&locale.map(|value| Some(value.to_owned())));
        assert!(says(["", "", "de_DE.UTF-8"]));
        assert!(says(["C.utf8", "", ""]));
        assert!(!says(["C", "", "de_DE.UTF-8"]));
        assert!(!speaks_unicode(&[None, None, None]));
    }
}
