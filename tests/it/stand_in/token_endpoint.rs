//! The token endpoint is asked itself: everything else stays green while it is broken.

use super::provider::{StandIn, cause, check, verdict};
use crate::collect::server::{Act, Seen, html, json};

const CHECK: &str = "token_endpoint_answers";

#[tokio::test]
async fn a_token_endpoint_that_is_broken_is_an_outage_also_without_a_secret() {
    type Route = fn(&Seen) -> Act;
    let rows: [(&str, Route); 6] = [
        ("Keycloak without its database", |_| json(500, r#"{"error":"unknown_error"}"#)),
        ("a proxy that has lost the provider", |_| html(503, "<h1>Service Unavailable</h1>")),
        ("a proxy without that path", |_| html(404, "<h1>Not Found</h1>")),
        ("its own router", |_| json(404, r#"{"error":"API endpoint not found"}"#)),
        ("a proxy that lets no POST through", |_| html(405, "<h1>Not Allowed</h1>")),
        ("a page for every path", |_| html(200, "<div id=root></div>")),
    ];
    for (name, route) in rows {
        let stand_in = StandIn::new().await;
        stand_in.route("/token", route);
        let round = stand_in.round().await;
        assert_eq!(cause(&round), Some(CHECK), "{name}: {:?}", check(&round, CHECK));
    }
}

#[tokio::test]
async fn whatever_refuses_a_made_up_code_is_well() {
    let rows = [
        (400, r#"{"error":"invalid_grant"}"#),
        (400, r#"{"error":"invalid_request","error_description":"Missing parameter: code_verifier"}"#),
        (401, r#"{"error":"invalid_client"}"#),
        (401, r#"{"error":"unauthorized_client"}"#),
        (403, r#"{"error":"access_denied","error_description":"Realm not enabled"}"#),
        (404, r#"{"error":"Client not found"}"#),
        (422, r#"{"detail":"client_secret is required"}"#),
        (200, r#"{"error":"bad_verification_code"}"#),
    ];
    for (status, body) in rows {
        let stand_in = StandIn::new().await;
        stand_in.route("/token", move |_| json(status, body));
        let round = stand_in.round().await;
        assert_eq!(verdict(&round, CHECK), "ok", "{status} {body}: {:?}", check(&round, CHECK));
    }
}

#[tokio::test]
async fn it_is_asked_with_the_client_id_and_nothing_secret() {
    let stand_in = StandIn::new().await;
    stand_in.round().await;
    let asked: Vec<Seen> = stand_in.provider.seen().into_iter().filter(|seen| seen.path() == "/token").collect();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].method, "POST");
    assert_eq!(asked[0].header("authorization"), None);
    assert!(
        asked[0].body.contains("client_id=kasm") && asked[0].body.contains("code=ssowatch-asks"),
        "{}",
        asked[0].body
    );
    assert!(!asked[0].body.contains("secret="), "{}", asked[0].body);
}
