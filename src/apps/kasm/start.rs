//! The start of a login at Kasm (`POST /api/sso`), and which of several configs leads to our provider.

use serde::{Deserialize, Serialize};
use url::Url;

use super::login_settings::error_message;
use crate::oidc::{AuthorizeUrl, JsonProblem, parse_json};

/// The start of login for each visible config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KasmStart {
    /// In the order of the login page; at most five.
    pub starts: Vec<Start>,
}

/// The start of login for one config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The config's id, lower case, without dashes.
    pub config_id: String,
    /// The button's text.
    pub display_name: String,
    /// What Kasm answered.
    pub outcome: StartOutcome,
}

/// What Kasm answered to the start of a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a snapshot holds five at most")]
pub enum StartOutcome {
    /// The authorize URL that the browser is sent to.
    Url(AuthorizeUrl),
    /// Kasm's own error text, or what is wrong with the URL.
    Refused(String),
    /// The app refuses its own login form, though its cookies and hidden fields came along; says what it answered.
    FormRefused(String),
    /// No answer that could be read.
    NoAnswer(String),
}

/// Which of several configs is meant.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The provider's address.
    pub provider_url: &'a str,
    /// The display name, where the operator named one.
    pub display_name: Option<&'a str>,
}

/// Which start is the target's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen<'a> {
    /// This one.
    Ours(&'a Start),
    /// None leads to this provider.
    Nowhere,
}

impl StartOutcome {
    /// Reads an answer of `/api/sso`: the authorize URL as written, or Kasm's refusal.
    ///
    /// # Errors
    /// What the body is instead of JSON.
    pub fn parse(body: &[u8]) -> Result<Result<String, String>, JsonProblem> {
        let json = parse_json(body)?.value;
        if let Some(message) = error_message(&json) {
            return Ok(Err(message));
        }
        match json.get("url").and_then(serde_json::Value::as_str).map(str::trim) {
            Some(url) if url.len() > AuthorizeUrl::MOST_BYTES => {
                Err(JsonProblem::TooLarge { what: "bytes in the authorize URL", most: AuthorizeUrl::MOST_BYTES })
            }
            Some(url) if !url.is_empty() => Ok(Ok(url.to_owned())),
            _ => Err(JsonProblem::Invalid("neither `url` nor `error_message`".to_owned())),
        }
    }
}

impl KasmStart {
    /// The start that is the target's: the one of the display name that is wanted; else the first whose URL leads to this provider;
    /// a single config is ours wherever it leads, so that a wrong address is seen as drift.
    #[must_use]
    pub fn ours(&self, wanted: Wanted<'_>) -> Chosen<'_> {
        if let Some(name) = wanted.display_name {
            let named: Vec<&Start> = self.starts.iter().filter(|start| start.display_name == name).collect();
            if let [only] = named[..] {
                return Chosen::Ours(only);
            }
        }
        match (self.leading(wanted).first().copied(), &self.starts[..]) {
            (Some(first), _) => Chosen::Ours(first),
            (None, [only]) => Chosen::Ours(only),
            (None, _) => Chosen::Nowhere,
        }
    }

    /// The starts that lead to the provider, in the order of the login page. Where some lead below its very path, as to a
    /// realm, the others of its origin lead to another one.
    #[must_use]
    pub fn leading(&self, wanted: Wanted<'_>) -> Vec<&Start> {
        let fitting = |fits: fn(&str, &str) -> bool| -> Vec<&Start> {
            let leads = |start: &&Start| start.endpoint().is_some_and(|endpoint| fits(endpoint, wanted.provider_url));
            self.starts.iter().filter(leads).collect()
        };
        let below = fitting(is_below);
        if below.is_empty() { fitting(is_of_origin) } else { below }
    }
}

impl KasmStart {
    /// The authorize URL of the start that is the target's.
    #[must_use]
    pub fn our_url(&self, wanted: Wanted<'_>) -> Option<&AuthorizeUrl> {
        let Chosen::Ours(ours) = self.ours(wanted) else { return None };
        match &ours.outcome {
            StartOutcome::Url(url) => Some(url),
            StartOutcome::Refused(_) | StartOutcome::FormRefused(_) | StartOutcome::NoAnswer(_) => None,
        }
    }
}

impl Start {
    /// Whether the authorize URL has the origin of `provider_url`.
    #[must_use]
    pub fn leads_to(&self, provider_url: &str) -> bool {
        self.endpoint().is_some_and(|endpoint| is_of_origin(endpoint, provider_url))
    }

    fn endpoint(&self) -> Option<&str> {
        let StartOutcome::Url(url) = &self.outcome else { return None };
        Some(&url.endpoint)
    }
}

/// Whether an authorization endpoint has the origin of a provider's address.
pub(super) fn is_of_origin(endpoint: &str, provider_url: &str) -> bool {
    of_one_origin(endpoint, provider_url).is_some()
}

/// Whether an authorization endpoint stands below the path of a provider's address, which is more than its origin: two realms
/// of one server have the same.
pub(super) fn is_below(endpoint: &str, provider_url: &str) -> bool {
    of_one_origin(endpoint, provider_url).is_some_and(|(endpoint, provider)| {
        let below = endpoint.path().strip_prefix(provider.path().trim_end_matches('/'));
        below.is_some_and(|rest| rest.starts_with('/'))
    })
}

/// Both addresses, where they are addresses and have one origin.
fn of_one_origin(endpoint: &str, provider_url: &str) -> Option<(Url, Url)> {
    let (endpoint, provider) = (Url::parse(endpoint).ok()?, Url::parse(provider_url).ok()?);
    (endpoint.origin() == provider.origin()).then_some((endpoint, provider))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_an_address_a_refusal_or_an_error() {
        let parse = |body: &str| StartOutcome::parse(body.as_bytes());
        assert_eq!(
            parse(r#"{"url": " https://id.example.test/authorize?a=b "}"#).unwrap(),
            Ok("https://id.example.test/authorize?a=b".to_owned())
        );
        assert_eq!(parse(r#"{"error_message": "No SSO ID"}"#).unwrap(), Err("No SSO ID".to_owned()));
        // Kasm's error goes before an address that stands beside it.
        assert_eq!(parse(r#"{"url": "https://x.test", "error_message": "no"}"#).unwrap(), Err("no".to_owned()));
        assert_eq!(
            parse(r#"{"url": "https://x.test", "error_message": null}"#).unwrap(),
            Ok("https://x.test".to_owned())
        );
        let long = |length: usize| parse(&format!(r#"{{"url": "{}"}}"#, "x".repeat(length)));
        assert!(long(AuthorizeUrl::MOST_BYTES).is_ok());
        assert!(matches!(long(AuthorizeUrl::MOST_BYTES + 1), Err(JsonProblem::TooLarge { .. })));
        for body in ["", "null", "{}", r#"{"url": 1}"#, r#"{"url": ""}"#, "<H1>Internal Error</H1>"] {
            assert!(parse(body).is_err(), "{body}");
        }
    }

    fn start(name: &str, endpoint: &str) -> Start {
        let url = AuthorizeUrl::parse(&format!("{endpoint}?client_id=c1")).unwrap();
        Start { config_id: name.to_owned(), display_name: name.to_owned(), outcome: StartOutcome::Url(url) }
    }

    #[test]
    fn the_start_that_leads_here_is_ours_and_a_name_breaks_ties() {
        const HERE: &str = "https://ID.example.test:443/authorize";
        const ELSEWHERE: &str = "https://login.example.test/authorize";
        let no_answer = || Start { outcome: StartOutcome::NoAnswer("a web page".to_owned()), ..start("silent", HERE) };
        let cases: [(&str, Vec<Start>, Option<&str>, &str); 9] = [
            ("the only one", vec![start("a", HERE)], None, "a"),
            ("the only one, leading elsewhere, is drift", vec![start("a", ELSEWHERE)], None, "a"),
            ("one of two leads here", vec![start("a", ELSEWHERE), start("b", HERE)], None, "b"),
            ("two lead here", vec![start("a", HERE), start("b", HERE)], None, "a"),
            ("two lead here, one is named", vec![start("a", HERE), start("b", HERE)], Some("b"), "b"),
            ("the named one leads elsewhere", vec![start("a", HERE), start("b", ELSEWHERE)], Some("b"), "b"),
            ("the name is not shown", vec![start("a", HERE), start("b", ELSEWHERE)], Some("c"), "a"),
            ("none of two leads here", vec![start("a", ELSEWHERE), no_answer()], None, "nowhere"),
            ("none at all", vec![], None, "nowhere"),
        ];
        for (case, starts, named, expected) in cases {
            let wanted = Wanted { provider_url: "https://id.example.test", display_name: named };
            let starts = KasmStart { starts };
            let chosen = match starts.ours(wanted) {
                Chosen::Ours(start) => start.display_name.as_str(),
                Chosen::Nowhere => "nowhere",
            };
            assert_eq!(chosen, expected, "{case}");
        }
    }

    #[test]
    fn two_realms_of_one_server_are_two_providers() {
        let of =
            |realm: &str| start(realm, &format!("https://id.example.test/realms/{realm}/protocol/openid-connect/auth"));
        let starts = KasmStart { starts: vec![of("home-old"), of("other"), of("home")] };
        for (realm, leading) in [("home", vec!["home"]), ("other", vec!["other"]), ("home/", vec!["home"])] {
            let provider_url = format!("https://id.example.test/realms/{realm}");
            let wanted = Wanted { provider_url: &provider_url, display_name: None };
            let names: Vec<&str> = starts.leading(wanted).iter().map(|start| start.display_name.as_str()).collect();
            assert_eq!(names, leading, "{realm}");
        }
        // None leads to that realm: then any of this server may be the one that is wrong.
        let wanted = Wanted { provider_url: "https://id.example.test/realms/gone", display_name: None };
        assert_eq!(starts.leading(wanted).len(), 3);
    }
}
