//! What was last seen of a target, for the time after a restart.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    clock::Time,
    model::{Report, Snapshot, SourceId},
};

/// The latest round of a target, as it outlives this process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What was seen.
    pub snapshot: Arc<Snapshot>,
    /// What was said about it.
    pub report: Arc<Report>,
    /// When each check was last good, by id.
    pub last_success: BTreeMap<String, Time>,
    /// When each source last gave a fact.
    pub source_last_success: BTreeMap<SourceId, Time>,
}
