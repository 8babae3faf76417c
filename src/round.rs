//! The spine on one screen: look, judge.

use crate::{
    checks,
    config::Target,
    model::{Report, Snapshot},
    observe::{Looker, Pace},
};

/// What one round gives.
#[derive(Debug, Clone)]
pub struct Round {
    /// What was seen.
    pub snapshot: Snapshot,
    /// What is said about it.
    pub report: Report,
}

/// One round of one target: looks at it, notes what changed since the snapshot before, and judges.
pub async fn round(looker: &Looker, target: &Target, before: Option<&Snapshot>, pace: Pace) -> Round {
    let mut snapshot = looker.observe(target, before, pace).await.after(before);
    let report = checks::judge(&snapshot, before);
    let failing = report.failing().filter_map(|failing| checks::find(&failing.id));
    snapshot.doubted = failing.flat_map(|(_, check)| check.needs).copied().collect();
    Round { snapshot, report }
}
