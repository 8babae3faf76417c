//! What changed and when, the newest first, page by page.

use axum::{
    extract::{Path, State},
    http::Uri,
};
use serde::Serialize;

use super::{Answer, FORMAT, Problem, Query, Shared, Told, targets};
use crate::{
    clock::Time,
    journal::{self, Event, Repeated, What},
    model::{Cause, Change, Login},
    render::similar,
    web::App,
};

/// How many events a page has, where the request does not say.
const USUAL: usize = 100;
/// How many a page has at most.
const MOST: usize = 1000;

pub(super) async fn all(State(app): Shared, uri: Uri) -> Told {
    let query = Query::read(&uri, &["target", "since", "cursor", "limit"])?;
    page(&app, &query, target(&app, &query)?)
}

pub(super) async fn of_target(State(app): Shared, Path(name): Path<String>, uri: Uri) -> Told {
    let query = Query::read(&uri, &["since", "cursor", "limit"])?;
    let entry = targets::entry(&app, &name)?;
    page(&app, &query, Some(entry.name.clone()))
}

/// The target that the query asks for: one that there is, or one that the journal still knows.
pub(super) fn target(app: &App, query: &Query) -> Result<Option<String>, Problem> {
    let Some(name) = query.text("target") else { return Ok(None) };
    let known = journal::Query { target: Some(name.to_owned()), limit: 1, ..journal::Query::default() };
    if app.results.entry(name).is_some() || !app.journal.events(&known).is_empty() {
        return Ok(Some(name.to_owned()));
    }
    let entries = app.results.entries();
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let meant = similar(name, names.iter().copied());
    let hint = if meant.is_empty() { String::new() } else { format!(" Did you mean {}?", meant.join(" or ")) };
    let problem = Problem::parameter("target", format!("No target is named \"{name}\".{hint}"));
    Err(problem.with("targets", names))
}

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    changes: Vec<View<'a>>,
    next: Option<String>,
}

fn page(app: &App, query: &Query, target: Option<String>) -> Told {
    let limit = query.count("limit", MOST)?.unwrap_or(USUAL);
    let before = query.parsed("cursor", "the `next` of an earlier page", |text| text.parse().ok())?;
    // One more than the page holds tells whether there is another.
    let asked = journal::Query { target, since: query.time("since")?, before, limit: limit + 1 };
    let mut events = app.journal.events(&asked);
    let has_more = events.len() > limit;
    events.truncate(limit);
    let next = events.last().filter(|_| has_more).map(|event| event.id.to_string());
    Answer::of(&Document { format: FORMAT, changes: events.iter().map(view).collect(), next })
}

/// One event. The form is written down apart from the journal's own, which may change.
#[derive(Serialize)]
struct View<'a> {
    id: u64,
    at: Time,
    target: &'a str,
    #[serde(flatten)]
    what: WhatView<'a>,
    repeated: Option<Repeated>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum WhatView<'a> {
    Change { side: &'a str, subject: &'static str, field: Option<&'a str>, from: &'a str, to: &'a str },
    Login { from: Option<Login>, to: Login, cause: Option<&'a Cause> },
    Verdict { check: &'a str, from: Option<&'a str>, to: &'a str },
}

fn view(event: &Event) -> View<'_> {
    let Event { id, at, target, what, repeated } = event;
    let what = match what {
        What::Change { side, change: Change { at: _, subject, field, from, to } } => {
            WhatView::Change { side, subject: subject.id(), field: field.as_deref(), from, to }
        }
        What::Login { from, to, cause } => WhatView::Login { from: *from, to: *to, cause: cause.as_ref() },
        What::Verdict { check, from, to } => WhatView::Verdict { check, from: from.as_deref(), to },
    };
    View { id: *id, at: *at, target, what, repeated: *repeated }
}
