//! Whether Pocket ID takes a redirect URI for a client, by the matcher of its release.
//!
//! Four matchers in five years (`callback_url_util.go` from 2.0 on, `oidc_service.go` before, read at every tag):
//!
//! | releases | rule |
//! | --- | --- |
//! | to 0.47 | `*` is any text; only the end is anchored |
//! | 0.48 to 1.16 | the whole text; `*` is any text, slashes too; case counts everywhere |
//! | 2.0 to 2.3 | part by part: `*` within one part of host or path, `**` across path segments; query by key |
//! | 2.4 and later | URL Pattern (WHATWG), `*` one path segment, `**` any; query by key; from 2.10 no fragment |
//!
//! In each of them a trailing slash counts.

use url::{Host, Url};
use urlpattern::{UrlPattern, UrlPatternInit, UrlPatternMatchInput, UrlPatternOptions};

use super::{Version, VersionSpan};

/// Whether a redirect URI is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// By every release that the provider can be.
    Yes,
    /// By none.
    No,
    /// By some: the release is not known well enough.
    Depends,
}

/// Whether `sent` is registered by one of `patterns`, for a provider of these releases.
#[must_use]
pub fn registered(version: VersionSpan, patterns: &[String], sent: &str) -> Registered {
    let mut verdicts = Era::of(version).map(|era| patterns.iter().any(|pattern| era.takes(pattern, sent)));
    let first = verdicts.next().unwrap_or(false);
    match (first, verdicts.all(|other| other == first)) {
        (true, true) => Registered::Yes,
        (false, true) => Registered::No,
        (_, false) => Registered::Depends,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Era {
    EndAnchored,
    Anchored,
    Parts,
    UrlPattern,
    UrlPatternWithoutFragment,
}

impl Era {
    const ALL: [(Version, Self); 5] = [
        (Version::new(0, 0), Self::EndAnchored),
        (Version::new(0, 48), Self::Anchored),
        (Version::new(2, 0), Self::Parts),
        (Version::new(2, 4), Self::UrlPattern),
        (Version::new(2, 10), Self::UrlPatternWithoutFragment),
    ];

    /// The eras that a span of releases touches.
    fn of(version: VersionSpan) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().enumerate().filter_map(move |(index, (begins, era))| {
            let ends = Self::ALL.get(index + 1).map(|(next, _)| *next);
            let begins_in_time = version.below.is_none_or(|below| begins < below);
            let ends_late_enough = ends.is_none_or(|ends| version.at_least < ends);
            (begins_in_time && ends_late_enough).then_some(era)
        })
    }

    fn takes(self, pattern: &str, sent: &str) -> bool {
        match self {
            Self::EndAnchored => (0..=sent.len())
                .filter(|start| sent.is_char_boundary(*start))
                .any(|start| glob(pattern, &sent[start..], |_| true)),
            Self::Anchored => glob(pattern, sent, |_| true),
            Self::Parts => with_loopback(sent, |sent| by_parts(pattern, sent)),
            Self::UrlPattern => with_loopback(sent, |sent| by_url_pattern(pattern, sent)),
            Self::UrlPatternWithoutFragment => {
                !sent.contains('#') && with_loopback(sent, |sent| by_url_pattern(pattern, sent))
            }
        }
    }
}

/// Plain HTTP on loopback is tried without its port too (RFC 8252, section 7.3).
fn with_loopback(sent: &str, takes: impl Fn(&str) -> bool) -> bool {
    takes(sent) || without_loopback_port(sent).is_some_and(|portless| takes(&portless))
}

fn without_loopback_port(sent: &str) -> Option<String> {
    let mut url = Url::parse(sent).ok().filter(|url| url.scheme() == "http")?;
    let is_loopback = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    url.set_port(None).ok()?;
    is_loopback.then(|| url.into())
}

fn by_parts(pattern: &str, sent: &str) -> bool {
    if pattern == sent || pattern == "*" {
        return true;
    }
    let (pattern, sent) = (Split::new(pattern), Split::new(sent));
    let parts = |base: &str| -> Vec<String> {
        base.split([':', '/', '[', ']', '@', '.']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (expected, given) = (parts(pattern.base), parts(sent.base));
    expected.len() == given.len()
        && expected.iter().zip(&given).all(|(pattern, part)| glob(pattern, part, |_| true))
        && path_matches(pattern.path, sent.path)
        && query_matches(pattern.query, sent.query)
}

fn by_url_pattern(pattern: &str, sent: &str) -> bool {
    if pattern == sent || pattern == "*" {
        return true;
    }
    let (pattern, sent) = (Split::new(pattern), Split::new(sent));
    let standard = standard_base(pattern.base) + &standard_path(pattern.path);
    let Ok(init) = UrlPatternInit::parse_constructor_string::<regex::Regex>(&standard, None) else { return false };
    let Ok(compiled) = <UrlPattern>::parse(init, UrlPatternOptions::default()) else { return false };
    let Ok(url) = Url::parse(&format!("{}{}", sent.base, sent.path)) else { return false };
    query_matches(pattern.query, sent.query) && compiled.test(UrlPatternMatchInput::Url(url)).unwrap_or(false)
}

/// A URL or pattern in the pieces that Pocket ID cuts it into; the fragment is dropped.
struct Split<'a> {
    base: &'a str,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Split<'a> {
    fn new(text: &'a str) -> Self {
        let text = text.split('#').next().unwrap_or_default();
        let (text, query) = match text.split_once('?') {
            Some((text, query)) => (text, Some(query)),
            None => (text, None),
        };
        let authority = text.find("://").map_or(0, |index| index + 3);
        let path = text[authority..].find('/').map_or(text.len(), |index| authority + index);
        Self { base: &text[..path], path: &text[path..], query }
    }
}

/// The base as a URL Pattern: a colon is literal, except the scheme's and one before a port.
fn standard_base(base: &str) -> String {
    let authority = base.find("://").map_or(0, |index| index + 3);
    let mut standard = base[..authority].to_owned();
    let mut in_address = false;
    for (index, character) in base[authority..].char_indices() {
        match character {
            '[' => in_address = true,
            ']' => in_address = false,
            ':' => {
                let next = base[authority + index + 1..].bytes().next();
                if in_address || !next.is_some_and(|byte| byte.is_ascii_digit() || byte == b'*') {
                    standard.push('\\');
                }
            }
            _ => {}
        }
        standard.push(character);
    }
    standard
}

/// The path as a URL Pattern: `**` is any text, `*` one segment, a colon is literal.
fn standard_path(path: &str) -> String {
    let mut standard = String::with_capacity(path.len() + 8);
    let mut rest = path.char_indices().peekable();
    while let Some((index, character)) = rest.next() {
        match character {
            '*' if rest.next_if(|(_, next)| *next == '*').is_some() => standard.push('*'),
            '*' => standard.push_str(&format!(":p{index}")),
            ':' => standard.push_str("\\:"),
            other => standard.push(other),
        }
    }
    standard
}

fn path_matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once("**") {
        None => glob(pattern, path, |character| character != '/'),
        Some((before, after)) => (0..=path.len())
            .filter(|index| path.is_char_boundary(*index))
            .filter(|index| glob(before, &path[..*index], |character| character != '/'))
            .any(|index| {
                (index..=path.len())
                    .filter(|rest| path.is_char_boundary(*rest))
                    .any(|rest| path_matches(after, &path[rest..]))
            }),
    }
}

/// The same keys, each with the same number of values, each value by its own glob.
fn query_matches(pattern: Option<&str>, query: Option<&str>) -> bool {
    let sorted = |query: Option<&str>| {
        let mut pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs
    };
    let (pattern, query) = (sorted(pattern), sorted(query));
    pattern.len() == query.len()
        && pattern.iter().zip(&query).all(|((expected, glob_text), (key, value))| {
            expected == key && glob(glob_text, value, |character| character != '/')
        })
}

/// Whether `text` fits `pattern` as a whole, where `*` stands for any run of characters that `wild` allows.
fn glob(pattern: &str, text: &str, wild: fn(char) -> bool) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // Greedy with one point of return: linear for one star, at worst quadratic.
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '*' {
            back = Some((p, t));
            p += 1;
        } else if p < pattern.len() && pattern[p] == text[t] {
            p += 1;
            t += 1;
        } else {
            match back {
                Some((star, from)) if wild(text[from]) => {
                    back = Some((star, from + 1));
                    (p, t) = (star + 1, from + 1);
                }
                _ => return false,
            }
        }
    }
    pattern[p..].iter().all(|character| *character == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KASM: &str = "https://kasm.example.test/api/oidc_callback";

    fn takes(version: (u32, u32), pattern: &str, sent: &str) -> bool {
        let at_least = Version::new(version.0, version.1);
        let span = VersionSpan { at_least, below: Some(Version::new(version.0, version.1 + 1)) };
        match registered(span, &[pattern.to_owned()], sent) {
            Registered::Yes => true,
            Registered::No => false,
            Registered::Depends => panic!("one release has one rule"),
        }
    }

    #[test]
    fn the_same_text_is_registered_on_every_release_and_a_trailing_slash_on_none() {
        for version in [(0, 40), (0, 48), (1, 16), (2, 0), (2, 3), (2, 4), (2, 9), (2, 10), (2, 14)] {
            assert!(takes(version, KASM, KASM), "{version:?}");
            for wrong in ["/", "?x=1", "x"] {
                assert!(!takes(version, KASM, &format!("{KASM}{wrong}")), "{version:?} {wrong}");
            }
            assert!(!takes(version, KASM, "http://kasm.example.test/api/oidc_callback"), "{version:?}");
            assert!(!takes(version, KASM, "https://kasm.example.test:8443/api/oidc_callback"), "{version:?}");
        }
    }

    #[test]
    fn wildcards_mean_what_each_release_says() {
        #[rustfmt::skip]
        let cases = [
            // pattern, sent, 1.16, 2.3, 2.9, 2.14
            ("*", KASM, [true, true, true, true]),
            ("https://*.example.test/*", KASM, [true, false, false, false]),
            ("https://*.example.test/**", KASM, [true, true, true, true]),
            ("https://*.example.test/api/*", KASM, [true, true, true, true]),
            ("https://kasm.example.test/*", KASM, [true, false, false, false]),
            ("https://*.test/api/oidc_callback", KASM, [true, false, true, true]),
            ("https://kasm.example.test/api/oidc_*", KASM, [true, true, true, true]),
            ("https://KASM.example.test/api/oidc_callback", KASM, [false, false, true, true]),
            ("https://kasm.example.test/API/oidc_callback", KASM, [false, false, false, false]),
            ("https://kasm.example.test:443/api/oidc_callback", KASM, [false, false, true, true]),
            ("http://localhost/api/oidc_callback", "http://localhost:8080/api/oidc_callback", [false, true, true, true]),
            ("http://127.0.0.1/cb", "http://127.0.0.1:9/cb", [false, true, true, true]),
            ("http://[::1]/cb", "http://[::1]:9/cb", [false, true, true, true]),
            ("https://localhost/cb", "https://localhost:9/cb", [false, false, false, false]),
            ("https://kasm.example.test/cb?a=*", "https://kasm.example.test/cb?a=1", [true, true, true, true]),
            ("https://kasm.example.test/cb?a=1", "https://kasm.example.test/cb?b=1", [false, false, false, false]),
            ("https://kasm.example.test:*/cb", "https://kasm.example.test:8443/cb", [true, true, true, true]),
        ];
        for (pattern, sent, expected) in cases {
            let found = [(1, 16), (2, 3), (2, 9), (2, 14)].map(|version| takes(version, pattern, sent));
            assert_eq!(found, expected, "{pattern} against {sent}");
        }
    }

    #[test]
    fn a_fragment_is_refused_from_2_10_on() {
        let sent = format!("{KASM}#part");
        assert!(takes((2, 9), KASM, &sent));
        assert!(!takes((2, 10), &sent, &sent));
    }

    #[test]
    fn releases_that_differ_leave_it_open_and_no_pattern_registers_nothing() {
        let span = VersionSpan { at_least: Version::new(1, 11), below: Some(Version::new(2, 5)) };
        assert_eq!(registered(span, &[KASM.to_owned()], KASM), Registered::Yes);
        assert_eq!(registered(span, &["https://kasm.example.test/*".to_owned()], KASM), Registered::Depends);
        assert_eq!(registered(span, &[], KASM), Registered::No);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_a_matcher_panic(pattern in "\\PC{0,40}", sent in "\\PC{0,40}") {
            for (version, _) in Era::ALL {
                takes((version.major, version.minor), &pattern, &sent);
            }
        }
    }
}
