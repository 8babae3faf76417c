//! The closed list of faults, and what each does to what the lab answers.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use ssowatch::{
    lab::{Fault, Lab, LabOptions},
    model::Side,
};

use super::client::{Got, get, post_json, send};

#[test]
fn ids_are_unique_snake_case_and_read_back() {
    let ids: BTreeSet<&str> = Fault::ALL.iter().map(|fault| fault.id()).collect();
    assert_eq!(ids.len(), Fault::ALL.len());
    assert!(ids.len() >= 60);
    for fault in Fault::ALL {
        assert_eq!(Fault::parse(fault.id()), Some(*fault));
        let name = format!("{fault:?}");
        let snake: String = name.char_indices().fold(String::new(), |mut text, (at, letter)| {
            if at > 0 && letter.is_uppercase() {
                text.push('_');
            }
            text.extend(letter.to_lowercase());
            text
        });
        assert_eq!(snake, fault.id());
        assert!(fault.title().ends_with('.'), "{fault}: a sentence");
        assert!(fault.replays().is_empty() || fault.replays().contains("/"), "{fault}: {}", fault.replays());
    }
    assert_eq!(Fault::parse("nothing_like_it"), None);
}

/// What a client without credentials can ask, but not what is random or a time.
async fn view(lab: &Lab) -> Vec<String> {
    let mut seen = Vec::new();
    let mut keep = |got: std::io::Result<Got>| {
        seen.push(match got {
            Ok(got) => format!("{} {:?} {}", got.status, got.header("location").map(steady), steady(&got.text())),
            Err(error) => format!("{:?}", error.kind()),
        });
    };
    for path in ["/.well-known/openid-configuration", "/.well-known/jwks.json", "/", "/_app/immutable/entry/start.js"] {
        keep(send(lab, Side::Provider, "GET", path, &[], "").await);
    }
    for path in
        ["/api/oidc/userinfo", "/api/oidc/end-session", "/api/oidc/clients/00000000-0000-4000-8000-0000000000c1/meta"]
    {
        keep(send(lab, Side::Provider, "GET", path, &[], "").await);
    }
    for path in ["/api/__healthcheck", "/", "/static/js/main.js"] {
        keep(send(lab, Side::App, "GET", path, &[], "").await);
    }
    let json_type = [("Content-Type", "application/json")];
    keep(send(lab, Side::App, "POST", "/api/login_settings", &json_type, "{}").await);
    let body = json!({"id": "5ca1ab1e000040008000000000000001"}).to_string();
    let start = send(lab, Side::App, "POST", "/api/sso", &json_type, &body).await;
    let query = start.as_ref().ok().and_then(|got| serde_json::from_slice::<Value>(&got.body).ok()).and_then(|body| {
        let (_, query) = body["url"].as_str()?.split_once('?')?;
        Some(query.to_owned())
    });
    keep(start);
    if let Some(query) = query {
        keep(send(lab, Side::Provider, "GET", &format!("/authorize?{query}&prompt=none"), &[], "").await);
    }
    seen
}

/// Leaves out the random part of `state`.
fn steady(text: &str) -> String {
    let (before, after) = text.split_once("state=").unwrap_or((text, ""));
    format!("{before}{}", after.len())
}

/// Faults that do not show in these answers: they hang, they show in headers or in TLS, or they need a credential.
fn is_out_of_view(fault: Fault) -> bool {
    let id = fault.id();
    fault.needs().is_some()
        || fault.needs_tls()
        || ["stalls", "hangs", "slow_body", "huge", "clock_behind", "content_type"].iter().any(|word| id.contains(word))
        || ["passkey_domain_differs", "scope_without_openid"].contains(&id)
}

#[tokio::test]
async fn every_fault_shows_and_every_fix_brings_the_healthy_answers_back() {
    let options = LabOptions::default();
    let lab = Lab::start(options.clone()).await.unwrap();
    let healthy = view(&lab).await;
    for fault in Fault::ALL.iter().filter(|fault| fault.plays_on(&options) && !is_out_of_view(**fault)) {
        lab.break_with(*fault);
        assert_eq!(lab.broken(), [*fault]);
        assert_ne!(view(&lab).await, healthy, "{fault} does not show");
        lab.fix(*fault);
        assert_eq!(view(&lab).await, healthy, "{fault} does not go away");
    }
}

/// Faults whose answers never end.
fn hangs(fault: Fault) -> bool {
    ["stalls", "hangs", "slow_body", "huge"].iter().any(|word| fault.id().contains(word))
}

#[tokio::test]
async fn faults_add_up_and_are_fixed_together() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let healthy = view(&lab).await;
    for fault in Fault::ALL.iter().filter(|fault| !hangs(**fault)) {
        lab.break_with(*fault);
    }
    // Everything is broken, even what other faults have deleted: the lab still answers, or refuses.
    let _ = send(&lab, Side::App, "POST", "/api/login_settings", &[], "{}").await;
    lab.fix_all();
    assert_eq!(lab.broken(), []);
    assert_eq!(view(&lab).await, healthy);
}

#[tokio::test]
async fn a_hung_database_leaves_health_and_discovery_green_and_answers_nothing_else() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    lab.break_with(Fault::DatabaseHangs);
    assert_eq!(get(&lab, Side::Provider, "/healthz").await.status, 204);
    assert_eq!(get(&lab, Side::Provider, "/.well-known/openid-configuration").await.status, 200);
    let path = "/api/oidc/clients/00000000-0000-4000-8000-0000000000c1/meta";
    let meta = get(&lab, Side::Provider, path);
    tokio::pin!(meta);
    while lab.count(Side::Provider, path) == 0 {
        tokio::select! {
            answer = &mut meta => panic!("an answer: {answer:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
}

async fn with(fault: Fault, side: Side, path: &str) -> Got {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    lab.break_with(fault);
    get(&lab, side, path).await
}

#[tokio::test]
async fn a_failing_database_shows_in_the_clients_entry_alone() {
    let path = "/api/oidc/clients/00000000-0000-4000-8000-0000000000c1/meta";
    assert_eq!(with(Fault::DatabaseGone, Side::Provider, path).await.status, 500);
    assert_eq!(with(Fault::DatabaseGone, Side::Provider, "/healthz").await.status, 204);
    assert_eq!(with(Fault::DatabaseLocked, Side::Provider, path).await.status, 200);
    assert_eq!(with(Fault::DatabaseLocked, Side::Provider, "/api/webauthn/login/start").await.status, 500);
}

#[tokio::test]
async fn throttling_says_when_to_come_again_from_2_13_on() {
    for (minor, retry_after) in [(3, None), (12, None), (13, Some("1")), (14, Some("1"))] {
        let lab = Lab::start(LabOptions::version(2, minor)).await.unwrap();
        lab.break_with(Fault::ProviderThrottles);
        let got = get(&lab, Side::Provider, "/.well-known/openid-configuration").await;
        assert_eq!((got.status, got.header("retry-after")), (429, retry_after), "2.{minor}");
        assert_eq!(get(&lab, Side::Provider, "/healthz").await.status, 204, "never limited");
        assert_eq!(get(&lab, Side::Provider, "/").await.status, 200, "pages are not limited");
    }
}

#[tokio::test]
async fn a_clock_that_is_off_shows_in_the_date_header() {
    let right = with(Fault::KasmClockBehind, Side::Provider, "/").await;
    let wrong = with(Fault::ProviderClockBehind, Side::Provider, "/").await;
    let date = |got: &Got| chrono::DateTime::parse_from_rfc2822(got.header("date").unwrap()).unwrap();
    let behind = (date(&right) - date(&wrong)).num_seconds();
    assert!((590..=610).contains(&behind), "{behind} s behind");
}

#[tokio::test]
async fn damaged_documents_are_damaged_in_one_way_each() {
    let path = "/.well-known/openid-configuration";
    let text = with(Fault::DiscoveryContentType, Side::Provider, path).await;
    assert_eq!(text.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(text.json().is_object());
    let invalid = with(Fault::DiscoveryInvalidJson, Side::Provider, path).await;
    assert!(serde_json::from_slice::<Value>(&invalid.body).is_err());
    let twice = with(Fault::DiscoveryDuplicateKey, Side::Provider, path).await;
    assert!(!ssowatch::oidc::parse_json(&twice.body).unwrap().duplicate_keys.is_empty());
    let weak = with(Fault::KeyWeak, Side::Provider, "/.well-known/jwks.json").await.json();
    let modulus = weak["keys"][0]["n"].as_str().unwrap();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, modulus).unwrap();
    assert_eq!(bytes.len(), 128);
}

#[tokio::test]
async fn a_config_that_is_disabled_or_for_another_host_is_not_offered() {
    for fault in [Fault::ConfigDisabled, Fault::ConfigDeleted, Fault::ConfigForOtherHost, Fault::ConfigHostWithPort] {
        let lab = Lab::start(LabOptions::default()).await.unwrap();
        lab.break_with(fault);
        let settings = post_json(&lab, Side::App, "/api/login_settings", &json!({})).await.json();
        assert_eq!(settings["oidc"]["oidc_configs"], json!([]), "{fault}");
        assert_eq!(settings.get("sso_enabled"), None, "{fault}");
    }
}
