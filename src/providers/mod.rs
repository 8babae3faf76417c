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

/// What is known of each kind's answers, as a Markdown table.
#[must_use]
pub fn markdown_table() -> String {
    let mut table =
        "| provider | `kind` | no session | unknown client | wrong redirect URI | wrong secret | how proven |\n\
                     | --- | --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    for kind in ProviderKind::ALL {
        let ProviderProfile { name, answers, evidence, .. } = profile(kind);
        let name = if kind == ProviderKind::Openid { "any other" } else { name };
        let looks = [answers.no_session, answers.wrong_client, answers.wrong_redirect, answers.wrong_secret];
        let looks = looks.map(Look::in_words).join(" | ");
        table += &format!("| {name} | `{}` | {looks} | {} |\n", kind.id(), evidence.in_words());
    }
    table
}

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
