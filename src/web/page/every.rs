//! Every check and every source, for who wants to see all.

use super::{
    Heading,
    escape::{clipped, escape},
    shape::icon,
    words::distance,
};
use crate::{
    checks,
    clock::Time,
    model::{CheckReport, Reason, Report, Severity, SourceReport, Stage},
    telling::path::{self, State},
};

/// The longest sentence about a check or a source, in characters.
const SENTENCE: usize = 100;

/// Every check, by stage.
pub(super) fn checks(report: &Report) -> String {
    let stage = |stage: Stage| {
        let items: String = report.checks.iter().filter(|check| check.stage == stage).map(check).collect();
        if items.is_empty() { items } else { format!("{}<ul>\n{items}</ul>\n", Heading(3).of(stage.title())) }
    };
    let stages: String = Stage::ALL.into_iter().map(stage).collect();
    format!(
        "{}<details id=\"all\"><summary>{} checks</summary>\n{stages}</details>\n",
        "<h2 id=\"checks\">Every check</h2>\n",
        report.checks.len()
    )
}

fn check(report: &CheckReport) -> String {
    let title = checks::find(&report.id).map_or("", |(_, check)| check.title);
    let (state, word) = state(report);
    let said = match report.verdict.as_str() {
        "ok" => String::new(),
        "fail" => path::in_short(report),
        _ => report.reason.clone().unwrap_or_default(),
    };
    let said =
        if said.is_empty() { said } else { format!("<br><span class=\"dim\">{}</span>", clipped(&said, SENTENCE)) };
    format!("<li>{} {word}: {} <code>{}</code>{said}</li>\n", icon(state), escape(title), escape(&report.id))
}

fn state(check: &CheckReport) -> (State, &'static str) {
    match (check.verdict.as_str(), check.severity) {
        ("ok", _) => (State::Ok, "ok"),
        ("fail", Severity::Outage) => (State::Broken, "fails"),
        ("fail", Severity::Degraded) => (State::Degraded, "degraded"),
        ("fail", Severity::Risk) => (State::AtRisk, "at risk"),
        ("fail", Severity::Info) => (State::Unproven, "worth knowing"),
        ("unknown", _) => (State::Unknown, "unknown"),
        ("unverified", _) => (State::Unproven, "unverified"),
        ("not_applicable", _) => (State::Unproven, "not applicable"),
        _ => (State::Unproven, "off"),
    }
}

/// Every source: whether it was seen, when, how long that took, or why not.
pub(super) fn sources(report: &Report, now: Time) -> String {
    let items: String = report.sources.iter().map(|seen| source(seen, now)).collect();
    format!(
        "{}<details id=\"sources\"><summary>{} sources</summary>\n<ul>\n{items}</ul>\n</details>\n",
        Heading(2).of("Every source"),
        report.sources.len()
    )
}

fn source(seen: &SourceReport, now: Time) -> String {
    let (state, word) = match (seen.ok, seen.reason) {
        (Some(true), _) => (State::Ok, "ok"),
        (Some(false), reason) => (State::Broken, reason.map_or("failed", Reason::id)),
        (None, _) => (State::Unproven, "not asked"),
    };
    let when = match seen.ok {
        Some(_) => format!("{}, took {:.0} ms", distance(seen.at, now), seen.took_seconds * 1000.0),
        None => String::new(),
    };
    let detail = seen.detail.as_deref().unwrap_or_default();
    format!(
        "<li>{} {word}: {} <span class=\"dim\">{when} {}</span></li>\n",
        icon(state),
        escape(seen.id.title()),
        clipped(detail, SENTENCE)
    )
}
