//! Which providers a request is sent to.

use super::{Dialect, Version, VersionSpan};
use crate::providers::ProviderKind;

/// What a provider must offer to be sent a request. Kind and release decide; the variants say it without naming them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedOf {
    /// Nothing: every provider is asked.
    All,
    /// An API of its own.
    OwnApi,
    /// An authorize endpoint that answers `prompt=none` without a user.
    DryRun,
    /// A call of its own that checks a redirect URI.
    RedirectCheck,
    /// Endpoints of which nothing is known: what a wrong secret gets there is asked, too.
    CodeProbe,
    /// A list of a client's secrets.
    SecretList,
    /// Calls of its own by which its sign-in page asks for a code.
    PageAuthorize,
    /// Interactions that its authorize endpoint sends users to.
    Interactions,
}

impl AskedOf {
    /// Whether a provider of this dialect is asked; without a version, the newest release is assumed.
    #[must_use]
    pub fn includes(self, dialect: Dialect, version: Option<VersionSpan>) -> bool {
        let is_before = |release| version.is_some_and(|span| span.is_before(release));
        match self {
            Self::All => true,
            Self::OwnApi => dialect != Dialect::Openid,
            Self::DryRun => dialect != Dialect::Legacy,
            Self::RedirectCheck => {
                dialect == Dialect::Legacy && version.is_some_and(|span| span.at_least == Version::new(2, 9))
            }
            Self::CodeProbe => dialect == Dialect::Openid,
            Self::PageAuthorize => dialect == Dialect::Legacy,
            Self::Interactions => dialect == Dialect::Fosite,
            Self::SecretList => dialect == Dialect::Fosite && !is_before(Version::new(2, 14)),
        }
    }

    /// Whether any release of this kind is asked.
    #[must_use]
    pub fn includes_kind(self, kind: ProviderKind) -> bool {
        match kind {
            ProviderKind::PocketId => {
                let last_legacy = VersionSpan::of(Version::new(2, 9));
                self.includes(Dialect::Fosite, None) || self.includes(Dialect::Legacy, Some(last_legacy))
            }
            _ => self.includes(Dialect::Openid, None),
        }
    }

    /// Kinds and releases in words; empty for all.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::All => "",
            Self::OwnApi => "Pocket ID only",
            Self::DryRun => "Pocket ID from 2.10, other providers",
            Self::RedirectCheck => "Pocket ID 2.9",
            Self::CodeProbe => "other providers",
            Self::SecretList => "Pocket ID from 2.14",
            Self::PageAuthorize => "Pocket ID up to 2.9",
            Self::Interactions => "Pocket ID from 2.10",
        }
    }
}
