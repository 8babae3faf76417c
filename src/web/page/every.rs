//! Every check and every source of a target, on a page of its own: for who wants to see all.

use super::{
    Heading, View, card,
    escape::{clipped, escape},
    frame::{Page, frame},
    link,
    shape::icon,
    words::{Standing, distance},
};
use crate::{
    checks,
    clock::Time,
    model::{CheckReport, Reason, Report, Severity, SourceReport, Stage},
    render::path::{self, State},
    results::Entry,
};

/// The longest sentence about a check or a source, in characters.
const SENTENCE: usize = 80;

/// The page.
#[must_use]
pub fn checks(entry: &Entry, view: &View<'_>) -> String {
    let standing = Standing::of(entry, view.now);
    let told = match standing {
        Standing::NothingYet => String::new(),
        Standing::Stale(latest, _) | Standing::Current(latest) => {
            let report = &latest.report;
            format!("<p>Seen {}.</p>\n", distance(report.at, view.now))
                + &every_check(report)
                + &every_source(report, view.now)
        }
    };
    let name = escape(&entry.name);
    let content = format!(
        "{}{}<p><a href=\"{}\">{name}</a></p>\n{told}",
        Heading(1).of(format!("Every check of {name}")),
        card::answer(entry, standing, view),
        link(&entry.name, view)
    );
    let title = format!("Every check of {}", entry.name);
    frame(&Page { title: &title, state: Some(standing.state()), here: "", content: &content }, view)
}

/// Every check, by stage.
fn every_check(report: &Report) -> String {
    let stage = |stage: Stage| {
        let items: String = report.checks.iter().filter(|check| check.stage == stage).map(check).collect();
        if items.is_empty() { items } else { format!("{}<ul>\n{items}</ul>\n", Heading(2).of(stage.title())) }
    };
    Stage::ALL.into_iter().map(stage).collect()
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
        if said.is_empty() { said } else { format!(" <span class=\"dim\">({})</span>", clipped(&said, SENTENCE)) };
    format!("<li>{}{word}: {} <code>{}</code>{said}</li>\n", mark(state), escape(title), escape(&report.id))
}

/// A shape for what is not as it should be, so that it stands out of a long list.
fn mark(state: State) -> String {
    match state {
        State::Ok | State::Unproven => String::new(),
        State::Broken | State::Degraded | State::AtRisk | State::Unknown => icon(state) + " ",
    }
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
fn every_source(report: &Report, now: Time) -> String {
    let items: String = report.sources.iter().map(|seen| source(seen, now)).collect();
    format!("{}<ul>\n{items}</ul>\n", Heading(2).of("Every source"))
}

fn source(seen: &SourceReport, now: Time) -> String {
    let (state, word) = match (seen.ok, seen.reason) {
        (Some(true), _) => (State::Ok, "ok"),
        (Some(false), reason) => (State::Broken, reason.map_or("failed", Reason::id)),
        (None, _) => (State::Unproven, "not asked"),
    };
    let when = match seen.ok {
        Some(_) => format!("{}, took {:.0} ms ", distance(seen.at, now), seen.took_seconds * 1000.0),
        None => String::new(),
    };
    let detail = seen.detail.as_deref().unwrap_or_default();
    format!(
        "<li>{}{word}: {} <span class=\"dim\">{when}{}</span></li>\n",
        mark(state),
        escape(seen.id.title()),
        clipped(detail, SENTENCE)
    )
}
