//! Reports as JSON: `check --output json` and `/api/v1`. Format 1: more fields may follow, these stay.
//!
//! The form is written down here field by field, apart from the model, so that a change of the model cannot change the
//! public form unseen.

use serde::Serialize;

use crate::{
    checks,
    clock::Time,
    model::{CheckReport, Coverage, Drift, Expiry, Finding, Inconclusive, Report, SourceReport},
    oidc::escaped_json,
};

/// The version of the form.
pub const FORMAT: u32 = 1;

/// Reports as a JSON document, with a line break at the end.
///
/// # Errors
/// Never in practice: every field is a text, a number or a list of them.
pub fn json<'r>(reports: impl IntoIterator<Item = &'r Report>) -> Result<String, serde_json::Error> {
    let document = document(reports);
    serde_json::to_string_pretty(&document).map(|text| escaped_json(text) + "\n")
}

/// Reports as a value that serialises to the public form.
pub fn document<'r>(reports: impl IntoIterator<Item = &'r Report>) -> Document<'r> {
    Document { format: FORMAT, targets: reports.into_iter().map(target).collect() }
}

/// Several reports.
#[derive(Debug, Serialize)]
pub struct Document<'r> {
    format: u32,
    targets: Vec<TargetView<'r>>,
}

/// One report.
#[derive(Debug, Serialize)]
pub struct TargetView<'r> {
    name: &'r str,
    login: &'static str,
    verified: crate::model::Verified,
    cause: Option<CauseView<'r>>,
    coverage: CoverageView,
    at: Time,
    provider: &'r str,
    provider_kind: &'static str,
    app: &'r str,
    app_kind: &'static str,
    auto_login: Option<bool>,
    checks: Vec<CheckView<'r>>,
    sources: Vec<SourceView<'r>>,
    expiries: Vec<ExpiryView<'r>>,
}

#[derive(Debug, Serialize)]
struct CauseView<'r> {
    check: &'r str,
    stage: &'static str,
}

#[derive(Debug, Serialize)]
struct CoverageView {
    proven: usize,
    known: usize,
}

#[derive(Debug, Serialize)]
struct CheckView<'r> {
    id: &'r str,
    stage: &'static str,
    severity: &'static str,
    verdict: &'static str,
    seen_at: Time,
    reason: Option<&'r str>,
    inconclusive: Option<Inconclusive>,
    findings: Vec<FindingView<'r>>,
}

#[derive(Debug, Serialize)]
struct FindingView<'r> {
    code: &'r str,
    message: &'r str,
    fix: Option<&'r str>,
    drift: Option<DriftView<'r>>,
}

#[derive(Debug, Serialize)]
struct DriftView<'r> {
    field: &'r str,
    expected: &'r str,
    actual: &'r str,
    expected_by: &'r str,
    actual_by: &'r str,
}

#[derive(Debug, Serialize)]
struct SourceView<'r> {
    id: &'static str,
    ok: Option<bool>,
    reason: Option<&'static str>,
    detail: Option<&'r str>,
    at: Time,
    took_seconds: f64,
}

#[derive(Debug, Serialize)]
struct ExpiryView<'r> {
    item: &'r str,
    at: Time,
}

// Each is taken apart, so that a new field does not compile until it is decided whether it becomes public.

/// One report as a value that serialises to the public form.
pub fn target(report: &Report) -> TargetView<'_> {
    let Report {
        name,
        login,
        verified,
        cause,
        coverage,
        at,
        provider,
        recognised,
        app,
        auto_login,
        checks,
        sources,
        expiries,
    } = report;
    let Coverage { proven, known } = *coverage;
    TargetView {
        name,
        login: login.word(),
        verified: *verified,
        cause: cause.as_ref().map(|cause| CauseView { check: &cause.check, stage: cause.stage.id() }),
        coverage: CoverageView { proven, known },
        at: *at,
        provider,
        provider_kind: recognised.kind.id(),
        app: app.name(),
        app_kind: app.kind().id(),
        auto_login: *auto_login,
        checks: checks.iter().map(check).collect(),
        sources: sources.iter().map(source).collect(),
        expiries: expiries.iter().map(|Expiry { item, at }| ExpiryView { item, at: *at }).collect(),
    }
}

fn check(report: &CheckReport) -> CheckView<'_> {
    let CheckReport { id, stage, severity, verdict, seen_at, reason, inconclusive, findings } = report;
    let own_fix = checks::find(id).map(|(_, check)| check.fix);
    CheckView {
        id,
        stage: stage.id(),
        severity: severity.id(),
        verdict: verdict.id(),
        seen_at: *seen_at,
        reason: reason.as_deref(),
        inconclusive: *inconclusive,
        findings: findings.iter().map(|found| finding(found, own_fix)).collect(),
    }
}

/// A finding that has no fix of its own is fixed as its check says.
fn finding<'r>(found: &'r Finding, own_fix: Option<&'r str>) -> FindingView<'r> {
    let Finding { code, message, fix, drift, expiry: _ } = found;
    FindingView { code, message, fix: fix.as_deref().or(own_fix), drift: drift.as_ref().map(drift_view) }
}

fn drift_view(drift: &Drift) -> DriftView<'_> {
    let Drift { field, expected, expected_by, actual, actual_by } = drift;
    DriftView { field, expected, actual, expected_by, actual_by }
}

fn source(report: &SourceReport) -> SourceView<'_> {
    let SourceReport { id, ok, reason, detail, at, took_seconds } = report;
    SourceView {
        id: id.id(),
        ok: *ok,
        reason: reason.map(crate::model::Reason::id),
        detail: detail.as_deref(),
        at: *at,
        took_seconds: *took_seconds,
    }
}
