//! What is reported first, on every surface: the one check that matters most, or why nothing can be said.

use crate::{
    checks,
    model::{CheckReport, Inconclusive, Login, Report, Severity, Snapshot, Verdict},
};

use super::facts;

/// The check that matters most: the cause; where some get in, the first that fails; none where sign-in works or where it
/// cannot be told.
pub(crate) fn told(report: &Report) -> Option<&CheckReport> {
    match report.login {
        Login::Ok => None,
        // What cannot be told has a cause where our own settings are wrong.
        Login::Broken | Login::Unknown => report.cause_check(),
        Login::Degraded => report.failing().find(|check| check.severity == Severity::Degraded),
    }
}

/// Whether our own settings are wrong: then that is said first and alone.
pub(crate) fn is_misled(report: &Report) -> bool {
    report.login == Login::Unknown && report.cause.is_some()
}

/// Why it cannot be told: by the first outage check that could not be evaluated for a reason of its own; else by the first
/// that waits for something.
pub(crate) fn doubt(report: &Report) -> Option<&str> {
    let unknown = |check: &&CheckReport| check.verdict == Verdict::Unknown && check.severity == Severity::Outage;
    own_reason(report.checks.iter().filter(unknown))
}

/// Why these checks are inconclusive: what failed itself says more than what waits for it.
pub(crate) fn own_reason<'r>(mut checks: impl Iterator<Item = &'r CheckReport> + Clone) -> Option<&'r str> {
    let waits = |check: &&CheckReport| matches!(check.inconclusive, Some(Inconclusive::WaitsFor { .. }));
    let first = checks.clone().find(|check| !waits(check)).or_else(|| checks.next());
    first.and_then(|check| check.reason.as_deref())
}

/// What to change: each way that the findings of a check name, once.
pub(crate) fn fixes(check: &CheckReport) -> Vec<&str> {
    let own = checks::find(&check.id).map(|(_, check)| check.fix);
    let mut ways: Vec<&str> = Vec::new();
    for finding in &check.findings {
        if let Some(way) = finding.fix.as_deref().or(own)
            && !ways.contains(&way)
        {
            ways.push(way);
        }
    }
    ways
}

/// How many people a fault locks out, which auto login decides.
pub(crate) fn locked_out(report: &Report, snapshot: &Snapshot) -> Option<String> {
    let kasm = &snapshot.target.app.url;
    match (report.login, report.auto_login?) {
        (Login::Ok, _) => None,
        (_, true) => Some(format!(
            "Auto login is on, so everybody is sent to {}. Local users get in at {kasm}/#/staticlogin",
            match facts::provider_name(report) {
                "Provider" => "the provider",
                name => name,
            }
        )),
        (Login::Broken, false) => Some(format!("Auto login is off: local users still get in at {kasm}")),
        (Login::Degraded | Login::Unknown, false) => None,
    }
}

/// Who says a value, with the provider's own name: `Pocket ID has` for `The provider has`.
pub(crate) fn says(report: &Report, by: &str) -> String {
    match facts::provider_name(report) {
        "Provider" => report.app.text(by),
        name => report.app.text(by).replace("The provider", name),
    }
}
