//! Five-field crontab, as cron(8) reads it, on top of the `cron` crate.
//!
//! The crate takes six fields, counts Sunday as 1, joins day-of-month with day-of-week by AND and walks one timezone. So
//! each field is read here, by cron's own rules, and handed over as a plain list; where both days are restricted the
//! times are the union of two schedules; and the walk is over wall-clock times, which are put on the time line here.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::{
    field::{DAY_OF_MONTH, DAY_OF_WEEK, Field, HOUR, MINUTE, MONTH},
    zone::{Meant, Zone},
};
use crate::clock::Time;

/// Five crontab fields in a timezone.
///
/// When the clocks go forward, a time that does not exist runs as much later as the clocks jumped (2:30 runs at 3:30, as
/// it would have without the jump): nothing is left out. When they go back, a time that comes twice runs once, at its
/// first coming; only a schedule whose minutes or hours begin with `*` runs through both, since it means a interval and
/// not a time of day.
#[derive(Clone, PartialEq)]
pub struct Crontab {
    /// As written.
    text: String,
    timezone: Zone,
    /// One schedule, or two whose union is meant.
    walls: Vec<cron::Schedule>,
    /// Whether the minutes or hours begin with `*`.
    is_interval: bool,
    /// Whether some hours or days are left out.
    has_pauses: bool,
    words: String,
}

/// How far wall-clock time can run out of order around a change of the clocks.
const DISORDER: TimeDelta = TimeDelta::hours(3);

/// A time from which each schedule must find a next one: the start of a leap year, so that 29 February is found.
const SOME_TIME: i64 = 1_704_067_200;

impl Crontab {
    pub(super) fn parse(text: &str, timezone: &Zone) -> Result<Self, String> {
        let line = if text.starts_with('@') { named(text)? } else { text };
        let written: Vec<&str> = line.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = written[..] else { return Err(not_five(&written)) };
        let minute = Field::parse(&MINUTE, minute)?;
        let hour = Field::parse(&HOUR, hour)?;
        let day = Field::parse(&DAY_OF_MONTH, day)?;
        let month = Field::parse(&MONTH, month)?;
        let weekday = Field::parse(&DAY_OF_WEEK, weekday)?;

        let wall = |day: &str, weekday: &str| {
            let line = format!("0 {} {} {day} {} {weekday}", minute.list(), hour.list(), month.list());
            cron::Schedule::from_str(&line).map_err(|error| format!("{text:?} is not a crontab line: {error}"))
        };
        // cron(8): where both days are restricted (neither begins with `*`), either may match; else both must.
        let either = !day.is_star && !weekday.is_star;
        let walls = if either {
            vec![wall(&day.list(), "*")?, wall("*", &weekday.names())?]
        } else {
            vec![wall(&day.list(), &weekday.names())?]
        };
        let words = words([&minute, &hour, &day, &month, &weekday], timezone);
        let is_interval = minute.is_star || hour.is_star;
        let has_pauses = ![&hour, &day, &month, &weekday].iter().all(|field| field.is_all());
        let crontab = Self { text: text.to_owned(), timezone: timezone.clone(), walls, is_interval, has_pauses, words };
        let never = || format!("{text:?} is never due: there is no such day");
        DateTime::from_timestamp(SOME_TIME, 0).and_then(|from| crontab.next(from)).ok_or_else(never)?;
        Ok(crontab)
    }

    /// The first time after `after`; none once the `cron` crate's calendar ends (the year 2100).
    pub(super) fn next(&self, after: Time) -> Option<Time> {
        let margin = if self.clocks_change_near(after) { DISORDER } else { TimeDelta::zero() };
        let mut wall = self.wall_clock(after) - margin;
        let mut best: Option<Time> = None;
        // Wall-clock times come in order; the times they mean do so only away from a change of the clocks.
        while let Some(next) = self.next_wall(wall) {
            wall = next;
            if let Some(best) = best
                && (!self.clocks_change_near(best) || wall > self.wall_clock(best) + DISORDER)
            {
                break;
            }
            let later = self.times(wall).into_iter().filter(|time| *time > after);
            best = best.into_iter().chain(later).min();
        }
        best
    }

    /// As written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether some hours or days are left out, so that one gap says nothing of the others.
    pub(super) fn has_pauses(&self) -> bool {
        self.has_pauses
    }

    /// In words, with the timezone.
    pub(super) fn in_words(&self) -> String {
        self.words.clone()
    }

    fn wall_clock(&self, time: Time) -> NaiveDateTime {
        self.timezone.wall_clock(time)
    }

    fn next_wall(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        let after = after.and_utc();
        self.walls.iter().filter_map(|wall| wall.after(&after).next()).map(|time: DateTime<Utc>| time.naive_utc()).min()
    }

    /// The times that a wall-clock time means.
    fn times(&self, wall: NaiveDateTime) -> Vec<Time> {
        match self.timezone.times(wall) {
            Meant::Once(time) => vec![time],
            Meant::Twice(first, second) if self.is_interval => vec![first, second],
            Meant::Twice(first, _) => vec![first],
            Meant::Skipped(time) => vec![time],
        }
    }

    fn clocks_change_near(&self, time: Time) -> bool {
        self.timezone.offset(time - DISORDER) != self.timezone.offset(time + DISORDER)
    }
}

impl fmt::Debug for Crontab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crontab({:?}, {})", self.text, self.timezone)
    }
}

/// The five fields of a name such as `@hourly`.
fn named(name: &str) -> Result<&'static str, String> {
    match name.to_ascii_lowercase().as_str() {
        "@hourly" => Ok("0 * * * *"),
        "@daily" | "@midnight" => Ok("0 0 * * *"),
        "@weekly" => Ok("0 0 * * 0"),
        "@monthly" => Ok("0 0 1 * *"),
        "@yearly" | "@annually" => Ok("0 0 1 1 *"),
        "@reboot" => Err("\"@reboot\" is no time; every start begins with a round anyway".to_owned()),
        _ => Err(format!("{name:?} is not known; there are @hourly, @daily, @weekly, @monthly and @yearly")),
    }
}

fn not_five(fields: &[&str]) -> String {
    let line = fields.join(" ");
    match fields.len() {
        6 | 7 if fields[0] == "0" => {
            let five = fields[1..6].join(" ");
            format!("{line:?} has seconds or a year; a crontab line has five fields: did you mean \"{five}\"?")
        }
        6 | 7 => format!(
            "{line:?} has {} fields; a crontab line has five (minute hour day month weekday), without seconds. \
             For less than a minute write for example \"every 30s\"",
            fields.len()
        ),
        count => format!(
            "{line:?} has {count} field{}; write \"every 60s\", or the five of a crontab line: minute hour day month \
             weekday, such as \"*/5 * * * *\"",
            if count == 1 { "" } else { "s" }
        ),
    }
}

fn words([minute, hour, day, month, weekday]: [&Field; 5], timezone: &Zone) -> String {
    let either = !day.is_star && !weekday.is_star;
    let mut words = match (minute.single(), hour.single()) {
        (Some(minute), Some(hour)) => format!("at {hour:02}:{minute:02}"),
        _ => {
            let minutes = match minute.step() {
                Some(1) => "every minute".to_owned(),
                Some(step) => format!("every {step} minutes"),
                None => format!("at {}", minute.in_words()),
            };
            match (minute.step(), hour.is_all()) {
                (Some(_), true) => minutes,
                (None, true) => format!("{minutes} of every hour"),
                _ => format!("{minutes} of {}", hour.in_words()),
            }
        }
    };
    let day_words = (!day.is_all()).then(|| day.in_words());
    let weekday_words = (!weekday.is_all()).then(|| weekday.in_words());
    match (day_words, weekday_words) {
        (None, None) => {}
        (Some(only), None) | (None, Some(only)) => words = format!("{words} on {only}"),
        (Some(day), Some(weekday)) => {
            let join = if either { "or" } else { "and" };
            words = format!("{words} on {day} {join} {weekday}");
        }
    }
    if !month.is_all() {
        words = format!("{words} in {}", month.in_words());
    }
    format!("{words} ({timezone})")
}

#[cfg(test)]
mod tests;
