//! The page of one target: the three questions, every check, every source.

use super::{
    escape::escape,
    frame,
    index::{failure, summary},
    public,
    words::{Standing, check_state, distance, length, sentence},
};
use crate::{
    board::Entry,
    checks,
    clock::Time,
    model::{CheckReport, Report, SourceReport},
    web::{Options, Viewer},
};

/// One target in full.
#[must_use]
pub fn target(entry: &Entry, now: Time, options: &Options, viewer: Viewer) -> String {
    if viewer == Viewer::Public {
        return public::target(entry, now, options);
    }
    let rest = match Standing::of(entry, now) {
        Standing::NothingYet => String::new(),
        Standing::Stale(latest, age) => format!(
            "<p class=\"warn\">What follows is {} old and says nothing about now.</p>\n{}",
            length(age),
            tables(&latest.report, now)
        ),
        Standing::Current(latest) => other_failures(&latest.report) + &tables(&latest.report, now),
    };
    let content = format!("<h1>{}</h1>\n{}{rest}", escape(&entry.name), summary(entry, now));
    frame(&format!("{} · ssowatch", entry.name), &content, options, viewer)
}

/// What fails beside the cause.
fn other_failures(report: &Report) -> String {
    let is_cause = |check: &CheckReport| report.cause.as_ref().is_some_and(|cause| cause.check == check.id);
    let others: String = report.failing().filter(|check| !is_cause(check)).map(failure).collect();
    if others.is_empty() { others } else { format!("<h3>What else fails</h3>\n{others}") }
}

fn tables(report: &Report, now: Time) -> String {
    let checks: String = report.checks.iter().map(check).collect();
    let sources: String = report.sources.iter().map(|seen| source(seen, now)).collect();
    format!(
        "<h3>Checks</h3>\n<table>\n<thead><tr><th>Stage</th><th>State</th><th>Check</th></tr></thead>\n{checks}</table>\n\
         <h3>Sources</h3>\n<table>\n<thead><tr><th>Source</th><th>State</th><th>Seen</th></tr></thead>\n{sources}</table>\n"
    )
}

fn check(report: &CheckReport) -> String {
    let (word, colour) = check_state(report);
    let title = checks::find(&report.id).map_or(report.id.as_str(), |(_, known)| known.title);
    format!(
        "<tr><td>{}</td><td class=\"state {colour}\">{word}</td>\
         <td>{} <code>{}</code><br><span class=\"dim\">{}</span></td></tr>\n",
        report.stage.title(),
        escape(title),
        escape(&report.id),
        escape(sentence(report))
    )
}

fn source(seen: &SourceReport, now: Time) -> String {
    let (word, colour) = match (seen.ok, seen.reason) {
        (Some(true), _) => ("ok", "good"),
        (Some(false), reason) => (reason.map_or("failed", crate::model::Reason::id), "bad"),
        (None, _) => ("not asked", "dim"),
    };
    let seen_at = match seen.ok {
        Some(_) => format!("{}, took {:.0} ms", distance(seen.at, now), seen.took_seconds * 1000.0),
        None => String::new(),
    };
    format!(
        "<tr><td>{}</td><td class=\"state {colour}\">{word}</td><td>{seen_at}<br><span class=\"dim\">{}</span></td></tr>\n",
        escape(seen.id.title()),
        escape(seen.detail.as_deref().unwrap_or_default())
    )
}
