//! What every operation answers, over targets in every state.

use serde_json::{Value, json};
use ssowatch::{checks, model::Snapshot, web::Options};

use super::support::{Description, every_state, minute, with_journal};
use crate::web::support::{Setup, broken_snapshot, results_of};

const TARGETS: [&str; 4] = ["home", "broken", "new", "stale"];

#[tokio::test]
async fn every_answer_is_as_described_whatever_state_the_targets_are_in() {
    let surface = every_state().await;
    let description = Description::of(&surface).await;
    for (path, method, _) in description.operations() {
        if method != "get" {
            continue;
        }
        let names: &[&str] = if path.contains("{name}") { &TARGETS } else { &["home"] };
        for name in names {
            let real = format!("/api/v1{}", path.replace("{name}", name).replace("{id}", "scope_has_openid"));
            let answer = surface.get(&real).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{real}");
            description.holds(&path, &method, 200, &answer.json());
        }
    }
    let empty = Setup { targets: Vec::new(), ..Setup::with(ssowatch::results::Results::default()) }.serve().await;
    for path in ["/status", "/targets", "/changes", "/annotations", "/stats"] {
        description.holds(path, "get", 200, &empty.get(&format!("/api/v1{path}")).await.json());
    }
}

#[tokio::test]
async fn an_answer_that_the_client_has_is_not_sent_again() {
    let surface = with_journal(Setup::healthy(), &[Snapshot::healthy(), broken_snapshot()]).await;
    for path in ["targets", "targets/home", "targets/home/fields", "checks", "changes", "status", "openapi.json"] {
        let path = format!("/api/v1/{path}");
        let first = surface.get(&path).await;
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 10, "{path}: {tag}");
        assert_eq!(first.header("cache-control"), "no-cache", "{path}");
        for method in ["GET", "HEAD"] {
            let again = surface.ask(method, &path, &[("If-None-Match", &tag)]).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{method} {path}");
            assert_eq!((again.header("etag"), again.header("cache-control")), (tag.as_str(), "no-cache"), "{path}");
        }
        let other = surface.ask("GET", &path, &[("If-None-Match", "\"another\"")]).await;
        assert_eq!((other.status, other.body), (200, first.body), "{path}");
    }
    let before = surface.get("/api/v1/targets/home").await;
    let broken = broken_snapshot();
    surface.state.results.put("home", broken.clone(), checks::evaluate(&broken, None));
    let after = surface.ask("GET", "/api/v1/targets/home", &[("If-None-Match", before.header("etag"))]).await;
    assert_eq!(after.status, 200, "another content has another tag");
    assert_ne!(after.header("etag"), before.header("etag"));
}

#[tokio::test]
async fn targets_come_in_pages_in_the_order_of_the_configuration() {
    let surface = every_state().await;
    let login = |it: &Value| it["login"].as_str().unwrap().to_owned();
    let logins = |page: &Value| -> Vec<String> { page["targets"].as_array().unwrap().iter().map(login).collect() };
    let whole = surface.get("/api/v1/targets").await.json();
    assert_eq!((logins(&whole).len(), &whole["next"]), (TARGETS.len(), &Value::Null));
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for pages in 1.. {
        let page = surface.get(&format!("/api/v1/targets?limit=3{cursor}")).await.json();
        seen.extend(logins(&page));
        let Some(next) = page["next"].as_str() else {
            assert_eq!(pages, 2);
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, logins(&whole));
    let past = surface.get("/api/v1/targets?cursor=99").await.json();
    assert_eq!((logins(&past).len(), &past["next"]), (0, &Value::Null));
    for query in ["limit=0", "limit=1001", "cursor=x", "page=2"] {
        assert_eq!(surface.get(&format!("/api/v1/targets?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn a_long_answer_is_compressed_for_who_takes_that_and_its_tag_still_counts() {
    let surface = every_state().await;
    for (path, is_long) in [("/api/v1/checks", true), ("/api/v1/maintenance", false)] {
        let plain = surface.get(path).await;
        assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "Accept-Encoding"), "{path}");
        let packed = surface.ask("GET", path, &[("Accept-Encoding", "gzip")]).await;
        assert_eq!(packed.header("content-encoding"), if is_long { "gzip" } else { "" }, "{path}");
        if is_long {
            let mut text = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed.body[..]), &mut text).unwrap();
            assert!(text == plain.body, "{path}");
            assert!(packed.body.len() * 2 < text.len(), "{path}: {} of {}", packed.body.len(), text.len());
            let known = [("Accept-Encoding", "gzip"), ("If-None-Match", packed.header("etag"))];
            assert_eq!(surface.ask("GET", path, &known).await.status, 304, "{path}");
        }
    }
}

#[tokio::test]
async fn a_report_is_told_as_check_output_json_tells_it() {
    let broken = broken_snapshot();
    let surface = Setup::with(results_of(std::slice::from_ref(&broken))).serve().await;
    let told = surface.get("/api/v1/targets/home").await.json();
    let report = checks::evaluate(&broken, None);
    let mut expected: Value = serde_json::to_value(ssowatch::render::json::document([&report])).unwrap();
    expected["targets"][0]["current"] = json!(true);
    assert_eq!(told, expected);
}

#[tokio::test]
async fn the_fields_say_what_each_side_has_and_whether_they_agree() {
    let surface = every_state().await;
    let row = |document: &Value, field: &str| {
        let rows = document["fields"].as_array().unwrap();
        rows.iter().find(|row| row["field"] == field).cloned().unwrap_or_else(|| panic!("no {field}"))
    };
    let broken = surface.get("/api/v1/targets/broken/fields").await.json();
    let differing = row(&broken, "authorization_url");
    assert_eq!(differing["agreement"], "differs");
    assert_eq!(differing["app_sends"], json!({"state": "is", "values": ["https://old-id.example.test/authorize"]}));
    assert_eq!(differing["provider_has"], json!({"state": "is", "values": ["https://id.example.test/authorize"]}));
    assert_eq!(differing["app_stores"], json!({"state": "unseen", "why": "needs a Kasm key"}));

    let new = surface.get("/api/v1/targets/new/fields").await.json();
    assert_eq!((&new["fields"], &new["at"], &new["current"]), (&json!([]), &json!(null), &json!(false)));
    let stale = surface.get("/api/v1/targets/stale/fields").await.json();
    assert_eq!(stale["current"], json!(false));
    assert!(stale["at"].is_string());
}

#[tokio::test]
async fn every_check_is_told_with_its_severity_by_dialect() {
    let surface = Setup::healthy().serve().await;
    let all = surface.get("/api/v1/checks").await.json();
    assert_eq!(all["checks"].as_array().unwrap().len(), checks::all().count());
    let one = surface.get("/api/v1/checks/scope_has_openid").await.json();
    let check = &one["checks"][0];
    assert_eq!((&check["severity"]["legacy"], &check["severity"]["fosite"]), (&json!("degraded"), &json!("outage")));
    assert_eq!(check["since"], json!(null));
    let needs = &surface.get("/api/v1/checks/token_url_matches").await.json()["checks"][0]["needs"];
    assert_eq!(needs, &json!(["app_key"]));
}

#[tokio::test]
async fn the_public_sees_verdicts_and_since_when_and_nothing_else() {
    let options = Options { public: true, ..Options::default() };
    let setup = Setup { options, ..Setup::with(results_of(&[broken_snapshot()])) };
    let surface = with_journal(setup, &[Snapshot::healthy(), broken_snapshot(), broken_snapshot()]).await;
    let status = surface.get("/api/v1/status").await;
    let expected = json!({"name": "home", "login": "broken", "current": true, "since": minute(-1)});
    assert_eq!(status.json(), json!({"format": 1, "targets": [expected]}));
    let full = every_state().await;
    let description = Description::of(&full).await;
    for (path, method, _) in description.operations().into_iter().filter(|(path, _, _)| path != "/status") {
        let real = format!("/api/v1{}", path.replace("{name}", "home").replace("{id}", "login_offered"));
        let refused = surface.ask(&method.to_uppercase(), &real, &[]).await;
        assert_eq!((refused.status, refused.header("content-type")), (403, "application/problem+json"), "{real}");
        description.holds(&path, &method, 403, &refused.json());
        assert!(refused.json()["detail"].as_str().unwrap().contains("--web.public"), "{real}");
    }
}

#[tokio::test]
async fn the_verdicts_alone_are_honest_before_the_first_round_and_after_the_last() {
    let status = every_state().await.get("/api/v1/status").await.json();
    let told: Vec<(&Value, &Value, &Value)> = status["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| (&target["login"], &target["current"], &target["since"]))
        .collect();
    let (yes, no, null) = (json!(true), json!(false), json!(null));
    let (ok, broken, unknown) = (json!("ok"), json!("broken"), json!("unknown"));
    let since = json!(minute(0));
    assert_eq!(told, [(&ok, &yes, &since), (&broken, &yes, &null), (&unknown, &no, &null), (&unknown, &no, &null)]);
}

#[tokio::test]
async fn the_stats_count_targets_by_how_sign_in_stands() {
    let surface = every_state().await;
    let stats = surface.get("/api/v1/stats").await.json();
    assert_eq!(stats["targets"], json!({"all": 4, "ok": 1, "degraded": 0, "broken": 1, "unknown": 2}));
    assert_eq!(stats["config"]["hash"], 42);
    assert_eq!(stats["config"]["last_reload_successful"], true);
    assert!(stats["journal"]["last_id"].as_u64().is_some_and(|id| id > 0));
    assert_eq!(stats["version"], env!("CARGO_PKG_VERSION"));
}
