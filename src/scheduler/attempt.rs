//! One round, run so that it can neither hang for ever nor take its task down with it.

use std::time::Duration;

use tokio_util::task::AbortOnDropHandle;

use crate::{logging, round::Round};

/// How one round went.
#[derive(Debug)]
pub(super) enum RoundEnd {
    /// It ended by itself.
    Done(Box<Round>),
    /// It was cut at its limit.
    Hung,
    /// It panicked; where, if the panic hook told.
    Panicked(Option<String>),
}

/// Runs a round in a task of its own, for at most `limit`.
///
/// A round that is cut has ended when this returns, so that two rounds of one target never overlap. One that blocks
/// its thread cannot be cut: this then waits for it, without a beat, until the watchdog restarts the daemon.
pub(super) async fn attempt(round: impl Future<Output = Round> + Send + 'static, limit: Duration) -> RoundEnd {
    let (round, place) = logging::noting_panics(round);
    let mut task = AbortOnDropHandle::new(tokio::spawn(round));
    let ended = match tokio::time::timeout(limit, &mut task).await {
        Ok(ended) => ended,
        Err(_) => {
            task.abort();
            task.await
        }
    };
    match ended {
        Ok(round) => RoundEnd::Done(Box::new(round)),
        Err(error) if error.is_panic() => RoundEnd::Panicked(place.get().cloned()),
        Err(_) => RoundEnd::Hung,
    }
}
