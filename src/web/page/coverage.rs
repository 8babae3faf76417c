//! How much is proven, what would raise it, and what only a person can test.

use super::{
    Heading,
    escape::{escape, prose},
};
use crate::{
    checks,
    model::{CheckReport, Report, Snapshot},
    render::unproven,
};

/// The longest reason, in characters.
const REASON: usize = 200;
/// So many checks are named.
const FEW: usize = 6;

/// The part of the page about coverage.
pub(super) fn coverage(report: &Report, snapshot: &Snapshot) -> String {
    let credentials = unproven::for_want_of_credentials(report, snapshot).into_iter();
    let credentials = credentials.map(|(credentials, checks)| {
        let gain = prose(&unproven::gain(&credentials, checks.len()), REASON);
        format!("{gain} <span class=\"dim\">{}</span>", titles(&checks))
    });
    let by_reason = |(reason, checks): (String, Vec<&CheckReport>)| {
        format!("<strong>{}</strong>: {}", titles(&checks), prose(&reason, REASON))
    };
    format!(
        "{}<p>{} of {} checks are proven good or bad.</p>\n{}{}{}",
        Heading(2).of("How much is proven"),
        report.coverage.proven,
        report.coverage.known,
        list("Not verified for want of a credential", credentials),
        list(
            "Not verified from here, and what a person can do",
            unproven::from_here(report, snapshot).into_iter().map(by_reason)
        ),
        list("Not evaluated this time", unproven::not_evaluated(report).into_iter().map(by_reason))
    )
}

/// The titles of a few checks; of more, how many.
fn titles(checks: &[&CheckReport]) -> String {
    let title = |check: &CheckReport| match checks::find(&check.id) {
        Some((_, known)) => escape(known.title).to_string(),
        None => escape(&check.id).to_string(),
    };
    let mut titles: Vec<String> = checks.iter().take(FEW).map(|check| title(check)).collect();
    if checks.len() > FEW {
        titles.push(format!("{} more", checks.len() - FEW));
    }
    titles.join(" · ")
}

fn list(title: &str, items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| format!("<li>{item}</li>\n")).collect();
    if items.is_empty() { items } else { format!("{}<ul>\n{items}</ul>\n", Heading(3).of(title)) }
}
