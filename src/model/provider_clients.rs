//! The clients that a provider has registered, and which targets watch them.

use serde::{Deserialize, Serialize};
use url::Url;

use super::TargetFacts;
use crate::{clock::Time, providers::pocket_id::SecretEntry};

/// The clients of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderClients {
    /// The clients, in the provider's order; at most so many as are asked for.
    pub clients: Vec<ProviderClient>,
    /// How many there are in all.
    pub total: u64,
}

/// One client. No secret: nobody can read one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderClient {
    /// The client ID.
    pub id: String,
    /// Its name, bounded.
    pub name: String,
    /// Its callbacks, which may be patterns; bounded.
    pub callbacks: Vec<String>,
    /// Whether it has no secret.
    pub is_public: Option<bool>,
    /// Whether the provider demands PKCE of it.
    pub requires_pkce: Option<bool>,
    /// Whether only some groups may sign in to it.
    pub is_restricted: Option<bool>,
    /// Its secrets, by their first characters and ends; none where the provider does not list them.
    pub secrets: Option<Vec<SecretEntry>>,
    /// When it was used last, where the provider says so.
    pub last_used_at: Option<Time>,
}

/// What is to be said of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackMark {
    /// It goes over plain HTTP to another host.
    PlainHttp,
    /// It is a pattern that takes more than one host.
    AnyHost,
    /// It is a pattern of one host's addresses.
    Pattern,
}

impl CallbackMark {
    /// In a few words.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::PlainHttp => "plain http",
            Self::AnyHost => "wildcard host",
            Self::Pattern => "wildcard",
        }
    }

    /// What is to be said of this callback; none where nothing is. Addresses of an app's own scheme are no web addresses,
    /// and loopback never leaves the host (RFC 8252, section 7.3).
    #[must_use]
    pub fn of(callback: &str) -> Option<Self> {
        let (scheme, rest) = callback.split_once("://").unwrap_or(("", callback));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if host.contains('*') || scheme.contains('*') || (scheme.is_empty() && callback.contains('*')) {
            return Some(Self::AnyHost);
        }
        if scheme.eq_ignore_ascii_case("http") && !is_loopback(host) {
            return Some(Self::PlainHttp);
        }
        let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        (is_web && rest.contains('*')).then_some(Self::Pattern)
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name == "::1" || name.starts_with("127.")
}

impl ProviderClient {
    /// The secrets that are accepted at that time.
    pub fn active_secrets(&self, at: Time) -> impl Iterator<Item = &SecretEntry> {
        let all = self.secrets.iter().flatten();
        all.filter(move |secret| secret.is_active && secret.expires_at.is_none_or(|end| end > at))
    }
}

/// Which target tells of all clients of a provider, so that only one does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientsToldBy {
    /// This one; with the apps of all targets of the provider.
    This(std::sync::Arc<[WatchedApp]>),
    /// The target of that name.
    Other(String),
}

/// A target that stands alone.
impl Default for ClientsToldBy {
    fn default() -> Self {
        Self::This(std::sync::Arc::default())
    }
}

/// An app that a target watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedApp {
    /// The target's name.
    pub target: String,
    /// The app's address.
    pub url: String,
    /// Whether the target has a key of its own for the provider, and so looks at its client's secrets itself.
    pub has_key: bool,
}

impl TargetFacts {
    /// The target that watches a client: this one where it is the client that its app names (`own`), else the one at whose
    /// address a callback is.
    #[must_use]
    pub fn watcher_of(&self, client: &ProviderClient, own: Option<&str>) -> Option<WatchedApp> {
        let this = WatchedApp { target: self.name.clone(), url: self.app.url.clone(), has_key: true };
        if own == Some(client.id.as_str()) || is_of_app(client, &this.url) {
            return Some(this);
        }
        let ClientsToldBy::This(apps) = &self.clients_told_by else { return None };
        apps.iter().find(|app| is_of_app(client, &app.url)).cloned()
    }
}

/// Whether one of the client's callbacks is at that address or below it; the scheme may be what is wrong with it.
fn is_of_app(client: &ProviderClient, app: &str) -> bool {
    let Ok(app) = Url::parse(app) else { return false };
    let base = app.path().trim_end_matches('/');
    client.callbacks.iter().filter_map(|callback| Url::parse(callback).ok()).any(|callback| {
        let rest = callback.path().strip_prefix(base);
        callback.host().is_some()
            && callback.host() == app.host()
            && callback.port() == app.port()
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Snapshot;

    fn client(callback: &str) -> ProviderClient {
        ProviderClient {
            id: "c9".to_owned(),
            name: "Grafana".to_owned(),
            callbacks: vec![callback.to_owned()],
            is_public: Some(false),
            requires_pkce: Some(false),
            is_restricted: Some(false),
            secrets: None,
            last_used_at: None,
        }
    }

    #[test]
    fn a_client_is_watched_by_the_target_at_whose_address_its_callback_is() {
        let mut facts = Snapshot::healthy().target;
        let app = WatchedApp {
            target: "grafana".to_owned(),
            url: "https://h.example.test/grafana".to_owned(),
            has_key: false,
        };
        facts.clients_told_by = ClientsToldBy::This([app].into());
        let watcher = |callback: &str, own| facts.watcher_of(&client(callback), own).map(|app| app.target);
        let rows = [
            ("https://h.example.test/grafana/login/generic_oauth", Some("grafana")),
            ("http://h.example.test/grafana/login/generic_oauth", Some("grafana")),
            ("https://h.example.test/grafana2/login", None),
            ("https://h.example.test:8443/grafana/login", None),
            ("https://kasm.example.test/api/oidc_callback", Some("home")),
            ("https://*.example.test/cb", None),
            ("app.immich:///oauth-callback", None),
            ("no address", None),
        ];
        for (callback, expected) in rows {
            assert_eq!(watcher(callback, None).as_deref(), expected, "{callback}");
        }
        assert_eq!(watcher("https://elsewhere.example.test/cb", Some("c9")).as_deref(), Some("home"));
    }

    #[test]
    fn callbacks_that_take_more_than_they_should_are_marked() {
        use CallbackMark::{AnyHost, Pattern, PlainHttp};
        for (callback, expected) in [
            ("https://kasm.example.test/api/oidc_callback", None),
            ("https://kasm.example.test/*", Some(Pattern)),
            ("https://*.example.test/cb", Some(AnyHost)),
            ("*", Some(AnyHost)),
            ("https://**", Some(AnyHost)),
            ("http://kasm.example.test/cb", Some(PlainHttp)),
            ("http://*.example.test/cb", Some(AnyHost)),
            ("http://localhost:3000/cb", None),
            ("http://127.0.0.1/*", Some(Pattern)),
            ("http://[::1]:8080/cb", None),
            ("app.immich:///oauth-callback", None),
        ] {
            assert_eq!(CallbackMark::of(callback), expected, "{callback}");
        }
    }
}
