//! The journal page by page, the annotations, and the history.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use ssowatch::model::Snapshot;

use super::support::{every_state, minute, with_journal};
use crate::web::support::{Setup, broken_snapshot};

fn ids(page: &Value) -> Vec<u64> {
    page["changes"].as_array().unwrap().iter().map(|change| change["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap_or_a_repetition() {
    let surface = every_state().await;
    let all = ids(&surface.get("/api/v1/changes?limit=1000").await.json());
    assert!(all.len() > 6, "{all:?}");
    assert!(all.is_sorted_by(|one, next| one > next), "the newest first");
    let (mut walked, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = surface.get(&format!("/api/v1/changes?limit=3{cursor}")).await.json();
        assert!(ids(&page).len() <= 3);
        walked.extend(ids(&page));
        // Something happens while the pages are read: it does not shift them.
        super::support::note(&surface.state.journal, &[broken_snapshot()]);
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(walked, all);
}

#[tokio::test]
async fn what_happened_is_told_by_kind_with_both_values() {
    let surface = every_state().await;
    let page = surface.get("/api/v1/targets/home/changes").await.json();
    let changes = page["changes"].as_array().unwrap();
    let first = |kind: &str| changes.iter().rfind(|change| change["kind"] == kind).unwrap();
    let change = first("change");
    let told = ["side", "subject", "field", "from", "to", "at"].map(|name| &change[name]);
    assert_eq!(
        told,
        [&json!("app"), &json!("config"), &json!("scope"), &json!(""), &json!("openid 2"), &json!(minute(-1))]
    );
    assert_eq!(first("login")["from"], json!(null), "the first round");
    let broken = changes.iter().find(|change| change["kind"] == "login" && change["to"] == "broken").unwrap();
    assert_eq!((&broken["from"], &broken["cause"]["check"]), (&json!("ok"), &json!("authorization_url_matches")));
    assert_eq!(first("verdict")["to"], "fail");
    assert_eq!(page["next"], json!(null));
}

#[tokio::test]
async fn changes_are_asked_for_by_time_and_target() {
    let surface = every_state().await;
    let since = surface.get(&format!("/api/v1/changes?since={}", minute(0).timestamp_millis())).await.json();
    let times: BTreeSet<String> =
        since["changes"].as_array().unwrap().iter().map(|change| change["at"].to_string()).collect();
    assert_eq!(times, BTreeSet::from([json!(minute(0)).to_string()]));
    assert_eq!(ids(&surface.get("/api/v1/changes?target=broken").await.json()), Vec::<u64>::new());
    let typo = surface.get("/api/v1/changes?target=hme").await;
    assert_eq!((typo.status, &typo.json()["parameter"]), (400, &json!("target")));
    assert!(typo.json()["detail"].as_str().unwrap().contains("Did you mean home?"), "{}", typo.text());

    surface.state.results.list([]);
    assert!(!ids(&surface.get("/api/v1/changes?target=home").await.json()).is_empty(), "the journal still knows it");
    assert_eq!(surface.get("/api/v1/targets/home/changes").await.status, 404);
}

#[tokio::test]
async fn annotations_are_rows_with_milliseconds_for_changes_and_for_sign_in() {
    let surface = every_state().await;
    let range = format!("from={}&to={}", minute(-1).timestamp_millis(), minute(-1).timestamp_millis());
    let rows = surface.get(&format!("/api/v1/annotations?{range}")).await.json();
    let at = minute(-1).timestamp_millis();
    assert_eq!(
        rows,
        json!([
            {"time": at, "title": "home: people cannot sign in", "text": "authorization_url_matches",
             "tags": "login,broken,home"},
            {"time": at, "title": "home: app: config changed (scope)", "text": "nothing → openid 2",
             "tags": "change,app,home"},
        ])
    );
    let late = surface.get(&format!("/api/v1/annotations?from={}", minute(1).timestamp_millis())).await;
    assert_eq!(late.status, 400, "from is after now");
    let none = surface.get("/api/v1/annotations?target=broken").await.json();
    assert_eq!(none, json!([]));
}

#[tokio::test]
async fn the_history_gives_spans_and_the_share_in_which_sign_in_worked() {
    let rounds =
        [Snapshot::healthy(), Snapshot::healthy(), Snapshot::healthy(), broken_snapshot(), Snapshot::healthy()];
    let surface = with_journal(Setup::healthy(), &rounds).await;
    let (from, to) = (minute(-10).timestamp_millis(), minute(0).timestamp_millis());
    let history = surface.get(&format!("/api/v1/targets/home/history?from={from}&to={to}")).await.json();
    let seconds = json!({"ok": 180.0, "degraded": 0.0, "broken": 60.0, "unknown": 0.0, "unwatched": 360.0});
    assert_eq!((&history["seconds"], &history["worked_ratio"]), (&seconds, &json!(0.75)));
    let logins: Vec<&Value> = history["spans"].as_array().unwrap().iter().map(|span| &span["login"]).collect();
    assert_eq!(logins, ["ok", "broken", "ok"]);
    assert_eq!(history["spans"][1]["cause"], "authorization_url_matches");
}
