//! The profile of a kind of provider: its words, for texts that say what to do.

use super::openid;

/// What is known of a kind of provider.
#[derive(Debug)]
pub struct ProviderProfile {
    /// Its name as a sentence has it.
    pub name: &'static str,
    /// Its forms and settings.
    pub forms: Forms,
    /// How to fix what a check finds, by the check's id; what is not here is as at any OpenID provider. None where the
    /// checks' own texts are for this kind, as they are for Pocket ID.
    pub fixes: Option<&'static [(&'static str, &'static str)]>,
}

/// What to change at a provider: where its form has it, or a whole sentence.
#[derive(Debug)]
pub struct Forms {
    /// Where the app's client secret is made.
    pub secret: &'static str,
    /// A sentence: let the client sign people in by the authorization code flow.
    pub code_flow: &'static str,
    /// A sentence: switch the client on.
    pub client_on: &'static str,
    /// Where the scopes are that the client may use.
    pub scopes: &'static str,
    /// A sentence: let the client authenticate by its ID and secret.
    pub authentication: &'static str,
    /// A sentence: switch the provider, or the realm, on.
    pub provider_on: &'static str,
    /// A sentence: it demands https and sees http.
    pub https: &'static str,
}

impl ProviderProfile {
    /// How to fix what a check finds: `own` is the check's own text.
    #[must_use]
    pub fn fix(&self, check: &str, own: &'static str) -> &'static str {
        let Some(fixes) = self.fixes else { return own };
        let mut all = fixes.iter().chain(openid::PROFILE.fixes.unwrap_or_default());
        all.find(|(id, _)| *id == check).map_or(own, |(_, fix)| *fix)
    }
}
