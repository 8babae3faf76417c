//! Counters and gauges about the daemon itself: they live as long as it does.

use std::time::Duration;

use crate::{
    clock::Time,
    model::{Change, RequestCount, SourceReport},
};

/// Metrics about the daemon itself.
#[derive(Debug, Default)]
pub struct Daemon {}

impl Daemon {
    /// A target was loaded: its counters begin at 0.
    pub fn target_added(&self, target: &str) {
        let _ = target;
    }

    /// A target is gone: its series go too.
    pub fn target_removed(&self, target: &str) {
        let _ = target;
    }

    /// A round began this long after it was due.
    pub fn round_started(&self, target: &str, lag: Duration) {
        let _ = (target, lag);
    }

    /// A round ended.
    pub fn round_finished(
        &self,
        target: &str,
        at: Time,
        took: Duration,
        sources: &[SourceReport],
        requests: &[RequestCount],
        new_changes: &[Change],
    ) {
        let _ = (target, at, took, sources, requests, new_changes);
    }

    /// Rounds that were due while the one before still ran, or a round that hung or panicked.
    pub fn rounds_missed(&self, target: &str, count: u64) {
        let _ = (target, count);
    }

    /// A (re)load of the configuration succeeded; `hash` is of the file's content.
    pub fn config_loaded(&self, at: Time, hash: u64, targets: usize) {
        let _ = (at, hash, targets);
    }

    /// A reload failed; the old configuration stays.
    pub fn config_refused(&self) {}

    /// The self-test of a round.
    pub fn self_test(&self, held: bool) {
        let _ = held;
    }

    /// A log message was written (`error`, `warn`, `info`, `debug`, `trace`).
    pub fn log_message(&self, level: &'static str) {
        let _ = level;
    }
}
