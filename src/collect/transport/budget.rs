//! How much is asked of an origin: a token bucket, and the wait that a 429 demands.
//!
//! A bucket holds 10 tokens and gains 12 a minute, or what `schedule.requests_per_minute` says. A round of one target
//! costs a provider 3 requests (discovery, keys, the client's entry), and its settings sources 5 in 5 minutes: 4 a minute
//! at a round each minute, so that nothing waits. Round sources are always asked and draw the bucket down; settings sources
//! need tokens, else they are put off to a later round. With many targets at one provider, or a round every ten seconds,
//! the round sources alone use all that comes in: one settings source in 20 s is asked even then, or a fix would never
//! show. Who owns such a provider gives it more. A full collection may overdraw by 15, hence use 25 at once: what Pocket ID is
//! asked at most with every credential.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::clock::Time;

const CAPACITY: f64 = 10.0;
const OVERDRAFT: f64 = 15.0;
/// What a provider is asked at most on average, in requests a minute, where the config says nothing else.
const PER_MINUTE: u32 = crate::config::REQUESTS_PER_MINUTE;
/// How far a bucket can be below empty. Round sources, and settings sources that collection side by side, can ask for more than
/// there is: that is paid back later. Not without end: where many targets are at one provider, it is more all the time.
const MOST_OWED: f64 = 20.0;

/// What a pulse leaves in the bucket: what a round needs.
const ROUND: f64 = 4.0;

/// How long settings sources may be refused, in seconds, until one of them is let through all the same: without that, round
/// sources could starve them.
const PATIENCE_SECONDS: f64 = 20.0;

/// The budgets of all origins.
#[derive(Debug, Default)]
pub(in crate::collect) struct Budget {
    origins: Mutex<HashMap<String, Account>>,
}

#[derive(Debug)]
struct Account {
    tokens: f64,
    per_minute: u32,
    at: Time,
    /// Since when settings sources are refused.
    refused: Option<Time>,
    not_before: Option<Time>,
}

impl Account {
    fn new(now: Time) -> Self {
        Self { tokens: CAPACITY, per_minute: PER_MINUTE, at: now, refused: None, not_before: None }
    }

    /// Adds what came in since the last time. A clock that is set back gives nothing.
    fn refill(&mut self, now: Time) {
        let gained = (now - self.at).as_seconds_f64() / 60.0 * f64::from(self.per_minute);
        self.tokens = (self.tokens + gained.max(0.0)).min(CAPACITY);
        self.at = now;
    }
}

impl Budget {
    /// Whether a settings source may send so many requests to the origin now; `full` may overdraw. Of a bucket that
    /// stays empty, one in [`PATIENCE_SECONDS`] may.
    pub(in crate::collect) fn affords(&self, origin: &str, requests: u32, full: bool, now: Time) -> bool {
        let overdraft = if full { OVERDRAFT } else { 0.0 };
        self.with(origin, now, |account| {
            let has = account.tokens + overdraft >= f64::from(requests);
            let waited = account.refused.is_some_and(|since| (now - since).as_seconds_f64() >= PATIENCE_SECONDS);
            account.refused = match (has, waited) {
                (true, _) => None,
                (false, true) => Some(now),
                (false, false) => account.refused.or(Some(now)),
            };
            has || waited
        })
    }

    /// Whether a request that nothing hangs on may be sent: enough is left for a round.
    pub(in crate::collect) fn spares(&self, origin: &str, now: Time) -> bool {
        self.with(origin, now, |account| account.tokens >= ROUND && account.not_before.is_none_or(|until| until <= now))
    }

    /// Notes that a request is sent.
    pub(in crate::collect) fn spend(&self, origin: &str, now: Time) {
        self.with(origin, now, |account| account.tokens = (account.tokens - 1.0).max(-MOST_OWED));
    }

    /// Sets how many requests a minute the origin is asked at most on average.
    pub(in crate::collect) fn allow(&self, origin: &str, per_minute: u32, now: Time) {
        self.with(origin, now, |account| account.per_minute = per_minute);
    }

    /// Notes that the origin is not to be asked before this time. Of two such times, the later one counts.
    pub(in crate::collect) fn wait(&self, origin: &str, until: Time, now: Time) {
        self.with(origin, now, |account| account.not_before = account.not_before.max(Some(until)));
    }

    /// Until when the origin is not to be asked, if it said so.
    pub(in crate::collect) fn waits_until(&self, origin: &str, now: Time) -> Option<Time> {
        self.with(origin, now, |account| account.not_before.filter(|until| *until > now))
    }

    /// Forgets the origins that are not in the list.
    pub(in crate::collect) fn retain(&self, keep: impl Fn(&str) -> bool) {
        self.accounts().retain(|origin, _| keep(origin));
    }

    /// Refills an origin's account and changes it, under one lock: what another user of it did meanwhile is never undone.
    fn with<T>(&self, origin: &str, now: Time, change: impl FnOnce(&mut Account) -> T) -> T {
        let mut accounts = self.accounts();
        let account = accounts.entry(origin.to_owned()).or_insert_with(|| Account::new(now));
        account.refill(now);
        change(account)
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        self.origins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone, Utc};

    use super::*;

    const ORIGIN: &str = "https://id.example.test";

    fn start() -> Time {
        Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).unwrap()
    }

    #[test]
    fn ten_requests_are_at_hand_and_one_comes_back_in_five_seconds() {
        let budget = Budget::default();
        for _ in 0..10 {
            assert!(budget.affords(ORIGIN, 1, false, start()));
            budget.spend(ORIGIN, start());
        }
        assert!(!budget.affords(ORIGIN, 1, false, start()));
        assert!(!budget.affords(ORIGIN, 1, false, start() + TimeDelta::seconds(4)));
        assert!(budget.affords(ORIGIN, 1, false, start() + TimeDelta::seconds(5)));
        assert!(!budget.affords(ORIGIN, 11, false, start() + TimeDelta::days(1)), "never more than ten are saved up");
    }

    #[test]
    fn more_come_back_where_the_config_says_so() {
        let budget = Budget::default();
        budget.allow(ORIGIN, 60, start());
        for _ in 0..10 {
            budget.spend(ORIGIN, start());
        }
        assert!(!budget.affords(ORIGIN, 2, false, start() + TimeDelta::seconds(1)));
        assert!(budget.affords(ORIGIN, 2, false, start() + TimeDelta::seconds(2)));
        assert!(!budget.affords(ORIGIN, 11, false, start() + TimeDelta::days(1)), "never more than ten are saved up");
    }

    #[test]
    fn a_full_look_may_use_twenty_five() {
        let budget = Budget::default();
        for _ in 0..25 {
            assert!(budget.affords(ORIGIN, 1, true, start()));
            budget.spend(ORIGIN, start());
        }
        assert!(!budget.affords(ORIGIN, 1, true, start()));
    }

    #[test]
    fn settings_are_not_starved_by_rounds_that_use_all_there_is() {
        let budget = Budget::default();
        let mut asked = Vec::new();
        // A round every ten seconds that asks three times, and a settings source that would like to be asked each time.
        for second in (0..600).step_by(10) {
            let now = start() + TimeDelta::seconds(second);
            (0..3).for_each(|_| budget.spend(ORIGIN, now));
            if budget.affords(ORIGIN, 1, false, now) {
                budget.spend(ORIGIN, now);
                asked.push(second);
            }
        }
        let late = asked.iter().filter(|second| **second >= 120).count();
        assert!((20..=24).contains(&late), "one in twenty seconds: {asked:?}");
    }

    #[test]
    fn what_was_asked_beyond_the_budget_is_paid_back() {
        let budget = Budget::default();
        for _ in 0..40 {
            budget.spend(ORIGIN, start());
        }
        assert!(!budget.affords(ORIGIN, 1, true, start() + TimeDelta::seconds(29)), "it owes twenty");
        assert!(budget.affords(ORIGIN, 1, true, start() + TimeDelta::seconds(30)));
    }

    #[test]
    fn a_clock_that_is_set_back_takes_nothing_away_and_gives_nothing() {
        let budget = Budget::default();
        budget.spend(ORIGIN, start());
        assert!(budget.affords(ORIGIN, 9, false, start() - TimeDelta::hours(1)));
        assert!(!budget.affords(ORIGIN, 10, false, start() - TimeDelta::hours(1)));
    }

    #[test]
    fn an_origin_that_asked_to_wait_is_not_asked_before() {
        let budget = Budget::default();
        let until = start() + TimeDelta::seconds(30);
        budget.wait(ORIGIN, until, start());
        assert_eq!(budget.waits_until(ORIGIN, start() + TimeDelta::seconds(29)), Some(until));
        assert_eq!(budget.waits_until(ORIGIN, until), None);
        assert_eq!(budget.waits_until("https://other.example.test", start()), None);
    }

    #[test]
    fn two_users_of_one_origin_never_undo_what_the_other_noted() {
        // Often enough that two steps with a gap between them would lose something.
        const TIMES: i64 = 5_000;
        let budget = Budget::default();
        let until = |time: i64| start() + TimeDelta::seconds(1 + time);
        std::thread::scope(|threads| {
            threads.spawn(|| (0..TIMES).for_each(|_| budget.spend(ORIGIN, start())));
            threads.spawn(|| {
                for time in 0..TIMES {
                    budget.wait(ORIGIN, until(time), start());
                    assert_eq!(budget.waits_until(ORIGIN, start()), Some(until(time)), "the pause of a 429 stays");
                }
            });
        });
        budget.wait(ORIGIN, until(0), start());
        assert_eq!(
            budget.waits_until(ORIGIN, start()),
            Some(until(TIMES - 1)),
            "a shorter pause does not end a longer one"
        );

        let shared = Budget::default();
        for round in 0..200 {
            let origin = format!("https://id{round}.example.test");
            std::thread::scope(|threads| {
                for _ in 0..2 {
                    threads.spawn(|| (0..5).for_each(|_| shared.spend(&origin, start())));
                }
            });
            assert!(!shared.affords(&origin, 1, false, start()), "ten requests were at hand, and ten were sent");
        }
    }
}
