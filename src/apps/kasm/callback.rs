//! What Kasm's callback answers a browser with that comes back with a code (`reported` and `unconfirmed` in part: never
//! measured on a real Kasm).

/// What a page says that Kasm answers with instead of a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackAnswer {
    /// The user is refused: a local user of that name, or one of another config (`OIDC login rejected: ...`).
    UserRefused,
    /// There is no user name in the claims (`Unable to processes OIDC login`).
    NoUserName,
    /// Nothing that is known.
    Unknown,
}

impl CallbackAnswer {
    /// Reads a page.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body).to_lowercase();
        if text.contains("oidc login rejected") {
            Self::UserRefused
        } else if text.contains("unable to process") {
            Self::NoUserName
        } else {
            Self::Unknown
        }
    }
}

/// Whether the last redirect hands a session over: `/#/sso/<user id>/<token>`.
#[must_use]
pub fn is_session(path: &str, fragment: Option<&str>) -> bool {
    let Some(handed) = fragment.and_then(|fragment| fragment.strip_prefix("/sso/")) else { return false };
    let mut parts = handed.split('/');
    let is_there = |part: Option<&str>| part.is_some_and(|part| !part.is_empty());
    path.trim_end_matches('/').is_empty() && is_there(parts.next()) && is_there(parts.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_handed_over_by_user_and_token() {
        for (path, fragment, is_it) in [
            ("/", Some("/sso/5ca1ab1e/eyJ.eyJ.sig"), true),
            ("/", Some("/sso/5ca1ab1e"), false),
            ("/", Some("/sso//"), false),
            ("/", Some("/staticlogin"), false),
            ("/", None, false),
            ("/api/oidc_callback", Some("/sso/1/2"), false),
        ] {
            assert_eq!(is_session(path, fragment), is_it, "{path} {fragment:?}");
        }
    }

    #[test]
    fn what_its_pages_say_is_told_apart() {
        assert_eq!(CallbackAnswer::read(b"OIDC login rejected: Non OIDC user"), CallbackAnswer::UserRefused);
        assert_eq!(CallbackAnswer::read(b"Unable to processes OIDC login"), CallbackAnswer::NoUserName);
        assert_eq!(CallbackAnswer::read(b"<H1>Internal Error</H1>"), CallbackAnswer::Unknown);
    }
}
