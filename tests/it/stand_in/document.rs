//! Discovery is not the login, and what a document says is compared as it stands.

use std::io::Write as _;

use serde_json::json;
use ssowatch::model::Login;

use super::provider::{StandIn, cause, check, texts, verdict};
use crate::collect::server::{Act, Seen, answer, html, json as answer_json, redirect};

const DOCUMENT: &str = "/.well-known/openid-configuration";
type Route = fn(&Seen) -> Act;

#[tokio::test]
async fn a_document_that_is_not_served_is_no_outage_where_kasms_own_addresses_answer() {
    let rows: [(&str, Route); 5] = [
        ("nginx keeps /.well-known/", |_| html(404, "<h1>404 Not Found</h1>")),
        ("Nextcloud", |_| redirect(301, "/index.php/apps/oidc/openid-configuration")),
        ("LemonLDAP::NG with its issuer off", |_| answer_json(401, r#"{"error":"unauthorized"}"#)),
        ("a broken one", |_| answer_json(500, r#"{"error":"no"}"#)),
        ("another document", |_| answer_json(200, r#"{"message":"hello"}"#)),
    ];
    for (name, route) in rows {
        let mut stand_in = StandIn::new().await;
        stand_in.with_kasm_key();
        stand_in.route(DOCUMENT, route);
        let round = stand_in.round().await;
        assert_ne!(round.report.login, Login::Broken, "{name}: {}", texts(&round));
        assert_eq!(cause(&round), None, "{name}");
        assert_eq!(verdict(&round, "discovery_served"), "fail", "{name}");
        assert_eq!(verdict(&round, "authorize_accepted"), "ok", "{name}: at Kasm's own address");
        assert_eq!(verdict(&round, "token_endpoint_answers"), "ok", "{name}: at what Kasm stores");
    }
}

#[tokio::test]
async fn where_kasms_own_address_fails_as_well_it_is_the_outage_and_nothing_is_said_of_the_client() {
    for (status, body) in
        [(404, r#"{"error":"Realm does not exist"}"#), (502, "{}"), (404, r#"{"error":"Client not found"}"#)]
    {
        let stand_in = StandIn::at("/realms/x").await;
        for path in ["/realms/x/.well-known/openid-configuration", "/realms/x/authorize", "/realms/x/token"] {
            stand_in.route(path, move |_| answer_json(status, body));
        }
        let round = stand_in.round().await;
        assert_eq!(cause(&round), Some("discovery_served"), "{status} {body}: {}", texts(&round));
        assert_ne!(verdict(&round, "client_known"), "fail");
        assert_eq!(round.report.provider, "OpenID provider", "nothing shows Pocket ID");
    }
}

#[tokio::test]
async fn an_address_without_its_realm_is_proposed_from_what_kasm_sends() {
    let stand_in = StandIn::new().await;
    let realm = format!("{}/realms/home", stand_in.origin());
    stand_in.kasm_has(&json!({"auth_url": format!("{realm}/protocol/openid-connect/auth")}));
    stand_in.route(DOCUMENT, |_| answer_json(404, r#"{"error":"Unable to find matching target resource method"}"#));
    let round = stand_in.round().await;
    let finding = &check(&round, "discovery_served").findings[0];
    assert!(finding.fix.as_ref().unwrap().contains(&realm), "{finding:?}");
}

#[tokio::test]
async fn an_issuer_below_a_path_that_pocket_id_has_a_page_at_is_tried_as_given() {
    for path in ["/login/oauth", "/authorize", "/api/oidc/tenant"] {
        let round = StandIn::at(path).await.round().await;
        assert_eq!(verdict(&round, "discovery_served"), "ok", "{path}");
    }
}

#[tokio::test]
async fn a_document_in_any_coding_that_is_asked_for_is_read() {
    for coding in ["gzip", "deflate"] {
        let stand_in = StandIn::new().await;
        let plain = stand_in.announces(&json!({})).document();
        stand_in.route(DOCUMENT, move |seen| {
            let offered = seen.header("accept-encoding").unwrap_or_default();
            assert!(offered.split(", ").any(|one| one == coding), "{offered}");
            let packed = match coding {
                "gzip" => {
                    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                    writer.write_all(plain.as_bytes()).unwrap();
                    writer.finish().unwrap()
                }
                _ => {
                    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
                    writer.write_all(plain.as_bytes()).unwrap();
                    writer.finish().unwrap()
                }
            };
            answer(200, &[("Content-Type", "application/json"), ("Content-Encoding", coding)], packed)
        });
        assert_eq!(verdict(&stand_in.round().await, "discovery_served"), "ok", "{coding}");
    }
}

#[tokio::test]
async fn an_endpoint_with_parameters_of_its_own_keeps_them() {
    let stand_in = StandIn::new().await;
    let endpoint = format!("{}/idpuma?o=F", stand_in.origin());
    stand_in.announces(&json!({"authorization_endpoint": endpoint})).kasm_has(&json!({"auth_url": endpoint}));
    let round = stand_in.round().await;
    assert_eq!(round.report.login, Login::Ok, "{}", texts(&round));
    stand_in.kasm_has(&json!({"auth_url": format!("{}/idpuma", stand_in.origin())}));
    let round = stand_in.round().await;
    assert_eq!(cause(&round), Some("authorization_url_matches"));
    assert!(texts(&round).contains("o=F"), "{}", texts(&round));
    let mut stand_in = StandIn::new().await;
    stand_in.with_kasm_key();
    let of = |path: &str| format!("{}{path}", stand_in.origin());
    stand_in.announces(&json!({"token_endpoint": of("/token?t=1"), "userinfo_endpoint": of("/userinfo?t=1")}));
    stand_in.kasm_has(&json!({"token_url": of("/token?t=1"), "user_info_url": of("/userinfo?t=1")}));
    let round = stand_in.round().await;
    assert_eq!(round.report.login, Login::Ok, "{}", texts(&round));
}

#[tokio::test]
async fn only_what_the_document_holds_is_expected_of_kasm() {
    let [a, b, c] = [StandIn::new().await, StandIn::new().await, StandIn::new().await];
    let authorize = format!("{}/t/oauth2/authorize", c.origin());
    a.announces(&json!({"issuer": format!("{}/t/", b.origin()), "authorization_endpoint": authorize}));
    a.kasm_has(&json!({"auth_url": authorize}));
    let document = a.document();
    a.route(DOCUMENT, move |_| answer_json(200, document.clone()));
    let round = a.round().await;
    assert_ne!(round.report.login, Login::Broken, "{}", texts(&round));
    assert!(!texts(&round).contains(&format!("{}/t/oauth2", a.origin())), "{}", texts(&round));
    let moved = StandIn::new().await;
    let old = moved.origin();
    let new = "https://sso.example.test";
    moved.announces(&json!({"issuer": new, "authorization_endpoint": format!("{new}/authorize")}));
    let document = moved.document();
    moved.route(DOCUMENT, move |_| answer_json(200, document.clone()));
    let round = moved.round().await;
    assert_eq!(cause(&round), Some("authorization_url_matches"), "Kasm stays at {old}: the cookies are lost");
}

#[tokio::test]
async fn an_issuer_may_be_a_template_and_spelt_otherwise() {
    let stand_in = StandIn::at("/common/v2.0").await;
    let issuer = format!("{}/{{tenantid}}/v2.0", stand_in.origin());
    stand_in.announces(&json!({"issuer": issuer}));
    let document = stand_in.document();
    stand_in.route("/common/v2.0/.well-known/openid-configuration", move |_| answer_json(200, document.clone()));
    let round = stand_in.round().await;
    assert_eq!(round.report.login, Login::Ok, "{}", texts(&round));
    assert!(check(&round, "issuer_matches").reason.as_ref().unwrap().contains("template"));
}

#[tokio::test]
async fn userinfo_may_refuse_in_any_form_but_a_page() {
    let rows: [(Route, &str); 9] = [
        (|_| answer_json(400, r#"{"error":"invalid_request","error_description":"Token not provided"}"#), "ok"),
        (|_| answer_json(403, r#"{"error":"insufficient_scope"}"#), "ok"),
        (|_| answer(401, &[], ""), "ok"),
        (|_| answer_json(200, r#"{"error":"invalid_token"}"#), "ok"),
        (|_| html(403, "<h1>Forbidden</h1>"), "fail"),
        (|_| html(200, "<h1>Welcome</h1>"), "fail"),
        (|_| answer_json(200, r#"{"sub":"1"}"#), "fail"),
        (|_| answer_json(404, "{}"), "fail"),
        (|_| answer_json(500, "{}"), "fail"),
    ];
    for (route, expected) in rows {
        let stand_in = StandIn::new().await;
        stand_in.route("/userinfo", route);
        let round = stand_in.round().await;
        assert_eq!(verdict(&round, "endpoints_answer"), expected, "{:?}", check(&round, "endpoints_answer"));
    }
}

#[tokio::test]
async fn keys_of_a_kind_that_is_not_known_are_not_broken() {
    let curve = json!({"kty": "EC", "crv": "BP-256", "kid": "b", "use": "sig", "x": "AA", "y": "AA"});
    let edwards = json!({"kty": "OKP", "crv": "Ed999", "kid": "e", "use": "sig", "x": "AA"});
    let quantum = json!({"kty": "AKP", "alg": "ML-DSA-44", "kid": "q", "use": "sig", "pub": "AA"});
    for (key, algorithm) in [(curve, "ESB256"), (edwards, "EdDSA"), (quantum, "ML-DSA-44")] {
        let stand_in = StandIn::new().await;
        stand_in.announces(&json!({"id_token_signing_alg_values_supported": [algorithm]}));
        let set = json!({"keys": [key]}).to_string();
        stand_in.route("/jwks", move |_| answer_json(200, set.clone()));
        let round = stand_in.round().await;
        for id in ["jwks_usable", "jwks_matches_algorithms"] {
            assert_eq!(verdict(&round, id), "unverified", "{algorithm} {id}: {:?}", check(&round, id));
        }
        assert_eq!(round.report.login, Login::Ok);
    }
}

#[tokio::test]
async fn a_provider_that_signs_with_the_client_secret_needs_no_keys() {
    let rows: [Option<Route>; 3] =
        [Some(|_| answer_json(200, "{}")), Some(|_| answer_json(200, r#"{"keys":[]}"#)), None];
    for route in rows {
        let stand_in = StandIn::new().await;
        stand_in.announces(&json!({"id_token_signing_alg_values_supported": ["HS256", "none"]}));
        match route {
            Some(route) => stand_in.route("/jwks", route),
            None => stand_in.announces(&json!({"jwks_uri": null})),
        };
        let round = stand_in.round().await;
        assert_eq!(round.report.login, Login::Ok, "{}", texts(&round));
        for id in ["jwks_usable", "signing_key_kept", "signing_key_id_unique"] {
            assert_eq!(verdict(&round, id), "not_applicable", "{id}");
        }
    }
}

#[tokio::test]
async fn which_scope_brings_a_claim_is_another_providers_own_affair() {
    let mut stand_in = StandIn::new().await;
    stand_in.with_kasm_key();
    stand_in.kasm_has(&json!({"scope": ["openid"], "username_attribute": "email"}));
    stand_in.announces(&json!({"scopes_supported": ["openid"], "claims_supported": ["sub", "email"]}));
    let round = stand_in.round().await;
    assert_eq!(verdict(&round, "scopes_cover_username"), "unverified");
    assert_ne!(round.report.login, Login::Broken, "{}", texts(&round));
}
