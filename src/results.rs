//! The latest round of each target: what every surface is a projection of.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::watch;

use crate::{
    clock::Time,
    model::{Report, Snapshot},
};

/// The latest round of each target, in the order of the config.
#[derive(Debug, Default)]
pub struct Results {
    entries: RwLock<Vec<Arc<Entry>>>,
    /// How many rounds were put up, for those who wait for one.
    rounds: watch::Sender<u64>,
}

/// One target on the results.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The target's name.
    pub name: String,
    /// How long a verdict stays current, in seconds: three rounds and the time of one.
    pub stale_after_seconds: f64,
    /// The time between rounds, in seconds.
    pub interval_seconds: f64,
    /// The latest round; none before the first.
    pub latest: Option<Latest>,
}

/// The latest round of one target.
#[derive(Debug, Clone)]
pub struct Latest {
    /// What was seen.
    pub snapshot: Arc<Snapshot>,
    /// What is said about it.
    pub report: Arc<Report>,
    /// When each check was last good, by id.
    pub last_success: BTreeMap<String, Time>,
    /// When each source last gave a fact, by its id.
    pub source_last_success: BTreeMap<&'static str, Time>,
    /// Whether it is from before this process was started, out of the journal.
    pub restored: bool,
}

impl Entry {
    /// The latest round, while it is current at `now`. One from the future is none: the clock was set back since, and
    /// how old it is cannot be told.
    #[must_use]
    pub fn current(&self, now: Time) -> Option<&Latest> {
        self.latest.as_ref().filter(|latest| self.age_seconds(latest, now).abs() <= self.stale_after_seconds)
    }

    /// How old a round is, in seconds.
    #[must_use]
    pub fn age_seconds(&self, latest: &Latest, now: Time) -> f64 {
        (now - latest.report.at).as_seconds_f64()
    }
}

impl Results {
    /// The entries as they are now, in the order of the config.
    #[must_use]
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells when a round was put up since it was last asked.
    #[must_use]
    pub fn rounds(&self) -> watch::Receiver<u64> {
        self.rounds.subscribe()
    }

    /// The entry of one target.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<Arc<Entry>> {
        self.entries().into_iter().find(|entry| entry.name == name)
    }

    /// Lists these targets, in this order: keeps the latest round of those that stay, forgets the others.
    pub fn list(&self, targets: impl IntoIterator<Item = Entry>) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let fresh = targets
            .into_iter()
            .map(|mut entry| {
                let known = entries.iter().find(|known| known.name == entry.name);
                entry.latest = known.and_then(|known| known.latest.clone());
                Arc::new(entry)
            })
            .collect();
        *entries = fresh;
    }

    /// Forgets when a target's checks and sources were last good: it has other addresses now. Its latest round stays up
    /// until the new one.
    pub fn forget_history(&self, name: &str) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = entries.iter_mut().find(|entry| entry.name == name) else { return };
        let mut entry = Entry::clone(slot);
        if let Some(latest) = &mut entry.latest {
            latest.last_success.clear();
            latest.source_last_success.clear();
        }
        *slot = Arc::new(entry);
    }

    /// Puts up what an earlier process saw last, until the first round of this one.
    pub fn restore(&self, name: &str, latest: Latest) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let slot = entries.iter_mut().find(|entry| entry.name == name && entry.latest.is_none());
        if let Some(slot) = slot {
            *slot = Arc::new(Entry { latest: Some(latest), ..Entry::clone(slot) });
        }
    }

    /// Puts a round up, and gives it back as it stands there. A target that is no longer listed is left out.
    pub fn put(&self, name: &str, snapshot: Snapshot, report: Report) -> Option<Latest> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let slot = entries.iter_mut().find(|entry| entry.name == name)?;
        let mut entry = Entry::clone(slot);
        let (mut last_success, mut source_last_success) =
            entry.latest.take().map(|latest| (latest.last_success, latest.source_last_success)).unwrap_or_default();
        for check in report.checks.iter().filter(|check| check.verdict == "ok") {
            last_success.insert(check.id.clone(), report.at);
        }
        for source in report.sources.iter().filter(|source| source.ok == Some(true)) {
            source_last_success.insert(source.id.id(), source.at);
        }
        let latest = Latest {
            snapshot: Arc::new(snapshot),
            report: Arc::new(report),
            last_success,
            source_last_success,
            restored: false,
        };
        entry.latest = Some(latest.clone());
        *slot = Arc::new(entry);
        drop(entries);
        self.rounds.send_modify(|rounds| *rounds += 1);
        Some(latest)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone as _, Utc};

    use super::*;
    use crate::checks;

    fn entry(name: &str) -> Entry {
        Entry { name: name.to_owned(), stale_after_seconds: 240.0, interval_seconds: 60.0, latest: None }
    }

    fn start() -> Time {
        Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap()
    }

    fn put(results: &Results, name: &str, at: Time) -> Option<Latest> {
        let mut snapshot = Snapshot::healthy();
        snapshot.taken_at = at;
        let report = checks::evaluate(&snapshot, None);
        results.put(name, snapshot, report)
    }

    #[test]
    fn a_round_is_current_for_a_while_and_one_from_the_future_is_not() {
        let results = Results::default();
        results.list([entry("home")]);
        put(&results, "home", start());
        let entry = results.entry("home").unwrap();
        for (age, current) in [(-3600, false), (-241, false), (-1, true), (0, true), (240, true), (241, false)] {
            assert_eq!(entry.current(start() + TimeDelta::seconds(age)).is_some(), current, "{age} s old");
        }
    }

    #[test]
    fn a_new_list_keeps_what_is_known_of_targets_that_stay_and_forgets_the_others() {
        let results = Results::default();
        results.list([entry("home"), entry("work")]);
        put(&results, "home", start());
        put(&results, "work", start());
        results.list([entry("other"), entry("home")]);
        let shown: Vec<(String, bool)> =
            results.entries().iter().map(|entry| (entry.name.clone(), entry.latest.is_some())).collect();
        assert_eq!(shown, [("other".to_owned(), false), ("home".to_owned(), true)]);
        assert!(put(&results, "work", start()).is_none(), "a late round of a target that is gone is left out");
        results.list([entry("work")]);
        assert!(results.entry("work").unwrap().latest.is_none());
    }

    #[test]
    fn when_a_check_was_last_good_outlives_its_failure_until_the_addresses_change() {
        let results = Results::default();
        results.list([entry("home")]);
        let good = put(&results, "home", start()).unwrap();
        let mut report = Report::clone(&good.report);
        report.at = start() + TimeDelta::minutes(1);
        for check in &mut report.checks {
            check.verdict = "fail".to_owned();
        }
        let bad = results.put("home", Snapshot::clone(&good.snapshot), report).unwrap();
        assert!(!bad.last_success.is_empty());
        assert!(bad.last_success.values().all(|at| *at == start()));
        results.forget_history("home");
        let latest = results.entry("home").unwrap().latest.clone().unwrap();
        assert!(latest.last_success.is_empty() && latest.source_last_success.is_empty());
        assert_eq!(latest.report, bad.report, "the latest round stays up");
    }
}
