use chrono_tz::{Europe::Berlin, Tz};
use proptest::prelude::*;

use super::*;

/// The zone of the same name: `chrono-tz` brings its own tables, and so is an oracle for ours.
fn zone(timezone: Tz) -> Zone {
    Zone::named(timezone.name()).unwrap()
}

fn runs(line: &str, timezone: Tz, after: &str, count: usize) -> Vec<String> {
    let crontab = Crontab::parse(line, &zone(timezone)).unwrap();
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
        let error = Crontab::parse(line, &zone(Tz::UTC)).unwrap_err();
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
        assert_eq!(Crontab::parse(line, &zone(Tz::UTC)).unwrap().in_words(), words, "{line}");
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
fn a_time_that_comes_twice_runs_once_and_a_interval_runs_through() {
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
        if let Ok(crontab) = Crontab::parse(&line, &zone(Tz::UTC)) {
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
        timezone in prop::sample::select(vec![Tz::UTC, Berlin, Tz::Australia__Lord_Howe, Tz::America__Havana]),
    ) {
        let after = DateTime::from_timestamp(seconds, millis * 1_000_000).unwrap();
        let next = Crontab::parse(line, &zone(timezone)).unwrap().next(after);
        prop_assert!(next.is_none_or(|next| next > after));
    }

    #[test]
    fn no_five_fields_make_it_panic(line in "([-*/,0-9a-z]{1,6} ){4}[-*/,0-9a-z]{1,6}") {
        let _ = Crontab::parse(&line, &zone(Berlin));
    }
}
