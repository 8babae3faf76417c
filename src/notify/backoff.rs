//! When a receiver may be sent to: after a failure, within its hourly limit. Pure.

use std::{collections::VecDeque, time::Duration};

use chrono::TimeDelta;

use crate::clock::{Time, span};

/// How long a failed message waits before it is tried again; doubled with each failure.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// The longest wait that is our own choice.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
const HOUR: TimeDelta = TimeDelta::hours(1);

/// When a receiver may be sent to.
#[derive(Debug, Clone, Default)]
pub(super) struct Backoff {
    /// When messages were delivered, within the last hour.
    delivered: VecDeque<Time>,
    /// Failures since the last delivery.
    failures: u32,
    /// Not before this time, after a failure.
    not_before: Option<Time>,
}

impl Backoff {
    /// The earliest time of the next message, with at most `per_hour` of them in an hour.
    /// None for any time: also where a clock that was set back has left one that is too far off.
    pub fn earliest(&self, per_hour: Option<u32>, now: Time) -> Option<Time> {
        let limit = per_hour.and_then(|limit| usize::try_from(limit).ok());
        let full =
            limit.and_then(|limit| self.delivered.len().checked_sub(limit)).and_then(|at| self.delivered.get(at));
        self.not_before.max(full.map(|oldest| *oldest + HOUR)).filter(|at| *at - now <= HOUR)
    }

    /// Until when messages are held back once another one is delivered at `now`; none if the limit is not reached by it.
    pub fn would_hold_until(&self, per_hour: u32, now: Time) -> Option<Time> {
        let limit = usize::try_from(per_hour).ok()?;
        let mut recent = self.delivered.iter().copied().filter(|at| *at > now - HOUR);
        let count = recent.clone().count();
        (count + 1 >= limit).then(|| recent.nth((count + 1).saturating_sub(limit)).unwrap_or(now) + HOUR)
    }

    /// A message was delivered.
    pub fn delivered(&mut self, now: Time) {
        while self.delivered.front().is_some_and(|at| *at <= now - HOUR || *at > now) {
            self.delivered.pop_front();
        }
        self.delivered.push_back(now);
        (self.failures, self.not_before) = (0, None);
    }

    /// A message failed. `asked` is how long the receiver wants us to wait; `jitter` is from 0 to 1.
    pub fn failed(&mut self, now: Time, asked: Option<Duration>, jitter: f64) {
        let doubled = FIRST_WAIT.saturating_mul(1 << self.failures.min(16)).min(LONGEST_WAIT);
        let own = doubled.mul_f64(0.75 + jitter.clamp(0.0, 1.0) / 2.0);
        let wait = own.max(asked.unwrap_or_default());
        self.failures += 1;
        self.not_before = Some(now + span(wait));
    }

    /// How many attempts failed since the last delivery.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    fn at(seconds: i64) -> Time {
        Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap() + TimeDelta::seconds(seconds)
    }

    #[test]
    fn waits_double_up_to_five_minutes_and_spread_by_a_quarter() {
        let mut backoff = Backoff::default();
        let mut waits = Vec::new();
        for _ in 0..9 {
            backoff.failed(at(0), None, 0.5);
            waits.push((backoff.earliest(None, at(0)).unwrap() - at(0)).num_seconds());
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        for (jitter, seconds) in [(0.0, 3.75), (1.0, 6.25)] {
            let mut backoff = Backoff::default();
            backoff.failed(at(0), None, jitter);
            assert_eq!((backoff.earliest(None, at(0)).unwrap() - at(0)).as_seconds_f64(), seconds);
        }
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait() {
        for (asked, seconds) in [(1, 5), (120, 120)] {
            let mut backoff = Backoff::default();
            backoff.failed(at(0), Some(Duration::from_secs(asked)), 0.5);
            assert_eq!(backoff.earliest(None, at(0)), Some(at(seconds)));
        }
    }

    #[test]
    fn a_delivery_ends_the_waiting() {
        let mut backoff = Backoff::default();
        backoff.failed(at(0), None, 0.5);
        backoff.failed(at(5), None, 0.5);
        backoff.delivered(at(20));
        assert_eq!((backoff.earliest(None, at(0)), backoff.failures()), (None, 0));
    }

    #[test]
    fn an_hour_has_so_many_messages_and_the_last_one_says_so() {
        let mut backoff = Backoff::default();
        for minute in 0..3 {
            assert_eq!(backoff.earliest(Some(3), at(3000)), None, "message {minute}");
            let held = backoff.would_hold_until(3, at(minute * 60));
            assert_eq!(held, (minute == 2).then(|| at(3600)), "message {minute}");
            backoff.delivered(at(minute * 60));
        }
        assert_eq!(backoff.earliest(Some(3), at(3000)), Some(at(3600)));
        assert_eq!(backoff.earliest(None, at(0)), None, "for who has no limit");
        assert_eq!(backoff.would_hold_until(3, at(3600)), Some(at(3660)));
        backoff.delivered(at(3600));
        assert_eq!(backoff.earliest(Some(3), at(3000)), Some(at(3660)));
        assert_eq!(Backoff::default().would_hold_until(1, at(0)), Some(at(3600)));
    }
}
