//! Pocket ID's two base addresses: APP_URL, which browsers use, and INTERNAL_APP_URL (1.11 and later), which other
//! servers use.

use url::{Origin, Url};

use crate::oidc::Discovery;

/// Members that browsers are sent to; always on APP_URL.
const FRONT: [&str; 3] = ["authorization_endpoint", "end_session_endpoint", "device_authorization_endpoint"];

/// Members that servers ask; on INTERNAL_APP_URL where it is set.
const BACK: [&str; 5] = [
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "introspection_endpoint",
    "pushed_authorization_request_endpoint",
];

/// Where the addresses of a discovery document lead. An address that cannot be read is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bases {
    /// The issuer.
    pub issuer: Url,
    /// The addresses for browsers, by member.
    pub front: Vec<(&'static str, Url)>,
    /// The addresses for servers, by member.
    pub back: Vec<(&'static str, Url)>,
}

impl Bases {
    /// The bases of a document; none where its issuer cannot be read.
    #[must_use]
    pub fn of(discovery: &Discovery) -> Option<Self> {
        let address = |name: &&'static str| {
            let url = Url::parse(discovery.document.get(*name)?.as_str()?).ok()?;
            Some((*name, url))
        };
        Some(Self {
            issuer: Url::parse(discovery.issuer.as_deref()?).ok()?,
            front: FRONT.iter().filter_map(address).collect(),
            back: BACK.iter().filter_map(address).collect(),
        })
    }

    /// The origins of the addresses for servers that are not on the issuer's host, each once.
    #[must_use]
    pub fn internal(&self) -> Vec<Origin> {
        let mut found = Vec::new();
        for (_, url) in &self.back {
            if url.host() != self.issuer.host() && !found.contains(&url.origin()) {
                found.push(url.origin());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn bases(text: &str) -> Bases {
        let recording: Value = serde_json::from_str(text).unwrap();
        let body = recording["response"]["body"].to_string();
        Bases::of(&Discovery::parse(200, None, body.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn real_releases_have_one_base_or_an_internal_one_for_servers() {
        let one = bases(include_str!("../../../tests/fixtures/pocket-id/2.14.0/discovery.json"));
        assert_eq!((one.front.len(), one.back.len()), (3, 5));
        assert_eq!(one.internal(), []);
        for text in [
            include_str!("../../../tests/fixtures/pocket-id/1.16.0/discovery_internal_url.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.9.0/discovery_internal_url.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.10.0/discovery_internal_url_es256.json"),
        ] {
            let two = bases(text);
            assert_eq!(two.internal(), [Url::parse("http://pocket-id:1411").unwrap().origin()]);
            assert!(two.front.iter().all(|(_, url)| url.origin() == two.issuer.origin()), "{two:?}");
        }
    }

    #[test]
    fn without_an_issuer_there_are_no_bases() {
        for body in ["{}", r#"{"issuer":"id.example.test"}"#] {
            assert_eq!(Bases::of(&Discovery::parse(200, None, body.as_bytes()).unwrap()), None);
        }
    }
}
