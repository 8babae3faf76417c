//! How the login of an app is started, and where the answer holds the authorize URL.
//!
//! Five forms are known from the sources of some thirty apps: a redirect, a JSON member, JSON parts that the app's page
//! puts together, a form that must be loaded before it can be posted, and a page that holds the URL.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::{Url, form_urlencoded};

/// More values of a JSON answer are not looked at.
const MOST_VALUES: usize = 10_000;
/// More texts of a page that begin like an address are not tried.
const MOST_ADDRESSES: usize = 2_000;
/// A longer address is not read; browsers and servers take less.
const MOST_CHARACTERS: usize = 32_768;

/// How a login is started. In a path, a form value or JSON, `{app}` stands for the app's address and `{provider}` for the
/// name under which the app knows the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequest {
    /// The path below the app's address, with its query.
    pub path: String,
    /// How it is asked for.
    pub method: LoginMethod,
    /// A path that is loaded first: its cookies go along, and the hidden fields of its form where a form is posted.
    pub before: Option<String>,
    /// Where the answer holds the authorize URL.
    pub url_in: UrlIn,
    /// Whether the app's page adds `state` itself, so that the URL lacks one.
    pub add_state: bool,
}

/// How a login is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginMethod {
    /// GET.
    Get,
    /// POST of a form: these fields, and the hidden ones of the page that was loaded before.
    PostForm(Vec<(String, String)>),
    /// POST of this JSON text.
    PostJson(String),
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
    /// A web page: written plainly, with entities, in a script, or percent-encoded.
    Html,
    /// Parts that the app's page puts together.
    Parts(Parts),
}

/// Whose parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parts {
    /// Vikunja: `auth_url`, `client_id`, `scope` of a provider, to which its page adds redirect URI and state.
    Vikunja,
    /// `PocketBase`: `authURL`, which ends in `redirect_uri=`. The answer holds a code verifier, too, which is not read.
    PocketBase,
}

/// A start as the catalogue has it.
#[derive(Debug, Clone, Copy)]
pub struct KnownStart {
    /// As in [`LoginRequest`].
    pub path: &'static str,
    /// As in [`LoginRequest`].
    pub method: KnownMethod,
    /// As in [`LoginRequest`].
    pub before: Option<&'static str>,
    /// As in [`LoginRequest`].
    pub url_in: KnownUrlIn,
    /// As in [`LoginRequest`].
    pub add_state: bool,
}

/// How a login is asked for, as the catalogue has it.
#[derive(Debug, Clone, Copy)]
pub enum KnownMethod {
    /// GET.
    Get,
    /// POST of a form.
    PostForm(&'static [(&'static str, &'static str)]),
    /// POST of this JSON text.
    PostJson(&'static str),
}

/// Where an answer holds the authorize URL, as the catalogue has it.
#[derive(Debug, Clone, Copy)]
pub enum KnownUrlIn {
    /// The `Location` header.
    Location,
    /// The JSON member at this pointer.
    Pointer(&'static str),
    /// A web page.
    Html,
    /// Parts that the app's page puts together.
    Parts(Parts),
}

impl KnownStart {
    /// The same as a configuration would say it.
    #[must_use]
    pub fn request(&self) -> LoginRequest {
        let method = match self.method {
            KnownMethod::Get => LoginMethod::Get,
            KnownMethod::PostForm(fields) => LoginMethod::PostForm(
                fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ),
            KnownMethod::PostJson(json) => LoginMethod::PostJson(json.to_owned()),
        };
        let url_in = match self.url_in {
            KnownUrlIn::Location => UrlIn::Location,
            KnownUrlIn::Pointer(pointer) => UrlIn::Pointer(pointer.to_owned()),
            KnownUrlIn::Html => UrlIn::Html,
            KnownUrlIn::Parts(parts) => UrlIn::Parts(parts),
        };
        let before = self.before.map(str::to_owned);
        LoginRequest { path: self.path.to_owned(), method, before, url_in, add_state: self.add_state }
    }
}

/// What of the app goes into a start.
#[derive(Debug, Clone, Copy)]
pub struct StartOf<'a> {
    /// The app's address, without a slash at its end.
    pub app: &'a str,
    /// The name under which the app knows the provider, where it has one.
    pub provider: Option<&'a str>,
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
    /// Whether it is a web page.
    pub is_page: bool,
    /// The body.
    pub body: &'a [u8],
}

/// What an answer to the start of a login is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartRead {
    /// The authorize URL, as written.
    Url(String),
    /// A redirect within the app: the next page of the same start.
    Within(Url),
    /// Neither; says what it is.
    Refused(String),
}

impl LoginRequest {
    /// The same with the app's address and the provider's name put in.
    #[must_use]
    pub fn filled(&self, of: StartOf<'_>) -> Self {
        let encoded =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
        let in_path = |text: &String| of.put_into(text, encoded);
        let method = match &self.method {
            LoginMethod::Get => LoginMethod::Get,
            LoginMethod::PostForm(fields) => {
                let plain = |text: &str| of.put_into(text, str::to_owned);
                LoginMethod::PostForm(fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect())
            }
            LoginMethod::PostJson(json) => {
                let escaped = |text: &str| {
                    let quoted = Value::from(text).to_string();
                    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
                };
                LoginMethod::PostJson(of.put_into(json, escaped))
            }
        };
        Self {
            path: in_path(&self.path),
            method,
            before: self.before.as_ref().map(in_path),
            url_in: self.url_in.clone(),
            add_state: self.add_state,
        }
    }

    /// Whether the name under which the app knows the provider goes into it.
    #[must_use]
    pub fn names_provider(&self) -> bool {
        let body = match &self.method {
            LoginMethod::Get => false,
            LoginMethod::PostForm(fields) => fields.iter().any(|(_, value)| value.contains("{provider}")),
            LoginMethod::PostJson(json) => json.contains("{provider}"),
        };
        body || self.path.contains("{provider}") || matches!(self.url_in, UrlIn::Parts(_))
    }
}

impl StartOf<'_> {
    fn put_into(&self, text: &str, write: impl Fn(&str) -> String) -> String {
        let text = if text.contains("{app}") { text.replace("{app}", &write(self.app)) } else { text.to_owned() };
        text.replace("{provider}", &write(self.provider.unwrap_or_default()))
    }
}

impl UrlIn {
    /// Finds the authorize URL in an answer.
    #[must_use]
    pub fn find(&self, answer: &StartAnswer<'_>, of: StartOf<'_>) -> StartRead {
        if (300..400).contains(&answer.status) {
            return self.redirect(answer);
        }
        if !(200..300).contains(&answer.status) {
            return StartRead::Refused(format!("it answers HTTP {}", answer.status));
        }
        let json = || serde_json::from_slice::<Value>(answer.body).ok();
        let found = match self {
            Self::Location => None,
            Self::Pointer(pointer) => json().and_then(|json| Some(json.pointer(pointer)?.as_str()?.trim().to_owned())),
            Self::Html => in_page(answer.body),
            Self::Parts(Parts::Vikunja) => json().and_then(|json| of_vikunja(&json, of)),
            Self::Parts(Parts::PocketBase) => json().and_then(|json| of_pocketbase(&json, of)),
            Self::Anywhere if answer.is_page => in_page(answer.body),
            Self::Anywhere => json().and_then(|json| in_json(&json)),
        };
        match found {
            Some(url) if url.is_empty() || url.len() > MOST_CHARACTERS => StartRead::Refused(self.not_found(answer)),
            Some(url) => StartRead::Url(url),
            None => StartRead::Refused(self.not_found(answer)),
        }
    }

    fn redirect(&self, answer: &StartAnswer<'_>) -> StartRead {
        let written = answer.location.filter(|written| written.len() <= MOST_CHARACTERS);
        match written.and_then(|written| answer.asked.join(written).ok()) {
            // As written: what a parser would normalise is evaluated.
            Some(url) if is_authorize_url(&url) => {
                let is_whole = written.is_some_and(|written| Url::parse(written).is_ok());
                StartRead::Url(written.filter(|_| is_whole).map_or_else(|| url.into(), str::to_owned))
            }
            Some(url) if url.origin() == answer.asked.origin() => StartRead::Within(url),
            Some(url) if !matches!(url.scheme(), "http" | "https") => {
                StartRead::Refused(format!("it sends people to a {}: address", url.scheme()))
            }
            Some(url) => StartRead::Refused(format!(
                "it sends people to {}{}, which is no authorization request",
                url.origin().ascii_serialization(),
                url.path()
            )),
            None => StartRead::Refused(format!("it answers HTTP {} without a place to go to", answer.status)),
        }
    }

    fn not_found(&self, answer: &StartAnswer<'_>) -> String {
        let kind = if answer.is_page { "a web page" } else { "an answer" };
        match self {
            Self::Pointer(pointer) => format!("it gives {kind} without an address at {pointer}"),
            Self::Location => format!("it gives {kind} and no redirect"),
            Self::Parts(_) => format!("it gives {kind} that names no such provider"),
            Self::Anywhere | Self::Html => format!("it gives {kind} that holds no authorize URL"),
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
    let mut open = vec![json];
    for _ in 0..MOST_VALUES {
        match open.pop()? {
            Value::String(text) => {
                if let Some(url) = authorize_url(text) {
                    return Some(url);
                }
            }
            Value::Array(items) => open.extend(items.iter().rev()),
            Value::Object(members) => open.extend(members.values().collect::<Vec<_>>().into_iter().rev()),
            _ => {}
        }
    }
    None
}

/// The first authorize URL of a page, written plainly, with entities, with escapes of JavaScript, or percent-encoded.
fn in_page(body: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(body);
    let mut rest = &*page;
    for _ in 0..MOST_ADDRESSES {
        let start = rest.find("http")?;
        let text = &rest[start..];
        let end = text.find(|c: char| c.is_whitespace() || "\"'<>`".contains(c)).unwrap_or(text.len());
        if end <= MOST_CHARACTERS
            && let Some(url) = decoded(&text[..end])
        {
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
    if !written.contains('%') {
        return None;
    }
    let pair = format!("u={written}");
    let (_, once) = form_urlencoded::parse(pair.as_bytes()).next()?;
    authorize_url(&once)
}

/// The provider of that name in a list, or the only one.
fn named<'v>(list: Option<&'v Value>, keys: &[&str], name: Option<&str>) -> Option<&'v Value> {
    let list = list?.as_array()?;
    match (name, list.as_slice()) {
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(name), all) => {
            all.iter().find(|one| keys.iter().any(|key| one.get(*key).and_then(Value::as_str) == Some(name)))
        }
    }
}

/// As Vikunja's page puts it together (frontend/src/helpers/redirectToProvider.ts, read at 762dc4e), without its state.
fn of_vikunja(json: &Value, of: StartOf<'_>) -> Option<String> {
    let provider = named(json.pointer("/auth/openid_connect/providers"), &["key", "name"], of.provider)?;
    let text = |key: &str| provider.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut url = Url::parse(text("auth_url")?).ok()?;
    url.query_pairs_mut()
        .append_pair("client_id", text("client_id")?)
        .append_pair("redirect_uri", &format!("{}/auth/openid/{}", of.app, text("key")?))
        .append_pair("response_type", "code")
        .append_pair("scope", text("scope").unwrap_or("openid profile email"));
    Some(url.into())
}

/// `authURL` lacks the redirect URI (apis/record_auth_methods.go, read at 5d217dd).
fn of_pocketbase(json: &Value, of: StartOf<'_>) -> Option<String> {
    let provider = named(json.pointer("/oauth2/providers"), &["name", "displayName"], of.provider)?;
    let written = provider.get("authURL").or_else(|| provider.get("authUrl")).and_then(Value::as_str)?;
    let redirect: String =
        form_urlencoded::byte_serialize(format!("{}/api/oauth2-redirect", of.app).as_bytes()).collect();
    Some(format!("{written}{redirect}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://id.example.test/authorize?response_type=code&client_id=c1&state=abcdefgh";
    const OF: StartOf<'_> = StartOf { app: "https://app.example.test", provider: None };

    fn find(url_in: &UrlIn, status: u16, location: Option<&str>, is_page: bool, body: &str) -> StartRead {
        let asked = Url::parse("https://app.example.test/oauth2/start?rd=/").unwrap();
        url_in.find(&StartAnswer { asked: &asked, status, location, is_page, body: body.as_bytes() }, OF)
    }

    fn refused(started: &StartRead) -> &str {
        match started {
            StartRead::Refused(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_authorize_url_is_found_in_each_of_the_known_forms() {
        let encoded: String = form_urlencoded::byte_serialize(URL.as_bytes()).collect();
        let pointer = UrlIn::Pointer("/data/0".into());
        let cases = [
            ("a redirect", UrlIn::Anywhere, 302, Some(URL), false, String::new()),
            ("a redirect, as demanded", UrlIn::Location, 307, Some(URL), false, String::new()),
            ("a JSON member", UrlIn::Anywhere, 201, None, false, format!(r#"{{"url": "{URL}"}}"#)),
            ("a nested one", UrlIn::Anywhere, 200, None, false, format!(r#"{{"data": {{"redirectUrl": "{URL}"}}}}"#)),
            (
                "a member by its pointer",
                pointer,
                200,
                None,
                false,
                format!(r#"{{"help": "https://a.test/?client_id=x", "data": ["{URL}"]}}"#),
            ),
            ("a link of a page", UrlIn::Html, 200, None, true, format!("<a href=\"{}\">", URL.replace('&', "&amp;"))),
            ("a script of a page", UrlIn::Anywhere, 200, None, true, format!("go('{}')", URL.replace('&', "\\u0026"))),
            ("percent-encoded in a page", UrlIn::Html, 200, None, true, format!("<i data-u='{encoded}'></i>")),
        ];
        for (case, url_in, status, location, is_page, body) in cases {
            assert_eq!(find(&url_in, status, location, is_page, &body), StartRead::Url(URL.to_owned()), "{case}");
        }
    }

    #[test]
    fn parts_are_put_together_as_the_apps_page_does_it() {
        let vikunja = r#"{"auth": {"openid_connect": {"providers": [{"name": "Pocket ID", "key": "pocketid",
            "auth_url": "https://id.example.test/authorize", "client_id": "c1", "scope": "openid email"}]}}}"#;
        assert_eq!(
            find(&UrlIn::Parts(Parts::Vikunja), 200, None, false, vikunja),
            StartRead::Url(
                "https://id.example.test/authorize?client_id=c1&redirect_uri=https%3A%2F%2Fapp.example.test%2Fauth\
                 %2Fopenid%2Fpocketid&response_type=code&scope=openid+email"
                    .to_owned()
            )
        );
        let beszel = r#"{"oauth2": {"providers": [{"name": "oidc", "codeVerifier": "never-kept",
            "authURL": "https://id.example.test/authorize?client_id=c1&state=abc&redirect_uri="}]}}"#;
        let StartRead::Url(url) = find(&UrlIn::Parts(Parts::PocketBase), 200, None, false, beszel) else { panic!() };
        assert!(url.ends_with("&redirect_uri=https%3A%2F%2Fapp.example.test%2Fapi%2Foauth2-redirect"), "{url}");
        assert!(!url.contains("never-kept"));
        let two = r#"{"oauth2": {"providers": [{"name": "a"}, {"name": "b"}]}}"#;
        let why = find(&UrlIn::Parts(Parts::PocketBase), 200, None, false, two);
        assert_eq!(refused(&why), "it gives an answer that names no such provider");
    }

    #[test]
    fn a_redirect_within_the_app_is_the_next_page_of_the_start() {
        let next = Url::parse("https://app.example.test/login/oidc").unwrap();
        for written in ["/login/oidc", "https://app.example.test/login/oidc", "../login/oidc"] {
            assert_eq!(
                find(&UrlIn::Anywhere, 302, Some(written), false, ""),
                StartRead::Within(next.clone()),
                "{written}"
            );
        }
    }

    #[test]
    fn a_provider_on_the_apps_own_origin_is_not_mistaken_for_the_app() {
        let own = "https://app.example.test/authorize?client_id=c1";
        assert_eq!(find(&UrlIn::Anywhere, 302, Some(own), false, ""), StartRead::Url(own.to_owned()));
    }

    #[test]
    fn an_answer_without_a_url_says_what_it_is() {
        let cases = [
            (UrlIn::Anywhere, 500, false, "{}", "it answers HTTP 500"),
            (UrlIn::Anywhere, 404, true, "<p>Not found</p>", "it answers HTTP 404"),
            (UrlIn::Anywhere, 302, false, "", "it answers HTTP 302 without a place to go to"),
            (UrlIn::Anywhere, 200, true, "<p>https://a.test/</p>", "it gives a web page that holds no authorize URL"),
            (UrlIn::Anywhere, 200, false, "[1, null]", "it gives an answer that holds no authorize URL"),
            (UrlIn::Pointer("/url".into()), 200, false, "{}", "it gives an answer without an address at /url"),
            (UrlIn::Location, 200, true, "<p></p>", "it gives a web page and no redirect"),
        ];
        for (url_in, status, is_page, body, why) in cases {
            assert_eq!(refused(&find(&url_in, status, None, is_page, body)), why);
        }
        let elsewhere = find(&UrlIn::Location, 302, Some("https://wall.example.test/in?x=1"), false, "");
        assert_eq!(
            refused(&elsewhere),
            "it sends people to https://wall.example.test/in, which is no authorization request"
        );
    }

    #[test]
    fn only_a_web_address_that_names_a_client_is_an_authorize_url() {
        for text in ["javascript:alert(1)?client_id=x", "https://id.example.test/authorize", "ftp://a/?client_id=x", ""]
        {
            assert_eq!(authorize_url(text), None, "{text}");
        }
    }

    #[test]
    fn hostile_answers_end_soon_and_give_nothing() {
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let wide = format!("[{}]", vec!["1"; 50_000].join(","));
        let endless = "http".repeat(100_000);
        let long = format!("<a href='https://id.example.test/?client_id={}'>", "x".repeat(100_000));
        for (body, is_page) in [(&deep, false), (&wide, false), (&endless, true), (&long, true)] {
            refused(&find(&UrlIn::Anywhere, 200, None, is_page, body));
        }
        refused(&find(&UrlIn::Anywhere, 302, Some(&format!("/{}", "x".repeat(40_000))), false, ""));
    }

    #[test]
    fn address_and_name_are_put_in_as_their_place_wants_it() {
        let request = LoginRequest {
            path: "/start/{provider}?callback={app}/login".into(),
            method: LoginMethod::PostJson(r#"{"redirectUri": "{app}/x", "id": "{provider}"}"#.into()),
            before: None,
            url_in: UrlIn::Anywhere,
            add_state: false,
        };
        let filled = request.filled(StartOf { app: "https://app.example.test", provider: Some("Pocket \"ID\"") });
        assert_eq!(filled.path, "/start/Pocket%20%22ID%22?callback=https%3A%2F%2Fapp.example.test/login");
        let LoginMethod::PostJson(json) = filled.method else { panic!() };
        let read: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read, serde_json::json!({"redirectUri": "https://app.example.test/x", "id": "Pocket \"ID\""}));
    }
}
