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

/// Reads the answer to an authorize URL with `prompt=none`.
pub(in crate::collect) fn read(answer: &Answer, redirect_uri: &str) -> Result<DryRun, FetchError> {
    match answer.status {
        300..=399 => Ok(read_redirect(answer, redirect_uri)),
        400..=499 => Ok(DryRun::ErrorPage { status: answer.status, message: message_of(answer) }),
        500.. => Err(fetch_error::of_status(answer)),
        _ => Ok(read_page(answer, redirect_uri)),
    }
}

fn read_redirect(answer: &Answer, redirect_uri: &str) -> DryRun {
    let status = answer.status;
    let unrecognised = |seen: &str| DryRun::Unrecognised { status, seen: bounded(seen) };
    // Compared as it stands: up to Pocket ID 2.12 it holds raw blanks and quotes.
    let Some(location) = answer.location() else { return unrecognised("a redirect without an address") };
    if let Some(rest) = after_callback(&location, redirect_uri) {
        return from_parameters(status, rest);
    }
    if let Some(message) = interaction_error(&location, &answer.url) {
        return DryRun::ErrorPage { status, message };
    }
    match answer.location_url() {
        Some(target) => unrecognised(&format!("a redirect to {}, not back to Kasm with an error", place(&target))),
        None => unrecognised("a redirect to something that is no address"),
    }
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

fn from_parameters(status: u16, rest: &str) -> DryRun {
    let mut error = None;
    let mut description = String::new();
    let mut has_code = false;
    for part in rest.split(['?', '#', '&']) {
        for (name, value) in form_urlencoded::parse(part.as_bytes()) {
            match &*name {
                "error" => error = Some(bounded(&value)),
                "error_description" => description = bounded(&value),
                "code" => has_code = true,
                _ => {}
            }
        }
    }
    outcome(status, error, description, has_code)
}

fn outcome(status: u16, error: Option<String>, description: String, has_code: bool) -> DryRun {
    match error {
        Some(error) if ASKS_FOR_USER.contains(&error.as_str()) => DryRun::Accepted(error),
        Some(error) => DryRun::SentBack { error, description },
        None if has_code => {
            DryRun::Unrecognised { status, seen: "sent back to Kasm with a code, though nobody signed in".to_owned() }
        }
        None => DryRun::Unrecognised { status, seen: "sent back to Kasm without an error".to_owned() },
    }
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

/// A page with 200: an answer by form post (OAuth 2.0 Form Post Response Mode), or nothing known.
fn read_page(answer: &Answer, redirect_uri: &str) -> DryRun {
    let text = String::from_utf8_lossy(&answer.body);
    let form = html::form(&text);
    if let Some(form) = form
        && !redirect_uri.is_empty()
        && form.action == redirect_uri
    {
        let field = |name: &str| form.fields.iter().find(|(field, _)| field == name).map(|(_, value)| bounded(value));
        let (error, description) = (field("error"), field("error_description").unwrap_or_default());
        return outcome(answer.status, error, description, field("code").is_some());
    }
    let seen = match html::title(&text) {
        Some(title) => format!("a page with the title \"{title}\""),
        None => "neither a redirect nor an error".to_owned(),
    };
    DryRun::Unrecognised { status: answer.status, seen: bounded(&seen) }
}

/// What an error page says: the fields of JSON, else the words of the page.
fn message_of(answer: &Answer) -> String {
    if let Some(text) = answer.said() {
        return text;
    }
    let words = bounded(&html::words(&String::from_utf8_lossy(&answer.body)));
    if words.is_empty() { format!("HTTP {} without a text", answer.status) } else { words }
}

/// Reads the answer of Pocket ID 2.9's own call.
pub(in crate::collect) fn read_callback_url(answer: &Answer, redirect_uri: &str) -> Result<DryRun, FetchError> {
    let status = answer.status;
    match status {
        200 => {
            let json = parse_json(&answer.body).map_err(|problem| fetch_error::of_body(&problem))?.value;
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

    macro_rules! fixture {
        ($name:literal) => {
            recorded(include_str!(concat!("../../../tests/fixtures/observe/", $name, ".json")))
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
            matches!(&without_prompt, DryRun::Unrecognised { seen, .. } if seen.contains("https://id.example.test/interaction,")),
            "{without_prompt:?}"
        );
        let before_2_9 = read(&fixture!("authorize_prompt_none_ok_2_9"), CALLBACK).unwrap();
        assert_eq!(
            before_2_9,
            DryRun::Unrecognised { status: 200, seen: "a page with the title \"Pocket ID\"".to_owned() }
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
            ("its own login page", redirect(302, "/login?next=x")),
            ("no address", redirect(302, "")),
            ("no location", answer(302, &[], "")),
            ("a page", html(200, "<title>Sign in</title>")),
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
                let mut seen = html(status, &body);
                if let Ok(value) = hyper::header::HeaderValue::from_bytes(location.as_bytes()) {
                    seen.headers.insert("location", value);
                }
                let _ = (read(&seen, CALLBACK), read(&seen, ""), read_callback_url(&seen, CALLBACK));
            }
        }
    }
}
