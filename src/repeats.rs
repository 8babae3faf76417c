//! Limits what repeats itself: of each kind the first few within a while pass, and the others are counted.
//!
//! A target that flaps would otherwise fill the log and the journal within hours, and push out what else happened.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::clock::Time;

/// How many of a kind pass within [`WINDOW`]: six outages with their ends, or a dozen attempts at a setting.
pub const PASS: u32 = 12;
/// The while.
pub const WINDOW: TimeDelta = TimeDelta::hours(6);

/// Counts by kind.
#[derive(Debug, Clone)]
pub struct Repeats<K> {
    kinds: BTreeMap<K, Counted>,
}

#[derive(Debug, Clone)]
struct Counted {
    began: Time,
    passed: u32,
    held_back: u64,
}

/// Whether one more of a kind passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    /// It does; so many were held back since the last one that did.
    Passes {
        /// How many.
        held_back: u64,
        /// Whether the next ones are held back.
        is_last: bool,
    },
    /// It is counted only; the how many-th it is.
    HeldBack(u64),
}

impl<K: Ord> Repeats<K> {
    /// One more of a kind.
    pub fn one_more(&mut self, kind: K, at: Time) -> Repetition {
        // A clock that was set back begins a window, too.
        let is_over = |window: &Counted| (at - window.began).abs() >= WINDOW;
        // Those in which nothing was held back have nothing to tell any more.
        self.kinds.retain(|known, window| !is_over(window) || window.held_back > 0 || *known == kind);
        let window = self.kinds.entry(kind).or_insert(Counted { began: at, passed: 0, held_back: 0 });
        if is_over(window) {
            (window.began, window.passed) = (at, 0);
        }
        if window.passed < PASS {
            window.passed += 1;
            let held_back = std::mem::take(&mut window.held_back);
            return Repetition::Passes { held_back, is_last: window.passed == PASS };
        }
        window.held_back += 1;
        Repetition::HeldBack(window.held_back)
    }
}

impl<K> Default for Repeats<K> {
    fn default() -> Self {
        Self { kinds: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    fn at(minute: i64) -> Time {
        Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap() + TimeDelta::minutes(minute)
    }

    #[test]
    fn of_each_kind_the_first_few_pass_and_the_others_are_counted_until_the_window_ends() {
        let mut repeats = Repeats::default();
        for minute in 0..i64::from(PASS) {
            let is_last = minute + 1 == i64::from(PASS);
            assert_eq!(repeats.one_more("a", at(minute)), Repetition::Passes { held_back: 0, is_last });
        }
        for (nth, minute) in (1..=20).zip(30..) {
            assert_eq!(repeats.one_more("a", at(minute)), Repetition::HeldBack(nth));
        }
        assert_eq!(repeats.one_more("b", at(60)), Repetition::Passes { held_back: 0, is_last: false });
        assert_eq!(repeats.one_more("a", at(360)), Repetition::Passes { held_back: 20, is_last: false });
        assert_eq!(repeats.one_more("a", at(361)), Repetition::Passes { held_back: 0, is_last: false });
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nothing_back_for_longer() {
        let mut repeats = Repeats::default();
        for minute in 0..=i64::from(PASS) {
            repeats.one_more("a", at(100_000 + minute));
        }
        assert_eq!(repeats.one_more("a", at(0)), Repetition::Passes { held_back: 1, is_last: false });
    }

    #[test]
    fn kinds_that_are_over_are_forgotten() {
        let mut repeats = Repeats::default();
        for number in 0..1000 {
            repeats.one_more(number, at(number * 60));
        }
        assert!(repeats.kinds.len() <= 7, "{}", repeats.kinds.len());
    }
}
