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
    let mut verdicts = Era::of(version).map(|era| {
        let each: Vec<Option<bool>> = patterns.iter().map(|pattern| era.takes(pattern, sent)).collect();
        if each.contains(&Some(true)) { Some(true) } else { (!each.contains(&None)).then_some(false) }
    });
    let first = verdicts.next().unwrap_or(Some(false));
    match (first, verdicts.all(|other| other == first)) {
        (Some(true), true) => Registered::Yes,
        (Some(false), true) => Registered::No,
        _ => Registered::Depends,
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

    /// Whether a pattern takes it; none where the pattern is of a kind that is not read here.
    fn takes(self, pattern: &str, sent: &str) -> Option<bool> {
        match self {
            Self::EndAnchored => Some(fits(&[vec![Token::Any], tokens(pattern, Token::Any)].concat(), sent)),
            Self::Anchored => Some(fits(&tokens(pattern, Token::Any), sent)),
            Self::Parts => with_loopback(sent, |sent| Some(by_parts(pattern, sent))),
            Self::UrlPattern => with_loopback(sent, |sent| by_url_pattern(pattern, sent)),
            Self::UrlPatternWithoutFragment if sent.contains('#') => Some(false),
            Self::UrlPatternWithoutFragment => with_loopback(sent, |sent| by_url_pattern(pattern, sent)),
        }
    }
}

/// Plain HTTP on loopback is tried without its port too (RFC 8252, section 7.3).
fn with_loopback(sent: &str, takes: impl Fn(&str) -> Option<bool>) -> Option<bool> {
    match (takes(sent), without_loopback_port(sent)) {
        (Some(false), Some(portless)) => takes(&portless),
        (first, _) => first,
    }
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
        && expected.iter().zip(&given).all(|(pattern, part)| fits(&tokens(pattern, Token::Any), part))
        && fits(&path_tokens(pattern.path, Token::Within), sent.path)
        && query_matches(pattern.query, sent.query)
}

/// URL Pattern, for the patterns that people write: `*` in scheme, host and port is any text, in the path one segment, and
/// `**` there any text. None where the pattern holds something of the standard's own syntax, or a user name.
fn by_url_pattern(pattern: &str, sent: &str) -> Option<bool> {
    if pattern == sent || pattern == "*" {
        return Some(true);
    }
    let (pattern, sent) = (Split::new(pattern), Split::new(sent));
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}()+@".contains(&byte));
    if !is_plain(pattern.base) || !is_plain(pattern.path) || pattern.path.contains("/.") {
        return None;
    }
    let Some((scheme, authority)) = pattern.base.split_once("://") else { return Some(false) };
    let Ok(url) = Url::parse(&format!("{}{}", sent.base, sent.path)) else { return Some(false) };
    let (host, port) = host_and_port(authority);
    let is_default = matches!((scheme, port), ("https", "443") | ("http", "80"));
    let port = if is_default { "" } else { port };
    let base = |pattern: &str, text: &str| fits(&tokens(&pattern.to_ascii_lowercase(), Token::Any), text);
    // The standard: a pattern without a path takes any.
    let path = if pattern.path.is_empty() { vec![Token::Any] } else { path_tokens(pattern.path, Token::Segment) };
    Some(
        query_matches(pattern.query, sent.query)
            && base(scheme, url.scheme())
            && base(host, url.host_str().unwrap_or_default())
            && base(port, &url.port().map(|port| port.to_string()).unwrap_or_default())
            && fits(&without_swallowed(path), url.path()),
    )
}

/// Host and port of a pattern; what follows a colon is a port where it begins with a digit or a star.
fn host_and_port(authority: &str) -> (&str, &str) {
    match authority.rsplit_once(':') {
        Some((host, port))
            if !port.contains(']') && port.starts_with(|first: char| first.is_ascii_digit() || first == '*') =>
        {
            (host, port)
        }
        _ => (authority, ""),
    }
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
            expected == key && fits(&tokens(glob_text, Token::Within), value)
        })
}

/// A piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// This character.
    Just(char),
    /// Any text.
    Any,
    /// Any text without a slash.
    Within,
    /// Any text without a slash, but some.
    Segment,
}

/// A pattern in which each `*` is the same.
fn tokens(pattern: &str, star: Token) -> Vec<Token> {
    pattern.chars().map(|character| if character == '*' { star } else { Token::Just(character) }).collect()
}

/// A path in which `**` is any text.
fn path_tokens(pattern: &str, star: Token) -> Vec<Token> {
    let pieces: Vec<Vec<Token>> = pattern.split("**").map(|piece| tokens(piece, star)).collect();
    pieces.join(&Token::Any)
}

/// Pocket ID writes a star as `:pN` for its URL Pattern library, which takes letters and digits that follow it for the rest
/// of that name: they match nothing.
fn without_swallowed(path: Vec<Token>) -> Vec<Token> {
    let mut kept = Vec::with_capacity(path.len());
    let mut in_name = false;
    for token in path {
        in_name = match token {
            Token::Segment => true,
            Token::Just(character) => in_name && (character.is_ascii_alphanumeric() || matches!(character, '_' | '$')),
            Token::Any | Token::Within => false,
        };
        if !in_name || token == Token::Segment {
            kept.push(token);
        }
    }
    kept
}

/// Whether the tokens stand for the whole text: by every place that they can have come to, token after token.
fn fits(tokens: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut places = vec![false; text.len() + 1];
    places[0] = true;
    for token in tokens {
        let mut next = vec![false; text.len() + 1];
        let mut is_open = false;
        for (index, place) in places.iter().enumerate() {
            let character = text.get(index).copied();
            match token {
                Token::Just(expected) => {
                    if *place && character == Some(*expected) {
                        next[index + 1] = true;
                    }
                    continue;
                }
                Token::Segment => next[index] = is_open,
                Token::Any | Token::Within => next[index] = is_open || *place,
            }
            is_open = (is_open || *place) && (*token == Token::Any || character != Some('/'));
        }
        places = next;
    }
    places.last() == Some(&true)
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
            Registered::Depends => panic!("one release has one rule for {pattern}"),
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

    #[test]
    fn a_pattern_of_a_kind_that_is_not_read_here_leaves_it_open() {
        let span = VersionSpan { at_least: Version::new(2, 14), below: None };
        for pattern in ["https://user@kasm.example.test/cb", "https://kasm.example.test/(a|b)", "https://k.test/é"] {
            assert_eq!(registered(span, &[pattern.to_owned()], KASM), Registered::Depends, "{pattern}");
            // Another that takes it decides.
            assert_eq!(registered(span, &[pattern.to_owned(), KASM.to_owned()], KASM), Registered::Yes);
        }
    }

    /// What Pocket ID does with a pattern (2.4 and later), on top of a library that implements the standard.
    fn by_the_standard(pattern: &str, sent: &str) -> bool {
        use urlpattern::{UrlPattern, UrlPatternInit, UrlPatternMatchInput, UrlPatternOptions};
        let (pattern, sent) = (Split::new(pattern), Split::new(sent));
        let mut path = String::new();
        let mut rest = pattern.path.char_indices().peekable();
        while let Some((index, character)) = rest.next() {
            match character {
                '*' if rest.next_if(|(_, next)| *next == '*').is_some() => path.push('*'),
                '*' => path.push_str(&format!(":p{index}")),
                ':' => path.push_str("\\:"),
                other => path.push(other),
            }
        }
        let standard = format!("{}{path}", pattern.base);
        let Ok(init) = UrlPatternInit::parse_constructor_string::<regex::Regex>(&standard, None) else { return false };
        let Ok(compiled) = <UrlPattern>::parse(init, UrlPatternOptions::default()) else { return false };
        let Ok(url) = Url::parse(&format!("{}{}", sent.base, sent.path)) else { return false };
        compiled.test(UrlPatternMatchInput::Url(url)).unwrap_or(false)
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]
        #[test]
        fn patterns_as_people_write_them_match_as_the_standard_says(
            scheme in "(https|http|\\*)",
            host in "(kasm|\\*|k\\*m|KASM)\\.(example|\\*)\\.test",
            port in "(|:443|:80|:8443|:\\*|:84\\*)",
            pattern_path in "(|/|/(api|a\\*|\\*|\\*\\*)(|/|/(oidc_callback|oidc_\\*|\\*|\\*\\*|\\*k|\\*-k)))",
            sent_scheme in "(https|http)",
            sent_port in "(|:443|:80|:8443)",
            sent_path in "(|/|/(api|apis|a)(|/|/(oidc_callback|oidc_|x-k|x/y)))",
        ) {
            let pattern = format!("{scheme}://{host}{port}{pattern_path}");
            let sent = format!("{sent_scheme}://kasm.example.test{sent_port}{sent_path}");
            let found = by_url_pattern(&pattern, &sent);
            let standard = pattern == sent || by_the_standard(&pattern, &sent);
            proptest::prop_assert_eq!(found, Some(standard), "{} against {}", pattern, sent);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_a_matcher_panic(pattern in "\\PC{0,40}", sent in "\\PC{0,40}") {
            for (_, era) in Era::ALL {
                let _ = era.takes(&pattern, &sent);
            }
        }
    }
}
