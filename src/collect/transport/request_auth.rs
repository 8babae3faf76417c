//! A credential on its way: what a request carries besides what anybody may read.
//!
//! A request that carries one goes out only over a connection whose certificate is trusted, over plain HTTP only to
//! loopback (or where the config says `allow_http`); else it is withheld, which is no fault of the other side.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::header::{self, HeaderName, HeaderValue};
use url::{Url, form_urlencoded};

use super::{fetch_error::FetchError, http::Request};
use crate::{config::Secret, model::Reason};

/// What a request carries besides what anybody may read. Never shown.
#[derive(Clone)]
pub(in crate::collect) struct RequestAuth {
    /// Headers, marked as sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// A body with its content type, which makes the request a POST.
    pub body: Option<(&'static str, String)>,
}

impl fmt::Debug for RequestAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

impl RequestAuth {
    /// IntoMissing a request with a credential is not sent.
    pub(in crate::collect) fn withheld() -> FetchError {
        FetchError::failed(
            Reason::Blocked,
            "the credential is withheld: this server's certificate is not trusted here, or it speaks plain HTTP; pin the \
             certificate (tls_config.ca_file or fingerprint_sha256), or set allow_http",
        )
    }
}

impl Request {
    /// A GET for JSON with an API key in a header.
    ///
    /// # Errors
    /// The key holds characters that a header cannot carry.
    pub(in crate::collect) fn with_key(url: Url, name: &'static str, key: &Secret) -> Result<Self, FetchError> {
        let header = (HeaderName::from_static(name), sensitive(key.expose().to_owned())?);
        Ok(Self { carried: Some(RequestAuth { headers: vec![header], body: None }), ..Self::json(url) })
    }

    /// A POST of JSON that holds a credential.
    pub(in crate::collect) fn post_with_key(url: Url, body: &serde_json::Value) -> Self {
        let carried = RequestAuth { headers: Vec::new(), body: Some(("application/json", body.to_string())) };
        Self { carried: Some(carried), ..Self::json(url) }
    }

    /// A POST of JSON with HTTP Basic, both parts as they are (RFC 7617).
    ///
    /// # Errors
    /// Never for what base64 makes; kept for the header's sake.
    pub(in crate::collect) fn post_with_basic(
        url: Url,
        user: &str,
        password: &Secret,
        body: &serde_json::Value,
    ) -> Result<Self, FetchError> {
        let headers = vec![basic(user, password.expose())?];
        let carried = RequestAuth { headers, body: Some(("application/json", body.to_string())) };
        Ok(Self { carried: Some(carried), ..Self::json(url) })
    }

    /// A POST of form fields by a client with `client_secret_basic`: both parts percent-encoded (RFC 6749, 2.3.1).
    ///
    /// # Errors
    /// As [`Self::post_with_basic`].
    pub(in crate::collect) fn form_of_client(
        url: Url,
        fields: &[(&str, &str)],
        client_id: &str,
        secret: &Secret,
    ) -> Result<Self, FetchError> {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let headers = vec![basic(&encoded(client_id), &encoded(secret.expose()))?];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let carried = RequestAuth { headers, body: Some(("application/x-www-form-urlencoded", body)) };
        Ok(Self { carried: Some(carried), ..Self::json(url) })
    }
}

fn basic(user: &str, password: &str) -> Result<(HeaderName, HeaderValue), FetchError> {
    Ok((header::AUTHORIZATION, sensitive(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))?))
}

pub(in crate::collect) fn sensitive(text: String) -> Result<HeaderValue, FetchError> {
    let mut value = HeaderValue::try_from(text).map_err(|_| {
        FetchError::failed(Reason::Blocked, "the credential holds characters that a header cannot carry")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_authenticates_with_both_parts_percent_encoded() {
        let secret = Secret::new("a+b%41:c".to_owned());
        let request =
            Request::form_of_client("https://id.test/x".parse().unwrap(), &[("token", "j k")], "c:1", &secret).unwrap();
        let carried = request.carried.unwrap();
        let expected = format!("Basic {}", STANDARD.encode("c%3A1:a%2Bb%2541%3Ac"));
        assert_eq!(carried.headers[0].1.to_str().unwrap(), expected);
        assert_eq!(carried.body.as_ref().unwrap().1, "token=j+k");
        assert_eq!(format!("{carried:?} {:?}", carried.headers[0].1), "<secret> Sensitive");
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused_without_being_shown() {
        let key = Secret::new("two\nlines".to_owned());
        let error = Request::with_key("https://id.test/".parse().unwrap(), "x-api-key", &key).unwrap_err();
        assert!(!format!("{error:?}").contains("lines"), "{error:?}");
    }
}
