//! Any app whose login starts from a URL: how its login is started, and where the answer holds the authorize URL.
//!
//! Five forms are known from the sources of some thirty apps: a redirect, a JSON member, a JSON text somewhere, a page
//! that holds the URL, and a form that must be loaded before it can be posted.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

/// How a login is started, as the configuration says (`app.login`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoginRequest {
    /// The path below the app's address, with its query.
    pub path: String,
    /// How it is asked for.
    pub method: LoginMethod,
    /// A path that is loaded first: its cookies and the hidden fields of its form go along.
    pub before: Option<String>,
    /// Where the answer holds the authorize URL.
    pub url_in: UrlIn,
    /// Whether the app's page adds `state` itself, so that the URL lacks one.
    pub add_state: bool,
}

/// How a login is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginMethod {
    /// GET.
    Get,
    /// POST of a form: the hidden fields of the page that was loaded before.
    PostForm,
    /// POST of this JSON.
    PostJson(Value),
}

/// Where an answer holds the authorize URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UrlIn {
    /// Wherever it is found: `Location`, then a JSON text, then the page.
    #[default]
    Anywhere,
    /// The `Location` header.
    Location,
    /// The JSON member at this pointer (RFC 6901).
    Pointer(String),
    /// A web page.
    Page,
}

/// The parts of an answer that may hold the authorize URL.
#[derive(Debug, Clone, Copy)]
pub struct StartAnswer<'a> {
    /// The address that was asked.
    pub asked: &'a Url,
    /// The HTTP status.
    pub status: u16,
    /// `Location`, as written.
    pub location: Option<&'a str>,
    /// Whether the content type is that of a web page.
    pub is_page: bool,
    /// The body.
    pub body: &'a [u8],
}

/// What an answer to the start of a login is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// The authorize URL, as written.
    Url(String),
    /// A redirect within the app: the next page of the same start.
    Within(Url),
    /// Neither; says what it is.
    Refused(String),
}

impl UrlIn {
    /// Finds the authorize URL in an answer.
    #[must_use]
    pub fn find(&self, answer: &StartAnswer<'_>) -> Started {
        if let Some(started) = self.in_location(answer) {
            return started;
        }
        if !(200..300).contains(&answer.status) {
            return Started::Refused(format!("it answers HTTP {}", answer.status));
        }
        let json = || serde_json::from_slice::<Value>(answer.body).ok();
        let found = match self {
            Self::Location => None,
            Self::Pointer(pointer) => json().and_then(|json| Some(json.pointer(pointer)?.as_str()?.to_owned())),
            Self::Page => in_page(answer.body),
            Self::Anywhere if answer.is_page => in_page(answer.body),
            Self::Anywhere => json().and_then(|json| in_json(&json)),
        };
        found.map_or_else(|| Started::Refused(self.not_found(answer)), Started::Url)
    }

    fn in_location(&self, answer: &StartAnswer<'_>) -> Option<Started> {
        if !(300..400).contains(&answer.status) {
            return None;
        }
        let target = answer.location.and_then(|written| answer.asked.join(written).ok());
        Some(match target {
            Some(url) if !is_authorize_url(&url) && url.origin() == answer.asked.origin() => Started::Within(url),
            Some(url) if matches!(self, Self::Anywhere | Self::Location) => Started::Url(url.into()),
            _ => Started::Refused(format!("it answers HTTP {} and no redirect to a provider", answer.status)),
        })
    }

    fn not_found(&self, answer: &StartAnswer<'_>) -> String {
        let kind = if answer.is_page { "a web page" } else { "an answer" };
        match self {
            Self::Pointer(pointer) => format!("it gives {kind} without a text at {pointer}"),
            Self::Location => format!("it gives {kind} and no redirect"),
            Self::Anywhere | Self::Page => format!("it gives {kind} that holds no authorize URL"),
        }
    }
}

/// Whether an address is that of an authorization request: it names a client (RFC 6749, 4.1.1; RFC 9126, 4; RFC 9101, 5).
fn is_authorize_url(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.query_pairs().any(|(name, _)| name == "client_id")
}

fn authorize_url(text: &str) -> Option<String> {
    let text = text.trim();
    Url::parse(text).ok().filter(is_authorize_url).map(|_| text.to_owned())
}

/// The first text that is an authorize URL, in the order of the document.
fn in_json(json: &Value) -> Option<String> {
    match json {
        Value::String(text) => authorize_url(text),
        Value::Array(items) => items.iter().find_map(in_json),
        Value::Object(members) => members.values().find_map(in_json),
        _ => None,
    }
}

/// The first authorize URL of a page, written plainly, with entities, with escapes of JavaScript, or percent-encoded.
fn in_page(body: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(body);
    let mut rest = &*page;
    while let Some(start) = rest.find("http") {
        let text = &rest[start..];
        let end = text.find(|c: char| c.is_whitespace() || "\"'<>`".contains(c)).unwrap_or(text.len());
        if let Some(url) = decoded(&text[..end]) {
            return Some(url);
        }
        rest = &text["http".len()..];
    }
    None
}

fn decoded(written: &str) -> Option<String> {
    let plain = written.trim_end_matches('\\').replace("&amp;", "&").replace("\\u0026", "&").replace("\\/", "/");
    if let Some(url) = authorize_url(&plain) {
        return Some(url);
    }
    let pair = format!("u={written}");
    let (_, once) = url::form_urlencoded::parse(pair.as_bytes()).next()?;
    authorize_url(&once)
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://id.example.test/authorize?response_type=code&client_id=c1&state=abcdefgh";

    fn find(url_in: &UrlIn, status: u16, location: Option<&str>, is_page: bool, body: &str) -> Started {
        let asked = Url::parse("https://app.example.test/oauth2/start?rd=/").unwrap();
        url_in.find(&StartAnswer { asked: &asked, status, location, is_page, body: body.as_bytes() })
    }

    fn refused(started: &Started) -> &str {
        match started {
            Started::Refused(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_authorize_url_is_found_in_each_of_the_known_forms() {
        let encoded: String = url::form_urlencoded::byte_serialize(URL.as_bytes()).collect();
        let cases = [
            ("a redirect", UrlIn::Anywhere, 302, Some(URL), false, String::new()),
            ("a redirect, as demanded", UrlIn::Location, 307, Some(URL), false, String::new()),
            ("a JSON member", UrlIn::Anywhere, 201, None, false, format!(r#"{{"url": "{URL}"}}"#)),
            ("a nested one", UrlIn::Anywhere, 200, None, false, format!(r#"{{"data": {{"redirectUrl": "{URL}"}}}}"#)),
            (
                "a member by its pointer",
                UrlIn::Pointer("/data/0".to_owned()),
                200,
                None,
                false,
                format!(r#"{{"help": "https://a.test/?client_id=x", "data": ["{URL}"]}}"#),
            ),
            ("a link of a page", UrlIn::Page, 200, None, true, format!("<a href=\"{}\">", URL.replace('&', "&amp;"))),
            ("a script of a page", UrlIn::Anywhere, 200, None, true, format!("go('{}')", URL.replace('&', "\\u0026"))),
            ("percent-encoded in a page", UrlIn::Anywhere, 200, None, true, format!("<i data-u='{encoded}'></i>")),
        ];
        for (case, url_in, status, location, is_page, body) in cases {
            assert_eq!(find(&url_in, status, location, is_page, &body), Started::Url(URL.to_owned()), "{case}");
        }
    }

    #[test]
    fn a_redirect_within_the_app_is_the_next_page_of_the_start() {
        let next = Url::parse("https://app.example.test/login/oidc").unwrap();
        for written in ["/login/oidc", "https://app.example.test/login/oidc", "../login/oidc"] {
            assert_eq!(
                find(&UrlIn::Anywhere, 302, Some(written), false, ""),
                Started::Within(next.clone()),
                "{written}"
            );
        }
    }

    #[test]
    fn a_provider_on_the_apps_own_origin_is_not_mistaken_for_the_app() {
        let own = "https://app.example.test/authorize?client_id=c1";
        assert_eq!(find(&UrlIn::Anywhere, 302, Some(own), false, ""), Started::Url(own.to_owned()));
    }

    #[test]
    fn an_answer_without_a_url_says_what_it_is() {
        let cases = [
            (UrlIn::Anywhere, 500, false, "{}", "it answers HTTP 500"),
            (UrlIn::Anywhere, 404, true, "<p>Not found</p>", "it answers HTTP 404"),
            (UrlIn::Anywhere, 302, false, "", "it answers HTTP 302 and no redirect to a provider"),
            (UrlIn::Anywhere, 200, true, "<p>https://a.test/</p>", "it gives a web page that holds no authorize URL"),
            (UrlIn::Anywhere, 200, false, "[1, null]", "it gives an answer that holds no authorize URL"),
            (UrlIn::Pointer("/url".to_owned()), 200, false, "{}", "it gives an answer without a text at /url"),
            (UrlIn::Location, 200, true, "<p></p>", "it gives a web page and no redirect"),
        ];
        for (url_in, status, is_page, body, why) in cases {
            assert_eq!(refused(&find(&url_in, status, None, is_page, body)), why);
        }
    }

    #[test]
    fn only_a_web_address_that_names_a_client_is_an_authorize_url() {
        for text in ["javascript:alert(1)?client_id=x", "https://id.example.test/authorize", "ftp://a/?client_id=x", ""]
        {
            assert_eq!(authorize_url(text), None, "{text}");
        }
    }
}
