//! The closed list of what can break, and what each fault does.

mod change;
mod row;
mod table;

use super::{LabOptions, certificates::Shown, reply::Damage, state::LabState};
use crate::{
    model::{Credential, Side},
    providers::{ProviderKind, pocket_id::Version},
};

pub use table::Fault;

/// What a fault does.
#[derive(Clone, Copy)]
pub(super) enum Effect {
    /// Changes what a side holds.
    Change(fn(&mut LabState)),
    /// Changes what a new connection to a side meets.
    Wire(Side, Wire),
    /// Damages a side's answers on these paths; on all where the list is empty.
    Reply(Side, &'static [&'static str], Damage),
}

/// What a new connection meets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    /// The port is closed.
    Refused,
    /// A reset when the first byte comes.
    Reset,
    /// That certificate.
    Shows(Shown),
}

impl Fault {
    /// The fault of that id.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.id() == id)
    }

    /// Whether it can only be played on HTTPS.
    #[must_use]
    pub fn needs_tls(self) -> bool {
        matches!(self.effect(), Effect::Wire(_, Wire::Shows(_))) || self == Self::RedirectUrlHttp
    }

    /// Whether it changes anything in a lab of these options.
    #[must_use]
    pub fn plays_on(self, options: &LabOptions) -> bool {
        let is_pocket_ids_own = matches!(
            self,
            Self::ProviderThrottles
                | Self::DatabaseGone
                | Self::DatabaseHangs
                | Self::DatabaseLocked
                | Self::PasskeyDomainDiffers
                | Self::ClientPublic
                | Self::SigningKeyDiffers
                | Self::TokenIssuerDiffers
                | Self::TokenAudienceDiffers
                | Self::TokenEnded
        );
        let is_of_a_list_of_secrets = matches!(
            self,
            Self::SecretExpired | Self::SecretEndsSoon | Self::SecondSecret | Self::AnotherSecretEndsSoon
        );
        (options.tls || !self.needs_tls())
            && (options.kind == ProviderKind::PocketId || !is_pocket_ids_own)
            && (options.version >= Version::new(2, 9) || self != Self::ParRequired)
            && (options.version >= Version::new(2, 14) || !is_of_a_list_of_secrets)
            && !(options.es256 && self == Self::KeyWeak)
    }

    /// Why nothing is to be said of it, whatever the credentials; none where it must be found.
    #[must_use]
    pub fn why_silent(self) -> Option<&'static str> {
        Some(match self {
            Self::EndpointsElsewhere => "a base for servers that only Kasm's network knows is information",
            Self::ScopesListMissing => "a list that is not there refuses nothing",
            Self::KasmHealthHidden => "a proxy that hides one path says nothing of Kasm",
            Self::AutoLoginOn => "it is safe while the path behind it is verified",
            Self::LogoutOff => "it is a choice, and reported as such",
            Self::TwoConfigs => "two buttons that lead to one provider and are both right are fine",
            _ => return None,
        })
    }

    /// The credential without which it cannot be seen; none where it shows from outside.
    #[must_use]
    pub fn needs(self) -> Option<Credential> {
        self.row().needs
    }

    /// What it looks like, as a sentence.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// The public report that it replays, for example `kasmtech/workspaces-issues#894`; else empty.
    #[must_use]
    pub fn replays(self) -> &'static str {
        self.row().replays
    }

    /// Its id, in snake case.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.row().id
    }

    pub(super) fn effect(self) -> Effect {
        self.row().effect
    }

    /// The side whose connections must be made anew when it is switched.
    pub(super) fn connections_of(self) -> Option<Side> {
        match self.effect() {
            Effect::Wire(side, _) => Some(side),
            Effect::Change(_) | Effect::Reply(..) => None,
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}
