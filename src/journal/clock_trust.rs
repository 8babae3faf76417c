//! Whether the wall clock can be believed enough to delete by it.
//!
//! One wrong reading (a machine without a battery, an operator's typing error, a time server gone mad) would otherwise make
//! everything too old at once.

use chrono::TimeDelta;
use tokio::time::Instant;

use crate::clock::{Time, span};

/// A larger step of the wall clock against the steady one is a jump.
const JUMP: TimeDelta = TimeDelta::hours(1);
/// How long the clock must have gone evenly after a jump.
const HOLDS: TimeDelta = TimeDelta::days(1);

/// Both clocks, read at the same moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    pub wall: Time,
    /// Of a clock that nobody sets.
    pub steady: Instant,
}

/// Whether the wall clock can be believed.
#[derive(Debug)]
pub(super) struct ClockTrust {
    /// The newest time that an earlier process wrote down.
    earlier: Option<Time>,
    /// Since when the clock has gone evenly, and its last reading.
    even: Option<(Reading, Reading)>,
    is_trusted: bool,
}

impl ClockTrust {
    /// Goes on from the newest time that is known; without one there is nothing that could be deleted.
    pub fn after(earlier: Option<Time>) -> Self {
        Self { earlier, even: None, is_trusted: false }
    }

    /// Takes in a reading. By how much the clock jumped before it, if it did in this process.
    pub fn take_in(&mut self, now: Reading) -> Option<TimeDelta> {
        let Some((began, last)) = self.even else {
            self.even = Some((now, now));
            return None;
        };
        let jump = (now.wall - last.wall) - span(now.steady.saturating_duration_since(last.steady));
        if jump.abs() > JUMP {
            self.even = Some((now, now));
            self.is_trusted = false;
            // From here on only time tells.
            self.earlier = Some(Time::MAX_UTC);
            return Some(jump);
        }
        // Never by the first reading alone.
        let follows = self.earlier.is_none_or(|earlier| (began.wall - earlier).abs() <= JUMP);
        let held = span(now.steady.saturating_duration_since(began.steady));
        self.is_trusted |= follows || held >= HOLDS;
        self.even = Some((began, now));
        None
    }

    pub fn is_trusted(&self) -> bool {
        self.is_trusted
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{TimeZone as _, Utc};

    use super::*;

    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;

    fn start() -> Time {
        Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap()
    }

    #[test]
    fn a_clock_is_trusted_once_it_has_gone_evenly_long_enough() {
        // When the newest entry is from (none: an empty journal), then for each reading: seconds by the steady clock, by
        // the wall clock, whether that was a jump, and whether the clock is trusted then.
        type Case<'a> = (&'a str, Option<i64>, &'a [(i64, i64, bool, bool)]);
        let cases: [Case<'_>; 8] = [
            ("a new journal", None, &[(0, 0, false, false), (60, 60, false, true)]),
            ("a restart", Some(-120), &[(0, 0, false, false), (60, 60, false, true)]),
            (
                "a long way off",
                Some(-500 * DAY),
                &[(0, 0, false, false), (60, 60, false, false), (DAY, DAY, false, true)],
            ),
            (
                "back from there",
                Some(500 * DAY),
                &[(0, 0, false, false), (60, 60, false, false), (DAY, DAY, false, true)],
            ),
            (
                "wrong for 22 s",
                None,
                &[
                    (0, 0, false, false),
                    (60, 60, false, true),
                    (70, 500 * DAY, true, false),
                    (82, 500 * DAY + 12, false, false),
                    (92, 92, true, false),
                    (92 + DAY - 1, 92 + DAY - 1, false, false),
                    (92 + DAY, 92 + DAY, false, true),
                ],
            ),
            (
                "set for good",
                None,
                &[(0, 0, false, false), (60, 2 * DAY, true, false), (60 + DAY, 3 * DAY, false, true)],
            ),
            ("a step of NTP", None, &[(0, 0, false, false), (60, HOUR, false, true), (120, 120, false, true)]),
            ("asleep for a day", None, &[(0, 0, false, false), (60, 60, false, true), (70, DAY, true, false)]),
        ];
        let origin = Instant::now() + Duration::from_secs(1);
        for (name, earlier, readings) in cases {
            let mut trust = ClockTrust::after(earlier.map(|seconds| start() + TimeDelta::seconds(seconds)));
            for (steady, wall, jumps, trusted) in readings {
                let steady = origin + Duration::from_secs(steady.unsigned_abs());
                let jump = trust.take_in(Reading { wall: start() + TimeDelta::seconds(*wall), steady });
                assert_eq!((jump.is_some(), trust.is_trusted()), (*jumps, *trusted), "{name}, {wall}");
            }
        }
    }
}
