//! Through a proxy: which one, and with which password.

use hyper_util::client::proxy::matcher::Matcher;
use rustls::pki_types::ServerName;
use url::Url;

use super::reasons::Stop;
use crate::{
    config::{ProxySettings, Secret},
    model::Reason,
};

/// A proxy that stands between us and one origin.
#[derive(Debug)]
pub(super) struct Proxy {
    url: Url,
    user_and_password: Option<(String, Secret)>,
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

    /// The name of a proxy that is spoken to over TLS.
    pub(super) fn tls_name(&self) -> Option<ServerName<'static>> {
        let host = self.url.host_str().filter(|_| self.url.scheme() == "https")?;
        ServerName::try_from(host.trim_start_matches('[').trim_end_matches(']').to_owned()).ok()
    }

    /// The same for a client.
    pub(super) fn of_client(&self) -> Result<reqwest::Proxy, Stop> {
        let proxy = reqwest::Proxy::all(self.url.clone())
            .map_err(|error| Stop::failed(Reason::Blocked, format!("proxy_url: {}", error.without_url())))?;
        Ok(match &self.user_and_password {
            None => proxy,
            Some((user, password)) => proxy.basic_auth(user, password.expose()),
        })
    }
}

/// Whether `no_proxy` names the target: hosts, their domains, addresses, networks, or `*`. Asked of the same matcher that
/// reqwest goes by, which does not tell whether a proxy is in between; that decides what is probed and what is sent.
fn is_listed(list: &str, target: &Url) -> bool {
    let Ok(target) = target.as_str().parse() else { return false };
    Matcher::builder().all("http://proxy.invalid").no(list).build().intercept(&target).is_none()
}
