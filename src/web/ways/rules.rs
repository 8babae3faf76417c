//! A web configuration, ready for use.

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderName, HeaderValue};
use rustls::{ProtocolVersion, ServerConfig};

use super::{
    bucket::Bucket,
    logins::{Logins, Verifying},
    tls,
};
use crate::config::{ClientAuth, WebConfig};

/// What is in force.
#[derive(Default)]
pub(crate) struct Rules {
    /// TLS; plain HTTP without.
    pub tls: Option<Arc<ServerConfig>>,
    /// Who must log in; nobody without.
    pub logins: Option<Arc<Logins>>,
    /// Headers of every answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    bucket: Option<Arc<Bucket>>,
    verifying: Arc<Verifying>,
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
        let verifying = before.map(|before| Arc::clone(&before.verifying)).unwrap_or_default();
        let logins = before.and_then(|before| before.logins.clone()).filter(|logins| logins.are_of(&config.users));
        let logins = match logins {
            Some(logins) => Some(logins),
            None => Logins::new(config.users, Arc::clone(&verifying))?.map(Arc::new),
        };
        let bucket =
            before.and_then(|before| before.bucket.clone()).filter(|bucket| Some(bucket.rate()) == config.rate);
        let bucket = bucket.or_else(|| config.rate.map(Bucket::new).map(Arc::new));
        let tls = config.tls.as_ref().map(tls::server_config).transpose()?.map(Arc::new);
        Ok(Self { tls, logins, headers: config.headers, bucket, verifying, demands })
    }

    /// Whether one more request may be answered now; else how long until then.
    pub(crate) fn admit(&self) -> Result<(), Duration> {
        self.bucket.as_ref().map_or(Ok(()), |bucket| bucket.take())
    }
}
