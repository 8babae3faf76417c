//! What differs between two values, in words, and where.

use url::Url;

/// Pieces up to this many characters are quoted whole.
const QUOTABLE: usize = 24;

/// What differs, in words, and whether that is one place, which can be pointed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    pub words: String,
    pub is_one_place: bool,
}

/// What differs in a value that should be `expected` and is `actual`.
pub(crate) fn difference(expected: &str, actual: &str) -> Difference {
    let in_one_place = blank(expected, actual)
        .or_else(|| spaces(expected, actual))
        .or_else(|| address(expected, actual))
        .or_else(|| letter_case(expected, actual));
    if let Some(words) = in_one_place {
        return Difference { words, is_one_place: true };
    }
    if let Some(words) = list(expected, actual) {
        let is_one_place = unlike(expected, actual).1.is_empty() || unlike(actual, expected).1.is_empty();
        return Difference { words, is_one_place };
    }
    let position = || format!("differs from character {}", common_prefix(expected, actual) + 1);
    Difference { words: piece(expected, actual).unwrap_or_else(position), is_one_place: true }
}

/// How many characters two texts share at their beginning.
pub(crate) fn common_prefix(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count()
}

fn blank(expected: &str, actual: &str) -> Option<String> {
    match (expected.is_empty(), actual.is_empty()) {
        (false, true) => Some("nothing is there".to_owned()),
        (true, false) => Some("nothing should be there".to_owned()),
        _ => None,
    }
}

/// White space around a value is the hardest thing to see.
fn spaces(expected: &str, actual: &str) -> Option<String> {
    if expected.trim() != actual.trim() {
        return None;
    }
    let (longer, verdict) = if actual.len() > expected.len() { (actual, "too many") } else { (expected, "missing") };
    let starts = longer.len() - longer.trim_start().len();
    let place = if starts > 0 && longer.trim_end() == longer { "at the beginning" } else { "at the end" };
    Some(format!("blanks {verdict} {place}"))
}

/// Two addresses that differ in exactly one part; a part is easier to read than a position.
fn address(expected: &str, actual: &str) -> Option<String> {
    let (expected, actual) = (web_address(expected)?, web_address(actual)?);
    let host = |url: &Url| url.host_str().unwrap_or_default().to_owned();
    let rest = |url: &Url| url[url::Position::BeforePath..].to_owned();
    let differs = (
        expected.scheme() != actual.scheme(),
        host(&expected) != host(&actual),
        expected.port_or_known_default() != actual.port_or_known_default(),
        rest(&expected) != rest(&actual),
    );
    match differs {
        // The ports that belong to the schemes differ with them.
        (true, false, _, false) if expected.port() == actual.port() => {
            Some(format!("{} instead of {}", actual.scheme(), expected.scheme()))
        }
        (false, true, false, _) => Some("another host".to_owned()),
        (false, false, true, false) => Some(match (actual.port(), expected.port()) {
            (Some(actual), Some(expected)) => format!("port {actual} instead of {expected}"),
            (Some(actual), None) => format!("port {actual} too many"),
            (None, Some(expected)) => format!("port {expected} is missing"),
            (None, None) => return None,
        }),
        _ => None,
    }
}

/// An address that reads as it was written: what the parser normalises would be told wrongly.
fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_as_written = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
    (matches!(url.scheme(), "http" | "https") && is_as_written).then_some(url)
}

fn letter_case(expected: &str, actual: &str) -> Option<String> {
    (expected.to_lowercase() == actual.to_lowercase())
        .then(|| format!("upper and lower case differ from character {}", common_prefix(expected, actual) + 1))
}

/// Two lists with blanks between their words, such as scopes: which words make the difference, wherever they stand.
fn list(expected: &str, actual: &str) -> Option<String> {
    let (expected, actual) = (words_of_a_list(expected)?, words_of_a_list(actual)?);
    let lacking = |words: &[&str], from: &[&str]| -> Vec<String> {
        words.iter().filter(|word| !from.contains(word)).map(|word| quoted(word)).collect()
    };
    let (too_many, missing) = (lacking(&actual, &expected), lacking(&expected, &actual));
    match (&too_many[..], &missing[..]) {
        ([], []) => Some("the same words in another order".to_owned()),
        ([], missing) => Some(format!("{} missing", are(missing))),
        (too_many, _) => Some(format!("{} not expected", are(too_many))),
    }
}

/// The words of a list with blanks between them; none where it reads as one text.
pub(crate) fn words_of_a_list(text: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    (words.len() > 1 && words.iter().all(|word| word.len() <= QUOTABLE)).then_some(words)
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
        (..=QUOTABLE, ..=QUOTABLE) => Some(format!("{} instead of {}", quoted(actual), quoted(expected))),
        _ => None,
    }
}

/// A text in three parts: what it shares with another at the beginning, what is its own, what it shares at the end.
pub(crate) fn unlike<'t>(text: &'t str, other: &str) -> (&'t str, &'t str, &'t str) {
    let bytes = |same: &mut dyn Iterator<Item = (char, char)>| -> usize {
        same.take_while(|(a, b)| a == b).map(|(letter, _)| letter.len_utf8()).sum()
    };
    let (start, rest) = text.split_at(bytes(&mut text.chars().zip(other.chars())));
    let theirs = &other[start.len()..];
    let same = bytes(&mut rest.chars().rev().zip(theirs.chars().rev()));
    let (piece, end) = rest.split_at(rest.len() - same);
    (start, piece, end)
}

/// In quotes; a single letter beyond ASCII with its code point, since it may look like another.
fn quoted(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(' '), None) => "blank".to_owned(),
        (Some(letter), None) if !letter.is_ascii() => format!("\"{letter}\" (U+{:04X})", u32::from(letter)),
        _ => format!("\"{text}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(expected: &str, actual: &str) -> String {
        difference(expected, actual).words
    }

    #[test]
    fn the_words_name_the_smallest_thing_that_differs() {
        let cases = [
            ("https://k.example/cb", "https://k.example/cb/", "one \"/\" too many"),
            ("https://k.example/cb/", "https://k.example/cb", "one \"/\" is missing"),
            ("https://k.example/cb", "http://k.example/cb", "http instead of https"),
            ("https://k.example:8443/cb", "http://k.example:8443/cb", "http instead of https"),
            ("https://a.example/cb", "https://b.example/cb", "another host"),
            ("https://k.example/cb", "https://k.example:8443/cb", "port 8443 too many"),
            ("https://k.example:8443/cb", "https://k.example/cb", "port 8443 is missing"),
            ("https://k.example:8443/cb", "https://k.example:9443/cb", "port 9443 instead of 8443"),
            ("https://k.example/cb", "https://k.example/CB", "upper and lower case differ from character 19"),
            ("https://K.example", "https://k.example", "upper and lower case differ from character 9"),
            ("openid email groups", "openid email", "\"groups\" is missing"),
            ("openid email", "openid email groups", "\"groups\" is not expected"),
            ("openid profile email", "openid email", "\"profile\" is missing"),
            ("kasm", "kasn", "\"n\" instead of \"m\""),
            ("abc", "abc ", "blanks too many at the end"),
            (" abc", "abc", "blanks missing at the beginning"),
            ("ab", "a b", "one blank too many"),
            ("", "abc", "nothing should be there"),
            ("abc", "", "nothing is there"),
            ("admin", "аdmin", "\"а\" (U+0430) instead of \"a\""),
            ("aaaa", "aaa", "one \"a\" is missing"),
        ];
        for (expected, actual, said) in cases {
            assert_eq!(words(expected, actual), said, "{expected:?} against {actual:?}");
        }
    }

    #[test]
    fn what_differs_in_many_places_is_told_by_the_first() {
        let (expected, actual) = ("a1".repeat(30), "a2".repeat(30));
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
            (format!("{}a-b-c-d", "ü".repeat(30)), format!("{}e-b-f-d{}", "ü".repeat(30), "x".repeat(40)));
        assert_eq!(words(&expected, &actual), "differs from character 31");
    }
}
