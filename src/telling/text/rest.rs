//! What else there is to say: what also fails, what will break, what could not be judged, what is not verified.

use crate::{
    checks,
    model::{CheckReport, Credential, Login, Report, Severity, Snapshot},
    telling::{
        facts,
        page::{Page, cell},
        path,
        style::Paint,
    },
};

/// The columns of a check's id in a list.
const ID: usize = 30;

/// The other checks that fail, each in a line.
pub(super) fn also_failing(page: &mut Page, report: &Report, told: Option<&CheckReport>) {
    let others: Vec<&CheckReport> = report
        .failing()
        .filter(|check| matches!(check.severity, Severity::Outage | Severity::Degraded))
        .filter(|check| told.is_none_or(|told| told.id != check.id))
        .collect();
    if others.is_empty() {
        return;
    }
    page.heading(if report.login == Login::Broken { "Also failing, perhaps for the same cause" } else { "Also failing" });
    for check in others {
        let paint = if check.severity == Severity::Outage { Paint::Bad } else { Paint::Warn };
        page.row(
            &[cell("", 2, paint), cell(check.severity.id(), 10, paint), cell(&check.id, ID, Paint::Plain)],
            &path::in_short(check),
            Paint::Plain,
        );
    }
}

/// What will break, with what to do about it; while sign-in is broken, only what.
pub(super) fn at_risk(page: &mut Page, report: &Report) {
    let risks: Vec<&CheckReport> = report.failing().filter(|check| check.severity == Severity::Risk).collect();
    if risks.is_empty() {
        return;
    }
    page.heading("At risk");
    for check in risks {
        for finding in &check.findings {
            item(page, &check.id, &finding.message, Paint::Warn);
            let own = checks::find(&check.id).map(|(_, check)| check.mend);
            if let Some(way) = finding.mend.as_deref().or(own).filter(|_| report.login != Login::Broken) {
                page.row(&[cell("", 2 + ID, Paint::Quiet)], way, Paint::Quiet);
            }
        }
    }
}

/// What changed or differs without harm.
pub(super) fn worth_knowing(page: &mut Page, report: &Report) {
    let infos: Vec<&CheckReport> = report.failing().filter(|check| check.severity == Severity::Info).collect();
    if infos.is_empty() {
        return;
    }
    page.heading("Worth knowing");
    for check in infos {
        for finding in &check.findings {
            item(page, &check.id, &finding.message, Paint::Plain);
        }
    }
}

/// What could not be judged this time, by reason.
pub(super) fn not_judged(page: &mut Page, report: &Report, told: Option<&CheckReport>) {
    let unknown = report.checks.iter().filter(|check| check.verdict == "unknown");
    let unknown = unknown.filter(|check| told.is_none_or(|told| told.id != check.id));
    let groups = grouped(unknown, |check| check.reason.clone().unwrap_or_default());
    if groups.is_empty() {
        return;
    }
    page.heading("Not judged this time");
    for (reason, checks) in groups {
        let who = match checks[..] {
            [only] => only.id.clone(),
            _ => facts::checks_in_words(checks.len()),
        };
        item(page, &who, &reason, Paint::Plain);
    }
}

/// What is not verified and why: by the credential that would raise it, then what only a person can test.
pub(super) fn not_verified(page: &mut Page, report: &Report, snapshot: &Snapshot) {
    let unverified = || report.checks.iter().filter(|check| check.verdict == "unverified");
    let (by_credential, by_hand): (Vec<_>, Vec<_>) =
        unverified().partition(|check| !facts::missing_credentials(snapshot, check).is_empty());
    let groups = grouped(by_credential, |check| facts::missing_credentials(snapshot, check));
    if !groups.is_empty() {
        page.heading("Not verified, for want of a credential");
        for (credentials, checks) in groups {
            with_credentials(page, &credentials, checks.len());
        }
    }
    let groups = grouped(by_hand, |check| check.reason.clone().unwrap_or_default());
    if !groups.is_empty() {
        page.heading("Not verified, and to be looked at by a person");
        for (reason, checks) in groups {
            let ids: Vec<&str> = checks.iter().map(|check| check.id.as_str()).collect();
            item(page, &ids.join(" "), &reason, Paint::Plain);
        }
    }
}

fn with_credentials(page: &mut Page, credentials: &[Credential], count: usize) {
    let mut keys: Vec<&str> = credentials.iter().map(|credential| credential.config_keys()).collect();
    keys.dedup();
    let with = format!("With {}", facts::in_words(credentials.iter().copied()));
    let gain = format!("{} more ({})", facts::checks_in_words(count), keys.join(", "));
    item(page, &with, &gain, Paint::Plain);
}

/// A line of a list. A name that is too long for its column stands on a line of its own.
fn item(page: &mut Page, name: &str, text: &str, paint: Paint) {
    if page.columns(name) < ID {
        page.row(&[cell("", 2, paint), cell(name, ID, paint)], text, Paint::Plain);
    } else {
        page.row(&[cell("", 2, paint)], name, paint);
        page.row(&[cell("", 2 + ID, paint)], text, Paint::Plain);
    }
}

/// Checks that share a key, in the order in which the keys appear.
fn grouped<'r, K: PartialEq>(
    checks: impl IntoIterator<Item = &'r CheckReport>,
    key: impl Fn(&CheckReport) -> K,
) -> Vec<(K, Vec<&'r CheckReport>)> {
    let mut groups: Vec<(K, Vec<&CheckReport>)> = Vec::new();
    for check in checks {
        let of = key(check);
        match groups.iter_mut().find(|(known, _)| *known == of) {
            Some((_, members)) => members.push(check),
            None => groups.push((of, vec![check])),
        }
    }
    groups
}
