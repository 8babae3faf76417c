//! How sign-in at a target stood over time, and the share of it in which it worked.

use axum::{
    extract::{Path, State},
    http::Uri,
};
use chrono::TimeDelta;
use serde::Serialize;

use super::{Answer, FORMAT, Problem, Query, Shared, Told, targets};
use crate::{
    clock::Time,
    journal::{Seconds, Span},
};

/// How far back it goes, where the request does not say.
const USUAL_DAYS: i64 = 30;

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    target: &'a str,
    from: Time,
    to: Time,
    seconds: Seconds,
    worked_ratio: Option<f64>,
    spans: Vec<Span>,
}

pub(super) async fn history(State(app): Shared, Path(name): Path<String>, uri: Uri) -> Told {
    let query = Query::read(&uri, &["from", "to"])?;
    let entry = targets::entry(&app, &name)?;
    let (from, to) = range(&query, app.clock.now(), TimeDelta::days(USUAL_DAYS))?;
    let spans = app.journal.history(&entry.name, from, to);
    let seconds = Seconds::of(&spans, from, to);
    let worked_ratio = seconds.worked_ratio();
    Answer::of(&Document { format: FORMAT, target: &entry.name, from, to, seconds, worked_ratio, spans })
}

/// The range that a query asks for with `from` and `to`: up to now, and as long as usual, where it does not say.
pub(super) fn range(query: &Query, now: Time, usual: TimeDelta) -> Result<(Time, Time), Problem> {
    let to = query.time("to")?.unwrap_or(now);
    let usual = to.checked_sub_signed(usual).unwrap_or(to);
    let from = query.time("from")?.unwrap_or(usual);
    if from > to {
        return Err(Problem::parameter("from", format!("The parameter from ({from}) is after to ({to}).")));
    }
    Ok((from, to))
}
