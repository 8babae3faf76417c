//! Asks for a round before it is due.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::{mpsc, oneshot};

/// How thorough a round that was asked for is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunMode {
    /// What is due by its own interval.
    Due,
    /// Every source anew.
    Full,
}

/// How many may ask for the same round.
const WAITING: usize = 16;

/// The triggers of all targets.
#[derive(Debug, Default)]
pub struct RunTriggers {
    senders: Mutex<BTreeMap<String, mpsc::Sender<RunRequest>>>,
}

/// One who asks for a round. Dropped once that has ended, which tells them.
#[derive(Debug)]
pub(super) struct RunRequest {
    depth: RunMode,
    _ended: oneshot::Sender<()>,
}

/// What a target's task hears its bell with.
#[derive(Debug)]
pub(super) struct RunRequests {
    rings: mpsc::Receiver<RunRequest>,
}

/// All who ask for the round that is about to begin.
#[derive(Debug)]
pub(super) struct PendingRuns {
    rings: Vec<RunRequest>,
}

impl RunTriggers {
    /// Asks for a round of this target now, and does not wait for it. `false` if there is no such target.
    pub fn ring(&self, target: &str, depth: RunMode) -> bool {
        self.ask(target, depth).is_some()
    }

    /// Asks for a round of this target now: one that begins after this, for all who ask meanwhile. What it gives ends,
    /// with an error, when that round has ended, whatever came of it; at once where too many wait already. None if there
    /// is no such target.
    pub fn ask(&self, target: &str, depth: RunMode) -> Option<oneshot::Receiver<()>> {
        let (ended, waits) = oneshot::channel();
        let senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        match senders.get(target)?.try_send(RunRequest { depth, _ended: ended }) {
            Err(mpsc::error::TrySendError::Closed(_)) => None,
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => Some(waits),
        }
    }

    /// The bell of a target, for its task; the one before no longer rings.
    pub(super) fn hang(&self, target: &str) -> RunRequests {
        let (bell, rings) = mpsc::channel(WAITING);
        self.senders.lock().unwrap_or_else(PoisonError::into_inner).insert(target.to_owned(), bell);
        RunRequests { rings }
    }

    /// Takes down the bell of a target that is gone.
    pub(super) fn take_down(&self, target: &str) {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner).remove(target);
    }
}

impl RunRequests {
    /// Waits until somebody rings, and takes all who have; never ends once the bell is taken down.
    pub(super) async fn heard(&mut self) -> PendingRuns {
        let Some(first) = self.rings.recv().await else { return std::future::pending().await };
        let mut rings = vec![first];
        while let Ok(next) = self.rings.try_recv() {
            rings.push(next);
        }
        PendingRuns { rings }
    }
}

impl PendingRuns {
    /// The most thorough round that is asked for.
    pub(super) fn depth(&self) -> RunMode {
        if self.rings.iter().any(|ring| ring.depth == RunMode::Full) { RunMode::Full } else { RunMode::Due }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bell_rings_once_for_all_who_ask_meanwhile_as_thoroughly_as_any_of_them_wants() {
        let triggers = RunTriggers::default();
        let mut hearing = triggers.hang("home");
        let waits = triggers.ask("home", RunMode::Due).unwrap();
        assert!(triggers.ring("home", RunMode::Full));
        let asked = hearing.heard().await;
        assert_eq!(asked.depth(), RunMode::Full);
        assert!(hearing.rings.try_recv().is_err());
        let mut waits = std::pin::pin!(waits);
        assert!(futures_util::poll!(waits.as_mut()).is_pending(), "the round has not ended");
        drop(asked);
        assert!(waits.await.is_err(), "told by the end of the round");
    }

    #[tokio::test]
    async fn too_many_who_ask_are_left_to_the_others_and_do_not_wait() {
        let triggers = RunTriggers::default();
        let _hearing = triggers.hang("home");
        let waiting: Vec<_> = (0..WAITING).map(|_| triggers.ask("home", RunMode::Due).unwrap()).collect();
        assert!(triggers.ask("home", RunMode::Due).unwrap().await.is_err());
        assert_eq!(waiting.len(), WAITING);
    }

    #[tokio::test]
    async fn there_is_no_bell_at_a_target_that_is_unknown_or_gone() {
        let triggers = RunTriggers::default();
        assert!(!triggers.ring("home", RunMode::Due));
        let heard = triggers.hang("home");
        drop(heard);
        assert!(!triggers.ring("home", RunMode::Due), "its task has ended");
        let _heard = triggers.hang("home");
        triggers.take_down("home");
        assert!(!triggers.ring("home", RunMode::Due));
    }
}
