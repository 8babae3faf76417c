//! Kasm's side, as the reference has it.

use serde_json::json;
use ssowatch::{
    apps::kasm::LoginSettings,
    lab::{Fault, KASM_API_KEY, KASM_API_KEY_SECRET, Lab, LabOptions},
    model::Side,
    oidc::AuthorizeUrl,
};

use super::client::{get, post_json};

#[tokio::test]
async fn a_login_starts_from_the_login_page_to_the_providers_dry_run() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let settings = post_json(&lab, Side::App, "/api/login_settings", &json!({})).await;
    let settings = LoginSettings::parse(&settings.body).unwrap();
    assert_eq!(settings.sso_enabled, Some(true));
    assert_eq!(settings.configs[0].display_name, "Pocket ID");

    let id = &settings.configs[0].id_as_written;
    let body = json!({"id": id, "sso_type": "oidc_id"});
    let start = post_json(&lab, Side::App, "/api/sso", &body).await.json();
    let written = start["url"].as_str().unwrap();
    let url = AuthorizeUrl::parse(written).unwrap();
    assert_eq!(url.endpoint, format!("{}authorize", lab.provider_url()));
    assert_eq!(url.scope.as_deref(), Some("openid email profile groups"));
    assert_eq!(url.response_type.as_deref(), Some("code"));
    assert_eq!(url.redirect_uri.as_deref(), Some(&*format!("{}api/oidc_callback", lab.kasm_url())));
    let state = url.state.unwrap();
    assert_eq!((state.length, state.config_id.as_ref()), (63, Some(id)));
    assert_eq!((url.prompt, url.nonce_length, url.has_code_challenge), (None, None, false));

    let query = written.split_once('?').unwrap().1;
    let dry_run = get(&lab, Side::Provider, &format!("/authorize?{query}&prompt=none")).await;
    assert_eq!(dry_run.status, 303);
    assert!(dry_run.header("location").unwrap().contains("error=login_required"), "{dry_run:?}");
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_start_takes_an_id_with_dashes_and_refuses_none() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let with_dashes = json!({"id": "5CA1AB1E-0000-4000-8000-000000000001", "sso_type": "oidc_id"});
    assert!(post_json(&lab, Side::App, "/api/sso", &with_dashes).await.json()["url"].is_string());
    let none = post_json(&lab, Side::App, "/api/sso", &json!({})).await;
    assert_eq!((none.status, none.json()), (200, json!({"error_message": "No SSO ID"})));
}

#[tokio::test]
async fn the_developer_api_shows_the_configs_to_the_right_key_and_never_the_secret() {
    let lab = Lab::start(LabOptions { other_configs: 1, ..LabOptions::default() }).await.unwrap();
    let path = "/api/public/get_oidc_configs";
    let right = json!({"api_key": KASM_API_KEY, "api_key_secret": KASM_API_KEY_SECRET});
    let configs = post_json(&lab, Side::App, path, &right).await.json();
    let ours = &configs["oidc_configs"][0];
    assert_eq!(configs["oidc_configs"].as_array().unwrap().len(), 2);
    assert_eq!(ours["client_secret"], "**********");
    assert_eq!(ours["scope"], json!(["openid", "email", "profile", "groups"]));
    assert_eq!(ours.as_object().unwrap().len(), 20, "the 20 fields of the 1.19 seed file");
    let wrong = json!({"api_key": KASM_API_KEY, "api_key_secret": "wrong"});
    let refused = post_json(&lab, Side::App, path, &wrong).await;
    assert_eq!((refused.status, refused.json()), (403, json!({"error_message": "Access Denied"})));
}

#[tokio::test]
async fn the_test_user_is_of_the_oidc_realm_until_a_local_one_stands_in_the_way() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let body = json!({
        "api_key": KASM_API_KEY, "api_key_secret": KASM_API_KEY_SECRET, "target_user": {"username": "canary"},
    });
    for (fault, realm) in [(None, "oidc"), (Some(Fault::LocalUserInTheWay), "local")] {
        fault.into_iter().for_each(|fault| lab.break_with(fault));
        let user = post_json(&lab, Side::App, "/api/public/get_user", &body).await.json();
        assert_eq!(user["user"]["realm"], realm);
    }
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_key_that_lacks_something_is_told_what() {
    let body = json!({"api_key": KASM_API_KEY, "api_key_secret": KASM_API_KEY_SECRET});
    for (fault, status, text) in [
        (Fault::DeveloperApiUnlicensed, 403, "Access Denied. This feature is not licensed"),
        (Fault::KasmKeyWrong, 403, "Access Denied"),
        (Fault::KasmKeyWithoutPermission, 401, "Unauthorized"),
        (Fault::KasmKeyExpired, 401, "Access has expired"),
    ] {
        let lab = Lab::start(LabOptions::default()).await.unwrap();
        lab.break_with(fault);
        let got = post_json(&lab, Side::App, "/api/public/get_oidc_configs", &body).await;
        assert_eq!((got.status, got.json()), (status, json!({"error_message": text})), "{fault}");
    }
}

#[tokio::test]
async fn health_and_the_page_with_its_script_answer() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    assert_eq!(get(&lab, Side::App, "/api/__healthcheck").await.json(), json!({"ok": true}));
    assert!(get(&lab, Side::App, "/").await.text().contains("src=\"/static/js/main.js\""));
    let script = get(&lab, Side::App, "/static/js/main.js").await;
    assert_eq!(script.header("content-type"), Some("application/javascript; charset=utf-8"));
}
