//! What was seen and evaluated: a pure function of (Results, now), rebuilt at each scrape.
//!
//! A target that is gone is gone from the next scrape. Where nothing is known there is no series, and of a round that
//! is too old only timestamps are told.

use std::{collections::BTreeMap, sync::Arc};

use super::{Family, MetricsBuilder};
use crate::{
    checks::{self, Case},
    clock::{Time, unix_seconds},
    model::{
        Answered, CheckReport, Connection, HttpTiming, Login, Observed, Report, Severity, Side, Snapshot, SourceReport,
        Trust, Verdict,
    },
    oidc::Discovery,
    providers::ProviderKind,
    results::{Entry, Latest},
};

/// Notes everything about these targets.
pub fn write(builder: &mut MetricsBuilder, entries: &[Arc<Entry>], now: Time) {
    for entry in entries {
        target(builder, entry, now);
    }
}

/// Notes everything about one target.
pub fn target(builder: &mut MetricsBuilder, entry: &Entry, now: Time) {
    builder.set(Family::RoundInterval, &[&entry.name], entry.interval_seconds);
    let Some(latest) = &entry.latest else { return };
    let is_current = entry.current(now).is_some();
    timestamps(builder, &entry.name, latest, is_current);
    if is_current {
        verdicts(builder, &entry.name, &latest.report);
        sights(builder, &entry.name, &latest.snapshot);
    }
}

/// What stays true however old it is. Of what is good in a current round, other series tell that.
fn timestamps(builder: &mut MetricsBuilder, target: &str, latest: &Latest, is_current: bool) {
    let report = &latest.report;
    builder.set(Family::RoundLast, &[target], unix_seconds(report.at));
    let is_good = |check: &CheckReport| is_current && check.verdict == Verdict::Ok;
    for check in report.checks.iter().filter(|check| breaks_sign_in(check.severity) && !is_good(check)) {
        if let Some(at) = latest.last_success.get(&check.id) {
            builder.set(Family::CheckLastSuccess, &[target, &check.id], unix_seconds(*at));
        }
    }
    let gives =
        |id: &str| is_current && report.sources.iter().any(|source| source.id.id() == id && source.ok == Some(true));
    for (source, at) in latest.source_last_success.iter().filter(|(source, _)| !gives(source)) {
        builder.set(Family::SourceLastSuccess, &[target, source], unix_seconds(*at));
    }
    if let Some(at) = canary_last_good(latest) {
        builder.set(Family::CanaryLastSuccess, &[target], unix_seconds(at));
    }
    // The soonest of each item: a label may stand once.
    let mut soonest: BTreeMap<&str, Time> = BTreeMap::new();
    for expiry in &report.expiries {
        let known = soonest.entry(&expiry.item).or_insert(expiry.at);
        *known = expiry.at.min(*known);
    }
    for (item, at) in soonest {
        builder.set(Family::Expiry, &[target, item], unix_seconds(at));
    }
}

/// When the canary was good last: by its last run, else by an earlier one.
fn canary_last_good(latest: &Latest) -> Option<Time> {
    let seen = &latest.snapshot.canary_sign_in;
    let is_good = seen.ok().is_some_and(|run| run.failure().is_none());
    if is_good { Some(seen.at) } else { latest.last_success.get("canary_signs_in").copied() }
}

/// The canary's last run, while it still says something.
fn canary(builder: &mut MetricsBuilder, target: &str, snapshot: &Snapshot) {
    let seen = &snapshot.canary_sign_in;
    let Some(run) = seen.ok().filter(|run| run.is_current(seen.at, snapshot.taken_at)) else { return };
    let failed = run.failure().map(|failure| failure.step);
    for step in &run.steps {
        builder.set_flag(Family::CanarySuccess, &[target, step.step.id()], failed != Some(step.step));
        builder.set(Family::CanaryDuration, &[target, step.step.id()], step.seconds);
    }
    // One that failed before it took any time.
    if let Some(step) = failed.filter(|failed| run.steps.iter().all(|step| step.step != *failed)) {
        builder.set_flag(Family::CanarySuccess, &[target, step.id()], false);
    }
}

/// What a round said.
pub fn verdicts(builder: &mut MetricsBuilder, target: &str, report: &Report) {
    match report.login {
        Login::Ok | Login::Degraded => builder.set(Family::LoginSuccess, &[target], 1.0),
        Login::Broken => builder.set(Family::LoginSuccess, &[target], 0.0),
        Login::Unknown => {}
    }
    if let Some(cause) = &report.cause {
        builder.set(Family::LoginCause, &[target, &cause.check, cause.stage.id()], 1.0);
    }
    builder.set(Family::LoginCoverage, &[target], report.coverage.ratio());
    for check in &report.checks {
        verdict(builder, target, check);
    }
    for (field, drift) in drifts(&report.checks) {
        if let Some(differs) = drift.differs() {
            let breaking = if drift.breaking { "true" } else { "false" };
            builder.set_flag(Family::ConfigDrift, &[target, field, breaking], differs);
        }
    }
    for seen in &report.sources {
        source(builder, target, seen);
    }
    if let Some(on) = report.auto_login {
        builder.set_flag(Family::AutoLogin, &[target], on);
    }
}

fn verdict(builder: &mut MetricsBuilder, target: &str, check: &CheckReport) {
    match check.verdict {
        verdict @ (Verdict::Ok | Verdict::Fail) => builder.set_flag(
            Family::CheckSuccess,
            &[target, &check.id, check.stage.id(), check.severity.id()],
            verdict == Verdict::Ok,
        ),
        Verdict::Unknown => builder.set(Family::CheckUnknown, &[target, &check.id], 1.0),
        Verdict::Unverified | Verdict::NotApplicable | Verdict::Off => {}
    }
}

fn breaks_sign_in(severity: Severity) -> bool {
    severity >= Severity::Degraded
}

/// What the checks that compare one field say together.
#[derive(Debug, Default, Clone, Copy)]
struct FieldDrift {
    /// Whether one of them breaks sign-in: by severity, so that the label does not change with the round.
    breaking: bool,
    /// One of them found that it differs.
    found: bool,
    /// One of them is good.
    good: bool,
    /// One of them fails for another reason or could not be evaluated, so that *they agree* is not verified.
    doubt: bool,
}

impl FieldDrift {
    fn differs(self) -> Option<bool> {
        match self {
            Self { found: true, .. } => Some(true),
            Self { good: true, doubt: false, .. } => Some(false),
            _ => None,
        }
    }
}

/// Each field that the checks compare. Two checks may compare the same field; its label stands once.
fn drifts(reports: &[CheckReport]) -> BTreeMap<&'static str, FieldDrift> {
    let mut fields: BTreeMap<&'static str, FieldDrift> = BTreeMap::new();
    for report in reports {
        let Some((_, check)) = checks::find(&report.id) else { continue };
        for field in check.fields {
            let drift = fields.entry(field).or_default();
            drift.breaking |= breaks_sign_in(report.severity);
            match report.verdict {
                Verdict::Ok => drift.good = true,
                Verdict::Fail if has_drift(report, field) => drift.found = true,
                Verdict::Fail | Verdict::Unknown => drift.doubt = true,
                Verdict::Unverified | Verdict::NotApplicable | Verdict::Off => {}
            }
        }
    }
    fields
}

fn has_drift(report: &CheckReport, field: &str) -> bool {
    report.findings.iter().filter_map(|finding| finding.drift.as_ref()).any(|drift| drift.field == field)
}

/// How one source did.
pub fn source(builder: &mut MetricsBuilder, target: &str, seen: &SourceReport) {
    let Some(ok) = seen.ok else { return };
    let id = seen.id.id();
    builder.set_flag(Family::SourceSuccess, &[target, id], ok);
    builder.set(Family::SourceDuration, &[target, id], seen.took_seconds);
    if let (false, Some(reason)) = (ok, seen.reason) {
        builder.set(Family::SourceFailing, &[target, id, reason.id()], 1.0);
    }
}

/// What a round saw, apart from any verdict.
fn sights(builder: &mut MetricsBuilder, target: &str, snapshot: &Snapshot) {
    provider(builder, target, &snapshot.provider_connection, &snapshot.discovery);
    provider_info(builder, target, snapshot);
    canary(builder, target, snapshot);
    connection(builder, target, Side::App, &snapshot.app_connection);
    if let Some(health) = snapshot.app_health.ok() {
        exchange(builder, target, Side::App, health);
    }
    if let Some(kasm) = snapshot.kasm_version.ok() {
        builder.set(Family::AppInfo, &[target, &kasm.build], 1.0);
    }
    clients(builder, snapshot);
    if let Some(keys) = snapshot.jwks.ok() {
        builder.set(Family::JwksKeys, &[target], keys.keys.len() as f64);
    }
}

/// What the provider's connection and its discovery document show.
pub fn provider(
    builder: &mut MetricsBuilder,
    target: &str,
    connected: &Observed<Connection>,
    discovery: &Observed<Answered<Discovery>>,
) {
    connection(builder, target, Side::Provider, connected);
    if let Some(answer) = discovery.ok() {
        exchange(builder, target, Side::Provider, answer);
    }
}

/// How many clients the provider has: told by one target of it.
fn clients(builder: &mut MetricsBuilder, snapshot: &Snapshot) {
    let Some(seen) = snapshot.clients.ok() else { return };
    let case = Case::new(snapshot, None);
    let own = case.authorize_url().ok().and_then(|url| url.client_id.as_deref());
    let facts = &snapshot.target;
    let watched = seen.clients.iter().filter(|client| facts.watcher_of(client, own).is_some()).count();
    // Those that were not read count as not watched.
    let others = seen.total.max(seen.clients.len() as u64) - watched as u64;
    for (word, count) in [("true", watched as u64), ("false", others)] {
        builder.set(Family::ProviderClients, &[&facts.provider.url, word], count as f64);
    }
}

fn provider_info(builder: &mut MetricsBuilder, target: &str, snapshot: &Snapshot) {
    if snapshot.discovery.ok().is_none() {
        return;
    }
    let case = Case::new(snapshot, None);
    let version = match case.kind {
        ProviderKind::PocketId => case.version.map(|version| version.to_string()),
        _ => None,
    };
    builder.set(Family::ProviderInfo, &[target, version.as_deref().unwrap_or_default(), case.dialect.id()], 1.0);
}

fn connection(builder: &mut MetricsBuilder, target: &str, side: Side, seen: &Observed<Connection>) {
    let Some(connection) = seen.ok() else { return };
    for (phase, seconds) in connection_phases(connection) {
        builder.set(Family::HttpDuration, &[target, side.id(), phase], seconds);
    }
    if let Some(tls) = &connection.tls {
        let verified = matches!(tls.trust, Trust::Verified | Trust::Pinned);
        builder.set_flag(Family::TlsVerified, &[target, side.id()], verified);
    }
}

fn exchange<T>(builder: &mut MetricsBuilder, target: &str, side: Side, answer: &Answered<T>) {
    for (phase, seconds) in exchange_phases(answer.timing) {
        builder.set(Family::HttpDuration, &[target, side.id(), phase], seconds);
    }
    // A clock that is read through a CDN is the CDN's.
    if let Some(clock) = answer.clock.as_ref().filter(|clock| clock.through.is_none()) {
        builder.set(Family::ClockSkew, &[target, side.id()], clock.skew_seconds);
    }
}

/// The phases of a connection, in seconds; no `tls` for plain HTTP.
pub fn connection_phases(connection: &Connection) -> impl Iterator<Item = (&'static str, f64)> {
    let tls = connection.tls_seconds.map(|seconds| ("tls", seconds));
    [("resolve", connection.resolve_seconds), ("connect", connection.connect_seconds)].into_iter().chain(tls)
}

/// The phases of an exchange over it, in seconds.
pub fn exchange_phases(timing: HttpTiming) -> [(&'static str, f64); 2] {
    [("processing", timing.processing_seconds), ("transfer", timing.transfer_seconds)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::flatten;

    #[test]
    fn kasms_build_is_told_where_a_key_shows_it_and_else_not() {
        let told = |snapshot: &Snapshot| {
            let mut builder = MetricsBuilder::new();
            sights(&mut builder, "home", snapshot);
            let samples = flatten(&builder.finish());
            samples.into_iter().find(|(name, _)| name.starts_with("ssowatch_app_info"))
        };
        let series = r#"ssowatch_app_info{target="home",version="1.19.0.00c9b2"}"#.to_owned();
        assert_eq!(told(&Snapshot::healthy_with_credentials()), Some((series, 1.0)));
        assert_eq!(told(&Snapshot::healthy()), None);
    }
}
