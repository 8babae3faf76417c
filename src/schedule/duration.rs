//! Durations as Prometheus writes them: `1h30m`, `5m`, `14d`, `500ms`.

use std::time::Duration;

/// The units, from the largest to the smallest, in milliseconds. A year has 365 days, as in Prometheus.
const UNITS: [(&str, u64, &str); 7] = [
    ("y", 31_536_000_000, "year"),
    ("w", 604_800_000, "week"),
    ("d", 86_400_000, "day"),
    ("h", 3_600_000, "hour"),
    ("m", 60_000, "minute"),
    ("s", 1_000, "second"),
    ("ms", 1, "millisecond"),
];

/// Reads a duration: numbers with a unit each, from the largest unit to the smallest; `0` alone is none.
///
/// # Errors
/// What is wrong with it, and what was meant, for a person.
pub fn parse(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut total = 0_u64;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|letter: char| letter.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        // Only the units smaller than the one before are left in the iterator.
        let millis = units.find(|(name, ..)| *name == unit).map(|(_, millis, _)| *millis);
        let part = number.parse::<u64>().ok().zip(millis).and_then(|(number, millis)| number.checked_mul(millis));
        total = part.and_then(|part| total.checked_add(part)).ok_or_else(|| not_a_duration(text))?;
        rest = tail;
    }
    if text.is_empty() { Err(not_a_duration(text)) } else { Ok(Duration::from_millis(total)) }
}

fn not_a_duration(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("{text:?} has no unit; write \"{text}s\" for seconds");
    }
    format!("{text:?} is not a duration; write numbers with units from y w d h m s ms, such as 5m, 1h30m or 500ms")
}

/// A duration as [`parse`] reads it, to the millisecond.
#[must_use]
pub fn short(duration: Duration) -> String {
    let parts = parts(duration);
    if parts.is_empty() {
        return "0s".to_owned();
    }
    parts.into_iter().map(|(number, unit, _)| format!("{number}{unit}")).collect()
}

/// A duration in words: `60 seconds`, `5 minutes`, `1 hour 30 minutes`.
#[must_use]
pub fn in_words(duration: Duration) -> String {
    if duration == Duration::from_mins(1) {
        return "60 seconds".to_owned();
    }
    let words: Vec<String> = parts(duration)
        .into_iter()
        .map(|(number, _, word)| format!("{number} {word}{}", if number == 1 { "" } else { "s" }))
        .collect();
    if words.is_empty() { "0 seconds".to_owned() } else { words.join(" ") }
}

fn parts(duration: Duration) -> Vec<(u64, &'static str, &'static str)> {
    let mut left = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut found = Vec::new();
    // Years and weeks are read, not written: `14d` says more than `2w`.
    for (unit, millis, word) in UNITS.into_iter().filter(|(unit, ..)| !matches!(*unit, "y" | "w")) {
        if left >= millis {
            found.push((left / millis, unit, word));
            left %= millis;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_prometheus_reads_them() {
        for (text, millis) in [
            ("0", 0),
            ("0s", 0),
            ("1ms", 1),
            ("500ms", 500),
            ("10s", 10_000),
            ("1m30s", 90_000),
            ("1h30m", 5_400_000),
            ("14d", 1_209_600_000),
            ("1w", 604_800_000),
            ("1y", 31_536_000_000),
            ("1d1ms", 86_400_001),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_what_was_meant() {
        for text in ["", "m", "1", "1 m", "1.5h", "-5m", "30m1h", "1m1m", "5min", "1h30", "99999999999999999999s", "é"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("60").unwrap_err(), "\"60\" has no unit; write \"60s\" for seconds");
        assert!(parse("300000000000y").is_err(), "too long a time");
    }

    #[test]
    fn durations_are_written_as_people_say_them() {
        for (millis, short_form, words) in [
            (0, "0s", "0 seconds"),
            (60_000, "1m", "60 seconds"),
            (90_000, "1m30s", "1 minute 30 seconds"),
            (300_000, "5m", "5 minutes"),
            (1_209_600_000, "14d", "14 days"),
            (10_500, "10s500ms", "10 seconds 500 milliseconds"),
        ] {
            let duration = Duration::from_millis(millis);
            assert_eq!((short(duration).as_str(), in_words(duration).as_str()), (short_form, words));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(millis in 0_u64..=10_000_000_000_000) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse(&short(duration)), Ok(duration));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
