//! What differs between two values, in words, and where.
//!
//! Whole words and whole parts of an address are compared: half a word says nothing to a reader. White space and letters
//! without a shape of their own are said by name.

use std::collections::HashSet;

use url::Url;

/// Pieces up to this many characters are quoted whole; of longer ones the place is said.
const QUOTABLE: usize = 64;
/// The words of a list, such as scopes, have at most so many characters.
const WORD: usize = 24;

/// What differs, in words, and whether that is one place, which can be pointed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    pub words: String,
    pub is_one_place: bool,
}

/// What differs in a value that should be `expected` and is `actual`.
pub(crate) fn difference(expected: &str, actual: &str) -> Difference {
    let one_place = |words| Difference { words, is_one_place: true };
    if let Some(words) = nothing(expected, actual).or_else(|| unseen(expected, actual)) {
        return one_place(words);
    }
    if let Some(parts) = address(expected, actual) {
        return Difference { is_one_place: parts.len() == 1, words: parts.join(", ") };
    }
    if let Some(words) = list(expected, actual) {
        let is_one_place = unlike(expected, actual).1.is_empty() || unlike(actual, expected).1.is_empty();
        return Difference { words, is_one_place };
    }
    let position = || format!("differs from character {}", common_prefix(expected, actual) + 1);
    one_place(piece(expected, actual).unwrap_or_else(position))
}

/// How many characters two texts share at their beginning.
pub(crate) fn common_prefix(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count()
}

fn nothing(expected: &str, actual: &str) -> Option<String> {
    match (expected.is_empty(), actual.is_empty()) {
        (false, true) => Some("nothing is there".to_owned()),
        (true, false) => Some("nothing should be there".to_owned()),
        _ => None,
    }
}

/// White space and invisible letters are the hardest things to see: named, where nothing else differs.
fn unseen(expected: &str, actual: &str) -> Option<String> {
    let seen = |text: &str| text.chars().filter(|letter| name(*letter).is_none()).collect::<String>();
    // Words that a blank parts and another sign joins are a matter of lists.
    if seen(expected) != seen(actual) || expected == actual {
        return None;
    }
    let names = |text: &str| text.chars().filter_map(name).collect::<Vec<_>>();
    let (lacks, has) = (unlike_letters(expected, actual), unlike_letters(actual, expected));
    let place = |text: &str, other: &str| match () {
        () if text.trim_end_matches(|letter| name(letter).is_some()) == other => " at the end",
        () if text.trim_start_matches(|letter| name(letter).is_some()) == other => " at the beginning",
        () => "",
    };
    match (&names(lacks)[..], &names(has)[..]) {
        ([], many) => Some(format!("{} too many{}", counted(many), place(actual, expected))),
        (few, []) => {
            let is = if few.len() == 1 { "is" } else { "are" };
            Some(format!("{} {is} missing{}", counted(few), place(expected, actual)))
        }
        (few, many) => Some(format!("{} instead of {}", counted(many), counted(few))),
    }
}

/// Names with their number: `one blank`, `2 blanks`, `one tab and one blank`.
fn counted(names: &[String]) -> String {
    let mut counts: Vec<(&String, usize)> = Vec::new();
    for name in names {
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    let each = counts
        .into_iter()
        .map(|(name, count)| if count == 1 { format!("one {name}") } else { format!("{count} {name}s") });
    each.collect::<Vec<_>>().join(" and ")
}

/// The name of a letter that shows nothing; none for one that does.
fn name(letter: char) -> Option<String> {
    let known = match letter {
        ' ' => "blank",
        '\t' => "tab",
        '\n' | '\r' => "line break",
        '\u{a0}' => "no-break space (U+00A0)",
        '\u{ad}' => "soft hyphen (U+00AD)",
        '\u{200b}' => "zero-width space (U+200B)",
        '\u{200c}' => "zero-width non-joiner (U+200C)",
        '\u{200d}' => "zero-width joiner (U+200D)",
        '\u{2060}' => "word joiner (U+2060)",
        '\u{feff}' => "byte order mark (U+FEFF)",
        letter if is_unseen(letter) => return Some(format!("invisible character (U+{:04X})", u32::from(letter))),
        _ => return None,
    };
    Some(known.to_owned())
}

/// White space, control characters, and letters that join, part or turn others.
fn is_unseen(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{180e}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2061}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The parts in which two addresses differ, whole: a part is easier to read than a position.
fn address(expected: &str, actual: &str) -> Option<Vec<String>> {
    let (expected_url, actual_url) = (web_address(expected)?, web_address(actual)?);
    let (expected, actual) = (&expected_url, &actual_url);
    let mut parts = Vec::new();
    if expected.scheme() != actual.scheme() {
        parts.push(format!("{} instead of {}", actual.scheme(), expected.scheme()));
    }
    let host = |url: &Url| url.host_str().map(str::to_owned).unwrap_or_default();
    if host(expected) != host(actual) {
        parts.push(instead(&host(expected), &host(actual)).unwrap_or_else(|| "another host".to_owned()));
    }
    // The ports that belong to the schemes differ with them.
    match (actual.port(), expected.port()) {
        (Some(actual), Some(expected)) if actual != expected => {
            parts.push(format!("port {actual} instead of {expected}"));
        }
        (Some(actual), None) => parts.push(format!("port {actual} too many")),
        (None, Some(expected)) => parts.push(format!("port {expected} is missing")),
        _ => {}
    }
    let rest = |url: &Url| url[url::Position::BeforePath..].to_owned();
    let (rest_expected, rest_actual) = (rest(expected), rest(actual));
    if rest_expected != rest_actual {
        parts.push(piece(&rest_expected, &rest_actual).unwrap_or_else(|| "another path".to_owned()));
    }
    (!parts.is_empty()).then_some(parts)
}

/// An address that reads as it was written: what the parser normalises would be told wrongly.
fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_as_written = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
    (matches!(url.scheme(), "http" | "https") && is_as_written && url.username().is_empty()).then_some(url)
}

/// Two lists with blanks between their words, such as scopes: which words make the difference, wherever they stand.
fn list(expected: &str, actual: &str) -> Option<String> {
    let (expected, actual) = (words_of_a_list(expected)?, words_of_a_list(actual)?);
    let lacking = |words: &[&str], from: &[&str]| -> Vec<String> {
        let from: HashSet<&str> = from.iter().copied().collect();
        words.iter().filter(|word| !from.contains(*word)).map(|word| quoted(word)).collect()
    };
    let (too_many, missing) = (lacking(&actual, &expected), lacking(&expected, &actual));
    match (&too_many[..], &missing[..]) {
        ([], []) => Some("the same words in another order".to_owned()),
        ([], missing) => Some(format!("{} missing", are(missing))),
        (too_many, _) => Some(format!("{} not expected", are(too_many))),
    }
}

/// The words of a list with blanks between them; none where it reads as one text. A tab or a line break parts no list.
pub(crate) fn words_of_a_list(text: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_parted_by_blanks = !text.contains(|letter: char| letter.is_whitespace() && letter != ' ');
    (is_parted_by_blanks && words.len() > 1 && words.iter().all(|word| word.len() <= WORD)).then_some(words)
}

fn are(words: &[String]) -> String {
    format!("{} {}", words.join(", "), if words.len() == 1 { "is" } else { "are" })
}

/// One piece too many, missing, or in the place of another.
fn piece(expected: &str, actual: &str) -> Option<String> {
    let (expected, actual) = (unlike(expected, actual).1, unlike(actual, expected).1);
    match (expected.chars().count(), actual.chars().count()) {
        (0, 1) => Some(format!("one {} too many", quoted(actual))),
        (1, 0) => Some(format!("one {} is missing", quoted(expected))),
        (0, ..=QUOTABLE) => Some(format!("{} too many", quoted(actual.trim()))),
        (..=QUOTABLE, 0) => Some(format!("{} is missing", quoted(expected.trim()))),
        (..=QUOTABLE, ..=QUOTABLE) => {
            let said = format!("{} instead of {}", quoted(actual), quoted(expected));
            Some(match look_alike(expected, actual) {
                Some(why) => format!("{said}: {why}"),
                None => said,
            })
        }
        _ => None,
    }
}

/// Two whole parts without quotes; none where they are too long to be read.
fn instead(expected: &str, actual: &str) -> Option<String> {
    let fits = |text: &str| text.chars().count() <= QUOTABLE;
    (fits(expected) && fits(actual)).then(|| match look_alike(expected, actual) {
        Some(why) => format!("{actual} instead of {expected}: {why}"),
        None => format!("{actual} instead of {expected}"),
    })
}

/// Why two pieces that differ may look the same to a reader.
fn look_alike(expected: &str, actual: &str) -> Option<String> {
    if expected.to_lowercase() == actual.to_lowercase() {
        return Some("upper and lower case differ".to_owned());
    }
    let foreign = |letter: &char| !letter.is_ascii();
    let letter = unlike_letters(actual, expected).chars().find(foreign)?;
    Some(match name(letter) {
        Some(name) => format!("with a {name}"),
        None => format!("\"{letter}\" is U+{:04X}", u32::from(letter)),
    })
}

/// A text in three parts: what it shares with another at the beginning, the words that are its own, what it shares at the
/// end.
pub(crate) fn unlike<'t>(text: &'t str, other: &str) -> (&'t str, &'t str, &'t str) {
    let (start, piece) = shared(text, other);
    let (other_start, other_piece) = shared(other, text);
    let (end, other_end) = (start + piece, other_start + other_piece);
    let shows_nothing = |text: &str| text.chars().all(|letter| name(letter).is_some());
    if shows_nothing(&text[start..end]) && shows_nothing(&other[other_start..other_end]) {
        return (&text[..start], &text[start..end], &text[end..]);
    }
    // Where the cut goes through a word of either text, it moves to where that word begins or ends.
    let inside = |text: &str, at: usize| {
        let (before, after) = (text[..at].chars().next_back(), text[at..].chars().next());
        matches!((before, after), (Some(before), Some(after)) if !parts(before) && !parts(after))
    };
    let mut from = start;
    while from > 0 && (inside(text, from) || inside(other, from)) {
        from -= text[..from].chars().next_back().map_or(1, char::len_utf8);
    }
    let (mut to, mut other_to) = (end, other_end);
    while to < text.len() && other_to < other.len() && (inside(text, to) || inside(other, other_to)) {
        let step = text[to..].chars().next().map_or(1, char::len_utf8);
        to += step;
        other_to += step;
    }
    (&text[..from], &text[from..to], &text[to..])
}

/// The letters of a text that another does not have, without regard to words.
fn unlike_letters<'t>(text: &'t str, other: &str) -> &'t str {
    let (start, piece) = shared(text, other);
    &text[start..start + piece]
}

/// How many bytes two texts share at their beginning, and how many of the first then differ.
fn shared(text: &str, other: &str) -> (usize, usize) {
    let bytes = |same: &mut dyn Iterator<Item = (char, char)>| -> usize {
        same.take_while(|(a, b)| a == b).map(|(letter, _)| letter.len_utf8()).sum()
    };
    let start = bytes(&mut text.chars().zip(other.chars()));
    let (rest, theirs) = (&text[start..], &other[start..]);
    let end = bytes(&mut rest.chars().rev().zip(theirs.chars().rev()));
    (start, rest.len() - end)
}

/// Whether a letter stands between words.
fn parts(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '/' | ':' | ',' | ';' | '?' | '&' | '=' | '#' | '@' | '<' | '>' | '"')
}

/// In quotes; what shows nothing by its name, and so is a letter beyond ASCII that stands alone.
fn quoted(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => match name(letter) {
            Some(name) => name,
            None if letter.is_ascii() => format!("\"{letter}\""),
            None => format!("\"{letter}\" (U+{:04X})", u32::from(letter)),
        },
        _ => format!("\"{text}\""),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(expected: &str, actual: &str) -> String {
        difference(expected, actual).words
    }

    #[test]
    fn whole_words_and_whole_parts_of_an_address_are_named() {
        let cases = [
            ("https://k.example/cb", "https://k.example/cb/", "one \"/\" too many"),
            ("https://k.example/cb/", "https://k.example/cb", "one \"/\" is missing"),
            ("https://k.example/cb", "http://k.example/cb", "http instead of https"),
            ("https://k.example:8443/cb", "http://k.example:8443/cb", "http instead of https"),
            ("https://id.example.test/cb", "https://localhost/cb", "localhost instead of id.example.test"),
            (
                "https://id.example.test/cb",
                "http://localhost:1411/cb",
                "http instead of https, localhost instead of id.example.test, port 1411 too many",
            ),
            ("https://k.example/cb", "https://k.example:8443/cb", "port 8443 too many"),
            ("https://k.example:8443/cb", "https://k.example/cb", "port 8443 is missing"),
            ("https://k.example:8443/cb", "https://k.example:9443/cb", "port 9443 instead of 8443"),
            ("https://k.example/cb", "https://k.example/CB", "\"CB\" instead of \"cb\": upper and lower case differ"),
            (
                "https://k.example/api/oidc_callback",
                "https://k.example/api/callback",
                "\"callback\" instead of \"oidc_callback\"",
            ),
            ("https://k.example/cb", "https://k.example/cb?a=b", "\"?a=b\" too many"),
            (
                "https://K.example",
                "https://k.example",
                "\"k.example\" instead of \"K.example\": upper and lower case differ",
            ),
            ("id.example.test", "localhost", "\"localhost\" instead of \"id.example.test\""),
            ("openid email groups", "openid email", "\"groups\" is missing"),
            ("openid email", "openid email groups", "\"groups\" is not expected"),
            ("openid profile email", "openid email", "\"profile\" is missing"),
            ("kasm", "kasn", "\"kasn\" instead of \"kasm\""),
            ("kasm users", "kasm user", "\"user\" is not expected"),
            ("aaaa", "aaa", "\"aaa\" instead of \"aaaa\""),
            ("", "abc", "nothing should be there"),
            ("abc", "", "nothing is there"),
            ("admin", "\u{430}dmin", "\"\u{430}dmin\" instead of \"admin\": \"\u{430}\" is U+0430"),
        ];
        for (expected, actual, said) in cases {
            assert_eq!(words(expected, actual), said, "{expected:?} against {actual:?}");
        }
    }

    #[test]
    fn what_shows_nothing_is_said_by_its_name() {
        let cases = [
            ("abc", "abc ", "one blank too many at the end"),
            ("abc", "abc  ", "2 blanks too many at the end"),
            (" abc", "abc", "one blank is missing at the beginning"),
            ("abc", "abc\t", "one tab too many at the end"),
            ("abc", "abc\n", "one line break too many at the end"),
            ("ab", "a b", "one blank too many"),
            ("a b", "a\u{a0}b", "one no-break space (U+00A0) instead of one blank"),
            ("abc", "ab\u{200b}c", "one zero-width space (U+200B) too many"),
            ("abc", "\u{202e}abc", "one invisible character (U+202E) too many at the beginning"),
            (
                "https://k.example/api/oidc_callback",
                "https://k.example/api/oidc_callback ",
                "one blank too many at the end",
            ),
        ];
        for (expected, actual, said) in cases {
            assert_eq!(words(expected, actual), said, "{expected:?} against {actual:?}");
        }
    }

    #[test]
    fn what_is_too_long_to_be_quoted_is_told_by_its_place() {
        let (expected, actual) = ("a1".repeat(60), "a2".repeat(60));
        assert_eq!(words(&expected, &actual), "differs from character 2");
    }

    #[test]
    fn lists_differ_by_their_words_wherever_these_stand() {
        let cases = [
            ("openid profile email groups", "openid email profile phone", "\"phone\" is not expected", false),
            ("openid profile email groups", "email openid", "\"profile\", \"groups\" are missing", false),
            ("openid email", "email openid", "the same words in another order", false),
            ("openid email groups", "openid email", "\"groups\" is missing", true),
            ("openid email", "openid,email", "\",\" instead of blank", true),
        ];
        for (expected, actual, words, is_one_place) in cases {
            assert_eq!(difference(expected, actual), Difference { words: words.to_owned(), is_one_place });
        }
    }

    #[test]
    fn positions_count_characters_not_bytes() {
        assert_eq!(common_prefix("äöü1", "äöü2"), 3);
        let (expected, actual) =
            (format!("{}a-b-c-d", "ü".repeat(60)), format!("{}e-b-f-d{}", "ü".repeat(60), "x".repeat(40)));
        assert_eq!(words(&expected, &actual), "differs from character 61");
    }

    proptest! {
        #[test]
        fn no_two_texts_make_it_panic_and_no_cut_goes_through_a_word(
            one in "[ab/é:. ]{0,12}", other in "[ab/é:. ]{0,12}",
        ) {
            prop_assert!(one == other || !difference(&one, &other).words.is_empty());
            let (start, piece, end) = unlike(&one, &other);
            prop_assert_eq!(format!("{start}{piece}{end}"), one.clone());
            let cut = |before: &str, after: &str| {
                matches!((before.chars().next_back(), after.chars().next()), (Some(a), Some(b)) if !parts(a) && !parts(b))
            };
            let (_, theirs, _) = unlike(&other, &one);
            prop_assert!(piece.is_empty() || !cut(start, piece) && !cut(piece, end), "{start:?} {piece:?} {end:?} {theirs:?}");
        }
    }
}
