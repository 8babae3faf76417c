//! What else there is to say: what also fails, what will break, what could not be evaluated, what is not verified.

use crate::{
    checks,
    model::{CheckReport, Login, Report, Severity, Snapshot},
    render::{
        facts,
        page::{Page, cell},
        path,
        style::Paint,
        unproven,
    },
};

/// The most columns that names take in a list.
const NAMES: usize = 30;

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
    let heading =
        if report.login == Login::Broken { "Also failing, perhaps for the same cause" } else { "Also failing" };
    let items: Vec<Item> = others
        .into_iter()
        .map(|check| Item {
            name: check.id.clone(),
            text: format!("{}: {}", check.severity.id(), path::in_short(check)),
            fix: None,
        })
        .collect();
    list(page, heading, if report.login == Login::Broken { Paint::Bad } else { Paint::Warn }, &items);
}

/// What will break, with what to do about it; while sign-in is broken, only what.
pub(super) fn at_risk(page: &mut Page, report: &Report) {
    let with_fix = report.login != Login::Broken;
    findings(page, report, Severity::Risk, "At risk", Paint::Warn, with_fix);
}

/// What changed or differs without harm.
pub(super) fn worth_knowing(page: &mut Page, report: &Report) {
    findings(page, report, Severity::Info, "Worth knowing", Paint::Plain, false);
}

fn findings(page: &mut Page, report: &Report, severity: Severity, heading: &str, paint: Paint, with_fix: bool) {
    let mut items = Vec::new();
    for check in report.failing().filter(|check| check.severity == severity) {
        let own_fix = checks::find(&check.id).map(|(_, check)| check.fix);
        for finding in &check.findings {
            let fix = finding.fix.as_deref().or(own_fix).filter(|_| with_fix);
            // Several findings that are fixed in one way: it is told with the last.
            if let Some(last) =
                items.last_mut().filter(|last: &&mut Item| last.name == check.id && last.fix.as_deref() == fix)
            {
                last.fix = None;
            }
            items.push(Item { name: check.id.clone(), text: finding.message.clone(), fix: fix.map(str::to_owned) });
        }
    }
    list(page, heading, paint, &items);
}

/// What could not be evaluated this time, by reason.
pub(super) fn not_evaluated(page: &mut Page, report: &Report) {
    let groups = unproven::not_evaluated(report);
    let items: Vec<Item> = groups
        .into_iter()
        .map(|(reason, checks)| {
            let name = match checks[..] {
                [only] => only.id.clone(),
                _ => facts::checks_in_words(checks.len()),
            };
            Item { name, text: reason, fix: None }
        })
        .collect();
    list(page, "Not evaluated this time", Paint::Plain, &items);
}

/// What is not verified and why: by the credential that would raise it, then what only a person can test.
pub(super) fn not_verified(page: &mut Page, report: &Report, snapshot: &Snapshot) {
    let groups = unproven::for_want_of_credentials(report, snapshot);
    if !groups.is_empty() {
        page.heading("Needs a credential");
    }
    for (credentials, checks) in groups {
        page.sentence(2, &unproven::gain(&credentials, checks.len()));
    }
    let run_now = unproven::from_here(report, snapshot);
    if report.login == Login::Broken {
        // Nobody tests by hand what is known to be broken.
        only_named(page, run_now.iter().flat_map(|(_, checks)| checks));
        return;
    }
    let items: Vec<Item> = run_now
        .into_iter()
        .map(|(reason, checks)| {
            let ids: Vec<&str> = checks.iter().map(|check| check.id.as_str()).collect();
            Item { name: ids.join(", "), text: reason, fix: None }
        })
        .collect();
    list(page, NOT_FROM_HERE, Paint::Plain, &items);
}

const NOT_FROM_HERE: &str = "Not verified from here, and what a person can do";

fn only_named<'r>(page: &mut Page, checks: impl Iterator<Item = &'r &'r CheckReport>) {
    let ids: Vec<&str> = checks.map(|check| check.id.as_str()).collect();
    if ids.is_empty() {
        return;
    }
    page.heading("Not verified from here");
    page.sentence(2, &format!("{} (once the cause is fixed)", ids.join(", ")));
}

/// An entry of a list: a name, what there is to say, and how to fix it.
struct Item {
    name: String,
    text: String,
    fix: Option<String>,
}

/// A heading and its list, names at the left; or each name on a line of its own, where that gives long words room.
/// Nothing where the list is empty.
fn list(page: &mut Page, heading: &str, paint: Paint, items: &[Item]) {
    if items.is_empty() {
        return;
    }
    page.heading(heading);
    let column = items.iter().map(|item| page.columns(&item.name) + 2).max().unwrap_or_default();
    let fits = column <= NAMES && items.iter().all(|item| page.fits(&item.text, 2 + column));
    let below = [cell("", if fits { 2 + column } else { 4 }, paint)];
    for item in items {
        if fits {
            page.row(&[cell("", 2, paint), cell(&item.name, column, paint)], &item.text, Paint::Plain);
        } else {
            page.row(&[cell("", 2, paint)], &item.name, paint);
            page.row(&below, &item.text, Paint::Plain);
        }
        if let Some(fix) = &item.fix {
            page.row(&below, &format!("Fix: {fix}"), Paint::Quiet);
        }
    }
}
