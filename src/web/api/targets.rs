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
    model::{AppName, Coverage, Login, Report, Verified},
    providers::Recognised,
    render::json::{self, TargetView},
    results::Entry,
    web::App,
};

/// How far back it is asked since when sign-in stands as it does, in days.
const SINCE_DAYS: i64 = 31;

/// How many targets a page has, where the request does not say.
const USUAL: usize = 100;
/// How many a page has at most.
const MOST: usize = 1000;

pub(super) async fn all(State(app): Shared, uri: Uri) -> Told {
    let query = Query::read(&uri, &["cursor", "limit"])?;
    let limit = query.count("limit", MOST)?.unwrap_or(USUAL);
    let (entries, now) = (app.results.entries(), app.clock.now());
    let begins: usize =
        query.parsed("cursor", "the `next` of an earlier page", |text| text.parse().ok())?.unwrap_or_default();
    let page: Vec<Arc<Entry>> = entries.iter().skip(begins).take(limit).cloned().collect();
    let ends = begins.saturating_add(page.len());
    let next = (ends < entries.len()).then(|| ends.to_string());
    // Of a thousand targets this takes a while that no worker of the runtime has.
    let answer = tokio::task::spawn_blocking(move || document(&page, now, Some(next))).await;
    answer.unwrap_or_else(|_| Err(Problem::internal("the answer could not be written")))
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
    document(entries, now, None)
}

/// The document of a page; `next` is where the next one begins, for a list that has pages.
fn document(entries: &[Arc<Entry>], now: Time, next: Option<Option<String>>) -> Told {
    let reports: Vec<(Report, bool)> = entries.iter().map(|entry| report(entry, now)).collect();
    let targets: Vec<Row<'_>> =
        reports.iter().map(|(report, current)| Row { report: json::target(report), current: *current }).collect();
    Answer::of(&Document { format: FORMAT, targets, next })
}

#[derive(Serialize)]
struct Document<T> {
    format: u32,
    targets: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Option<String>>,
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
        recognised: Recognised::default(),
        app: AppName::unknown(),
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
    Answer::of(&Document { format: FORMAT, targets, next: None })
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
