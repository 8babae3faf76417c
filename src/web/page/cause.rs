//! The second question: which one thing broke first, what differs, what to change.

use maud::{Markup, html};

use super::{
    Heading, View, check_id, check_title,
    compare::marked,
    link, steps,
    text::{clipped, prose, shown},
};
use crate::{
    model::{CheckReport, Drift, Finding, Login, Report, Severity, Snapshot},
    render::{drift, facts, headline, path},
};

/// The most findings of the cause, and the most checks of a list, that are shown; the rest is counted.
const MOST: usize = 8;
/// The longest sentence of a list, in characters.
const SENTENCE: usize = 200;
/// The longest instruction, in characters.
const FIX: usize = 600;

/// The cause, or the first fault; or why neither can be named. Nothing where sign-in works.
pub(super) fn cause(report: &Report, snapshot: &Snapshot, view: &View<'_>, heading: Heading) -> Markup {
    let is_open = report.login == Login::Unknown && !headline::is_misled(report);
    if let Some(reason) = headline::doubt(report).filter(|_| is_open) {
        return html! { (heading.of("Why")) p class=(steps::kind_of(reason)) { (shown(reason)) } };
    }
    let Some(check) = headline::told(report) else { return html! {} };
    let title = if report.cause.is_some() { "Cause" } else { "Fault" };
    html! {
        (heading.of(title))
        @for found in check.findings.iter().take(MOST) { (finding(report, found)) }
        @for fix in headline::fixes(check).iter().take(MOST) {
            p.fix { strong { "What to change:" } " " (prose(fix, FIX)) }
        }
        @if let Some(who) = headline::locked_out(report, snapshot) { p { (shown(&who)) } }
        p.dim { "Check " (check_id(&check.id, view)) "; more by " code { "ssowatch explain " (shown(&check.id)) } }
    }
}

/// One finding: what it says, and both sides' values.
fn finding(report: &Report, finding: &Finding) -> Markup {
    let differs = |drift: &Drift| format!("The {} differs", facts::field_in_words(&drift.field));
    let message = facts::without_values(finding).or_else(|| finding.drift.as_ref().map(differs)).unwrap_or_default();
    html! {
        p { strong { (shown(&message)) } }
        @if let Some(drift) = &finding.drift { (both_sides(report, drift)) }
    }
}

/// Both values, one above the other, with what differs marked and in words.
fn both_sides(report: &Report, drift: &Drift) -> Markup {
    let rows =
        [(&drift.actual_by, &drift.actual, &drift.expected), (&drift.expected_by, &drift.expected, &drift.actual)];
    html! {
        div.both {
            dl {
                @for (by, value, other) in rows {
                    div { dt { (shown(&headline::says(report, by))) } " " dd.v { (marked(value, other)) } }
                }
            }
            p { "What differs: " (shown(&drift::difference(&drift.expected, &drift.actual).words)) }
        }
    }
}

/// What fails beside the cause, what is at risk, what is worth knowing: each in a sentence.
pub(super) fn also(report: &Report, view: &View<'_>, heading: Heading) -> Markup {
    let told = headline::told(report);
    let others = |severities: &[Severity]| -> Vec<&CheckReport> {
        let other = |check: &&CheckReport| told.is_none_or(|told| told.id != check.id);
        report.failing().filter(|check| severities.contains(&check.severity)).filter(other).collect()
    };
    let failing = match report.login {
        Login::Broken => "Also failing, perhaps for the same cause",
        _ => "Also failing",
    };
    html! {
        (list(&heading.of(failing), &others(&[Severity::Outage, Severity::Degraded]), report, view))
        (list(&heading.of("Worth knowing"), &others(&[Severity::Info]), report, view))
    }
}

fn list(heading: &Markup, checks: &[&CheckReport], report: &Report, view: &View<'_>) -> Markup {
    html! {
        @if !checks.is_empty() {
            (heading)
            ul {
                @for check in checks.iter().take(MOST) {
                    li {
                        (clipped(&path::in_short(check), SENTENCE)) " "
                        span.dim { "(" (check_title(&check.id, view)) ": fails)" }
                    }
                }
                @if checks.len() > MOST {
                    li {
                        (checks.len() - MOST) " more, see "
                        a href={ (link(&report.name, view)) "/checks" } { "every check" }
                    }
                }
            }
        }
    }
}
