//! A provider that is not Pocket ID gets no advice that only Pocket ID's administrator can follow, and no text is cut or empty.

use serde_json::json;
use ssowatch::{
    checks,
    providers::{ProviderKind, profile},
};

use super::provider::{StandIn, check, texts};
use crate::collect::server::{Act, Seen, answer, html, json as answer_json};

const OF_POCKET_ID: [&str; 9] = [
    "Pocket ID",
    "APP_URL",
    "key-rotate",
    "/api/oidc/",
    "pocket-id",
    "TRUST_PROXY",
    "ENCRYPTION_KEY",
    "OIDC Clients",
    "Callback URLs",
];

/// What is evaluated for Pocket ID alone.
const ITS_OWN: [&str; 19] = [
    "endpoints_on_one_base",
    "provider_database",
    "provider_version_sound",
    "passkey_domain",
    // Of the canary, which signs in at Pocket ID alone.
    "passkeys_still_valid",
    "canary_enrolled",
    "state_length",
    "callbacks_exact",
    "client_secret_active",
    "client_secret_lasts",
    "client_secrets_last",
    "superseded_secret",
    "clients_watched",
    "next_version_safe",
    "users_allowed",
    "test_user_claims",
    "scopes_cover_groups",
    "settings_as_declared",
    "scopes_cover_username",
];

#[test]
fn no_fix_for_another_provider_names_what_only_pocket_id_has() {
    for kind in ProviderKind::ALL.into_iter().filter(|kind| *kind != ProviderKind::PocketId) {
        for (_, check) in checks::all().filter(|(_, check)| !ITS_OWN.contains(&check.id)) {
            // Auth0 happens to call a field of its own nearly like Pocket ID's.
            let fix = profile(kind).fix(check.id, check.fix).replace("Allowed Callback URLs", "");
            for word in OF_POCKET_ID {
                assert!(!fix.contains(word), "{kind:?}: {}: {fix}", check.id);
            }
        }
    }
    let (_, secret) = checks::find("client_secret_accepted").unwrap();
    assert_eq!(profile(ProviderKind::PocketId).fix(secret.id, secret.fix), secret.fix);
    assert!(profile(ProviderKind::Keycloak).fix(secret.id, secret.fix).starts_with("Keycloak: Clients"));
}

#[tokio::test]
async fn what_is_found_at_another_provider_is_told_in_its_words() {
    type Route = fn(&Seen) -> Act;
    let rows: [(&str, Route); 7] = [
        ("/userinfo", |_| answer_json(404, "{}")),
        ("/jwks", |_| answer_json(404, "{}")),
        ("/jwks", |_| answer_json(200, r#"{"status":"error","msg":"Unauthorized operation"}"#)),
        ("/authorize", |_| html(400, "<p>Client not found.</p>")),
        ("/authorize", |_| html(400, "<p>Invalid parameter: redirect_uri</p>")),
        ("/logout", |_| answer_json(500, "{}")),
        ("/token", |_| answer_json(500, "{}")),
    ];
    for (path, route) in rows {
        let mut stand_in = StandIn::new().await;
        stand_in.with_kasm_key();
        stand_in.with_secret("this-is-the-wrong-secret");
        stand_in.route(path, route);
        let said = texts(&stand_in.round().await);
        assert!(!said.is_empty(), "{path}");
        for word in OF_POCKET_ID {
            assert!(!said.contains(word), "{path}: {word}: {said}");
        }
    }
}

#[tokio::test]
async fn keycloak_is_told_by_its_addresses_and_its_forms_are_named() {
    let stand_in = StandIn::at("/realms/home").await;
    let endpoint = format!("{}/realms/home/protocol/openid-connect/auth", stand_in.origin());
    stand_in.announces(&json!({"authorization_endpoint": endpoint})).kasm_has(&json!({"auth_url": endpoint}));
    stand_in.route("/realms/home/protocol/openid-connect/auth", |_| html(400, "<p>Client disabled.</p>"));
    let round = stand_in.round().await;
    assert_eq!(round.report.provider, "Keycloak");
    assert!(texts(&round).contains("Keycloak: Clients > Kasm's client: switch Enabled on."), "{}", texts(&round));
}

#[tokio::test]
async fn no_sentence_ends_in_nothing_and_the_servers_own_words_are_passed_on() {
    let stand_in = StandIn::new().await;
    stand_in.announces(&json!({"token_endpoint_auth_methods_supported": []}));
    let round = stand_in.round().await;
    assert!(check(&round, "token_auth_supported").findings.is_empty());
    let stand_in = StandIn::new().await;
    stand_in.route("/jwks", |_| answer(200, &[], r#"{"keys":[]}"#));
    assert!(!texts(&stand_in.round().await).contains("``"));
    let stand_in = StandIn::new().await;
    stand_in.route("/jwks", |_| answer_json(200, r#"{"status":"error","msg":"Unauthorized operation"}"#));
    let said = texts(&stand_in.round().await);
    assert!(said.contains("JSON without a list `keys`: Unauthorized operation"), "{said}");
    let stand_in = StandIn::new().await;
    stand_in.route("/authorize", |_| {
        html(403, "<title>We are sorry...</title><h1>We are sorry...</h1><p>HTTPS required</p>")
    });
    let said = texts(&stand_in.round().await);
    assert!(said.contains("We are sorry... HTTPS required"), "{said}");
}
