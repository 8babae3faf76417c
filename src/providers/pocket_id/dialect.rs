//! Which release of Pocket ID, and which dialect: told from the discovery document alone.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::oidc::Discovery;

/// How the provider speaks OAuth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Pocket ID up to 2.9: its own OAuth code; `/authorize` is a web page.
    Legacy,
    /// Pocket ID from 2.10: server-side `/authorize`, RFC 6749 errors, `scope` in the token answer.
    Fosite,
    /// Another provider: what the specifications say, and no more.
    Openid,
}

impl Dialect {
    /// The label value.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Fosite => "fosite",
            Self::Openid => "openid",
        }
    }
}

/// A release of Pocket ID, to the minor number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version {
    /// 2 of 2.14.
    pub major: u32,
    /// 14 of 2.14.
    pub minor: u32,
}

impl Version {
    /// A version by its two numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }
}

impl std::str::FromStr for Version {
    type Err = String;

    /// Reads `2.14`, `2.14.0` or `v2.14.0`: the third number makes no difference here.
    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Option<Vec<u32>> = text.trim_start_matches('v').split('.').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some([major, minor] | [major, minor, _]) => Ok(Self::new(*major, *minor)),
            _ => Err(format!("{text:?} is no release of Pocket ID; write for example 2.14")),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What is known of a release: at least this, and below that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionSpan {
    /// The oldest release that it can be.
    pub at_least: Version,
    /// The first release that it cannot be; none where the newest known one fits.
    pub below: Option<Version>,
}

impl VersionSpan {
    /// One release, whatever its third number.
    #[must_use]
    pub const fn of(release: Version) -> Self {
        Self { at_least: release, below: Some(Version::new(release.major, release.minor + 1)) }
    }

    /// Whether it can be this release.
    #[must_use]
    pub fn contains(self, release: Version) -> bool {
        self.at_least <= release && self.below.is_none_or(|below| release < below)
    }

    /// Whether it is older than a release, for certain.
    #[must_use]
    pub fn is_before(self, release: Version) -> bool {
        self.below.is_some_and(|below| below <= release)
    }

    /// How a provider of these releases speaks OAuth.
    #[must_use]
    pub fn dialect(self) -> Dialect {
        if self.at_least >= Version::new(2, 10) { Dialect::Fosite } else { Dialect::Legacy }
    }
}

/// The releases that a discovery document can be of.
///
/// Source: the table of fields by release, Pocket ID v0.1 to v2.14.0 (`well_known_controller.go`).
pub(in crate::providers) fn span_of(discovery: &Discovery) -> VersionSpan {
    let has = |key: &str| discovery.document.get(key).is_some();
    let lists = |key: &str, value: &str| {
        discovery
            .document
            .get(key)
            .and_then(serde_json::Value::as_array)
            .is_some_and(|list| list.iter().any(|item| item == value))
    };
    // Each row: what the document shows from this release on; 1.16 and 2.0 to 2.4 cannot be told apart.
    let marks = [
        (has("response_modes_supported"), Version::new(2, 14)),
        (has("client_id_metadata_document_supported"), Version::new(2, 13)),
        (lists("scopes_supported", "offline_access"), Version::new(2, 10)),
        (has("pushed_authorization_request_endpoint"), Version::new(2, 9)),
        (lists("prompt_values_supported", "select_account"), Version::new(2, 7)),
        (has("prompt_values_supported"), Version::new(2, 6)),
        (has("token_endpoint_auth_methods_supported"), Version::new(2, 5)),
        (lists("grant_types_supported", "client_credentials"), Version::new(1, 11)),
        (has("code_challenge_methods_supported"), Version::new(1, 7)),
        (has("authorization_response_iss_parameter_supported"), Version::new(1, 6)),
    ];
    let found = marks.iter().position(|(seen, _)| *seen);
    match found {
        Some(index) => {
            VersionSpan { at_least: marks[index].1, below: index.checked_sub(1).map(|newer| marks[newer].1) }
        }
        None => VersionSpan { at_least: Version::new(0, 1), below: Some(Version::new(1, 6)) },
    }
}

impl fmt::Display for VersionSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.below {
            None => write!(f, "{} or later", self.at_least),
            Some(below) if below.major == self.at_least.major && below.minor == self.at_least.minor + 1 => {
                write!(f, "{}", self.at_least)
            }
            Some(below) if below.minor == 0 => write!(f, "{} to before {below}", self.at_least),
            Some(below) => write!(f, "{} to {}.{}", self.at_least, below.major, below.minor - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::providers::{ProviderKind, Recognised, recognise};

    /// The document that a release serves, as recorded.
    fn recorded(text: &str) -> Value {
        serde_json::from_str::<Value>(text).unwrap()["response"]["body"].take()
    }

    fn recognised(document: &Value, kind: Option<ProviderKind>) -> (ProviderKind, Dialect, Option<String>) {
        let discovery = Discovery::parse(200, None, document.to_string().as_bytes()).unwrap();
        let Recognised { kind, dialect, version } = recognise(&discovery, kind);
        (kind, dialect, version.map(|span| span.to_string()))
    }

    const V1_16: &str = include_str!("../../../tests/fixtures/pocket-id/1.16.0/discovery.json");
    const V2_9: &str = include_str!("../../../tests/fixtures/pocket-id/2.9.0/discovery.json");
    const V2_14: &str = include_str!("../../../tests/fixtures/pocket-id/2.14.0/discovery.json");

    #[test]
    fn every_recorded_release_is_recognised_within_its_span() {
        let releases = [
            (V1_16, Dialect::Legacy, "1.11 to 2.4"),
            (
                include_str!("../../../tests/fixtures/pocket-id/1.16.0/discovery_internal_url.json"),
                Dialect::Legacy,
                "1.11 to 2.4",
            ),
            (include_str!("../../../tests/fixtures/pocket-id/2.3.0/discovery.json"), Dialect::Legacy, "1.11 to 2.4"),
            (V2_9, Dialect::Legacy, "2.9"),
            (
                include_str!("../../../tests/fixtures/pocket-id/2.9.0/discovery_internal_url.json"),
                Dialect::Legacy,
                "2.9",
            ),
            (include_str!("../../../tests/fixtures/pocket-id/2.10.0/discovery.json"), Dialect::Fosite, "2.10 to 2.12"),
            (
                include_str!("../../../tests/fixtures/pocket-id/2.10.0/discovery_internal_url_es256.json"),
                Dialect::Fosite,
                "2.10 to 2.12",
            ),
            (V2_14, Dialect::Fosite, "2.14 or later"),
        ];
        for (text, dialect, span) in releases {
            let expected = (ProviderKind::PocketId, dialect, Some(span.to_owned()));
            assert_eq!(recognised(&recorded(text), None), expected, "{text}");
        }
    }

    /// A document of the given release, made from a recorded one.
    fn changed(text: &str, without: &[&str], set: &[(&str, Value)]) -> Value {
        let mut document = recorded(text);
        for name in without {
            document.as_object_mut().unwrap().remove(*name);
        }
        for (name, value) in set {
            document[*name] = value.clone();
        }
        document
    }

    #[test]
    fn releases_that_were_not_recorded_are_told_by_the_fields_that_came_with_them() {
        let no_par = ["pushed_authorization_request_endpoint", "require_pushed_authorization_requests"];
        let prompts = |values: Value| ("prompt_values_supported", values);
        let grants = |values: Value| ("grant_types_supported", values);
        let old_grants = json!(["authorization_code", "refresh_token"]);
        let cases = [
            (changed(V2_14, &["response_modes_supported"], &[]), "2.13"),
            (changed(V2_9, &no_par, &[]), "2.7 to 2.8"),
            (changed(V2_9, &no_par, &[prompts(json!(["none", "login", "consent"]))]), "2.6"),
            (changed(V2_9, &[no_par[0], "prompt_values_supported"], &[]), "2.5"),
            (changed(V1_16, &[], &[grants(old_grants.clone())]), "1.7 to 1.10"),
            (changed(V1_16, &["code_challenge_methods_supported"], &[grants(old_grants.clone())]), "1.6"),
            (
                changed(
                    V1_16,
                    &["code_challenge_methods_supported", "authorization_response_iss_parameter_supported"],
                    &[grants(old_grants)],
                ),
                "0.1 to 1.5",
            ),
        ];
        for (document, span) in cases {
            assert_eq!(recognised(&document, None).2.as_deref(), Some(span), "{document}");
        }
    }

    #[test]
    fn another_provider_is_not_taken_for_pocket_id_unless_the_operator_says_so() {
        let mut document = recorded(V2_14);
        document["token_endpoint"] = json!("https://id.example.test/oauth2/token");
        assert_eq!(recognised(&document, None), (ProviderKind::Openid, Dialect::Openid, None));
        let (kind, dialect, span) = recognised(&document, Some(ProviderKind::PocketId));
        assert_eq!((kind, dialect), (ProviderKind::PocketId, Dialect::Fosite));
        assert_eq!(span.as_deref(), Some("2.14 or later"));
        assert_eq!(recognised(&recorded(V2_14), Some(ProviderKind::Openid)).0, ProviderKind::Openid);
    }

    #[test]
    fn releases_are_read_as_people_write_them() {
        for text in ["2.14", "2.14.0", "v2.14.3"] {
            assert_eq!(text.parse(), Ok(Version::new(2, 14)), "{text}");
        }
        for text in ["", "2", "2.x", "2.14.0.1", "latest", "2.-1"] {
            let error = text.parse::<Version>().unwrap_err();
            assert!(error.ends_with("is no release of Pocket ID; write for example 2.14"), "{error}");
        }
        let span = VersionSpan::of(Version::new(2, 9));
        assert!(span.contains(Version::new(2, 9)) && !span.contains(Version::new(2, 10)));
        assert!(span.is_before(Version::new(2, 10)) && !span.is_before(Version::new(2, 9)));
        assert_eq!(span.to_string(), "2.9");
    }

    #[test]
    fn spans_are_written_as_people_say_them() {
        let span = |from: (u32, u32), below: Option<(u32, u32)>| VersionSpan {
            at_least: Version::new(from.0, from.1),
            below: below.map(|(major, minor)| Version::new(major, minor)),
        };
        let cases = [
            (span((2, 14), None), "2.14 or later"),
            (span((2, 9), Some((2, 10))), "2.9"),
            (span((2, 10), Some((2, 13))), "2.10 to 2.12"),
            (span((1, 11), Some((2, 5))), "1.11 to 2.4"),
            (span((1, 11), Some((2, 0))), "1.11 to before 2.0"),
            (span((0, 1), Some((1, 6))), "0.1 to 1.5"),
        ];
        for (span, words) in cases {
            assert_eq!(span.to_string(), words);
        }
    }
}
