//! The start of a login at Kasm (`POST /api/sso`), and which of several configs leads to our provider.

use serde::{Deserialize, Serialize};
use url::Url;

use super::login_settings::error_message;
use crate::{
    model::TargetFacts,
    oidc::{AuthorizeUrl, JsonProblem, parse_json},
};

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
pub enum StartOutcome {
    /// The authorize URL that the browser is sent to.
    Url(AuthorizeUrl),
    /// Kasm's own error text, or what is wrong with the URL.
    Refused(String),
    /// No answer that could be read.
    NoAnswer(String),
}

/// Which start is the target's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen<'a> {
    /// This one.
    Ours(&'a Start),
    /// Several lead to this provider, and `kasm.provider` does not say which.
    Several(Vec<&'a Start>),
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
        match json.get("url").and_then(serde_json::Value::as_str) {
            Some(url) => Ok(Ok(url.to_owned())),
            None => Err(JsonProblem::Invalid("neither `url` nor `error_message`".to_owned())),
        }
    }
}

impl KasmStart {
    /// The start that is the target's: the one whose URL leads to this provider; `kasm.provider` breaks ties; a single
    /// config is ours wherever it leads, so that a wrong address is seen as drift.
    #[must_use]
    pub fn ours(&self, target: &TargetFacts) -> Chosen<'_> {
        if let Some(name) = &target.kasm.provider {
            let named: Vec<&Start> = self.starts.iter().filter(|start| start.display_name == *name).collect();
            if let [only] = named[..] {
                return Chosen::Ours(only);
            }
        }
        let leading: Vec<&Start> = self.starts.iter().filter(|start| start.leads_to(&target.provider.url)).collect();
        match (&leading[..], &self.starts[..]) {
            ([only], _) => Chosen::Ours(only),
            ([], [only]) => Chosen::Ours(only),
            ([], _) => Chosen::Nowhere,
            _ => Chosen::Several(leading),
        }
    }
}

impl Start {
    /// Whether the authorize URL has the origin of `provider_url`.
    #[must_use]
    pub fn leads_to(&self, provider_url: &str) -> bool {
        let StartOutcome::Url(url) = &self.outcome else { return false };
        let (Ok(endpoint), Ok(provider)) = (Url::parse(&url.endpoint), Url::parse(provider_url)) else { return false };
        endpoint.origin() == provider.origin()
    }
}
