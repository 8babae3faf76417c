//! Two values that should be the same, with the characters marked that are not.

use super::escape::escape;
use crate::render::drift::{unlike, words_of_a_list};

/// How many characters of what both share stay in sight on each side of the difference.
const AROUND: usize = 120;

/// A value as HTML, with what the other value does not have marked; an empty mark where something is missing.
pub(super) fn marked(value: &str, other: &str) -> String {
    if value.is_empty() {
        return "<mark>(nothing)</mark>".to_owned();
    }
    match (words_of_a_list(value), words_of_a_list(other)) {
        (Some(words), Some(others)) => marked_words(&words, &others),
        _ => marked_piece(value, other),
    }
}

/// The words that the other list lacks, wherever they stand.
fn marked_words(words: &[&str], others: &[&str]) -> String {
    let word = |word: &&str| {
        let text = escape(word);
        if others.contains(word) { text.to_string() } else { format!("<mark>{text}</mark>") }
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// The one piece between what both share at the beginning and at the end.
fn marked_piece(value: &str, other: &str) -> String {
    let (start, piece, end) = unlike(value, other);
    let left_out = |count: usize| if count > AROUND { "…" } else { "" };
    let tail: String = start.chars().skip(start.chars().count().saturating_sub(AROUND)).collect();
    let head: String = end.chars().take(AROUND).collect();
    format!(
        "{}{}<mark>{}</mark>{}{}",
        left_out(start.chars().count()),
        escape(&tail),
        escape(piece),
        escape(&head),
        left_out(end.chars().count())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_other_lacks_is_marked() {
        let long = "ü".repeat(AROUND + 5);
        let shown = "ü".repeat(AROUND);
        for (value, other, html) in [
            ("https://k/cb/", "https://k/cb", "https://k/cb<mark>/</mark>"),
            ("https://k/cb", "https://k/cb/", "https://k/cb<mark></mark>"),
            ("kasm", "kasn", "kas<mark>m</mark>"),
            ("", "x", "<mark>(nothing)</mark>"),
            ("openid email", "openid groups email", "openid email"),
            ("openid groups email", "openid email", "openid <mark>groups</mark> email"),
            ("a b", "ab", "a<mark> </mark>b"),
            ("<b>", "<i>", "&lt;<mark>b</mark>&gt;"),
            (&format!("{long}x"), &format!("{long}y"), &format!("…{shown}<mark>x</mark>")),
        ] {
            assert_eq!(marked(value, other), html, "{value} against {other}");
        }
    }
}
