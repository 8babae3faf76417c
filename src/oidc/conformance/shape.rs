//! The types of the members (OpenID Connect Discovery 1.0, section 3; RFC 8414, section 2; the IANA registry of OAuth
//! authorization server metadata), and which ones must be there.

use serde_json::Value;

use super::Breach;

const SOURCE: &str = "OpenID Connect Discovery 1.0, section 3";

/// Lists of texts that must be there.
const REQUIRED_LISTS: [&str; 3] =
    ["response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"];

/// Lists of texts that should be there.
const RECOMMENDED_LISTS: [&str; 2] = ["scopes_supported", "claims_supported"];

/// Lists of texts that may be there.
const LISTS: [&str; 32] = [
    "response_modes_supported",
    "grant_types_supported",
    "acr_values_supported",
    "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported",
    "userinfo_signing_alg_values_supported",
    "userinfo_encryption_alg_values_supported",
    "userinfo_encryption_enc_values_supported",
    "request_object_signing_alg_values_supported",
    "request_object_encryption_alg_values_supported",
    "request_object_encryption_enc_values_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "introspection_signing_alg_values_supported",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "display_values_supported",
    "claim_types_supported",
    "claims_locales_supported",
    "ui_locales_supported",
    "code_challenge_methods_supported",
    "prompt_values_supported",
    "dpop_signing_alg_values_supported",
    "authorization_details_types_supported",
    "authorization_signing_alg_values_supported",
    "authorization_encryption_alg_values_supported",
    "authorization_encryption_enc_values_supported",
    "backchannel_token_delivery_modes_supported",
    "backchannel_authentication_request_signing_alg_values_supported",
    "client_registration_types_supported",
];

/// Members that are true or false.
const FLAGS: [&str; 14] = [
    "claims_parameter_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "require_request_uri_registration",
    "require_signed_request_object",
    "require_pushed_authorization_requests",
    "authorization_response_iss_parameter_supported",
    "tls_client_certificate_bound_access_tokens",
    "client_id_metadata_document_supported",
    "frontchannel_logout_supported",
    "frontchannel_logout_session_supported",
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
    "backchannel_user_code_parameter_supported",
];

/// Members that are a text; those that are addresses are evaluated as such.
const TEXTS: [&str; 1] = ["signed_metadata"];

/// Members that are an object.
const OBJECTS: [&str; 2] = ["mtls_endpoint_aliases", "jwks"];

pub(super) fn breaches(document: &Value) -> Vec<Breach> {
    let mut found: Vec<Breach> = REQUIRED_LISTS.iter().filter_map(|name| required(document, name)).collect();
    found.extend(RECOMMENDED_LISTS.iter().filter_map(|name| match document.get(*name) {
        None => Some(Breach::remark("recommended_missing", SOURCE, format!("`{name}` is missing (recommended)"))),
        Some(value) => list(name, value),
    }));
    found.extend(LISTS.iter().filter_map(|name| list(name, document.get(*name)?)));
    for (names, kind, fits) in kinds() {
        for name in names {
            if document.get(*name).is_some_and(|value| !fits(value)) {
                found.push(wrong_type(name, kind));
            }
        }
    }
    found
}

/// Names, the type in words, and the test for it.
type Kind = (&'static [&'static str], &'static str, fn(&Value) -> bool);

fn kinds() -> [Kind; 3] {
    [
        (&FLAGS, "true or false", Value::is_boolean),
        (&TEXTS, "a text", Value::is_string),
        (&OBJECTS, "an object", Value::is_object),
    ]
}

fn required(document: &Value, name: &str) -> Option<Breach> {
    match document.get(name) {
        None => Some(Breach::fault("missing", SOURCE, format!("`{name}` is missing (required)"))),
        Some(Value::Array(items)) if items.is_empty() => {
            Some(Breach::fault("empty_list", SOURCE, format!("`{name}` is empty")))
        }
        Some(value) => list(name, value),
    }
}

/// RFC 8414, section 3.2: a member without elements must be left out. No client stumbles over it, but for grant types,
/// whose absence means `authorization_code` and whose emptiness means nothing at all.
fn list(name: &str, value: &Value) -> Option<Breach> {
    const EMPTY: &str = "RFC 8414, section 3.2";
    match value.as_array() {
        Some(items) if items.is_empty() => {
            let message = format!("`{name}` is empty: an empty list must be left out");
            let make = if name == "grant_types_supported" { Breach::fault } else { Breach::remark };
            Some(make("empty_list", EMPTY, message))
        }
        Some(items) if items.iter().all(Value::is_string) => None,
        _ => Some(wrong_type(name, "a list of texts")),
    }
}

fn wrong_type(name: &str, kind: &str) -> Breach {
    Breach::fault("wrong_type", SOURCE, format!("`{name}` must be {kind}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::check;

    #[test]
    fn required_lists_must_be_there_and_hold_texts() {
        check(&[
            ("response_types_supported", json!(null), &["missing"], &[]),
            ("response_types_supported", json!([]), &["empty_list"], &[]),
            ("response_types_supported", json!("code"), &["wrong_type"], &[]),
            ("response_types_supported", json!(["code", 5]), &["wrong_type"], &[]),
            ("subject_types_supported", json!(null), &["missing"], &[]),
            ("subject_types_supported", json!({"public": true}), &["wrong_type"], &[]),
            ("id_token_signing_alg_values_supported", json!(null), &["missing"], &[]),
            ("id_token_signing_alg_values_supported", json!("RS256"), &["wrong_type"], &[]),
        ]);
    }

    #[test]
    fn recommended_lists_that_are_missing_are_a_remark() {
        check(&[
            ("scopes_supported", json!(null), &[], &["recommended_missing"]),
            ("claims_supported", json!(null), &[], &["recommended_missing"]),
            ("claims_supported", json!("sub"), &["wrong_type"], &[]),
        ]);
    }

    #[test]
    fn optional_members_need_their_type() {
        check(&[
            ("acr_values_supported", json!("0"), &["wrong_type"], &[]),
            ("display_values_supported", json!([1]), &["wrong_type"], &[]),
            ("userinfo_signing_alg_values_supported", json!("RS256"), &["wrong_type"], &[]),
            ("userinfo_signing_alg_values_supported", json!(["none"]), &[], &[]),
            ("userinfo_signing_alg_values_supported", json!([]), &[], &["empty_list"]),
            ("grant_types_supported", json!([]), &["empty_list"], &[]),
            ("claims_parameter_supported", json!("true"), &["wrong_type"], &[]),
            ("request_parameter_supported", json!(1), &["wrong_type"], &[]),
            ("request_uri_parameter_supported", json!(false), &[], &[]),
            ("authorization_response_iss_parameter_supported", json!("yes"), &["wrong_type"], &[]),
            ("signed_metadata", json!({}), &["wrong_type"], &[]),
            ("mtls_endpoint_aliases", json!("https://mtls.example.test"), &["wrong_type"], &[]),
            ("a_member_nobody_knows", json!(5), &[], &[]),
        ]);
    }
}
