//! Through a proxy: which one, and with which password.

use std::sync::Arc;

use hyper_util::client::proxy::matcher::Matcher;
use rustls::pki_types::ServerName;
use url::Url;

use super::{
    fetch_error::FetchError,
    tls::{ProxyVerifierOptions, TlsSide},
};
use crate::{
    config::{ProxySettings, Secret},
    model::Reason,
};

/// A proxy that stands between us and one origin.
#[derive(Debug)]
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

    /// The same for a client.
    pub(in crate::collect) fn of_client(&self) -> Result<reqwest::Proxy, FetchError> {
        let proxy = reqwest::Proxy::all(self.url.clone())
            .map_err(|error| FetchError::failed(Reason::Blocked, format!("proxy_url: {}", error.without_url())))?;
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
