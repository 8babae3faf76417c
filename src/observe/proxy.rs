//! Through a proxy: which one, and how it is asked to connect.

use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::header::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use super::{
    connection::{self, Wire},
    peer::sensitive,
    reasons::{self, Stop},
    tls::TlsSide,
};
use crate::{
    clock::Time,
    config::ProxySettings,
    model::{Reason, Trust},
};

/// The longest answer to CONNECT that is read, in bytes.
const LONGEST_HEAD: usize = 8192;

/// A proxy that stands between us and one origin.
#[derive(Debug)]
pub(super) struct Proxy {
    url: Url,
    user_and_password: Option<(String, crate::config::Secret)>,
}

impl Proxy {
    /// The proxy for this address, unless `no_proxy` names it.
    ///
    /// # Errors
    /// Its password cannot be read.
    pub(super) fn between(settings: Option<&ProxySettings>, target: &Url) -> Result<Option<Self>, Stop> {
        let Some(settings) = settings else { return Ok(None) };
        if settings.no_proxy.as_deref().is_some_and(|list| is_listed(list, target)) {
            return Ok(None);
        }
        let user_and_password = match &settings.auth {
            None => None,
            Some((user, password)) => {
                let password = password
                    .read()
                    .map_err(|error| Stop::failed(Reason::Blocked, format!("proxy_url's password: {error}")))?;
                Some((user.clone(), password))
            }
        };
        Ok(Some(Self { url: settings.url.clone(), user_and_password }))
    }

    fn is_socks(&self) -> bool {
        self.url.scheme().starts_with("socks")
    }

    /// Whether plain HTTP requests are sent to the proxy whole, with the whole address, instead of through a tunnel.
    pub(super) fn takes_requests(&self, target: &Url) -> bool {
        !self.is_socks() && target.scheme() == "http"
    }

    /// `Proxy-Authorization`, where the proxy has a password.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let (user, password) = self.user_and_password.as_ref()?;
        sensitive(&format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{}", password.expose()))))
    }

    /// A connection to the proxy; for what needs a tunnel, through it to the target.
    pub(super) async fn connect(&self, target: &Url, own_tls: &TlsSide, now: Time) -> Result<Box<dyn Wire>, Stop> {
        let port = self.url.port_or_known_default().unwrap_or(1080);
        let host = self.url.host_str().unwrap_or_default();
        let named = |stop| match stop {
            Stop::Failed(reason, detail) => Stop::failed(reason, format!("the proxy: {detail}")),
            other => other,
        };
        let (addresses, _) = connection::resolve(host, port).await.map_err(named)?;
        let first = connection::first_answer(&addresses).await.map_err(named)?;
        let mut wire: Box<dyn Wire> = Box::new(first.stream);
        if self.url.scheme() == "https" {
            let secured = connection::secure(wire, own_tls, host, now).await.map_err(named)?;
            if secured.trust != Trust::Verified {
                return Err(Stop::failed(Reason::Tls, "the proxy's certificate is not trusted"));
            }
            wire = secured.wire;
        }
        if self.is_socks() {
            self.socks(&mut wire, target).await?;
        } else if !self.takes_requests(target) {
            self.tunnel(&mut wire, target).await?;
        }
        Ok(wire)
    }

    /// CONNECT (RFC 9110, section 9.3.6).
    async fn tunnel(&self, wire: &mut Box<dyn Wire>, target: &Url) -> Result<(), Stop> {
        let place =
            format!("{}:{}", target.host_str().unwrap_or_default(), target.port_or_known_default().unwrap_or(443));
        let authorization = self.authorization();
        let authorization = authorization.as_ref().and_then(|value| value.to_str().ok());
        let authorization = authorization.map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default();
        let request = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{authorization}\r\n");
        wire.write_all(request.as_bytes()).await.map_err(|error| broken(&error))?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= LONGEST_HEAD {
                return Err(Stop::failed(Reason::Connect, "the proxy's answer to CONNECT has no end"));
            }
            head.push(wire.read_u8().await.map_err(|error| broken(&error))?);
        }
        let status = String::from_utf8_lossy(&head).split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
        match status {
            Some(200..=299) => Ok(()),
            Some(407) => Err(Stop::failed(Reason::Unauthorized, "the proxy refuses its user and password (HTTP 407)")),
            Some(status) => {
                Err(Stop::failed(Reason::Connect, format!("the proxy does not connect us (HTTP {status})")))
            }
            None => Err(Stop::failed(Reason::Connect, "what is named as proxy does not speak HTTP")),
        }
    }

    /// SOCKS 5 with a host name (RFC 1928), and a password where there is one (RFC 1929).
    async fn socks(&self, wire: &mut Box<dyn Wire>, target: &Url) -> Result<(), Stop> {
        const NO_PASSWORD: u8 = 0;
        const PASSWORD: u8 = 2;
        let offer = if self.user_and_password.is_some() { PASSWORD } else { NO_PASSWORD };
        let [version, chosen] = ask(wire, &[5, 1, offer]).await?;
        if version != 5 {
            return Err(Stop::failed(Reason::Connect, "what is named as proxy does not speak SOCKS 5"));
        }
        let refused = || Stop::failed(Reason::Unauthorized, "the proxy refuses its user and password");
        match (&self.user_and_password, chosen) {
            (None, NO_PASSWORD) => {}
            (Some((user, password)), PASSWORD) => {
                let mut message = vec![1];
                for text in [user.as_str(), password.expose()] {
                    message.push(u8::try_from(text.len()).map_err(|_| refused())?);
                    message.extend_from_slice(text.as_bytes());
                }
                let [_, status] = ask(wire, &message).await?;
                if status != 0 {
                    return Err(refused());
                }
            }
            _ => return Err(refused()),
        }
        let host = target.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let length =
            u8::try_from(host.len()).map_err(|_| Stop::failed(Reason::Connect, "the host name is too long"))?;
        let mut message = vec![5, 1, 0, 3, length];
        message.extend_from_slice(host.as_bytes());
        message.extend_from_slice(&target.port_or_known_default().unwrap_or(443).to_be_bytes());
        let [_, status, _, kind] = ask(wire, &message).await?;
        if status != 0 {
            return Err(Stop::failed(Reason::Connect, format!("the proxy does not connect us (SOCKS code {status})")));
        }
        let bound = match kind {
            1 => 4,
            4 => 16,
            _ => usize::from(wire.read_u8().await.map_err(|error| broken(&error))?),
        };
        let mut rest = vec![0; bound + 2];
        wire.read_exact(&mut rest).await.map_err(|error| broken(&error))?;
        Ok(())
    }
}

async fn ask<const N: usize>(wire: &mut Box<dyn Wire>, message: &[u8]) -> Result<[u8; N], Stop> {
    wire.write_all(message).await.map_err(|error| broken(&error))?;
    let mut answer = [0; N];
    wire.read_exact(&mut answer).await.map_err(|error| broken(&error))?;
    Ok(answer)
}

fn broken(error: &std::io::Error) -> Stop {
    Stop::failed(Reason::Connect, format!("the proxy broke off: {}", reasons::of_connecting(error).1))
}

/// Whether `no_proxy` names the target: hosts, their domains, addresses, networks, or `*`.
fn is_listed(list: &str, target: &Url) -> bool {
    let Ok(target) = target.as_str().parse() else { return false };
    Matcher::builder().all("http://proxy.invalid").no(list).build().intercept(&target).is_none()
}
