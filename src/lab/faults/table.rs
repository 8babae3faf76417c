//! One row per fault: its name, its id, what it looks like, the report that it replays, the credential that it needs
//! to be seen, and what it does.

use super::{Effect, Wire};
use crate::model::Side::{Kasm, Provider};
use crate::{lab::certificates::Shown, model::Credential};

/// All that is known of a fault.
pub(super) struct Row {
    pub id: &'static str,
    pub title: &'static str,
    pub replays: &'static str,
    pub needs: Option<Credential>,
    pub effect: Effect,
}

macro_rules! faults {
    ($($name:ident $id:literal $title:literal $replays:literal $needs:expr => $effect:expr;)+) => {
        /// What can break. The list is closed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault {
            $(#[doc = $title] $name,)+
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            pub(super) fn row(self) -> Row {
                match self {
                    $(Self::$name => Row {
                        id: $id,
                        title: $title,
                        replays: $replays,
                        needs: $needs,
                        effect: $effect,
                    },)+
                }
            }
        }
    };
}

faults! {
    ProviderRefused "provider_refused" "Pocket ID's port is closed" "" None
        => Effect::Wire(Provider, Wire::Refused);
    KasmRefused "kasm_refused" "Kasm's port is closed" "" None
        => Effect::Wire(Kasm, Wire::Refused);
    ProviderCertificateExpired "provider_certificate_expired" "Pocket ID's certificate has expired" "" None
        => Effect::Wire(Provider, Wire::Shows(Shown::Expired));
}
