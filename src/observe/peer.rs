//! One origin for the time of a look: how to reach it, what may be sent to it, and connections that are kept alive.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::{
    client::conn::http1,
    header::{self, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::{
    answer::Answer,
    connection::{self, FirstAnswer, Wire},
    http::{self, Link, Proxied, Request},
    proxy::Proxy,
    reasons::{self, Stop},
    tls::{TlsSide, TlsStore},
};
use crate::{
    clock::Clock,
    config::{HttpSettings, TlsSettings},
    model::{Connection, Reason, Trust},
};

/// The limit of one request, from connecting to the last byte, where the config names none.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// The longest head of an answer, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;

/// One origin for the time of a look. Its connections close with it.
#[derive(Debug)]
pub(super) struct Peer {
    /// The address that the config gives.
    pub base: Url,
    connect_to: (String, u16),
    allow_http: bool,
    /// How long one request may take, and how long it may wait for its turn.
    pub limit: Duration,
    tls: Arc<TlsSide>,
    proxy: Option<(Proxy, Arc<TlsSide>)>,
    secrets: Result<Vec<(HeaderName, HeaderValue)>, Stop>,
    clock: Clock,
    route: Mutex<Option<SocketAddr>>,
    idle: Mutex<Vec<Link>>,
}

impl Peer {
    /// The origin of `base`, with the settings of its side. `connect_to` is for the public address only, and void where a
    /// proxy connects in our place.
    ///
    /// # Errors
    /// A file that the settings name cannot be read.
    pub(super) fn new(
        base: &Url,
        settings: &HttpSettings,
        connect_to: Option<&(String, u16)>,
        store: &TlsStore,
        clock: Clock,
    ) -> Result<Self, Stop> {
        let own = (base.host_str().unwrap_or_default().to_owned(), base.port_or_known_default().unwrap_or(443));
        let proxy = match Proxy::between(settings.proxy.as_ref(), base)? {
            None => None,
            Some(proxy) => Some((proxy, store.load(&TlsSettings::default())?)),
        };
        Ok(Self {
            base: base.clone(),
            connect_to: connect_to.cloned().unwrap_or(own),
            allow_http: settings.allow_http,
            limit: settings.timeout.unwrap_or(REQUEST_LIMIT),
            tls: store.load(&settings.tls)?,
            proxy,
            secrets: secrets(settings),
            clock,
            route: Mutex::new(None),
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Whether this is the origin of that address.
    pub(super) fn serves(&self, url: &Url) -> bool {
        self.base.origin() == url.origin()
    }

    /// Sends a request and reads the whole answer, within the limit.
    pub(super) async fn send(&self, request: &Request) -> Result<Answer, Stop> {
        timeout(self.limit, self.exchange(request)).await.unwrap_or_else(|_| Err(reasons::out_of_time(self.limit)))
    }

    async fn exchange(&self, request: &Request) -> Result<Answer, Stop> {
        let secrets = self.secrets.as_ref().map_err(Clone::clone)?;
        if let Some(mut link) = self.kept_link().await {
            match http::exchange(&mut link, request, secrets, &self.clock).await {
                // The server had closed it meanwhile: nothing of the request was handled.
                Err(broken) if broken.may_be_stale => {}
                Err(broken) => return Err(broken.stop),
                Ok(answer) => return Ok(self.keep(link, request, answer)),
            }
        }
        let mut link = self.open().await?;
        let answer = http::exchange(&mut link, request, secrets, &self.clock).await.map_err(|broken| broken.stop)?;
        Ok(self.keep(link, request, answer))
    }

    fn keep(&self, link: Link, request: &Request, answer: Answer) -> Answer {
        if request.limit != http::Limit::HeadOnly {
            self.idle().push(link);
        }
        answer
    }

    async fn kept_link(&self) -> Option<Link> {
        loop {
            let mut link = self.idle().pop()?;
            if link.sender.ready().await.is_ok() {
                return Some(link);
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Link>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connections that are kept alive.
    pub(super) fn hang_up(&self) {
        self.idle().clear();
    }

    async fn open(&self) -> Result<Link, Stop> {
        let Some((proxy, own_tls)) = &self.proxy else {
            let (stream, is_loopback) = self.dial().await?;
            return self.speak(Box::new(stream), is_loopback).await;
        };
        let wire = proxy.connect(&self.base, own_tls, self.clock.now()).await?;
        let mut link = self.speak(wire, false).await?;
        if proxy.takes_requests(&self.base) {
            link.proxied = Some(Proxied { authorization: proxy.authorization() });
        }
        Ok(link)
    }

    /// A TCP connection: to the address that answered the probe, where there was one.
    async fn dial(&self) -> Result<(tokio::net::TcpStream, bool), Stop> {
        let known = *self.route.lock().unwrap_or_else(PoisonError::into_inner);
        let addresses = match known {
            Some(address) => vec![address],
            None => connection::resolve(&self.connect_to.0, self.connect_to.1).await?.0,
        };
        let FirstAnswer { stream, address, .. } = connection::first_answer(&addresses).await?;
        self.remember(address);
        Ok((stream, address.ip().is_loopback()))
    }

    fn remember(&self, address: SocketAddr) {
        *self.route.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
    }

    /// Makes an HTTP connection of a TCP connection, over TLS where the address says so.
    async fn speak(&self, wire: Box<dyn Wire>, is_loopback: bool) -> Result<Link, Stop> {
        if self.base.scheme() != "https" {
            return self.link(wire, is_loopback || self.allow_http).await;
        }
        let host = self.base.host_str().unwrap_or_default();
        let secured = connection::secure(wire, &self.tls, host, self.clock.now()).await?;
        let may_carry_secrets = self.is_good(&secured.trust);
        self.link(secured.wire, may_carry_secrets).await
    }

    fn is_good(&self, trust: &Trust) -> bool {
        self.tls.insecure_skip_verify || matches!(trust, Trust::Verified | Trust::Pinned)
    }

    async fn link(&self, wire: Box<dyn Wire>, may_carry_secrets: bool) -> Result<Link, Stop> {
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(LONGEST_HEAD)
            .handshake(TokioIo::new(wire))
            .await
            .map_err(|error| reasons::of_exchange(&error))?;
        // What goes wrong on the connection comes out of the request that was on it.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Link { sender, _driver: AbortOnDropHandle::new(driver), may_carry_secrets, proxied: None })
    }

    /// Looks at the connection itself. The connection stays open for the first request.
    ///
    /// # Errors
    /// No connection, or a proxy that makes it in our place.
    pub(super) async fn probe(&self) -> Result<Probed, Stop> {
        if self.proxy.is_some() {
            return Err(Stop::OutOfReach(
                "a proxy connects in our place, so the connection itself is not seen".to_owned(),
            ));
        }
        let (addresses, resolve_seconds) = connection::resolve(&self.connect_to.0, self.connect_to.1).await?;
        let FirstAnswer { stream, address, seconds, others, failed } = connection::first_answer(&addresses).await?;
        self.remember(address);
        let host = self.base.host_str().unwrap_or_default().to_owned();
        let (tls, tls_seconds, link) = if self.base.scheme() == "https" {
            let secured = connection::secure(Box::new(stream), &self.tls, &host, self.clock.now()).await?;
            let (facts, seconds) = (secured.facts(), secured.seconds);
            let link = self.link(secured.wire, self.is_good(&facts.trust)).await?;
            (Some(facts), Some(seconds), link)
        } else {
            (None, None, self.link(Box::new(stream), address.ip().is_loopback() || self.allow_http).await?)
        };
        self.idle().push(link);
        let connection = Connection {
            host,
            port: self.base.port_or_known_default().unwrap_or(443),
            resolve_seconds,
            connect_seconds: seconds,
            tls_seconds,
            addresses: Vec::new(),
            tls,
        };
        Ok(Probed { connection, addresses, answered: address, failed, others })
    }
}

/// A connection that was looked at, while its other addresses are still tried.
pub(super) struct Probed {
    connection: Connection,
    addresses: Vec<SocketAddr>,
    answered: SocketAddr,
    failed: Vec<(SocketAddr, crate::model::AddressState)>,
    others: AbortOnDropHandle<Vec<(SocketAddr, crate::model::AddressState)>>,
}

impl Probed {
    /// The connection with every address's answer.
    pub(super) async fn whole(self) -> Connection {
        let addresses = connection::in_order(&self.addresses, self.answered, self.failed, self.others).await;
        Connection { addresses, ..self.connection }
    }
}

/// What the config adds to each request of a side. Read again at each look, so that a rotation needs no reload.
fn secrets(settings: &HttpSettings) -> Result<Vec<(HeaderName, HeaderValue)>, Stop> {
    let mut found = Vec::new();
    if let Some((user, password)) = &settings.basic_auth {
        let password = password
            .read()
            .map_err(|error| Stop::failed(Reason::Blocked, format!("basic_auth's password: {error}")))?;
        let text = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{}", password.expose())));
        found.extend(sensitive(&text).map(|value| (header::AUTHORIZATION, value)));
    }
    for named in &settings.headers {
        let wrong = |problem: String| Stop::failed(Reason::Blocked, format!("http_headers {}: {problem}", named.name));
        let name = HeaderName::try_from(&named.name).map_err(|_| wrong("not a header's name".to_owned()))?;
        let value = named.value.read().map_err(|error| wrong(error.to_string()))?;
        let value = sensitive(value.expose())
            .ok_or_else(|| wrong("its value holds a character that no header may hold".to_owned()))?;
        found.push((name, value));
    }
    Ok(found)
}

/// A header's value that no log shows.
pub(super) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
