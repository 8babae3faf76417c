//! Changes as annotations, for Grafana's Infinity data source: rows with `time` in milliseconds, `title`, `text` and
//! `tags` (comma-separated).

use axum::{extract::State, http::Uri};
use chrono::TimeDelta;
use serde::Serialize;

use super::{Answer, Query, Shared, Told, changes, history};
use crate::{
    journal::{self, Event, What},
    model::Login,
};

/// How many annotations are given at most, the newest.
const MOST: usize = 1000;
/// How far back they go, where the request does not say.
const USUAL_DAYS: i64 = 7;

#[derive(Serialize)]
struct Annotation {
    time: i64,
    title: String,
    text: String,
    tags: String,
}

pub(super) async fn annotations(State(app): Shared, uri: Uri) -> Told {
    let query = Query::read(&uri, &["target", "from", "to"])?;
    let (from, to) = history::range(&query, app.clock.now(), TimeDelta::days(USUAL_DAYS))?;
    let target = changes::target(&app, &query)?;
    let asked = journal::Query { target, since: Some(from), before: None, limit: MOST };
    let events = app.journal.events(&asked);
    let rows: Vec<Annotation> = events.iter().filter(|event| event.at <= to).filter_map(annotation).collect();
    Answer::of(&rows)
}

/// Changes, and when people could no longer sign in or could again. A single check's verdict is no annotation: what
/// matters of it stands in the login's.
fn annotation(event: &Event) -> Option<Annotation> {
    let (title, text, tag) = match &event.what {
        What::Change { side, change } => {
            let side = side.id();
            let subject = change.subject.id().replace('_', " ");
            let of = change.field.as_ref().map(|field| format!(" ({field})")).unwrap_or_default();
            let text = format!("{} → {}", or_nothing(&change.from), or_nothing(&change.to));
            (format!("{}: {side}: {subject} changed{of}", event.target), text, side)
        }
        What::Login { from, to, cause } if *from != Some(*to) => {
            let cause = cause.as_ref().map(|cause| cause.check.clone()).unwrap_or_default();
            (format!("{}: {}", event.target, in_words(*to)), cause, to.word())
        }
        What::Login { .. } | What::Verdict { .. } => return None,
    };
    let kind = if matches!(event.what, What::Change { .. }) { "change" } else { "login" };
    let tags = format!("{kind},{tag},{}", event.target.replace(',', " "));
    Some(Annotation { time: event.at.timestamp_millis(), title, text, tags })
}

fn or_nothing(value: &str) -> &str {
    if value.is_empty() { "nothing" } else { value }
}

fn in_words(login: Login) -> &'static str {
    match login {
        Login::Ok => "people can sign in",
        Login::Degraded => "not everybody can sign in, or not fully",
        Login::Broken => "people cannot sign in",
        Login::Unknown => "cannot tell whether people can sign in",
    }
}
