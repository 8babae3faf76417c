//! The spine on one screen: look, evaluate.

use crate::{
    checks,
    collect::{CollectMode, Collector, off_worker},
    config::Target,
    model::{Report, Snapshot},
};

/// What one round gives.
#[derive(Debug, Clone)]
pub struct Round {
    /// What was seen.
    pub snapshot: Snapshot,
    /// What is said about it.
    pub report: Report,
}

/// One round of one target: looks at it, notes what changed since the snapshot before, and evaluates. How long the latter
/// takes depends on what was seen, so it holds up nobody else, and can be given up.
pub async fn round(collector: &Collector, target: &Target, before: Option<&Snapshot>, mode: CollectMode) -> Round {
    let snapshot = collector.observe(target, before, mode).await;
    let before = before.cloned();
    off_worker(move || evaluated(snapshot, before.as_ref())).await
}

fn evaluated(snapshot: Snapshot, before: Option<&Snapshot>) -> Round {
    let mut snapshot = snapshot.after(before);
    let report = checks::evaluate(&snapshot, before);
    let failing = report.failing().filter_map(|failing| checks::find(&failing.id));
    snapshot.recheck = failing.flat_map(|(_, check)| check.needs).copied().collect();
    Round { snapshot, report }
}
