//! The latest round of each target: what every surface is a projection of.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::{
    clock::Time,
    model::{Report, Snapshot},
};

/// The latest round of each target, in the order of the config.
#[derive(Debug, Default)]
pub struct Board {
    entries: RwLock<Vec<Arc<Entry>>>,
}

/// One target on the board.
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
}

impl Entry {
    /// The latest round, while it is current at `now`.
    #[must_use]
    pub fn current(&self, now: Time) -> Option<&Latest> {
        self.latest.as_ref().filter(|latest| self.age_seconds(latest, now) <= self.stale_after_seconds)
    }

    /// How old a round is, in seconds.
    #[must_use]
    pub fn age_seconds(&self, latest: &Latest, now: Time) -> f64 {
        (now - latest.report.at).as_seconds_f64()
    }
}

impl Board {
    /// The entries as they are now, in the order of the config.
    #[must_use]
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).clone()
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
        let latest =
            Latest { snapshot: Arc::new(snapshot), report: Arc::new(report), last_success, source_last_success };
        entry.latest = Some(latest.clone());
        *slot = Arc::new(entry);
        Some(latest)
    }
}
