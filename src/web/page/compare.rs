//! Two values that should be the same, with the characters marked that are not.

use maud::{Markup, html};

use super::text::shown;
use crate::render::drift::{unlike, words_of_a_list};

/// How many characters of what both share stay in sight on each side of the difference.
const AROUND: usize = 120;

/// A value, with what the other value does not have marked; an empty mark where something is missing.
pub(super) fn marked(value: &str, other: &str) -> Markup {
    if value.is_empty() {
        return html! { mark { "(nothing)" } };
    }
    match (words_of_a_list(value), words_of_a_list(other)) {
        (Some(words), Some(others)) => marked_words(&words, &others),
        _ => marked_piece(value, other),
    }
}

/// The words that the other list lacks, wherever they stand.
fn marked_words(words: &[&str], others: &[&str]) -> Markup {
    html! {
        @for (n, word) in words.iter().enumerate() {
            @if n > 0 { " " }
            @if others.contains(word) { (shown(word)) } @else { mark { (shown(word)) } }
        }
    }
}

/// The one piece between what both share at the beginning and at the end.
fn marked_piece(value: &str, other: &str) -> Markup {
    let (start, piece, end) = unlike(value, other);
    let tail: String = start.chars().skip(start.chars().count().saturating_sub(AROUND)).collect();
    let head: String = end.chars().take(AROUND).collect();
    html! {
        @if start.chars().count() > AROUND { "…" }
        (shown(&tail)) mark { (shown(piece)) } (shown(&head))
        @if end.chars().count() > AROUND { "…" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_other_lacks_is_marked() {
        let long = "ü".repeat(AROUND + 5);
        let shown = "ü".repeat(AROUND - 1);
        for (value, other, html) in [
            ("https://k/cb/", "https://k/cb", "https://k/cb<mark>/</mark>"),
            ("https://k/cb", "https://k/cb/", "https://k/cb<mark></mark>"),
            ("kasm", "kasn", "<mark>kasm</mark>"),
            ("https://id.example.test/cb", "https://localhost/cb", "https://<mark>id.example.test</mark>/cb"),
            ("", "x", "<mark>(nothing)</mark>"),
            ("openid email", "openid groups email", "openid email"),
            ("openid groups email", "openid email", "openid <mark>groups</mark> email"),
            ("a b", "ab", "a<mark> </mark>b"),
            ("<b>", "<i>", "&lt;<mark>b</mark>&gt;"),
            (&format!("{long}/x"), &format!("{long}/y"), &format!("…{shown}/<mark>x</mark>")),
        ] {
            assert_eq!(marked(value, other).into_string(), html, "{value} against {other}");
        }
    }
}
