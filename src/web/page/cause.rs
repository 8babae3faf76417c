//! The second question: which one thing broke first, what differs, what to change.

use super::{
    Heading, View,
    compare::marked,
    escape::{clipped, escape, prose},
    link, steps,
};
use crate::{
    checks,
    model::{CheckReport, Drift, Finding, Login, Report, Severity, Snapshot},
    render::{drift, facts, headline, path},
};

/// The most findings of the cause, and the most checks of a list, that are told; the rest is counted.
const MOST: usize = 8;
/// The longest sentence of a list, in characters.
const SENTENCE: usize = 200;
/// The longest instruction, in characters.
const FIX: usize = 600;

/// The cause, or the first fault; or why it cannot be told. Nothing where sign-in works.
pub(super) fn cause(report: &Report, snapshot: &Snapshot, heading: Heading) -> String {
    if let Some(reason) = headline::doubt(report).filter(|_| report.login == Login::Unknown) {
        return format!("{}<p class=\"{}\">{}</p>\n", heading.of("Why"), steps::kind_of(reason), escape(reason));
    }
    let Some(check) = headline::told(report) else { return String::new() };
    let title = if report.login == Login::Broken { "Cause" } else { "Fault" };
    let findings: String = check.findings.iter().take(MOST).map(|finding| tell(report, finding)).collect();
    let who = headline::locked_out(report, snapshot).map(|who| format!("<p>{}</p>\n", escape(&who)));
    format!(
        "{}{findings}{}{}<p class=\"dim\">Check <code>{id}</code>; more by <code>ssowatch explain {id}</code></p>\n",
        heading.of(title),
        fixes(check),
        who.unwrap_or_default(),
        id = escape(&check.id)
    )
}

/// One finding: what it says, and both sides' values.
fn tell(report: &Report, finding: &Finding) -> String {
    let differs = |drift: &Drift| format!("The {} differs", facts::field_in_words(&drift.field));
    let message = facts::without_values(finding).or_else(|| finding.drift.as_ref().map(differs)).unwrap_or_default();
    let values = finding.drift.as_ref().map(|drift| both_sides(report, drift)).unwrap_or_default();
    format!("<p><strong>{}</strong></p>\n{values}", escape(&message))
}

/// Both values, one above the other, with what differs marked and in words.
fn both_sides(report: &Report, drift: &Drift) -> String {
    let row = |by: &str, value: &str, other: &str| {
        format!(
            "<div><dt>{}</dt> <dd class=\"v\">{}</dd></div>\n",
            escape(&headline::says(report, by)),
            marked(value, other)
        )
    };
    format!(
        "<div class=\"both\"><dl>\n{}{}</dl>\n<p>What differs: {}</p></div>\n",
        row(&drift.actual_by, &drift.actual, &drift.expected),
        row(&drift.expected_by, &drift.expected, &drift.actual),
        escape(&drift::difference(&drift.expected, &drift.actual).words)
    )
}

fn fixes(check: &CheckReport) -> String {
    let way = |way: &&str| format!("<p class=\"fix\"><strong>What to change:</strong> {}</p>\n", prose(way, FIX));
    headline::fixes(check).iter().take(MOST).map(way).collect()
}

/// What fails beside the cause, what is at risk, what is worth knowing: each in a sentence.
pub(super) fn also(report: &Report, view: &View<'_>, heading: Heading) -> String {
    let told = headline::told(report);
    let others = |severities: &[Severity]| -> Vec<&CheckReport> {
        let other = |check: &&CheckReport| told.is_none_or(|told| told.id != check.id);
        report.failing().filter(|check| severities.contains(&check.severity)).filter(other).collect()
    };
    let failing = match report.login {
        Login::Broken => "Also failing, perhaps for the same cause",
        _ => "Also failing",
    };
    list(&heading.of(failing), &others(&[Severity::Outage, Severity::Degraded]), report, view)
        + &list(&heading.of("Worth knowing"), &others(&[Severity::Info]), report, view)
}

fn list(heading: &str, checks: &[&CheckReport], report: &Report, view: &View<'_>) -> String {
    if checks.is_empty() {
        return String::new();
    }
    let items: String = checks.iter().take(MOST).map(|check| item(check)).collect();
    let rest = match checks.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!("<li>{more} more, see <a href=\"{}/checks\">every check</a></li>\n", link(&report.name, view)),
    };
    format!("{heading}<ul>\n{items}{rest}</ul>\n")
}

fn item(check: &CheckReport) -> String {
    let title = checks::find(&check.id).map_or("", |(_, check)| check.title);
    let what = path::in_short(check);
    format!("<li>{} <span class=\"dim\">({}: does not hold)</span></li>\n", clipped(&what, SENTENCE), escape(title))
}
