//! What happens to a connection while one request waits for it.
//!
//! reqwest hides its connections. But what connects runs in the task of the request that waits for it: so a layer around
//! reqwest's connector, and our own verifier of certificates, note here what they see, and for which request.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

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
    /// When the request no longer waited for the new connection: it was there, or another had become free.
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

    fn begin(&mut self) {
        *self = Self { begun: Some(Instant::now()), ..Self::default() };
    }

    fn end(&mut self) {
        self.ended.get_or_insert_with(Instant::now);
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

/// The layer around reqwest's connector.
#[derive(Debug, Clone, Copy)]
pub(in crate::collect) struct Watching;

impl<S> Layer<S> for Watching {
    type Service = Watched<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Watched(inner)
    }
}

/// A connector that is watched.
#[derive(Debug, Clone)]
pub(in crate::collect) struct Watched<S>(S);

impl<S, To> Service<To> for Watched<S>
where
    S: Service<To>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, to: To) -> Self::Future {
        let connecting = self.0.call(to);
        Box::pin(async move {
            let Ok(notes) = NOTES.try_with(Arc::clone) else { return connecting.await };
            let notes = || notes.lock().unwrap_or_else(PoisonError::into_inner);
            notes().begin();
            let mut connecting = pin!(connecting);
            poll_fn(|context| {
                // Outside of the request's task: the request took a connection that became free, and this one goes on
                // in the background.
                let is_left = NOTES.try_with(|_| ()).is_err();
                let polled = connecting.as_mut().poll(context);
                if is_left || polled.is_ready() {
                    notes().end();
                }
                if !is_left && matches!(polled, Poll::Ready(Ok(_))) {
                    notes().is_own = true;
                }
                polled
            })
            .await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes 5 s to connect, of which 3 s are the handshake.
    #[derive(Clone)]
    struct Slow;

    impl Service<()> for Slow {
        type Response = ();
        type Error = std::io::Error;
        type Future = Pin<Box<dyn Future<Output = Result<(), std::io::Error>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            Box::pin(async {
                tokio::time::sleep(Duration::from_secs(2)).await;
                note(ConnectTrace::greet);
                tokio::time::sleep(Duration::from_secs(3)).await;
                Ok(())
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_of_connecting_is_told_apart_from_the_rest() {
        let ((), notes) = watch(async {
            Watching.layer(Slow).call(()).await.unwrap();
            tokio::time::sleep(Duration::from_secs(7)).await;
        })
        .await;
        assert_eq!(notes.waited(), Duration::from_secs(5));
        assert_eq!(notes.phases(), (Duration::from_secs(2), Some(Duration::from_secs(3))));
        assert!(notes.is_own() && notes.shook_hands());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_goes_on_in_the_background_is_no_longer_waited_for() {
        let mut task = None;
        let ((), notes) = watch(async {
            let mut connecting = Watching.layer(Slow).call(());
            tokio::select! {
                _ = &mut connecting => panic!("it takes 5 s"),
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
            task = Some(tokio::spawn(connecting));
            tokio::time::sleep(Duration::from_secs(9)).await;
        })
        .await;
        task.unwrap().await.unwrap().unwrap();
        assert!(!notes.is_own());
        assert_eq!(notes.waited(), Duration::from_secs(1));
        assert!(!notes.shook_hands(), "what is noted belongs to a request that waits");
    }

    #[tokio::test]
    async fn a_request_over_a_kept_connection_notes_nothing() {
        let ((), notes) = watch(async {}).await;
        assert!(!notes.is_own() && notes.waited() == Duration::ZERO && notes.tls().is_none());
    }
}
