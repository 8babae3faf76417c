//! What Prometheus makes of the daemon.

use ssowatch::lab::Fault;

use super::{daemon::Daemon, prometheus::Prometheus, relay::Relay};

const BROKEN: Fault = Fault::RedirectUriNotRegistered;

/// A daemon with a target that is well and one whose redirect URI is not registered.
async fn well_and_broken() -> Daemon {
    Daemon::over(&[("well", &[]), ("broken", &[BROKEN])]).await
}

/// Scrapes in one format, and asserts what Prometheus then knows.
async fn scraped_as(media_type: &str, accept: Option<&'static str>, flags: &[&str]) {
    let daemon = well_and_broken().await;
    let relay = Relay::to(daemon.address(), accept).await;
    let prometheus = Prometheus::beside(relay.address, flags).await;
    prometheus.shows("up{job='ssowatch'}", 1.0).await;
    for (query, value) in [
        ("ssowatch_login_success{target='well',JOB}", 1.0),
        ("ssowatch_login_success{target='broken',JOB}", 0.0),
        ("ssowatch_login_cause{target='broken',check='redirect_uri_registered',stage='authorize',JOB}", 1.0),
        ("count(ssowatch_login_cause{JOB})", 1.0),
        ("count(ssowatch_check_success{target='well',JOB} == 0) or vector(0)", 0.0),
        ("ssowatch_check_success{target='broken',check='redirect_uri_registered',severity='outage',JOB}", 0.0),
        ("ssowatch_source_success{target='well',source='authorize_dry_run',JOB}", 1.0),
        ("ssowatch_rounds_total{target='well'} > bool 0", 1.0),
        ("ssowatch_targets", 2.0),
        ("process_resident_memory_bytes{JOB} > bool 1e6", 1.0),
    ] {
        prometheus.shows(&query.replace("JOB", "job='ssowatch'"), value).await;
    }
    assert_eq!(relay.media_types(), [media_type]);
    daemon.ends_well().await;
}

#[tokio::test]
async fn prometheus_scrapes_open_metrics_by_itself() {
    scraped_as("application/openmetrics-text", None, &[]).await;
}

#[tokio::test]
async fn prometheus_scrapes_protobuf_where_it_wants_native_histograms() {
    scraped_as("application/vnd.google.protobuf", None, &["--enable-feature=native-histograms"]).await;
}

#[tokio::test]
async fn prometheus_scrapes_the_text_format() {
    scraped_as("text/plain", Some("text/plain;version=0.0.4"), &[]).await;
}

#[tokio::test]
async fn a_target_has_at_most_450_series() {
    let daemon = well_and_broken().await;
    let prometheus = Prometheus::beside(daemon.address(), &[]).await;
    prometheus.shows("ssowatch_targets", 2.0).await;
    for target in ["well", "broken"] {
        let count = prometheus.value(&format!("count({{target='{target}',job='ssowatch'}})")).await;
        assert!((50.0..=450.0).contains(&count), "{target}: {count} series");
    }
    let of_the_daemon = "scrape_samples_scraped{job='ssowatch'} - scalar(count({target!='',job='ssowatch'}))";
    let count = prometheus.value(of_the_daemon).await;
    assert!((10.0..=40.0).contains(&count), "the daemon: {count} series");
    daemon.ends_well().await;
}

#[tokio::test]
async fn the_series_of_a_target_are_gone_once_it_is_out_of_the_configuration() {
    let daemon = well_and_broken().await;
    let prometheus = Prometheus::beside(daemon.address(), &[]).await;
    prometheus.shows("ssowatch_login_success{target='broken',job='ssowatch'}", 0.0).await;
    daemon.forget("broken").await;
    prometheus.shows_nothing("{target='broken',job='ssowatch'}").await;
    prometheus.shows("ssowatch_targets", 1.0).await;
    prometheus.shows("ssowatch_login_success{target='well',job='ssowatch'}", 1.0).await;
    daemon.ends_well().await;
}

#[tokio::test]
async fn prometheus_finds_the_targets_and_probes_each() {
    let daemon = well_and_broken().await;
    let prometheus = Prometheus::beside(daemon.address(), &[]).await;
    prometheus.shows("probe_success{target='well'}", 1.0).await;
    prometheus.shows("probe_success{target='broken'}", 0.0).await;
    prometheus.shows("count(up{job='ssowatch-probe'} == 1)", 2.0).await;
    daemon.ends_well().await;
}
