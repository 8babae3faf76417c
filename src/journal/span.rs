//! How sign-in stood over time.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Time,
    model::{Known, Login},
};

/// A time through which sign-in at a target stood the same, as seen by rounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first round of it.
    pub from: Time,
    /// The last round of it, or the first of the next one.
    pub to: Time,
    /// How it stood.
    pub login: Login,
    /// The check that was the cause, where it was broken.
    pub cause: Option<String>,
}

/// What was so when sign-in was last seen to work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Good {
    /// The round that saw it.
    pub at: Time,
    /// The watched values of that round, by source.
    pub known: Vec<Known>,
}

/// How long sign-in stood how, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// It was seen to work.
    pub ok: f64,
    /// It worked for some, or partly.
    pub degraded: f64,
    /// It did not work.
    pub broken: f64,
    /// It could not be told.
    pub unknown: f64,
    /// Nobody watched.
    pub unwatched: f64,
}

impl Seconds {
    /// Those of the spans of a time.
    #[must_use]
    pub fn of(spans: &[Span], from: Time, to: Time) -> Self {
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

    /// Somebody watched.
    #[must_use]
    pub fn watched(&self) -> f64 {
        self.ok + self.degraded + self.broken + self.unknown
    }

    /// Of the time in which somebody watched, the share in which sign-in was seen to work, 0 to 1. What could not be told
    /// was not seen to.
    #[must_use]
    pub fn worked_ratio(&self) -> Option<f64> {
        let watched = self.watched();
        (watched > 0.0).then(|| (self.ok + self.degraded) / watched)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone as _, Utc};

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
