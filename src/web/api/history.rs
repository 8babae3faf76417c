//! How sign-in at a target stood over time, and the share of it in which it worked.

use axum::{
    extract::{Path, State},
    http::Uri,
};
use chrono::TimeDelta;
use serde::Serialize;

use super::{Answer, FORMAT, Problem, Query, Shared, Told, targets};
use crate::{clock::Time, journal::Span, model::Login};

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

/// How long sign-in stood how, in seconds.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Seconds {
    ok: f64,
    degraded: f64,
    broken: f64,
    unknown: f64,
    /// Nobody watched.
    unwatched: f64,
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

impl Seconds {
    fn of(spans: &[Span], from: Time, to: Time) -> Self {
        let mut seconds = Self::default();
        for span in spans {
            let of_login = match span.login {
                Login::Ok => &mut seconds.ok,
                Login::Degraded => &mut seconds.degraded,
                Login::Broken => &mut seconds.broken,
                Login::Unknown => &mut seconds.unknown,
            };
            *of_login += (span.to - span.from).as_seconds_f64();
        }
        seconds.unwatched = ((to - from).as_seconds_f64() - seconds.watched()).max(0.0);
        seconds
    }

    fn watched(&self) -> f64 {
        self.ok + self.degraded + self.broken + self.unknown
    }

    /// Of the time in which somebody watched, the share in which sign-in was seen to work, 0 to 1. What could not be told
    /// was not seen to.
    fn worked_ratio(&self) -> Option<f64> {
        let watched = self.watched();
        (watched > 0.0).then(|| (self.ok + self.degraded) / watched)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    fn at(minute: i64) -> Time {
        Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).unwrap() + TimeDelta::minutes(minute)
    }

    fn span(from: i64, to: i64, login: Login) -> Span {
        Span { from: at(from), to: at(to), login, cause: None }
    }

    #[test]
    fn the_share_is_of_the_time_in_which_somebody_watched() {
        let spans = [
            span(0, 30, Login::Ok),
            span(30, 35, Login::Broken),
            span(35, 40, Login::Unknown),
            span(50, 60, Login::Degraded),
        ];
        let seconds = Seconds::of(&spans, at(0), at(60));
        let expected = Seconds { ok: 1800.0, degraded: 600.0, broken: 300.0, unknown: 300.0, unwatched: 600.0 };
        assert_eq!(seconds, expected);
        assert_eq!(seconds.worked_ratio(), Some(0.8));
    }

    #[test]
    fn of_no_time_there_is_no_share() {
        assert_eq!(Seconds::of(&[], at(0), at(60)).worked_ratio(), None);
        assert_eq!(Seconds::of(&[span(0, 5, Login::Unknown)], at(0), at(60)).worked_ratio(), Some(0.0));
        assert_eq!(Seconds::of(&[span(0, 0, Login::Ok)], at(0), at(60)).worked_ratio(), None, "a single round");
    }
}
