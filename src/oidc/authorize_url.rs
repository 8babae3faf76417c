//! An authorization request as a URL (OpenID Connect Core 1.0, section 3.1.2.1).

use serde::{Deserialize, Serialize};
use url::{Position, Url, form_urlencoded};

/// What an authorize URL asks for. The `state` itself, which belongs to one login, is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizeUrl {
    /// The URL without query and fragment, as written.
    pub endpoint: String,
    /// `client_id`.
    pub client_id: Option<String>,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `response_type`.
    pub response_type: Option<String>,
    /// `scope`, as written.
    pub scope: Option<String>,
    /// `state`, by its length and the id before the colon.
    pub state: Option<State>,
    /// Whether a PKCE challenge is sent (RFC 7636).
    pub has_code_challenge: bool,
    /// The length of `nonce` in characters, where one is sent.
    pub nonce_length: Option<usize>,
    /// `prompt`.
    pub prompt: Option<String>,
    /// `response_mode`.
    pub response_mode: Option<String>,
    /// Names of the other parameters.
    pub others: Vec<String>,
    /// The parameters that may be a part of the endpoint's own address (RFC 6749, section 3.1): none of a protocol's, none
    /// that belongs to one login or one user.
    #[serde(default)]
    pub query: Vec<(String, String)>,
}

/// What is kept of `state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its length in characters.
    pub length: usize,
    /// Kasm's config id, which stands before the first colon (as reported), where it looks like one.
    pub config_id: Option<String>,
}

impl AuthorizeUrl {
    /// The longest one that is read, in bytes: browsers and servers take less.
    pub const MOST_BYTES: usize = 32_768;

    /// Reads an authorize URL.
    ///
    /// # Errors
    /// Why it is not a URL, for a person.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > Self::MOST_BYTES {
            return Err(format!("longer than {} kB", Self::MOST_BYTES / 1000));
        }
        let url = Url::parse(text).map_err(|error| format!("not a URL ({error})"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("a {}: address, not a web address", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address with a user name or password in it".to_owned());
        }
        let end = text.find(['?', '#']).unwrap_or(text.len());
        let mut found = Self {
            endpoint: text[..end].trim().to_owned(),
            client_id: None,
            redirect_uri: None,
            response_type: None,
            scope: None,
            state: None,
            has_code_challenge: false,
            nonce_length: None,
            prompt: None,
            response_mode: None,
            others: Vec::new(),
            query: Vec::new(),
        };
        for (name, value) in url.query_pairs() {
            let value = value.into_owned();
            match &*name {
                "client_id" => found.client_id = Some(value),
                "redirect_uri" => found.redirect_uri = Some(value),
                "response_type" => found.response_type = Some(value),
                "scope" => found.scope = Some(value),
                "state" => found.state = Some(State::read(&value)),
                "code_challenge" => found.has_code_challenge = true,
                "nonce" => found.nonce_length = Some(value.chars().count()),
                "prompt" => found.prompt = Some(value),
                "response_mode" => found.response_mode = Some(value),
                name if may_be_fixed(name, &value) => {
                    found.others.push(name.to_owned());
                    found.query.push((name.to_owned(), value));
                }
                _ => found.others.push(name.into_owned()),
            }
        }
        Ok(found)
    }

    /// Whether its parameters were sent to the provider before (RFC 9126), so that they are not seen here.
    #[must_use]
    pub fn is_pushed(&self) -> bool {
        self.redirect_uri.is_none() && self.others.iter().any(|name| name == "request_uri")
    }

    /// The endpoint's address with what may be a part of it.
    #[must_use]
    pub fn address(&self) -> String {
        if self.query.is_empty() {
            return self.endpoint.clone();
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.query).finish();
        format!("{}?{query}", self.endpoint)
    }

    /// Whether it leads to an announced authorization endpoint: the same address, and every parameter of its own.
    #[must_use]
    pub fn leads_to(&self, announced: &str) -> bool {
        let (Ok(announced), Ok(sent)) = (Url::parse(announced), Url::parse(&self.endpoint)) else { return false };
        let is_same_page = announced[..Position::AfterPath] == sent[..Position::AfterPath];
        let has = |name: &str, value: &str| self.query.iter().any(|pair| pair.0 == name && pair.1 == value);
        is_same_page
            && announced
                .query_pairs()
                .filter(|(name, value)| may_be_fixed(name, value))
                .all(|(name, value)| has(&name, &value))
    }
}

/// Whether a parameter may stand in the endpoint's own address. Those of OpenID Connect and OAuth are the request's; long
/// values, and those that name a user or are secret, are not kept.
fn may_be_fixed(name: &str, value: &str) -> bool {
    const OF_THE_REQUEST: [&str; 27] = [
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "prompt",
        "response_mode",
        "display",
        "max_age",
        "ui_locales",
        "claims_locales",
        "id_token_hint",
        "login_hint",
        "acr_values",
        "claims",
        "request",
        "request_uri",
        "registration",
        "code",
        "client_secret",
        "access_token",
        "id_token",
        "token",
        "password",
    ];
    const LONGEST: usize = 100;
    !OF_THE_REQUEST.contains(&name) && value.len() <= LONGEST
}

impl State {
    fn read(value: &str) -> Self {
        let config_id = value.split_once(':').map(|(id, _)| id.replace('-', "").to_lowercase());
        Self {
            length: value.chars().count(),
            config_id: config_id.filter(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CONFIG: &str = "5ca1ab1e000040008000000000000001";

    #[test]
    fn an_authorize_url_is_taken_apart_and_the_state_itself_is_not_kept() {
        let url = format!(
            "https://id.example.test/authorize?response_type=code&client_id=c1&redirect_uri=https%3A%2F%2Fkasm.example.test\
             %2Fapi%2Foidc_callback&scope=openid+email&state={CONFIG}:secret-part&prompt=none&audience=x"
        );
        let found = AuthorizeUrl::parse(&url).unwrap();
        assert_eq!(found.endpoint, "https://id.example.test/authorize");
        assert_eq!(found.client_id.as_deref(), Some("c1"));
        assert_eq!(found.redirect_uri.as_deref(), Some("https://kasm.example.test/api/oidc_callback"));
        assert_eq!(found.response_type.as_deref(), Some("code"));
        assert_eq!(found.scope.as_deref(), Some("openid email"));
        assert_eq!(found.state, Some(State { length: 44, config_id: Some(CONFIG.to_owned()) }));
        assert_eq!(found.prompt.as_deref(), Some("none"));
        assert_eq!(found.others, ["audience"]);
        assert!(!found.has_code_challenge && found.nonce_length.is_none());
        assert!(!format!("{found:?}").contains("secret-part"));
    }

    #[test]
    fn the_endpoint_is_kept_as_written() {
        let cases = [
            ("HTTPS://ID.example.test/authorize?x=1", "HTTPS://ID.example.test/authorize"),
            ("https://id.example.test//authorize#part", "https://id.example.test//authorize"),
            (" https://id.example.test ", "https://id.example.test"),
        ];
        for (url, endpoint) in cases {
            assert_eq!(AuthorizeUrl::parse(url).unwrap().endpoint, endpoint);
        }
    }

    #[test]
    fn challenge_and_nonce_are_seen() {
        let found = AuthorizeUrl::parse("https://id.example.test/a?code_challenge=abc&nonce=12345").unwrap();
        assert!(found.has_code_challenge);
        assert_eq!(found.nonce_length, Some(5));
    }

    #[test]
    fn a_state_names_a_config_only_where_an_id_stands_before_the_colon() {
        let state = |value: &str| State::read(value).config_id;
        assert_eq!(state(&format!("{CONFIG}:x")).as_deref(), Some(CONFIG));
        assert_eq!(state("5CA1AB1E-0000-4000-8000-000000000001:x").as_deref(), Some(CONFIG));
        for other in ["", "x", "x:y", &format!("{CONFIG}x:y"), CONFIG] {
            assert_eq!(state(other), None, "{other}");
        }
    }

    #[test]
    fn a_url_that_no_server_takes_is_not_read() {
        let of = |length: usize| format!("https://id.example.test/authorize?{}", "a".repeat(length));
        assert!(AuthorizeUrl::parse(&of(8_000)).is_ok());
        assert_eq!(AuthorizeUrl::parse(&of(64_000)).unwrap_err(), "longer than 32 kB");
    }

    #[test]
    fn what_is_no_web_address_is_refused_without_repeating_it() {
        for (text, reason) in [
            ("", "not a URL"),
            ("/authorize?state=secret", "not a URL"),
            ("javascript:alert(1)", "a javascript: address"),
            ("https://me:secret@id.example.test/authorize", "an address with a user name or password in it"),
        ] {
            let error = AuthorizeUrl::parse(text).unwrap_err();
            assert!(error.starts_with(reason) && !error.contains("secret"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_no_state_is_kept(
            text in "\\PC{0,40}",
            query in "(state=TOPSECRET[a-z0-9:%&=]{0,20}|[a-z_]{1,8}=[^#]{0,9})",
        ) {
            let _ = AuthorizeUrl::parse(&text);
            if let Ok(found) = AuthorizeUrl::parse(&format!("https://id.example.test/authorize?{query}")) {
                let kept = format!("{found:?}");
                prop_assert!(!kept.contains("TOPSECRET"));
            }
        }
    }
}
