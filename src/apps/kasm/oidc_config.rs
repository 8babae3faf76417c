//! Kasm's stored OpenID configurations (`POST /api/public/get_oidc_configs`): tolerant in what it reads.
//!
//! Field names are those of the vendor chart's 1.19 seed file; types and the answer itself are unconfirmed. Every field may
//! be absent, unknown ones are ignored. The client secret is never kept: all that is read of it is whether one is set.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Chosen, KasmStart, Wanted,
    login_settings::{configs_of, error_message},
    start::{is_below, is_of_origin},
};
use crate::oidc::{JsonProblem, distinct, parse_json};

/// The stored configurations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcConfigs {
    /// In the order of the answer.
    pub configs: Vec<OidcConfig>,
}

/// One stored configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcConfig {
    /// `oidc_id`, lower case, without dashes.
    pub id: Option<String>,
    /// `display_name`: the button's text.
    pub display_name: Option<String>,
    /// `enabled`.
    pub enabled: Option<bool>,
    /// `auto_login`.
    pub auto_login: Option<bool>,
    /// `is_default` (or `default`).
    pub is_default: Option<bool>,
    /// `hostname`: empty for any.
    pub hostname: Field,
    /// `client_id`.
    pub client_id: Option<String>,
    /// Whether `client_secret` is set; its value, or the asterisks in its place, are dropped while reading.
    pub has_client_secret: Option<bool>,
    /// `auth_url`: the form's *Authorization URL*.
    pub auth_url: Option<String>,
    /// `token_url`: the form's *Token URL*.
    pub token_url: Option<String>,
    /// `user_info_url`: the form's *User Info URL*.
    pub user_info_url: Option<String>,
    /// `scope`, entry by entry as written; blanks and commas too.
    pub scope: Option<Vec<String>>,
    /// `redirect_url`: the form's *Redirect URL*.
    pub redirect_url: Option<String>,
    /// `username_attribute`.
    pub username_attribute: Option<String>,
    /// `groups_attribute`.
    pub groups_attribute: Field,
    /// `debug`.
    pub debug: Option<bool>,
    /// `issuer` (or `oidc_issuer`); after 1.15.
    pub issuer: Field,
    /// `logout_with_oidc_provider`; after 1.15.
    pub logout_with_oidc_provider: Option<bool>,
}

/// A text field that an older release may not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The answer does not hold it: an older release.
    #[default]
    Absent,
    /// It is there and empty (null, an empty text, the text `None`).
    Empty,
    /// What is entered.
    Is(String),
}

impl OidcConfigs {
    /// Reads an answer; the inner error is Kasm's own text inside it.
    ///
    /// # Errors
    /// What the body is instead.
    pub fn parse(body: &[u8]) -> Result<Result<Self, String>, JsonProblem> {
        let json = parse_json(body)?.value;
        if let Some(configs) = json.get("oidc_configs").and_then(Value::as_array) {
            let configs = configs_of(configs, |entry| entry.is_object().then(|| OidcConfig::read(entry)))?;
            return Ok(Ok(Self { configs }));
        }
        error_message(&json).map(Err).ok_or_else(|| JsonProblem::Invalid("no list `oidc_configs`".to_owned()))
    }
}

impl OidcConfigs {
    /// The stored config that is the target's: the one that the start of login belongs to; else the one of the display
    /// name; else the only one whose Authorization URL leads to this provider; else the only one.
    ///
    /// # Errors
    /// Which ones could be meant, for a person.
    pub fn ours(&self, wanted: Wanted<'_>, start: Option<&KasmStart>) -> Result<&OidcConfig, String> {
        if let Some(Chosen::Ours(start)) = start.map(|start| start.ours(wanted))
            && let Some(stored) = self.configs.iter().find(|config| config.id.as_ref() == Some(&start.config_id))
        {
            return Ok(stored);
        }
        let only = |fits: &dyn Fn(&OidcConfig) -> bool| {
            let mut fitting = self.configs.iter().filter(|config| fits(config));
            fitting.next().filter(|_| fitting.next().is_none())
        };
        let is_named = |config: &OidcConfig| {
            wanted.display_name.is_some() && config.display_name.as_deref() == wanted.display_name
        };
        let leads_below =
            |config: &OidcConfig| config.auth_url.as_deref().is_some_and(|url| is_below(url, wanted.provider_url));
        let leads_here = |config: &OidcConfig| config.leads_to(wanted.provider_url);
        only(&is_named)
            .or_else(|| only(&leads_below))
            .or_else(|| only(&leads_here))
            .or_else(|| only(&|_| true))
            .ok_or_else(|| {
                let names: Vec<&str> =
                    self.configs.iter().map(|config| config.display_name.as_deref().unwrap_or("(no name)")).collect();
                match names[..] {
                    [] => "Kasm stores no OpenID config".to_owned(),
                    _ => format!(
                        "Kasm stores several OpenID configs: {}; name the one that is meant with kasm.provider",
                        names.join(", ")
                    ),
                }
            })
    }
}

impl OidcConfig {
    /// Whether the Authorization URL has the origin of `provider_url`.
    #[must_use]
    pub fn leads_to(&self, provider_url: &str) -> bool {
        self.auth_url.as_deref().is_some_and(|url| is_of_origin(url, provider_url))
    }

    fn read(entry: &Value) -> Self {
        let field = |names: &[&str]| {
            let Some(value) = names.iter().find_map(|name| entry.get(*name)) else { return Field::Absent };
            match value.as_str() {
                Some(text) if !text.trim().is_empty() && text != "None" => Field::Is(distinct(text)),
                _ => Field::Empty,
            }
        };
        let text = |name: &str| field(&[name]).text().map(str::to_owned);
        let flag = |name: &str| entry.get(name).and_then(Value::as_bool);
        Self {
            id: text("oidc_id").map(|id| id.replace('-', "").to_lowercase()),
            display_name: text("display_name"),
            enabled: flag("enabled"),
            auto_login: flag("auto_login"),
            is_default: flag("is_default").or_else(|| flag("default")),
            hostname: field(&["hostname"]),
            client_id: text("client_id"),
            has_client_secret: entry
                .get("client_secret")
                .map(|secret| secret.as_str().is_some_and(|text| !text.is_empty())),
            auth_url: text("auth_url"),
            token_url: text("token_url"),
            user_info_url: text("user_info_url"),
            scope: scope(entry.get("scope")),
            redirect_url: text("redirect_url"),
            username_attribute: text("username_attribute"),
            groups_attribute: field(&["groups_attribute"]),
            debug: flag("debug"),
            issuer: field(&["issuer", "oidc_issuer"]),
            logout_with_oidc_provider: flag("logout_with_oidc_provider"),
        }
    }
}

/// The scope entries: a list, or the form's text box, one entry a line.
fn scope(value: Option<&Value>) -> Option<Vec<String>> {
    match value? {
        Value::Array(items) => Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        Value::String(text) => Some(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()),
        Value::Null => Some(Vec::new()),
        _ => None,
    }
}

impl Field {
    /// What is entered, if anything is.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Is(text) => Some(text),
            Self::Absent | Self::Empty => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_the_seed_file_are_read_and_the_secret_is_dropped() {
        let body = br#"{"oidc_configs":[{"oidc_id":"5CA1AB1E-0000-4000-8000-000000000001","display_name":"Pocket ID",
            "enabled":true,"auto_login":false,"is_default":true,"hostname":null,"client_id":"c1",
            "client_secret":"**********","auth_url":"https://id/authorize","scope":["openid","profile"],
            "groups_attribute":"None","issuer":"https://id","something_new":1}]}"#;
        let configs = OidcConfigs::parse(body).unwrap().unwrap().configs;
        let config = &configs[0];
        assert_eq!(config.id.as_deref(), Some("5ca1ab1e000040008000000000000001"));
        assert_eq!(config.has_client_secret, Some(true));
        assert_eq!(config.hostname, Field::Empty);
        assert_eq!(config.groups_attribute, Field::Empty);
        assert_eq!(config.issuer, Field::Is("https://id".to_owned()));
        assert_eq!(config.logout_with_oidc_provider, None);
        assert!(!serde_json::to_string(&configs).unwrap().contains("***"));
    }

    #[test]
    fn scope_is_a_list_or_a_text_and_its_entries_stay_as_written() {
        let scope = |json: &str| {
            let body = format!(r#"{{"oidc_configs":[{{"scope":{json}}}]}}"#);
            OidcConfigs::parse(body.as_bytes()).unwrap().unwrap().configs.remove(0).scope
        };
        assert_eq!(scope(r#"["openid "," profile,email"]"#).unwrap(), ["openid ", " profile,email"]);
        assert_eq!(scope(r#""openid\nprofile\r\nemail""#).unwrap(), ["openid", "profile", "email"]);
        assert_eq!(scope(r#""openid profile""#).unwrap(), ["openid profile"]);
        assert_eq!(scope("null"), Some(Vec::new()));
        assert_eq!(scope("7"), None);
    }

    #[test]
    fn an_error_inside_a_good_status_is_kasms_word_and_another_shape_is_no_answer() {
        assert_eq!(
            OidcConfigs::parse(br#"{"error_message":"Access Denied"}"#).unwrap(),
            Err("Access Denied".to_owned())
        );
        assert!(OidcConfigs::parse(b"{}").is_err());
        assert_eq!(OidcConfigs::parse(b"<H1>Internal Error</H1>"), Err(JsonProblem::WebPage));
    }

    #[test]
    fn of_two_realms_of_one_server_the_one_that_is_watched_is_ours() {
        let auth = |realm: &str| format!("https://id.example.test/realms/{realm}/protocol/openid-connect/auth");
        let body = serde_json::json!({"oidc_configs": [
            {"display_name": "a", "auth_url": auth("other")}, {"display_name": "b", "auth_url": auth("home")},
        ]});
        let configs = OidcConfigs::parse(body.to_string().as_bytes()).unwrap().unwrap();
        let wanted = |provider_url| Wanted { provider_url, display_name: None };
        let ours = configs.ours(wanted("https://id.example.test/realms/home"), None).unwrap();
        assert_eq!(ours.display_name.as_deref(), Some("b"));
        assert!(configs.ours(wanted("https://id.example.test/realms/gone"), None).is_err());
    }
}
