//! The discovery document (OpenID Connect Discovery 1.0, section 3; RFC 8414).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{JsonProblem, parse_json};

/// A discovery document as served: the fields that checks read, and the whole.
///
/// Fields are read tolerantly (a wrong type reads as absent); what is wrong with the document is evaluated from
/// `document`.
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
    /// The whole document, shared by the snapshots of all targets of its provider.
    pub document: Arc<Value>,
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
            document: Arc::new(json.value),
            duplicate_keys: json.duplicate_keys,
            content_type: content_type.map(str::to_owned),
            status,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_taken_as_written_and_the_whole_is_kept() {
        let body =
            br#"{"issuer":"https://ID.example.test/","token_endpoint":"//x","scopes_supported":["openid"],"new":1}"#;
        let found = Discovery::parse(200, Some("application/json"), body).unwrap();
        assert_eq!(found.issuer.as_deref(), Some("https://ID.example.test/"));
        assert_eq!(found.token_endpoint.as_deref(), Some("//x"));
        assert_eq!(found.scopes_supported, Some(vec!["openid".to_owned()]));
        assert_eq!(found.document["new"], 1);
        assert_eq!((found.status, found.content_type.as_deref()), (200, Some("application/json")));
    }

    #[test]
    fn a_field_of_the_wrong_type_reads_as_absent_and_a_list_keeps_its_texts() {
        let body = br#"{"issuer":5,"jwks_uri":["x"],"scopes_supported":"openid","claims_supported":["sub",7,null]}"#;
        let found = Discovery::parse(200, None, body).unwrap();
        assert_eq!((found.issuer, found.jwks_uri, found.scopes_supported), (None, None, None));
        assert_eq!(found.claims_supported, Some(vec!["sub".to_owned()]));
    }

    #[test]
    fn keys_that_stand_twice_are_kept_with_the_last_value() {
        let body = br#"{"issuer":"https://a.test","issuer":"https://b.test"}"#;
        let found = Discovery::parse(200, None, body).unwrap();
        assert_eq!(found.issuer.as_deref(), Some("https://b.test"));
        assert_eq!(found.duplicate_keys, ["issuer"]);
    }

    #[test]
    fn a_body_that_is_no_object_is_refused_and_said_what_it_is() {
        let cases: [(&[u8], JsonProblem); 4] = [
            (b"", JsonProblem::Empty),
            (b"<!doctype html><title>Pocket ID</title>", JsonProblem::WebPage),
            (b"[]", JsonProblem::Invalid("not an object".to_owned())),
            (b"null", JsonProblem::Invalid("not an object".to_owned())),
        ];
        for (body, problem) in cases {
            assert_eq!(Discovery::parse(200, None, body), Err(problem));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..64),
            r#"\{"(issuer|scopes_supported|jwks_uri)":(1|null|"x"|\[\]|\["a",1\]|\{\})\}"#.prop_map(String::into_bytes),
        ]) {
            let _ = Discovery::parse(200, None, &body);
        }
    }
}
