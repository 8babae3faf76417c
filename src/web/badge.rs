//! A badge for other pages: a target's name and how sign-in stands. A verdict, and nothing else.

use maud::{Markup, html};

use super::page::{Standing, text};
use crate::{clock::Time, model::Login, results::Entry};

/// The badge of a target, as an image (SVG 1.1) that needs no font of its own and no style sheet.
pub(super) fn badge(entry: &Entry, now: Time) -> String {
    let standing = Standing::of(entry, now);
    let (word, colour) = match standing.login() {
        Login::Ok => ("ok", "#116329"),
        Login::Degraded => ("degraded", "#7a4d00"),
        Login::Broken => ("broken", "#b3131c"),
        Login::Unknown => ("unknown", "#57606a"),
    };
    let name = text::clipped(&entry.name, LONGEST);
    let (left, right) = (width(text_width(&name) + text_width(" sign-in")), width(text_width(word)));
    let (all, edge) = (left + right, right - 3);
    let text = |middle: usize, length: usize, text: Markup| {
        html! { text x=(middle) y="14" textLength=(length) lengthAdjust="spacingAndGlyphs" { (text) } }
    };
    let badge = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(all) height="20" role="img" aria-labelledby="t" {
            title #t { (name) ": " (standing.answer()) }
            rect width=(all) height="20" rx="3" fill="#32383f" {}
            path d=(format!("M{left} 0h{edge}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{edge}z")) fill=(colour) {}
            g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle" {
                (text(left / 2, left - PADDING, html! { (name) " sign-in" }))
                (text(left + right / 2, right - PADDING, html! { (word) }))
            }
        }
    };
    badge.into_string()
}

/// The longest name on a badge, in characters.
const LONGEST: usize = 40;
/// The blank beside a text, both sides together.
const PADDING: usize = 12;

/// The width of a field whose text is so many tenths wide.
fn width(tenths: usize) -> usize {
    tenths / 10 + PADDING
}

fn text_width(text: &str) -> usize {
    text.chars().map(letter_width).sum()
}

/// The width of a letter in tenths, about: the text is stretched to fit, whatever font there is.
fn letter_width(letter: char) -> usize {
    match letter {
        'i' | 'j' | 'l' | 'f' | 't' | 'r' | 'I' | '.' | '-' | ' ' => 41,
        'm' | 'w' | 'M' | 'W' => 100,
        'A'..='Z' => 76,
        ' '..='~' => 68,
        _ => 100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Snapshot;

    #[test]
    fn a_badge_says_in_text_what_it_shows() {
        let entry = Entry { name: "a<b".to_owned(), stale_after_seconds: 1.0, interval_seconds: 1.0, latest: None };
        let badge = badge(&entry, Snapshot::healthy().taken_at);
        assert!(badge.contains("role=\"img\""), "{badge}");
        assert!(
            badge.contains("<title id=\"t\">a&lt;b: Cannot tell yet: the first round is under way</title>"),
            "{badge}"
        );
        assert!(width(text_width("mill")) < width(text_width("home")));
        assert!(badge.contains(">a&lt;b sign-in</text>") && badge.contains(">unknown</text>"), "{badge}");
    }
}
