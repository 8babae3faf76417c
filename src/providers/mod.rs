//! What is known of the kinds of OpenID providers.

pub mod pocket_id;

mod keycloak;
mod openid;
mod profile;

use pocket_id::ProviderKind;
pub use profile::{Forms, ProviderProfile};

/// The profile of a kind.
#[must_use]
pub fn profile(kind: ProviderKind) -> &'static ProviderProfile {
    match kind {
        ProviderKind::PocketId => &pocket_id::PROFILE,
        ProviderKind::Keycloak => &keycloak::PROFILE,
        ProviderKind::Openid => &openid::PROFILE,
    }
}
