//! Whose server a provider is: told from its discovery document, never assumed.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    pocket_id::{Dialect, VersionSpan, span_of},
    profile,
};
use crate::oidc::Discovery;

/// Whose server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Pocket ID.
    PocketId,
    /// Keycloak, or what is made of it.
    Keycloak,
    /// authentik.
    Authentik,
    /// Authelia.
    Authelia,
    /// Zitadel.
    Zitadel,
    /// Kanidm.
    Kanidm,
    /// Dex.
    Dex,
    /// LemonLDAP::NG.
    Lemonldap,
    /// npm `oidc-provider`, or what is made of it.
    OidcProvider,
    /// Google.
    Google,
    /// Microsoft Entra ID.
    Entra,
    /// Okta.
    Okta,
    /// Auth0.
    Auth0,
    /// Any other OpenID provider, and one that is not recognised.
    #[default]
    Openid,
}

impl ProviderKind {
    /// Every kind, the unrecognised one last.
    pub const ALL: [Self; 14] = [
        Self::PocketId,
        Self::Keycloak,
        Self::Authentik,
        Self::Authelia,
        Self::Zitadel,
        Self::Kanidm,
        Self::Dex,
        Self::Lemonldap,
        Self::OidcProvider,
        Self::Google,
        Self::Entra,
        Self::Okta,
        Self::Auth0,
        Self::Openid,
    ];

    /// The word in the configuration and in JSON.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::PocketId => "pocket_id",
            Self::Keycloak => "keycloak",
            Self::Authentik => "authentik",
            Self::Authelia => "authelia",
            Self::Zitadel => "zitadel",
            Self::Kanidm => "kanidm",
            Self::Dex => "dex",
            Self::Lemonldap => "lemonldap",
            Self::OidcProvider => "oidc_provider",
            Self::Google => "google",
            Self::Entra => "entra",
            Self::Okta => "okta",
            Self::Auth0 => "auth0",
            Self::Openid => "openid",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }
}

/// What a provider was recognised as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recognised {
    /// Whose server it is.
    pub kind: ProviderKind,
    /// How it speaks OAuth.
    pub dialect: Dialect,
    /// Which releases of Pocket ID it can be; none for another provider, and before a document was seen.
    pub version: Option<VersionSpan>,
}

impl Recognised {
    /// By the configuration alone, before a discovery document was seen. Pocket ID then counts as the newest.
    #[must_use]
    pub fn by_name(kind: ProviderKind) -> Self {
        let dialect = match kind {
            ProviderKind::PocketId => Dialect::Fosite,
            _ => Dialect::Openid,
        };
        Self { kind, dialect, version: None }
    }
}

/// Not recognised: what the specifications say, and no more.
impl Default for Recognised {
    fn default() -> Self {
        Self::by_name(ProviderKind::Openid)
    }
}

/// In a few words, for example `Pocket ID 2.14`.
impl fmt::Display for Recognised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.version) {
            (ProviderKind::Openid, _) => f.write_str("OpenID provider"),
            (kind, Some(version)) => write!(f, "{} {version}", profile(kind).name),
            (kind, None) => f.write_str(profile(kind).name),
        }
    }
}

/// The kind, the dialect and the span of releases that a discovery document shows; `kind` where the operator names it.
#[must_use]
pub fn recognise(discovery: &Discovery, kind: Option<ProviderKind>) -> Recognised {
    let kind = kind.unwrap_or_else(|| kind_of(discovery));
    let version = (kind == ProviderKind::PocketId).then(|| span_of(discovery));
    let dialect = version.map_or(Dialect::Openid, VersionSpan::dialect);
    Recognised { kind, dialect, version }
}

/// The first kind whose marks the document has; `openid` where none is sure.
fn kind_of(discovery: &Discovery) -> ProviderKind {
    let has_all = |marks: &[Mark]| marks.iter().all(|mark| mark.is_in(discovery));
    let is_of = |kind: &ProviderKind| profile(*kind).marks.iter().any(|marks| has_all(marks));
    ProviderKind::ALL.into_iter().find(is_of).unwrap_or_default()
}

/// Something that a provider's discovery document shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A field of that name is there.
    Has(&'static str),
    /// The address in that field is exactly this one.
    Is(&'static str, &'static str),
    /// The address in that field ends like this.
    Ends(&'static str, &'static str),
    /// The address in that field holds this.
    Holds(&'static str, &'static str),
}

impl Mark {
    pub(super) fn is_in(self, discovery: &Discovery) -> bool {
        let text = |field: &str| match field {
            "issuer" => discovery.issuer.as_deref(),
            "authorization_endpoint" => discovery.authorization_endpoint.as_deref(),
            "token_endpoint" => discovery.token_endpoint.as_deref(),
            "userinfo_endpoint" => discovery.userinfo_endpoint.as_deref(),
            "jwks_uri" => discovery.jwks_uri.as_deref(),
            other => discovery.document.get(other).and_then(serde_json::Value::as_str),
        };
        match self {
            Self::Has(field) => discovery.document.get(field).is_some(),
            Self::Is(field, whole) => text(field) == Some(whole),
            Self::Ends(field, end) => text(field).is_some_and(|text| text.ends_with(end)),
            Self::Holds(field, part) => text(field).is_some_and(|text| text.contains(part)),
        }
    }
}
