//! How much is proven, what would raise it, and what only a person can test.

use super::{
    Heading,
    escape::{clipped, escape},
};
use crate::{
    checks,
    model::{CheckReport, Report, Snapshot},
    telling::unproven,
};

/// The longest reason, in characters.
const REASON: usize = 200;

/// The part of the page about coverage.
pub(super) fn coverage(report: &Report, snapshot: &Snapshot) -> String {
    let credentials = unproven::for_want_of_credentials(report, snapshot).into_iter();
    let credentials = credentials.map(|(credentials, checks)| (unproven::gain(&credentials, checks.len()), checks));
    format!(
        "{}<p>{} of {} checks are proven good or bad.</p>\n{}{}{}",
        Heading(2).of("How much is proven"),
        report.coverage.proven,
        report.coverage.known,
        list("What would raise it", credentials),
        list("What only a person can test", unproven::from_here(report, snapshot).into_iter()),
        list("What could not be judged this time", unproven::not_judged(report).into_iter())
    )
}

fn list<'r>(title: &str, groups: impl Iterator<Item = (String, Vec<&'r CheckReport>)>) -> String {
    let item = |(what, checks): (String, Vec<&CheckReport>)| {
        let titles: Vec<&str> = checks
            .iter()
            .map(|check| checks::find(&check.id).map_or(check.id.as_str(), |(_, check)| check.title))
            .collect();
        let titles = titles.join(" · ");
        format!("<li>{} <span class=\"dim\">{}</span></li>\n", clipped(&what, REASON), escape(&titles))
    };
    let items: String = groups.map(item).collect();
    if items.is_empty() { items } else { format!("{}<ul>\n{items}</ul>\n", Heading(3).of(title)) }
}
