//! What the scheduler runs: one round of one target. The real one looks and evaluates; tests have theirs.

use crate::{
    collect::{CollectionPlan, Collector},
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
        plan: CollectionPlan,
    ) -> impl Future<Output = Round> + Send;

    /// Whether a target no longer answers as in its last round: felt between rounds, and never a verdict.
    fn has_changed(&self, target: &Target, before: &Snapshot) -> impl Future<Output = bool> + Send {
        let _ = (target, before);
        std::future::ready(false)
    }

    /// Forgets what belongs to no target of this list (after a reload).
    fn retain(&self, targets: &[Target]) {
        let _ = targets;
    }
}

impl RunRound for Collector {
    async fn round(&self, target: &Target, before: Option<&Snapshot>, plan: CollectionPlan) -> Round {
        round::round(self, target, before, plan).await
    }

    async fn has_changed(&self, target: &Target, before: &Snapshot) -> bool {
        Self::has_changed(self, target, before).await
    }

    fn retain(&self, targets: &[Target]) {
        Self::retain(self, targets);
    }
}
