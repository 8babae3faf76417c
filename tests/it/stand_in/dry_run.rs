//! What authorization endpoints answer to Kasm's own request with `prompt=none`.

use serde_json::json;
use ssowatch::model::Login;

use super::provider::{StandIn, cause, check, query, sent_back, texts, verdict};
use crate::collect::server::{Act, Seen, answer, html, json as answer_json, redirect};

type Route = fn(&Seen) -> Act;

const CHECK: &str = "authorize_accepted";
const FORM: &str = "<title>Portal</title><form method=post><input name=user><input type=password></form>";

async fn at_authorize(route: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> ssowatch::round::Round {
    let stand_in = StandIn::new().await;
    stand_in.route("/authorize", route);
    stand_in.round().await
}

#[tokio::test]
async fn a_provider_that_goes_on_to_its_own_login_is_a_weak_yes() {
    let rows: [(&str, Route); 8] = [
        ("a redirect within its origin", |_| redirect(302, "/auth/local?client_id=kasm")),
        ("a redirect to a login elsewhere", |_| redirect(303, "https://login.example.test/?login_challenge=1")),
        ("a login form", |_| html(200, FORM)),
        ("LemonLDAP::NG", |_| html(200, "<title>Authentication portal</title><script src=portal.js></script>")),
        ("a login form with 401", |_| html(401, FORM)),
        ("Kerberos", |_| {
            answer(401, &[("WWW-Authenticate", "Negotiate"), ("Content-Type", "text/html")], "<h1>401</h1>")
        }),
        ("its own page says why", |_| redirect(302, "/login?error=login_required")),
        ("a title in another language", |_| html(200, "<title>Anmelden</title><div id=app></div>")),
    ];
    for (name, route) in rows {
        let round = at_authorize(route).await;
        assert_eq!(verdict(&round, CHECK), "ok", "{name}: {:?}", check(&round, CHECK));
        assert!(check(&round, CHECK).reason.as_ref().unwrap().contains("asks for a login"), "{name}");
        assert_eq!(round.report.login, Login::Ok, "{name}: {:?}", round.report.failing().collect::<Vec<_>>());
        let weak = ["client_known", "redirect_uri_registered", "pkce_not_required", "state_returned"];
        for id in weak {
            assert_eq!(verdict(&round, id), "unverified", "{name}: {id}");
        }
        let proven = StandIn::new().await.round().await.report.coverage;
        assert!(round.report.coverage.ratio() < proven.ratio(), "{name}: it proves less");
    }
}

#[tokio::test]
async fn a_page_that_refuses_is_an_outage_whatever_its_status() {
    let rows: [(&str, Route, &str); 9] = [
        (
            "Keycloak",
            |_| html(400, "<title>Sign in to home</title><h1>We are sorry...</h1><p>Client not found.</p>"),
            "client_known",
        ),
        (
            "the same with 200",
            |_| html(200, "<title>Sign in to home</title><h1>We are sorry...</h1><p>Client not found.</p>"),
            "client_known",
        ),
        ("redirect", |_| html(400, "<p>Invalid parameter: redirect_uri</p>"), "redirect_uri_registered"),
        (
            "redirect with 200 beside a form",
            |_| html(200, "<p>The redirect_uri is not registered</p><form><input name=user></form>"),
            "redirect_uri_registered",
        ),
        ("a realm that is off", |_| html(400, "<p>Realm not enabled</p>"), CHECK),
        ("a client that is off", |_| html(400, "<p>Client disabled.</p>"), CHECK),
        (
            "bearer only",
            |_| html(403, "<p>Bearer-only applications are not allowed to initiate browser login</p>"),
            CHECK,
        ),
        (
            "an error address",
            |_| redirect(302, "/oauth2/fallbacks/error?error=invalid_request&error_description=no"),
            CHECK,
        ),
        ("an error in JSON with 200", |_| answer_json(200, r#"{"error":"server_error"}"#), CHECK),
    ];
    for (name, route, expected) in rows {
        let round = at_authorize(route).await;
        assert_eq!(cause(&round), Some(expected), "{name}: {:?}", check(&round, CHECK));
    }
    for status in [500, 502, 503] {
        let round = at_authorize(move |_| html(status, "<h1>no</h1>")).await;
        assert_eq!(cause(&round), Some(CHECK), "{status} at authorize alone");
        assert_eq!(check(&round, CHECK).findings[0].code, "server_error");
    }
}

#[tokio::test]
async fn each_refusal_that_comes_back_has_its_own_words_and_none_is_an_unknown_client() {
    let rows = [
        (
            "unauthorized_client",
            "Client is not allowed to initiate browser login. Standard flow is disabled.",
            "unauthorized_client",
            "code flow",
        ),
        ("invalid_scope", "Invalid scopes: openid profile email groupz", "invalid_scope", "groupz"),
        ("invalid_request", "Missing parameter: code_challenge_method", "pkce_required", "PKCE"),
        ("invalid_request", "Pushed Authorization Request is only allowed.", "par_required", "pushed"),
        ("invalid_request", "Missing 'nonce' in request.", "nonce_required", "nonce"),
        ("access_denied", "", "access_denied", "who may use"),
    ];
    for (error, description, code, word) in rows {
        let stand_in = StandIn::new().await;
        stand_in.kasm_has(&json!({"scope": ["openid", "profile", "email", "groupz"]}));
        let parameters = [("error", error), ("error_description", description)];
        stand_in.route("/authorize", move |seen| sent_back(seen, &parameters));
        let round = stand_in.round().await;
        assert_ne!(verdict(&round, "client_known"), "fail", "{error}");
        let finding = &check(&round, CHECK).findings[0];
        assert_eq!(finding.code, code, "{finding:?}");
        assert!(finding.fix.as_ref().unwrap().contains(word), "{finding:?}");
        if error == "invalid_scope" {
            assert!(finding.message.contains("refuses groupz, which"), "which one: {finding:?}");
        }
    }
}

#[tokio::test]
async fn a_404_of_a_provider_that_is_not_known_says_nothing_about_the_client() {
    let pages: [Route; 3] = [
        |_| answer_json(404, r#"{"error":"Client not found"}"#),
        |_| html(404, "<h1>Page not found</h1>"),
        |_| answer_json(404, r#"{"error":"RESTEASY003210: Could not find resource for full path"}"#),
    ];
    for route in pages {
        let round = at_authorize(route).await;
        assert_ne!(verdict(&round, "client_known"), "fail");
        assert_eq!(cause(&round), Some(CHECK));
    }
}

#[tokio::test]
async fn a_state_that_is_changed_or_lost_on_the_way_is_an_outage() {
    let rows: [(Route, &str); 3] = [
        (
            |seen| {
                sent_back(
                    seen,
                    &[("error", "login_required"), ("state", query(seen)["state"].split(':').next().unwrap())],
                )
            },
            "changed",
        ),
        (|seen| redirect(302, &format!("{}?error=login_required", query(seen)["redirect_uri"])), "lost"),
        (|seen| sent_back(seen, &[("error", "login_required"), ("state", "")]), "lost"),
    ];
    for (route, code) in rows {
        let round = at_authorize(route).await;
        assert_eq!(cause(&round), Some("state_returned"));
        assert_eq!(check(&round, "state_returned").findings[0].code, code);
        assert_eq!(verdict(&round, CHECK), "unknown");
    }
    let round = at_authorize(|seen| {
        let state = query(seen)["state"].replace(':', "%3a");
        redirect(302, &format!("{}?error=login_required&state={state}", query(seen)["redirect_uri"]))
    });
    assert_eq!(verdict(&round.await, "state_returned"), "ok", "another spelling of the same");
}

#[tokio::test]
async fn a_redirect_to_the_same_page_is_followed_once_with_its_cookie() {
    let round = at_authorize(|seen| match seen.header("cookie") {
        Some("session=1; csrf=2") => sent_back(seen, &[("error", "login_required")]),
        _ => {
            let location = seen.target.replace("/authorize?", "/authorize?begun=1&");
            let headers =
                [("Location", &*location), ("Set-Cookie", "session=1; Path=/; HttpOnly"), ("Set-Cookie", "csrf=2")];
            answer(302, &headers, "")
        }
    });
    assert_eq!(verdict(&round.await, CHECK), "ok");
    let stand_in = StandIn::new().await;
    stand_in.route("/authorize", |seen| answer(302, &[("Location", &*seen.target), ("Set-Cookie", "session=1")], ""));
    let round = stand_in.round().await;
    assert_eq!(stand_in.provider.count("/authorize"), 2, "no more than once");
    assert_eq!(verdict(&round, CHECK), "unknown", "it goes round in a circle");
    let stand_in = StandIn::new().await;
    let other = StandIn::new().await;
    let elsewhere = format!("{}/authorize", other.origin());
    stand_in.route("/authorize", move |_| answer(302, &[("Location", &*elsewhere), ("Set-Cookie", "session=1")], ""));
    stand_in.round().await;
    assert_eq!(other.provider.seen().len(), 0, "and never to another origin");
}

#[tokio::test]
async fn a_request_that_does_not_arrive_whole_is_not_an_unknown_client() {
    for message in [
        "Missing parameter: client_id",
        "The client_id parameter is required",
        "Missing parameters: client_id, response_type",
    ] {
        let round = at_authorize(move |_| html(400, &format!("<p>{message}</p>"))).await;
        assert_eq!(cause(&round), Some(CHECK), "{message}");
        let finding = &check(&round, CHECK).findings[0];
        assert_eq!(finding.code, "request_incomplete", "{finding:?}");
        assert!(finding.fix.as_ref().unwrap().contains("query string"), "{finding:?}");
    }
    let mut stand_in = StandIn::new().await;
    stand_in.with_secret("a-good-secret-0123456789");
    stand_in.route("/token", |seen| match seen.header("authorization") {
        Some(text) if text.ends_with("a2FzbTphLWdvb2Qtc2VjcmV0LTAxMjM0NTY3ODk=") => {
            answer_json(400, r#"{"error":"invalid_grant"}"#)
        }
        _ => answer_json(401, r#"{"error":"invalid_client"}"#),
    });
    stand_in.route("/authorize", |_| html(400, "<p>The client does not exist.</p>"));
    let round = stand_in.round().await;
    assert_eq!(verdict(&round, "client_secret_accepted"), "ok", "the client is known");
    assert_eq!(check(&round, CHECK).findings[0].code, "request_incomplete", "{:?}", texts(&round));
}

#[tokio::test]
async fn error_pages_are_asked_for_in_english_and_as_a_browser_does() {
    let stand_in = StandIn::new().await;
    stand_in.round().await;
    for seen in stand_in.provider.seen() {
        assert_eq!(seen.header("accept-language"), Some("en"), "{}", seen.path());
        let accept = seen.header("accept").unwrap();
        let is_page = ["/authorize", "/logout"].contains(&seen.path());
        assert_eq!(accept, if is_page { "text/html" } else { "application/json" }, "{}", seen.path());
    }
}
