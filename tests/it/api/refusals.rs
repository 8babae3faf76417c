//! Every refusal is a problem (RFC 9457).

use serde_json::json;
use ssowatch::web::Options;

use super::support::{Description, every_state};
use crate::web::support::{Answer, Setup};

#[track_caller]
fn is_problem(answer: &Answer, status: u16) {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (status, "application/problem+json"),
        "{}",
        answer.text()
    );
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    assert!(problem["title"].as_str().is_some_and(|title| title.len() > 3), "{problem}");
    assert!(
        problem["detail"].as_str().is_some_and(|detail| detail.len() > 10 && detail.ends_with(['.', '?'])),
        "{problem}"
    );
    assert_eq!(answer.header("etag"), "");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_that_says_what_is() {
    let surface = every_state().await;
    let description = Description::of(&surface).await;
    for path in ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/target", "/api/v2/targets", "/api/v1/targets/home/x"]
    {
        let answer = surface.get(path).await;
        is_problem(&answer, 404);
        assert!(answer.json()["detail"].as_str().unwrap().contains("/api/v1/openapi.json"), "{path}");
    }
    for rest in ["", "/fields", "/changes", "/history"] {
        let answer = surface.get(&format!("/api/v1/targets/nobody{rest}")).await;
        is_problem(&answer, 404);
        assert_eq!(answer.json()["targets"], json!(["home", "broken", "new", "stale"]));
        description.holds(&format!("/targets/{{name}}{rest}"), "get", 404, &answer.json());
    }
    let check = surface.get("/api/v1/checks/scope_has_opnid").await;
    is_problem(&check, 404);
    assert!(check.text().contains("Did you mean scope_has_openid"), "{}", check.text());
    assert!(surface.get("/apiary").await.header("content-type").starts_with("text/html"), "not the API's");
}

#[tokio::test]
async fn another_method_is_a_problem_that_keeps_the_allowed_ones() {
    let surface = every_state().await;
    for (method, path, allowed) in [
        ("POST", "/api/v1/targets", "GET,HEAD"),
        ("DELETE", "/api/v1/targets/home", "GET,HEAD"),
        ("GET", "/api/v1/targets/home/check", "POST"),
    ] {
        let answer = surface.ask(method, path, &[]).await;
        is_problem(&answer, 405);
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn a_bad_parameter_is_named_with_what_is_meant() {
    let surface = every_state().await;
    for (query, parameter, words) in [
        ("changes?since=yesterday", "since", "2026-11-24T12:00:00Z"),
        ("changes?limit=0", "limit", "from 1 to 1000"),
        ("changes?limit=1001", "limit", "from 1 to 1000"),
        ("changes?cursor=abc", "cursor", "`next`"),
        ("changes?sinc=1", "sinc", "did you mean since?"),
        ("changes?limit=1&limit=2", "limit", "twice"),
        ("status?x", "x", "there is none here"),
        ("targets/home/history?from=2026-11-25T00:00:00Z", "from", "after to"),
        ("annotations?to=x", "to", "milliseconds"),
    ] {
        let answer = surface.get(&format!("/api/v1/{query}")).await;
        is_problem(&answer, 400);
        assert_eq!(answer.json()["parameter"], parameter, "{query}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(words), "{query}: {}", answer.text());
    }
}

#[tokio::test]
async fn behind_a_prefix_refusals_are_problems_too() {
    let options = Options { route_prefix: "/sso".to_owned(), ..Options::default() };
    let surface = Setup { options, ..Setup::healthy() }.serve().await;
    is_problem(&surface.get("/sso/api/v1/nothing").await, 404);
    assert!(surface.get("/sso/nothing").await.header("content-type").starts_with("text/html"));
}
