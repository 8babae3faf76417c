//! The profile of a kind of provider: how it is recognised, how its answers look, and its words for fixes.

use super::{Mark, openid};

/// What is known of a kind of provider.
#[derive(Debug)]
pub struct ProviderProfile {
    /// Its name as a sentence has it.
    pub name: &'static str,
    /// What its discovery document shows: one of these lists, all of it. Empty for what is never recognised.
    pub marks: &'static [&'static [Mark]],
    /// How faults look there to somebody who is not signed in.
    pub answers: Answers,
    /// Where that is from.
    pub evidence: Evidence,
    /// Its forms and settings.
    pub forms: Forms,
    /// How to fix what a check finds, by the check's id; what is not here is as at any OpenID provider. None where the
    /// checks' own texts are for this kind, as they are for Pocket ID.
    pub fixes: Option<&'static [(&'static str, &'static str)]>,
}

/// How much what is known of a provider's answers is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Asked of a real server of that release in every run of the tests.
    Tested(&'static str),
    /// Asked of a real server of that release.
    Measured(&'static str),
    /// Read in its documentation or its source, and never asked.
    Documented(&'static str),
    /// Nothing but the specifications.
    Specified,
}

impl Evidence {
    /// In a few words, for a table.
    #[must_use]
    pub fn in_words(self) -> String {
        match self {
            Self::Tested(release) => format!("tested with a real server: {release}"),
            Self::Measured(release) => format!("measured on a real server: {release}"),
            Self::Documented(source) => format!("documented: {source}"),
            Self::Specified => "the specifications".to_owned(),
        }
    }
}

/// How faults look.
#[derive(Debug)]
pub struct Answers {
    /// `prompt=none` without a session, where all is right.
    pub no_session: Look,
    /// A client that it does not know.
    pub wrong_client: Look,
    /// A redirect URI that is not registered.
    pub wrong_redirect: Look,
    /// A client that is switched off.
    pub disabled_client: Look,
    /// PKCE that it demands, and the app does not use.
    pub pkce_missing: Look,
    /// A wrong secret, at the token endpoint.
    pub wrong_secret: Look,
}

impl Answers {
    /// Nothing is known but what the specifications demand.
    pub const SPECIFIED: Self = Self {
        no_session: Look::Back("login_required"),
        wrong_client: Look::Unknown,
        wrong_redirect: Look::Unknown,
        disabled_client: Look::Unknown,
        pkce_missing: Look::Back("invalid_request"),
        wrong_secret: Look::Token("invalid_client"),
    };
}

/// How one fault looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// An error page of its own, or JSON in its place, that holds these words, in lower case.
    Page(&'static str),
    /// Back to the app with this OAuth error.
    Back(&'static str),
    /// Refused by the token endpoint with this OAuth error.
    Token(&'static str),
    /// Its login page: the request is looked at after sign-in only.
    Login,
    /// There is no such thing there.
    None,
    /// Not known.
    Unknown,
}

impl Look {
    /// Whether an error page says this.
    #[must_use]
    pub fn is_said_by(self, page: &str) -> bool {
        matches!(self, Self::Page(words) if page.to_lowercase().contains(words))
    }

    /// In a few words, for a table.
    #[must_use]
    pub fn in_words(self) -> String {
        match self {
            Self::Page(words) => format!("page \"{words}\""),
            Self::Back(error) => format!("back to the app: `{error}`"),
            Self::Token(error) => format!("`{error}`"),
            Self::Login => "login page".to_owned(),
            Self::None => "-".to_owned(),
            Self::Unknown => "not known".to_owned(),
        }
    }
}

/// What to change at a provider: where its form has it, or a whole sentence.
#[derive(Debug)]
pub struct Forms {
    /// Where the app's client secret is made.
    pub secret: &'static str,
    /// Where the client's redirect URIs are registered.
    pub redirects: &'static str,
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
