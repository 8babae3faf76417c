//! Five-field crontab, as cron(8) reads it, on top of the `cron` crate.
//!
//! The crate takes six fields, counts Sunday as 1, joins day-of-month with day-of-week by AND and walks one timezone. So
//! each field is read here, by cron's own rules, and handed over as a plain list; where both days are restricted the
//! times are the union of two schedules; and the walk is over wall-clock times, which are put on the time line here.

use std::{fmt, str::FromStr};

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::field::{DAY_OF_MONTH, DAY_OF_WEEK, Field, HOUR, MINUTE, MONTH};
use crate::clock::Time;

/// Five crontab fields in a timezone.
///
/// When the clocks go forward, a time that does not exist runs as much later as the clocks jumped (2:30 runs at 3:30, as
/// it would have without the jump): nothing is left out. When they go back, a time that comes twice runs once, at its
/// first coming; only a schedule whose minutes or hours begin with `*` runs through both, since it means a rhythm and
/// not a time of day.
#[derive(Clone, PartialEq)]
pub struct Crontab {
    /// As written.
    text: String,
    timezone: Tz,
    /// One schedule, or two whose union is meant.
    walls: Vec<cron::Schedule>,
    /// Whether the minutes or hours begin with `*`.
    is_rhythm: bool,
    /// Whether some hours or days are left out.
    has_pauses: bool,
    words: String,
}

/// How far wall-clock time can run out of order around a change of the clocks.
const DISORDER: TimeDelta = TimeDelta::hours(3);

/// A time from which each schedule must find a next one: the start of a leap year, so that 29 February is found.
const SOME_TIME: i64 = 1_704_067_200;

impl Crontab {
    pub(super) fn parse(text: &str, timezone: Tz) -> Result<Self, String> {
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
        let is_rhythm = minute.is_star || hour.is_star;
        let has_pauses = ![&hour, &day, &month, &weekday].iter().all(|field| field.is_all());
        let crontab = Self { text: text.to_owned(), timezone, walls, is_rhythm, has_pauses, words };
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
        time.with_timezone(&self.timezone).naive_local()
    }

    fn next_wall(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        let after = after.and_utc();
        self.walls.iter().filter_map(|wall| wall.after(&after).next()).map(|time: DateTime<Utc>| time.naive_utc()).min()
    }

    /// The times that a wall-clock time means.
    fn times(&self, wall: NaiveDateTime) -> Vec<Time> {
        match self.timezone.from_local_datetime(&wall) {
            LocalResult::Single(time) => vec![time.to_utc()],
            LocalResult::Ambiguous(first, second) if self.is_rhythm => vec![first.to_utc(), second.to_utc()],
            LocalResult::Ambiguous(first, _) => vec![first.to_utc()],
            LocalResult::None => self.with_the_offset_before(wall).into_iter().collect(),
        }
    }

    /// What a time that the clocks jump over would have been without the jump. No zone ever jumped over two days.
    fn with_the_offset_before(&self, wall: NaiveDateTime) -> Option<Time> {
        let before = (1..=96)
            .find_map(|halves| self.timezone.from_local_datetime(&(wall - TimeDelta::minutes(30 * halves))).latest())?;
        Some(wall.and_utc() - TimeDelta::seconds(i64::from(before.offset().fix().local_minus_utc())))
    }

    fn clocks_change_near(&self, time: Time) -> bool {
        let offset = |time: Time| self.timezone.offset_from_utc_datetime(&time.naive_utc()).fix();
        offset(time - DISORDER) != offset(time + DISORDER)
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

fn words([minute, hour, day, month, weekday]: [&Field; 5], timezone: Tz) -> String {
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
mod tests {
    use chrono_tz::Europe::Berlin;
    use proptest::prelude::*;

    use super::*;

    fn runs(line: &str, timezone: Tz, after: &str, count: usize) -> Vec<String> {
        let crontab = Crontab::parse(line, timezone).unwrap();
        let mut at = DateTime::parse_from_rfc3339(after).unwrap().to_utc();
        let mut found = Vec::new();
        for _ in 0..count {
            at = crontab.next(at).unwrap();
            found.push(at.with_timezone(&timezone).format("%a %Y-%m-%d %H:%M %Z").to_string());
        }
        found
    }

    fn next(line: &str) -> String {
        // A Tuesday.
        runs(line, Tz::UTC, "2026-11-24T12:34:56Z", 1).remove(0).trim_end_matches(" UTC").to_owned()
    }

    #[test]
    fn lines_are_due_when_cron_says() {
        for (line, due) in [
            ("* * * * *", "Tue 2026-11-24 12:35"),
            ("*/5 * * * *", "Tue 2026-11-24 12:35"),
            ("@hourly", "Tue 2026-11-24 13:00"),
            ("@daily", "Wed 2026-11-25 00:00"),
            ("@midnight", "Wed 2026-11-25 00:00"),
            ("@weekly", "Sun 2026-11-29 00:00"),
            ("@monthly", "Tue 2026-12-01 00:00"),
            ("@yearly", "Fri 2027-01-01 00:00"),
            ("@Annually", "Fri 2027-01-01 00:00"),
            ("30 4 * * *", "Wed 2026-11-25 04:30"),
            ("0 12 * * 0", "Sun 2026-11-29 12:00"),
            ("0 12 * * 7", "Sun 2026-11-29 12:00"),
            ("0 12 * * sun", "Sun 2026-11-29 12:00"),
            ("0 12 * * 1", "Mon 2026-11-30 12:00"),
            ("0 12 * * SAT", "Sat 2026-11-28 12:00"),
            ("0 12 * * 5-7", "Fri 2026-11-27 12:00"),
            ("0 12 * * sat-sun", "Sat 2026-11-28 12:00"),
            ("0 12 * * 0-6/3", "Wed 2026-11-25 12:00"),
            ("0 12 * * */4", "Thu 2026-11-26 12:00"),
            ("0 12 * feb-apr/2 *", "Mon 2027-02-01 12:00"),
            ("10-30/10,45 * * * *", "Tue 2026-11-24 12:45"),
            ("0 0 29 2 *", "Tue 2028-02-29 00:00"),
            ("0 0 31 * *", "Thu 2026-12-31 00:00"),
            // Both days restricted: either.
            ("0 0 13 * fri", "Fri 2026-11-27 00:00"),
            ("0 0 25 * fri", "Wed 2026-11-25 00:00"),
            // A star with a step is no restriction: both.
            ("0 0 */2 * fri", "Fri 2026-11-27 00:00"),
            ("0 0 */10 * fri", "Fri 2026-12-11 00:00"),
        ] {
            assert_eq!(next(line), due, "{line}");
        }
    }

    #[test]
    fn what_cron_does_not_take_is_refused_with_what_was_meant() {
        for (line, says) in [
            ("@reboot", "\"@reboot\" is no time; every start begins with a round anyway"),
            ("@fortnightly", "\"@fortnightly\" is not known; there are @hourly, @daily, @weekly, @monthly and @yearly"),
            ("0 */5 * * * *", "has seconds or a year; a crontab line has five fields: did you mean \"*/5 * * * *\"?"),
            ("30 */5 * * * *", "write for example \"every 30s\""),
            ("* * * *", "has 4 fields; write \"every 60s\", or the five"),
            ("hourly", "has 1 field; write"),
            ("60 * * * *", "minute \"60\" is not a number from 0 to 59"),
            ("* 24 * * *", "hour \"24\" is not a number from 0 to 23"),
            ("* * 0 * *", "day \"0\" is not a number from 1 to 31"),
            ("* * * 13 *", "month \"13\" is not a number from 1 to 12, nor a name such as feb"),
            ("* * * * 8", "weekday \"8\" is not a number from 0 to 7, nor a name such as mon"),
            ("* * * * monday", "weekday \"monday\" is not"),
            ("5/15 * * * *", "minute \"5/15\": a step follows a range; did you mean \"5-59/15\"?"),
            ("*/0 * * * *", "minute \"*/0\": a step is a number from 1 to 59"),
            ("* 22-6 * * *", "hour \"22-6\": a range goes up; write \"22-23,0-6\" for both ends"),
            ("-5 * * * *", "minute \"\" is not a number"),
            ("+5 * * * *", "minute \"+5\" is not a number"),
            (", * * * *", "minute \"\" is not a number"),
            ("0 0 31 2 *", "\"0 0 31 2 *\" is never due: there is no such day"),
            ("0 0 30 2 *", "is never due"),
            ("? * * * *", "minute \"?\" is not a number"),
            ("0 0 L * *", "day \"L\" is not a number"),
        ] {
            let error = Crontab::parse(line, Tz::UTC).unwrap_err();
            assert!(error.contains(says), "{line}: {error}");
        }
    }

    #[test]
    fn lines_are_told_in_words() {
        for (line, words) in [
            ("* * * * *", "every minute (UTC)"),
            ("*/5 * * * *", "every 5 minutes (UTC)"),
            ("*/7 * * * *", "at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour (UTC)"),
            ("30 4 * * *", "at 04:30 (UTC)"),
            ("* 22 * * *", "every minute of hour 22 (UTC)"),
            ("*/10 8,20 * * *", "every 10 minutes of hours 8 and 20 (UTC)"),
            ("0 9-17 * * mon-fri", "at minute 0 of hours 9 to 17 on Monday to Friday (UTC)"),
            ("0 0 1,15 * fri", "at 00:00 on days 1 and 15 or Friday (UTC)"),
            ("@yearly", "at 00:00 on day 1 in January (UTC)"),
        ] {
            assert_eq!(Crontab::parse(line, Tz::UTC).unwrap().in_words(), words, "{line}");
        }
    }

    #[test]
    fn a_time_that_the_clocks_jump_over_runs_as_much_later_and_once() {
        assert_eq!(
            runs("30 2 * * *", Berlin, "2027-03-27T12:00:00Z", 2),
            ["Sun 2027-03-28 03:30 CEST", "Mon 2027-03-29 02:30 CEST"]
        );
        assert_eq!(
            runs("30 2,3 * * *", Berlin, "2027-03-27T12:00:00Z", 2),
            ["Sun 2027-03-28 03:30 CEST", "Mon 2027-03-29 02:30 CEST"]
        );
        assert_eq!(
            runs("*/30 * * * *", Berlin, "2027-03-28T00:29:00Z", 3),
            ["Sun 2027-03-28 01:30 CET", "Sun 2027-03-28 03:00 CEST", "Sun 2027-03-28 03:30 CEST"]
        );
    }

    #[test]
    fn a_time_that_comes_twice_runs_once_and_a_rhythm_runs_through() {
        assert_eq!(
            runs("30 2 * * *", Berlin, "2026-10-24T12:00:00Z", 2),
            ["Sun 2026-10-25 02:30 CEST", "Mon 2026-10-26 02:30 CET"]
        );
        assert_eq!(
            runs("*/30 * * * *", Berlin, "2026-10-24T23:59:00Z", 5),
            [
                "Sun 2026-10-25 02:00 CEST",
                "Sun 2026-10-25 02:30 CEST",
                "Sun 2026-10-25 02:00 CET",
                "Sun 2026-10-25 02:30 CET",
                "Sun 2026-10-25 03:00 CET"
            ]
        );
    }

    #[test]
    fn a_timezone_moves_the_day() {
        assert_eq!(
            runs("0 0 * * *", Tz::Pacific__Auckland, "2026-11-24T12:00:00Z", 1),
            ["Thu 2026-11-26 00:00 NZDT"],
            "midnight there is 11:00 UTC"
        );
    }

    /// Whether a field written with numbers, ranges, steps and lists holds a value: cron's rule in the plainest words.
    fn holds(field: &str, first: u32, last: u32, value: u32) -> bool {
        field.split(',').any(|part| {
            let (range, step) = part.split_once('/').unwrap_or((part, "1"));
            let (from, to) = match range.split_once('-') {
                Some((from, to)) => (from.parse().unwrap(), to.parse().unwrap()),
                None if range == "*" => (first, last),
                None => (range.parse().unwrap(), range.parse().unwrap()),
            };
            value >= from && value <= to && (value - from).is_multiple_of(step.parse().unwrap())
        })
    }

    /// The next minute within some days that a line holds, found by trying each.
    fn by_trying(line: &str, after: Time, days: u64) -> Option<Time> {
        use chrono::{Datelike as _, Days};
        let fields: Vec<&str> = line.split(' ').collect();
        let is_day = |date: &chrono::NaiveDate| {
            let number = date.weekday().num_days_from_sunday();
            let day = holds(fields[2], 1, 31, date.day());
            let weekday = holds(fields[4], 0, 6, number) || (number == 0 && holds(fields[4], 0, 6, 7));
            let both = fields[2].starts_with('*') || fields[4].starts_with('*');
            holds(fields[3], 1, 12, date.month()) && if both { day && weekday } else { day || weekday }
        };
        let minutes: Vec<(u32, u32)> = (0..24)
            .filter(|hour| holds(fields[1], 0, 23, *hour))
            .flat_map(|hour| (0..60).map(move |minute| (hour, minute)))
            .filter(|(_, minute)| holds(fields[0], 0, 59, *minute))
            .collect();
        (0..days)
            .map(|day| after.date_naive() + Days::new(day))
            .filter(is_day)
            .flat_map(|date| minutes.iter().map(move |(hour, minute)| date.and_hms_opt(*hour, *minute, 0).unwrap()))
            .map(|at| at.and_utc())
            .find(|at| *at > after)
    }

    fn a_field(first: u32, last: u32) -> impl Strategy<Value = String> {
        let range = (first..=last, 0..=last - first, 1..=last).prop_map(move |(from, length, step)| {
            let to = (from + length).min(last);
            if step % 3 == 0 { format!("{from}-{to}/{step}") } else { format!("{from}-{to}") }
        });
        prop_oneof![
            3 => Just("*".to_owned()),
            1 => (1..=last).prop_map(|step| format!("*/{step}")),
            2 => (first..=last).prop_map(|value| value.to_string()),
            1 => range.clone(),
            1 => (range, first..=last).prop_map(|(range, value)| format!("{range},{value}")),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn the_next_time_is_the_one_found_by_trying_each_minute(
            fields in (a_field(0, 59), a_field(0, 23), a_field(1, 31), a_field(1, 12), a_field(0, 7)),
            seconds in 1_600_000_000_i64..3_900_000_000,
        ) {
            let (minute, hour, day, month, weekday) = fields;
            let line = format!("{minute} {hour} {day} {month} {weekday}");
            let after = DateTime::from_timestamp(seconds, 0).unwrap();
            // A day that never comes (30 February) is refused.
            if let Ok(crontab) = Crontab::parse(&line, Tz::UTC) {
                const DAYS: u64 = 400;
                let end = (after.date_naive() + chrono::Days::new(DAYS)).and_hms_opt(0, 0, 0).unwrap().and_utc();
                let next = crontab.next(after).filter(|next| *next < end);
                prop_assert_eq!(next, by_trying(&line, after, DAYS), "{}", line);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn the_next_time_is_strictly_later(
            seconds in 1_600_000_000_i64..3_900_000_000, millis in 0_u32..1000,
            line in prop::sample::select(vec![
                "* * * * *", "*/7 * * * *", "30 2 * * *", "30 1-3 * * *", "0 0 29 2 *", "15 */2 13 * fri", "@weekly",
            ]),
            zone in prop::sample::select(vec![Tz::UTC, Berlin, Tz::Australia__Lord_Howe, Tz::America__Havana]),
        ) {
            let after = DateTime::from_timestamp(seconds, millis * 1_000_000).unwrap();
            let next = Crontab::parse(line, zone).unwrap().next(after);
            prop_assert!(next.is_none_or(|next| next > after));
        }

        #[test]
        fn no_five_fields_make_it_panic(line in "([-*/,0-9a-z]{1,6} ){4}[-*/,0-9a-z]{1,6}") {
            let _ = Crontab::parse(&line, Berlin);
        }
    }
}
