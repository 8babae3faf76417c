//! What the app's own start of a login asks the provider for, and what comes back at the redirect URI.

use std::fmt;

use url::{Position, Url};

use crate::{collect::transport::fetch_error::bounded, config::Secret, oidc::AuthorizeUrl};

/// The most scopes that are noted.
const MOST_SCOPES: usize = 30;

/// An authorization request as the app made it.
pub(super) struct AuthRequest {
    /// The authorize URL as written.
    pub url: Url,
    /// What it asks for.
    pub asks: AuthorizeUrl,
    /// Where the answer must go.
    pub redirect_uri: Url,
    /// The app's state.
    pub state: Secret,
}

impl fmt::Debug for AuthRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthRequest").field("asks", &self.asks).finish_non_exhaustive()
    }
}

impl AuthRequest {
    /// Reads the authorize URL that the app gives.
    ///
    /// # Errors
    /// What it lacks.
    pub(super) fn read(raw: &str, asks: AuthorizeUrl) -> Result<Self, &'static str> {
        let url = Url::parse(raw).map_err(|_| "its authorize URL is none")?;
        if asks.client_id.as_deref().is_none_or(str::is_empty) {
            return Err("its authorize URL names no client");
        }
        let redirect_uri = asks.redirect_uri.as_deref().and_then(|text| Url::parse(text).ok());
        let redirect_uri = redirect_uri.ok_or("its authorize URL has no redirect URI")?;
        let state = url.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned());
        Ok(Self { asks, redirect_uri, state: Secret::new(state.unwrap_or_default()), url })
    }

    /// The client.
    pub(super) fn client_id(&self) -> &str {
        self.asks.client_id.as_deref().unwrap_or_default()
    }

    /// A parameter as the app sent it.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
    }
}

/// What came back at the redirect URI.
pub(super) struct Callback {
    /// The whole address: it holds the code.
    pub url: Url,
    /// The code.
    pub code: Secret,
    /// The scopes that were granted, where it says so.
    pub scopes: Vec<String>,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback(..)")
    }
}

/// What an address at the redirect URI is not.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoCallback {
    /// It is another address.
    Elsewhere,
    /// It brings an OAuth error, with its description.
    Error(String, String),
    /// It brings the state changed.
    State,
    /// It names another issuer (RFC 9207).
    Issuer(String),
    /// It brings no code.
    NoCode,
}

impl Callback {
    /// Reads an address that a browser would be sent to. `issuers` are the names of the provider: one that stands beside
    /// the code must be among them, and none need stand there.
    pub(super) fn read(url: &Url, request: &AuthRequest, issuers: &[&str]) -> Result<Self, NoCallback> {
        let wanted = &request.redirect_uri;
        let place = |url: &Url| url[..Position::AfterPath].to_owned();
        let own_pairs = wanted.query_pairs().all(|pair| url.query_pairs().any(|other| other == pair));
        if place(url) != place(wanted) || !own_pairs {
            return Err(NoCallback::Elsewhere);
        }
        let get = |name: &str| url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
        if get("state").unwrap_or_default() != request.state.expose() {
            return Err(NoCallback::State);
        }
        if let Some(error) = get("error") {
            return Err(NoCallback::Error(bounded(&error), bounded(&get("error_description").unwrap_or_default())));
        }
        let plain = |text: &str| text.trim_end_matches('/').to_owned();
        if let Some(issuer) = get("iss")
            && !issuers.iter().any(|own| plain(own) == plain(&issuer))
        {
            return Err(NoCallback::Issuer(bounded(&issuer)));
        }
        let code = get("code").filter(|code| !code.is_empty()).ok_or(NoCallback::NoCode)?;
        let scopes = get("scope").unwrap_or_default();
        let scopes = scopes.split_whitespace().take(MOST_SCOPES).map(bounded).collect();
        Ok(Self { url: url.clone(), code: Secret::new(code), scopes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://id.example.test/authorize?client_id=c1&state=s-123456&scope=openid&\
                       redirect_uri=https%3A%2F%2Fkasm.example.test%2Fapi%2Foidc_callback";

    fn request() -> AuthRequest {
        AuthRequest::read(URL, AuthorizeUrl::parse(URL).unwrap()).unwrap()
    }

    fn read(text: &str) -> Result<Callback, NoCallback> {
        Callback::read(&Url::parse(text).unwrap(), &request(), &["https://id.example.test"])
    }

    #[test]
    fn a_code_is_taken_with_the_apps_state_and_with_or_without_the_issuer() {
        let at = "https://kasm.example.test/api/oidc_callback?state=s-123456";
        for more in ["&code=c", "&code=c&iss=https%3A%2F%2Fid.example.test", "&code=c&iss=https://id.example.test/"] {
            assert_eq!(read(&format!("{at}{more}")).unwrap().code.expose(), "c", "{more}");
        }
        let scopes = read(&format!("{at}&code=c&scope=openid+email")).unwrap().scopes;
        assert_eq!(scopes, ["openid", "email"]);
        for (text, expected) in [
            (format!("{at}&code=c&iss=https://other.test"), NoCallback::Issuer("https://other.test".to_owned())),
            (at.to_owned(), NoCallback::NoCode),
            (format!("{at}&error=access_denied"), NoCallback::Error("access_denied".to_owned(), String::new())),
            (at.replace("s-123456", "s-12345") + "&code=c", NoCallback::State),
            (at.replace("?state=s-123456", "?code=c"), NoCallback::State),
            (at.replace("kasm", "evil") + "&code=c", NoCallback::Elsewhere),
            (at.replace("https", "http") + "&code=c", NoCallback::Elsewhere),
            (at.replace("callback", "callback/x") + "&code=c", NoCallback::Elsewhere),
        ] {
            assert_eq!(read(&text).unwrap_err(), expected, "{text}");
        }
    }
}
