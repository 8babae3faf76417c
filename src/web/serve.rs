//! Serves the router: HTTP/1.1 with limits, so that slow or idle clients cannot take all places.

use std::{future::Future, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    http::{HeaderValue, header},
    serve::Listener,
};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    connection_limiter::{Capacity, Client, ConnectionLimiter, Permit, Reserved},
    handshake::{self, Handshakes},
    web_config::ActiveWebConfig,
};

/// The limits of the server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once, of each listener. A further one takes the place of the one that keeps us waiting longest; if
    /// we work on all of them, it has to wait.
    pub connections: usize,
    /// Connections at once of one client, under the same rule, except that a further one is closed instead of waiting.
    /// Does not count for unix sockets.
    pub connections_of_client: usize,
    /// Connections beyond [`Limits::connections`], on which only health and metrics are answered.
    pub reserved: usize,
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
            reserved: 16,
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
    serve_by(ActiveWebConfig::default(), limits, listener, router, shutdown).await;
}

/// [`serve_within`], with TLS where the web configuration has it.
pub async fn serve_by<L: Listener<Addr: Peer>>(
    web_config: ActiveWebConfig,
    limits: Limits,
    mut listener: L,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    let limiter = ConnectionLimiter::new(Capacity {
        all: limits.connections,
        of_client: limits.connections_of_client,
        reserved: limits.reserved,
    });
    let server =
        Server { web_config, limits, handshakes: Handshakes::default(), router, stopping: CancellationToken::new() };
    let connections = TaskTracker::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let admitted = async {
            let (io, peer) = listener.accept().await;
            let client = peer.address().map_or(Client::LOCAL, |address| Client::at(address.ip()));
            (io, client, limiter.admit(client).await)
        };
        let (io, client, permit) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            admitted = admitted => admitted,
        };
        let Some(permit) = permit else {
            tracing::debug!("a connection is closed: its client has all connections that it may have");
            continue;
        };
        connections.spawn(server.clone().connection(io, client, Arc::new(permit)));
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
    web_config: ActiveWebConfig,
    limits: Limits,
    handshakes: Handshakes,
    router: Router,
    stopping: CancellationToken,
}

impl Server {
    async fn connection<I: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        self,
        io: I,
        client: Client,
        permit: Arc<Permit>,
    ) {
        let Some(config) = self.web_config.rules().await.tls.clone() else {
            return self.speak(io, client, &permit).await;
        };
        let shaking = handshake::accept(io, config, &self.handshakes, client);
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(self.limits.header_read, shaking) => shaken,
            () = permit.closed() => return note_closed(),
            () = self.stopping.cancelled() => return,
        };
        match shaken {
            Ok(Ok(stream)) => self.speak(stream, client, &permit).await,
            Ok(Err(error)) => tracing::debug!(%error, "a client did not shake hands"),
            Err(_) => tracing::debug!("a client did not shake hands in time"),
        }
    }

    async fn speak<I: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        self,
        io: I,
        client: Client,
        permit: &Arc<Permit>,
    ) {
        let Self { limits, router, stopping, .. } = self;
        let router = TowerToHyperService::new(router);
        let service = service_fn(|mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(client);
            if permit.is_reserved() {
                request.extensions_mut().insert(Reserved);
            }
            let answering = hyper::service::Service::call(&router, request);
            let permit = Arc::clone(permit);
            async move {
                permit.works();
                let mut answer = answering.await;
                permit.waits();
                if let Ok(answer) = &mut answer
                    && permit.is_reserved()
                {
                    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                answer
            }
        });
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_read)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(io), service);
        let mut serving = pin!(serving);
        tokio::select! {
            ended = serving.as_mut() => return note(ended),
            () = permit.closed() => return note_closed(),
            () = stopping.cancelled() => {}
            () = tokio::time::sleep(limits.lifetime) => {}
        }
        serving.as_mut().graceful_shutdown();
        if let Ok(ended) = tokio::time::timeout(limits.grace, serving).await {
            note(ended);
        }
    }
}

fn note_closed() {
    tracing::debug!("a connection that keeps us waiting is closed: its place is needed");
}

/// A client that breaks off or sends rubbish is its own affair.
fn note(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the HTTP surface ended early");
    }
}
