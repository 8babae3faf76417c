//! Through a proxy: which one, and with which password.

use std::{
    future::{Ready, ready},
    io,
    sync::Arc,
    task::{Context, Poll},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::{header::HeaderValue, http::Uri};
use hyper_util::{
    client::{
        legacy::connect::proxy::{SocksV5, Tunnel},
        proxy::matcher::Matcher,
    },
    rt::TokioIo,
};
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tower_service::Service;
use url::Url;

use super::{
    connection,
    fetch_error::{FetchError, last},
    http::{Failure, Stream},
    tls::{ProxyVerifierOptions, TlsSide},
};
use crate::{
    config::{ProxySettings, Secret},
    model::Reason,
};

/// A proxy that stands between us and one origin.
#[derive(Debug, Clone)]
pub(in crate::collect) struct Proxy {
    url: Url,
    user_and_password: Option<(String, Secret)>,
}

impl Proxy {
    /// The proxy for this address, unless `no_proxy` names it.
    ///
    /// # Errors
    /// Its password cannot be read.
    pub(in crate::collect) fn between(
        settings: Option<&ProxySettings>,
        target: &Url,
    ) -> Result<Option<Self>, FetchError> {
        let Some(settings) = settings else { return Ok(None) };
        if settings.no_proxy.as_deref().is_some_and(|list| is_listed(list, target)) {
            return Ok(None);
        }
        let user_and_password = match &settings.auth {
            None => None,
            Some((user, password)) => {
                let password = password
                    .read()
                    .map_err(|error| FetchError::failed(Reason::Blocked, format!("proxy_url's password: {error}")))?;
                Some((user.clone(), password))
            }
        };
        Ok(Some(Self { url: settings.url.clone(), user_and_password }))
    }

    /// How to shake hands with it, where it is spoken to over TLS.
    pub(in crate::collect) fn hands(&self, system: &Arc<TlsSide>, target: &Url) -> Option<ProxyVerifierOptions> {
        let host = self.url.host_str().filter(|_| self.url.scheme() == "https")?;
        let name = ServerName::try_from(host.trim_start_matches('[').trim_end_matches(']').to_owned()).ok()?;
        let is_on_host_of_target = self.url.host() == target.host();
        Some(ProxyVerifierOptions { name, system: Arc::clone(system), is_on_host_of_target })
    }

    /// Whether it passes bytes on, also where the target is plain HTTP.
    pub(in crate::collect) fn tunnels(&self) -> bool {
        self.url.scheme().starts_with("socks")
    }

    /// User and password, as `Proxy-Authorization` has them.
    pub(in crate::collect) fn basic(&self) -> Option<HeaderValue> {
        let (user, password) = self.user_and_password.as_ref()?;
        let text = format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose())));
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// A connection through it to the host of this address, or to itself where it passes requests on. `tls` shakes hands
    /// for an address over HTTPS, and for the proxy's own.
    pub(in crate::collect) async fn connect(&self, url: &Url, tls: &TlsConnector) -> Result<Box<dyn Stream>, Failure> {
        let stream = self.reach(tls).await?;
        let is_https = url.scheme() == "https";
        if !is_https && !self.tunnels() {
            return Ok(stream);
        }
        let refused = |error: &(dyn std::error::Error + 'static)| Failure::ProxyRefused(last(error).to_string());
        let to_proxy = uri(&self.url)?;
        let ready = Reached(Some(TokioIo::new(stream)));
        let tunnel = if self.tunnels() {
            let mut socks = SocksV5::new(to_proxy, ready);
            if let Some((user, password)) = &self.user_and_password {
                socks = socks.with_auth(user.clone(), password.expose().to_owned());
            }
            socks.call(self.destination(url).await?).await.map_err(|error| refused(&error))?
        } else {
            let mut tunnel = Tunnel::new(to_proxy, ready);
            if let Some(basic) = self.basic() {
                tunnel = tunnel.with_auth(basic);
            }
            tunnel.call(self.destination(url).await?).await.map_err(|error| refused(&error))?
        };
        Ok(tunnel.into_inner())
    }

    /// A connection to the proxy itself.
    async fn reach(&self, tls: &TlsConnector) -> Result<Box<dyn Stream>, Failure> {
        let host = self.url.host_str().unwrap_or_default();
        let default = if self.tunnels() { 1080 } else { 80 };
        let port = self.url.port_or_known_default().unwrap_or(default);
        let (addresses, _) = connection::resolve(host, port).await.map_err(Failure::Earlier)?;
        let mut outcome = Err(io::ErrorKind::NotFound.into());
        for address in addresses {
            outcome = connection::connect(address).await;
            if outcome.is_ok() {
                break;
            }
        }
        let stream = outcome.map_err(Failure::ProxyTcp)?;
        if self.url.scheme() != "https" {
            return Ok(Box::new(stream));
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name =
            ServerName::try_from(bare).map_err(|_| Failure::ProxyRefused("its name cannot be verified".to_owned()))?;
        Ok(Box::new(tls.connect(name, stream).await.map_err(Failure::Handshake)?))
    }

    /// Where the proxy is to connect: by name, or by the address that we find (`socks5`).
    async fn destination(&self, url: &Url) -> Result<Uri, Failure> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(443);
        let authority = if self.url.scheme() == "socks5" {
            let (addresses, _) = connection::resolve(host, port).await.map_err(Failure::Earlier)?;
            addresses.first().map_or_else(|| format!("{host}:{port}"), ToString::to_string)
        } else {
            format!("{host}:{port}")
        };
        format!("{}://{authority}", url.scheme()).parse().map_err(|_| Failure::ProxyRefused("no such host".to_owned()))
    }
}

fn uri(url: &Url) -> Result<Uri, Failure> {
    url.as_str().parse().map_err(|_| Failure::ProxyRefused("no such proxy".to_owned()))
}

/// The connection to the proxy, for what negotiates over it.
struct Reached(Option<TokioIo<Box<dyn Stream>>>);

impl Service<Uri> for Reached {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

/// Whether `no_proxy` names the target: hosts, their domains, addresses, networks, or `*`. That decides what is probed and
/// what is sent.
fn is_listed(list: &str, target: &Url) -> bool {
    let Ok(target) = target.as_str().parse() else { return false };
    Matcher::builder().all("http://proxy.invalid").no(list).build().intercept(&target).is_none()
}
