//! Serves the router: HTTP/1.1 with limits, so that slow or idle clients cannot take all places.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use axum::{Router, serve::Listener};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The limits of the server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// How long the head of a request may take, and how long a connection may be idle between two.
    pub header_read: Duration,
    /// How long a connection may live: a client that never reads its answer must go some time, too.
    pub lifetime: Duration,
    /// How long a request that is under way may still take once its connection is to end.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            header_read: Duration::from_secs(10),
            lifetime: Duration::from_mins(5),
            grace: Duration::from_secs(5),
        }
    }
}

/// The most that the head of a request may be, in bytes. The buffers of a connection have that size.
const MAX_HEAD: usize = 32 * 1024;

/// Serves until `shutdown` is there, then lets requests that are under way end.
pub async fn serve<L: Listener>(listener: L, router: Router, shutdown: impl Future<Output = ()>) {
    serve_within(Limits::default(), listener, router, shutdown).await;
}

/// [`serve`], within other limits.
pub async fn serve_within<L: Listener>(
    limits: Limits,
    mut listener: L,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let stopping = CancellationToken::new();
    let connections = TaskTracker::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((place, listener.accept().await.0))
        };
        let (place, io) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accepted => match accepted {
                Some(accepted) => accepted,
                None => break,
            },
        };
        let (router, stopping) = (router.clone(), stopping.clone());
        connections.spawn(async move {
            connection(limits, io, router, stopping).await;
            drop(place);
        });
    }
    // Closes the listening socket first: nobody is accepted any more, and none is left waiting for an answer.
    drop(listener);
    stopping.cancel();
    connections.close();
    connections.wait().await;
}

async fn connection<I>(limits: Limits, io: I, router: Router, stopping: CancellationToken)
where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(io), TowerToHyperService::new(router));
    let mut serving = pin!(serving);
    tokio::select! {
        ended = serving.as_mut() => return note(ended),
        () = stopping.cancelled() => {}
        () = tokio::time::sleep(limits.lifetime) => {}
    }
    serving.as_mut().graceful_shutdown();
    if let Ok(ended) = tokio::time::timeout(limits.grace, serving).await {
        note(ended);
    }
}

/// A client that breaks off or sends rubbish is its own affair.
fn note(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the HTTP surface ended early");
    }
}
