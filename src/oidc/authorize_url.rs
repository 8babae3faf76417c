//! An authorization request as a URL (OpenID Connect Core 1.0, section 3.1.2.1).

use serde::{Deserialize, Serialize};
use url::Url;

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
    /// Reads an authorize URL.
    ///
    /// # Errors
    /// Why it is not a URL, for a person.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("not a URL ({error})"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("a {}: address, not a web address", url.scheme()));
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
                _ => found.others.push(name.into_owned()),
            }
        }
        Ok(found)
    }
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
