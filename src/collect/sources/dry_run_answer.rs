//! The reading half of the dry run: what an answer says of client, redirect URI and request.

use url::{Position, Url, form_urlencoded};

use super::html;
use crate::{
    collect::transport::{
        answer::Answer,
        fetch_error::{self, FetchError, bounded, place},
    },
    model::DryRun,
    oidc::parse_json,
};

/// What the provider says when all that can be known without a user is good (OpenID Connect Core 1.0, 3.1.2.6).
const ASKS_FOR_USER: [&str; 4] =
    ["login_required", "interaction_required", "consent_required", "account_selection_required"];

/// Reads the answer to an authorize URL with `prompt=none`. `state` is the one that was sent.
pub(in crate::collect) fn read(answer: &Answer, redirect_uri: &str, state: Option<&str>) -> Result<DryRun, FetchError> {
    let asked = Asked { redirect_uri, state: state.filter(|state| !state.is_empty()) };
    match answer.status {
        300..=399 => Ok(asked.read_redirect(answer)),
        401 | 403 if login_demanded(answer).is_some() => {
            Ok(DryRun::AsksForLogin(login_demanded(answer).unwrap_or_default()))
        }
        400..=499 => Ok(DryRun::ErrorPage { status: answer.status, message: message_of(answer) }),
        500.. => Err(fetch_error::of_status(answer)),
        _ => Ok(asked.read_page(answer)),
    }
}

/// What an answer is read against.
struct Asked<'a> {
    redirect_uri: &'a str,
    state: Option<&'a str>,
}

impl Asked<'_> {
    fn read_redirect(&self, answer: &Answer) -> DryRun {
        let status = answer.status;
        let unrecognised = |seen: &str| DryRun::Unrecognised { status, seen: bounded(seen) };
        // Compared as it stands: up to Pocket ID 2.12 it holds raw blanks and quotes.
        let Some(location) = answer.location() else { return unrecognised("a redirect without an address") };
        if let Some(rest) = after_callback(&location, self.redirect_uri) {
            return self.of_parameters(status, rest);
        }
        if let Some(message) = interaction_error(&location, &answer.url) {
            return DryRun::ErrorPage { status, message };
        }
        let Some(target) = answer.location_url().filter(|url| matches!(url.scheme(), "http" | "https")) else {
            return unrecognised("a redirect to something that is no web address");
        };
        let is_own = target.origin() == answer.url.origin();
        match error_in(&target) {
            Some((error, _)) if is_own && ASKS_FOR_USER.contains(&error.as_str()) => {
                DryRun::AsksForLogin(bounded(&format!("a redirect to {}", place(&target))))
            }
            Some((error, _)) if ASKS_FOR_USER.contains(&error.as_str()) => {
                unrecognised(&format!("a redirect to {}, which is not Kasm's redirect URL", place(&target)))
            }
            Some((_, message)) => DryRun::ErrorPage { status, message },
            None if is_same_page(&target, &answer.url) => {
                unrecognised(&format!("a redirect to {}, where it was asked", place(&target)))
            }
            None => DryRun::AsksForLogin(bounded(&format!("a redirect to {}", place(&target)))),
        }
    }

    fn of_parameters(&self, status: u16, rest: &str) -> DryRun {
        let mut fields = Vec::new();
        for part in rest.split(['?', '#', '&']) {
            fields.extend(form_urlencoded::parse(part.as_bytes()).into_owned());
        }
        self.outcome(status, &fields)
    }

    /// The parameters that came back to the redirect URI.
    fn outcome(&self, status: u16, fields: &[(String, String)]) -> DryRun {
        let last = |wanted: &str| fields.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let unrecognised = |seen: &str| DryRun::Unrecognised { status, seen: seen.to_owned() };
        let back = last("state");
        match last("error").map(bounded) {
            Some(error) if ASKS_FOR_USER.contains(&error.as_str()) => {
                if self.state.is_some() && back != self.state {
                    let is_lost = back.is_none_or(str::is_empty);
                    return DryRun::StateChanged { error, is_lost };
                }
                DryRun::Accepted(error)
            }
            Some(error) => {
                DryRun::SentBack { error, description: last("error_description").map(bounded).unwrap_or_default() }
            }
            None if last("code").is_some() => unrecognised("sent back to Kasm with a code, though nobody signed in"),
            None => unrecognised("sent back to Kasm without an error"),
        }
    }

    /// A page with 200: an answer by form post (OAuth 2.0 Form Post Response Mode), an error page whose status does not say
    /// so, or a login.
    fn read_page(&self, answer: &Answer) -> DryRun {
        let status = answer.status;
        let text = String::from_utf8_lossy(&answer.body);
        if let Some(form) = html::form(&text)
            && !self.redirect_uri.is_empty()
            && form.action == self.redirect_uri
        {
            return self.outcome(status, &form.fields);
        }
        if let Some(message) = answer.said() {
            return DryRun::ErrorPage { status, message };
        }
        let title = html::title(&text);
        let seen = match &title {
            Some(title) => format!("a page with the title \"{title}\""),
            None => "neither a redirect nor an error".to_owned(),
        };
        let words = html::words(&text);
        let says = |marks: &[&str]| holds(&words, marks);
        if says(&REFUSALS) {
            DryRun::ErrorPage { status, message: message_of(answer) }
        } else if html::has_login_field(&text) {
            DryRun::AsksForLogin(bounded(&seen))
        } else if says(&ERRORS) || title.as_deref().is_some_and(|title| holds(title, &ERROR_TITLES)) {
            DryRun::ErrorPage { status, message: message_of(answer) }
        } else if title.as_deref().is_some_and(|title| holds(title, &LOGIN_TITLES)) {
            DryRun::AsksForLogin(bounded(&seen))
        } else {
            DryRun::Unrecognised { status, seen: bounded(&seen) }
        }
    }
}

/// What only a page says that refuses a request: the codes of RFC 6749, and the words of some providers.
const REFUSALS: [&str; 18] = [
    "redirect_uri",
    "redirect uri",
    "redirection uri",
    "redirect url",
    "callback url",
    "invalid_client",
    "unauthorized_client",
    "invalid_request",
    "invalid_scope",
    "unsupported_response_type",
    "client_id",
    "client not found",
    "unknown client",
    "invalid client",
    "client does not exist",
    "client disabled",
    "unknown application",
    "aadsts",
];

/// What an error page says, also where its status is 200.
const ERRORS: [&str; 8] =
    ["sorry", "not enabled", "https required", "not found", "access denied", "forbidden", "went wrong", "bad request"];

/// What the title of an error page says.
const ERROR_TITLES: [&str; 4] = ["error", "invalid", "denied", "unavailable"];

/// What the title of a login page says, in the languages of most installations.
const LOGIN_TITLES: [&str; 12] = [
    "sign in",
    "sign-in",
    "signin",
    "log in",
    "log-in",
    "login",
    "logon",
    "authentication",
    "anmeld",
    "connexion",
    "iniciar sesi",
    "accedi",
];

/// Whether a text holds one of these, in whatever case.
fn holds(text: &str, marks: &[&str]) -> bool {
    let text = text.to_lowercase();
    marks.iter().any(|mark| text.contains(mark))
}

/// How an answer with 401 or 403 asks for a login: by a scheme of browsers (RFC 9110, section 11; RFC 4559), or by a form.
fn login_demanded(answer: &Answer) -> Option<String> {
    const SCHEMES: [&str; 5] = ["Negotiate", "Kerberos", "NTLM", "Digest", "Basic"];
    let challenges: Vec<String> = answer
        .headers
        .get_all("www-authenticate")
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).to_lowercase())
        .collect();
    let scheme = SCHEMES.iter().find(|scheme| challenges.iter().any(|it| it.starts_with(&scheme.to_lowercase())));
    match scheme {
        Some(scheme) if answer.status == 401 && !answer.withheld => Some(format!("a demand to log in by {scheme}")),
        _ => html::has_login_field(&String::from_utf8_lossy(&answer.body)).then(|| "a login form".to_owned()),
    }
}

/// The error that an address holds, which is no redirect URI: its code, and all that it says.
fn error_in(target: &Url) -> Option<(String, String)> {
    let parts = [target.query(), target.fragment()];
    let fields: Vec<(String, String)> =
        parts.into_iter().flatten().flat_map(|part| form_urlencoded::parse(part.as_bytes()).into_owned()).collect();
    let field =
        |wanted: &str| fields.iter().find(|(name, text)| name == wanted && !text.is_empty()).map(|(_, text)| text);
    let is_error_page = target.path().rsplit('/').next().is_some_and(|name| name.to_lowercase().contains("error"));
    match (field("error"), field("error_description").or(field("message"))) {
        (Some(error), Some(words)) => Some((bounded(error), bounded(&format!("{error}: {words}")))),
        (Some(error), None) => Some((bounded(error), bounded(error))),
        (None, words) if is_error_page => {
            let message = words.map_or_else(|| format!("a redirect to {}", place(target)), Clone::clone);
            Some((String::new(), bounded(&message)))
        }
        (None, _) => None,
    }
}

/// Whether an address is the one that was asked: a slash at the end, and the query, make no other page.
pub(in crate::collect) fn is_same_page(target: &Url, asked: &Url) -> bool {
    target.host() == asked.host() && target.path().trim_end_matches('/') == asked.path().trim_end_matches('/')
}

/// What stands after the redirect URI, where the location begins with it: query, fragment, or more of the query.
fn after_callback<'a>(location: &'a str, redirect_uri: &str) -> Option<&'a str> {
    if redirect_uri.is_empty() {
        return None;
    }
    if let Some(rest) = location.strip_prefix(redirect_uri)
        && (rest.is_empty() || rest.starts_with(['?', '#', '&']))
    {
        return Some(rest);
    }
    // A provider may write the same address otherwise, for example its host in lower case.
    let (there, ours) = (Url::parse(location).ok()?, Url::parse(redirect_uri).ok()?);
    let start = location.find(['?', '#'])?;
    (there[..Position::AfterPath] == ours[..Position::AfterPath]).then(|| &location[start..])
}

/// Pocket ID's own error page: `/interaction/error?error=TEXT`, relative, raw up to 2.12 and form-encoded since 2.13.
fn interaction_error(location: &str, asked: &Url) -> Option<String> {
    let own = format!("{}/", asked.origin().ascii_serialization());
    let path = location.strip_prefix(own.trim_end_matches('/')).unwrap_or(location);
    let (path, query) = path.split_once('?')?;
    if !path.starts_with('/') || !path.ends_with("/interaction/error") {
        return None;
    }
    let text =
        form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "error").map(|(_, text)| bounded(&text));
    Some(text.unwrap_or_else(|| "an error page without a text".to_owned()))
}

/// What an error page says: the fields of JSON, else the words of the page.
fn message_of(answer: &Answer) -> String {
    if let Some(text) = answer.said() {
        return text;
    }
    let words = words_of(&String::from_utf8_lossy(&answer.body));
    if words.is_empty() { format!("HTTP {} without a text", answer.status) } else { words }
}

/// The words of a page, bounded: those behind its apology, if it has one. Most say their title again in their first heading.
fn words_of(page: &str) -> String {
    /// The heading of Keycloak's error pages, below the names of page and realm.
    const APOLOGY: &str = "We are sorry...";
    let words = bounded(&html::words(page));
    if let Some((_, reason)) = words.split_once(APOLOGY)
        && !reason.trim().is_empty()
    {
        return reason.trim().to_owned();
    }
    let Some(title) = html::title(page) else { return words };
    match words.strip_prefix(&title).map(str::trim_start) {
        Some(rest) if rest.starts_with(&title) => rest.to_owned(),
        _ => words,
    }
}

/// Reads the answer of Pocket ID 2.9's own call.
pub(in crate::collect) fn read_callback_url(answer: &Answer, redirect_uri: &str) -> Result<DryRun, FetchError> {
    let status = answer.status;
    match status {
        200 => {
            let json = parse_json(&answer.body).map_err(|problem| fetch_error::of_json(&problem))?.value;
            let registered = json.get("callbackURL").and_then(serde_json::Value::as_str);
            Ok(match registered {
                Some(url) if url == redirect_uri => DryRun::RedirectAccepted,
                Some(_) => DryRun::Unrecognised { status, seen: "another redirect URI than the one sent".to_owned() },
                None => DryRun::Unrecognised { status, seen: "JSON without `callbackURL`".to_owned() },
            })
        }
        400..=499 => match answer.said() {
            Some(text) if text.contains("API endpoint not found") => Err(FetchError::OutOfReach(
                "this Pocket ID has no answer without a user: sign in once in a private window".to_owned(),
            )),
            text => Ok(DryRun::ErrorPage { status, message: text.unwrap_or_else(|| message_of(answer)) }),
        },
        _ => Err(fetch_error::of_status(answer)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collect::recorded::{answer, html, json, recorded, redirect},
        model::Reason,
    };

    const CALLBACK: &str = "https://kasm.example.test/api/oidc_callback";

    /// As where no `state` was sent.
    fn read(answer: &Answer, redirect_uri: &str) -> Result<DryRun, FetchError> {
        super::read(answer, redirect_uri, None)
    }

    macro_rules! fixture {
        ($name:literal) => {
            recorded(include_str!(concat!("../../../tests/fixtures/observe/", $name, ".json")))
        };
    }

    macro_rules! keycloak {
        ($name:literal) => {
            recorded(include_str!(concat!("../../../tests/fixtures/keycloak/26.7.3/authorize_", $name, ".json")))
        };
    }

    fn accepted() -> DryRun {
        DryRun::Accepted("login_required".to_owned())
    }

    fn sent_back(error: &str) -> impl Fn(&DryRun) -> bool {
        move |seen| matches!(seen, DryRun::SentBack { error: found, .. } if found == error)
    }

    #[test]
    fn what_real_releases_answer_is_read() {
        let no_match =
            "The 'redirect_uri' parameter does not match any of the OAuth 2.0 Client's pre-registered redirect urls.";
        let page = |message: &str| DryRun::ErrorPage { status: 302, message: message.to_owned() };
        for (name, answer, expected) in [
            ("good", fixture!("authorize_prompt_none_ok_2_14"), accepted()),
            ("form post", fixture!("authorize_response_mode_form_post_2_14"), accepted()),
            ("fragment", fixture!("authorize_response_mode_fragment_2_14"), accepted()),
            ("form-encoded, since 2.13", fixture!("authorize_wrong_redirect_2_14"), page(no_match)),
            ("raw blanks and quotes, up to 2.12", fixture!("authorize_wrong_redirect_2_10"), page(no_match)),
            (
                "unknown client",
                fixture!("authorize_unknown_client_2_14"),
                page("The requested OAuth 2.0 Client does not exist."),
            ),
        ] {
            assert_eq!(read(&answer, CALLBACK), Ok(expected), "{name}");
        }
        for (error, answer) in [
            ("invalid_state", fixture!("authorize_short_state_2_14")),
            ("invalid_request", fixture!("authorize_pkce_required_2_14")),
            ("error", fixture!("authorize_par_required_2_14")),
        ] {
            let seen = read(&answer, CALLBACK).unwrap();
            assert!(sent_back(error)(&seen), "{seen:?}");
        }
        let without_prompt = read(&fixture!("authorize_no_prompt_2_14"), CALLBACK).unwrap();
        assert!(
            matches!(&without_prompt, DryRun::AsksForLogin(seen) if seen == "a redirect to https://id.example.test/interaction"),
            "{without_prompt:?}"
        );
        let before_2_9 = read(&fixture!("authorize_prompt_none_ok_2_9"), CALLBACK).unwrap();
        assert_eq!(
            before_2_9,
            DryRun::Unrecognised { status: 200, seen: "a page with the title \"Pocket ID\"".to_owned() }
        );
    }

    #[test]
    fn what_keycloak_answers_is_read_without_its_headings() {
        let page = |status, message: &str| DryRun::ErrorPage { status, message: message.to_owned() };
        let sent_back = |error: &str, description: &str| DryRun::SentBack {
            error: error.to_owned(),
            description: description.to_owned(),
        };
        for (name, answer, expected) in [
            ("good", keycloak!("ok"), accepted()),
            ("PKCE given", keycloak!("pkce_given"), accepted()),
            ("unknown client", keycloak!("unknown_client"), page(400, "Client not found.")),
            ("redirect URI", keycloak!("wrong_redirect"), page(400, "Invalid parameter: redirect_uri")),
            ("client off", keycloak!("client_disabled"), page(400, "Client disabled.")),
            ("realm off", keycloak!("realm_disabled"), page(400, "Realm not enabled")),
            (
                "bearer only",
                keycloak!("bearer_only"),
                page(403, "Bearer-only applications are not allowed to initiate browser login"),
            ),
            (
                "flow off",
                keycloak!("standard_flow_off"),
                sent_back(
                    "unauthorized_client",
                    "Client is not allowed to initiate browser login with given response_type. Standard flow is disabled \
                     for the client.",
                ),
            ),
            (
                "PKCE demanded",
                keycloak!("pkce_required"),
                sent_back("invalid_request", "Missing parameter: code_challenge_method"),
            ),
            (
                "another method of PKCE",
                keycloak!("pkce_other_method"),
                sent_back(
                    "invalid_request",
                    "Invalid parameter: code challenge method is not matching the configured one",
                ),
            ),
            (
                "PAR demanded",
                keycloak!("par_required"),
                sent_back("invalid_request", "Pushed Authorization Request is only allowed."),
            ),
            ("scope", keycloak!("unknown_scope"), sent_back("invalid_scope", "Invalid scopes: openid groupz")),
        ] {
            assert_eq!(super::read(&answer, CALLBACK, Some("ssowatch-state-0001")), Ok(expected), "{name}");
        }
        let without_prompt = read(&keycloak!("no_prompt"), CALLBACK).unwrap();
        assert!(
            matches!(&without_prompt, DryRun::AsksForLogin(seen) if seen == "a page with the title \"Sign in to home\""),
            "{without_prompt:?}"
        );
        let no_realm = read(&keycloak!("unknown_realm"), CALLBACK).unwrap();
        assert!(
            matches!(&no_realm, DryRun::ErrorPage { status: 404, message } if message == "Page not found"),
            "{no_realm:?}"
        );
    }

    #[test]
    fn what_2_9_says_of_a_redirect_uri_is_read() {
        let error = |status, message: &str| Ok(DryRun::ErrorPage { status, message: message.to_owned() });
        for (answer, expected) in [
            (fixture!("callback_url_ok_2_9"), Ok(DryRun::RedirectAccepted)),
            (
                fixture!("callback_url_wrong_2_9"),
                error(400, "Invalid callback URL, it might be necessary for an admin to fix this"),
            ),
            (fixture!("callback_url_unknown_client_2_9"), error(404, "Record not found")),
            (fixture!("callback_url_par_client_2_9"), error(400, "This client requires pushed authorization requests")),
        ] {
            assert_eq!(read_callback_url(&answer, CALLBACK), expected);
        }
        assert!(matches!(read_callback_url(&fixture!("callback_url_2_14"), CALLBACK), Err(FetchError::OutOfReach(_))));
        let other = json(200, r#"{"callbackURL":"https://kasm.example.test/other"}"#);
        assert!(matches!(read_callback_url(&other, CALLBACK), Ok(DryRun::Unrecognised { .. })));
        assert!(matches!(
            read_callback_url(&json(500, "{}"), CALLBACK),
            Err(FetchError::Failed { reason: Reason::Status, .. })
        ));
    }

    #[test]
    fn other_providers_are_read_by_the_specifications() {
        let to = |rest: &str| redirect(302, &format!("{CALLBACK}{rest}"));
        for error in ASKS_FOR_USER {
            assert_eq!(read(&to(&format!("?error={error}&state=s")), CALLBACK), Ok(DryRun::Accepted(error.to_owned())));
        }
        assert_eq!(
            read(&to("?error=unsupported_response_type&error_description=no+such+type"), CALLBACK),
            Ok(DryRun::SentBack {
                error: "unsupported_response_type".to_owned(),
                description: "no such type".to_owned()
            })
        );
        assert_eq!(
            read(&redirect(302, "HTTPS://KASM.example.test/api/oidc_callback?error=login_required"), CALLBACK),
            Ok(accepted()),
            "the same address, written otherwise"
        );
        let with_query = format!("{CALLBACK}?x=1");
        assert_eq!(read(&redirect(302, &format!("{with_query}&error=login_required")), &with_query), Ok(accepted()));
        for (case, answer) in [
            ("another path that begins alike", to("_other?error=login_required")),
            ("another host", redirect(302, "https://evil.example.test/api/oidc_callback?error=login_required")),
            ("no error", to("?state=s")),
            ("a code", to("?code=abc&state=s")),
            ("no address", redirect(302, "")),
            ("no location", answer(302, &[], "")),
            ("a page of whatever kind", html(200, "<title>Welcome to nginx!</title>")),
            ("where it was asked", redirect(302, "/asked?session=1")),
            (
                "a form that goes elsewhere",
                html(200, "<form method=post action=/x><input name=error value=login_required></form>"),
            ),
            ("nothing", answer(204, &[], "")),
        ] {
            let seen = read(&answer, CALLBACK);
            assert!(
                matches!(&seen, Ok(DryRun::Unrecognised { seen, .. }) if !seen.contains("abc")),
                "{case}: {seen:?}"
            );
        }
        assert!(matches!(
            read(&html(503, "<h1>no</h1>"), CALLBACK),
            Err(FetchError::Failed { reason: Reason::Status, .. })
        ));
    }

    #[test]
    fn an_error_page_is_told_in_its_own_words() {
        for (answer, message) in [
            (
                json(400, r#"{"error":"invalid_request","error_description":"no redirect"}"#),
                "invalid_request: no redirect",
            ),
            (
                html(
                    400,
                    "<style>p{}</style><title>Oops</title><p>We are <b>sorry</b> &amp; so on</p><script>x</script>",
                ),
                "Oops We are sorry & so on",
            ),
            (answer(404, &[], ""), "HTTP 404 without a text"),
        ] {
            let DryRun::ErrorPage { message: found, .. } = read(&answer, CALLBACK).unwrap() else {
                panic!("{message}")
            };
            assert_eq!(found, message);
        }
        let long = html(400, &"word ".repeat(1000));
        let DryRun::ErrorPage { message, .. } = read(&long, CALLBACK).unwrap() else { panic!() };
        assert_eq!(message.chars().count(), 200);
    }

    proptest::proptest! {
        #[test]
        fn no_answer_is_too_odd(status in 200_u16..600, location in "[ -~é]{0,80}", body in "[<>=/'\" a-z&]{0,200}") {
            for location in [location.clone(), format!("{CALLBACK}{location}"), format!("/interaction/error?{location}")] {
                let kind = ("content-type", "text/html; charset=utf-8");
                let seen = match hyper::header::HeaderValue::from_bytes(location.as_bytes()) {
                    Ok(_) => answer(status, &[kind, ("location", &location)], &body),
                    Err(_) => html(status, &body),
                };
                let _ = (read(&seen, CALLBACK), read(&seen, ""), read_callback_url(&seen, CALLBACK));
            }
        }
    }
}
