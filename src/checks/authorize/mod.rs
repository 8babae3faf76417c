//! The provider takes Kasm's authorization request.
//!
//! Without a key, these checks read the dry run: Kasm's own authorize URL with `prompt=none`. What it accepts is
//! proven. What it refuses is believed only while Pocket ID's database answers, since a failing database looks like an
//! unknown client.

use std::borrow::Cow;

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Credential, DryRun, Missing, Reason, SecretAnswer, SourceId},
    providers::{ProviderKind, pocket_id::ClientRegistration},
};

mod authorize_accepted;
mod client_id_agrees;
mod client_known;
mod par_not_required;
mod pkce_not_required;
mod redirect_uri_registered;
mod redirect_uri_secure;
mod response_type_supported;
mod scope_has_openid;
mod scope_list_shape;
mod scopes_supported;
mod state_returned;

pub(super) use redirect_uri_secure::insecure;
pub(super) use scopes_supported::unsupported;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[
    &client_id_agrees::CHECK,
    &client_known::CHECK,
    &redirect_uri_registered::CHECK,
    &redirect_uri_secure::CHECK,
    &pkce_not_required::CHECK,
    &par_not_required::CHECK,
    &scope_list_shape::CHECK,
    &scope_has_openid::CHECK,
    &scopes_supported::CHECK,
    &response_type_supported::CHECK,
    &state_returned::CHECK,
    &authorize_accepted::CHECK,
];

/// What a refusal is about, by the words of the provider: those of Pocket ID and Keycloak are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// A pushed authorization request is demanded.
    Par,
    /// A PKCE challenge is demanded.
    Pkce,
    /// A parameter did not arrive.
    Lost,
    /// The redirect URI is not registered.
    Redirect,
    /// The client is known and switched off.
    ClientDisabled,
    /// The client is known, and is one that only verifies tokens.
    BearerOnly,
    /// The client does not exist.
    Client,
    /// The provider, or the realm of it, is switched off.
    Realm,
    /// It demands https, and thinks that it is asked over http.
    Https,
    /// Something else.
    Other,
}

impl Refusal {
    /// Reads a provider's words. The order matters: a text about the redirect URI speaks of the client too.
    fn read(text: &str) -> Self {
        let text = text.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if has(&["pushed authorization", "pushed_authorization"]) {
            Self::Par
        } else if has(&["pkce", "code_challenge", "code challenge"]) {
            Self::Pkce
        } else if has(&["missing", "is required", "not provided", "must be provided"])
            && has(&["client_id", "client id", "redirect_uri", "response_type"])
        {
            Self::Lost
        } else if has(&["redirect_uri", "redirect uri", "redirect url", "callback url", "redirection uri"]) {
            Self::Redirect
        } else if has(&["bearer-only", "bearer only"]) {
            Self::BearerOnly
        } else if has(&["client disabled", "client is disabled", "application is disabled"]) {
            Self::ClientDisabled
        } else if has(&["realm not enabled", "realm is disabled"]) {
            Self::Realm
        } else if has(&["https required"]) {
            Self::Https
        } else if has(&["invalid_client", "record not found"])
            || (has(&["client", "application"])
                && has(&["unknown", "not found", "does not exist", "invalid", "not registered"]))
        {
            Self::Client
        } else {
            Self::Other
        }
    }

    /// Reads an error page: by what this kind of provider is known to say, else as any provider's. A page that is not there
    /// is no word about a client but with Pocket ID, which has such a 404, and with one whose words are known.
    fn of_page(case: &Case<'_>, status: u16, message: &str) -> Self {
        let answers = &case.profile().answers;
        let refusal = if answers.wrong_redirect.is_said_by(message) {
            Self::Redirect
        } else if answers.wrong_client.is_said_by(message) {
            Self::Client
        } else if answers.disabled_client.is_said_by(message) {
            Self::ClientDisabled
        } else {
            match Self::read(message) {
                Self::Client if status == 404 && case.kind != ProviderKind::PocketId => Self::Other,
                refusal => refusal,
            }
        };
        match refusal {
            // The provider knows the client otherwise: then what it was asked did not arrive whole.
            Self::Client if client_exists(case) == Some(true) => Self::Lost,
            refusal => refusal,
        }
    }
}

/// The dry run as far as it may be believed: a refusal by Pocket ID only while its database answers.
fn dry_run<'a>(case: &Case<'a>) -> Result<&'a DryRun, Missing> {
    if case.is_assumed {
        return Err(Missing::OutOfReach("what another release answered to the dry run says nothing here".to_owned()));
    }
    let dry_run = case.now.authorize_dry_run().get()?;
    let needs_database = case.kind == ProviderKind::PocketId && !dry_run.is_accepted();
    if needs_database && case.now.client_meta().ok().is_none() {
        return Err(Missing::Blocked { by: SourceId::ClientMeta });
    }
    Ok(dry_run)
}

/// Why the client as such is refused: nothing that is refused after it says more.
pub(super) fn refused_client(case: &Case<'_>) -> Option<&'static str> {
    const UNKNOWN: &str = "the provider does not know the client";
    if client_known::client_is_unknown(case) {
        return Some(UNKNOWN);
    }
    let DryRun::ErrorPage { status, message } = dry_run(case).ok()? else { return None };
    match Refusal::of_page(case, *status, message) {
        Refusal::Client => Some(UNKNOWN),
        Refusal::ClientDisabled => Some("the client is switched off at the provider"),
        Refusal::BearerOnly => Some("the client may not sign people in"),
        Refusal::Realm => Some("the realm is switched off"),
        _ => None,
    }
}

/// What the provider's own form would show, where the dry run does not tell: waits for the dry run if that failed this
/// time, else needs the key of an admin.
fn left_to_the_form(case: &Case<'_>) -> Missing {
    match dry_run(case) {
        Err(missing @ (Missing::Failed { .. } | Missing::Blocked { .. })) => missing,
        _ if case.kind != ProviderKind::PocketId => Missing::OutOfReach(
            "the dry run does not tell, and only this provider's administrator sees the client: compare it there"
                .to_owned(),
        ),
        _ => Missing::NotConfigured(Credential::ProviderAdminKey),
    }
}

/// The registration, where the dry run does not tell; what failed this time is reported before what is not configured.
fn registration<'a>(case: &Case<'a>) -> Result<&'a ClientRegistration, Missing> {
    match case.registration() {
        Ok(registration) => Ok(&registration.client),
        Err(Missing::NotConfigured(_) | Missing::NotApplicable(_)) => Err(left_to_the_form(case)),
        Err(missing) => Err(match dry_run(case) {
            Err(first @ (Missing::Failed { .. } | Missing::Blocked { .. })) => first,
            _ => missing,
        }),
    }
}

/// What cannot be evaluated of Kasm's authorize URL until another check holds, so that one fault has one check.
fn after(check: &str, why: &str) -> Missing {
    let detail = format!("{why}: evaluated once {check} holds");
    Missing::failed(SourceId::LoginStart, Reason::Blocked, detail)
}

/// Whether the provider is seen to know Kasm's client: by Pocket ID's public entry, or by a secret that proves it; none
/// where neither says so.
fn client_exists(case: &Case<'_>) -> Option<bool> {
    if let Some(meta) = case.now.client_meta().ok().filter(|meta| meta.is_app_client) {
        return Some(meta.name.is_some());
    }
    let proof = case.now.client_secret().ok()?;
    (proof.answer == SecretAnswer::Accepted).then_some(true)
}

/// The client id that Kasm sends.
fn client_id<'a>(case: &Case<'a>) -> Result<Option<&'a str>, Missing> {
    Ok(case.authorize_url()?.client_id.as_deref().filter(|id| !id.trim().is_empty()))
}

/// The scope that Kasm sends, as written; empty where there is none. Where no login starts, the stored one.
fn scope<'a>(case: &Case<'a>) -> Result<Cow<'a, str>, Missing> {
    match case.authorize_url() {
        Ok(url) => Ok(url.scope.as_deref().unwrap_or_default().into()),
        Err(missing) => {
            let stored = case.stored().ok().and_then(|stored| stored.scope.as_ref());
            stored.map(|entries| entries.join(" ").into()).ok_or(missing)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal;

    #[test]
    fn refusals_are_told_apart_by_the_words_of_real_providers() {
        for (text, expected) in [
            // Pocket ID 2.10 and 2.14, recorded.
            (
                "The 'redirect_uri' parameter does not match any of the OAuth 2.0 Client's pre-registered redirect \
                 urls.",
                Refusal::Redirect,
            ),
            ("The requested OAuth 2.0 Client does not exist.", Refusal::Client),
            ("This client requires PKCE, but the 'code_challenge' parameter is missing.", Refusal::Pkce),
            // Pocket ID 2.9, recorded.
            ("Invalid callback URL, it might be necessary for an admin to fix this", Refusal::Redirect),
            ("Record not found", Refusal::Client),
            ("This client requires pushed authorization requests", Refusal::Par),
            // oidc-provider.
            ("invalid_client: client is invalid", Refusal::Client),
            (
                "invalid_redirect_uri: redirect_uri did not match any of the client's registered redirect_uris",
                Refusal::Redirect,
            ),
            ("Something went wrong", Refusal::Other),
        ] {
            assert_eq!(Refusal::read(text), expected, "{text}");
        }
    }
}
