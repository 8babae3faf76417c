//! The rules about addresses: what may be written for a provider and for a Kasm, and what was meant instead.

use url::{Host, Url};

/// Pages and endpoints that people paste where the provider's base is meant: what stands before them is the base.
const INSIDE_A_PROVIDER: [&str; 3] =
    ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"];

/// Pages and endpoints of providers: no base has one with a query. Without a query they may be an issuer's own path, and are
/// tried as given.
const PAGES: [&str; 5] = ["/authorize", "/login", "/settings", "/interaction", "/api/oidc"];

/// Reads the address of a provider: its issuer. The result has no trailing slash, query, fragment or userinfo.
///
/// # Errors
/// What is wrong with it, and what was meant. Holds no password.
pub(super) fn provider(text: &str) -> Result<Url, String> {
    let url = web_address(text)?;
    let path = url.path();
    let inside = INSIDE_A_PROVIDER.iter().find_map(|inside| path.find(inside));
    let is_page = url.query().is_some()
        && PAGES
            .iter()
            .any(|page| path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    if let Some(end) = inside.or(is_page.then_some(0)) {
        let base = format!("{}{}", origin(&url), &path[..end]);
        return Err(format!("that is an address inside the provider; write its base: \"{}\"", bare(&base)));
    }
    let base = format!("{}{path}", origin(&url));
    nothing_behind(&url, bare(&base))?;
    Ok(without_trailing_slash(url))
}

/// Reads the address of a Kasm, as users type it: no path.
///
/// # Errors
/// As [`provider`].
pub(super) fn kasm(text: &str) -> Result<Url, String> {
    let url = web_address(text)?;
    let origin = origin(&url);
    if url.path().starts_with("/api/oidc_callback") {
        return Err(format!("that is Kasm's callback; write its address as users type it: \"{origin}\""));
    }
    if url.path() != "/" {
        return Err(format!("Kasm's address has no path; write \"{origin}\""));
    }
    nothing_behind(&url, &origin)?;
    Ok(url)
}

/// Reads the address of any other app, as users type it: it may have a path.
///
/// # Errors
/// As [`provider`].
pub(super) fn app(text: &str) -> Result<Url, String> {
    let url = web_address(text)?;
    let base = format!("{}{}", origin(&url), url.path());
    nothing_behind(&url, bare(&base))?;
    Ok(without_trailing_slash(url))
}

/// Reads an address that people type on a command line, where the scheme may be left out; says so, if it was.
pub(super) fn with_scheme(text: &str) -> (String, Option<String>) {
    let text = text.trim();
    if text.contains("://") || text.is_empty() {
        return (text.to_owned(), None);
    }
    let full = format!("https://{text}");
    let note = format!("\"{text}\" has no scheme: taken as \"{full}\"");
    (full, Some(note))
}

/// Whether requests to this address stay on this host.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether what is sent to this address crosses a network unprotected.
pub(super) fn is_plain(url: &Url) -> bool {
    url.scheme() == "http" && !is_loopback(url)
}

/// Reads an address that is told something: whatever its path and query, since they are the receiver's own.
///
/// # Errors
/// What is wrong with it. Repeats nothing of it but its scheme: it may hold a token.
pub(super) fn outward(text: &str) -> Result<Url, String> {
    let text = text.trim();
    if !text.contains("://") {
        return Err("has no scheme; write https:// before it".to_owned());
    }
    let url = Url::parse(text).map_err(|error| format!("not an address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("\"{}://\" is no web address; write \"https://\" or \"http://\"", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or a password; give them by basic_auth".to_owned());
    }
    if url.fragment().is_some() {
        return Err("holds a fragment (\"#\"), which is never sent; leave it out".to_owned());
    }
    Ok(url)
}

fn web_address(text: &str) -> Result<Url, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("is empty; write an address such as \"https://id.example.com\"".to_owned());
    }
    if !text.contains("://") {
        return Err(format!("{text:?} has no scheme; write \"https://{text}\""));
    }
    let url = Url::parse(text).map_err(|error| format!("not an address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("\"{}://\" is no web address; write \"https://\" or \"http://\"", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let base = format!("{}{}", origin(&url), url.path());
        return Err(format!("holds a user name or a password; write \"{}\" and give them by basic_auth", bare(&base)));
    }
    Ok(url)
}

fn nothing_behind(url: &Url, meant: &str) -> Result<(), String> {
    match (url.query(), url.fragment()) {
        (None, None) => Ok(()),
        (Some(_), _) => Err(format!("holds a query (\"?\"); write \"{meant}\"")),
        (None, Some(_)) => Err(format!("holds a fragment (\"#\"); write \"{meant}\"")),
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn bare(base: &str) -> &str {
    base.trim_end_matches('/')
}

fn without_trailing_slash(mut url: Url) -> Url {
    let path = bare(url.path()).to_owned();
    url.set_path(&path);
    url
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn good_addresses_lose_their_trailing_slash_only() {
        for (text, read) in [
            ("https://id.example.com", "https://id.example.com/"),
            (" https://id.example.com/ ", "https://id.example.com/"),
            ("HTTPS://ID.example.com:443/", "https://id.example.com/"),
            ("http://127.0.0.1:1411", "http://127.0.0.1:1411/"),
            ("https://sso.example.com/realms/home/", "https://sso.example.com/realms/home"),
            ("https://[::1]:8443", "https://[::1]:8443/"),
            ("https://sso.example.com/authorizers", "https://sso.example.com/authorizers"),
            ("https://github.com/login/oauth", "https://github.com/login/oauth"),
            ("https://sso.example.com/api/oidc/tenant", "https://sso.example.com/api/oidc/tenant"),
        ] {
            assert_eq!(provider(text).unwrap().as_str(), read, "{text}");
        }
        assert_eq!(kasm("https://kasm.example.com:8443/").unwrap().as_str(), "https://kasm.example.com:8443/");
    }

    #[test]
    fn a_wrong_provider_address_says_what_was_meant() {
        for (text, says) in [
            ("", "is empty"),
            ("id.example.com", "\"id.example.com\" has no scheme; write \"https://id.example.com\""),
            ("localhost:1411", "\"localhost:1411\" has no scheme; write \"https://localhost:1411\""),
            ("ftp://id.example.com", "\"ftp://\" is no web address"),
            ("https://", "not an address: empty host"),
            ("https://me:hunter2@id.example.com", "write \"https://id.example.com\" and give them by basic_auth"),
            ("https://id.example.com/?x=1", "holds a query (\"?\"); write \"https://id.example.com\""),
            ("https://id.example.com/#top", "holds a fragment (\"#\"); write \"https://id.example.com\""),
            ("https://id.example.com/.well-known/openid-configuration", "write its base: \"https://id.example.com\""),
            (
                "https://sso.example.com/realms/a/.well-known/openid-configuration",
                "\"https://sso.example.com/realms/a\"",
            ),
            ("https://id.example.com/authorize?client_id=a", "write its base: \"https://id.example.com\""),
        ] {
            let error = provider(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_wrong_kasm_address_says_what_was_meant() {
        for (text, says) in [
            ("kasm.example.com", "has no scheme; write \"https://kasm.example.com\""),
            ("https://kasm.example.com/api/oidc_callback", "that is Kasm's callback"),
            ("https://kasm.example.com:8443/app", "has no path; write \"https://kasm.example.com:8443\""),
            ("https://kasm.example.com/#/login", "holds a fragment (\"#\"); write \"https://kasm.example.com\""),
        ] {
            let error = kasm(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn loopback_is_this_host_only() {
        for (text, expected) in [
            ("http://localhost:1411", true),
            ("http://kasm.localhost", true),
            ("http://127.9.9.9", true),
            ("http://[::1]", true),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn a_scheme_is_added_on_the_command_line_and_said() {
        assert_eq!(with_scheme("https://a.example"), ("https://a.example".to_owned(), None));
        let (full, note) = with_scheme("localhost:1411");
        assert_eq!(full, "https://localhost:1411");
        assert!(note.unwrap().contains("taken as"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(https?://)?\\PC*") {
            let _ = provider(&text);
            let _ = kasm(&text);
        }
    }
}
