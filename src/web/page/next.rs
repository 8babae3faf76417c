//! The third question: what will break it next.

use super::{
    Heading, View,
    escape::{clipped, escape, prose},
    link,
    shape::icon,
    words::{day, distance},
};
use crate::{
    model::{CheckReport, Expiry, Login, Report, Severity},
    render::{expiries, headline, path::State},
};

/// The most risks that are told, and the longest sentence, in characters.
const MOST: usize = 8;
const SENTENCE: usize = 240;
/// The longest instruction, in characters.
const FIX: usize = 400;

/// Risks with what to do; then every date, with the calendar of them.
pub(super) fn next(report: &Report, view: &View<'_>, heading: Heading) -> String {
    let risks: Vec<&CheckReport> = report.failing().filter(|check| check.severity == Severity::Risk).collect();
    let more = match risks.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!("<li>{more} more risks</li>\n"),
    };
    let told: String = risks.iter().take(MOST).map(|check| risk(check, report.login)).collect();
    let risks = match told.is_empty() {
        true => "<p>Nothing that is known.</p>\n".to_owned(),
        false => format!("<ul>\n{told}{more}</ul>\n"),
    };
    format!("{}{risks}{}", heading.of("What will break it next"), dates(report, view, heading))
}

/// When what ends, and what has ended.
fn dates(report: &Report, view: &View<'_>, heading: Heading) -> String {
    if report.expiries.is_empty() {
        return String::new();
    }
    let date = |expiry: &Expiry| {
        let what = expiries::in_words(&expiry.item);
        let ends = if expiry.at > view.now { "ends" } else { "ended" };
        format!("<li>{} {ends} {} ({})</li>\n", escape(&what), distance(expiry.at, view.now), day(expiry.at))
    };
    let dates: String = report.expiries.iter().map(date).collect();
    let calendar =
        format!("<p><a href=\"{}/expiries.ics\">Calendar of these dates</a></p>\n", link(&report.name, view));
    format!("{}<ul>\n{dates}</ul>\n{calendar}", heading.of("What ends when"))
}

/// What a risk is told by.
fn sentence(check: &CheckReport) -> &str {
    check.findings.first().map_or(check.id.as_str(), |finding| finding.message.as_str())
}

fn risk(check: &CheckReport, login: Login) -> String {
    // While sign-in is broken there is one thing to fix.
    let fix = headline::fixes(check).first().copied().filter(|_| login != Login::Broken);
    let fix = fix.map(|fix| format!("<br><span class=\"dim\">{}</span>", prose(fix, FIX)));
    format!("<li>{} {}{}</li>\n", icon(State::AtRisk), clipped(sentence(check), SENTENCE), fix.unwrap_or_default())
}
