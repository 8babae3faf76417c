//! The targets: their reports in the form of `check --output json`, and their verdicts alone.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::Uri,
};
use chrono::TimeDelta;
use serde::Serialize;

use super::{Answer, FORMAT, Problem, Query, Shared, Told};
use crate::{
    clock::Time,
    model::{Coverage, Login, Report, Verified},
    render::json::{self, TargetView},
    results::Entry,
    web::App,
};

/// How far back it is asked since when sign-in stands as it does, in days.
const SINCE_DAYS: i64 = 31;

pub(super) async fn all(State(app): Shared, uri: Uri) -> Told {
    Query::none(&uri)?;
    reports(&app.results.entries(), app.clock.now())
}

pub(super) async fn one(State(app): Shared, Path(name): Path<String>, uri: Uri) -> Told {
    Query::none(&uri)?;
    reports(&[entry(&app, &name)?], app.clock.now())
}

/// One target on the results.
pub(super) fn entry(app: &App, name: &str) -> Result<Arc<Entry>, Problem> {
    let entries = app.results.entries();
    entries.iter().find(|entry| entry.name == name).cloned().ok_or_else(|| {
        let names: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
        Problem::no_target(name, &names)
    })
}

/// The document of these targets. `current` says whether a round is recent; of one that is not, or before the first,
/// `login` is `unknown`.
pub(super) fn reports(entries: &[Arc<Entry>], now: Time) -> Told {
    let reports: Vec<(Report, bool)> = entries.iter().map(|entry| report(entry, now)).collect();
    let targets: Vec<Row<'_>> =
        reports.iter().map(|(report, current)| Row { report: json::target(report), current: *current }).collect();
    Answer::of(&Document { format: FORMAT, targets })
}

#[derive(Serialize)]
struct Document<T> {
    format: u32,
    targets: Vec<T>,
}

#[derive(Serialize)]
struct Row<'r> {
    #[serde(flatten)]
    report: TargetView<'r>,
    current: bool,
}

/// What is said of a target now, and whether that is current.
pub(super) fn report(entry: &Entry, now: Time) -> (Report, bool) {
    let is_current = entry.current(now).is_some();
    let mut report = match &entry.latest {
        Some(latest) => Report::clone(&latest.report),
        None => nothing_yet(entry, now),
    };
    if !is_current {
        report.login = Login::Unknown;
        report.cause = None;
    }
    (report, is_current)
}

fn nothing_yet(entry: &Entry, now: Time) -> Report {
    Report {
        name: entry.name.clone(),
        login: Login::Unknown,
        verified: Verified::Partial,
        cause: None,
        coverage: Coverage { proven: 0, known: 0 },
        at: now,
        provider: String::new(),
        auto_login: None,
        checks: Vec::new(),
        sources: Vec::new(),
        expiries: Vec::new(),
    }
}

/// Verdicts only, for everybody: no addresses, ids or values.
pub(super) async fn status(State(app): Shared, uri: Uri) -> Told {
    Query::none(&uri)?;
    let now = app.clock.now();
    let targets = app.results.entries().iter().map(|entry| verdict(&app, entry, now)).collect();
    Answer::of(&Document { format: FORMAT, targets })
}

#[derive(Serialize)]
struct VerdictView {
    name: String,
    login: &'static str,
    current: bool,
    since: Option<Time>,
}

fn verdict(app: &App, entry: &Entry, now: Time) -> VerdictView {
    let current = entry.current(now).map(|latest| latest.report.login);
    VerdictView {
        name: entry.name.clone(),
        login: current.unwrap_or(Login::Unknown).word(),
        current: current.is_some(),
        since: current.and_then(|login| since(app, &entry.name, login, now)),
    }
}

/// Since when sign-in is seen to stand as it does, without a gap.
fn since(app: &App, target: &str, login: Login, now: Time) -> Option<Time> {
    let spans = app.journal.history(target, now - TimeDelta::days(SINCE_DAYS), now);
    let mut since = None;
    for span in spans.iter().rev() {
        if span.login != login || since.is_some_and(|since| span.to < since) {
            break;
        }
        since = Some(span.from);
    }
    since
}
