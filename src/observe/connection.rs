//! Connections of our own: DNS, TCP to every address, TLS, each with its time.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

use super::{
    certificate,
    reasons::{self, Stop},
    tls::TlsSide,
};
use crate::{
    clock::Time,
    model::{AddressAnswer, AddressState, Reason, Tls, Trust},
};

/// More addresses than this are not tried.
const MOST_ADDRESSES: usize = 8;
const DNS_LIMIT: Duration = Duration::from_secs(5);
const TCP_LIMIT: Duration = Duration::from_secs(3);
const TLS_LIMIT: Duration = Duration::from_secs(5);

/// What bytes travel on.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// The addresses of a name, in the resolver's order, and how long that took in seconds; 0 for an address.
pub(super) async fn resolve(host: &str, port: u16) -> Result<(Vec<SocketAddr>, f64), Stop> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok((vec![SocketAddr::new(address, port)], 0.0));
    }
    let begun = Instant::now();
    let dns = |detail: String| Stop::failed(Reason::Dns, format!("{host}: {detail}"));
    let found = timeout(DNS_LIMIT, tokio::net::lookup_host((bare, port)))
        .await
        .map_err(|_| dns(format!("the resolver did not answer within {} s", DNS_LIMIT.as_secs())))?
        .map_err(|error| dns(format!("the name does not resolve ({error})")))?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address) && addresses.len() < MOST_ADDRESSES {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(dns("the name has no address".to_owned()));
    }
    Ok((addresses, begun.elapsed().as_secs_f64()))
}

/// The first TCP connection that was made.
pub(super) struct FirstAnswer {
    /// The connection.
    pub stream: TcpStream,
    /// Where it goes.
    pub address: SocketAddr,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What becomes of the other addresses, which are still tried.
    pub others: AbortOnDropHandle<Vec<(SocketAddr, AddressState)>>,
    /// What the addresses did that failed before.
    pub failed: Vec<(SocketAddr, AddressState)>,
}

/// Tries all addresses side by side and returns with the first that answers; the others go on.
pub(super) async fn first_answer(addresses: &[SocketAddr]) -> Result<FirstAnswer, Stop> {
    let mut attempts: FuturesUnordered<_> = addresses.iter().copied().map(attempt).collect();
    let mut failed = Vec::new();
    let mut in_time = false;
    while let Some((address, seconds, outcome)) = attempts.next().await {
        match outcome {
            Ok(stream) => {
                let others = tokio::spawn(async move {
                    attempts.map(|(address, _, outcome)| (address, state(address, outcome).1)).collect().await
                });
                return Ok(FirstAnswer { stream, address, seconds, others: AbortOnDropHandle::new(others), failed });
            }
            Err(error) => {
                let (reason, state) = state(address, Err(error));
                in_time |= reason != Some(Reason::Timeout);
                failed.push((address, state));
            }
        }
    }
    let reason = if in_time { Reason::Connect } else { Reason::Timeout };
    let texts: Vec<String> = failed
        .iter()
        .map(|(address, state)| match state {
            AddressState::Failed(why) => format!("{address}: {why}"),
            AddressState::NoRoute => format!("{address}: no route to IPv6 addresses from here"),
            AddressState::Answered => format!("{address}: answered"),
        })
        .collect();
    Err(Stop::failed(reason, format!("no address takes a connection ({})", texts.join("; "))))
}

/// What each address did, in the resolver's order.
pub(super) async fn in_order(
    addresses: &[SocketAddr],
    answered: SocketAddr,
    mut known: Vec<(SocketAddr, AddressState)>,
    others: AbortOnDropHandle<Vec<(SocketAddr, AddressState)>>,
) -> Vec<AddressAnswer> {
    known.push((answered, AddressState::Answered));
    known.extend(others.await.unwrap_or_default());
    let state = |address: &SocketAddr| known.iter().find(|(of, _)| of == address).map(|(_, state)| state.clone());
    addresses
        .iter()
        .filter_map(|address| Some(AddressAnswer { address: address.ip(), answer: state(address)? }))
        .collect()
}

async fn attempt(address: SocketAddr) -> (SocketAddr, f64, std::io::Result<TcpStream>) {
    let begun = Instant::now();
    let outcome = connect(address).await;
    (address, begun.elapsed().as_secs_f64(), outcome)
}

/// A TCP connection to one address, within 3 s.
#[expect(clippy::disallowed_methods, reason = "the one place that opens connections")]
pub(super) async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = timeout(TCP_LIMIT, TcpStream::connect(address))
        .await
        .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn state(address: SocketAddr, outcome: std::io::Result<TcpStream>) -> (Option<Reason>, AddressState) {
    match outcome {
        Ok(_) => (None, AddressState::Answered),
        Err(error) if reasons::is_no_route(&error, address.ip()) => (Some(Reason::Connect), AddressState::NoRoute),
        Err(error) => {
            let (reason, detail) = reasons::of_connecting(&error);
            (Some(reason), AddressState::Failed(detail))
        }
    }
}

/// A TLS connection, with what it showed.
pub(super) struct Secured {
    /// The connection.
    pub wire: Box<dyn Wire>,
    /// How long the handshake took, in seconds.
    pub seconds: f64,
    /// What it is worth.
    pub trust: Trust,
    version: String,
    chain: Vec<CertificateDer<'static>>,
    name_matches: bool,
}

impl Secured {
    /// What is told of it.
    pub(super) fn facts(&self) -> Tls {
        Tls {
            version: self.version.clone(),
            chain: certificate::facts(&self.chain),
            trust: self.trust.clone(),
            name_matches: self.name_matches,
        }
    }
}

/// Shakes hands on a connection to `host`, within 5 s, and judges the chain.
pub(super) async fn secure(wire: Box<dyn Wire>, side: &TlsSide, host: &str, now: Time) -> Result<Secured, Stop> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = side.server_name.as_deref().unwrap_or(bare).to_owned();
    let name = ServerName::try_from(name)
        .map_err(|_| Stop::failed(Reason::Tls, format!("{bare} is no name that a certificate can be for")))?;
    let begun = Instant::now();
    let handshake = TlsConnector::from(Arc::clone(&side.config)).connect(name.clone(), wire);
    let stream = timeout(TLS_LIMIT, handshake)
        .await
        .map_err(|_| Stop::failed(Reason::Timeout, format!("no TLS handshake within {} s", TLS_LIMIT.as_secs())))?
        .map_err(|error| reasons::of_handshake(&error))?;
    let seconds = begun.elapsed().as_secs_f64();
    let session = stream.get_ref().1;
    let version = match session.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3".to_owned(),
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2".to_owned(),
        other => format!("{other:?}"),
    };
    let chain: Vec<CertificateDer<'static>> =
        session.peer_certificates().unwrap_or_default().iter().map(|one| one.clone().into_owned()).collect();
    let (trust, name_matches) = side.anchors.judge(&chain, &name, now);
    Ok(Secured { wire: Box::new(stream), seconds, trust, version, chain, name_matches })
}
