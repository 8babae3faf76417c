//! One origin for the time of a collection: how to reach it, what may be sent to it, and the clients that do so.
//!
//! There are two: what is secret goes by one that refuses, within the handshake, whatever is not trusted; the other looks
//! behind a certificate that nobody vouches for, and is given nothing secret.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::{
    HeaderMap,
    header::{self, HeaderName, HeaderValue},
};
use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, time::timeout};
use url::Url;

use super::{
    answer::Answer,
    connect_trace::ConnectTrace,
    connection,
    fetch_error::{self, FetchError},
    foreign::Mask,
    http::{self, At, Broken, HttpClient, Request, Route},
    probed::Probed,
    proxy::Proxy,
    request_auth::RequestAuth,
    tls::{TlsSide, TlsStore, VerifierOptions},
};
use crate::{
    clock::Clock,
    config::{HttpSettings, TlsSettings},
    model::{Connection, Reason},
};

/// The limit of one request, from connecting to the last byte, where the config names none.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// One origin for the time of a collection. Its connections close with it.
pub(in crate::collect) struct OriginClient {
    /// The address that the config gives.
    pub base: Url,
    connect_to: (String, u16),
    allow_http: bool,
    /// How long one request may take, and how long it may wait for its turn.
    pub limit: Duration,
    name: Result<ServerName<'static>, FetchError>,
    tls: Arc<TlsSide>,
    /// With what one that is spoken to over TLS is verified by.
    proxy: Option<(Proxy, Arc<TlsSide>)>,
    secrets: Result<HeaderMap, FetchError>,
    mask: Arc<Mask>,
    clock: Clock,
    known: Mutex<Known>,
}

/// What is known of an origin by now.
#[derive(Default)]
struct Known {
    /// The address that takes connections.
    route: Option<SocketAddr>,
    /// Whether the chain was good: by the probe; bad also by the first request, where no probe came before.
    is_good: Option<bool>,
    /// The client for what is secret, and the other.
    lines: [Option<HttpClient>; 2],
    /// How the last new connection was made.
    made: Option<Result<ConnectTrace, FetchError>>,
}

impl OriginClient {
    /// The origin of `base`, with the settings of its side. `connect_to` is for the public address only, and void where a
    /// proxy connects in our place.
    ///
    /// # Errors
    /// A file that the settings name cannot be read.
    pub(in crate::collect) async fn new(
        base: &Url,
        settings: &HttpSettings,
        connect_to: Option<&(String, u16)>,
        store: &TlsStore,
        clock: Clock,
        mask: Arc<Mask>,
    ) -> Result<Self, FetchError> {
        let host = base.host_str().unwrap_or_default();
        let own = (host.to_owned(), base.port_or_known_default().unwrap_or(443));
        let proxy = match Proxy::between(settings.proxy.as_ref(), base)? {
            None => None,
            Some(proxy) => Some((proxy, store.load(&TlsSettings::default()).await?)),
        };
        Ok(Self {
            base: base.clone(),
            connect_to: connect_to.cloned().unwrap_or(own),
            allow_http: settings.allow_http,
            limit: settings.timeout.unwrap_or(REQUEST_LIMIT),
            name: name(settings.tls.server_name.as_deref().unwrap_or(host)),
            tls: store.load(&settings.tls).await?,
            proxy,
            secrets: secrets(settings),
            mask,
            clock,
            known: Mutex::default(),
        })
    }

    /// Whether this is the origin of that address.
    pub(in crate::collect) fn serves(&self, url: &Url) -> bool {
        self.base.origin() == url.origin()
    }

    fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request and reads the whole answer, within the limit.
    pub(in crate::collect) async fn send(&self, request: &Request) -> Result<Answer, FetchError> {
        let answer = timeout(self.limit, self.exchange(request)).await;
        answer.unwrap_or_else(|_| Err(fetch_error::out_of_time(self.limit))).map_err(|stop| self.mask.stop(stop))
    }

    async fn exchange(&self, request: &Request) -> Result<Answer, FetchError> {
        let secrets = self.secrets.as_ref().map_err(Clone::clone)?;
        if request.is_tokenless && secrets.contains_key(header::AUTHORIZATION) {
            let mut others = secrets.clone();
            others.remove(header::AUTHORIZATION);
            let answer = self.given(request, &others).await?;
            return Ok(Answer { withheld: true, ..answer });
        }
        self.given(request, secrets).await
    }

    /// Sends a request with these headers of the config, where they may go.
    async fn given(&self, request: &Request, secrets: &HeaderMap) -> Result<Answer, FetchError> {
        if let Some(carried) = &request.carried {
            return self.entrust(request, carried, secrets).await;
        }
        let none = HeaderMap::new();
        if secrets.is_empty() {
            return self.over(false, request, &none).await.map_err(|broken| broken.stop);
        }
        if self.may_carry_secrets().await? {
            match self.over(true, request, secrets).await {
                // Where no probe has evaluated the chain, this is its evaluation: nothing was sent.
                Err(Broken { at: At::Refused, .. }) if self.known().is_good != Some(true) => {
                    self.known().is_good = Some(false);
                }
                other => return other.map_err(|broken| broken.stop),
            }
        }
        let answer = self.over(false, request, &none).await.map_err(|broken| broken.stop)?;
        Ok(Answer { withheld: true, ..answer })
    }

    /// A request that carries a credential: sent where secrets may go, or not at all.
    async fn entrust(&self, request: &Request, carried: &RequestAuth, given: &HeaderMap) -> Result<Answer, FetchError> {
        if !self.may_carry_secrets().await? {
            return Err(RequestAuth::withheld());
        }
        let mut headers = given.clone();
        for (name, value) in &carried.headers {
            headers.insert(name, value.clone());
        }
        match self.over(true, request, &headers).await {
            Err(Broken { at: At::Refused, .. }) if self.known().is_good != Some(true) => {
                self.known().is_good = Some(false);
                Err(RequestAuth::withheld())
            }
            outcome => outcome.map_err(|broken| broken.stop),
        }
    }

    /// Whether what is secret may be tried to be sent: over HTTPS, the handshake has the last word.
    async fn may_carry_secrets(&self) -> Result<bool, FetchError> {
        if self.is_https() {
            return Ok(self.known().is_good != Some(false));
        }
        Ok(self.allow_http || (self.proxy.is_none() && self.route().await?.ip().is_loopback()))
    }

    /// One exchange; once more where a kept connection had been closed by the server meanwhile, so that nothing of the
    /// request was handled.
    async fn over(&self, is_secret: bool, request: &Request, headers: &HeaderMap) -> Result<Answer, Broken> {
        let (outcome, notes) = self.once(is_secret, request, headers).await;
        match outcome {
            Err(Broken { at: At::Unanswered, .. }) if !notes.is_own() => {
                self.hang_up();
                self.once(is_secret, request, headers).await.0
            }
            outcome => outcome,
        }
    }

    async fn once(
        &self,
        is_secret: bool,
        request: &Request,
        headers: &HeaderMap,
    ) -> (Result<Answer, Broken>, ConnectTrace) {
        let line = match self.line(is_secret).await {
            Ok(line) => line,
            Err(stop) => return (Err(Broken { stop, at: At::Connecting }), ConnectTrace::default()),
        };
        let (outcome, notes) = http::exchange(&line, request, headers, &self.clock, &self.mask).await;
        let made = match &outcome {
            Err(Broken { stop, at: At::Connecting | At::Refused }) => Some(Err(stop.clone())),
            _ if notes.is_own() => Some(Ok(notes.clone())),
            _ => None,
        };
        if made.is_some() {
            self.known().made = made;
        }
        (outcome, notes)
    }

    async fn line(&self, is_secret: bool) -> Result<HttpClient, FetchError> {
        let known = self.known().lines[usize::from(is_secret)].clone();
        if let Some(line) = known {
            return Ok(line);
        }
        let line = self.new_line(is_secret).await?;
        Ok(self.known().lines[usize::from(is_secret)].get_or_insert(line).clone())
    }

    async fn new_line(&self, is_secret: bool) -> Result<HttpClient, FetchError> {
        let name = match &self.name {
            Ok(name) => name.clone(),
            Err(stop) if self.is_https() => return Err(stop.clone()),
            Err(_) => ServerName::from(IpAddr::from([0, 0, 0, 0])),
        };
        let mut hands = VerifierOptions { name: name.clone(), refuses: is_secret, proxy: None, clock: self.clock };
        let way = match &self.proxy {
            None => Route::Direct(self.route().await?),
            Some((proxy, system)) => {
                hands.proxy = proxy.hands(system, &self.base);
                Route::Proxy(proxy.clone())
            }
        };
        Ok(HttpClient::new(self.tls.client(hands), self.is_https().then_some(name), way))
    }

    /// Closes the connections that are kept alive, once what is under way has ended.
    pub(in crate::collect) fn hang_up(&self) {
        self.known().lines = [None, None];
    }

    /// The address that takes connections: the one that answered the probe, where there was one.
    async fn route(&self) -> Result<SocketAddr, FetchError> {
        let known = self.known().route;
        match known {
            Some(address) => Ok(address),
            None => Ok(self.find().await?.answered),
        }
    }

    /// The way to take, by what is known of the addresses. A lone one is left for whoever connects to try.
    async fn find(&self) -> Result<Probed, FetchError> {
        let (addresses, resolve_seconds) = self.resolve().await?;
        match addresses[..] {
            [lone] => {
                self.known().route = Some(lone);
                Ok(Probed::lone(lone, self.told(resolve_seconds)))
            }
            _ => Ok(self.try_all(addresses, resolve_seconds).await?.0),
        }
    }

    async fn resolve(&self) -> Result<(Vec<SocketAddr>, f64), FetchError> {
        connection::resolve(&self.connect_to.0, self.connect_to.1).await
    }

    async fn try_all(
        &self,
        addresses: Vec<SocketAddr>,
        resolve_seconds: f64,
    ) -> Result<(Probed, TcpStream), FetchError> {
        let (stream, first) = connection::first_answer(&addresses).await?;
        self.known().route = Some(first.address);
        Ok((Probed::tried(addresses, first, self.told(resolve_seconds)), stream))
    }

    fn told(&self, resolve_seconds: f64) -> Connection {
        Connection {
            host: self.base.host_str().unwrap_or_default().to_owned(),
            port: self.base.port_or_known_default().unwrap_or(443),
            resolve_seconds,
            connect_seconds: 0.0,
            tls_seconds: None,
            addresses: Vec::new(),
            tls: None,
        }
    }

    fn is_seen(&self) -> Result<(), FetchError> {
        match self.proxy {
            None => Ok(()),
            Some(_) => Err(FetchError::OutOfReach(
                "a proxy connects in our place, so the connection itself is not seen".to_owned(),
            )),
        }
    }

    /// Looks at the connection itself, by one of our own.
    ///
    /// # Errors
    /// No connection, or a proxy that makes it in our place.
    pub(in crate::collect) async fn probe(&self) -> Result<Probed, FetchError> {
        self.is_seen()?;
        let (addresses, resolve_seconds) = self.resolve().await?;
        let (mut probed, stream) = self.try_all(addresses, resolve_seconds).await?;
        if self.is_https() {
            let name = self.name.clone()?;
            let hands = VerifierOptions { name, refuses: false, proxy: None, clock: self.clock };
            let secured = connection::secure(stream, &self.tls, hands).await;
            let (tls, seconds) = secured.map_err(|stop| self.mask.stop(stop))?;
            self.known().is_good = Some(self.tls.lets_secrets_pass(&tls.trust));
            probed.connection.tls_seconds = Some(seconds);
            probed.connection.tls = Some(self.mask.tls(tls));
        }
        Ok(probed)
    }

    /// Finds the way, for a request whose own connection is looked at afterwards by [`Self::made`].
    ///
    /// # Errors
    /// No address, none of several that takes a connection, or a proxy that connects in our place.
    pub(in crate::collect) async fn prepare(&self) -> Result<Probed, FetchError> {
        self.is_seen()?;
        self.find().await
    }

    /// What the connection showed that the last request was sent over.
    ///
    /// # Errors
    /// Why there was none; by a connection of our own where no request was sent.
    pub(in crate::collect) async fn made(&self, mut prepared: Probed) -> Result<Probed, FetchError> {
        let made = self.known().made.clone();
        let Some(notes) = made.transpose().map_err(|stop| self.mask.stop(stop))? else { return self.probe().await };
        let (tcp, tls) = notes.phases();
        if !prepared.is_tried() {
            prepared.connection.connect_seconds = tcp.as_secs_f64();
        }
        prepared.connection.tls_seconds = tls.map(|tls| tls.as_secs_f64());
        prepared.connection.tls = notes.tls().map(|tls| self.mask.tls(tls));
        Ok(prepared)
    }
}

/// No password of a proxy, nor a header.
impl fmt::Debug for OriginClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OriginClient").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

fn name(text: &str) -> Result<ServerName<'static>, FetchError> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(bare.to_owned())
        .map_err(|_| FetchError::failed(Reason::Tls, format!("{bare} is no name that a certificate can be for")))
}

/// What the config adds to each request of a side. Read again at each collection, so that a rotation needs no reload.
fn secrets(settings: &HttpSettings) -> Result<HeaderMap, FetchError> {
    let mut found = HeaderMap::new();
    if let Some((user, password)) = &settings.basic_auth {
        let password = password
            .read()
            .map_err(|error| FetchError::failed(Reason::Blocked, format!("basic_auth's password: {error}")))?;
        let text = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{}", password.expose())));
        found.extend(sensitive(&text).map(|value| (header::AUTHORIZATION, value)));
    }
    for named in &settings.headers {
        let wrong =
            |problem: String| FetchError::failed(Reason::Blocked, format!("http_headers {}: {problem}", named.name));
        let name = HeaderName::try_from(&named.name).map_err(|_| wrong("not a header's name".to_owned()))?;
        let value = named.value.read().map_err(|error| wrong(error.to_string()))?;
        let value = sensitive(value.expose())
            .ok_or_else(|| wrong("its value holds a character that no header may hold".to_owned()))?;
        found.append(name, value);
    }
    Ok(found)
}

/// A header's value that no log shows.
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
