//! Which app a client is for, by the paths of its callbacks.
//!
//! A path that several kinds share, such as the root, recognises none; but for Gitea's, which are Forgejo's too and start the
//! same login.

use super::AppKind;

/// What the callbacks of a client say of its app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownApp {
    /// The kind: what `app.kind` says.
    pub kind: AppKind,
    /// The app's address: what stands before the callback's path.
    pub url: String,
    /// The name under which the app knows the provider, where it is a part of the callback.
    pub provider: Option<String>,
}

/// The app that these callbacks are of; none where they are of no known kind, or not of one host.
#[must_use]
pub fn kind_of_callbacks(callbacks: &[String]) -> Option<KnownApp> {
    callbacks.iter().filter_map(|callback| known_app(callback)).min_by_key(|(rank, _)| *rank).map(|(_, app)| app)
}

/// The app of one callback. Of several that fit, the one with the most of its path spelled out ranks first; a name of one
/// segment, such as `/login`, fits the root of a host alone.
fn known_app(callback: &str) -> Option<(usize, KnownApp)> {
    let (scheme, rest) = callback.split_once("://")?;
    let is_web = ["https", "http"].contains(&scheme.to_ascii_lowercase().as_str());
    let start = rest.find('/')?;
    let (host, path) = rest.split_at(start);
    if !is_web || host.is_empty() || host.contains('*') {
        return None;
    }
    let patterns = AppKind::ALL
        .into_iter()
        .flat_map(|kind| kind.profile().callbacks.iter().map(move |pattern| (kind, *pattern)))
        .filter(|(_, pattern)| *pattern != "/");
    let fitting = patterns.filter_map(|(kind, pattern)| {
        let (base, provider) = fits(pattern, path)?;
        let spelled_out = pattern.split('/').filter(|segment| !segment.is_empty() && *segment != "{provider}").count();
        let is_vague = spelled_out < 2 && !base.is_empty();
        let rank = 10usize.saturating_sub(spelled_out);
        (!is_vague).then(|| (rank, KnownApp { kind, url: format!("{scheme}://{host}{base}"), provider }))
    });
    fitting.min_by_key(|(rank, _)| *rank)
}

/// What stands before a pattern at the end of a path, and the segment in the provider's place.
fn fits<'p>(pattern: &str, path: &'p str) -> Option<(&'p str, Option<String>)> {
    let wanted: Vec<&str> = pattern.split('/').collect();
    let given: Vec<&str> = path.split('/').collect();
    // The first of both is empty: what stands before the first slash.
    let before = (given.len() + 1).checked_sub(wanted.len()).filter(|before| *before > 0)?;
    let mut provider = None;
    for (wanted, given) in wanted.iter().skip(1).zip(given.iter().skip(before)) {
        match *wanted {
            "{provider}" if !given.is_empty() && !given.contains('*') => provider = Some((*given).to_owned()),
            wanted if wanted == *given => {}
            _ => return None,
        }
    }
    let base: usize = given.iter().take(before).map(|segment| segment.len() + 1).sum();
    Some((path.get(..base.saturating_sub(1))?, provider))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(callbacks: &[&str]) -> Option<String> {
        let callbacks: Vec<String> = callbacks.iter().map(|callback| (*callback).to_owned()).collect();
        let KnownApp { kind, url, provider } = kind_of_callbacks(&callbacks)?;
        Some(
            [Some(kind.id()), Some(url.as_str()), provider.as_deref()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
        )
    }

    #[test]
    fn an_app_is_recognised_by_its_callback_with_its_address() {
        for (callback, expected) in [
            ("https://kasm.example.test/api/oidc_callback", "kasm https://kasm.example.test"),
            ("https://kasm.example.test:8443/api/oidc_callback", "kasm https://kasm.example.test:8443"),
            ("https://h.example.test/grafana/login/generic_oauth", "grafana https://h.example.test/grafana"),
            ("https://git.example.test/user/oauth2/pocketid/callback", "gitea https://git.example.test pocketid"),
            ("https://p.example.test/accounts/oidc/id/login/callback/", "paperless https://p.example.test id"),
            (
                "https://a.example.test/audiobookshelf/auth/openid/callback",
                // Its callback has that folder wherever it is served.
                "audiobookshelf https://a.example.test",
            ),
            ("https://v.example.test/auth/openid/pocketid", "vikunja https://v.example.test pocketid"),
            ("https://m.example.test/login", "mealie https://m.example.test"),
            ("https://i.example.test/auth/login", "immich https://i.example.test"),
        ] {
            assert_eq!(said(&[callback]).as_deref(), Some(expected), "{callback}");
        }
        assert_eq!(
            said(&[
                "app.immich:///oauth-callback",
                "https://i.example.test/user-settings",
                "https://i.example.test/auth/login"
            ])
            .as_deref(),
            Some("immich https://i.example.test")
        );
    }

    #[test]
    fn what_many_have_or_nobody_knows_is_not_recognised() {
        for callback in [
            "https://portainer.example.test/",
            "https://portainer.example.test",
            "https://x.example.test/sub/login",
            "https://x.example.test/callback",
            "https://*.example.test/api/oidc_callback",
            "https://x.example.test/user/oauth2/*/callback",
            "https://x.example.test/api/oidc_callback/",
            "custom://x/api/oidc_callback",
            "",
            "/api/oidc_callback",
        ] {
            assert_eq!(said(&[callback]), None, "{callback}");
        }
    }
}
