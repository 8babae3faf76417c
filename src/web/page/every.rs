//! Every check and every source of a target, on a page of its own.

use maud::{Markup, html};

use super::{
    Heading, View, card, check_id,
    frame::{Page, frame},
    link,
    text::{clipped, shown},
    words::{Standing, distance},
};
use crate::{
    checks,
    clock::Time,
    model::{AppName, CheckReport, Reason, Report, Severity, SourceReport, Stage, Verdict},
    render::path::{self, State},
    results::Entry,
};

/// The longest sentence about a check or a source, in characters.
const SENTENCE: usize = 42;
/// What is younger than this when a round ends was seen in it, in seconds.
const A_ROUND: f64 = 30.0;

/// The page.
#[must_use]
pub fn checks(entry: &Entry, view: &View<'_>) -> String {
    let standing = Standing::of(entry, view.now);
    let title = format!("Every check of {}", entry.name);
    let content = html! {
        h1 { (shown(&title)) }
        (card::answer(entry, standing, view))
        p { a href=(link(&entry.name, view)) { (shown(&entry.name)) } }
        @if let Standing::Stale(latest, _) | Standing::Current(latest) = standing {
            p { "Seen " (distance(latest.report.at, view.now)) "." }
            (every_check(&latest.report, view))
            (every_source(&latest.report, view.now))
        }
    };
    frame(&Page { title: &title, state: Some(standing.state()), here: "", content: &content }, view)
}

/// Every check, by stage.
fn every_check(report: &Report, view: &View<'_>) -> Markup {
    let of = |stage: Stage| report.checks.iter().filter(move |check| check.stage == stage);
    html! {
        @for stage in Stage::ALL {
            @if of(stage).next().is_some() {
                (Heading(2).of(report.app.text(stage.title())))
                ul { @for check in of(stage) { (one_check(check, report, view)) } }
            }
        }
    }
}

/// One check; with when it was seen, where it rests on something older than the round.
fn one_check(report: &CheckReport, of: &Report, view: &View<'_>) -> Markup {
    let round = of.at;
    let is_older =
        (round - report.seen_at).as_seconds_f64() > A_ROUND && matches!(report.verdict, Verdict::Ok | Verdict::Fail);
    let title = checks::find(&report.id).map_or_else(String::new, |(_, check)| of.app.text(check.title));
    let (state, word) = state(report);
    let said = match report.verdict {
        Verdict::Ok => String::new(),
        Verdict::Fail => path::in_short(report),
        Verdict::Unknown | Verdict::Unverified | Verdict::NotApplicable | Verdict::Off => {
            report.reason.clone().unwrap_or_default()
        }
    };
    html! {
        li class=[mark(state)] {
            (word) ": " (title) " " (check_id(&report.id, view))
            @if !said.is_empty() { " " span.dim { "(" (clipped(&said, SENTENCE)) ")" } }
            @if is_older { " " span.dim { "seen " (distance(report.seen_at, view.now)) } }
        }
    }
}

/// The bullet of what is not as it should be, so that it stands out of a long list.
fn mark(state: State) -> Option<&'static str> {
    match state {
        State::Ok | State::Unproven => None,
        State::Broken => Some("bad"),
        State::Degraded | State::AtRisk | State::Unknown => Some("warn"),
    }
}

fn state(check: &CheckReport) -> (State, &'static str) {
    match (check.verdict, check.severity) {
        (Verdict::Ok, _) => (State::Ok, "ok"),
        (Verdict::Fail, Severity::Outage) => (State::Broken, "fails"),
        (Verdict::Fail, Severity::Degraded) => (State::Degraded, "degraded"),
        (Verdict::Fail, Severity::Risk) => (State::AtRisk, "at risk"),
        (Verdict::Fail, Severity::Info) => (State::Unproven, "worth knowing"),
        (Verdict::Unknown, _) => (State::Unknown, "unknown"),
        (Verdict::Unverified, _) => (State::Unproven, "unverified"),
        (Verdict::NotApplicable, _) => (State::Unproven, "not applicable"),
        (Verdict::Off, _) => (State::Unproven, "off"),
    }
}

/// Every source: whether it was seen, when, how long that took, or why not.
fn every_source(report: &Report, now: Time) -> Markup {
    html! {
        (Heading(2).of("Every source"))
        ul { @for seen in &report.sources { (source(seen, &report.app, now)) } }
    }
}

fn source(seen: &SourceReport, app: &AppName, now: Time) -> Markup {
    let (state, word) = match (seen.ok, seen.reason) {
        (Some(true), _) => (State::Ok, "ok"),
        (Some(false), reason) => (State::Broken, reason.map_or("failed", Reason::id)),
        (None, _) => (State::Unproven, "not asked"),
    };
    html! {
        li class=[mark(state)] {
            (word) ": " (app.text(seen.id.title())) " "
            span.dim {
                @if seen.ok.is_some() {
                    (distance(seen.at, now)) ", took " (format!("{:.0}", seen.took_seconds * 1000.0)) " ms "
                }
                (clipped(seen.detail.as_deref().unwrap_or_default(), SENTENCE))
            }
        }
    }
}
