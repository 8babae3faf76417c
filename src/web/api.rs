//! The latest round as JSON: the same report as `check --output json`.

use std::sync::Arc;

use axum::{
    Json, extract,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::Shared;
use crate::{
    board::Entry,
    clock::Time,
    model::{Coverage, Login, Report, Verified},
};

pub(super) async fn targets(extract::State(app): Shared) -> Json<Value> {
    Json(document(&app.board.entries(), app.clock.now()))
}

pub(super) async fn target(extract::State(app): Shared, extract::Path(name): extract::Path<String>) -> Response {
    let entries = app.board.entries();
    match entries.iter().find(|entry| entry.name == name) {
        Some(entry) => Json(document(std::slice::from_ref(entry), app.clock.now())).into_response(),
        None => {
            let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
            let problem = json!({"error": format!("no target is named \"{name}\""), "targets": names});
            (StatusCode::NOT_FOUND, Json(problem)).into_response()
        }
    }
}

/// The document of these targets. `current` says whether a round is recent; of one that is not, or before the first,
/// `login` is `unknown`.
fn document(entries: &[Arc<Entry>], now: Time) -> Value {
    let rows: Vec<Value> = entries.iter().map(|entry| row(entry, now)).collect();
    json!({"format": 1, "targets": rows})
}

fn row(entry: &Entry, now: Time) -> Value {
    let current = entry.current(now).is_some();
    let mut report = match &entry.latest {
        Some(latest) => Report::clone(&latest.report),
        None => nothing_yet(entry, now),
    };
    if !current {
        report.login = Login::Unknown;
        report.cause = None;
    }
    let mut row = form(&report);
    if let Value::Object(fields) = &mut row {
        fields.insert("current".to_owned(), current.into());
    }
    row
}

/// The public form of a report. Every field is a text, a number or a list of them: this does not fail.
fn form(report: &Report) -> Value {
    serde_json::to_value(report).unwrap_or_default()
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
