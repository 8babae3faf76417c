//! A client secret is accepted only where a wrong one is answered otherwise.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::provider::{StandIn, check, verdict};
use crate::collect::server::{Act, Seen, answer, html, json as answer_json};

const RIGHT: &str = "the-right-secret-0123456789";
const CHECK: &str = "client_secret_accepted";

/// Whether a request carries the right secret; one without a secret does not.
fn is_right(seen: &Seen) -> bool {
    let basic = seen.header("authorization").and_then(|header| header.strip_prefix("Basic "));
    basic.is_some_and(|text| String::from_utf8(STANDARD.decode(text).unwrap()).unwrap() == format!("kasm:{RIGHT}"))
}

fn refused(status: u16, error: &str) -> Act {
    answer_json(status, json!({"error": error, "error_description": "as measured"}).to_string())
}

/// An endpoint that authenticates the client.
fn authenticates(right: (u16, &'static str), wrong: (u16, &'static str)) -> impl Fn(&Seen) -> Act + Send + Sync {
    move |seen| {
        let (status, error) = if is_right(seen) { right } else { wrong };
        refused(status, error)
    }
}

#[tokio::test]
async fn the_token_endpoints_of_real_providers_tell_a_right_secret_from_a_wrong_one() {
    let rows = [
        ("RFC 6749", (400, "invalid_grant"), (401, "invalid_client")),
        ("Keycloak", (400, "invalid_grant"), (401, "unauthorized_client")),
        ("Auth0", (403, "invalid_grant"), (401, "access_denied")),
        ("Okta", (400, "invalid_grant"), (401, "invalid_client")),
        ("Entra ID", (400, "invalid_request"), (401, "invalid_client")),
        ("GitHub", (200, "bad_verification_code"), (200, "incorrect_client_credentials")),
    ];
    for (name, right, wrong) in rows {
        for (secret, expected) in [(RIGHT, "ok"), ("another-secret-0123456789", "fail")] {
            let mut stand_in = StandIn::new().await;
            stand_in.with_secret(secret);
            stand_in.route("/token", authenticates(right, wrong));
            let round = stand_in.round().await;
            assert_eq!(verdict(&round, CHECK), expected, "{name}, {secret}: {:?}", check(&round, CHECK));
        }
    }
}

#[tokio::test]
async fn an_answer_that_any_secret_gets_proves_nothing() {
    let introspects = |base: &str| json!({"introspection_endpoint": format!("{base}/introspect")});
    let active = || answer_json(200, r#"{"active":false}"#);
    type Route = fn(&Seen) -> Act;
    let rows: [(&str, Route, Option<Route>, &str); 5] = [
        ("the code is looked up first", |_| refused(400, "invalid_grant"), None, "unverified"),
        (
            "introspection answers anybody, and the token endpoint refuses",
            |_| refused(401, "invalid_client"),
            Some(|_| answer_json(200, r#"{"active":false}"#)),
            "fail",
        ),
        (
            "introspection answers anybody, and so does the token endpoint",
            |_| refused(400, "invalid_grant"),
            Some(|_| answer_json(200, r#"{"active":false}"#)),
            "unverified",
        ),
        (
            "introspection refuses in words of its own",
            |_| refused(400, "invalid_grant"),
            Some(|_| answer(401, &[("Content-Type", "text/plain")], "unauthorized_client: invalid secret")),
            "unverified",
        ),
        (
            "introspection refuses, which is not overruled",
            |_| refused(400, "invalid_grant"),
            Some(|_| refused(401, "invalid_client")),
            "fail",
        ),
    ];
    for (name, token, introspection, expected) in rows {
        let mut stand_in = StandIn::new().await;
        stand_in.with_secret("this-is-the-wrong-secret");
        stand_in.route("/token", token);
        if let Some(introspection) = introspection {
            stand_in.announces(&introspects(&stand_in.origin())).route("/introspect", introspection);
        }
        let round = stand_in.round().await;
        assert_eq!(verdict(&round, CHECK), expected, "{name}: {:?}", check(&round, CHECK));
        assert!(!check(&round, "app_secret_accepted").reason.as_ref().unwrap().contains("is accepted"), "{name}");
    }
    let mut stand_in = StandIn::new().await;
    stand_in.with_secret(RIGHT);
    stand_in.route("/token", |_| refused(400, "invalid_grant"));
    stand_in.announces(&introspects(&stand_in.origin()));
    stand_in.route("/introspect", move |seen| if is_right(seen) { active() } else { refused(401, "invalid_client") });
    let round = stand_in.round().await;
    assert_eq!(verdict(&round, CHECK), "ok", "only introspection tells: {:?}", check(&round, CHECK));
}

#[tokio::test]
async fn a_wall_that_stops_a_wrong_secret_is_no_other_answer() {
    let mut stand_in = StandIn::new().await;
    stand_in.with_secret("this-is-not-the-secret-either");
    stand_in.route("/token", |seen| {
        let is_deliberate = seen.header("authorization").is_some_and(|text| {
            let basic = STANDARD.decode(&text["Basic ".len()..]).unwrap();
            String::from_utf8(basic).unwrap().contains("deliberately")
        });
        if is_deliberate { html(403, "<h1>Forbidden</h1>") } else { refused(400, "invalid_grant") }
    });
    assert_eq!(verdict(&stand_in.round().await, CHECK), "unknown");
}

#[tokio::test]
async fn a_broken_token_endpoint_is_not_overruled_by_introspection() {
    let mut stand_in = StandIn::new().await;
    stand_in.with_secret(RIGHT);
    stand_in.announces(&json!({"introspection_endpoint": format!("{}/introspect", stand_in.origin())}));
    stand_in.route("/introspect", |_| answer_json(200, r#"{"active":false}"#));
    stand_in.route("/token", |_| refused(500, "unknown_error"));
    let round = stand_in.round().await;
    assert_eq!(verdict(&round, CHECK), "unknown");
    assert_eq!(super::provider::cause(&round), Some("token_endpoint_answers"));
}

#[tokio::test]
async fn a_wrong_secret_is_sent_once_an_hour_and_ours_with_the_settings() {
    let mut stand_in = StandIn::new().await;
    stand_in.with_secret(RIGHT);
    let (ours, wrong) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counts = (Arc::clone(&ours), Arc::clone(&wrong));
    stand_in.route("/token", move |seen| {
        match (is_right(seen), seen.header("authorization").is_some()) {
            (true, _) => counts.0.fetch_add(1, Ordering::SeqCst),
            (false, true) => counts.1.fetch_add(1, Ordering::SeqCst),
            (false, false) => 0,
        };
        if is_right(seen) { refused(400, "invalid_grant") } else { refused(401, "invalid_client") }
    });
    let first = stand_in.round().await;
    let mut before = first.snapshot.clone();
    let ago = chrono::TimeDelta::minutes(6);
    before.client_secret.at -= ago;
    let second = stand_in.round_after(&before).await;
    assert_eq!(verdict(&second, CHECK), "ok");
    assert_eq!((ours.load(Ordering::SeqCst), wrong.load(Ordering::SeqCst)), (2, 1), "six minutes later");
    let mut before = second.snapshot.clone();
    before.client_secret.at -= ago;
    for control in &mut before.client_secret.value.as_mut().unwrap().controls {
        control.at -= chrono::TimeDelta::minutes(61);
    }
    stand_in.round_after(&before).await;
    assert_eq!((ours.load(Ordering::SeqCst), wrong.load(Ordering::SeqCst)), (3, 2), "an hour later");
    let sent: Vec<String> =
        stand_in.provider.seen().iter().filter_map(|seen| seen.header("authorization").map(str::to_owned)).collect();
    let told: Vec<String> =
        sent.iter().map(|text| String::from_utf8(STANDARD.decode(&text["Basic ".len()..]).unwrap()).unwrap()).collect();
    assert!(
        told.iter()
            .filter(|text| !text.ends_with(RIGHT))
            .all(|text| text.starts_with("kasm:ssowatch-deliberately-wrong-"))
    );
    assert!(!serde_json::to_string(&first.snapshot).unwrap().contains("deliberately-wrong-"), "it is not kept");
}

#[tokio::test]
async fn a_refused_secret_is_asked_again_with_the_settings_and_not_each_minute() {
    let mut stand_in = StandIn::new().await;
    stand_in.with_secret("this-is-the-wrong-secret");
    let with_secret = |stand_in: &StandIn| {
        stand_in
            .provider
            .seen()
            .iter()
            .filter(|seen| seen.path() == "/token" && seen.header("authorization").is_some())
            .count()
    };
    let first = stand_in.round().await;
    assert_eq!(verdict(&first, CHECK), "fail");
    let asked = with_secret(&stand_in);
    let mut before = first.snapshot;
    before.client_secret.at -= chrono::TimeDelta::seconds(65);
    before.authorize_dry_run.at -= chrono::TimeDelta::seconds(65);
    let now = before.client_secret.at;
    let second = stand_in.round_after(&before).await;
    let passed_a_mark = second.snapshot.client_secret.at != now;
    assert!(with_secret(&stand_in) - asked <= usize::from(passed_a_mark));
    // The client is another one: what was said of its secret is over.
    stand_in.kasm_has(&json!({"client_id": "kasm2"}));
    let asked = with_secret(&stand_in);
    stand_in.round_after(&second.snapshot).await;
    assert_eq!(with_secret(&stand_in), asked + 1, "at once");
}

#[tokio::test]
async fn the_reason_of_a_refusal_is_passed_on() {
    for (status, body, words, code) in [
        (
            401,
            json!({"error": "invalid_client", "error_description": "AADSTS7000222: The provided client secret keys are expired."}),
            "keys are expired",
            "refused",
        ),
        (
            400,
            json!({"error": "invalid_client", "error_description": "Parameter client_assertion_type is missing"}),
            "client_assertion_type",
            "other_method",
        ),
    ] {
        let mut stand_in = StandIn::new().await;
        stand_in.with_secret(RIGHT);
        stand_in.route("/token", move |_| answer_json(status, body.to_string()));
        let round = stand_in.round().await;
        let finding = &check(&round, CHECK).findings[0];
        assert_eq!(finding.code, code);
        assert!(finding.message.contains(words), "{finding:?}");
    }
}
