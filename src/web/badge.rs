//! A badge for other pages: a target's name and how sign-in stands. A verdict, and nothing else.

use super::page::{Standing, escape};
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
    let name = escape::clipped(&entry.name, LONGEST);
    let mut name_width = 0;
    name.each(|letter, _| name_width += letter_width(letter));
    let label = format!("{name} sign-in");
    let (left, right) = (width(name_width + text_width(" sign-in")), width(text_width(word)));
    let title = format!("{}: {}", name, escape::escape(&standing.answer()));
    let text = |middle: usize, length: usize, text: &str| {
        format!("<text x=\"{middle}\" y=\"14\" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\">{text}</text>")
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{all}\" height=\"20\" role=\"img\" aria-labelledby=\"t\">\
         <title id=\"t\">{title}</title>\
         <rect width=\"{all}\" height=\"20\" rx=\"3\" fill=\"#32383f\"/>\
         <path d=\"M{left} 0h{edge}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{edge}z\" fill=\"{colour}\"/>\
         <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\" text-anchor=\"middle\">{}{}</g></svg>\n",
        text(left / 2, left - PADDING, &label),
        text(left + right / 2, right - PADDING, word),
        all = left + right,
        edge = right - 3,
    )
}

/// The longest name on a badge, in characters of markup.
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
