//! Maintenance windows by command: `/api/v1/maintenance`. They mute messages, never checks.

use std::collections::BTreeSet;

use axum::{
    Json,
    body::Bytes,
    extract,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use chrono::SubsecRound as _;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, FORMAT, Query, Told};
use crate::{
    clock::span,
    notify::maintenance::{LONGEST, Window},
    schedule::duration,
    web::{App, Shared, lifecycle},
};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;

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

type Refused = Box<Response>;

/// The windows that are open now.
pub(super) async fn list(extract::State(app): Shared, uri: Uri) -> Told {
    Query::none(&uri)?;
    Answer::of(&json!({"format": FORMAT, "windows": app.windows.open(app.clock.now())}))
}

/// Begins a window now.
pub(super) async fn begin(extract::State(app): Shared, headers: HeaderMap, body: Bytes) -> Response {
    answer(try_begin(&app, &headers, &body))
}

fn try_begin(app: &App, headers: &HeaderMap, body: &Bytes) -> Result<Response, Refused> {
    may_change(app, headers)?;
    let begin: Begin = read(body, "{\"targets\": [\"home\"], \"for\": \"2h\", \"reason\": \"upgrade\"}")?;
    let targets = whom(app, begin.targets, begin.all)?;
    let wrong = |detail: String| refuse(StatusCode::BAD_REQUEST, &detail);
    let lasts = duration::parse(&begin.lasts).map_err(|error| wrong(format!("for: {error}")))?;
    if lasts.is_zero() || lasts > LONGEST {
        return Err(wrong("for: a window lasts longer than 0 and at most 31d".to_owned()));
    }
    let reason = begin.reason.filter(|reason| !reason.is_empty());
    if reason.iter().any(|reason| reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control)) {
        return Err(wrong(format!("reason: one line of at most {LONGEST_REASON} characters")));
    }
    // Whole seconds read better, and one that begins a moment ago is open now.
    let now = app.clock.now().trunc_subsecs(0);
    let window = Window { from: now, until: now + span(lasts), targets, reason };
    app.windows.begin(window.clone(), now).map_err(|error| refuse(StatusCode::TOO_MANY_REQUESTS, &error))?;
    tracing::info!(targets = named(window.targets.as_ref()), until = %window.until, "a maintenance window begins");
    Ok((StatusCode::CREATED, Json(json!({"format": FORMAT, "window": window}))).into_response())
}

/// Ends windows that were begun by command.
pub(super) async fn end(extract::State(app): Shared, headers: HeaderMap, body: Bytes) -> Response {
    answer(try_end(&app, &headers, &body))
}

fn try_end(app: &App, headers: &HeaderMap, body: &Bytes) -> Result<Response, Refused> {
    may_change(app, headers)?;
    let end: End = read(body, "{\"targets\": [\"home\"]} or {\"all\": true}")?;
    let targets = whom(app, end.targets, end.all)?;
    let ended = app.windows.end(targets.as_ref(), &names(app), app.clock.now());
    tracing::info!(targets = named(targets.as_ref()), ended, "maintenance windows end by command");
    Ok(Json(json!({"format": FORMAT, "ended": ended})).into_response())
}

fn answer(outcome: Result<Response, Refused>) -> Response {
    outcome.unwrap_or_else(|refused| *refused)
}

/// Refuses what a page of another origin can have a browser send: a form cannot have this content type.
fn may_change(app: &App, headers: &HeaderMap) -> Result<(), Refused> {
    if !app.options.enable_lifecycle {
        let detail = "Maintenance windows over HTTP are off. Start ssowatch with --web.enable-lifecycle, or write \
                      them into its configuration.";
        return Err(refuse(StatusCode::FORBIDDEN, detail));
    }
    if lifecycle::is_foreign(headers) {
        return Err(refuse(StatusCode::FORBIDDEN, "Refused: the request comes from a page of another origin."));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = "A request that has something done needs the header Content-Type: application/json.";
    Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

fn read<T: for<'a> Deserialize<'a>>(body: &Bytes, example: &str) -> Result<T, Refused> {
    serde_json::from_slice(body)
        .map_err(|error| refuse(StatusCode::BAD_REQUEST, &format!("{error}; write for example {example}")))
}

/// The targets that are named, each of which must be there; none for all.
fn whom(app: &App, targets: Option<BTreeSet<String>>, all: bool) -> Result<Option<BTreeSet<String>>, Refused> {
    let Some(targets) = targets.filter(|targets| !targets.is_empty()) else {
        let detail = "Name targets, or say \"all\": true.";
        return if all { Ok(None) } else { Err(refuse(StatusCode::BAD_REQUEST, detail)) };
    };
    if all {
        return Err(refuse(StatusCode::BAD_REQUEST, "\"targets\" and \"all\" exclude each other."));
    }
    let known = names(app);
    match targets.iter().find(|target| !known.contains(target)) {
        None => Ok(Some(targets)),
        Some(strange) => {
            let detail = format!("No target is named {strange:?}; there are {}.", known.join(", "));
            Err(refuse(StatusCode::NOT_FOUND, &detail))
        }
    }
}

fn names(app: &App) -> Vec<String> {
    app.config.borrow().targets.iter().map(|target| target.name.clone()).collect()
}

fn named(targets: Option<&BTreeSet<String>>) -> String {
    targets.map_or_else(|| "all".to_owned(), |targets| targets.iter().cloned().collect::<Vec<_>>().join(", "))
}

/// A refusal as a problem (RFC 9457).
fn refuse(status: StatusCode, detail: &str) -> Refused {
    let title = status.canonical_reason().unwrap_or("Error");
    let body = json!({"title": title, "status": status.as_u16(), "detail": detail}).to_string();
    Box::new((status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response())
}
