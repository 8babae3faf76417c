//! Serves the router: HTTP/1.1 with limits, so that slow or idle clients cannot take all places.

use std::{future::Future, net::SocketAddr, pin::pin, time::Duration};

use axum::{Router, serve::Listener};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    handshake::{self, Handshakes},
    ways::{
        Ways,
        places::{Client, Places},
    },
};

/// The limits of the server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; further ones wait to be accepted. Each listener has that many places of its own.
    pub connections: usize,
    /// Connections at once of one client; further ones are closed. Does not count for unix sockets.
    pub connections_of_client: usize,
    /// How long the head of a request may take, a handshake may take, and a connection may be idle between two requests.
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
            connections_of_client: 128,
            header_read: Duration::from_secs(10),
            lifetime: Duration::from_mins(5),
            grace: Duration::from_secs(5),
        }
    }
}

/// The most that the head of a request may be, in bytes. The buffers of a connection have that size.
const MAX_HEAD: usize = 32 * 1024;

/// The address of whoever connects.
pub trait Peer: Send {
    /// The network address; none of a unix socket.
    fn address(&self) -> Option<SocketAddr>;
}

impl Peer for SocketAddr {
    fn address(&self) -> Option<SocketAddr> {
        Some(*self)
    }
}

impl Peer for tokio::net::unix::SocketAddr {
    fn address(&self) -> Option<SocketAddr> {
        None
    }
}

/// Serves until `shutdown` is there, then lets requests that are under way end.
pub async fn serve<L: Listener<Addr: Peer>>(listener: L, router: Router, shutdown: impl Future<Output = ()>) {
    serve_within(Limits::default(), listener, router, shutdown).await;
}

/// [`serve`], within other limits.
pub async fn serve_within<L: Listener<Addr: Peer>>(
    limits: Limits,
    listener: L,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    serve_by(Ways::default(), limits, listener, router, shutdown).await;
}

/// [`serve_within`], with TLS where the ways in say so.
pub async fn serve_by<L: Listener<Addr: Peer>>(
    ways: Ways,
    limits: Limits,
    mut listener: L,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    let places = Places::new(limits.connections, limits.connections_of_client);
    let server = Server { ways, limits, handshakes: Handshakes::default(), router, stopping: CancellationToken::new() };
    let connections = TaskTracker::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = async {
            let place = places.free().await?;
            Some((place, listener.accept().await))
        };
        let (place, (io, peer)) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accepted => match accepted {
                Some(accepted) => accepted,
                None => break,
            },
        };
        let client = peer.address().map_or(Client::LOCAL, |address| Client::at(address.ip()));
        let Some(share) = places.share(client) else {
            tracing::debug!("a connection of a client that has all that it may have is closed");
            continue;
        };
        let server = server.clone();
        connections.spawn(async move {
            let _held = (place, share);
            server.connection(io, client).await;
        });
    }
    // Closes the listening socket first: nobody is accepted any more, and none is left waiting for an answer.
    drop(listener);
    server.stopping.cancel();
    connections.close();
    connections.wait().await;
}

/// What every connection goes by.
#[derive(Clone)]
struct Server {
    ways: Ways,
    limits: Limits,
    handshakes: Handshakes,
    router: Router,
    stopping: CancellationToken,
}

impl Server {
    async fn connection<I: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, io: I, client: Client) {
        let Some(config) = self.ways.rules().await.tls.clone() else { return self.speak(io, client).await };
        let shaking = handshake::accept(io, config, &self.handshakes, client);
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(self.limits.header_read, shaking) => shaken,
            () = self.stopping.cancelled() => return,
        };
        match shaken {
            Ok(Ok(stream)) => self.speak(stream, client).await,
            Ok(Err(error)) => tracing::debug!(%error, "a client did not shake hands"),
            Err(_) => tracing::debug!("a client did not shake hands in time"),
        }
    }

    async fn speak<I: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, io: I, client: Client) {
        let Self { limits, router, stopping, .. } = self;
        let router = TowerToHyperService::new(router);
        let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(client);
            hyper::service::Service::call(&router, request)
        });
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_read)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(io), service);
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
}

/// A client that breaks off or sends rubbish is its own affair.
fn note(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the HTTP surface ended early");
    }
}
