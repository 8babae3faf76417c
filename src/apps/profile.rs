//! The profile of a kind of app: how its login starts, what it sends, and its words, for texts that say what to do.

use super::{AppKind, KnownStart};

/// What is known of a kind of app.
#[derive(Debug)]
pub struct AppProfile {
    /// The kind.
    pub kind: AppKind,
    /// What `app.kind` says.
    pub id: &'static str,
    /// Its name as a sentence has it.
    pub title: &'static str,
    /// How its login starts; none where code of its own does that, or the configuration says it.
    pub start: Option<KnownStart>,
    /// Whether the app knows the provider under a name, which is a part of its addresses.
    pub provider_name: ProviderName,
    /// The paths of its callback below its address; `{provider}` is one segment. Empty where the operator chooses it.
    pub callbacks: &'static [&'static str],
    /// Whether the callback that it sends is the one that the start's own request names, which proves nothing of it.
    pub callback_is_asked: bool,
    /// Whether it sends a PKCE challenge.
    pub pkce: Pkce,
    /// The scopes that it cannot do without.
    pub scopes: &'static [&'static str],
    /// The claims that it reads by default.
    pub claims: &'static [&'static str],
    /// Its forms and settings.
    pub forms: AppForms,
    /// What a start leaves behind at the app, in words.
    pub leaves: &'static str,
    /// Whether that is a row or a file: such a start is asked at most every 15 minutes.
    pub leaves_row: bool,
    /// Whether every start makes the app's server ask the provider, which proves its back channel.
    pub asks_provider: bool,
    /// The path of its health check below its address.
    pub health: Option<&'static str>,
    /// Where this is from.
    pub source: &'static str,
    /// How sure it is.
    pub grade: Grade,
}

/// Whether the app knows the provider under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderName {
    /// No.
    None,
    /// Yes; this one where the configuration says nothing.
    Default(&'static str),
    /// Yes, and only the operator knows it: what the name is, in words.
    Needed(&'static str),
    /// Yes; without one, the only provider that the app shows is meant.
    Only,
}

/// Whether an app sends a PKCE challenge (RFC 7636).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pkce {
    /// Always.
    Always,
    /// Where the provider's discovery document lists `S256`.
    WhenAnnounced,
    /// As a setting of the app says.
    Setting,
    /// Never.
    Never,
    /// Not known.
    Unknown,
}

/// What to change at an app: where its form has it, or a whole sentence.
#[derive(Debug)]
pub struct AppForms {
    /// Where its settings for OpenID Connect are.
    pub settings: &'static str,
    /// A sentence: what makes the address of its callback right, also behind a proxy.
    pub address: &'static str,
    /// Where PKCE is switched.
    pub pkce: &'static str,
}

/// How sure the facts of a profile are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// Run against real providers by the tests of this repository (`tests/it/interop/relying_parties.rs`).
    Tested,
    /// Run once against a real provider.
    Measured,
    /// Read in the app's source.
    Source,
    /// As its documentation says.
    Documented,
    /// Believed, and read nowhere: never the reason for a verdict that fails.
    Guess,
}

impl Grade {
    /// In words.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Tested => "tested",
            Self::Measured => "measured",
            Self::Source => "read in source",
            Self::Documented => "documented",
            Self::Guess => "unconfirmed",
        }
    }
}

impl Pkce {
    /// In words.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::WhenAnnounced => "where the provider announces it",
            Self::Setting => "a setting",
            Self::Never => "never",
            Self::Unknown => "not known",
        }
    }
}

impl AppProfile {
    /// The callback paths with the name under which the app knows the provider, where that is known.
    #[must_use]
    pub fn callback_paths(&self, provider: Option<&str>) -> Vec<String> {
        let path = |path: &&str| match provider.or(self.default_provider()) {
            Some(name) => path.replace("{provider}", name),
            None => (*path).to_owned(),
        };
        self.callbacks.iter().map(path).collect()
    }

    /// The name under which the app knows the provider, where it has one of its own accord.
    #[must_use]
    pub fn default_provider(&self) -> Option<&'static str> {
        match self.provider_name {
            ProviderName::Default(name) => Some(name),
            ProviderName::None | ProviderName::Needed(_) | ProviderName::Only => None,
        }
    }
}

/// Whether a path is one of a pattern, in which `{provider}` is one segment.
#[must_use]
pub fn is_path_of(pattern: &str, path: &str) -> bool {
    let (mut expected, mut actual) = (pattern.split('/'), path.split('/'));
    loop {
        match (expected.next(), actual.next()) {
            (None, None) => return true,
            (Some("{provider}"), Some(segment)) if !segment.is_empty() => {}
            (Some(expected), Some(actual)) if expected == actual => {}
            _ => return false,
        }
    }
}
