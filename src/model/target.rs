//! What is watched: the part of the configuration that evaluating needs. Holds no secret.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ClientsToldBy, Credential};
use crate::{apps::kasm::Wanted, providers::ProviderKind};

/// One Kasm wired to one provider, as a check sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFacts {
    /// The `target` label.
    pub name: String,
    /// The provider's side.
    pub provider: ProviderFacts,
    /// Kasm's side.
    pub app: AppFacts,
    /// What the operator declared.
    pub expect: Expect,
    /// Ids of the checks that are switched off.
    pub off: BTreeSet<String>,
    /// When expiry warnings begin, in seconds before the date, by check id (`checks: {certificates_last: {warn: 14d}}`).
    pub warn_seconds: BTreeMap<String, u64>,
    /// The credentials that the config names.
    pub credentials: BTreeSet<Credential>,
    /// Whether the passkey domain is asked for (`passkey.enabled`).
    pub passkey_enabled: bool,
    /// How long a change stays told, in seconds (`change_hold`).
    pub change_hold_seconds: u64,
    /// Which target tells of all clients of the provider.
    #[serde(default)]
    pub clients_told_by: ClientsToldBy,
}

impl TargetFacts {
    /// Which of several login configs is the target's.
    #[must_use]
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted { provider_url: &self.provider.url, display_name: self.app.provider.as_deref() }
    }
}

/// The provider's side of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderFacts {
    /// `provider.url`, without a trailing slash: the issuer that is expected.
    pub url: String,
    /// `provider.internal_url`, without a trailing slash.
    pub internal_url: Option<String>,
    /// `provider.kind`, where the operator named it; else it is recognised from the discovery document.
    pub kind: Option<ProviderKind>,
}

/// Kasm's side of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppFacts {
    /// `kasm.url`, as users type it, without a trailing slash.
    pub url: String,
    /// `kasm.provider`: the display name, where two configs lead to this provider.
    pub provider: Option<String>,
}

/// What the operator declared under `expect`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// Whether Kasm sends every visitor to the provider at once.
    pub auto_login: Option<bool>,
    /// The name of the provider's groups that may sign in.
    pub groups: Option<Vec<String>>,
    /// The user name of a test user.
    pub user: Option<String>,
}
