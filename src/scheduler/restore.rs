//! What was last seen before a restart: how it is kept, and how it comes back.

use std::sync::Arc;

use crate::{
    config::Target,
    journal::State,
    model::{SourceId, TargetFacts},
    results::Latest,
};

/// A round on the results as the journal keeps it.
pub(super) fn state(latest: &Latest) -> State {
    let Latest { snapshot, report, last_success, source_last_success, restored: _ } = latest;
    let source = |id: &str| SourceId::ALL.into_iter().find(|source| source.id() == id);
    State {
        snapshot: Arc::clone(snapshot),
        report: Arc::clone(report),
        last_success: last_success.clone(),
        source_last_success: source_last_success.iter().filter_map(|(id, at)| Some((source(id)?, *at))).collect(),
    }
}

/// The round as it stands on the results again; none if it was about other servers.
pub(super) fn latest(state: State, target: &Target) -> Option<Latest> {
    let State { snapshot, report, last_success, source_last_success } = state;
    let place =
        |facts: &TargetFacts| (facts.provider.url.clone(), facts.provider.internal_url.clone(), facts.app.url.clone());
    let source_last_success = source_last_success.into_iter().map(|(source, at)| (source.id(), at)).collect();
    (place(&snapshot.target) == place(&target.facts())).then_some(Latest {
        snapshot,
        report,
        last_success,
        source_last_success,
        restored: true,
    })
}
