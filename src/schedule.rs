//! When something is due: `every 60s`, crontab, `@hourly`. Pure.
//!
//! An `every` schedule is aligned to the epoch and offset by a hash of the target's name, so that targets spread and a
//! restart changes nothing. A crontab follows the wall clock of its timezone; see [`Crontab`] for what happens when the
//! clocks change.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};

use crate::clock::{Time, span};

mod crontab;
pub mod duration;
mod field;
mod zone;

pub use crontab::Crontab;
pub use zone::Zone;

/// When something is due.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// `every 60s`, offset by a hash of the target's name.
    Every(Duration),
    /// Five crontab fields, or a name such as `@hourly`.
    Crontab(Box<Crontab>),
}

/// The shortest period: what a side can bear, and more than a round takes.
pub const SHORTEST: Duration = Duration::from_secs(10);

/// How far ahead [`Schedule::period_hint`] looks, so that nights and week-ends count as gaps.
const LOOKED_AHEAD: TimeDelta = TimeDelta::days(8);

/// How many runs it looks at in any case.
const RUNS_LOOKED_AT: usize = 60;

impl Schedule {
    /// Reads `every 60s`, a crontab line of five fields, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
    ///
    /// # Errors
    /// What is wrong with it, and what was meant, for a person.
    pub fn parse(text: &str, timezone: &Zone) -> Result<Self, String> {
        let text = text.trim();
        let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        if text.is_empty() {
            return Err("an empty schedule; write for example \"every 60s\" or \"*/5 * * * *\"".to_owned());
        }
        // As in cron: `@every 60s` is known from Go's cron.
        if matches!(first.to_ascii_lowercase().as_str(), "every" | "@every") {
            return every(rest.trim());
        }
        if rest.is_empty() && first.starts_with(|letter: char| letter.is_ascii_digit()) {
            return Err(match duration::parse(first) {
                Ok(_) => format!("did you mean \"every {first}\"?"),
                Err(_) => format!("did you mean \"every {first}s\"?"),
            });
        }
        Crontab::parse(text, timezone).map(|crontab| Self::Crontab(Box::new(crontab)))
    }

    /// The first time after `after` at which it is due for the target of that name. Always later than `after`.
    #[must_use]
    pub fn next(&self, after: Time, name: &str) -> Time {
        match self {
            Self::Every(period) => next_multiple(after, *period, name),
            Self::Crontab(crontab) => crontab.next(after).unwrap_or(Time::MAX_UTC),
        }
    }

    /// In words: `every 60 seconds`, `at minute 0 of every hour (UTC)`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Every(period) => {
                let words = duration::in_words(*period);
                let unit = words.strip_prefix("1 ").filter(|rest| !rest.contains(' '));
                format!("every {}", unit.unwrap_or(&words))
            }
            Self::Crontab(crontab) => crontab.in_words(),
        }
    }

    /// How many runs a minute has on average, over the next week.
    #[must_use]
    pub fn per_minute(&self, now: Time) -> f64 {
        if let Self::Every(period) = self {
            return 60.0 / period.as_secs_f64();
        }
        let until = now + TimeDelta::weeks(1);
        let runs = std::iter::successors(Some(self.next(now, "")), |at| Some(self.next(*at, "")));
        runs.take_while(|at| *at < until).count() as f64 / TimeDelta::weeks(1).as_seconds_f64() * 60.0
    }

    /// The time between two runs: the longest gap of the next eight days, or of the next runs where those are fewer. How
    /// stale something may get follows from it.
    #[must_use]
    pub fn period_hint(&self, now: Time) -> Duration {
        let crontab = match self {
            Self::Every(period) => return *period,
            Self::Crontab(crontab) => crontab,
        };
        let Some(mut at) = crontab.next(now) else { return Duration::ZERO };
        let mut longest = TimeDelta::zero();
        let mut runs = 0;
        while runs < RUNS_LOOKED_AT || (crontab.has_pauses() && at - now < LOOKED_AHEAD) {
            let Some(next) = crontab.next(at) else { break };
            longest = longest.max(next - at);
            at = next;
            runs += 1;
        }
        longest.to_std().unwrap_or_default()
    }
}

fn every(period: &str) -> Result<Schedule, String> {
    if period.is_empty() {
        return Err("\"every\" needs a duration, such as \"every 60s\"".to_owned());
    }
    let period = duration::parse(period)?;
    if period < SHORTEST {
        return Err(format!("every {} is too often; the shortest is every 10s", duration::short(period)));
    }
    if span(period) > TimeDelta::days(366) {
        return Err(format!("every {} is too seldom; the longest is a year", duration::short(period)));
    }
    Ok(Schedule::Every(period))
}

/// The first time after `after` at which (time since the epoch - offset) is a multiple of the period.
fn next_multiple(after: Time, period: Duration, name: &str) -> Time {
    let period = span(period).num_milliseconds().max(1);
    let offset = i64::try_from(hash(name) % period.unsigned_abs()).unwrap_or(0);
    let since = (after.timestamp_millis() - offset).div_euclid(period);
    // At most one period too early where `after` has parts of a millisecond; hence the multiple after that one.
    let next = since.checked_add(1).and_then(|count| count.checked_mul(period)).and_then(|at| at.checked_add(offset));
    next.and_then(DateTime::from_timestamp_millis).unwrap_or(Time::MAX_UTC)
}

/// FNV-1a, 64 bits: the same on every machine and in every release, which the standard library's hash is not.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Time {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn every_is_aligned_to_the_epoch_and_spread_by_name() {
        let schedule = Schedule::parse("every 60s", &Zone::utc()).unwrap();
        let first = schedule.next(at("2026-11-24T12:00:07Z"), "home");
        let second = schedule.next(first, "home");
        assert_eq!(second - first, TimeDelta::seconds(60));
        let after_a_restart = Schedule::parse("every 1m", &Zone::utc()).unwrap().next(first, "home");
        assert_eq!(after_a_restart, second, "a restart changes nothing");
        let offsets: std::collections::BTreeSet<i64> = (0..50)
            .map(|number| schedule.next(at("2026-11-24T12:00:00Z"), &format!("target {number}")).timestamp_millis())
            .collect();
        assert!(offsets.len() > 45, "50 targets spread over the minute, {} times", offsets.len());
    }

    #[test]
    fn what_was_meant_is_said() {
        for (text, meant) in [
            ("", "an empty schedule; write for example \"every 60s\" or \"*/5 * * * *\""),
            ("60s", "did you mean \"every 60s\"?"),
            ("60", "did you mean \"every 60s\"?"),
            ("every", "\"every\" needs a duration, such as \"every 60s\""),
            ("every 5s", "every 5s is too often; the shortest is every 10s"),
            ("every 60", "\"60\" has no unit; write \"60s\" for seconds"),
            ("every 2y", "every 730d is too seldom; the longest is a year"),
        ] {
            assert_eq!(Schedule::parse(text, &Zone::utc()), Err(meant.to_owned()), "{text}");
        }
    }

    #[test]
    fn schedules_are_told_in_words() {
        for (text, words) in [
            ("every 60s", "every 60 seconds"),
            ("every 5m", "every 5 minutes"),
            ("every 1h", "every hour"),
            ("every 1h30m", "every 1 hour 30 minutes"),
            ("@hourly", "at minute 0 of every hour (UTC)"),
        ] {
            assert_eq!(Schedule::parse(text, &Zone::utc()).unwrap().in_words(), words);
        }
    }

    #[test]
    fn the_period_is_the_longest_gap_of_the_next_runs() {
        let now = at("2026-11-24T12:00:00Z");
        for (text, seconds) in [
            ("every 90s", 90),
            ("*/5 * * * *", 300),
            ("@hourly", 3600),
            ("*/10 8-17 * * *", 14 * 3600 + 600),
            ("0 8 * * mon-fri", 3 * 86_400),
        ] {
            let hint = Schedule::parse(text, &Zone::utc()).unwrap().period_hint(now);
            assert_eq!(hint, Duration::from_secs(seconds), "{text}");
        }
    }

    #[test]
    fn runs_are_counted_per_minute() {
        let now = at("2026-11-24T12:00:00Z");
        for (text, expected) in [("every 30s", 2.0), ("*/5 * * * *", 0.2), ("0 0 * * *", 1.0 / 1440.0)] {
            let found = Schedule::parse(text, &Zone::utc()).unwrap().per_minute(now);
            assert!((found - expected).abs() < 0.001, "{text}: {found}");
        }
    }

    proptest! {
        #[test]
        fn the_next_time_is_strictly_later(
            seconds in 0_i64..4_000_000_000, millis in 0_u32..1000, period in 10_u64..100_000, name in "\\PC{0,8}",
        ) {
            let after = DateTime::from_timestamp(seconds, millis * 1_000_000).unwrap();
            let next = Schedule::Every(Duration::from_secs(period)).next(after, &name);
            prop_assert!(next > after);
            prop_assert!(next - after <= TimeDelta::seconds(i64::try_from(period).unwrap()));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = Schedule::parse(&text, &Zone::named("Europe/Berlin").unwrap());
        }
    }
}
