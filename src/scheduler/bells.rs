//! Asks for a round before it is due.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::mpsc;

/// How thorough a round that was asked for is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What is due by its own rhythm.
    Due,
    /// Every source anew.
    Full,
}

/// The bells of all targets. Who rings does not wait: the round is on the board when it is done.
#[derive(Debug, Default)]
pub struct Bells {
    senders: Mutex<BTreeMap<String, mpsc::Sender<Depth>>>,
}

impl Bells {
    /// Asks for a round of this target now. One that is asked for while another waits is left to that. `false` if there
    /// is no such target.
    pub fn ring(&self, target: &str, depth: Depth) -> bool {
        let senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bell) = senders.get(target) else { return false };
        !matches!(bell.try_send(depth), Err(mpsc::error::TrySendError::Closed(_)))
    }

    /// The bell of a target, for its task; the one before no longer rings.
    pub(super) fn hang(&self, target: &str) -> mpsc::Receiver<Depth> {
        let (bell, heard) = mpsc::channel(1);
        self.senders.lock().unwrap_or_else(PoisonError::into_inner).insert(target.to_owned(), bell);
        heard
    }

    /// Takes down the bell of a target that is gone.
    pub(super) fn take_down(&self, target: &str) {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner).remove(target);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bell_rings_once_for_all_who_ask_meanwhile() {
        let bells = Bells::default();
        let mut heard = bells.hang("home");
        assert!(bells.ring("home", Depth::Full) && bells.ring("home", Depth::Due));
        assert_eq!(heard.recv().await, Some(Depth::Full));
        assert!(heard.try_recv().is_err());
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
