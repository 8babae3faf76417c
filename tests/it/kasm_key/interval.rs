//! How often the key is used.

use std::time::Duration;

use chrono::{TimeDelta, TimeZone, Utc};
use ssowatch::{
    checks::evaluate,
    clock::Clock,
    collect::{CollectMode, Collector},
    lab::{Fault, Lab, LabOptions},
    model::{Side, Snapshot, SourceId},
    round::round,
};

use super::target;

const DUE: CollectMode =
    CollectMode::Due { settings_every: Duration::from_hours(5), share_for: Duration::from_secs(0) };
const CONFIGS: &str = "/api/public/get_oidc_configs";

/// A lab and a collector whose clocks began at the same noon, so that no mark of a interval falls into a test by chance.
async fn at_noon() -> (Lab, Collector) {
    let clock = Clock::simulated(Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).unwrap());
    let lab = Lab::start(LabOptions { clock, ..LabOptions::default() }).await.unwrap();
    (lab, Collector::new(clock))
}

/// The snapshot as if it had been taken so many seconds earlier.
fn aged(mut snapshot: Snapshot, seconds: i64) -> Snapshot {
    let earlier = TimeDelta::seconds(seconds);
    snapshot.kasm_config.at -= earlier;
    snapshot.kasm_version.at -= earlier;
    snapshot.kasm_mappings.at -= earlier;
    snapshot.kasm_user.at -= earlier;
    snapshot
}

#[tokio::test]
async fn what_was_seen_stands_until_it_is_due() {
    let (lab, collector) = at_noon().await;
    let target = target(&lab);
    let first = round(&collector, &target, None, CollectMode::Full).await.snapshot;
    assert_eq!(lab.count(Side::App, CONFIGS), 1);
    let second = round(&collector, &target, Some(&first), DUE).await.snapshot;
    assert_eq!(lab.count(Side::App, CONFIGS), 1);
    assert_eq!(second.kasm_config, first.kasm_config);
    assert_eq!(second.kasm_user, first.kasm_user);
    let later = aged(second, 5 * 3600);
    round(&collector, &target, Some(&later), DUE).await;
    for (path, count) in [
        (CONFIGS, 2),
        ("/api/public/system_info", 2),
        ("/api/public/get_user", 2),
        ("/api/public/get_groups", 2),
        ("/api/public/get_sso_mappings_group", 4),
    ] {
        assert_eq!(lab.count(Side::App, path), count, "{path}");
    }
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_change_of_what_kasm_sends_is_looked_up_in_the_same_round() {
    let (lab, collector) = at_noon().await;
    let target = target(&lab);
    let first = round(&collector, &target, None, CollectMode::Full).await.snapshot;
    lab.break_with(Fault::ScopeWithoutGroups);
    let second = round(&collector, &target, Some(&first), DUE).await;
    assert_eq!(lab.count(Side::App, CONFIGS), 2);
    let failing: Vec<&str> = second.report.failing().map(|check| check.id.as_str()).collect();
    assert_eq!(failing, ["scopes_cover_groups"], "two ages are never compared");
}

#[tokio::test]
async fn a_fix_of_what_only_the_key_shows_is_seen_in_the_next_round() {
    let (lab, collector) = at_noon().await;
    let target = target(&lab);
    lab.break_with(Fault::TokenUrlPath);
    let first = round(&collector, &target, None, CollectMode::Full).await;
    assert_eq!(first.report.cause.unwrap().check, "token_url_matches");
    lab.fix(Fault::TokenUrlPath);
    let at_once = round(&collector, &target, Some(&first.snapshot), DUE).await;
    assert_eq!(at_once.report.cause.unwrap().check, "token_url_matches", "at most once a minute");
    let next = round(&collector, &target, Some(&aged(at_once.snapshot, 60)), DUE).await;
    assert_eq!(next.report.cause, None);
    let after = round(&collector, &target, Some(&aged(next.snapshot, 60)), DUE).await;
    assert_eq!(lab.count(Side::App, CONFIGS), 2, "and is left alone again");
    assert_eq!(after.report.cause, None);
}

#[tokio::test]
async fn what_waited_for_the_configs_is_asked_with_them_again() {
    let (lab, collector) = at_noon().await;
    let target = target(&lab);
    lab.break_with(Fault::KasmKeyWrong);
    let first = round(&collector, &target, None, CollectMode::Full).await.snapshot;
    lab.fix(Fault::KasmKeyWrong);
    let second = round(&collector, &target, Some(&aged(first, 60)), DUE).await.snapshot;
    assert!(second.kasm_config.ok().is_some() && second.kasm_version.ok().is_some());
    assert!(second.kasm_mappings.ok().is_some() && second.kasm_user.ok().is_some());
}

#[tokio::test]
async fn a_key_that_is_given_by_a_reload_is_used_at_once_and_one_that_is_taken_away_is_forgotten() {
    let (lab, collector) = at_noon().await;
    let without = round(&collector, &lab.target(), None, CollectMode::Full).await.snapshot;
    let with = round(&collector, &target(&lab), Some(&without), DUE).await.snapshot;
    assert!(with.kasm_config.ok().is_some() && with.kasm_user.ok().is_some());
    let again = round(&collector, &lab.target(), Some(&with), DUE).await.snapshot;
    assert_eq!(evaluate(&again, None).check("token_url_matches").unwrap().reason.as_deref(), Some("needs a Kasm key"));
}

#[tokio::test]
async fn a_look_sends_what_the_plan_says_and_not_one_request_more() {
    let (lab, collector) = at_noon().await;
    round(&collector, &target(&lab), None, CollectMode::Full).await;
    let sources = [SourceId::KasmConfig, SourceId::KasmVersion, SourceId::KasmMappings, SourceId::KasmUser];
    let planned: Vec<_> = sources.into_iter().flat_map(|source| source.row().requests).collect();
    for request in &planned {
        let count = lab.count(Side::App, request.path);
        assert!(count >= 1 && count <= request.most as usize, "{request:?}: {count}");
    }
    let by_key = |path: &str| path.starts_with("/api/public/");
    for seen in lab.seen().iter().filter(|seen| by_key(&seen.path)) {
        assert!(planned.iter().any(|request| request.path == seen.path && request.method == seen.method), "{seen:?}");
    }
    assert_eq!(lab.stop().await, Vec::<String>::new());
}
