//! The only reader of time: the system's, or simulated in tests.
//!
//! Everything else takes the time as an argument. A simulated clock follows Tokio's own, so a test that pauses
//! Tokio's time moves both the wall clock and every sleep.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// A point in time, in UTC.
pub type Time = DateTime<Utc>;

/// Where the time comes from.
#[derive(Debug, Clone, Copy, Default)]
pub enum Clock {
    /// The clock of this machine.
    #[default]
    System,
    /// A clock that started at a given time and then follows Tokio's (which tests can pause and advance).
    Simulated {
        /// The wall-clock time at the origin.
        start: Time,
        /// Tokio's time at that moment.
        origin: Instant,
    },
    /// A simulated clock that a test sets forward and back, as an operator or NTP would.
    Stepped {
        /// The wall-clock time at the origin.
        start: Time,
        /// Tokio's time at that moment.
        origin: Instant,
        /// How far the clock was set forward (or back) since, in milliseconds.
        step_millis: &'static AtomicI64,
    },
}

impl Clock {
    /// A clock that reads `start` now and follows Tokio's time from here.
    #[must_use]
    pub fn simulated(start: Time) -> Self {
        Self::Simulated { start, origin: Instant::now() }
    }

    /// As [`Clock::simulated`], and set forward (or back) by the milliseconds that `step_millis` holds.
    #[must_use]
    pub fn stepped(start: Time, step_millis: &'static AtomicI64) -> Self {
        Self::Stepped { start, origin: Instant::now(), step_millis }
    }

    /// The wall-clock time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    pub fn now(&self) -> Time {
        match self {
            Self::System => Utc::now(),
            Self::Simulated { start, origin } => *start + span(origin.elapsed()),
            Self::Stepped { start, origin, step_millis } => {
                *start + span(origin.elapsed()) + TimeDelta::milliseconds(step_millis.load(Ordering::Relaxed))
            }
        }
    }

    /// Sleeps until the wall clock reads `due`; returns at once when that is past.
    ///
    /// A system clock that is set back or forward, or a machine that slept, is noticed within a minute.
    pub async fn sleep_until(&self, due: Time) {
        loop {
            let Ok(left) = (due - self.now()).to_std() else { return };
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(Duration::from_mins(1))).await;
        }
    }
}

/// A [`Duration`] as chrono's type; the largest one where it does not fit.
#[must_use]
pub fn span(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

/// Seconds since the Unix epoch, as metrics want them.
#[must_use]
pub fn unix_seconds(time: Time) -> f64 {
    time.timestamp_micros() as f64 / 1e6
}
