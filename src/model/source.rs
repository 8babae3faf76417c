//! What facts come from, and what each source needs and leaves behind.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::providers::pocket_id::Dialect;

/// One of the two systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The OpenID provider.
    Provider,
    /// The relying party, Kasm Workspaces.
    App,
}

impl Side {
    /// The label value.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::App => "app",
        }
    }
}

/// What the operator may give. Each may be missing; none implies another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// The secret of the client that Kasm uses.
    ClientSecret,
    /// A read-only Kasm API key with *Auth View*.
    AppKey,
    /// A Pocket ID API key of an admin.
    ProviderAdminKey,
    /// A Pocket ID API key of any user.
    ProviderKey,
}

impl Credential {
    /// A word for a table.
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Self::ClientSecret => "client secret",
            Self::AppKey => "Kasm key",
            Self::ProviderAdminKey => "Pocket ID key (admin)",
            Self::ProviderKey => "Pocket ID key",
        }
    }

    /// The config keys that give it.
    #[must_use]
    pub fn config_keys(self) -> &'static str {
        match self {
            Self::ClientSecret => "provider.client_secret_file",
            Self::AppKey => "kasm.api_key_file and kasm.api_key_secret_file",
            Self::ProviderAdminKey | Self::ProviderKey => "provider.api_key_file",
        }
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientSecret => "the client secret",
            Self::AppKey => "a Kasm key",
            Self::ProviderAdminKey => "a Pocket ID key of an admin",
            Self::ProviderKey => "a Pocket ID key",
        })
    }
}

/// How often a source is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Every round (`schedule.round`).
    Round,
    /// With the settings (`schedule.settings`), and at once when something it depends on changed.
    Settings,
    /// Once an hour.
    Hourly,
    /// By its own schedule (`schedule.token`).
    Token,
    /// Once a day.
    Daily,
}

/// One thing that facts come from. The `source` label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "title() says what each is")]
pub enum SourceId {
    ProviderConnection,
    AppConnection,
    Discovery,
    Jwks,
    ClientMeta,
    AppHealth,
    KasmLoginSettings,
    LoginStart,
    AuthorizeDryRun,
    ProviderEndpoints,
    ProviderPage,
    AppPage,
    PasskeyDomain,
    ClientRegistration,
    ClientSecrets,
    CustomClaims,
    ClaimsPreview,
    LastSignIn,
    KeyOwner,
    ClientSecret,
    ClientToken,
    TokenEndpoint,
    KasmConfig,
    KasmVersion,
    KasmMappings,
    KasmUser,
}

impl SourceId {
    /// Every source, in the order of the look.
    pub const ALL: [Self; 26] = [
        Self::ProviderConnection,
        Self::AppConnection,
        Self::Discovery,
        Self::Jwks,
        Self::ClientMeta,
        Self::AppHealth,
        Self::KasmLoginSettings,
        Self::LoginStart,
        Self::AuthorizeDryRun,
        Self::ProviderEndpoints,
        Self::ProviderPage,
        Self::AppPage,
        Self::PasskeyDomain,
        Self::ClientRegistration,
        Self::ClientSecrets,
        Self::CustomClaims,
        Self::ClaimsPreview,
        Self::LastSignIn,
        Self::KeyOwner,
        Self::ClientSecret,
        Self::ClientToken,
        Self::TokenEndpoint,
        Self::KasmConfig,
        Self::KasmVersion,
        Self::KasmMappings,
        Self::KasmUser,
    ];

    /// The label value.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::ProviderConnection => "provider_connection",
            Self::AppConnection => "app_connection",
            Self::Discovery => "discovery",
            Self::Jwks => "jwks",
            Self::ClientMeta => "client_meta",
            Self::AppHealth => "app_health",
            Self::KasmLoginSettings => "kasm_login_settings",
            Self::LoginStart => "login_start",
            Self::AuthorizeDryRun => "authorize_dry_run",
            Self::ProviderEndpoints => "provider_endpoints",
            Self::ProviderPage => "provider_page",
            Self::AppPage => "app_page",
            Self::PasskeyDomain => "passkey_domain",
            Self::ClientRegistration => "client_registration",
            Self::ClientSecrets => "client_secrets",
            Self::CustomClaims => "custom_claims",
            Self::ClaimsPreview => "claims_preview",
            Self::LastSignIn => "last_sign_in",
            Self::KeyOwner => "key_owner",
            Self::ClientSecret => "client_secret",
            Self::ClientToken => "client_token",
            Self::TokenEndpoint => "token_endpoint",
            Self::KasmConfig => "kasm_config",
            Self::KasmVersion => "kasm_version",
            Self::KasmMappings => "kasm_mappings",
            Self::KasmUser => "kasm_user",
        }
    }

    /// What it is, in words for a person.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::ProviderConnection => "the connection to the provider",
            Self::AppConnection => "the connection to Kasm",
            Self::Discovery => "the discovery document",
            Self::Jwks => "the key set (JWKS)",
            Self::ClientMeta => "the client's public entry at Pocket ID",
            Self::AppHealth => "Kasm's health",
            Self::KasmLoginSettings => "Kasm's login settings",
            Self::LoginStart => "Kasm's start of login",
            Self::AuthorizeDryRun => "the dry run of Kasm's authorize URL",
            Self::ProviderEndpoints => "the provider's endpoints",
            Self::ProviderPage => "the provider's sign-in page",
            Self::AppPage => "Kasm's login page",
            Self::PasskeyDomain => "the passkey domain",
            Self::ClientRegistration => "the client's registration at Pocket ID",
            Self::ClientSecrets => "the client's secrets at Pocket ID",
            Self::CustomClaims => "the custom claims at Pocket ID",
            Self::ClaimsPreview => "the claims of the test user",
            Self::LastSignIn => "the last real sign-in",
            Self::KeyOwner => "our Pocket ID key",
            Self::ClientSecret => "the client secret",
            Self::ClientToken => "a token of the client's own",
            Self::TokenEndpoint => "the token endpoint",
            Self::KasmConfig => "Kasm's stored OpenID config",
            Self::KasmVersion => "Kasm's version",
            Self::KasmMappings => "Kasm's group mappings",
            Self::KasmUser => "the test user at Kasm",
        }
    }

    /// The system that it asks.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            Self::AppConnection
            | Self::AppHealth
            | Self::KasmLoginSettings
            | Self::LoginStart
            | Self::AppPage
            | Self::KasmConfig
            | Self::KasmVersion
            | Self::KasmMappings
            | Self::KasmUser => Side::App,
            _ => Side::Provider,
        }
    }

    /// The credentials that it needs: all of them.
    #[must_use]
    pub fn needs(self) -> &'static [Credential] {
        match self {
            Self::ClientRegistration
            | Self::ClientSecrets
            | Self::CustomClaims
            | Self::ClaimsPreview
            | Self::LastSignIn => &[Credential::ProviderAdminKey],
            Self::KeyOwner => &[Credential::ProviderKey],
            Self::ClientSecret | Self::ClientToken => &[Credential::ClientSecret],
            Self::KasmConfig | Self::KasmVersion | Self::KasmMappings | Self::KasmUser => &[Credential::AppKey],
            _ => &[],
        }
    }

    /// How often it is asked by default.
    #[must_use]
    pub fn interval(self) -> Interval {
        match self {
            Self::AuthorizeDryRun
            | Self::ProviderEndpoints
            | Self::ProviderPage
            | Self::AppPage
            | Self::ClientRegistration
            | Self::ClientSecrets
            | Self::CustomClaims
            | Self::ClientSecret
            | Self::TokenEndpoint
            | Self::KasmConfig => Interval::Settings,
            Self::ClaimsPreview
            | Self::LastSignIn
            | Self::KeyOwner
            | Self::KasmVersion
            | Self::KasmMappings
            | Self::KasmUser => Interval::Hourly,
            Self::ClientToken => Interval::Token,
            Self::PasskeyDomain => Interval::Daily,
            _ => Interval::Round,
        }
    }
}

/// What a look at a source sends, needs and leaves behind: the one place that `plan`, the README and the tests go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourcePlan {
    /// The source.
    pub source: SourceId,
    /// The requests of one look, in their order. Empty where only a connection is made.
    pub requests: &'static [PlannedRequest],
    /// The credentials that it needs: all of them.
    pub needs: &'static [Credential],
    /// What stays at that side: a trace (a row, an audit entry, a token), or smaller things such as log lines.
    pub leaves: &'static str,
    /// Whether targets of the same provider share one look.
    pub is_shared: bool,
    /// What else is to know; may be empty.
    pub notes: &'static str,
}

/// One request of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedRequest {
    /// The HTTP method.
    pub method: &'static str,
    /// The path below the side's address; what stands in braces is only known by then. At another provider than Pocket ID
    /// the address that the discovery document names for that purpose takes its place.
    pub path: &'static str,
    /// Of whom it is asked.
    pub of: AskedOf,
    /// How often at most in one look.
    pub most: u32,
}

/// Of whom a request is asked: by kind and release of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedOf {
    /// Of all.
    All,
    /// Of Pocket ID, any release.
    PocketId,
    /// Of Pocket ID from 2.10, and of other providers.
    Since210AndOthers,
    /// Of Pocket ID 2.9.
    Only29,
    /// Of other providers than Pocket ID.
    Others,
    /// Of Pocket ID from 2.14.
    Since214,
}

impl AskedOf {
    /// Whether it is asked of a provider of this dialect, taken as its newest release; `is_2_9` tells that one from the
    /// older ones.
    #[must_use]
    pub fn includes(self, dialect: Dialect, is_2_9: bool) -> bool {
        match self {
            Self::All => true,
            Self::PocketId => dialect != Dialect::Openid,
            Self::Since210AndOthers => dialect != Dialect::Legacy,
            Self::Only29 => dialect == Dialect::Legacy && is_2_9,
            Self::Others => dialect == Dialect::Openid,
            Self::Since214 => dialect == Dialect::Fosite,
        }
    }

    /// In words; empty for all.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::All => "",
            Self::PocketId => "Pocket ID only",
            Self::Since210AndOthers => "Pocket ID from 2.10, other providers",
            Self::Only29 => "Pocket ID 2.9",
            Self::Others => "other providers, where introspection does not say",
            Self::Since214 => "Pocket ID from 2.14",
        }
    }
}

impl SourceId {
    /// What a look at it sends, needs and leaves behind.
    #[must_use]
    pub fn plan(self) -> SourcePlan {
        const fn get(path: &'static str, of: AskedOf) -> PlannedRequest {
            PlannedRequest { method: "GET", path, of, most: 1 }
        }
        const fn post(path: &'static str, of: AskedOf, most: u32) -> PlannedRequest {
            PlannedRequest { method: "POST", path, of, most }
        }
        const fn page(of: AskedOf) -> [PlannedRequest; 2] {
            [get("/", of), get("{first script of that page}", of)]
        }
        const OF_SCRIPT: &str = "of the script only the head is read";
        const LAST_USED: &str = "the key's \"last used\" time";
        const CONNECTION: &str = "DNS, one TCP connection to each address (at most 8), one TLS handshake; no request";

        let plan = |requests: &'static [PlannedRequest], leaves, notes| SourcePlan {
            source: self,
            requests,
            needs: self.needs(),
            leaves,
            is_shared: matches!(
                self,
                Self::ProviderConnection | Self::Discovery | Self::Jwks | Self::ProviderEndpoints | Self::ProviderPage
            ),
            notes,
        };
        match self {
            Self::ProviderConnection | Self::AppConnection => plan(&[], "nothing", CONNECTION),
            Self::Discovery => plan(const { &[get("/.well-known/openid-configuration", AskedOf::All)] }, "nothing", ""),
            Self::Jwks => plan(
                const { &[get("/.well-known/jwks.json", AskedOf::All)] },
                "nothing",
                "at the address that the discovery document names",
            ),
            Self::ClientMeta => plan(
                const { &[get("/api/oidc/clients/{client id}/meta", AskedOf::PocketId)] },
                "nothing",
                "Kasm's client id; the nil UUID while that is not known",
            ),
            Self::AppHealth => plan(const { &[get("/api/__healthcheck", AskedOf::All)] }, "nothing", ""),
            Self::KasmLoginSettings => plan(const { &[post("/api/login_settings", AskedOf::All, 1)] }, "nothing", ""),
            Self::LoginStart => plan(
                const { &[post("/api/sso", AskedOf::All, 5)] },
                "nothing (later than 1.15: unconfirmed)",
                "once for each visible OpenID config",
            ),
            Self::AuthorizeDryRun => plan(
                const {
                    &[
                        get("/authorize?{Kasm's own parameters}&prompt=none", AskedOf::Since210AndOthers),
                        post("/api/oidc/authorize/callback-url", AskedOf::Only29, 1),
                    ]
                },
                "from 2.10: one log line",
                "before 2.9: no request; the callback is never requested",
            ),
            Self::ProviderEndpoints => plan(
                const { &[get("/api/oidc/userinfo", AskedOf::All), get("/api/oidc/end-session", AskedOf::All)] },
                "one log line",
                "userinfo without a token, end-session without parameters",
            ),
            // Where another provider has its sign-in page is not known.
            Self::ProviderPage => plan(const { &page(AskedOf::PocketId) }, "nothing", OF_SCRIPT),
            Self::AppPage => plan(const { &page(AskedOf::All) }, "nothing", OF_SCRIPT),
            Self::PasskeyDomain => plan(
                const { &[get("/api/webauthn/login/start", AskedOf::PocketId)] },
                "one short-lived row",
                "only with passkey.enabled",
            ),
            Self::ClientRegistration => plan(
                const {
                    &[
                        get("/api/oidc/clients/{client id}", AskedOf::PocketId),
                        get("/api/user-groups?{first 100}", AskedOf::PocketId),
                    ]
                },
                LAST_USED,
                "the groups only where the client is restricted to some",
            ),
            Self::ClientSecrets => plan(
                const { &[get("/api/oidc/clients/{client id}/secrets", AskedOf::Since214)] },
                LAST_USED,
                "their first characters and ends; nobody can read a secret",
            ),
            Self::CustomClaims => {
                plan(const { &[get("/api/custom-claims/suggestions", AskedOf::PocketId)] }, LAST_USED, "")
            }
            Self::ClaimsPreview => plan(
                const {
                    &[
                        get("/api/users?search={expect.user}", AskedOf::PocketId),
                        get("/api/oidc/clients/{client id}/preview/{user id}", AskedOf::PocketId),
                    ]
                },
                LAST_USED,
                "only with expect.user",
            ),
            Self::LastSignIn => plan(
                const { &[get("/api/audit-logs/all?{newest 20 of Kasm's client}", AskedOf::PocketId)] },
                LAST_USED,
                "only with last_sign_in.enabled",
            ),
            Self::KeyOwner => plan(
                const {
                    &[
                        get("/api/users/me", AskedOf::PocketId),
                        get("/api/version/current", AskedOf::PocketId),
                        get("/api/api-keys?{first 100}", AskedOf::PocketId),
                        get("/api/oidc/users/me/clients?{first 100}", AskedOf::PocketId),
                    ]
                },
                LAST_USED,
                "the release from 2.3 on; the last only where the key is not an admin's",
            ),
            Self::ClientSecret => plan(
                const { &[post("/api/oidc/introspect", AskedOf::All, 2), post("/api/oidc/token", AskedOf::Others, 2)] },
                "one log line",
                "a made-up token, or a made-up code; Pocket ID before 1.6: the code alone; of other providers once more an \
                 hour with a secret that is wrong on purpose; nothing is given out",
            ),
            Self::ClientToken => plan(
                const { &[post("/api/oidc/token", AskedOf::All, 1)] },
                "from 2.10: one row, removed daily",
                "a token of the client's own, dropped at once; only with token.enabled, and from 1.11",
            ),
            Self::TokenEndpoint => plan(
                const { &[post("/api/oidc/token", AskedOf::All, 1)] },
                "one log line",
                "a made-up code with the client id, without a secret",
            ),
            Self::KasmConfig => plan(
                const { &[post("/api/public/get_oidc_configs", AskedOf::All, 1)] },
                LAST_USED,
                "needs Auth View; with api_auth: basic below /api/",
            ),
            Self::KasmVersion => plan(
                const { &[post("/api/public/system_info", AskedOf::All, 1)] },
                LAST_USED,
                "by the right System View",
            ),
            Self::KasmMappings => plan(
                const {
                    &[
                        post("/api/public/get_groups", AskedOf::All, 1),
                        post("/api/public/get_sso_mappings_group", AskedOf::All, 10),
                    ]
                },
                LAST_USED,
                "by the right Groups View; once for each group, the first ten",
            ),
            Self::KasmUser => plan(
                const { &[post("/api/public/get_user", AskedOf::All, 1)] },
                LAST_USED,
                "by the right Users View; only with expect.user, and only that user",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many requests one look without credentials sends to the provider and to a Kasm with one config.
    fn requests(dialect: Dialect, is_2_9: bool, side: Side) -> usize {
        SourceId::ALL
            .iter()
            .filter(|source| source.side() == side && **source != SourceId::PasskeyDomain)
            .filter(|source| source.needs().is_empty())
            .flat_map(|source| source.plan().requests)
            .filter(|request| request.of.includes(dialect, is_2_9))
            .count()
    }

    #[test]
    fn a_whole_look_sends_as_many_requests_as_the_design_says() {
        for (dialect, is_2_9, provider) in [
            (Dialect::Fosite, false, 9),
            (Dialect::Legacy, true, 9),
            (Dialect::Legacy, false, 8),
            (Dialect::Openid, false, 6),
        ] {
            assert_eq!(requests(dialect, is_2_9, Side::Provider), provider, "{dialect:?}");
            assert_eq!(requests(dialect, is_2_9, Side::App), 5, "{dialect:?}");
        }
    }

    #[test]
    fn no_plan_changes_anything_or_asks_a_callback() {
        for request in SourceId::ALL.iter().flat_map(|source| source.plan().requests) {
            let reads = [
                "/api/login_settings",
                "/api/sso",
                "/api/oidc/authorize/callback-url",
                "/api/oidc/introspect",
                "/api/oidc/token",
                "/api/public/system_info",
            ];
            let is_known_post = reads.contains(&request.path) || request.path.starts_with("/api/public/get_");
            assert!(request.method == "GET" || (request.method == "POST" && is_known_post), "{request:?}");
            assert!(!request.path.contains("oidc_callback"), "{request:?}");
        }
    }
}
