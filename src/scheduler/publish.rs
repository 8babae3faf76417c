//! Publishes a round: the one way by which it becomes what every surface shows, whoever asked for it.

use std::time::Duration;

use super::restore;
use crate::{
    journal::{self, Journal},
    logging,
    metrics::Daemon,
    repeats::Repeats,
    results::{Latest, Replaced, Results},
    round::Round,
};

/// What was logged of a target, so that one that flaps does not fill the log.
pub type Logged = Repeats<String>;

/// Where a round is published.
#[derive(Debug, Clone, Copy)]
pub struct Publisher<'a> {
    /// The latest round of each target.
    pub results: &'a Results,
    /// What is counted of rounds.
    pub daemon: &'a Daemon,
    /// What changed and when.
    pub journal: &'a Journal,
}

impl Publisher<'_> {
    /// Stores a round in the results, counts it, notes it in the journal, and logs what changed. `None` where the target
    /// is not listed, or no longer: then nothing was done. `logged` is what was logged of the target before.
    pub fn publish(&self, name: &str, round: Round, took: Duration, logged: &mut Logged) -> Option<Latest> {
        let Replaced { latest, before, stale_after_seconds } =
            self.results.replace(name, round.snapshot, round.report)?;
        let (snapshot, report) = (&*latest.snapshot, &*latest.report);
        let known = before.as_ref().map_or(&[][..], |before| &before.snapshot.changes);
        let changes: Vec<_> = snapshot.changes.iter().filter(|change| !known.contains(change)).cloned().collect();
        self.daemon.round_finished(name, took, &snapshot.requests, &changes);
        if let Some(entry) = self.results.entry(name) {
            self.daemon.render(&entry, report.at);
        }
        let before = before.as_ref().map(|before| &*before.report);
        let last_better = latest.last_better();
        let entry = journal::Entry { snapshot, report, before, changes: &changes, last_better, stale_after_seconds };
        self.journal.note(name, entry);
        self.journal.keep(name, || restore::state(&latest));
        for event in logging::events(before, report) {
            event.log_unless_repeated(logged, report.at);
        }
        Some(latest)
    }
}
