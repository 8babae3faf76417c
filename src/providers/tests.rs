use serde_json::{Value, json};

use super::*;
use crate::oidc::Discovery;

/// A discovery document of each kind, as its documentation or a recording has it: issuer, authorization endpoint, token
/// endpoint, userinfo endpoint, key set, and what else is its own.
fn documents() -> Vec<(ProviderKind, Value)> {
    let recorded = |text: &str| serde_json::from_str::<Value>(text).unwrap()["response"]["body"].clone();
    let of = |kind, issuer: &str, [authorize, token, userinfo, jwks]: [&str; 4], rest: Value| {
        let mut document = json!({
            "issuer": issuer, "authorization_endpoint": authorize, "token_endpoint": token,
            "userinfo_endpoint": userinfo, "jwks_uri": jwks,
        });
        document.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        (kind, document)
    };
    let below = |kind, issuer: &str, host: &str, paths: [&str; 4], rest: Value| {
        let urls = paths.map(|path| format!("https://{host}{path}"));
        of(kind, issuer, [&urls[0], &urls[1], &urls[2], &urls[3]], rest)
    };
    vec![
        (ProviderKind::PocketId, recorded(include_str!("../../tests/fixtures/pocket-id/2.14.0/discovery.json"))),
        (ProviderKind::Keycloak, recorded(include_str!("../../tests/fixtures/keycloak/26.7.3/discovery.json"))),
        below(
            ProviderKind::Authentik,
            "https://auth.example.test/application/o/kasm/",
            "auth.example.test/application/o",
            ["/authorize/", "/token/", "/userinfo/", "/kasm/jwks/"],
            json!({"end_session_endpoint": "https://auth.example.test/application/o/kasm/end-session/"}),
        ),
        below(
            ProviderKind::Authelia,
            "https://auth.example.test",
            "auth.example.test",
            ["/api/oidc/authorization", "/api/oidc/token", "/api/oidc/userinfo", "/jwks.json"],
            json!({"introspection_endpoint": "https://auth.example.test/api/oidc/introspection"}),
        ),
        below(
            ProviderKind::Zitadel,
            "https://id.example.test",
            "id.example.test",
            ["/oauth/v2/authorize", "/oauth/v2/token", "/oidc/v1/userinfo", "/oauth/v2/keys"],
            json!({"end_session_endpoint": "https://id.example.test/oidc/v1/end_session"}),
        ),
        below(
            ProviderKind::Kanidm,
            "https://idm.example.test/oauth2/openid/kasm",
            "idm.example.test",
            ["/ui/oauth2", "/oauth2/token", "/oauth2/openid/kasm/userinfo", "/oauth2/openid/kasm/public_key.jwk"],
            json!({}),
        ),
        below(
            ProviderKind::Dex,
            "https://id.example.test/dex",
            "id.example.test/dex",
            ["/auth", "/token", "/userinfo", "/keys"],
            json!({"device_authorization_endpoint": "https://id.example.test/dex/device/code"}),
        ),
        below(
            ProviderKind::Lemonldap,
            "https://auth.example.test",
            "auth.example.test",
            ["/oauth2/authorize", "/oauth2/token", "/oauth2/userinfo", "/oauth2/jwks"],
            json!({"end_session_endpoint": "https://auth.example.test/oauth2/logout"}),
        ),
        below(
            ProviderKind::OidcProvider,
            "https://id.example.test",
            "id.example.test",
            ["/auth", "/token", "/me", "/jwks"],
            json!({"end_session_endpoint": "https://id.example.test/session/end"}),
        ),
        of(
            ProviderKind::Google,
            "https://accounts.google.com",
            [
                "https://accounts.google.com/o/oauth2/v2/auth",
                "https://oauth2.googleapis.com/token",
                "https://openidconnect.googleapis.com/v1/userinfo",
                "https://www.googleapis.com/oauth2/v3/certs",
            ],
            json!({"device_authorization_endpoint": "https://oauth2.googleapis.com/device/code"}),
        ),
        of(
            ProviderKind::Entra,
            "https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111/v2.0",
            [
                "https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111/oauth2/v2.0/authorize",
                "https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111/oauth2/v2.0/token",
                "https://graph.microsoft.com/oidc/userinfo",
                "https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111/discovery/v2.0/keys",
            ],
            json!({"tenant_region_scope": "EU"}),
        ),
        below(
            ProviderKind::Okta,
            "https://home.okta.com/oauth2/default",
            "home.okta.com/oauth2/default",
            ["/v1/authorize", "/v1/token", "/v1/userinfo", "/v1/keys"],
            json!({"introspection_endpoint": "https://home.okta.com/oauth2/default/v1/introspect"}),
        ),
        below(
            ProviderKind::Auth0,
            "https://home.eu.auth0.com/",
            "home.eu.auth0.com",
            ["/authorize", "/oauth/token", "/userinfo", "/.well-known/jwks.json"],
            json!({"mfa_challenge_endpoint": "https://home.eu.auth0.com/mfa/challenge"}),
        ),
        below(
            ProviderKind::Openid,
            "https://id.example.test",
            "id.example.test",
            ["/oauth2/authorize", "/oauth2/token", "/userinfo", "/oauth2/jwks"],
            json!({"end_session_endpoint": "https://id.example.test/connect/logout"}),
        ),
    ]
}

fn discovery(document: &Value) -> Discovery {
    Discovery::parse(200, None, document.to_string().as_bytes()).unwrap()
}

#[test]
fn every_kind_is_recognised_by_its_document_and_none_is_taken_for_another() {
    let documents = documents();
    let kinds: Vec<ProviderKind> = documents.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, ProviderKind::ALL, "each has a document");
    for (kind, document) in &documents {
        assert_eq!(recognise(&discovery(document), None).kind, *kind, "{document}");
        let fits = |other: &ProviderKind| {
            profile(*other).marks.iter().any(|marks| marks.iter().all(|mark| mark.is_in(&discovery(document))))
        };
        let fitting: Vec<ProviderKind> = ProviderKind::ALL.into_iter().filter(fits).collect();
        let expected: Vec<ProviderKind> = [*kind].into_iter().filter(|kind| *kind != ProviderKind::Openid).collect();
        assert_eq!(fitting, expected, "only one kind fits, whatever the order");
    }
}

#[test]
fn what_lacks_one_mark_is_any_provider_and_never_pocket_id() {
    for (kind, document) in documents() {
        for field in ["issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"] {
            let mut changed = document.clone();
            changed[field] = json!("https://elsewhere.example.test/x");
            let found = recognise(&discovery(&changed), None).kind;
            assert!(found == kind || found == ProviderKind::Openid, "{kind:?} without its {field}: {found:?}");
        }
    }
    assert_eq!(recognise(&discovery(&json!({})), None).kind, ProviderKind::Openid);
}

#[test]
fn a_word_of_the_configuration_names_one_kind() {
    for kind in ProviderKind::ALL {
        assert_eq!(ProviderKind::of_id(kind.id()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), json!(kind.id()));
    }
    assert_eq!(ProviderKind::of_id("okto"), None);
}

#[test]
fn words_of_error_pages_are_in_lower_case_as_they_are_compared() {
    for kind in ProviderKind::ALL {
        let answers = &profile(kind).answers;
        for look in [answers.wrong_client, answers.wrong_redirect, answers.disabled_client] {
            if let Look::Page(words) = look {
                assert_eq!(words, words.to_lowercase(), "{kind:?}");
            }
        }
    }
}
