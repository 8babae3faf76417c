//! The sockets: takes connections, speaks TLS and HTTP/1.1, and plays the faults of the transport.

use std::{convert::Infallible, io, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use url::form_urlencoded;

use super::{Inner, listener::LabListener, message::Request, reply::Reply};
use crate::model::Side;

/// The longest request body that is read.
const BODY_LIMIT: usize = 1 << 20;

/// What stands behind a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// The provider at its public address.
    Provider,
    /// The provider at its internal address, always plain HTTP.
    ProviderInternal,
    /// Kasm.
    Kasm,
    /// The app of that seat beside Kasm.
    OtherApp(usize),
    /// Nothing: whoever connects has violated.
    Elsewhere,
}

impl Door {
    /// Whether it is of the provider or of Kasm, whose connections faults can break.
    fn is_of_the_pair(self) -> bool {
        !matches!(self, Self::OtherApp(_))
    }

    fn side(self) -> Option<Side> {
        match self {
            Self::Provider | Self::ProviderInternal => Some(Side::Provider),
            Self::Kasm | Self::OtherApp(_) => Some(Side::App),
            Self::Elsewhere => None,
        }
    }
}

/// Takes connections until the task is dropped, and with it every connection.
pub(super) async fn run(lab: Arc<Inner>, door: Door, listener: Arc<LabListener>) {
    let mut connections = JoinSet::new();
    loop {
        let (number, stream) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // A connection that ended before it was taken, or no file handles: the next one may do.
                tracing::debug!(%error, "the lab could not take a connection");
                tokio::task::yield_now().await;
                continue;
            }
        };
        let (lab, listener) = (lab.clone(), listener.clone());
        connections.spawn(async move {
            if let Err(error) = connection(&lab, door, &listener, number, stream).await {
                tracing::debug!(%error, "a connection to the lab ended");
            }
            listener.forget(number);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(
    lab: &Arc<Inner>,
    door: Door,
    listener: &LabListener,
    number: u64,
    stream: TcpStream,
) -> io::Result<()> {
    let Some(side) = door.side() else {
        lab.world().recorder.note_elsewhere();
        return Ok(());
    };
    stream.set_nodelay(true)?;
    let (resets, config) = {
        let world = lab.world();
        (door.is_of_the_pair() && world.resets(side), world.tls(door))
    };
    if resets {
        stream.readable().await?;
        // No second handle may keep the connection, and no data may be waited for: then the system sends a reset.
        listener.forget(number);
        return stream.set_zero_linger();
    }
    match config {
        Some(config) => speak(lab.clone(), door, true, TlsAcceptor::from(config).accept(stream).await?).await,
        None => speak(lab.clone(), door, false, stream).await,
    }
}

async fn speak<S>(lab: Arc<Inner>, door: Door, tls: bool, stream: S) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let lab = lab.clone();
        async move {
            let reply = lab.reply(door, &read(request, tls).await);
            Ok::<_, Infallible>(send(reply).await)
        }
    });
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    served.map_err(io::Error::other)
}

async fn read(request: axum::http::Request<Incoming>, tls: bool) -> Request {
    let (head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default();
    Request {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: head.headers,
        // A body that is too long or that breaks off reads as empty: the handler then refuses it.
        body: to_bytes(Body::new(body), BODY_LIMIT).await.map(Vec::from).unwrap_or_default(),
        tls,
    }
}

async fn send(reply: Reply) -> Response<Body> {
    if reply.never {
        return std::future::pending().await;
    }
    let mut response = Response::new(reply.body());
    *response.status_mut() = StatusCode::from_u16(reply.answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &reply.answer.headers {
        match (HeaderName::try_from(*name), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => drop(response.headers_mut().append(name, value)),
            _ => tracing::warn!(name, "the lab left out a header whose value HTTP cannot carry"),
        }
    }
    if let Some(length) = reply.announced_length() {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}
