//! One small request to a daemon of our own, for `ssowatch healthcheck`: nothing to keep, no secret to send.
//!
//! TLS is spoken where the daemon wants it, and without verifying the certificate: it is made for the name that users
//! type, not for loopback, and the connection does not leave the machine (which is checked). Whoever could answer in the
//! daemon's place there could also end the daemon.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use rustls::{
    AlertDescription, ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, UnixStream},
};
use tokio_rustls::TlsConnector;
use url::Url;

/// The most that is read: the status line stands in it.
const READ_AT_MOST: u64 = 1024;
/// Part of what a server says to whoever speaks plain HTTP where it speaks TLS; Go's words, and ours.
const WANTS_TLS: &[u8] = b"HTTP request to an HTTPS server";

/// Where a daemon of our own listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An `http` or `https` address.
    Url(Url),
    /// A unix socket, and the path that is asked there.
    Unix(PathBuf, String),
}

/// What became of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It was answered with this HTTP status.
    Status(u16),
    /// The daemon takes connections, and refuses those without a client certificate.
    WantsCertificate,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(url) => url.fmt(f),
            Self::Unix(socket, _) => write!(f, "unix:{}", socket.display()),
        }
    }
}

/// The HTTP status that a GET of this address gives, within `limit`.
///
/// # Errors
/// As [`ask`]; and the daemon wants a client certificate.
pub async fn status(url: &Url, limit: Duration) -> Result<u16, String> {
    match ask(&Place::Url(url.clone()), limit).await? {
        Asked::Status(status) => Ok(status),
        Asked::WantsCertificate => Err(format!("{url} wants a client certificate")),
    }
}

/// What becomes of a GET there, within `limit`. Where a daemon that is asked by plain HTTP wants TLS, it is asked again.
///
/// # Errors
/// Nobody listens there, no answer came in time, or it is not HTTP; a text for a person.
pub async fn ask(place: &Place, limit: Duration) -> Result<Asked, String> {
    match tokio::time::timeout(limit, answer(place)).await {
        Ok(Ok(answer)) => {
            let status = read_status(&answer).ok_or_else(|| format!("what listens at {place} does not speak HTTP"))?;
            Ok(Asked::Status(status))
        }
        Ok(Err(error)) if wants_certificate(&error) => Ok(Asked::WantsCertificate),
        Ok(Err(error)) => Err(format!("{place} does not answer: {error}")),
        Err(_) => Err(format!("{place} did not answer within {} s", limit.as_secs())),
    }
}

async fn answer(place: &Place) -> io::Result<Vec<u8>> {
    if !matches!(place, Place::Url(url) if url.scheme() == "https") {
        let answer = exchange(place, false).await?;
        if !answer.windows(WANTS_TLS.len()).any(|part| part == WANTS_TLS) {
            return Ok(answer);
        }
    }
    exchange(place, true).await
}

#[expect(clippy::disallowed_methods, reason = "observe is where connections are opened; this one needs no probe")]
async fn exchange(place: &Place, tls: bool) -> io::Result<Vec<u8>> {
    match place {
        Place::Unix(socket, path) => {
            let stream = UnixStream::connect(socket).await?;
            if tls {
                secured(stream, "localhost", "localhost", path).await
            } else {
                get(stream, "localhost", path).await
            }
        }
        Place::Url(url) => {
            let host = url.host_str().unwrap_or_default();
            let port = url.port_or_known_default().unwrap_or(80);
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            let stream = TcpStream::connect((bare, port)).await?;
            let authority = format!("{host}:{port}");
            if !tls {
                return get(stream, &authority, url.path()).await;
            }
            stays_here(&stream)?;
            secured(stream, bare, &authority, url.path()).await
        }
    }
}

/// A connection to an address of this machine comes from the same address, or is on loopback.
fn stays_here(stream: &TcpStream) -> io::Result<()> {
    let (from, to) = (stream.local_addr()?.ip().to_canonical(), stream.peer_addr()?.ip().to_canonical());
    if to.is_loopback() || from == to {
        return Ok(());
    }
    Err(io::Error::other(
        "it speaks TLS and is not on this machine; ask the daemon at its loopback address or unix socket",
    ))
}

async fn get<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, authority: &str, path: &str) -> io::Result<Vec<u8>> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: ssowatch/{}\r\nConnection: close\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    );
    let written = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    stream.take(READ_AT_MOST).read_to_end(&mut answer).await?;
    // Whoever did not listen to the end may have said why.
    if answer.is_empty() { written.map(|()| answer) } else { Ok(answer) }
}

async fn secured<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    host: &str,
    authority: &str,
    path: &str,
) -> io::Result<Vec<u8>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    get(stream, authority, path).await
}

fn wants_certificate(error: &io::Error) -> bool {
    let tls = error.get_ref().and_then(|error| error.downcast_ref::<Error>());
    matches!(tls, Some(Error::AlertReceived(AlertDescription::CertificateRequired)))
}

/// Takes any certificate; see the module's words.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The code of a status line: `HTTP/1.1 200 OK` (RFC 9112, section 4).
fn read_status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\r').next()?;
    let rest = std::str::from_utf8(line).ok()?.strip_prefix("HTTP/1.")?;
    rest.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn only_a_status_line_has_a_status() {
        for (answer, status) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Some(200)),
            ("HTTP/1.0 503 Service Unavailable\r\n\r\n", Some(503)),
            ("HTTP/1.1 204\r\n\r\n", Some(204)),
            ("HTTP/1.1 ok\r\n\r\n", None),
            ("SSH-2.0-OpenSSH_9.2\r\n", None),
            ("", None),
        ] {
            assert_eq!(read_status(answer.as_bytes()), status, "{answer:?}");
        }
    }

    #[tokio::test]
    async fn the_path_is_asked_and_the_status_is_given() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/sso/-/healthy", listener.local_addr().unwrap())).unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 1024];
            let length = stream.read(&mut request).await.unwrap();
            stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        assert_eq!(status(&url, Duration::from_secs(5)).await, Ok(503));
        assert!(server.await.unwrap().starts_with("GET /sso/-/healthy HTTP/1.1\r\nHost: 127.0.0.1:"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_daemon_that_does_not_answer_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/-/healthy", listener.local_addr().unwrap())).unwrap();
        let error = status(&url, Duration::from_secs(5)).await.unwrap_err();
        assert!(error.contains("within 5 s"), "{error}");
    }

    #[tokio::test]
    async fn where_nobody_listens_the_address_is_named() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let url = Url::parse(&format!("http://{free}/-/healthy")).unwrap();
        let error = status(&url, Duration::from_secs(5)).await.unwrap_err();
        assert!(error.contains(&free.to_string()), "{error}");
    }
}
