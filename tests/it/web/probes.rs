//! `/probe`.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::TimeDelta;
use ssowatch::{
    clock::{Clock, unix_seconds},
    journal::{Query, What},
    lab::{Fault, Lab, LabOptions},
    model::{Login, Snapshot},
    results::Results,
};

use super::support::{Setup, broken_snapshot, families, noon, place, promtool, results_of, target};

#[tokio::test]
async fn what_is_not_configured_is_refused_with_what_exists() {
    let setup = Setup { targets: vec![target("home"), target("office")], ..Setup::healthy() };
    let surface = setup.serve().await;
    for query in [
        "",
        "?target=home",
        "?module=login",
        "?target=nobody&module=login",
        "?target=home&module=http_2xx",
        "?target=https://evil.example.test/&module=discovery",
        "?target=home&target=office&module=login",
        "?target=%ff&module=login",
    ] {
        let answer = surface.get(&format!("/probe{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text().contains("Targets: home, office"), "{query}: {}", answer.text());
        assert!(answer.text().contains("Modules: login, discovery"), "{query}");
    }
}

#[tokio::test]
async fn a_login_probe_takes_the_round_that_is_still_fresh() {
    let surface = Setup::healthy().serve().await;
    let samples = surface.get("/probe?target=home&module=login").await.samples();
    for (name, value) in [
        ("probe_success", 1.0),
        ("probe_timeout_seconds", 120.0),
        ("probe_http_status_code", 200.0),
        (r#"probe_http_duration_seconds{phase="resolve"}"#, 0.001),
        (r#"probe_http_duration_seconds{phase="transfer"}"#, 0.001),
        ("probe_dns_lookup_time_seconds", 0.001),
        ("probe_ip_protocol", 4.0),
        ("probe_ssl_earliest_cert_expiry", (noon() + TimeDelta::days(60)).timestamp() as f64),
        // The scraper names the target itself.
        ("ssowatch_login_success", 1.0),
        (r#"ssowatch_source_success{source="jwks"}"#, 1.0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name}");
    }
    assert!(samples.contains_key("probe_duration_seconds"));
    assert!(!samples.keys().any(|name| name.contains("target=")));
    assert!(!families(&samples).iter().any(|name| name.starts_with("process_") || name.ends_with("_total")));
}

#[tokio::test]
async fn a_failed_probe_is_an_answer_with_success_0() {
    let surface = Setup::with(results_of(&[broken_snapshot()])).serve().await;
    let answer = surface.get("/probe?target=home&module=login").await;
    assert_eq!(answer.status, 200);
    let samples = answer.samples();
    assert_eq!(samples["probe_success"], 0.0);
    assert_eq!(samples[r#"ssowatch_login_cause{check="authorization_url_matches",stage="start"}"#], 1.0);
}

#[tokio::test]
async fn the_scrapers_time_limit_is_kept_with_half_a_second_for_the_way_home() {
    let surface = Setup::healthy().serve().await;
    for (header, expected) in [("10", 9.5), ("0.6", 0.3), ("1", 0.5), ("3600", 120.0)] {
        let headers = [("X-Prometheus-Scrape-Timeout-Seconds", header)];
        let samples = surface.ask("GET", "/probe?target=home&module=login", &headers).await.samples();
        assert!((samples["probe_timeout_seconds"] - expected).abs() < 1e-9, "{header}");
    }
    for bad in ["soon", "-1", "0", "NaN", "inf"] {
        let headers = [("X-Prometheus-Scrape-Timeout-Seconds", bad)];
        assert_eq!(surface.ask("GET", "/probe?target=home&module=login", &headers).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_probe_speaks_open_metrics_too_and_promtool_finds_nothing_to_say() {
    let surface = Setup::with(results_of(&[Snapshot::healthy()])).serve().await;
    let accept = [("Accept", "application/openmetrics-text")];
    let answer = surface.ask("GET", "/probe?target=home&module=login", &accept).await;
    let samples = super::openmetrics::parse(answer.text()).unwrap();
    assert_eq!(promtool(surface.get("/probe?target=home&module=login").await.text()), "");
    assert_eq!(samples["probe_success"], 1.0);
}

/// A lab, and a surface that watches it by the same clock and on whose results nothing stands.
async fn with_a_lab(clock: Clock, results: Results) -> (Lab, Setup) {
    let lab = Lab::start(LabOptions { clock, ..LabOptions::default() }).await.unwrap();
    let mut target = lab.target();
    target.name = "home".to_owned();
    let setup = Setup { targets: vec![target], now: noon(), clock: Some(clock), ..Setup::with(results) };
    (lab, setup)
}

#[tokio::test]
async fn with_rounds_off_a_probe_says_when_checks_and_sources_were_last_good() {
    static STEP: AtomicI64 = AtomicI64::new(0);
    const CHECK: &str = r#"ssowatch_check_last_success_timestamp_seconds{check="login_starts"}"#;
    const SOURCE: &str = r#"ssowatch_source_last_success_timestamp_seconds{source="discovery"}"#;
    const ROUND: &str = "ssowatch_round_last_timestamp_seconds";
    let (lab, setup) = with_a_lab(Clock::stepped(noon(), &STEP), Results::default()).await;
    let surface = setup.serve().await;
    let well = surface.get("/probe?target=home&module=login").await.samples();
    assert_eq!(well["probe_success"], 1.0);
    assert!((well[ROUND] - unix_seconds(noon())).abs() < 60.0, "{}", well[ROUND]);
    assert!(!well.contains_key(CHECK) && !well.contains_key(SOURCE), "what is good is told by the verdicts");

    lab.break_with(Fault::StartServerError);
    lab.break_with(Fault::DiscoveryServerError);
    STEP.fetch_add(200_000, Ordering::Relaxed);
    let broken = surface.get("/probe?target=home&module=login").await.samples();
    assert_eq!(broken["probe_success"], 0.0);
    assert!(broken[ROUND] >= well[ROUND] + 200.0, "{} after {}", broken[ROUND], well[ROUND]);
    for name in [CHECK, SOURCE] {
        let good = broken[name];
        assert!((unix_seconds(noon())..=well[ROUND]).contains(&good), "{name}: {good}, of {}", well[ROUND]);
    }
    assert!(surface.state.results.entries().is_empty(), "no page and no scrape shows it");
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_round_that_a_probe_asked_for_is_published_like_any_other() {
    let results = Results::default();
    results.list([place("home")]);
    let (lab, setup) = with_a_lab(Clock::simulated(noon()), results).await;
    let surface = setup.serve().await;
    assert_eq!(surface.get("/probe?target=home&module=login").await.samples()["probe_success"], 1.0);
    let latest = surface.state.results.entry("home").unwrap().latest.clone().unwrap();
    assert_eq!(latest.report.login, Login::Ok);
    assert_eq!(latest.last_success["login_starts"], latest.report.check("login_starts").unwrap().seen_at);
    let events = surface.state.journal.events(&Query { limit: 9, ..Query::default() });
    assert!(events.iter().any(|event| matches!(event.what, What::Login { to: Login::Ok, .. })), "{events:?}");
    let scraped = surface.get("/metrics").await.samples();
    assert_eq!(scraped[r#"ssowatch_rounds_total{target="home"}"#], 1.0);
    assert_eq!(scraped[r#"ssowatch_login_success{target="home"}"#], 1.0);
    assert_eq!(lab.stop().await, Vec::<String>::new());
}
