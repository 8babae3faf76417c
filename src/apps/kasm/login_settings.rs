//! What Kasm's login page offers (`POST /api/login_settings`; bodies are unconfirmed, so they are read tolerantly).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::oidc::{JsonProblem, one_line, parse_json, short};

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
    /// The button's text, on one line and bounded.
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
    /// What the body is instead: not a JSON object, or one that has nothing of Kasm's login settings, which is unknown
    /// rather than empty.
    pub fn parse(body: &[u8]) -> Result<Self, JsonProblem> {
        let json = parse_json(body)?.value;
        let members = json.as_object().ok_or_else(|| JsonProblem::Invalid("not an object".to_owned()))?;
        let error_message = error_message(&json);
        let is_kasms = ["sso_enabled", "oidc", "saml"].iter().any(|name| members.contains_key(*name));
        if !is_kasms && error_message.is_none() {
            return Err(JsonProblem::Invalid("none of Kasm's login settings (sso_enabled, oidc, saml)".to_owned()));
        }
        Ok(Self {
            sso_enabled: flag(&json, "sso_enabled"),
            configs: list(&json, "oidc", "oidc_configs")?.iter().filter_map(LoginConfig::read).collect(),
            saml_configs: list(&json, "saml", "saml_configs")?.len(),
            error_message,
        })
    }
}

/// A list two levels down; empty where it is absent or null.
fn list(json: &Value, outer: &str, inner: &str) -> Result<Vec<Value>, JsonProblem> {
    match json.get(outer).and_then(|value| value.get(inner)) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items.clone()),
        Some(_) => Err(JsonProblem::Invalid(format!("`{outer}.{inner}` is not a list"))),
    }
}

/// A text; a null may be the text "None" (reported).
fn text<'a>(json: &'a Value, name: &str) -> Option<&'a str> {
    json.get(name).and_then(Value::as_str).filter(|text| !text.is_empty() && *text != "None")
}

/// A flag, as JSON or as Python prints it.
fn flag(json: &Value, name: &str) -> Option<bool> {
    match json.get(name)? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.to_lowercase().parse().ok(),
        _ => None,
    }
}

/// Kasm's own error text, on one line and bounded: `error_message`, sometimes `error`.
pub(super) fn error_message(json: &Value) -> Option<String> {
    let text = text(json, "error_message").or_else(|| text(json, "error"))?;
    let line = one_line(&text.replace(char::is_control, " "));
    (!line.is_empty()).then_some(line)
}

impl LoginConfig {
    fn read(entry: &Value) -> Option<Self> {
        let id_as_written = text(entry, "oidc_id")?.to_owned();
        Some(Self {
            id: id_as_written.replace('-', "").to_lowercase(),
            display_name: short(text(entry, "display_name").unwrap_or_default()),
            hostname: text(entry, "hostname").map(str::to_owned),
            is_default: flag(entry, "default").or_else(|| flag(entry, "is_default")),
            enabled: flag(entry, "enabled"),
            auto_login: flag(entry, "auto_login"),
            id_as_written,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(body: &Value) -> LoginSettings {
        LoginSettings::parse(body.to_string().as_bytes()).unwrap()
    }

    /// The form as described by users and by the front end: no answer of a real Kasm was recorded yet.
    #[test]
    fn an_answer_of_the_described_form_is_read_whole() {
        let settings = parse(&json!({
            "sso_enabled": true,
            "oidc": {"oidc_configs": [{
                "oidc_id": "5CA1AB1E-0000-4000-8000-000000000001",
                "display_name": "Pocket ID",
                "hostname": "kasm.example.test",
                "default": false,
                "enabled": true,
                "auto_login": false,
                "logo_url": null
            }]},
            "saml": {"saml_configs": [{"saml_id": "x"}]},
            "login_caption": "Welcome"
        }));
        assert_eq!(settings.sso_enabled, Some(true));
        assert_eq!(settings.saml_configs, 1);
        let config = &settings.configs[0];
        assert_eq!(config.id, "5ca1ab1e000040008000000000000001");
        assert_eq!(config.id_as_written, "5CA1AB1E-0000-4000-8000-000000000001");
        assert_eq!(config.hostname.as_deref(), Some("kasm.example.test"));
        assert_eq!((config.is_default, config.enabled, config.auto_login), (Some(false), Some(true), Some(false)));
    }

    #[test]
    fn what_is_missing_or_written_otherwise_is_read_tolerantly() {
        let settings = parse(&json!({"oidc": {"oidc_configs": [
            {"oidc_id": "a", "hostname": "None", "is_default": "True", "enabled": 1, "auto_login": null},
            {"display_name": "without an id"},
            "not an object",
        ]}}));
        assert_eq!(settings.sso_enabled, None);
        assert_eq!(settings.configs.len(), 1, "an entry without an id cannot be started");
        let config = &settings.configs[0];
        assert_eq!((config.hostname.as_deref(), config.display_name.as_str()), (None, ""));
        assert_eq!((config.is_default, config.enabled, config.auto_login), (Some(true), None, None));
    }

    #[test]
    fn no_config_is_empty_and_another_form_is_an_error() {
        assert!(parse(&json!({"oidc": {"oidc_configs": []}})).configs.is_empty());
        assert!(parse(&json!({"oidc": null})).configs.is_empty());
        for (body, said) in [
            ("[]", "not JSON: not an object"),
            ("{}", "not JSON: none of Kasm's login settings (sso_enabled, oidc, saml)"),
            ("{\"status\": \"ok\"}", "not JSON: none of Kasm's login settings (sso_enabled, oidc, saml)"),
            ("{\"oidc\": {\"oidc_configs\": \"none\"}}", "not JSON: `oidc.oidc_configs` is not a list"),
            ("<H1>Internal Error</H1>", "a web page instead of JSON"),
        ] {
            assert_eq!(LoginSettings::parse(body.as_bytes()).unwrap_err().to_string(), said, "{body}");
        }
    }

    #[test]
    fn kasms_own_error_text_is_one_bounded_line() {
        assert_eq!(error_message(&json!({"error_message": "No\nSSO\tID "})).as_deref(), Some("No SSO ID"));
        assert_eq!(error_message(&json!({"error_message": null, "error": "no"})).as_deref(), Some("no"));
        assert_eq!(error_message(&json!({"error_message": ""})), None);
        assert_eq!(
            error_message(&json!({"error_message": "x".repeat(999)})).map(|text| text.chars().count()),
            Some(200)
        );
    }
}
