//! Maintenance windows by command: `/api/v1/maintenance`. They mute messages, never checks.

use std::collections::BTreeSet;

use axum::{
    body::Bytes,
    extract,
    http::{HeaderMap, StatusCode, Uri},
};
use chrono::SubsecRound as _;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, FORMAT, Problem, Query, Told, change::may_change};
use crate::{
    clock::span,
    notify::maintenance::{LONGEST, Window},
    schedule::duration,
    web::{App, Shared},
};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;
/// Why nobody may begin or end one.
const OFF: &str = "Maintenance windows over HTTP are off. Start ssowatch with --web.enable-lifecycle, or write them into \
                   its configuration.";

/// Whom a request is about: some targets by name, or all.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    targets: Option<BTreeSet<String>>,
    #[serde(default)]
    all: bool,
    #[serde(rename = "for")]
    lasts: String,
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    targets: Option<BTreeSet<String>>,
    #[serde(default)]
    all: bool,
}

/// The windows that are open now.
pub(super) async fn list(extract::State(app): Shared, uri: Uri) -> Told {
    Query::none(&uri)?;
    Answer::of(&json!({"format": FORMAT, "windows": app.windows.open(app.clock.now())}))
}

/// Begins a window now.
pub(super) async fn begin(extract::State(app): Shared, headers: HeaderMap, body: Bytes) -> Told {
    may_change(&app.options, &headers, OFF)?;
    let begin: Begin = read(&body, "{\"targets\": [\"home\"], \"for\": \"2h\", \"reason\": \"upgrade\"}")?;
    let targets = whom(&app, begin.targets, begin.all)?;
    let lasts = duration::parse(&begin.lasts).map_err(|error| wrong(format!("for: {error}.")))?;
    if lasts.is_zero() || lasts > LONGEST {
        return Err(wrong("for: a window lasts longer than 0 and at most 31d."));
    }
    let reason = begin.reason.filter(|reason| !reason.is_empty());
    if reason.iter().any(|reason| reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control)) {
        return Err(wrong(format!("reason: one line of at most {LONGEST_REASON} characters.")));
    }
    // Whole seconds read better, and one that begins a moment ago is open now.
    let now = app.clock.now().trunc_subsecs(0);
    let window = Window { from: now, until: now + span(lasts), targets, reason };
    app.windows.begin(window.clone(), now).map_err(|error| Problem::new(StatusCode::TOO_MANY_REQUESTS, error))?;
    tracing::info!(targets = named(window.targets.as_ref()), until = %window.until, "a maintenance window begins");
    Ok(Answer::of(&json!({"format": FORMAT, "window": window}))?.created())
}

/// Ends windows that were begun by command.
pub(super) async fn end(extract::State(app): Shared, headers: HeaderMap, body: Bytes) -> Told {
    may_change(&app.options, &headers, OFF)?;
    let end: End = read(&body, "{\"targets\": [\"home\"]} or {\"all\": true}")?;
    let targets = whom(&app, end.targets, end.all)?;
    let ended = app.windows.end(targets.as_ref(), &names(&app), app.clock.now());
    tracing::info!(targets = named(targets.as_ref()), ended, "maintenance windows end by command");
    Answer::of(&json!({"format": FORMAT, "ended": ended}))
}

fn wrong(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail)
}

fn read<T: for<'a> Deserialize<'a>>(body: &Bytes, example: &str) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| wrong(format!("{error}; write for example {example}.")))
}

/// The targets that are named, each of which must be there; none for all.
fn whom(app: &App, targets: Option<BTreeSet<String>>, all: bool) -> Result<Option<BTreeSet<String>>, Problem> {
    let Some(targets) = targets.filter(|targets| !targets.is_empty()) else {
        return if all { Ok(None) } else { Err(wrong("Name targets, or say \"all\": true.")) };
    };
    if all {
        return Err(wrong("\"targets\" and \"all\" exclude each other."));
    }
    let known = names(app);
    match targets.iter().find(|target| !known.contains(target)) {
        None => Ok(Some(targets)),
        Some(strange) => Err(Problem::no_target(strange, &known)),
    }
}

fn names(app: &App) -> Vec<String> {
    app.config.borrow().targets.iter().map(|target| target.name.clone()).collect()
}

fn named(targets: Option<&BTreeSet<String>>) -> String {
    targets.map_or_else(|| "all".to_owned(), |targets| targets.iter().cloned().collect::<Vec<_>>().join(", "))
}
