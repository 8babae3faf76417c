//! What is known of the kinds of OpenID providers.

pub mod pocket_id;

mod catalogue;
mod keycloak;
mod kind;
mod openid;
mod profile;
#[cfg(test)]
mod tests;

pub use kind::{Mark, ProviderKind, Recognised, recognise};
pub use profile::{Answers, Evidence, Forms, Look, ProviderProfile};

/// The profile of a kind.
#[must_use]
pub fn profile(kind: ProviderKind) -> &'static ProviderProfile {
    match kind {
        ProviderKind::PocketId => &pocket_id::PROFILE,
        ProviderKind::Keycloak => &keycloak::PROFILE,
        ProviderKind::Authentik => &catalogue::AUTHENTIK,
        ProviderKind::Authelia => &catalogue::AUTHELIA,
        ProviderKind::Zitadel => &catalogue::ZITADEL,
        ProviderKind::Kanidm => &catalogue::KANIDM,
        ProviderKind::Dex => &catalogue::DEX,
        ProviderKind::Lemonldap => &catalogue::LEMONLDAP,
        ProviderKind::OidcProvider => &catalogue::OIDC_PROVIDER,
        ProviderKind::Google => &catalogue::GOOGLE,
        ProviderKind::Entra => &catalogue::ENTRA,
        ProviderKind::Okta => &catalogue::OKTA,
        ProviderKind::Auth0 => &catalogue::AUTH0,
        ProviderKind::Openid => &openid::PROFILE,
    }
}
