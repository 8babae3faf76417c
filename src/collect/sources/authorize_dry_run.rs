//! The dry run: Kasm's own authorize URL with `prompt=none`, and what the provider makes of it. Nothing is followed, but for a
//! redirect to the same page, once.
//!
//! `prompt=none` without a session must come back to the client with an error (OpenID Connect Core 1.0, 3.1.2.1): that
//! error says whether client, redirect URI, response type, PKCE and PAR rules hold, in one request that leaves nothing.
//! Pocket ID 2.9 has a call of its own for the redirect URI; older releases answer a web page to everything.

use hyper::header::{self, HeaderValue};
use url::{Url, form_urlencoded};

use super::dry_run_answer::{is_same_page, read, read_callback_url};
use crate::{
    collect::transport::{
        answer::Answer,
        fetch_error::{FetchError, bounded},
        http::Request,
        side_client::{Counts, SideClient},
    },
    model::{DryRun, SourceId},
    oidc::AuthorizeUrl,
    providers::pocket_id::{Dialect, Version, VersionSpan},
};

/// Parameters that no authorize URL should hold; a URL that does is not sent.
const NEVER_SENT: [&str; 5] = ["code", "client_secret", "access_token", "id_token", "id_token_hint"];

/// Asks the provider what it makes of Kasm's authorize URL.
pub(in crate::collect) async fn collect(
    provider: &SideClient,
    raw: &str,
    asks: &AuthorizeUrl,
    dialect: Dialect,
    version: Option<VersionSpan>,
    counts: &Counts,
) -> Result<DryRun, FetchError> {
    let url = Url::parse(raw).map_err(|_| FetchError::Blocked(SourceId::LoginStart))?;
    if !provider.public().serves(&url) {
        return Err(FetchError::OutOfReach(bounded(&format!(
            "Kasm's authorize URL leads to {}, not to the provider, and the dry run is sent nowhere else",
            url.origin().ascii_serialization()
        ))));
    }
    match dialect {
        Dialect::Legacy if version.is_some_and(|span| span.at_least == Version::new(2, 9)) => {
            ask_for_redirect(provider, asks, counts).await
        }
        Dialect::Legacy => Err(FetchError::OutOfReach(
            "Pocket ID before 2.9 has no answer without a user: sign in once in a private window".to_owned(),
        )),
        Dialect::Fosite | Dialect::Openid => {
            let redirect_uri = asks.redirect_uri.clone().unwrap_or_default();
            let state = state_of(&url);
            let mut answer = provider.ask(&Request::page(without_prompt(&url)?), counts).await?;
            if let Some(request) = same_page_again(&answer) {
                answer = provider.ask(&request, counts).await?;
            }
            let sent = state.clone();
            let (_, seen) = answer.read(move |answer| read(answer, &redirect_uri, sent.as_deref())).await;
            seen.map(|seen| without_state(seen, state.as_deref()))
        }
    }
}

/// The URL with `prompt=none` and every other parameter byte for byte.
fn without_prompt(url: &Url) -> Result<Url, FetchError> {
    let query = url.query().unwrap_or_default();
    if form_urlencoded::parse(query.as_bytes()).any(|(name, _)| NEVER_SENT.contains(&&*name)) {
        let why = "Kasm's authorize URL holds a secret or a code, and is not sent";
        return Err(FetchError::OutOfReach(why.to_owned()));
    }
    let is_prompt = |part: &&str| form_urlencoded::parse(part.as_bytes()).any(|(name, _)| name == "prompt");
    let mut parts: Vec<&str> = query.split('&').filter(|part| !part.is_empty() && !is_prompt(part)).collect();
    parts.push("prompt=none");
    let mut asked = url.clone();
    asked.set_query(Some(&parts.join("&")));
    asked.set_fragment(None);
    Ok(asked)
}

/// The request once more, where the answer sends it to the same page of the same origin: a provider that begins its session
/// so sets a cookie, and some only take off a slash. Followed once, and nowhere else.
fn same_page_again(answer: &Answer) -> Option<Request> {
    const MOST_COOKIES: usize = 8000;
    let target = answer.location_url().filter(|_| matches!(answer.status, 301 | 302 | 303 | 307 | 308))?;
    if target.origin() != answer.url.origin() || !is_same_page(&target, &answer.url) {
        return None;
    }
    let cookies: Vec<&str> = answer
        .headers
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok()?.split(';').next().map(str::trim))
        .collect();
    let is_other_spelling = target.path() != answer.url.path();
    if cookies.is_empty() && !is_other_spelling {
        return None;
    }
    let mut request = Request::page(target);
    let mut cookie = HeaderValue::from_str(&cookies.join("; ")).ok().filter(|value| value.len() <= MOST_COOKIES);
    if let Some(value) = &mut cookie {
        value.set_sensitive(true);
    }
    request.cookie = cookie.filter(|value| !value.is_empty());
    Some(request)
}

fn state_of(url: &Url) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned())
}

/// What was seen, without the `state` of the login, which an error page may repeat.
fn without_state(seen: DryRun, state: Option<&str>) -> DryRun {
    let Some(state) = state.filter(|state| !state.is_empty()) else { return seen };
    let scrub = |text: String| without_its_beginning(&text.replace(state, "(state)"), state);
    match seen {
        DryRun::Accepted(error) => DryRun::Accepted(scrub(error)),
        DryRun::RedirectAccepted => DryRun::RedirectAccepted,
        DryRun::AsksForLogin(how) => DryRun::AsksForLogin(scrub(how)),
        DryRun::StateChanged { error, is_lost } => DryRun::StateChanged { error: scrub(error), is_lost },
        DryRun::SentBack { error, description } => {
            DryRun::SentBack { error: scrub(error), description: scrub(description) }
        }
        DryRun::ErrorPage { status, message } => DryRun::ErrorPage { status, message: scrub(message) },
        DryRun::Unrecognised { status, seen } => DryRun::Unrecognised { status, seen: scrub(seen) },
    }
}

/// The text without the beginning of the `state`, where the text was cut within it. A few characters are no secret.
fn without_its_beginning(text: &str, state: &str) -> String {
    const FEW: usize = 4;
    let whole = text.trim_end_matches('…');
    if whole.len() == text.len() {
        return text.to_owned();
    }
    let begins = |at: &usize| whole.len() - at >= FEW && state.starts_with(&whole[*at..]);
    match whole.char_indices().map(|(at, _)| at).find(begins) {
        Some(at) => format!("{}(state)…", &whole[..at]),
        None => text.to_owned(),
    }
}

/// Pocket ID 2.9: `POST /api/oidc/authorize/callback-url`, with the two values that Kasm sends. Nothing is stored.
async fn ask_for_redirect(provider: &SideClient, asks: &AuthorizeUrl, counts: &Counts) -> Result<DryRun, FetchError> {
    let (Some(client_id), Some(redirect_uri)) = (&asks.client_id, &asks.redirect_uri) else {
        return Err(FetchError::Blocked(SourceId::LoginStart));
    };
    let body = serde_json::json!({"clientID": client_id, "callbackURL": redirect_uri});
    let request = Request::post(provider.at("/api/oidc/authorize/callback-url"), &body);
    read_callback_url(&provider.ask(&request, counts).await?, redirect_uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_a_page_repeats_is_kept_neither_whole_nor_cut() {
        let state = "tWoZsJksXTgzSmopPq-1";
        for (text, kept) in [
            ("state : tWoZsJksXTgzSmopPq-1", "state : (state)"),
            ("state : tWoZsJksXT…", "state : (state)…"),
            ("state : tWoZ…", "state : (state)…"),
            ("the redirect…", "the redirect…"),
            ("state : tWoZsJksXT", "state : tWoZsJksXT"),
            ("…", "…"),
        ] {
            let page = DryRun::ErrorPage { status: 400, message: text.to_owned() };
            let expected = DryRun::ErrorPage { status: 400, message: kept.to_owned() };
            assert_eq!(without_state(page, Some(state)), expected);
        }
    }

    #[test]
    fn only_the_prompt_of_the_url_is_replaced() {
        for (written, asked) in [
            ("https://x.test/a?b=%7e&prompt=login&c=d+e#f", "https://x.test/a?b=%7e&c=d+e&prompt=none"),
            ("https://x.test/a?prompt=none", "https://x.test/a?prompt=none"),
            ("https://x.test/a?pro%6Dpt=login&&b", "https://x.test/a?b&prompt=none"),
            ("https://x.test/a", "https://x.test/a?prompt=none"),
        ] {
            assert_eq!(without_prompt(&Url::parse(written).unwrap()).unwrap().as_str(), asked);
        }
        for secret in NEVER_SENT {
            let url = Url::parse(&format!("https://x.test/a?{secret}=1")).unwrap();
            assert!(matches!(without_prompt(&url), Err(FetchError::OutOfReach(_))), "{secret}");
        }
    }
}
