//! The discovery document by release (the reference's table of fields, held to the recordings).

use serde_json::{Map, Value, json};

use super::Paths;
use crate::{
    lab::LabOptions,
    providers::{ProviderKind, pocket_id::Version},
};

/// The document that a healthy provider serves: `app` is APP_URL, `back_channel` INTERNAL_APP_URL or the same.
pub(in crate::lab) fn document(
    options: &LabOptions,
    paths: &Paths,
    app: &str,
    back_channel: &str,
    algorithm: &str,
) -> Value {
    let mut document = Map::new();
    let mut set = |name: &str, value: Value| document.insert(name.to_owned(), value);
    set("issuer", json!(app));
    set("authorization_endpoint", json!(format!("{app}{}", paths.authorize)));
    set("token_endpoint", json!(format!("{back_channel}{}", paths.token)));
    set("userinfo_endpoint", json!(format!("{back_channel}{}", paths.userinfo)));
    set("jwks_uri", json!(format!("{back_channel}{}", paths.jwks)));
    set("end_session_endpoint", json!(format!("{app}{}", paths.end_session)));
    set("introspection_endpoint", json!(format!("{back_channel}{}", paths.introspect)));
    set("subject_types_supported", json!(["public"]));
    set("id_token_signing_alg_values_supported", json!([algorithm]));
    set("authorization_response_iss_parameter_supported", json!(true));
    set("code_challenge_methods_supported", json!(["plain", "S256"]));
    set("token_endpoint_auth_methods_supported", json!(["client_secret_basic", "client_secret_post", "none"]));
    if options.kind != ProviderKind::PocketId {
        set("response_types_supported", json!(["code"]));
        set("scopes_supported", json!(["openid", "profile", "email", "groups"]));
        set("claims_supported", json!(["sub", "name", "preferred_username", "email", "groups"]));
        set("grant_types_supported", json!(["authorization_code"]));
        set("code_challenge_methods_supported", json!(["S256"]));
        return Value::Object(document);
    }
    set("device_authorization_endpoint", json!(format!("{app}/api/oidc/device/authorize")));
    set(
        "grant_types_supported",
        json!([
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
            "client_credentials"
        ]),
    );
    set("response_types_supported", json!(["code", "id_token"]));
    set("scopes_supported", json!(["openid", "profile", "email", "groups"]));
    set(
        "claims_supported",
        json!([
            "sub",
            "given_name",
            "family_name",
            "name",
            "email",
            "email_verified",
            "preferred_username",
            "picture",
            "groups"
        ]),
    );
    by_release(&mut document, options.version, back_channel);
    Value::Object(document)
}

/// What came or went with a release.
fn by_release(document: &mut Map<String, Value>, version: Version, back_channel: &str) {
    let since = |major, minor| version >= Version::new(major, minor);
    if !since(2, 5) {
        document.remove("token_endpoint_auth_methods_supported");
    }
    let mut set = |name: &str, value: Value| document.insert(name.to_owned(), value);
    if since(2, 6) {
        set("prompt_values_supported", json!(["none", "login", "consent"]));
    }
    if since(2, 7) {
        set("prompt_values_supported", json!(["none", "login", "consent", "select_account"]));
    }
    if since(2, 9) {
        set("pushed_authorization_request_endpoint", json!(format!("{back_channel}/api/oidc/par")));
        set("require_pushed_authorization_requests", json!(false));
    }
    if version == Version::new(2, 9) {
        let methods = json!(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]);
        set("token_endpoint_auth_methods_supported", methods);
    }
    if since(2, 10) {
        set("scopes_supported", json!(["openid", "profile", "email", "groups", "offline_access"]));
        set(
            "claims_supported",
            json!([
                "sub",
                "given_name",
                "family_name",
                "name",
                "display_name",
                "email",
                "email_verified",
                "preferred_username",
                "picture",
                "groups",
                "auth_time",
                "amr"
            ]),
        );
        set("request_parameter_supported", json!(true));
        set("request_uri_parameter_supported", json!(false));
        set("request_object_signing_alg_values_supported", json!(["none"]));
    }
    if since(2, 13) {
        set("client_id_metadata_document_supported", json!(false));
    }
    if since(2, 14) {
        set("response_types_supported", json!(["code"]));
        set("response_modes_supported", json!(["query", "fragment", "form_post"]));
        set("introspection_endpoint_auth_methods_supported", json!(["client_secret_basic", "Bearer"]));
        set("service_documentation", json!("https://pocket-id.org/docs"));
    }
}
