//! The login path, drawn stage by stage.

use super::{
    escape::{clipped, escape},
    shape::{class, icon},
};
use crate::render::path::{Link, State};

/// The longest note, in characters.
const NOTE: usize = 160;

/// Side by side: the stages and how they stand, verdicts only.
pub(super) fn strip<'t>(stages: impl IntoIterator<Item = (&'t str, State)>) -> String {
    let step = |(title, state): (&str, State)| {
        let (class, icon, word) = (class(state), icon(state), state.in_words());
        format!("<li class=\"{class}\"><b>{}</b> <span>{icon} {word}</span></li>\n", escape(title))
    };
    format!("<ol class=\"path strip\">\n{}</ol>\n", stages.into_iter().map(step).collect::<String>())
}

/// The class of a note. The style sheet begins it with a capital letter, unless an address stands there.
pub(super) fn kind_of(note: &str) -> &'static str {
    if note.starts_with("http") { "note verbatim" } else { "note" }
}

/// One below the other, each with the one thing worth saying about it.
pub(super) fn line(links: &[Link]) -> String {
    let step = |Link { title, state, note, .. }: &Link| {
        let (class, icon, word) = (class(*state), icon(*state), state.in_words());
        let (title, kind, note) = (escape(title), kind_of(note), clipped(note, NOTE));
        format!(
            "<li class=\"{class}\">{icon}<b>{title}</b> <span>{word}</span> <span class=\"{kind}\">{note}</span></li>\n"
        )
    };
    format!("<ol class=\"path line\">\n{}</ol>\n", links.iter().map(step).collect::<String>())
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_address_keeps_its_small_letter() {
        assert_eq!(super::kind_of("https://kasm.example.test does not answer"), "note verbatim");
        assert_eq!(super::kind_of("waits for Kasm"), "note");
    }
}
