//! Which sources are due.
//!
//! Round sources always are. A settings source is due when the clock passes a mark of its own grid: the marks of target
//! and source lie somewhere within `settings_every`, so that the sources of many targets spread over the rounds. One whose
//! last answer was not good is due again after a minute, so that a fix shows.

use chrono::TimeDelta;

use super::CollectMode;
use crate::{
    clock::{Time, span},
    collect::transport::certificate::hex_sha256,
    model::{Interval, Missing, Observed, SourceId},
};

/// A minute, less what rounds of a minute jitter.
const AGAIN_AFTER: TimeDelta = TimeDelta::seconds(50);
const HOUR: std::time::Duration = std::time::Duration::from_hours(1);
const DAY: std::time::Duration = std::time::Duration::from_hours(24);

/// Whether a source is to be asked now. `who` is what the marks hang on: a target or a provider.
pub(super) fn is_due<T>(
    source: SourceId,
    who: &str,
    old: Option<&Observed<T>>,
    is_good: impl Fn(&T) -> bool,
    mode: CollectMode,
    now: Time,
) -> bool {
    is_due_each(source.row().interval, source, who, old, is_good, mode, now)
}

/// The same, with another interval than the source's own.
pub(super) fn is_due_each<T>(
    interval: Interval,
    source: SourceId,
    who: &str,
    old: Option<&Observed<T>>,
    is_good: impl Fn(&T) -> bool,
    mode: CollectMode,
    now: Time,
) -> bool {
    let (Some(old), CollectMode::Due { settings_every, .. }) = (old, mode) else { return true };
    let is_good = match &old.value {
        Ok(fact) => is_good(fact),
        // What no request can change needs none.
        Err(Missing::NotApplicable(_)) => true,
        Err(_) => false,
    };
    match interval {
        Interval::Round => true,
        Interval::Settings if !is_good && now - old.at >= AGAIN_AFTER => true,
        Interval::Settings => passed_a_mark(source, who, old.at, now, settings_every),
        Interval::Hourly if !is_good => now - old.at >= span(settings_every),
        Interval::Hourly => passed_a_mark(source, who, old.at, now, HOUR),
        // Due by a schedule of its own, which the caller knows.
        Interval::Token | Interval::Canary => false,
        // Each collection leaves a row: one that failed is asked again with the settings, not each minute.
        Interval::Daily if !is_good => now - old.at >= span(settings_every),
        Interval::Daily => passed_a_mark(source, who, old.at, now, DAY),
    }
}

fn passed_a_mark(source: SourceId, who: &str, old: Time, now: Time, every: std::time::Duration) -> bool {
    let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1);
    let marks_until = |time: Time| (time.timestamp_millis() - offset(source, who, every)).div_euclid(every);
    marks_until(old) != marks_until(now)
}

/// The place of the marks: the same for the same name after each start.
fn offset(source: SourceId, who: &str, every: i64) -> i64 {
    let digest = hex_sha256(format!("{who} {}", source.id()).as_bytes());
    i64::from_str_radix(&digest[..12], 16).unwrap_or_default() % every
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{TimeZone, Utc};

    use super::*;

    const DUE: CollectMode =
        CollectMode::Due { settings_every: Duration::from_mins(5), share_for: Duration::from_secs(30) };

    fn at(second: u32) -> Time {
        Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).unwrap() + TimeDelta::seconds(i64::from(second))
    }

    fn due(source: SourceId, value: Result<bool, Missing>, seconds_later: u32) -> bool {
        let old = Observed { at: at(0), took_seconds: 0.0, value };
        is_due(source, "home", Some(&old), |good| *good, DUE, at(seconds_later))
    }

    #[test]
    fn round_sources_are_always_due_and_everything_is_in_a_full_look_or_without_a_look_before() {
        assert!(due(SourceId::Discovery, Ok(true), 1));
        let old = Observed::seen(at(0), 0.0, true);
        assert!(is_due(SourceId::AppPage, "home", Some(&old), |good| *good, CollectMode::Full, at(1)));
        assert!(is_due::<bool>(SourceId::AppPage, "home", None, |good| *good, DUE, at(1)));
    }

    #[test]
    fn a_good_settings_source_is_due_exactly_once_in_each_interval() {
        for source in [SourceId::AppPage, SourceId::ProviderPage, SourceId::AuthorizeDryRun] {
            for who in ["home", "work", "lab"] {
                let mut old = Observed::seen(at(0), 0.0, true);
                let mut looks = 0;
                for round in 1..=60 {
                    let now = at(round * 60);
                    if is_due(source, who, Some(&old), |good| *good, DUE, now) {
                        looks += 1;
                        old = Observed::seen(now, 0.0, true);
                    }
                }
                assert_eq!(looks, 12, "{source:?} of {who}: sixty rounds of a minute, settings every five");
            }
        }
    }

    #[test]
    fn the_sources_of_many_targets_do_not_fall_into_one_round() {
        let round_of = |who: &str| {
            let old = Observed::seen(at(0), 0.0, true);
            (1..=5).find(|round| is_due(SourceId::AppPage, who, Some(&old), |good| *good, DUE, at(round * 60)))
        };
        let names: Vec<String> = (0..100).map(|index| format!("target-{index}")).collect();
        for round in 1..=5 {
            let here = names.iter().filter(|name| round_of(name) == Some(round)).count();
            assert!((8..=34).contains(&here), "{here} of 100 in round {round}");
        }
    }

    #[test]
    fn what_was_not_good_is_asked_again_in_the_next_round_but_not_at_once() {
        let failed = || Err(Missing::failed(SourceId::AppPage, crate::model::Reason::Timeout, ""));
        assert!(due(SourceId::AppPage, Ok(false), 59) && due(SourceId::AppPage, failed(), 59));
        let quiet = (1..50).filter(|second| due(SourceId::AppPage, Ok(false), *second)).count();
        let marked = (1..50).filter(|second| due(SourceId::AppPage, Ok(true), *second)).count();
        assert_eq!(quiet, marked, "within the minute only its own mark makes it due");
    }

    #[test]
    fn the_passkey_domain_is_asked_once_a_day_and_a_failure_again_with_the_settings() {
        let hours = |value: Result<bool, Missing>, hours: u32| due(SourceId::PasskeyDomain, value, hours * 3600);
        assert_eq!(
            (1..=24).filter(|hour| !hours(Ok(true), *hour)).count()
                + (1..=24).filter(|hour| hours(Ok(true), *hour)).count(),
            24
        );
        assert!(hours(Ok(true), 24));
        assert!(!due(SourceId::PasskeyDomain, Err(Missing::Blocked { by: SourceId::Discovery }), 299));
        assert!(due(SourceId::PasskeyDomain, Err(Missing::Blocked { by: SourceId::Discovery }), 300));
    }
}
