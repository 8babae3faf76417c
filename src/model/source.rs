//! What a row of the table of sources says: sides, credentials, settings, intervals and requests.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Missing, Snapshot, SourceId};
use crate::{clock::Time, providers::pocket_id::AskedOf};

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
    /// The passkey of the canary.
    CanaryPasskey,
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
            Self::CanaryPasskey => "canary's passkey",
        }
    }

    /// The config keys that give it.
    #[must_use]
    pub fn config_keys(self) -> &'static str {
        match self {
            Self::ClientSecret => "provider.client_secret_file",
            Self::AppKey => "kasm.api_key_file and kasm.api_key_secret_file",
            Self::ProviderAdminKey | Self::ProviderKey => "provider.api_key_file",
            Self::CanaryPasskey => "canary.passkey_file",
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
            Self::CanaryPasskey => "the canary's passkey",
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
    /// By its own interval (`canary.every`).
    Canary,
}

/// A key of the configuration that a source waits for: without it, the source is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// `passkey.enabled`.
    Passkey,
    /// `token.enabled`.
    Token,
    /// `last_sign_in.enabled`.
    LastSignIn,
    /// `expect.user`: the name of a test user.
    TestUser,
}

impl Setting {
    /// The config key.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Passkey => "passkey.enabled",
            Self::Token => "token.enabled",
            Self::LastSignIn => "last_sign_in.enabled",
            Self::TestUser => "expect.user",
        }
    }
}

/// One request of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedRequest {
    /// The HTTP method.
    pub method: &'static str,
    /// The path below the side's address; what stands in braces is only known by then. At another provider than Pocket ID
    /// the address that the discovery document names for that purpose takes its place.
    pub path: &'static str,
    /// Which providers it is sent to.
    pub of: AskedOf,
    /// How often at most each time.
    pub most: u32,
}

/// One row of the table: what a source asks, needs and leaves behind.
#[derive(Debug)]
pub struct Source {
    /// The label value, which is also the name of its field in a snapshot.
    pub id: &'static str,
    /// What it is, in words for a person.
    pub title: &'static str,
    /// The system that it asks.
    pub side: Side,
    /// How often it is asked by default.
    pub interval: Interval,
    /// How many requests it takes at most each time, of any provider: what the budget must have left.
    pub cost: u32,
    /// The credentials that it needs: all of them.
    pub needs: &'static [Credential],
    /// The setting without which it is off.
    pub only_with: Option<Setting>,
    /// The requests, in their order. Empty where only a connection is made.
    pub requests: &'static [PlannedRequest],
    /// What stays at that side: a trace (a row, an audit entry, a token), or smaller things such as log lines.
    pub leaves: &'static str,
    /// Whether targets of the same provider share what it found.
    pub is_shared: bool,
    /// What else is to know; may be empty.
    pub notes: &'static str,
    /// Its observation in a snapshot: time, duration in seconds, and why it is missing.
    pub observed: fn(&Snapshot) -> (Time, f64, Option<&Missing>),
    /// Replaces its observation in a snapshot by a missing one.
    pub lose: fn(&mut Snapshot, Missing),
}

impl SourceId {
    /// The label value.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// What it is, in words for a person.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// The system that it asks.
    #[must_use]
    pub fn side(self) -> Side {
        self.row().side
    }

    /// The credentials that it needs: all of them.
    #[must_use]
    pub fn needs(self) -> &'static [Credential] {
        self.row().needs
    }
}
