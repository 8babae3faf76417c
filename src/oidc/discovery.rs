//! The discovery document (OpenID Connect Discovery 1.0, section 3; RFC 8414).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{JsonProblem, parse_json};

/// A discovery document as served: the fields that checks read, and the whole.
///
/// Fields are read tolerantly (a wrong type reads as absent); what is wrong with the document is judged from `document`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Discovery {
    /// `issuer`.
    pub issuer: Option<String>,
    /// `authorization_endpoint`.
    pub authorization_endpoint: Option<String>,
    /// `token_endpoint`.
    pub token_endpoint: Option<String>,
    /// `userinfo_endpoint`.
    pub userinfo_endpoint: Option<String>,
    /// `jwks_uri`.
    pub jwks_uri: Option<String>,
    /// `end_session_endpoint` (OpenID Connect RP-Initiated Logout 1.0).
    pub end_session_endpoint: Option<String>,
    /// `scopes_supported`; none where the document does not say.
    pub scopes_supported: Option<Vec<String>>,
    /// `claims_supported`; none where the document does not say.
    pub claims_supported: Option<Vec<String>>,
    /// `response_types_supported`.
    pub response_types_supported: Option<Vec<String>>,
    /// `id_token_signing_alg_values_supported`.
    pub id_token_signing_alg_values_supported: Option<Vec<String>>,
    /// `token_endpoint_auth_methods_supported`; none means `client_secret_basic` (section 3).
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// The whole document.
    pub document: Value,
    /// Keys that stand twice.
    pub duplicate_keys: Vec<String>,
    /// The `Content-Type` of the answer.
    pub content_type: Option<String>,
    /// The HTTP status (200 here).
    pub status: u16,
}

impl Discovery {
    /// Reads a document.
    ///
    /// # Errors
    /// What the body is instead of a JSON object.
    pub fn parse(status: u16, content_type: Option<&str>, body: &[u8]) -> Result<Self, JsonProblem> {
        let json = parse_json(body)?;
        if !json.value.is_object() {
            return Err(JsonProblem::Invalid("not an object".to_owned()));
        }
        let text = |key: &str| json.value.get(key).and_then(Value::as_str).map(str::to_owned);
        let list = |key: &str| {
            let items = json.value.get(key)?.as_array()?;
            Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        };
        Ok(Self {
            issuer: text("issuer"),
            authorization_endpoint: text("authorization_endpoint"),
            token_endpoint: text("token_endpoint"),
            userinfo_endpoint: text("userinfo_endpoint"),
            jwks_uri: text("jwks_uri"),
            end_session_endpoint: text("end_session_endpoint"),
            scopes_supported: list("scopes_supported"),
            claims_supported: list("claims_supported"),
            response_types_supported: list("response_types_supported"),
            id_token_signing_alg_values_supported: list("id_token_signing_alg_values_supported"),
            token_endpoint_auth_methods_supported: list("token_endpoint_auth_methods_supported"),
            document: json.value,
            duplicate_keys: json.duplicate_keys,
            content_type: content_type.map(str::to_owned),
            status,
        })
    }
}
