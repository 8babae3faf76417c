//! The start of a login at an app that is not Kasm: the request that its login button makes, and what comes back.
//!
//! Cookies and form fields live for this start only. A redirect within the app is followed, since some apps have a page
//! between the button and the provider; nothing is requested elsewhere. Of the answer only the authorize URL is kept: an
//! answer may hold a code verifier.

use hyper::header::{self, HeaderValue};
use url::Url;

use super::html;
use crate::{
    apps::{
        LoginMethod, LoginRequest, StartAnswer, StartOf, StartRead,
        kasm::{KasmStart, Start, StartOutcome},
    },
    collect::{
        off_worker,
        sources::login_start::Started,
        transport::{
            answer::Answer,
            fetch_error::{self, FetchError, bounded},
            http::Request,
            side_client::{Counts, SideClient},
        },
    },
    oidc::AuthorizeUrl,
};

/// More redirects than this within the app are not followed.
const MOST_REDIRECTS: usize = 2;
/// Longer cookies than this together are not sent back.
const MOST_COOKIES: usize = 8_000;
/// How web frameworks refuse a form that they take for a forged one: Django, Laravel, Rails.
const FORGED: [u16; 3] = [403, 419, 422];
/// A page of this size is read away from the runtime's threads.
const LARGE: usize = 64 * 1024;

/// Starts a login. `request` is filled.
///
/// # Errors
/// No answer came, or one that is not the app's: throttled, a challenge, a login wall; or an error of the server's own.
pub(in crate::collect) async fn collect(
    app: &SideClient,
    request: &LoginRequest,
    of: StartOf<'_>,
    counts: &Counts,
) -> Result<Started, FetchError> {
    let mut session = Session::default();
    if let Some(before) = &request.before {
        let answer = app.ask(&session.with(Request::page(below(app, before))), counts).await?;
        if let Some(ends) = ended(before, &answer) {
            return ends;
        }
        session.keep(answer).await;
    }
    let url = below(app, &request.path);
    let mut next = match &request.method {
        LoginMethod::Get => Request { accept: "text/html, application/json;q=0.9", ..Request::page(url) },
        LoginMethod::PostForm(own) => {
            let fields: Vec<(&str, &str)> =
                session.fields.iter().chain(own).map(|(name, value)| (name.as_str(), value.as_str())).collect();
            Request { accept: "text/html, application/json;q=0.9", ..Request::form(url, &fields) }
        }
        LoginMethod::PostJson(text) => Request { body: Some(("application/json", text.clone())), ..Request::json(url) },
    };
    // A wall before the app would have kept its form back.
    let mut is_form = matches!(request.method, LoginMethod::PostForm(_)) && !session.fields.is_empty();
    // Where the form was loaded from, as a browser says it: a guard against forged forms wants it over https.
    next.form_of = request.before.as_ref().map(|before| below(app, before));
    for _ in 0..=MOST_REDIRECTS {
        let asked = next.url.path().to_owned();
        let answer = app.ask(&session.with(next), counts).await?;
        match read(&answer, request, of).await {
            StartRead::Url(url) => {
                return fetch_error::of_long_url(&url).map_or_else(|| Ok(outcome(&url, request.add_state)), Err);
            }
            StartRead::Within(within) => {
                next = Request::page(within);
                is_form = false;
                session.keep(answer).await;
            }
            StartRead::Refused(_) if is_form && FORGED.contains(&answer.status) => {
                let what = format!("HTTP {}", answer.status);
                return Ok(started(StartOutcome::FormRefused(what), None));
            }
            StartRead::Refused(why) => {
                return ended(&asked, &answer)
                    .unwrap_or_else(|| Ok(started(StartOutcome::Refused(bounded(&why)), None)));
            }
        }
    }
    let why = "it leads from one of its own pages to the next, and not to a provider";
    Ok(started(StartOutcome::Refused(why.to_owned()), None))
}

/// What ends a start: a wall, an error of the server's own, or a refusal. None where the answer has a page to go on with.
fn ended(path: &str, answer: &Answer) -> Option<Result<Started, FetchError>> {
    let path = path.split('?').next().unwrap_or_default();
    match answer.status {
        ..300 => None,
        // What is no web address leads to no wall.
        300..=399 if !answer.location_url().is_some_and(|url| matches!(url.scheme(), "http" | "https")) => None,
        300..=399 | 401 | 403 => match fetch_error::login_wall(answer) {
            Some(wall) => Some(Err(wall)),
            None if answer.status < 400 => None,
            None => Some(Ok(started(StartOutcome::Refused(refusal(path, answer)), None))),
        },
        500.. => Some(Err(fetch_error::of_status(answer))),
        _ => Some(Ok(started(StartOutcome::Refused(refusal(path, answer)), None))),
    }
}

fn refusal(path: &str, answer: &Answer) -> String {
    let what = format!("{path} answers HTTP {}", answer.status);
    bounded(&answer.said().map_or_else(|| what.clone(), |said| format!("{what}: {said}")))
}

async fn read(answer: &Answer, request: &LoginRequest, of: StartOf<'_>) -> StartRead {
    let location = answer.location();
    let (status, asked, is_page) = (answer.status, answer.url.clone(), answer.is_web_page());
    let find = |body: &[u8]| {
        let parts = StartAnswer { asked: &asked, status, location: location.as_deref(), is_page, body };
        request.url_in.find(&parts, of)
    };
    if answer.body.len() < LARGE {
        return find(&answer.body);
    }
    let (url_in, app, provider) = (request.url_in.clone(), of.app.to_owned(), of.provider.map(str::to_owned));
    let (location, asked, body) = (location.clone(), asked.clone(), answer.body.to_vec());
    off_worker(move || {
        let parts = StartAnswer { asked: &asked, status, location: location.as_deref(), is_page, body: &body };
        url_in.find(&parts, StartOf { app: &app, provider: provider.as_deref() })
    })
    .await
}

/// What the app sets and shows on the way. Dropped with the start.
#[derive(Default)]
struct Session {
    cookies: Vec<(String, String)>,
    fields: Vec<(String, String)>,
}

impl Session {
    /// The request with the cookies so far.
    fn with(&self, request: Request) -> Request {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let fits = !cookies.is_empty() && cookies.len() <= MOST_COOKIES;
        let cookie = HeaderValue::from_str(&cookies).ok().filter(|_| fits).map(|mut value| {
            value.set_sensitive(true);
            value
        });
        Request { cookie, ..request }
    }

    /// Takes the cookies of an answer, and the fields of its form.
    async fn keep(&mut self, answer: Answer) {
        for value in answer.headers.get_all(header::SET_COOKIE) {
            let pair = value.to_str().ok().and_then(|text| text.split(';').next()?.split_once('='));
            let Some((name, value)) = pair.map(|(name, value)| (name.trim(), value.trim())) else { continue };
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        if answer.is_html() {
            let (_, fields) = answer.read(|answer| html::hidden_fields(&String::from_utf8_lossy(&answer.body))).await;
            self.fields = fields;
        }
    }
}

/// An address below the app's: `path` begins with a slash and may have a query.
fn below(app: &SideClient, path: &str) -> Url {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut url = app.at(path);
    url.set_query(query);
    url
}

fn outcome(written: &str, add_state: bool) -> Started {
    let raw = if add_state { with_state(written) } else { written.to_owned() };
    match AuthorizeUrl::parse(&raw) {
        Ok(parsed) => started(StartOutcome::Url(parsed), Some(raw)),
        Err(problem) => {
            started(StartOutcome::Refused(bounded(&format!("the authorize URL that it gives is {problem}"))), None)
        }
    }
}

/// The URL with a `state`, where it lacks one: the app's own page adds it.
fn with_state(written: &str) -> String {
    /// Long enough for every provider; it belongs to no login, so it need not be secret.
    const STATE: &str = "ssowatch-dry-run-state-0123456789";
    match Url::parse(written) {
        Ok(mut url) if !url.query_pairs().any(|(name, _)| name == "state") => {
            url.query_pairs_mut().append_pair("state", STATE);
            url.into()
        }
        _ => written.to_owned(),
    }
}

fn started(outcome: StartOutcome, raw: Option<String>) -> Started {
    let start = Start { config_id: String::new(), display_name: String::new(), outcome };
    Started { facts: KasmStart { starts: vec![start] }, raw: vec![raw] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::recorded::{answer, html, json, redirect};

    fn cookie(set: &str, page: &str) -> Answer {
        answer(200, &[("content-type", "text/html"), ("set-cookie", set)], page)
    }

    #[tokio::test]
    async fn cookies_are_sent_back_by_name_and_the_latest_value_counts() {
        let mut session = Session::default();
        for set in ["csrftoken=a; Path=/; HttpOnly", "session=x", "csrftoken=b"] {
            session.keep(cookie(set, "<p></p>")).await;
        }
        let request = session.with(Request::page(Url::parse("https://app.example.test/").unwrap()));
        let cookie = request.cookie.unwrap();
        assert_eq!(cookie, "session=x; csrftoken=b");
        assert!(cookie.is_sensitive());
        session.keep(cookie_of(9_000)).await;
        let none = session.with(Request::page(Url::parse("https://app.example.test/").unwrap()));
        assert_eq!(none.cookie, None, "a hostile jar is not carried");
    }

    fn cookie_of(length: usize) -> Answer {
        cookie(&format!("big={}", "x".repeat(length)), "<p></p>")
    }

    #[tokio::test]
    async fn the_hidden_fields_of_a_form_go_along() {
        let mut session = Session::default();
        let page = "<form><input type=text name=q></form><form method=post action=/login/><input type=hidden \
                    name=csrf value='t&amp;1'><input type=password name=p></form>";
        session.keep(html(200, page)).await;
        assert_eq!(session.fields, [("csrf".to_owned(), "t&1".to_owned())]);
    }

    #[test]
    fn a_state_is_added_only_where_the_url_lacks_one() {
        let added = with_state("https://id.example.test/authorize?client_id=c1");
        assert!(added.contains("client_id=c1&state=ssowatch"), "{added}");
        let own = "https://id.example.test/authorize?client_id=c1&state=abcdefgh";
        assert_eq!(with_state(own), own);
    }

    #[test]
    fn what_ends_a_start_is_a_wall_an_error_or_a_refusal() {
        assert!(ended("/x", &html(200, "<p>")).is_none());
        assert!(ended("/x", &redirect(302, "/next")).is_none());
        let wall = ended("/x", &redirect(302, "https://login.example.test/in")).unwrap();
        assert!(matches!(wall, Err(FetchError::OutOfReach(_))));
        let error = ended("/x", &html(500, "<h1>")).unwrap();
        assert!(matches!(error, Err(FetchError::Failed { status: Some(500), .. })), "{error:?}");
        let refused = ended("/x?secret=1", &json(400, r#"{"message": "OAuth is not enabled"}"#)).unwrap().unwrap();
        let StartOutcome::Refused(why) = &refused.facts.starts[0].outcome else { panic!() };
        assert_eq!(why, "/x answers HTTP 400: OAuth is not enabled");
    }
}
