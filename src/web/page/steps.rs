//! The login path, drawn stage by stage.

use maud::{Markup, html};

use super::{
    shape::{class, icon},
    text::{clipped, shown},
};
use crate::render::path::{Link, State};

/// The longest note, in characters.
const NOTE: usize = 160;

/// Side by side: the stages and how they stand, verdicts only.
pub(super) fn strip<'t>(stages: impl IntoIterator<Item = (&'t str, State)>) -> Markup {
    html! {
        ol class="path strip" {
            @for (title, state) in stages {
                li class=(class(state)) { b { (shown(title)) } " " span { (icon(state)) " " (state.in_words()) } }
            }
        }
    }
}

/// The class of a note. The style sheet begins it with a capital letter, unless an address stands there.
pub(super) fn kind_of(note: &str) -> &'static str {
    if note.starts_with("http") { "note verbatim" } else { "note" }
}

/// One below the other, each with the one thing worth saying about it.
pub(super) fn line(links: &[Link]) -> Markup {
    html! {
        ol class="path line" {
            @for Link { title, state, note, .. } in links {
                li class=(class(*state)) {
                    (icon(*state)) b { (shown(title)) } " " span { (state.in_words()) } " "
                    span class=(kind_of(note)) { (clipped(note, NOTE)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_address_keeps_its_small_letter() {
        assert_eq!(super::kind_of("https://kasm.example.test does not answer"), "note verbatim");
        assert_eq!(super::kind_of("waits for Kasm"), "note");
    }
}
