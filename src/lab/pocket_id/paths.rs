//! Where a provider's endpoints are.

use crate::providers::ProviderKind;

/// The paths of a provider's endpoints.
#[derive(Debug)]
pub(in crate::lab) struct Paths {
    pub authorize: &'static str,
    pub token: &'static str,
    pub userinfo: &'static str,
    pub introspect: &'static str,
    pub jwks: &'static str,
    pub end_session: &'static str,
}

/// Pocket ID's paths, which have not moved since v0.1.
const POCKET_ID: Paths = Paths {
    authorize: "/authorize",
    token: "/api/oidc/token",
    userinfo: "/api/oidc/userinfo",
    introspect: "/api/oidc/introspect",
    jwks: "/.well-known/jwks.json",
    end_session: "/api/oidc/end-session",
};

/// The paths of some other provider.
const OTHER: Paths = Paths {
    authorize: "/oauth2/auth",
    token: "/oauth2/token",
    userinfo: "/oauth2/userinfo",
    introspect: "/oauth2/introspect",
    jwks: "/oauth2/keys",
    end_session: "/oauth2/logout",
};

impl Paths {
    /// The paths of a provider of that kind.
    pub(in crate::lab) fn of(kind: ProviderKind) -> &'static Self {
        match kind {
            ProviderKind::PocketId => &POCKET_ID,
            _ => &OTHER,
        }
    }
}
