//! What changed, and the values that are watched for it.

use serde::{Deserialize, Serialize};

use super::{Side, SourceId};
use crate::clock::Time;

/// One change, kept in the snapshot until it is older than `change_hold`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When it was first seen.
    pub at: Time,
    /// What changed.
    pub subject: ChangeSubject,
    /// Which field of it, where it has several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// What it was; empty where it was not there.
    pub from: String,
    /// What it is; empty where it is no longer there.
    pub to: String,
}

/// What can change: a closed list, the `subject` label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeSubject {
    /// The set of signing keys.
    SigningKey,
    /// The key under a key ID that stayed the same.
    KeyUnderSameId,
    /// The issuer in the discovery document.
    Issuer,
    /// The endpoints in the discovery document.
    Endpoints,
    /// The provider's certificate.
    ProviderCertificate,
    /// The provider's release.
    ProviderVersion,
    /// The client's registration at Pocket ID.
    Registration,
    /// The client's secrets at Pocket ID, by what the admin page shows of them.
    ClientSecrets,
    /// Kasm's certificate.
    KasmCertificate,
    /// Kasm's release.
    KasmVersion,
    /// Kasm's login settings.
    LoginSettings,
    /// What Kasm really sends browsers to the provider with.
    LoginStart,
    /// Kasm's stored OpenID config.
    KasmConfig,
}

impl ChangeSubject {
    /// Every subject, by side.
    pub const ALL: [Self; 13] = [
        Self::SigningKey,
        Self::KeyUnderSameId,
        Self::Issuer,
        Self::Endpoints,
        Self::ProviderCertificate,
        Self::ProviderVersion,
        Self::Registration,
        Self::ClientSecrets,
        Self::KasmCertificate,
        Self::KasmVersion,
        Self::LoginSettings,
        Self::LoginStart,
        Self::KasmConfig,
    ];

    /// The label value.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::SigningKey => "signing_key",
            Self::KeyUnderSameId => "key_under_same_id",
            Self::Issuer => "issuer",
            Self::Endpoints => "endpoints",
            Self::ProviderCertificate | Self::KasmCertificate => "certificate",
            Self::ProviderVersion | Self::KasmVersion => "version",
            Self::Registration => "registration",
            Self::ClientSecrets => "client_secrets",
            Self::LoginSettings => "login_settings",
            Self::LoginStart => "login_start",
            Self::KasmConfig => "config",
        }
    }

    /// Where it changed.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            Self::SigningKey
            | Self::KeyUnderSameId
            | Self::Issuer
            | Self::Endpoints
            | Self::ProviderCertificate
            | Self::ProviderVersion
            | Self::Registration
            | Self::ClientSecrets => Side::Provider,
            Self::KasmCertificate | Self::KasmVersion | Self::LoginSettings | Self::LoginStart | Self::KasmConfig => {
                Side::App
            }
        }
    }
}

/// The watched values of one source, from the last look that saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The source.
    pub source: SourceId,
    /// When it was seen.
    pub at: Time,
    /// The values.
    pub values: Vec<Watched>,
}

/// One watched value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// What it belongs to.
    pub subject: ChangeSubject,
    /// Its name, where the subject has several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// The value.
    pub value: String,
}

impl Watched {
    /// What it is known by.
    pub(super) fn name(&self) -> (ChangeSubject, Option<&str>) {
        (self.subject, self.field.as_deref())
    }
}
