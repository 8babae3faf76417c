//! What must never happen is recorded.

use base64::Engine as _;
use serde_json::json;
use ssowatch::{
    lab::{ADMIN_API_KEY, CLIENT_SECRET, KASM_API_KEY, KASM_API_KEY_SECRET, Lab, LabOptions, USER_API_KEY},
    model::Side,
};

use super::client::{get, post_json, send};

/// One request to a lab of that release, and what is said about it.
async fn violation(
    version: (u32, u32),
    side: Side,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> String {
    let lab = Lab::start(LabOptions::version(version.0, version.1)).await.unwrap();
    let _ = send(&lab, side, method, path, headers, body).await;
    lab.stop().await.join("; ")
}

#[tokio::test]
async fn every_violation_is_told_with_its_request() {
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let authorize = "/authorize?client_id=00000000-0000-4000-8000-0000000000c1&redirect_uri=https%3A%2F%2Fother.example.test&prompt=none";
    let bearer = [("Authorization", "Bearer junk")];
    let basic = [("Authorization", "Basic d3Jvbmc6S2FzbUNsaWVudFNlY3JldFBsYWNlaG9sZGVyMDAwMDE=")];
    for (version, side, method, path, headers, body, told) in [
        ((2, 14), Side::Provider, "HEAD", "/healthz", &[][..], "", "HEAD"),
        ((2, 14), Side::Provider, "GET", authorize, &[][..], "", "a redirect URI that no app sent"),
        ((2, 14), Side::Provider, "GET", "/authorize?client_id=x", &[][..], "", "without prompt=none"),
        ((2, 9), Side::Provider, "GET", "/api/oidc/userinfo", &bearer[..], "", "a token at the userinfo endpoint"),
        ((2, 14), Side::Provider, "POST", "/api/oidc/par", &form[..], "x=1", "a write"),
        ((2, 14), Side::Provider, "DELETE", "/api/users", &[][..], "", "a write"),
        ((2, 14), Side::App, "GET", "/api/oidc_callback?code=x", &[][..], "", "callback"),
        ((2, 14), Side::App, "POST", "/api/logout", &[][..], "", "a write"),
        (
            (2, 14),
            Side::App,
            "GET",
            "/api/__healthcheck",
            &basic[..],
            "",
            "the client secret was sent to the wrong side",
        ),
    ] {
        let found = violation(version, side, method, path, headers, body).await;
        assert!(found.contains(told), "{method} {path}: {found:?} lacks {told:?}");
    }
    assert_eq!(CLIENT_SECRET, "KasmClientSecretPlaceholder00001", "the one in the Basic header above");
}

#[tokio::test]
async fn kasms_key_at_the_provider_and_impersonation_at_kasm_are_told() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    post_json(&lab, Side::Provider, "/api/oidc/token", &json!({"api_key": KASM_API_KEY})).await;
    post_json(&lab, Side::App, "/api/sso", &json!({"user_id": "1"})).await;
    let told = lab.stop().await;
    assert!(told[0].contains("Kasm's key was sent to the wrong side"), "{told:?}");
    assert!(told[1].contains("impersonation"), "{told:?}");
}

#[tokio::test]
async fn the_providers_keys_at_kasm_and_kasms_key_in_two_ways_are_told() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    for key in [ADMIN_API_KEY, USER_API_KEY] {
        let _ = send(&lab, Side::App, "GET", "/api/__healthcheck", &[("X-API-Key", key)], "").await;
    }
    let path = "/api/public/get_oidc_configs";
    let body = json!({"api_key": KASM_API_KEY, "api_key_secret": KASM_API_KEY_SECRET}).to_string();
    // Of a login wall in front of Kasm, which is none of the key's ways.
    let _ = send(&lab, Side::App, "POST", path, &[("Authorization", "Basic YTpi")], &body).await;
    let key = base64::engine::general_purpose::STANDARD.encode(format!("{KASM_API_KEY}:{KASM_API_KEY_SECRET}"));
    let _ = send(&lab, Side::App, "POST", path, &[("Authorization", &format!("Basic {key}"))], &body).await;
    let told = lab.stop().await;
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told.iter().filter(|text| text.contains("the provider's key was sent to the wrong side")).count(), 2);
    assert!(told[2].contains("the key in two ways at once"), "{told:?}");
}

#[tokio::test]
async fn what_the_daemon_may_ask_is_no_violation_on_any_release() {
    for (major, minor) in [(1, 16), (2, 3), (2, 9), (2, 10), (2, 14)] {
        let lab = Lab::start(LabOptions::version(major, minor)).await.unwrap();
        for path in [
            "/.well-known/openid-configuration",
            "/.well-known/jwks.json",
            "/api/oidc/userinfo",
            "/api/oidc/end-session",
            "/",
        ] {
            get(&lab, Side::Provider, path).await;
        }
        let seen = lab.seen();
        assert_eq!(seen.len(), 5);
        assert_eq!((seen[0].path.as_str(), seen[0].side), ("/.well-known/openid-configuration", Side::Provider));
        assert_eq!(lab.count(Side::Provider, "/"), 1);
        assert_eq!(lab.stop().await, Vec::<String>::new(), "{major}.{minor}");
    }
}
