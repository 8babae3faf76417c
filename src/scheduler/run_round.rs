//! What the scheduler runs: one round of one target. The real one looks and evaluates; tests have theirs.

use crate::{
    collect::{CollectMode, Collector},
    config::Target,
    model::Snapshot,
    round::{self, Round},
};

/// What the scheduler runs.
pub trait RunRound: Send + Sync + 'static {
    /// One round of one target. It may hang or panic: the scheduler cuts the one and catches the other.
    fn round(
        &self,
        target: &Target,
        before: Option<&Snapshot>,
        mode: CollectMode,
    ) -> impl Future<Output = Round> + Send;

    /// Forgets what belongs to no target of this list (after a reload).
    fn retain(&self, targets: &[Target]) {
        let _ = targets;
    }
}

impl RunRound for Collector {
    async fn round(&self, target: &Target, before: Option<&Snapshot>, mode: CollectMode) -> Round {
        round::round(self, target, before, mode).await
    }

    fn retain(&self, targets: &[Target]) {
        Self::retain(self, targets);
    }
}
