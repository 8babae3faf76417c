//! Connections of our own: DNS, TCP to every address, TLS, each with its time.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

use super::{
    connect_trace,
    fetch_error::{self, FetchError},
    tls::{TlsSide, VerifierOptions},
};
use crate::model::{AddressAnswer, AddressState, Reason, Tls};

/// More addresses than this are not tried.
const MOST_ADDRESSES: usize = 8;
const DNS_LIMIT: Duration = Duration::from_secs(5);
const TCP_LIMIT: Duration = Duration::from_secs(3);
const TLS_LIMIT: Duration = Duration::from_secs(5);

/// The addresses of a name, in the resolver's order, and how long that took in seconds; 0 for an address.
pub(in crate::collect) async fn resolve(host: &str, port: u16) -> Result<(Vec<SocketAddr>, f64), FetchError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok((vec![SocketAddr::new(address, port)], 0.0));
    }
    let begun = Instant::now();
    let dns = |detail: String| FetchError::failed(Reason::Dns, format!("{host}: {detail}"));
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

/// How the first TCP connection was made.
pub(in crate::collect) struct FirstAnswer {
    /// Where it goes.
    pub address: SocketAddr,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What becomes of the other addresses, which are still tried.
    others: AbortOnDropHandle<Vec<(SocketAddr, AddressState)>>,
    /// What the addresses did that failed before.
    failed: Vec<(SocketAddr, AddressState)>,
}

/// Tries all addresses side by side and returns with the first that answers; the others go on.
pub(in crate::collect) async fn first_answer(addresses: &[SocketAddr]) -> Result<(TcpStream, FirstAnswer), FetchError> {
    let mut attempts: FuturesUnordered<_> = addresses.iter().copied().map(attempt).collect();
    let mut failed = Vec::new();
    let mut in_time = false;
    while let Some((address, seconds, outcome)) = attempts.next().await {
        match outcome {
            Ok(stream) => {
                let others = tokio::spawn(async move {
                    attempts.map(|(address, _, outcome)| (address, state(address, outcome))).collect().await
                });
                let others = AbortOnDropHandle::new(others);
                return Ok((stream, FirstAnswer { address, seconds, others, failed }));
            }
            Err(error) => {
                let (reason, state) = state_of(address, &error);
                in_time |= reason != Reason::Timeout;
                failed.push((address, state));
            }
        }
    }
    Err(none_answers(&failed, in_time))
}

/// What is said of a lone address that takes no connection.
pub(in crate::collect) fn does_not_answer(address: SocketAddr, error: &std::io::Error) -> FetchError {
    let (reason, state) = state_of(address, error);
    none_answers(&[(address, state)], reason != Reason::Timeout)
}

fn none_answers(failed: &[(SocketAddr, AddressState)], in_time: bool) -> FetchError {
    let reason = if in_time { Reason::Connect } else { Reason::Timeout };
    let texts: Vec<String> = failed
        .iter()
        .map(|(address, state)| match state {
            AddressState::Failed(why) => format!("{address}: {why}"),
            AddressState::NoRoute => format!("{address}: no route to IPv6 addresses from here"),
            AddressState::Answered => format!("{address}: answered"),
        })
        .collect();
    FetchError::failed(reason, format!("no address takes a connection ({})", texts.join("; ")))
}

/// What each address did, in the resolver's order.
pub(in crate::collect) async fn in_order(addresses: &[SocketAddr], first: FirstAnswer) -> Vec<AddressAnswer> {
    let mut known = first.failed;
    known.push((first.address, AddressState::Answered));
    known.extend(first.others.await.unwrap_or_default());
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
pub(in crate::collect) async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = timeout(TCP_LIMIT, TcpStream::connect(address))
        .await
        .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn state(address: SocketAddr, outcome: std::io::Result<TcpStream>) -> AddressState {
    match outcome {
        Ok(_) => AddressState::Answered,
        Err(error) => state_of(address, &error).1,
    }
}

fn state_of(address: SocketAddr, error: &std::io::Error) -> (Reason, AddressState) {
    if fetch_error::is_no_route(error, address.ip()) {
        return (Reason::Connect, AddressState::NoRoute);
    }
    let (reason, detail) = fetch_error::of_connecting(error);
    (reason, AddressState::Failed(detail))
}

/// Shakes hands with a server, within 5 s: what it showed, and how long that took in seconds.
pub(in crate::collect) async fn secure(
    stream: TcpStream,
    side: &Arc<TlsSide>,
    hands: VerifierOptions,
) -> Result<(Tls, f64), FetchError> {
    let begun = Instant::now();
    let name = hands.name.clone();
    let handshake = TlsConnector::from(Arc::new(side.client(hands))).connect(name, stream);
    let (outcome, notes) = connect_trace::watch(timeout(TLS_LIMIT, handshake)).await;
    outcome
        .map_err(|_| FetchError::failed(Reason::Timeout, format!("no TLS handshake within {} s", TLS_LIMIT.as_secs())))?
        .map_err(|error| fetch_error::of_handshake(&error))?;
    let seconds = begun.elapsed().as_secs_f64();
    let tls = notes.tls().ok_or_else(|| FetchError::failed(Reason::Tls, "the server sent no certificate"))?;
    Ok((tls, seconds))
}
