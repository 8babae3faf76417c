//! When rounds are due, how long one may take, and how long its verdict stays current. Pure.

use std::time::Duration;

use crate::{
    clock::{Time, span},
    collect::CollectMode,
    config::Config,
    schedule::Schedule,
};

/// A round that takes longer than three intervals is cut, but none before it had this long: every source has timeouts
/// of its own that end sooner.
const SHORTEST_LIMIT: Duration = Duration::from_secs(60);
/// And none may take longer than this, however rarely rounds are due.
const LONGEST_LIMIT: Duration = Duration::from_mins(10);

/// When rounds are due, and what follows from it; one for all targets of a configuration.
#[derive(Debug, Clone)]
pub(super) struct Interval {
    schedule: Schedule,
    settings_every: Duration,
    /// The longest time between two rounds.
    pub interval: Duration,
    /// A round that takes longer is cut.
    pub limit: Duration,
}

/// Two intervals are the same if they come from the same settings: what follows from them depends on the time of day.
impl PartialEq for Interval {
    fn eq(&self, other: &Self) -> bool {
        self.schedule == other.schedule && self.settings_every == other.settings_every
    }
}

impl Interval {
    /// The interval of a configuration.
    pub fn of(config: &Config, now: Time) -> Self {
        let interval = config.round.period_hint(now);
        Self {
            schedule: config.round.clone(),
            settings_every: config.settings_every,
            interval,
            limit: (interval * 3).clamp(SHORTEST_LIMIT, LONGEST_LIMIT),
        }
    }

    /// The first time after `after` at which a round is due.
    pub fn next(&self, after: Time, name: &str) -> Time {
        self.schedule.next(after, name)
    }

    /// How many rounds came due while one ran that was due at `due` and has kept the task busy for `busy`.
    ///
    /// Counted by how long it took, not by the wall clock, which may have been set meanwhile.
    pub fn missed(&self, name: &str, due: Time, busy: Duration) -> u64 {
        let end = due + span(busy);
        let mut count = 0;
        let mut at = self.schedule.next(due, name);
        while at <= end {
            count += 1;
            at = self.schedule.next(at, name);
        }
        count
    }

    /// The mode of every round but a target's first. Targets of one provider share a look for half an interval.
    pub fn mode(&self) -> CollectMode {
        CollectMode::Due { settings_every: self.settings_every, share_for: self.interval / 2 }
    }

    /// How long a verdict stays current: three rounds and the time of one.
    pub fn stale_after(&self) -> Duration {
        self.interval * 3 + SHORTEST_LIMIT
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    fn interval(seconds: u64) -> Interval {
        let mut config = Config::of_targets(Vec::new());
        config.round = Schedule::Every(Duration::from_secs(seconds));
        Interval::of(&config, start())
    }

    fn start() -> Time {
        Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap()
    }

    #[test]
    fn a_round_may_take_three_intervals_but_at_least_a_minute_and_at_most_ten() {
        for (seconds, limit) in [(10, 60), (20, 60), (60, 180), (200, 600), (3600, 600)] {
            assert_eq!(interval(seconds).limit, Duration::from_secs(limit), "every {seconds} s");
        }
    }

    #[test]
    fn a_verdict_outlives_three_rounds_and_no_more_than_a_minute_on_top() {
        assert_eq!(interval(60).stale_after(), Duration::from_secs(240));
    }

    #[test]
    fn rounds_that_came_due_meanwhile_are_counted() {
        let interval = interval(60);
        let due = interval.next(start(), "home");
        for (busy, missed) in [(0, 0), (59, 0), (60, 1), (119, 1), (180, 3), (610, 10)] {
            assert_eq!(interval.missed("home", due, Duration::from_secs(busy)), missed, "busy for {busy} s");
        }
    }

    #[test]
    fn what_is_shared_is_younger_than_a_round() {
        let CollectMode::Due { share_for, .. } = interval(60).mode() else { panic!("the first round's mode") };
        assert!(share_for < Duration::from_secs(60));
    }
}
