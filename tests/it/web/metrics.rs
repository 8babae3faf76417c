//! `/metrics`: what is told in each state, in each format.

use std::{collections::BTreeMap, io::Read as _};

use chrono::TimeDelta;
use ssowatch::{checks, model::Snapshot, results::Results};

use super::{
    openmetrics,
    support::{Setup, all_fails, broken_snapshot, families, noon, place, promtool, results_of},
};

/// A state of the surface by name.
fn states() -> Vec<(&'static str, Setup)> {
    let stale = Setup { now: noon() + TimeDelta::hours(1), ..Setup::healthy() };
    let empty = Setup { targets: Vec::new(), ..Setup::with(Results::default()) };
    vec![
        ("healthy", Setup::healthy()),
        ("broken", Setup::with(results_of(&[Snapshot::healthy(), broken_snapshot()]))),
        ("everything fails", Setup::with(results_where_all_fails())),
        ("stale", stale),
        ("before the first round", Setup::with(results_of(&[]))),
        ("empty", empty),
    ]
}

fn results_where_all_fails() -> Results {
    // A good round first, so that every last success is known.
    let healthy = Snapshot::healthy();
    let results = results_of(&[]);
    let mut good = all_fails(&healthy, "x");
    for check in &mut good.checks {
        check.verdict = "ok".to_owned();
        check.findings.clear();
    }
    for source in &mut good.sources {
        source.ok = Some(true);
    }
    results.put("home", healthy.clone(), good);
    results.put("home", healthy.clone(), all_fails(&healthy, "x"));
    results
}

async fn scrape(setup: Setup) -> BTreeMap<String, f64> {
    setup.serve().await.get("/metrics").await.samples()
}

#[tokio::test]
async fn promtool_finds_nothing_to_say_in_any_state() {
    for (state, setup) in states() {
        let answer = setup.serve().await.get("/metrics").await;
        let problems = promtool(answer.text());
        assert!(problems.is_empty(), "{state}: {problems}\n{}", answer.text());
    }
}

#[tokio::test]
async fn open_metrics_keeps_its_rules_in_every_state_and_tells_the_same() {
    for (state, setup) in states() {
        let surface = setup.serve().await;
        let accept = [("Accept", "application/openmetrics-text;version=1.0.0")];
        let answer = surface.ask("GET", "/metrics", &accept).await;
        assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
        let theirs = openmetrics::parse(answer.text()).unwrap_or_else(|problem| panic!("{state}: {problem}"));
        let ours = surface.get("/metrics").await.samples();
        let steady = |name: &&String| !name.starts_with("process_");
        let names = |samples: &BTreeMap<String, f64>| -> Vec<String> {
            samples.keys().filter(steady).map(|name| name.replace("+Inf", "Inf")).collect()
        };
        assert_eq!(names(&theirs), names(&ours), "{state}");
        for (name, value) in ours.iter().filter(|(name, _)| steady(name)) {
            assert_eq!(theirs.get(name), Some(value), "{state}: {name}");
        }
    }
}

#[tokio::test]
async fn protobuf_is_delimited_and_holds_the_same_families() {
    let surface = Setup::healthy().serve().await;
    let accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    let answer = surface.ask("GET", "/metrics", &[("Accept", accept)]).await;
    assert_eq!(
        answer.header("content-type"),
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
    );
    let samples = surface.get("/metrics").await.samples();
    let histogram = ["_bucket", "_sum", "_count"];
    let plain = families(&samples).into_iter().filter(|name| !histogram.iter().any(|suffix| name.ends_with(suffix)));
    // The histogram is one family, not three.
    assert_eq!(messages(&answer.body), plain.count() + 1);
}

/// How many length-delimited messages a body holds, to its very end.
fn messages(mut body: &[u8]) -> usize {
    let mut count = 0;
    while !body.is_empty() {
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            let byte = body[0];
            body = &body[1..];
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        body = &body[length..];
        count += 1;
    }
    count
}

#[tokio::test]
async fn a_scraper_that_takes_gzip_gets_it_in_every_format() {
    let surface = Setup::healthy().serve().await;
    for accept in ["text/plain", "application/openmetrics-text"] {
        let headers = [("Accept", accept), ("Accept-Encoding", "deflate, gzip;q=0.8")];
        let answer = surface.ask("GET", "/metrics", &headers).await;
        assert_eq!(answer.header("content-encoding"), "gzip");
        assert_eq!(answer.header("vary"), "Accept, Accept-Encoding");
        let mut text = String::new();
        flate2::read::GzDecoder::new(&answer.body[..]).read_to_string(&mut text).unwrap();
        assert!(text.contains("ssowatch_login_success{target=\"home\"} 1"), "{accept}");
        assert!(answer.body.len() * 3 < text.len(), "{accept}: {} of {}", answer.body.len(), text.len());
    }
    let refused = surface.ask("GET", "/metrics", &[("Accept-Encoding", "gzip;q=0")]).await;
    assert_eq!(refused.header("content-encoding"), "");
    assert_eq!(refused.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
}

#[tokio::test]
async fn a_healthy_target_tells_what_was_proven_and_seen() {
    let samples = scrape(Setup::healthy()).await;
    for (name, value) in [
        (r#"ssowatch_login_success{target="home"}"#, 1.0),
        (
            r#"ssowatch_check_success{target="home",check="authorization_url_matches",stage="start",severity="outage"}"#,
            1.0,
        ),
        (r#"ssowatch_config_drift{target="home",field="authorization_url",breaking="true"}"#, 0.0),
        (r#"ssowatch_source_success{target="home",source="jwks"}"#, 1.0),
        (r#"ssowatch_source_duration_seconds{target="home",source="app_connection"}"#, 0.02),
        (r#"ssowatch_http_duration_seconds{target="home",side="app",phase="tls"}"#, 0.002),
        (r#"ssowatch_http_duration_seconds{target="home",side="provider",phase="processing"}"#, 0.005),
        (r#"ssowatch_tls_verified{target="home",side="app"}"#, 1.0),
        (r#"ssowatch_clock_skew_seconds{target="home",side="provider"}"#, 0.0),
        (r#"ssowatch_jwks_keys{target="home"}"#, 1.0),
        (r#"ssowatch_provider_info{target="home",version="2.14 or later",dialect="fosite"}"#, 1.0),
        (r#"ssowatch_auto_login{target="home"}"#, 0.0),
        (r#"ssowatch_round_interval_seconds{target="home"}"#, 60.0),
        (r#"ssowatch_round_last_timestamp_seconds{target="home"}"#, noon().timestamp() as f64),
        (
            r#"ssowatch_expiry_timestamp_seconds{target="home",item="app_certificate"}"#,
            (noon() + TimeDelta::days(60)).timestamp() as f64,
        ),
        (r#"ssowatch_rounds_total{target="home"}"#, 0.0),
        ("ssowatch_targets", 1.0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name}");
    }
    let families = families(&samples);
    for absent in ["ssowatch_login_cause", "ssowatch_source_failing"] {
        assert!(!families.contains(absent), "{absent}");
    }
    // The passkey domain is not asked for: not good, not bad, not there.
    assert!(!samples.contains_key(r#"ssowatch_source_success{target="home",source="passkey_domain"}"#));
    assert!(families.contains("process_resident_memory_bytes"));
}

#[tokio::test]
async fn a_broken_target_names_one_cause_the_field_and_why_a_source_fails() {
    let samples = scrape(Setup::with(results_of(&[Snapshot::healthy(), broken_snapshot()]))).await;
    for (name, value) in [
        (r#"ssowatch_login_success{target="home"}"#, 0.0),
        (r#"ssowatch_login_cause{target="home",check="authorization_url_matches",stage="start"}"#, 1.0),
        (
            r#"ssowatch_check_success{target="home",check="authorization_url_matches",stage="start",severity="outage"}"#,
            0.0,
        ),
        (r#"ssowatch_config_drift{target="home",field="authorization_url",breaking="true"}"#, 1.0),
        (r#"ssowatch_source_success{target="home",source="jwks"}"#, 0.0),
        (r#"ssowatch_source_failing{target="home",source="jwks",reason="timeout"}"#, 1.0),
        (
            r#"ssowatch_check_last_success_timestamp_seconds{target="home",check="authorization_url_matches"}"#,
            noon().timestamp() as f64,
        ),
        (r#"ssowatch_source_last_success_timestamp_seconds{target="home",source="jwks"}"#, noon().timestamp() as f64),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name}");
    }
    assert_eq!(samples.keys().filter(|name| name.starts_with("ssowatch_login_cause")).count(), 1);
    let families = families(&samples);
    assert!(!families.contains("ssowatch_jwks_keys"), "no key set was read");
}

#[tokio::test]
async fn a_login_that_cannot_be_evaluated_has_no_series() {
    let snapshot = Snapshot::healthy();
    let results = results_of(&[]);
    let mut report = checks::evaluate(&snapshot, None);
    report.login = ssowatch::model::Login::Unknown;
    report.checks[0].verdict = "unknown".to_owned();
    let check = report.checks[0].id.clone();
    results.put("home", snapshot, report);
    let samples = scrape(Setup::with(results)).await;
    assert!(!families(&samples).contains("ssowatch_login_success"));
    assert_eq!(samples.get(&format!("ssowatch_check_unknown{{target=\"home\",check=\"{check}\"}}")), Some(&1.0));
}

#[tokio::test]
async fn fields_agree_only_where_that_is_proven() {
    let field = r#"ssowatch_config_drift{target="home",field="authorization_url",breaking="true"}"#;
    for (verdict, expected) in
        [("ok", Some(0.0)), ("fail", None), ("unknown", None), ("unverified", None), ("not_applicable", None)]
    {
        let snapshot = Snapshot::healthy();
        let results = results_of(&[]);
        let mut report = checks::evaluate(&snapshot, None);
        for check in report.checks.iter_mut().filter(|check| check.id == "authorization_url_matches") {
            check.verdict = verdict.to_owned();
        }
        results.put("home", snapshot, report);
        assert_eq!(scrape(Setup::with(results)).await.get(field).copied(), expected, "{verdict} without a drift");
    }
}

#[tokio::test]
async fn of_a_stale_round_only_timestamps_are_told() {
    let samples = scrape(Setup { now: noon() + TimeDelta::seconds(201), ..Setup::healthy() }).await;
    let world: Vec<&String> = samples
        .keys()
        .filter(|name| name.contains("target=") && !name.contains("_total{") && !name.contains("round_duration"))
        // About the operator's own windows, not about what was seen.
        .filter(|name| !name.starts_with("ssowatch_maintenance_active"))
        .collect();
    assert!(world.iter().any(|name| name.starts_with("ssowatch_check_last_success_timestamp_seconds")));
    assert!(world.iter().any(|name| name.starts_with("ssowatch_round_last_timestamp_seconds")));
    for name in world {
        assert!(
            name.contains("_timestamp_seconds{") || name.starts_with("ssowatch_round_interval_seconds"),
            "{name} says something about now"
        );
    }
    let just_in_time = scrape(Setup { now: noon() + TimeDelta::seconds(150), ..Setup::healthy() }).await;
    assert!(just_in_time.contains_key(r#"ssowatch_login_success{target="home"}"#));
}

#[tokio::test]
async fn a_target_that_is_removed_is_gone_at_the_next_scrape() {
    let surface = Setup::healthy().serve().await;
    assert!(surface.get("/metrics").await.text().contains("target=\"home\""));
    surface.state.results.list([place("office")]);
    surface.state.daemon.target_removed("home");
    assert!(!surface.get("/metrics").await.text().contains("target=\"home\""));
}

#[tokio::test]
async fn a_target_with_everything_failing_has_at_most_450_series() {
    let setup = Setup::with(results_where_all_fails());
    let surface = setup.serve().await;
    surface.state.daemon.round_started("home", std::time::Duration::ZERO);
    let samples = surface.get("/metrics").await.samples();
    let series = samples.keys().filter(|name| name.contains("target=\"home\"")).count();
    // Checks, fields and sources are closed lists: what a target has is bounded by them.
    let checks = checks::all().count();
    assert!(series >= checks + 13 * 4, "{series} series for {checks} checks: something is not told");
    assert!(series <= 450, "{series} series for {checks} checks");
}

#[tokio::test]
async fn hostile_texts_stay_inside_their_label_or_out_of_it() {
    let hostile = "x\"} 1\nevil{a=\"b";
    let snapshot = Snapshot::healthy();
    let results = Results::default();
    results.list([place(hostile)]);
    results.put(hostile, snapshot.clone(), all_fails(&snapshot, hostile));
    let surface = Setup::with(results).serve().await;
    let text = surface.get("/metrics").await;
    assert_eq!(promtool(text.text()), "");
    assert!(text.text().contains(r#"ssowatch_login_success{target="x\"} 1\nevil{a=\"b"} 0"#));
    assert!(!text.text().lines().any(|line| line.starts_with("evil")));
    let accept = [("Accept", "application/openmetrics-text")];
    openmetrics::parse(surface.ask("GET", "/metrics", &accept).await.text()).unwrap();
}
