//! The spine on one screen: look, evaluate.

use std::collections::BTreeSet;

use crate::{
    checks,
    collect::{CollectMode, CollectionPlan, Collector, off_worker},
    config::Target,
    model::{Credential, Report, Snapshot},
};

/// What one round gives.
#[derive(Debug, Clone)]
pub struct Round {
    /// What was seen.
    pub snapshot: Snapshot,
    /// What is said about it.
    pub report: Report,
}

/// One round of one target: collects, notes what changed since the snapshot before, and evaluates. How long the latter
/// takes depends on what was seen, so it holds up nobody else, and can be given up.
pub async fn round(
    collector: &Collector,
    target: &Target,
    before: Option<&Snapshot>,
    plan: impl Into<CollectionPlan>,
) -> Round {
    let snapshot = collector.observe(target, before, plan).await;
    let before = before.cloned();
    Box::pin(off_worker(move || evaluated(snapshot, before.as_ref()))).await
}

fn evaluated(snapshot: Snapshot, before: Option<&Snapshot>) -> Round {
    let snapshot = snapshot.after(before);
    let report = checks::evaluate(&snapshot, before);
    Round { snapshot, report }
}

/// The plan of the round after this report: what its failing checks rest on is asked again soon.
#[must_use]
pub fn plan(mode: CollectMode, before: Option<&Report>) -> CollectionPlan {
    let failing = before.into_iter().flat_map(Report::failing).filter_map(|failing| checks::find(&failing.id));
    let recheck: BTreeSet<Credential> = failing.flat_map(|(_, check)| check.needs).copied().collect();
    CollectionPlan { mode, recheck }
}
