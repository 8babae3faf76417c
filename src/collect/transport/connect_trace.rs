//! What happens to a connection while one request waits for it.
//!
//! What connects runs in the task of the request that waits for it: so the client and our own verifier of certificates,
//! which TLS asks in the midst of a handshake, note here what they see, and for which request.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::trust::Evaluated;
use crate::model::Tls;

tokio::task_local! {
    static NOTES: Arc<Mutex<ConnectTrace>>;
}

/// What one request saw of connecting. All is missing where a kept connection was at hand.
#[derive(Debug, Clone, Default)]
pub(in crate::collect) struct ConnectTrace {
    /// When connecting began.
    begun: Option<Instant>,
    /// When the TLS handshake began.
    handshake: Option<Instant>,
    /// Whether the request got the new connection.
    is_own: bool,
    /// When the request no longer waited for the new connection: it was there, or there was none.
    ended: Option<Instant>,
    /// What the server showed, if it got so far.
    pub evaluated: Option<Evaluated>,
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: Option<&'static str>,
}

impl ConnectTrace {
    /// Whether the request went over a connection of its own, not over one that was kept.
    pub(in crate::collect) fn is_own(&self) -> bool {
        self.is_own
    }

    /// Whether a TLS handshake began.
    pub(in crate::collect) fn shook_hands(&self) -> bool {
        self.handshake.is_some()
    }

    /// How long the request waited for a connection: part of neither processing nor transfer.
    pub(in crate::collect) fn waited(&self) -> Duration {
        between(self.begun, self.ended)
    }

    /// What is told of TLS.
    pub(in crate::collect) fn tls(&self) -> Option<Tls> {
        Some(self.evaluated.as_ref()?.facts(self.version.unwrap_or("unknown")))
    }

    /// How long TCP took, and TLS after it.
    pub(in crate::collect) fn phases(&self) -> (Duration, Option<Duration>) {
        let tls = self.handshake.map(|_| between(self.handshake, self.ended));
        (between(self.begun, self.handshake.or(self.ended)), tls)
    }

    /// Connecting begins.
    pub(in crate::collect) fn begin(&mut self) {
        *self = Self { begun: Some(Instant::now()), ..Self::default() };
    }

    /// Connecting has ended: in a connection for this request, or in none.
    pub(in crate::collect) fn end(&mut self, is_made: bool) {
        self.ended.get_or_insert_with(Instant::now);
        self.is_own = is_made;
    }

    /// A handshake begins, unless one has begun: a server may ask for a second greeting.
    pub(in crate::collect) fn greet(&mut self) {
        self.handshake.get_or_insert_with(Instant::now);
    }
}

fn between(from: Option<Instant>, to: Option<Instant>) -> Duration {
    from.zip(to).map(|(from, to)| to.duration_since(from)).unwrap_or_default()
}

/// Runs what sends a request, and gives what was noted meanwhile.
pub(in crate::collect) async fn watch<T>(request: impl Future<Output = T>) -> (T, ConnectTrace) {
    let notes = Arc::new(Mutex::new(ConnectTrace::default()));
    let outcome = NOTES.scope(Arc::clone(&notes), request).await;
    let notes = notes.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (outcome, notes)
}

/// ConnectTrace something for the request of this task, if it is watched.
pub(in crate::collect) fn note(change: impl FnOnce(&mut ConnectTrace)) {
    // No request waits for a connection that is made in the background.
    let _ = NOTES.try_with(|notes| change(&mut notes.lock().unwrap_or_else(PoisonError::into_inner)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_time_of_connecting_is_told_apart_from_the_rest() {
        let ((), notes) = watch(async {
            note(ConnectTrace::begin);
            tokio::time::sleep(Duration::from_secs(2)).await;
            note(ConnectTrace::greet);
            tokio::time::sleep(Duration::from_secs(3)).await;
            note(|notes| notes.end(true));
            tokio::time::sleep(Duration::from_secs(7)).await;
        })
        .await;
        assert_eq!(notes.waited(), Duration::from_secs(5));
        assert_eq!(notes.phases(), (Duration::from_secs(2), Some(Duration::from_secs(3))));
        assert!(notes.is_own() && notes.shook_hands());
    }

    #[tokio::test]
    async fn a_request_over_a_kept_connection_notes_nothing() {
        let ((), notes) = watch(async {}).await;
        assert!(!notes.is_own() && notes.waited() == Duration::ZERO && notes.tls().is_none());
    }
}
