//! Where requests go, by which way, and what they carry.

use std::net::{IpAddr, Ipv6Addr};

use ssowatch::{
    config::{NamedHeader, ProxySettings, Secret, SecretSource},
    model::{AddressState, DryRun, EndpointState, Missing, Reason},
};

use super::{
    pair::{CONFIG, Pair, authorize_url, document, failure, reason, url},
    pki::Authority,
    relay::{Relay, Speech},
    server::{Seen, Server, answer, html, json, redirect},
};

fn header(name: &str, value: &str) -> NamedHeader {
    NamedHeader { name: name.to_owned(), value: SecretSource::Inline(Secret::new(value.to_owned())) }
}

/// A pair whose Kasm is HTTPS under this address, and is really elsewhere.
async fn kasm_at(address: &str) -> Pair {
    let root = Authority::new("Example Root");
    let kasm = Server::tls(root.issue(&["kasm.example.test"]).config()).await;
    let provider = Server::plain().await;
    let (provider_url, port) = (format!("http://{}", provider.address), kasm.port());
    let mut pair = Pair::of(provider, &provider_url, kasm, address);
    pair.target.app.http.connect_to = Some(("127.0.0.1".to_owned(), port));
    pair.target.app.http.tls.ca = Some(root.pem);
    pair
}

#[tokio::test]
async fn connect_to_changes_the_way_and_neither_host_nor_name() {
    for (address, host, port) in [
        ("https://kasm.example.test", "kasm.example.test", 443),
        ("https://kasm.example.test:8443", "kasm.example.test:8443", 8443),
    ] {
        let pair = kasm_at(address).await;
        let seen = pair.look().await;
        let connection = seen.app_connection.get().unwrap();
        assert!(connection.is_trusted(), "{address}: the name stays that of the URL");
        assert_eq!((connection.host.as_str(), connection.port), ("kasm.example.test", port));
        assert!(seen.app_health.ok().is_some() && seen.app_page.ok().is_some());
        assert!(pair.kasm.seen().iter().all(|seen| seen.header("host") == Some(host)), "{address}");
    }
}

#[tokio::test]
async fn a_host_of_ipv6_alone_is_looked_at() {
    let provider = Server::on(IpAddr::from(Ipv6Addr::LOCALHOST), None).await;
    let kasm = Server::plain().await;
    let (provider_url, kasm_url) = (format!("http://{}", provider.address), format!("http://{}", kasm.address));
    let pair = Pair::of(provider, &provider_url, kasm, &kasm_url);
    let seen = pair.look().await;
    let connection = seen.provider_connection.get().unwrap();
    assert_eq!(connection.addresses[0].address, IpAddr::from(Ipv6Addr::LOCALHOST));
    assert!(seen.discovery.ok().is_some());
}

#[tokio::test]
async fn every_address_of_a_name_is_tried_and_one_that_answers_is_enough() {
    let mut pair = Pair::well().await;
    pair.target.app.url = url(&format!("http://localhost:{}", pair.kasm.port()));
    let seen = pair.look().await;
    let addresses = &seen.app_connection.get().unwrap().addresses;
    let answered =
        |address: &IpAddr| addresses.iter().find(|one| one.address == *address).map(|one| one.answer.clone());
    assert_eq!(answered(&"127.0.0.1".parse().unwrap()), Some(AddressState::Answered));
    if let Some(six) = answered(&IpAddr::from(Ipv6Addr::LOCALHOST)) {
        assert_ne!(six, AddressState::Answered, "the server listens on IPv4 alone");
    }
    assert!(seen.app_health.ok().is_some());
}

#[tokio::test]
async fn headers_go_to_their_own_side_and_over_plain_http_to_loopback_alone() {
    let mut pair = Pair::well().await;
    pair.target.app.http.headers = vec![header("cf-access-client-secret", "one")];
    pair.target.provider.http.basic_auth = Some(("us".to_owned(), SecretSource::Inline(Secret::new("two".to_owned()))));
    pair.look().await;
    assert!(pair.kasm.seen().iter().all(|seen| seen.header("cf-access-client-secret") == Some("one")));
    assert!(pair.kasm.seen().iter().all(|seen| seen.header("authorization").is_none()));
    for seen in pair.provider.seen() {
        // At userinfo that header is an access token, and Pocket ID up to 2.9 answers 500 to one that is none.
        let expected = (seen.path() != "/api/oidc/userinfo").then_some("Basic dXM6dHdv");
        assert_eq!(seen.header("authorization"), expected, "{}", seen.path());
    }
    assert!(pair.provider.seen().iter().all(|seen| seen.header("cf-access-client-secret").is_none()));
}

#[tokio::test]
async fn a_header_whose_file_is_gone_stops_that_side_and_names_the_file() {
    let mut pair = Pair::well().await;
    let value = SecretSource::File("no-such-file".into());
    pair.target.app.http.headers = vec![NamedHeader { name: "x-wall".to_owned(), value }];
    let seen = pair.look().await;
    let (reason, detail) = failure(&seen.app_health);
    assert_eq!(reason, Reason::Blocked);
    assert!(detail.starts_with("http_headers x-wall: no-such-file: "), "{detail}");
    assert!(pair.kasm.seen().is_empty());
}

#[tokio::test]
async fn an_internal_base_in_the_document_is_asked_on_the_public_one() {
    let pair = Pair::well().await;
    let mut document = document(&pair.provider_url());
    for (field, path) in [("jwks_uri", "/.well-known/jwks.json"), ("userinfo_endpoint", "/api/oidc/userinfo")] {
        document[field] = format!("http://pocket-id.invalid:1411{path}").into();
    }
    pair.provider_but("/.well-known/openid-configuration", move |_| json(200, document.to_string()));
    let seen = pair.look().await;
    assert!(seen.jwks.ok().is_some());
    let asked = &seen.provider_endpoints.get().unwrap().userinfo;
    assert_eq!(
        (asked.url.as_str(), &asked.state),
        (&*format!("{}/api/oidc/userinfo", pair.provider_url()), &EndpointState::Answers)
    );
}

#[tokio::test]
async fn an_internal_base_that_the_config_names_is_asked_itself() {
    let mut pair = Pair::well().await;
    let inner = Server::plain().await;
    inner.does(|seen: &Seen| match seen.path() {
        "/.well-known/jwks.json" => json(200, r#"{"keys":[]}"#),
        _ => json(401, "{}"),
    });
    let base = format!("http://{}", inner.address);
    pair.target.provider.internal_url = Some(url(&base));
    let mut document = document(&pair.provider_url());
    document["jwks_uri"] = format!("{base}/.well-known/jwks.json").into();
    pair.provider_but("/.well-known/openid-configuration", move |_| json(200, document.to_string()));
    let seen = pair.look().await;
    assert_eq!(seen.jwks.get().unwrap().keys.len(), 0);
    assert_eq!(inner.count("/.well-known/jwks.json"), 1);
    assert_eq!(pair.provider.count("/.well-known/jwks.json"), 0);
}

#[tokio::test]
async fn a_foreign_origin_in_the_document_of_another_provider_is_never_contacted() {
    let pair = Pair::well().await;
    let foreign = Server::plain().await;
    let base = pair.provider_url();
    let elsewhere = format!("http://{}", foreign.address);
    let document = serde_json::json!({
        "issuer": base, "authorization_endpoint": format!("{base}/auth"), "token_endpoint": format!("{base}/token"),
        "userinfo_endpoint": format!("{elsewhere}/userinfo"), "jwks_uri": format!("{elsewhere}/keys"),
    });
    pair.provider_but("/.well-known/openid-configuration", move |_| json(200, document.to_string()));
    let seen = pair.look().await;
    assert!(matches!(seen.jwks.get().unwrap_err(), Missing::OutOfReach(why) if why.contains("names another origin")));
    assert_eq!(seen.provider_endpoints.get().unwrap().userinfo.state, EndpointState::Foreign);
    assert!(matches!(seen.client_meta.get().unwrap_err(), Missing::NotApplicable(_)));
    assert_eq!(foreign.connections(), 0);
}

#[tokio::test]
async fn the_dry_run_is_sent_to_the_provider_alone() {
    let pair = Pair::well().await;
    let foreign = Server::plain().await;
    let elsewhere = authorize_url(&format!("http://{}", foreign.address), &pair.kasm_url());
    pair.kasm_but("/api/sso", move |_| json(200, serde_json::json!({"url": elsewhere}).to_string()));
    let seen = pair.look().await;
    let why = seen.authorize_dry_run.get().unwrap_err();
    assert!(matches!(&why, Missing::OutOfReach(why) if why.contains("leads to http://127.0.0.1")), "{why:?}");
    assert_eq!((foreign.connections(), pair.provider.count("/authorize")), (0, 0));
}

#[tokio::test]
async fn the_dry_run_is_kasms_own_url_with_another_prompt_and_nothing_else_changed() {
    let pair = Pair::well().await;
    let written = format!("{}&prompt=login&x=%7E%20+~", authorize_url(&pair.provider_url(), &pair.kasm_url()));
    pair.kasm_but("/api/sso", move |_| json(200, serde_json::json!({"url": written}).to_string()));
    pair.look().await;
    let asked = pair.provider.seen().into_iter().find(|seen| seen.path() == "/authorize").unwrap().target;
    let plain = authorize_url("", &pair.kasm_url());
    assert_eq!(asked, format!("{plain}&x=%7E%20+~&prompt=none"));
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let pair = Pair::well().await;
    let other = Server::plain().await;
    let target = format!("http://{}/secret?state=1", other.address);
    let to = target.clone();
    pair.provider.does(move |_| redirect(302, &to));
    pair.kasm.does(move |_| redirect(301, &target));
    let seen = pair.look().await;
    let (reason, detail) = failure(&seen.discovery);
    assert_eq!(reason, Reason::Status);
    assert!(
        detail.ends_with(&format!("redirects to http://{}/secret, which is not followed", other.address)),
        "{detail}"
    );
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_redirect_to_another_host_before_kasm_is_a_login_wall_and_not_a_fault() {
    let pair = Pair::well().await;
    pair.kasm.does(|_| redirect(302, "https://login.example.test/cdn-cgi/access?token=abc"));
    let seen = pair.look().await;
    for why in [
        seen.app_health.get().map(|_| ()).unwrap_err(),
        seen.kasm_login_settings.get().map(|_| ()).unwrap_err(),
        seen.login_start.get().map(|_| ()).unwrap_err(),
        seen.app_page.get().map(|_| ()).unwrap_err(),
        seen.authorize_dry_run.get().map(|_| ()).unwrap_err(),
    ] {
        let Missing::OutOfReach(text) = &why else { panic!("{why:?}") };
        assert!(text.contains("https://login.example.test/cdn-cgi/access") && text.contains("http_headers"), "{text}");
        assert!(!text.contains("abc"), "{text}");
    }
    assert_eq!(seen.client_meta.get().unwrap().asked, "00000000-0000-0000-0000-000000000000");
    assert_eq!(seen.client_meta.get().unwrap().name, None);
}

#[tokio::test]
async fn a_plain_request_goes_whole_to_a_proxy_and_the_connection_is_out_of_reach() {
    let mut pair = Pair::well().await;
    let proxy = Server::plain().await;
    proxy.does(
        |seen| if seen.target.ends_with("/api/__healthcheck") { json(200, r#"{"ok":true}"#) } else { html(404, "") },
    );
    pair.target.app.http.proxy = Some(ProxySettings {
        url: url(&format!("http://{}", proxy.address)),
        auth: Some(("me".to_owned(), SecretSource::Inline(Secret::new("pass".to_owned())))),
        no_proxy: None,
    });
    pair.target.app.http.headers = vec![header("x-wall", "secret")];
    let seen = pair.look().await;
    assert!(matches!(seen.app_connection.get().unwrap_err(), Missing::OutOfReach(why) if why.starts_with("a proxy")));
    assert!(seen.app_health.ok().is_some());
    assert_eq!(pair.kasm.connections(), 0);
    let asked = proxy.seen();
    assert!(asked.iter().any(|one| one.target == format!("http://{}/api/__healthcheck", pair.kasm.address)));
    assert!(asked.iter().all(|one| one.header("proxy-authorization") == Some("Basic bWU6cGFzcw==")));
    assert!(asked.iter().all(|one| one.header("x-wall").is_none()), "plain HTTP beyond loopback carries no secret");
    pair.target.app.http.proxy.as_mut().unwrap().no_proxy = Some("127.0.0.0/8".to_owned());
    assert!(pair.look().await.app_connection.ok().is_some());
    assert!(pair.kasm.connections() > 0);
}

#[tokio::test]
async fn https_goes_through_a_tunnel_that_the_proxy_makes_or_refuses() {
    let mut pair = kasm_at("https://kasm.example.test").await;
    let proxy = Server::plain().await;
    proxy.does(|seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("CONNECT", "kasm.example.test:443") => answer(403, &[], ""),
        _ => answer(500, &[], ""),
    });
    pair.target.app.http.proxy =
        Some(ProxySettings { url: url(&format!("http://{}", proxy.address)), auth: None, no_proxy: None });
    let seen = pair.look().await;
    assert_eq!(failure(&seen.app_health), (Reason::Connect, "the proxy does not connect us".to_owned()));
    proxy.does(|_| answer(407, &[], ""));
    assert_eq!(reason(&pair.look().await.app_health), Reason::Unauthorized);
}

#[tokio::test]
async fn both_kinds_of_tunnel_lead_to_kasm_and_what_is_secret_stays_inside() {
    for (speech, scheme) in [(Speech::Connect, "http"), (Speech::Socks, "socks5h")] {
        let mut pair = kasm_at("https://kasm.example.test:8443").await;
        let relay = Relay::to(pair.kasm.address, speech).await;
        pair.target.app.http.headers = vec![header("x-wall", "secret")];
        pair.target.app.http.proxy = Some(ProxySettings {
            url: url(&format!("{scheme}://{}", relay.address)),
            auth: Some(("me".to_owned(), SecretSource::Inline(Secret::new("pass".to_owned())))),
            no_proxy: Some("other.example.test".to_owned()),
        });
        let seen = pair.look().await;
        assert!(seen.app_health.ok().is_some(), "{scheme}: {:?}", seen.app_health);
        assert!(pair.kasm.seen().iter().all(|one| one.header("x-wall") == Some("secret")), "{scheme}");
        assert!(pair.kasm.seen().iter().all(|one| one.header("proxy-authorization").is_none()), "{scheme}");
        for asked in relay.asked() {
            match speech {
                Speech::Connect => {
                    assert!(asked.starts_with("CONNECT kasm.example.test:8443 HTTP/1.1\r\n"), "{asked}");
                    assert!(
                        asked.contains("\r\nProxy-Authorization: Basic bWU6cGFzcw==\r\n") && !asked.contains("x-wall")
                    );
                }
                Speech::Socks => assert_eq!(asked, "me pass kasm.example.test:8443"),
            }
        }
    }
}

#[tokio::test]
async fn pocket_id_2_9_is_asked_by_its_own_call_with_kasms_own_values() {
    let pair = Pair::well().await;
    let mut document = document(&pair.provider_url());
    let fields = document.as_object_mut().unwrap();
    fields.retain(|key, _| {
        !["response_modes_supported", "client_id_metadata_document_supported"].contains(&key.as_str())
    });
    fields["scopes_supported"] = serde_json::json!(["openid", "profile", "email", "groups"]);
    let callback = format!("{}/api/oidc_callback", pair.kasm_url());
    let registered = callback.clone();
    let well = super::pair::pocket_id(&pair.provider_url(), &pair.kasm_url());
    pair.provider.does(move |seen| match seen.path() {
        "/.well-known/openid-configuration" => json(200, document.to_string()),
        "/api/oidc/authorize/callback-url" => {
            let asked: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
            if asked["callbackURL"] == registered.as_str() {
                json(200, serde_json::json!({"callbackURL": registered}).to_string())
            } else {
                json(400, r#"{"error":"Invalid callback URL, it might be necessary for an admin to fix this"}"#)
            }
        }
        _ => well(seen),
    });
    let seen = pair.look().await;
    assert_eq!(seen.authorize_dry_run.get().unwrap(), &DryRun::RedirectAccepted);
    let asked = pair.provider.seen().into_iter().find(|seen| seen.path().ends_with("/callback-url")).unwrap();
    let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body, serde_json::json!({"clientID": super::pair::CLIENT, "callbackURL": callback}));
    assert_eq!(pair.provider.count("/authorize"), 0);
}

#[tokio::test]
async fn each_visible_config_is_started_but_never_more_than_five() {
    let pair = Pair::well().await;
    let config = |index: usize, enabled: bool| serde_json::json!({"oidc_id": format!("{index:032x}"), "display_name": format!("P{index}"), "enabled": enabled});
    let configs: Vec<_> = (0..8).map(|index| config(index, index != 1)).collect();
    let body = serde_json::json!({"sso_enabled": true, "oidc": {"oidc_configs": configs}}).to_string();
    pair.kasm_but("/api/login_settings", move |_| json(200, &body));
    let seen = pair.look().await;
    let started: Vec<String> =
        seen.login_start.get().unwrap().starts.iter().map(|one| one.display_name.clone()).collect();
    assert_eq!(started, ["P0", "P2", "P3", "P4", "P5"]);
    assert_eq!(pair.kasm.count("/api/sso"), 5);
    assert_eq!(seen.authorize_dry_run.get().unwrap_err().to_string(), "waits for Kasm's start of login");
}

#[tokio::test]
async fn kasm_is_asked_with_the_id_as_it_wrote_it() {
    let pair = Pair::well().await;
    pair.look().await;
    let asked = pair.kasm.seen().into_iter().find(|seen| seen.path() == "/api/sso").unwrap();
    let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body, serde_json::json!({"id": CONFIG, "sso_type": "oidc_id"}));
    assert_eq!(asked.header("content-type"), Some("application/json"));
}
