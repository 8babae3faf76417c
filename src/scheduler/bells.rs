//! Asks for a round before it is due.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::{mpsc, oneshot};

/// How thorough a round that was asked for is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What is due by its own rhythm.
    Due,
    /// Every source anew.
    Full,
}

/// How many may ask for the same round.
const WAITING: usize = 16;

/// The bells of all targets.
#[derive(Debug, Default)]
pub struct Bells {
    senders: Mutex<BTreeMap<String, mpsc::Sender<Ring>>>,
}

/// One who asks for a round. Dropped once that has ended, which tells them.
#[derive(Debug)]
pub(super) struct Ring {
    depth: Depth,
    _ended: oneshot::Sender<()>,
}

/// What a target's task hears its bell with.
#[derive(Debug)]
pub(super) struct Hearing {
    rings: mpsc::Receiver<Ring>,
}

/// All who ask for the round that is about to begin.
#[derive(Debug)]
pub(super) struct Asked {
    rings: Vec<Ring>,
}

impl Bells {
    /// Asks for a round of this target now, and does not wait for it. `false` if there is no such target.
    pub fn ring(&self, target: &str, depth: Depth) -> bool {
        self.ask(target, depth).is_some()
    }

    /// Asks for a round of this target now: one that begins after this, for all who ask meanwhile. What it gives ends,
    /// with an error, when that round has ended, whatever came of it; at once where too many wait already. None if there
    /// is no such target.
    pub fn ask(&self, target: &str, depth: Depth) -> Option<oneshot::Receiver<()>> {
        let (ended, waits) = oneshot::channel();
        let senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        match senders.get(target)?.try_send(Ring { depth, _ended: ended }) {
            Err(mpsc::error::TrySendError::Closed(_)) => None,
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => Some(waits),
        }
    }

    /// The bell of a target, for its task; the one before no longer rings.
    pub(super) fn hang(&self, target: &str) -> Hearing {
        let (bell, rings) = mpsc::channel(WAITING);
        self.senders.lock().unwrap_or_else(PoisonError::into_inner).insert(target.to_owned(), bell);
        Hearing { rings }
    }

    /// Takes down the bell of a target that is gone.
    pub(super) fn take_down(&self, target: &str) {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner).remove(target);
    }
}

impl Hearing {
    /// Waits until somebody rings, and takes all who have; never ends once the bell is taken down.
    pub(super) async fn heard(&mut self) -> Asked {
        let Some(first) = self.rings.recv().await else { return std::future::pending().await };
        let mut rings = vec![first];
        while let Ok(next) = self.rings.try_recv() {
            rings.push(next);
        }
        Asked { rings }
    }
}

impl Asked {
    /// The most thorough round that is asked for.
    pub(super) fn depth(&self) -> Depth {
        if self.rings.iter().any(|ring| ring.depth == Depth::Full) { Depth::Full } else { Depth::Due }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bell_rings_once_for_all_who_ask_meanwhile_as_thoroughly_as_any_of_them_wants() {
        let bells = Bells::default();
        let mut hearing = bells.hang("home");
        let waits = bells.ask("home", Depth::Due).unwrap();
        assert!(bells.ring("home", Depth::Full));
        let asked = hearing.heard().await;
        assert_eq!(asked.depth(), Depth::Full);
        assert!(hearing.rings.try_recv().is_err());
        let mut waits = std::pin::pin!(waits);
        assert!(futures_util::poll!(waits.as_mut()).is_pending(), "the round has not ended");
        drop(asked);
        assert!(waits.await.is_err(), "told by the end of the round");
    }

    #[tokio::test]
    async fn too_many_who_ask_are_left_to_the_others_and_do_not_wait() {
        let bells = Bells::default();
        let _hearing = bells.hang("home");
        let waiting: Vec<_> = (0..WAITING).map(|_| bells.ask("home", Depth::Due).unwrap()).collect();
        assert!(bells.ask("home", Depth::Due).unwrap().await.is_err());
        assert_eq!(waiting.len(), WAITING);
    }

    #[tokio::test]
    async fn there_is_no_bell_at_a_target_that_is_unknown_or_gone() {
        let bells = Bells::default();
        assert!(!bells.ring("home", Depth::Due));
        let heard = bells.hang("home");
        drop(heard);
        assert!(!bells.ring("home", Depth::Due), "its task has ended");
        let _heard = bells.hang("home");
        bells.take_down("home");
        assert!(!bells.ring("home", Depth::Due));
    }
}
