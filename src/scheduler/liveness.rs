//! Whether a target's task still runs: it says by when it will pass its loop again.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// What a task gets on top of the time it asked for, on a busy machine.
const SLACK: Duration = Duration::from_secs(30);

/// By when one task passes its loop again.
#[derive(Debug)]
pub(super) struct Liveness {
    deadline: Mutex<Instant>,
}

impl Liveness {
    /// A task that is about to begin.
    pub fn new() -> Self {
        Self { deadline: Mutex::new(Instant::now() + SLACK) }
    }

    /// The task passes here, and passes again within this time.
    pub fn expect_within(&self, time: Duration) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + time + SLACK;
    }

    /// Whether the task kept its word.
    pub fn is_alive(&self) -> bool {
        Instant::now() <= *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
