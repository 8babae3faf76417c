//! A client that sends exactly what a test writes: no redirects, no retries, no limits.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use ssowatch::{lab::Lab, model::Side};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// An answer as it came.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Got {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Opens a connection to a side.
#[expect(clippy::disallowed_methods, reason = "a client of the tests' own")]
pub async fn connect(lab: &Lab, side: Side) -> std::io::Result<TcpStream> {
    TcpStream::connect(lab.socket(side)).await
}

/// A GET.
pub async fn get(lab: &Lab, side: Side, path: &str) -> Got {
    send(lab, side, "GET", path, &[], "").await.expect("an answer")
}

/// A POST with a JSON body.
pub async fn post_json(lab: &Lab, side: Side, path: &str, body: &serde_json::Value) -> Got {
    let headers = [("Content-Type", "application/json")];
    send(lab, side, "POST", path, &headers, &body.to_string()).await.expect("an answer")
}

/// Any request, over TLS where the lab speaks it.
pub async fn send(
    lab: &Lab,
    side: Side,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> std::io::Result<Got> {
    let url = if side == Side::Provider { lab.provider_url() } else { lab.kasm_url() };
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    let stream = connect(lab, side).await?;
    if url.scheme() == "http" {
        return exchange(stream, &request).await;
    }
    let name = ServerName::try_from(url.host_str().unwrap().to_owned()).unwrap();
    exchange(TlsConnector::from(trusting(&lab.ca_pem())).connect(name, stream).await?, &request).await
}

/// A client that trusts this CA alone.
pub fn trusting(ca_pem: &str) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> std::io::Result<Got> {
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    read(&bytes).ok_or_else(|| std::io::Error::other("no whole answer"))
}

fn read(bytes: &[u8]) -> Option<Got> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Some(Got { status, headers, body: bytes[end + 4..].to_vec() })
}
