//! What facts come from, and what each source needs and leaves behind.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the two systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The OpenID provider.
    Provider,
    /// The relying party, Kasm Workspaces.
    Kasm,
}

impl Side {
    /// The label value.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Kasm => "kasm",
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
    KasmKey,
    /// A Pocket ID API key of an admin.
    ProviderAdminKey,
    /// A Pocket ID API key of any user.
    ProviderKey,
}

impl Credential {
    /// The config keys that give it.
    #[must_use]
    pub fn config_keys(self) -> &'static str {
        match self {
            Self::ClientSecret => "provider.client_secret_file",
            Self::KasmKey => "kasm.api_key_file and kasm.api_key_secret_file",
            Self::ProviderAdminKey | Self::ProviderKey => "provider.api_key_file",
        }
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientSecret => "the client secret",
            Self::KasmKey => "a Kasm key",
            Self::ProviderAdminKey => "a Pocket ID key of an admin",
            Self::ProviderKey => "a Pocket ID key",
        })
    }
}

/// How often a source is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rhythm {
    /// Every round (`schedule.round`).
    Round,
    /// With the settings (`schedule.settings`), and at once when something it depends on changed.
    Settings,
    /// Once a day.
    Daily,
}

/// One thing that facts come from. The `source` label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "title() says what each is")]
pub enum SourceId {
    ProviderConnection,
    KasmConnection,
    Discovery,
    Jwks,
    ClientMeta,
    KasmHealth,
    KasmLoginSettings,
    KasmStart,
    AuthorizeDryRun,
    ProviderEndpoints,
    ProviderPage,
    KasmPage,
    PasskeyDomain,
}

impl SourceId {
    /// Every source, in the order of the look.
    pub const ALL: [Self; 13] = [
        Self::ProviderConnection,
        Self::KasmConnection,
        Self::Discovery,
        Self::Jwks,
        Self::ClientMeta,
        Self::KasmHealth,
        Self::KasmLoginSettings,
        Self::KasmStart,
        Self::AuthorizeDryRun,
        Self::ProviderEndpoints,
        Self::ProviderPage,
        Self::KasmPage,
        Self::PasskeyDomain,
    ];

    /// The label value.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::ProviderConnection => "provider_connection",
            Self::KasmConnection => "kasm_connection",
            Self::Discovery => "discovery",
            Self::Jwks => "jwks",
            Self::ClientMeta => "client_meta",
            Self::KasmHealth => "kasm_health",
            Self::KasmLoginSettings => "kasm_login_settings",
            Self::KasmStart => "kasm_start",
            Self::AuthorizeDryRun => "authorize_dry_run",
            Self::ProviderEndpoints => "provider_endpoints",
            Self::ProviderPage => "provider_page",
            Self::KasmPage => "kasm_page",
            Self::PasskeyDomain => "passkey_domain",
        }
    }

    /// What it is, in words for a person.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::ProviderConnection => "the connection to the provider",
            Self::KasmConnection => "the connection to Kasm",
            Self::Discovery => "the discovery document",
            Self::Jwks => "the key set (JWKS)",
            Self::ClientMeta => "the client's public entry at Pocket ID",
            Self::KasmHealth => "Kasm's health",
            Self::KasmLoginSettings => "Kasm's login settings",
            Self::KasmStart => "Kasm's start of login",
            Self::AuthorizeDryRun => "the dry run of Kasm's authorize URL",
            Self::ProviderEndpoints => "the provider's endpoints",
            Self::ProviderPage => "the provider's sign-in page",
            Self::KasmPage => "Kasm's login page",
            Self::PasskeyDomain => "the passkey domain",
        }
    }

    /// The system that it asks.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            Self::KasmConnection | Self::KasmHealth | Self::KasmLoginSettings | Self::KasmStart | Self::KasmPage => {
                Side::Kasm
            }
            _ => Side::Provider,
        }
    }

    /// How often it is asked by default.
    #[must_use]
    pub fn rhythm(self) -> Rhythm {
        match self {
            Self::AuthorizeDryRun | Self::ProviderEndpoints | Self::ProviderPage | Self::KasmPage => Rhythm::Settings,
            Self::PasskeyDomain => Rhythm::Daily,
            _ => Rhythm::Round,
        }
    }
}
