//! The registered clients, and which redirect URI each takes.

use url::Url;

use crate::providers::pocket_id::Version;

/// A client as Pocket ID registers it.
#[derive(Debug, Clone)]
pub(in crate::lab) struct Client {
    pub id: String,
    /// Kept, so that other faults still find it.
    pub is_deleted: bool,
    pub name: &'static str,
    /// The secrets that are active; none for a public client.
    pub secrets: Vec<String>,
    /// Secrets that have ended: listed, and refused (2.14 and later).
    pub ended_secrets: Vec<String>,
    /// Days since its secrets were made (2.14 and later).
    pub secret_days_old: i64,
    /// Days until the active secrets end, where they do (2.14 and later).
    pub secret_days_left: Option<i64>,
    pub callback_urls: Vec<String>,
    pub is_public: bool,
    pub pkce_required: bool,
    pub par_required: bool,
    pub requires_reauthentication: bool,
    /// Names of the groups that may sign in; none where everybody may.
    pub allowed_groups: Option<Vec<&'static str>>,
    pub logout_callback_urls: Vec<String>,
    /// Whether it stands in the list of clients, as those of the recordings do: the others are there for what they refuse.
    pub is_listed: bool,
}

impl Client {
    /// The id of Kasm's client.
    pub(in crate::lab) const KASM: &'static str = "00000000-0000-4000-8000-0000000000c1";
    /// The secret of Kasm's client.
    pub(in crate::lab) const KASM_SECRET: &'static str = "KasmClientSecretPlaceholder00001";

    /// The clients that the recordings were made with; Kasm's, which has these secrets, is the first.
    pub(in crate::lab) fn known(callback: &str, kasm: &str, secrets: Vec<String>) -> Vec<Self> {
        let client = |number: u8, name: &'static str, secret: &str| {
            let id = format!("00000000-0000-4000-8000-0000000000c{number}");
            Self { is_listed: number <= 5, ..Self::of_app((&id, name, secret), callback, kasm) }
        };
        let insecure = callback.replacen("https:", "http:", 1);
        vec![
            Self { secrets, allowed_groups: Some(vec!["kasm-users"]), ..client(1, "Kasm Workspaces", "") },
            Self { pkce_required: true, ..client(2, "PKCE client", "PkceClientSecretPlaceholder00002") },
            Self {
                allowed_groups: Some(vec!["nobody"]),
                ..client(3, "Closed client", "ClosedClientSecretPlaceholder003")
            },
            Self { par_required: true, ..client(4, "PAR client", "ParClientSecretPlaceholder000004") },
            Self { is_public: true, pkce_required: true, secrets: Vec::new(), ..client(5, "Public client", "") },
            Self { callback_urls: vec![insecure], ..client(6, "HTTP client", "HttpClientSecretPlaceholder00006") },
            Self {
                callback_urls: vec![format!("{callback}#frag")],
                ..client(7, "Fragment client", "FragmentClientSecretPlaceholder7")
            },
            Self { callback_urls: Vec::new(), ..client(8, "New client", "NewClientSecretPlaceholder000008") },
            Self {
                callback_urls: vec!["https://*.example.test/*".to_owned()],
                ..client(9, "Pattern client", "PatternClientSecretPlaceholder09")
            },
        ]
    }

    /// A client that everybody may use, with its id, its name and its secret.
    pub(in crate::lab) fn of_app(
        (id, name, secret): (&str, &'static str, &str),
        callback: &str,
        after_logout: &str,
    ) -> Self {
        Self {
            id: id.to_owned(),
            is_deleted: false,
            name,
            secrets: vec![secret.to_owned()],
            ended_secrets: Vec::new(),
            secret_days_old: 1,
            secret_days_left: None,
            callback_urls: vec![callback.to_owned()],
            is_public: false,
            pkce_required: false,
            par_required: false,
            requires_reauthentication: false,
            allowed_groups: None,
            logout_callback_urls: vec![after_logout.to_owned()],
            is_listed: true,
        }
    }

    /// Whether a redirect URI is registered.
    ///
    /// From 2.4 the host is compared without case and a default port counts as none; before, texts are compared.
    pub(in crate::lab) fn takes(&self, redirect_uri: &str, version: Version) -> bool {
        // From 2.10 a fragment is refused, even one that is registered (#1587).
        if version >= Version::new(2, 10) && redirect_uri.contains('#') {
            return false;
        }
        let normal = |text: &str| match Url::parse(text) {
            Ok(url) if version >= Version::new(2, 4) => url.to_string(),
            _ => text.to_owned(),
        };
        let given = normal(redirect_uri);
        self.callback_urls.iter().any(|registered| {
            if registered.contains('*') {
                matches_pattern(registered, redirect_uri)
            } else {
                normal(registered) == given || same_but_for_the_port_of_loopback(registered, redirect_uri)
            }
        })
    }
}

/// Loopback addresses on plain HTTP may use any port (RFC 8252, section 7.3).
fn same_but_for_the_port_of_loopback(registered: &str, given: &str) -> bool {
    let (Ok(mut registered), Ok(mut given)) = (Url::parse(registered), Url::parse(given)) else { return false };
    let is_loopback = |url: &Url| url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "[::1]"));
    is_loopback(&registered)
        && is_loopback(&given)
        && registered.set_port(None).is_ok()
        && given.set_port(None).is_ok()
        && registered == given
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Version = Version::new(2, 14);

    fn client(callback: &str) -> Client {
        Client::known(callback, "https://kasm.example.test", Vec::new()).remove(0)
    }

    #[test]
    fn a_redirect_uri_must_agree_to_the_last_slash() {
        let kasm = client("https://kasm.example.test/api/oidc_callback");
        for (given, is_taken) in [
            ("https://kasm.example.test/api/oidc_callback", true),
            ("https://KASM.example.test/api/oidc_callback", true),
            ("https://kasm.example.test:443/api/oidc_callback", true),
            ("https://kasm.example.test/api/oidc_callback/", false),
            ("https://kasm.example.test/API/oidc_callback", false),
            ("http://kasm.example.test/api/oidc_callback", false),
            ("https://kasm.example.test/api/oidc_callback?x=1", false),
            ("https://kasm.example.test/api/oidc_callback#f", false),
        ] {
            assert_eq!(kasm.takes(given, NEW), is_taken, "{given}");
        }
        assert!(!kasm.takes("https://KASM.example.test/api/oidc_callback", Version::new(2, 3)));
    }

    #[test]
    fn loopback_takes_any_port_and_a_star_takes_any_text() {
        assert!(client("http://127.0.0.1:1/cb").takes("http://127.0.0.1:2/cb", NEW));
        assert!(!client("http://127.0.0.1:1/cb").takes("http://127.0.0.1:2/other", NEW));
        assert!(!client("http://192.0.2.1:1/cb").takes("http://192.0.2.1:2/cb", NEW));
        assert!(client("https://*.example.test/*").takes("https://kasm.example.test/cb", NEW));
        assert!(!client("https://*.example.test/*").takes("https://example.org/cb", NEW));
    }
}
