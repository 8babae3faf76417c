//! What a lab can be like.

use serde_json::json;
use ssowatch::{
    lab::{ADMIN_API_KEY, InternalUrl, Lab, LabOptions, USER_API_KEY},
    model::{Credential, Side},
    oidc::Discovery,
    providers::{
        ProviderKind, Recognised,
        pocket_id::{Dialect, Version},
        recognise,
    },
};

use super::client::{get, post_json};

async fn discovery(lab: &Lab) -> Discovery {
    let got = get(lab, Side::Provider, "/.well-known/openid-configuration").await;
    Discovery::parse(got.status, got.header("content-type"), &got.body).unwrap()
}

#[tokio::test]
async fn each_release_is_recognised_as_itself() {
    for (version, at_least, below) in [
        ((1, 16), (1, 11), Some((2, 5))),
        ((2, 3), (1, 11), Some((2, 5))),
        ((2, 5), (2, 5), Some((2, 6))),
        ((2, 6), (2, 6), Some((2, 7))),
        ((2, 8), (2, 7), Some((2, 9))),
        ((2, 9), (2, 9), Some((2, 10))),
        ((2, 10), (2, 10), Some((2, 13))),
        ((2, 12), (2, 10), Some((2, 13))),
        ((2, 13), (2, 13), Some((2, 14))),
        ((2, 14), (2, 14), None),
    ] {
        let lab = Lab::start(LabOptions::version(version.0, version.1)).await.unwrap();
        let Recognised { kind, dialect, version: span } = recognise(&discovery(&lab).await, None);
        let span = span.unwrap();
        assert_eq!(kind, ProviderKind::PocketId);
        assert_eq!(dialect == Dialect::Fosite, version >= (2, 10), "{version:?}");
        assert_eq!(span.at_least, Version::new(at_least.0, at_least.1), "{version:?}");
        assert_eq!(span.below, below.map(|(major, minor)| Version::new(major, minor)), "{version:?}");
    }
}

#[tokio::test]
async fn another_provider_is_not_taken_for_pocket_id_and_passes_the_dry_run() {
    let lab = Lab::start(LabOptions { kind: ProviderKind::Openid, ..LabOptions::default() }).await.unwrap();
    let document = discovery(&lab).await;
    assert_eq!(recognise(&document, None).kind, ProviderKind::Openid);
    let start = post_json(&lab, Side::App, "/api/sso", &json!({"id": "5ca1ab1e000040008000000000000001"})).await.json();
    let (endpoint, query) = start["url"].as_str().unwrap().split_once('?').unwrap();
    assert_eq!(Some(endpoint), document.authorization_endpoint.as_deref());
    let dry_run = get(&lab, Side::Provider, &format!("/oauth2/auth?{query}&prompt=none")).await;
    assert!(dry_run.header("location").unwrap().contains("error=login_required"));
    assert_eq!(get(&lab, Side::Provider, "/api/oidc/clients/x/meta").await.status, 404);
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_internal_base_moves_the_back_channel_alone() {
    for internal_url in [InternalUrl::Reachable, InternalUrl::Unreachable] {
        let lab = Lab::start(LabOptions { internal_url, ..LabOptions::default() }).await.unwrap();
        let (document, public) = (discovery(&lab).await, lab.provider_url());
        let is_public = |url: &Option<String>| url.as_ref().unwrap().starts_with(public.as_str());
        assert!(is_public(&document.authorization_endpoint) && is_public(&document.end_session_endpoint));
        assert!(!is_public(&document.token_endpoint) && !is_public(&document.jwks_uri));
        assert_eq!(lab.target().provider.internal_url.is_some(), internal_url == InternalUrl::Reachable);
    }
}

#[tokio::test]
async fn an_ec_key_is_announced_and_published() {
    let lab = Lab::start(LabOptions { es256: true, ..LabOptions::default() }).await.unwrap();
    let announced = discovery(&lab).await.id_token_signing_alg_values_supported.unwrap();
    let key = get(&lab, Side::Provider, "/.well-known/jwks.json").await.json()["keys"][0].clone();
    assert_eq!((announced, key["crv"].as_str()), (vec!["ES256".to_owned()], Some("P-256")));
}

#[tokio::test]
async fn the_login_page_offers_what_the_options_say() {
    let options = LabOptions {
        other_configs: 2,
        display_name: "Company login".to_owned(),
        saml: true,
        auto_login: true,
        ..LabOptions::default()
    };
    let lab = Lab::start(options).await.unwrap();
    let settings = post_json(&lab, Side::App, "/api/login_settings", &json!({})).await.json();
    let configs = settings["oidc"]["oidc_configs"].as_array().unwrap();
    assert_eq!(configs.len(), 3);
    assert_eq!((&configs[0]["display_name"], &configs[0]["auto_login"]), (&json!("Company login"), &json!(true)));
    assert_eq!(configs[1]["auto_login"], json!(false));
    assert_eq!(settings["saml"]["saml_configs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_lab_on_ipv6_answers_there() {
    let lab = Lab::start(LabOptions { ipv6: true, ..LabOptions::default() }).await.unwrap();
    assert_eq!(lab.provider_url().host_str(), Some("[::1]"));
    assert_eq!(get(&lab, Side::Provider, "/healthz").await.status, 204);
    let settings = post_json(&lab, Side::App, "/api/login_settings", &json!({})).await.json();
    assert_eq!(settings["sso_enabled"], true);
}

#[tokio::test]
async fn the_target_and_the_config_file_say_the_same() {
    let options = LabOptions { tls: true, kasm_port: Some(8443), ..LabOptions::default() };
    let lab = Lab::start(options).await.unwrap();
    let target = lab.target();
    assert_eq!(target.app.url.as_str(), "https://kasm.example.test:8443/");
    let (host, port) = target.app.http.connect_to.clone().unwrap();
    assert_eq!((host.as_str(), port), ("127.0.0.1", lab.socket(Side::App).port()));
    let yaml = lab.config_yaml();
    for line in [
        "      url: https://id.example.test\n".to_owned(),
        "      url: https://kasm.example.test:8443\n".to_owned(),
        format!("      connect_to: \"127.0.0.1:{port}\"\n"),
        "          -----BEGIN CERTIFICATE-----\n".to_owned(),
    ] {
        assert!(yaml.contains(&line), "{yaml} lacks {line}");
    }
    let plain = Lab::start(LabOptions::default()).await.unwrap();
    let urls = (plain.provider_url().to_string(), plain.kasm_url().to_string());
    let lines = (urls.0.trim_end_matches('/'), urls.1.trim_end_matches('/'));
    assert_eq!(
        plain.config_yaml(),
        format!("targets:\n  - name: lab\n    provider:\n      url: {}\n    kasm:\n      url: {}\n", lines.0, lines.1)
    );
}

#[tokio::test]
async fn a_target_has_the_credentials_that_are_asked_for_and_no_others() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    assert!(lab.target().facts().credentials.is_empty());
    for credentials in [&[Credential::AppKey][..], &[Credential::ClientSecret], &[Credential::ProviderAdminKey]] {
        let target = lab.target_with(credentials);
        assert!(target.facts().credentials.is_superset(&credentials.iter().copied().collect()));
        assert_eq!(target.app.api_key.is_some(), credentials == [Credential::AppKey]);
        assert_eq!(target.provider.client_secret.is_some(), credentials == [Credential::ClientSecret]);
    }
    let key = |credentials: &[Credential]| {
        let source = lab.target_with(credentials).provider.api_key.unwrap();
        source.read().unwrap().expose().to_owned()
    };
    assert_eq!(key(&[Credential::ProviderKey]), USER_API_KEY);
    assert_eq!(key(&[Credential::ProviderKey, Credential::ProviderAdminKey]), ADMIN_API_KEY);
}
