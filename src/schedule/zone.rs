//! A timezone by its name, from the system's time zone data.
//!
//! The tables stay in the system's files, where they are kept up to date; in the program they would be its largest part.

use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset as _, TimeDelta, Utc};
use jiff::{
    Timestamp, civil,
    tz::{AmbiguousOffset, Offset, TimeZone},
};

use crate::clock::Time;

/// A timezone.
#[derive(Clone, PartialEq)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

/// The times that a wall-clock time means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    /// One.
    Once(Time),
    /// Two: the clocks go back over it.
    Twice(Time, Time),
    /// None: the clocks jump over it. What it would have been without the jump.
    Skipped(Time),
}

impl Zone {
    /// Coordinated Universal Time.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), rules: TimeZone::UTC }
    }

    /// The timezone of a name such as `Europe/Berlin`.
    ///
    /// # Errors
    /// There is none of that name; what was perhaps meant.
    pub fn named(name: &str) -> Result<Self, String> {
        if name.eq_ignore_ascii_case("UTC") {
            return Ok(Self::utc());
        }
        match TimeZone::get(name) {
            Ok(rules) => Ok(Self { name: rules.iana_name().unwrap_or(name).to_owned(), rules }),
            Err(_) => Err(format!("{name:?} is no timezone; {}", hint(name))),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A time as clocks there show it, with their offset.
    #[must_use]
    pub fn local(&self, time: Time) -> DateTime<FixedOffset> {
        let seconds = i32::try_from(self.offset(time).num_seconds()).unwrap_or_default();
        time.with_timezone(&FixedOffset::east_opt(seconds).unwrap_or_else(|| Utc.fix()))
    }

    /// What clocks there show.
    pub(super) fn wall_clock(&self, time: Time) -> NaiveDateTime {
        time.naive_utc() + self.offset(time)
    }

    /// How far clocks there are ahead of UTC.
    pub(super) fn offset(&self, time: Time) -> TimeDelta {
        // Times beyond the year 9999 have the offset of its end.
        let timestamp = Timestamp::from_second(time.timestamp()).unwrap_or(Timestamp::MAX);
        seconds(self.rules.to_offset(timestamp))
    }

    /// The times that clocks there show `wall`.
    pub(super) fn times(&self, wall: NaiveDateTime) -> Meant {
        let at = |offset: Offset| (wall - seconds(offset)).and_utc();
        let Some(civil) = civil(wall) else { return Meant::Once(wall.and_utc()) };
        match self.rules.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => Meant::Once(at(offset)),
            AmbiguousOffset::Fold { before, after } => Meant::Twice(at(before), at(after)),
            AmbiguousOffset::Gap { before, .. } => Meant::Skipped(at(before)),
        }
    }
}

fn seconds(offset: Offset) -> TimeDelta {
    TimeDelta::seconds(i64::from(offset.seconds()))
}

/// The same wall-clock time in the other library's type; none beyond the year 9999.
fn civil(wall: NaiveDateTime) -> Option<civil::DateTime> {
    let utc = Timestamp::from_second(wall.and_utc().timestamp()).ok()?;
    Some(Offset::UTC.to_datetime(utc))
}

fn hint(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.as_str().to_owned()).collect();
    if known.is_empty() {
        return "this machine has no time zone data (install tzdata), so only UTC is known".to_owned();
    }
    known
        .iter()
        .map(|zone| (strsim::damerau_levenshtein(&lower, &zone.to_ascii_lowercase()), zone))
        .min()
        .filter(|(distance, zone)| *distance <= zone.len() / 3)
        .map_or_else(
            || "write a name such as UTC or Europe/Berlin".to_owned(),
            |(_, zone)| format!("did you mean \"{zone}\"?"),
        )
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn at(month: u32, day: u32, hour: u32, minute: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap().and_hms_opt(hour, minute, 0).unwrap()
    }

    #[test]
    fn a_wall_clock_time_comes_once_twice_or_is_jumped_over() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let utc = |month, day, hour, minute| at(month, day, hour, minute).and_utc();
        assert_eq!(berlin.times(at(7, 1, 12, 0)), Meant::Once(utc(7, 1, 10, 0)));
        assert_eq!(berlin.times(at(3, 29, 2, 30)), Meant::Skipped(utc(3, 29, 1, 30)));
        assert_eq!(berlin.times(at(10, 25, 2, 30)), Meant::Twice(utc(10, 25, 0, 30), utc(10, 25, 1, 30)));
        assert_eq!(berlin.wall_clock(utc(1, 1, 0, 0)), at(1, 1, 1, 0));
        assert_eq!(Zone::utc().times(at(1, 1, 0, 0)), Meant::Once(utc(1, 1, 0, 0)));
    }

    #[test]
    fn a_name_that_is_none_is_refused_with_what_was_meant() {
        for (name, said) in [
            ("Europe/Berln", "\"Europe/Berln\" is no timezone; did you mean \"Europe/Berlin\"?"),
            ("the moon, far side", "\"the moon, far side\" is no timezone; write a name such as UTC or Europe/Berlin"),
            ("../../etc/passwd", "\"../../etc/passwd\" is no timezone; write a name such as UTC or Europe/Berlin"),
        ] {
            assert_eq!(Zone::named(name), Err(said.to_owned()));
        }
        assert_eq!(Zone::named("utc").map(|zone| zone.name().to_owned()), Ok("UTC".to_owned()));
    }
}
