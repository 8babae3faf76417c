//! What changed and when, and what was so when sign-in last worked.
//!
//! Written by the scheduler after each round, read by the surfaces. It never holds a secret: what it gets is a report and
//! the watched values of a snapshot, which hold none.

mod event;
mod memory;
mod span;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use event::{Event, What};
pub use span::{Good, Span};

use self::memory::Memory;
use crate::{
    clock::Time,
    model::{Change, Report, Snapshot},
};

/// The journal.
#[derive(Debug, Default)]
pub struct Journal {
    memory: Mutex<Memory>,
}

/// What one round says to the journal.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// What was seen.
    pub snapshot: &'a Snapshot,
    /// What was said about it.
    pub report: &'a Report,
    /// What was said the round before; none at a target's first round.
    pub before: Option<&'a Report>,
    /// The changes that this round saw first.
    pub changes: &'a [Change],
    /// How long a round stays current, in seconds: a longer gap is one in which nobody watched.
    pub stale_after_seconds: f64,
}

/// Which events are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Of this target only.
    pub target: Option<String>,
    /// Not before this time.
    pub since: Option<Time>,
    /// Before this event: where the page before ended.
    pub before: Option<u64>,
    /// At most so many, the newest first.
    pub limit: usize,
}

impl Journal {
    /// Notes a round of a target.
    pub fn note(&self, target: &str, entry: Entry<'_>) {
        self.lock().note(target, entry);
    }

    /// The events asked for, the newest first.
    #[must_use]
    pub fn events(&self, query: &Query) -> Vec<Event> {
        self.lock().events(query)
    }

    /// What was so when sign-in at a target was last seen to work.
    #[must_use]
    pub fn last_good(&self, target: &str) -> Option<Good> {
        self.lock().last_good(target)
    }

    /// How sign-in at a target stood between two times, oldest first; gaps are times in which nobody watched.
    #[must_use]
    pub fn history(&self, target: &str, from: Time, to: Time) -> Vec<Span> {
        self.lock().history(target, from, to)
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
