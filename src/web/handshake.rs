//! TLS handshakes: few at once, and a word to who speaks plain HTTP to a place of TLS.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

use super::connection_limiter::{Capacity, Client, ConnectionLimiter};

/// Handshakes at once. They take most of what a connection costs.
const AT_ONCE: Capacity = Capacity { all: 64, of_client: 16, reserved: 0 };
/// What the tools of Prometheus say, too.
const NOT_PLAIN: &[u8] = b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: \
    close\r\n\r\nClient sent an HTTP request to an HTTPS server. Write https:// instead of http://.\n";

/// What limits how many shake hands at once.
#[derive(Debug, Clone)]
pub(super) struct Handshakes(ConnectionLimiter);

impl Default for Handshakes {
    fn default() -> Self {
        Self(ConnectionLimiter::new(AT_ONCE))
    }
}

/// Shakes hands with a client. The caller sets a limit of time.
///
/// # Errors
/// The client does not want TLS or not in any form that we offer, or is refused.
pub(super) async fn accept<I: AsyncRead + AsyncWrite + Unpin>(
    mut io: I,
    config: Arc<ServerConfig>,
    handshakes: &Handshakes,
    client: Client,
) -> io::Result<TlsStream<Rewound<I>>> {
    let first = io.read_u8().await?;
    // A method of HTTP; TLS begins with the type of a record, 22 (RFC 8446, section 5.1).
    if first.is_ascii_alphabetic() {
        io.write_all(NOT_PLAIN).await?;
        part(io).await;
        return Err(io::Error::new(io::ErrorKind::InvalidData, "plain HTTP where TLS is spoken"));
    }
    // A client that is slow to greet takes no place yet.
    let greeted =
        LazyConfigAcceptor::new(rustls::server::Acceptor::default(), Rewound { first: Some(first), io }).await?;
    let busy = || io::Error::new(io::ErrorKind::ResourceBusy, "too many handshakes at once");
    let permit = handshakes.0.admit(client).await.ok_or_else(busy)?;
    let shaken = tokio::select! {
        shaken = greeted.into_stream(config).into_fallible() => shaken,
        () = permit.closed() => return Err(busy()),
    };
    drop(permit);
    match shaken {
        Ok(stream) => Ok(stream),
        Err((error, io)) => {
            part(io).await;
            Err(error)
        }
    }
}

/// Closes a connection so that the client still reads why: what is left unread by us would reset it.
async fn part<I: AsyncRead + AsyncWrite + Unpin>(mut io: I) {
    if io.shutdown().await.is_ok() {
        while io.read(&mut [0; 1024]).await.is_ok_and(|length| length > 0) {}
    }
}

/// A stream of which one byte was read already.
#[derive(Debug)]
pub(super) struct Rewound<I> {
    first: Option<u8>,
    io: I,
}

impl<I: AsyncRead + Unpin> AsyncRead for Rewound<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buf.remaining() > 0
            && let Some(first) = self.first.take()
        {
            buf.put_slice(&[first]);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Rewound<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
