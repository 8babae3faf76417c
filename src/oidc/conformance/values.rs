//! What the lists must and must not hold.

use serde_json::Value;

use super::{Breach, Leniency, texts};
use crate::oidc::short;

const DISCOVERY: &str = "OpenID Connect Discovery 1.0, section 3";

/// OpenID Connect Core 1.0, section 3; OAuth 2.0 Multiple Response Type Encoding Practices.
const RESPONSE_TYPES: [&[&str]; 6] = [
    &["code"],
    &["id_token"],
    &["id_token", "token"],
    &["code", "id_token"],
    &["code", "token"],
    &["code", "id_token", "token"],
];

/// The IANA registry of token endpoint authentication methods.
const AUTH_METHODS: [&str; 8] = [
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "none",
    "tls_client_auth",
    "self_signed_tls_client_auth",
    "attest_jwt_client_auth",
];

pub(super) fn breaches(document: &Value, leniency: &Leniency) -> Vec<Breach> {
    let rules: [fn(&Value, &Leniency) -> Vec<Breach>; 8] = [
        scopes,
        response_types,
        grant_types,
        subject_types,
        id_token_algorithms,
        request_object_algorithms,
        auth_methods,
        closed_lists,
    ];
    rules.into_iter().flat_map(|rule| rule(document, leniency)).collect()
}

fn scopes(document: &Value, _: &Leniency) -> Vec<Breach> {
    let Some(scopes) = texts(document, "scopes_supported").filter(|scopes| !scopes.is_empty()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if !scopes.contains(&"openid") {
        found.push(Breach::fault("scope_openid", DISCOVERY, "`scopes_supported` lacks `openid`"));
    }
    // RFC 6749, section 3.3: visible ASCII but for the double quote and the backslash.
    let is_token =
        |scope: &str| !scope.is_empty() && scope.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    for scope in scopes.iter().filter(|scope| !is_token(scope)) {
        let message = format!("`scopes_supported` holds \"{}\", which is not one scope", short(scope));
        found.push(Breach::fault("scope_syntax", "RFC 6749, section 3.3", message));
    }
    found
}

fn response_types(document: &Value, _: &Leniency) -> Vec<Breach> {
    let Some(types) = texts(document, "response_types_supported").filter(|types| !types.is_empty()) else {
        return Vec::new();
    };
    if types.contains(&"code") {
        return Vec::new();
    }
    let is_known = |text: &&str| {
        let mut parts: Vec<&str> = text.split(' ').collect();
        parts.sort_unstable();
        RESPONSE_TYPES.contains(&&parts[..])
    };
    let message = if types.iter().any(is_known) {
        "`response_types_supported` lacks `code`"
    } else {
        "`response_types_supported` holds none of the response types of OpenID Connect"
    };
    vec![Breach::fault("response_types", DISCOVERY, message)]
}

fn grant_types(document: &Value, _: &Leniency) -> Vec<Breach> {
    // Where it is missing, `authorization_code` and `implicit` are meant.
    lacks(document, "grant_types_supported", "authorization_code", "grant_types", DISCOVERY)
}

fn subject_types(document: &Value, _: &Leniency) -> Vec<Breach> {
    others(document, "subject_types_supported", &["public", "pairwise"])
        .map(|other| {
            let message = format!("`subject_types_supported` holds \"{other}\"; only public and pairwise exist");
            Breach::fault("subject_types", DISCOVERY, message)
        })
        .collect()
}

fn id_token_algorithms(document: &Value, leniency: &Leniency) -> Vec<Breach> {
    let name = "id_token_signing_alg_values_supported";
    let mut found = lacks(document, name, "RS256", "rs256", DISCOVERY);
    if leniency.any_algorithm {
        for breach in &mut found {
            breach.weight = super::Weight::Remark;
        }
    }
    let allows_none = texts(document, name).is_some_and(|algorithms| algorithms.contains(&"none"));
    // An unsigned ID token may only come from the token endpoint, over TLS.
    let from_browser = texts(document, "response_types_supported")
        .is_some_and(|types| types.iter().any(|text| text.split(' ').any(|part| part == "id_token")));
    if allows_none {
        let make = if from_browser { Breach::fault } else { Breach::remark };
        found.push(make("alg_none", DISCOVERY, format!("`{name}` allows unsigned ID tokens (`none`)")));
    }
    found
}

fn request_object_algorithms(document: &Value, leniency: &Leniency) -> Vec<Breach> {
    if leniency.any_algorithm {
        return Vec::new();
    }
    let mut found =
        lacks(document, "request_object_signing_alg_values_supported", "RS256", "request_object_rs256", DISCOVERY);
    for breach in &mut found {
        breach.weight = super::Weight::Remark; // a SHOULD
    }
    found
}

fn auth_methods(document: &Value, _: &Leniency) -> Vec<Breach> {
    others(document, "token_endpoint_auth_methods_supported", &AUTH_METHODS)
        .map(|other| {
            let message = format!("`token_endpoint_auth_methods_supported` holds \"{other}\", which is not registered");
            Breach::remark("auth_methods", "RFC 8414, section 2", message)
        })
        .collect()
}

/// Lists whose values a specification closes; an unknown value is no more than a remark, but a PKCE list without any
/// known one says that PKCE cannot be used.
fn closed_lists(document: &Value, _: &Leniency) -> Vec<Breach> {
    let mut found = Vec::new();
    let challenges = texts(document, "code_challenge_methods_supported").unwrap_or_default();
    if !challenges.is_empty() && !challenges.iter().any(|method| matches!(*method, "S256" | "plain")) {
        let message = "`code_challenge_methods_supported` holds neither S256 nor plain";
        found.push(Breach::fault("challenge_methods", "RFC 7636, section 4.3; RFC 8414, section 2", message));
    }
    let lists: [(&str, &[&str]); 2] = [
        ("display_values_supported", &["page", "popup", "touch", "wap"]),
        ("claim_types_supported", &["normal", "aggregated", "distributed"]),
    ];
    for (name, known) in lists {
        found.extend(others(document, name, known).map(|other| {
            Breach::remark("unknown_value", DISCOVERY, format!("`{name}` holds \"{other}\", which is not defined"))
        }));
    }
    found
}

/// A fault where a list is there and lacks a value.
fn lacks(document: &Value, name: &str, value: &str, code: &'static str, source: &'static str) -> Vec<Breach> {
    match texts(document, name) {
        Some(list) if !list.is_empty() && !list.contains(&value) => {
            vec![Breach::fault(code, source, format!("`{name}` lacks `{value}`"))]
        }
        _ => Vec::new(),
    }
}

/// The values of a list that are none of the known ones, fit to be shown.
fn others<'a>(document: &'a Value, name: &str, known: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    texts(document, name).unwrap_or_default().into_iter().filter(|value| !known.contains(value)).map(short)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{
        Leniency,
        tests::{check, codes, conforming},
    };

    #[test]
    fn scopes_are_tokens_and_hold_openid() {
        check(&[
            ("scopes_supported", json!(["profile"]), &["scope_openid"], &[]),
            ("scopes_supported", json!(["openid", "two words"]), &["scope_syntax"], &[]),
            ("scopes_supported", json!(["openid", ""]), &["scope_syntax"], &[]),
            ("scopes_supported", json!(["openid", "naïve", "a\"b"]), &["scope_syntax", "scope_syntax"], &[]),
            ("scopes_supported", json!(["openid", "https://api.example.test/read"]), &[], &[]),
        ]);
    }

    #[test]
    fn code_is_among_the_response_types() {
        check(&[
            ("response_types_supported", json!(["code", "id_token"]), &[], &[]),
            ("response_types_supported", json!(["token id_token"]), &["response_types"], &[]),
            ("response_types_supported", json!(["codes"]), &["response_types"], &[]),
        ]);
    }

    #[test]
    fn grant_types_and_subject_types_are_those_of_the_specification() {
        check(&[
            ("grant_types_supported", json!(["authorization_code"]), &[], &[]),
            ("grant_types_supported", json!(["client_credentials"]), &["grant_types"], &[]),
            ("subject_types_supported", json!(["pairwise", "public"]), &[], &[]),
            ("subject_types_supported", json!(["private"]), &["subject_types"], &[]),
        ]);
    }

    #[test]
    fn id_tokens_are_signed_and_rs256_is_offered() {
        check(&[
            ("id_token_signing_alg_values_supported", json!(["ES256"]), &["rs256"], &[]),
            ("id_token_signing_alg_values_supported", json!(["RS256", "none"]), &[], &["alg_none"]),
            ("request_object_signing_alg_values_supported", json!(["none"]), &[], &["request_object_rs256"]),
        ]);
        let mut document = conforming();
        document["id_token_signing_alg_values_supported"] = json!(["RS256", "none"]);
        document["response_types_supported"] = json!(["code", "code id_token"]);
        assert_eq!(codes(&document, &Leniency::default()).0, ["alg_none"]);
    }

    #[test]
    fn values_of_closed_lists_are_known() {
        check(&[
            ("token_endpoint_auth_methods_supported", json!(["client_secret_basic"]), &[], &[]),
            ("token_endpoint_auth_methods_supported", json!(["by_phone"]), &[], &["auth_methods"]),
            ("code_challenge_methods_supported", json!(["S256"]), &[], &[]),
            ("code_challenge_methods_supported", json!(["S512"]), &["challenge_methods"], &[]),
            ("code_challenge_methods_supported", json!("S256"), &["wrong_type"], &[]),
            ("display_values_supported", json!(["page", "hologram"]), &[], &["unknown_value"]),
            ("claim_types_supported", json!(["normal"]), &[], &[]),
        ]);
    }
}
