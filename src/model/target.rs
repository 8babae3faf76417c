//! What is watched: the part of the configuration that evaluating needs. Holds no secret.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ClientsToldBy, Credential};
use crate::{
    apps::{AppKind, kasm::Wanted},
    providers::ProviderKind,
};

/// One app wired to one provider, or a provider alone, as a check sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFacts {
    /// The `target` label.
    pub name: String,
    /// The provider's side.
    pub provider: ProviderFacts,
    /// The app's side.
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

/// The app's side of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppFacts {
    /// Its address as users type it, without a trailing slash. Of a provider alone: the provider's, which nothing reads.
    pub url: String,
    /// The name under which the app knows the provider. Of a Kasm: the display name, where two configs lead to this provider.
    pub provider: Option<String>,
    /// `app.kind`; none where it is recognised by its callback. A snapshot of an earlier release is of a Kasm.
    #[serde(default = "AppFacts::kasm", skip_serializing_if = "AppFacts::is_kasm")]
    pub kind: Option<AppKind>,
    /// The path of `app.login`, where the configuration says how its login is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// `app.callback`: the path below its address that its redirect URI must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<String>,
}

impl AppFacts {
    #[expect(clippy::unnecessary_wraps, reason = "the type of the field")]
    fn kasm() -> Option<AppKind> {
        Some(AppKind::Kasm)
    }

    #[expect(clippy::ref_option, reason = "as serde wants it")]
    fn is_kasm(kind: &Option<AppKind>) -> bool {
        *kind == Self::kasm()
    }
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
