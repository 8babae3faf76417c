//! What a lab is like when nothing is broken.

use url::Url;

use super::CLIENT_SECRET;
use crate::{
    clock::Clock,
    providers::{ProviderKind, pocket_id::Version},
};

/// What a lab is like when nothing is broken. The default is Pocket ID 2.14 and a Kasm, both on plain HTTP.
#[derive(Debug, Clone)]
pub struct LabOptions {
    /// The release of Pocket ID, from 1.11.
    pub version: Version,
    /// Pocket ID, or a provider with other paths that cannot be taken for it.
    pub kind: ProviderKind,
    /// HTTPS with names (`id.example.test`, `kasm.example.test`), served through `connect_to`; else plain HTTP on addresses.
    pub tls: bool,
    /// Kasm shows its default certificate: self-signed, and marked as a CA. Needs `tls`.
    pub kasm_self_signed: bool,
    /// The port in Kasm's address, where it is not 443. Needs `tls` (on plain HTTP every lab has a port of its own).
    pub kasm_port: Option<u16>,
    /// INTERNAL_APP_URL.
    pub internal_url: InternalUrl,
    /// The provider signs with an EC key (ES256) instead of an RSA key.
    pub es256: bool,
    /// How many configs for other providers Kasm's login page offers beside ours.
    pub other_configs: usize,
    /// The button's text.
    pub display_name: String,
    /// A SAML provider stands beside ours.
    pub saml: bool,
    /// Kasm sends every visitor to the provider at once.
    pub auto_login: bool,
    /// Both sides listen on `[::1]` only.
    pub ipv6: bool,
    /// The addresses say `localhost` instead of an IP address. Not together with `tls`.
    pub localhost: bool,
    /// The secret of Kasm's client.
    pub client_secret: String,
    /// How many secrets of Kasm's client are active beside that one (2.14).
    pub more_secrets: usize,
    /// Grafana, Immich and Paperless-ngx stand beside Kasm, each with a client of its own.
    pub other_apps: bool,
    /// The client is for an app that is not the lab's Kasm: its callback.
    pub other_app: Option<String>,
    /// Somebody may sign in, as the canary does: else that is a violation.
    pub signs_in: bool,
    /// The time by which certificates are made and `Date` is told.
    pub clock: Clock,
}

/// A provider that is not the lab's own, as Kasm's form has it ([`super::Lab::point_kasm_at`]).
#[derive(Debug, Clone)]
pub struct OtherProvider {
    /// The provider's address: its issuer.
    pub issuer: Url,
    /// The authorization URL.
    pub authorization: String,
    /// The token URL.
    pub token: String,
    /// The user info URL.
    pub userinfo: String,
    /// The client id.
    pub client_id: String,
    /// The scopes.
    pub scopes: Vec<String>,
}

/// Whether Pocket ID has an INTERNAL_APP_URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InternalUrl {
    /// None: the discovery document names one base.
    Absent,
    /// One that answers here.
    Reachable,
    /// One that only Kasm's network can resolve.
    Unreachable,
}

impl Default for LabOptions {
    fn default() -> Self {
        Self {
            version: Version::new(2, 14),
            kind: ProviderKind::PocketId,
            tls: false,
            kasm_self_signed: false,
            kasm_port: None,
            internal_url: InternalUrl::Absent,
            es256: false,
            other_configs: 0,
            display_name: "Pocket ID".to_owned(),
            saml: false,
            auto_login: false,
            ipv6: false,
            localhost: false,
            client_secret: CLIENT_SECRET.to_owned(),
            more_secrets: 0,
            other_apps: false,
            other_app: None,
            signs_in: false,
            clock: Clock::System,
        }
    }
}

impl LabOptions {
    /// A healthy Pocket ID of that release and a Kasm, on plain HTTP.
    #[must_use]
    pub fn version(major: u32, minor: u32) -> Self {
        Self { version: Version::new(major, minor), ..Self::default() }
    }

    /// The active secrets of Kasm's client.
    pub(super) fn secrets(&self) -> Vec<String> {
        let more = (1..=self.more_secrets).map(|number| format!("OtherClientSecretPlaceholder{number:04}"));
        more.chain([self.client_secret.clone()]).collect()
    }
}
