//! The third question: what will break it next.

use super::{
    Heading, View,
    escape::{clipped, escape, prose},
    link,
    shape::icon,
    words::{day, distance},
};
use crate::{
    model::{CheckReport, Login, Report, Severity},
    telling::{expiries, path::State, told},
};

/// The most risks that are told, and the longest sentence, in characters.
const MOST: usize = 8;
const SENTENCE: usize = 240;
/// The longest instruction, in characters.
const MEND: usize = 400;

/// Risks with what to do, then what expires; and the calendar of it.
pub(super) fn next(report: &Report, view: &View<'_>, heading: Heading) -> String {
    let risks: Vec<&CheckReport> = report.failing().filter(|check| check.severity == Severity::Risk).collect();
    let more = match risks.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!("<li>{more} more risks</li>\n"),
    };
    let risks: String = risks.iter().take(MOST).map(|check| risk(check, report.login)).collect();
    let ends = report.expiries.iter().map(|expiry| {
        let what = expiries::in_words(&expiry.item);
        let ends = if expiry.at > view.now { "ends" } else { "ended" };
        format!("<li>{} {ends} {} ({})</li>\n", escape(&what), distance(expiry.at, view.now), day(expiry.at))
    });
    let ends: String = ends.collect();
    let heading = heading.of("What will break it next");
    if risks.is_empty() && ends.is_empty() {
        return format!("{heading}<p>Nothing that is known.</p>\n");
    }
    let calendar = match report.expiries.is_empty() {
        true => String::new(),
        false => format!("<p><a href=\"{}/expiries.ics\">Calendar of these dates</a></p>\n", link(&report.name, view)),
    };
    format!("{heading}<ul>\n{risks}{more}{ends}</ul>\n{calendar}")
}

fn risk(check: &CheckReport, login: Login) -> String {
    let what = check.findings.first().map_or(check.id.as_str(), |finding| finding.message.as_str());
    // While sign-in is broken there is one thing to mend.
    let mend = told::mends(check).first().copied().filter(|_| login != Login::Broken);
    let mend = mend.map(|mend| format!("<br><span class=\"dim\">{}</span>", prose(mend, MEND)));
    format!("<li>{} {}{}</li>\n", icon(State::AtRisk), clipped(what, SENTENCE), mend.unwrap_or_default())
}
