//! What Kasm's login page offers (`POST /api/login_settings`; bodies are unconfirmed, so they are read tolerantly).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::oidc::{JsonProblem, parse_json};

/// What Kasm's login page offers on the host that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginSettings {
    /// `sso_enabled`: true, or absent.
    pub sso_enabled: Option<bool>,
    /// The OpenID configs that are visible on this host.
    pub configs: Vec<LoginConfig>,
    /// How many SAML configs are visible: auto login works only with one visible provider.
    pub saml_configs: usize,
    /// Kasm's own error text inside a 200.
    pub error_message: Option<String>,
}

/// One OpenID config as the login page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginConfig {
    /// `oidc_id`, lower case, without dashes.
    pub id: String,
    /// `oidc_id` as written: what `/api/sso` is asked with.
    pub id_as_written: String,
    /// The button's text.
    pub display_name: String,
    /// The host that it is for.
    pub hostname: Option<String>,
    /// Whether it is the default for hosts without one.
    pub is_default: Option<bool>,
    /// Whether it is switched on.
    pub enabled: Option<bool>,
    /// Whether visitors are sent to the provider at once.
    pub auto_login: Option<bool>,
}

impl LoginSettings {
    /// Reads an answer of `/api/login_settings`.
    ///
    /// # Errors
    /// What the body is instead of a JSON object.
    pub fn parse(body: &[u8]) -> Result<Self, JsonProblem> {
        let json = parse_json(body)?.value;
        if !json.is_object() {
            return Err(JsonProblem::Invalid("not an object".to_owned()));
        }
        let list = |outer: &str, inner: &str| {
            json.get(outer).and_then(|value| value.get(inner)).and_then(Value::as_array).cloned().unwrap_or_default()
        };
        Ok(Self {
            sso_enabled: json.get("sso_enabled").and_then(Value::as_bool),
            configs: list("oidc", "oidc_configs").iter().filter_map(LoginConfig::read).collect(),
            saml_configs: list("saml", "saml_configs").len(),
            error_message: error_message(&json),
        })
    }
}

/// Kasm's own error text: `error_message`, sometimes `error`.
pub(super) fn error_message(json: &Value) -> Option<String> {
    let text = json.get("error_message").or_else(|| json.get("error"))?.as_str()?;
    (!text.is_empty()).then(|| text.chars().take(200).collect())
}

impl LoginConfig {
    fn read(entry: &Value) -> Option<Self> {
        let text = |name: &str| {
            // A null may be the text "None" (reported).
            entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty() && *text != "None")
        };
        let id_as_written = text("oidc_id")?.to_owned();
        let flag = |name: &str| entry.get(name).and_then(Value::as_bool);
        Some(Self {
            id: id_as_written.replace('-', "").to_lowercase(),
            display_name: text("display_name").unwrap_or_default().to_owned(),
            hostname: text("hostname").map(str::to_owned),
            is_default: flag("default").or_else(|| flag("is_default")),
            enabled: flag("enabled"),
            auto_login: flag("auto_login"),
            id_as_written,
        })
    }
}
