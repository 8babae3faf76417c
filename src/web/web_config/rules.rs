//! A web configuration, ready for use.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::{HeaderName, HeaderValue};
use rustls::{ProtocolVersion, ServerConfig};
use tokio::time::Instant;

use super::{guesses::Guesses, logins::Logins, tls};
use crate::{
    config::{ClientAuth, Rate, WebConfig},
    rate_limiter::RateLimiter,
};

/// What is in force.
#[derive(Default)]
pub(crate) struct Rules {
    /// TLS; plain HTTP without.
    pub tls: Option<Arc<ServerConfig>>,
    /// Who must log in; nobody without.
    pub logins: Option<Arc<Logins>>,
    /// Headers of every answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How many requests are answered.
    rate: Option<(Rate, Arc<Mutex<RateLimiter<Instant>>>)>,
    guesses: Arc<Guesses>,
    demands: Demands,
}

/// What clients must do to come in. A running daemon does not ask less of them because a file has changed: that file may
/// be half written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Demands {
    login: bool,
    tls: Option<TlsDemands>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TlsDemands {
    client_auth: ClientAuth,
    names: bool,
    least: Option<ProtocolVersion>,
}

impl Demands {
    fn of(config: &WebConfig) -> Self {
        let tls = config.tls.as_ref().map(|tls| TlsDemands {
            client_auth: tls.client_auth,
            names: tls.client_allowed_sans.is_some(),
            least: tls.versions.last().map(|version| version.version),
        });
        Self { login: !config.users.is_empty(), tls }
    }

    /// Whether these may take the place of others in a running daemon. A login may be asked for from now on.
    fn may_follow(self, before: Self) -> bool {
        self.tls == before.tls && (self.login || !before.login)
    }
}

impl Rules {
    /// Makes them ready; what has not changed since those before is kept.
    ///
    /// # Errors
    /// What cannot be used, or not without a restart; for a person.
    pub(super) fn make(config: WebConfig, before: Option<&Self>) -> Result<Self, String> {
        let demands = Demands::of(&config);
        if before.is_some_and(|before| !demands.may_follow(before.demands)) {
            return Err(
                "it turns TLS on or off, drops the login, or changes client_auth_type, min_version or whether \
                        there are client_allowed_sans: that needs a restart"
                    .to_owned(),
            );
        }
        let guesses = before.map(|before| Arc::clone(&before.guesses)).unwrap_or_default();
        let logins = before.and_then(|before| before.logins.clone()).filter(|logins| logins.are_of(&config.users));
        let logins = match logins {
            Some(logins) => Some(logins),
            None => Logins::new(config.users, Arc::clone(&guesses))?.map(Arc::new),
        };
        let rate = before.and_then(|before| before.rate.clone()).filter(|(rate, _)| Some(*rate) == config.rate);
        let limiter = |rate: Rate| Mutex::new(RateLimiter::new(rate.interval, rate.burst, Instant::now()));
        let rate = rate.or_else(|| config.rate.map(|rate| (rate, Arc::new(limiter(rate)))));
        let tls = config.tls.as_ref().map(tls::server_config).transpose()?.map(Arc::new);
        Ok(Self { tls, logins, headers: config.headers, rate, guesses, demands })
    }

    /// Whether one more request may be answered now; else how long until then.
    pub(crate) fn admit(&self) -> Result<(), Duration> {
        let Some((_, limiter)) = &self.rate else { return Ok(()) };
        limiter.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now())
    }
}
