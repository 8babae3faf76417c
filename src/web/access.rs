//! Who may see what: each path tells nothing, verdicts, or more.

use std::{collections::HashMap, time::Duration};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use tokio::sync::{Semaphore, SemaphorePermit};
use url::{Host, Url};

use super::{
    App, Options, PATHS,
    lifecycle::is_foreign,
    text,
    ways::{Login, Rules, places::Client},
};

/// How much a path tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// Nothing about the targets: whether the process lives.
    Nothing,
    /// To the public, verdicts only: no addresses, ids or values. To others, all of it.
    Verdicts,
    /// More than verdicts.
    All,
}

/// Who asks; in the extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Anybody: sees verdicts only.
    Public,
    /// Somebody who may see all.
    Full,
}

/// Notes who asks, and refuses what is not for them.
///
/// What tells nothing is answered always: whoever watches over the process must not take a flood for its end.
pub(super) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let known = path.as_deref().and_then(|path| app.known(path));
    // A path that is not listed tells all that there is; one that is not there says which ones are.
    let tells = path.is_some().then(|| known.map_or(Tells::All, |known| known.2));
    let mut logged_in = false;
    if tells != Some(Tells::Nothing) {
        let rules = app.options.ways.rules().await;
        if let Err(wait) = rules.admit() {
            return busy(StatusCode::TOO_MANY_REQUESTS, wait, "Too many requests (rate_limit).");
        }
        let client = request.extensions().get().copied().unwrap_or(Client::LOCAL);
        match viewer(&app.options, &rules, tells, request.headers(), client).await {
            Ok(viewer) => {
                logged_in = rules.logins.is_some() && viewer == Viewer::Full;
                request.extensions_mut().insert(viewer);
            }
            Err(refusal) => return *refusal,
        }
    }
    if !request.method().is_safe()
        && let Some(refusal) = refuse_change(&app.options, request.headers(), logged_in)
    {
        return text(StatusCode::FORBIDDEN, refusal);
    }
    let Some(_room) = app.rooms.enter(known.map(|known| known.0)).await else {
        return busy(StatusCode::SERVICE_UNAVAILABLE, ROOM_WITHIN, "Too many such requests at once.");
    };
    next.run(request).await
}

/// Who asks, or why they get no answer.
async fn viewer(
    options: &Options,
    rules: &Rules,
    tells: Option<Tells>,
    headers: &HeaderMap,
    client: Client,
) -> Result<Viewer, Box<Response>> {
    let is_for_public = options.public && tells != Some(Tells::All);
    let Some(logins) = &rules.logins else {
        return match (options.public, is_for_public) {
            (false, _) => Ok(Viewer::Full),
            (true, true) => Ok(Viewer::Public),
            (true, false) => Err(Box::new(text(
                StatusCode::FORBIDDEN,
                "This page shows verdicts only (--web.public): there is no more to see here.",
            ))),
        };
    };
    match logins.check(headers, client).await {
        Login::Good => Ok(Viewer::Full),
        Login::None if is_for_public => Ok(Viewer::Public),
        Login::None => Err(Box::new(challenge("Log in."))),
        Login::Wrong => Err(Box::new(challenge("Wrong user or password."))),
        Login::Busy => Err(Box::new(busy(
            StatusCode::TOO_MANY_REQUESTS,
            Duration::from_secs(1),
            "Too many logins are being verified.",
        ))),
    }
}

fn challenge(message: &str) -> Response {
    let mut response = text(StatusCode::UNAUTHORIZED, message);
    let challenge = HeaderValue::from_static("Basic realm=\"ssowatch\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn busy(status: StatusCode, wait: Duration, message: &str) -> Response {
    let mut response = text(status, message);
    // Whole seconds, rounded up (RFC 9110, section 10.2.3).
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Why a request that changes something is refused, if a browser sent it from somewhere else.
fn refuse_change(options: &Options, headers: &HeaderMap, logged_in: bool) -> Option<&'static str> {
    if is_foreign(headers) {
        return Some("Refused: the request comes from a page of another origin.");
    }
    // The page of an attacker whose name leads here (DNS rebinding) is of the same origin as we are, by that name. No
    // browser sends it the login, which it knows for our own name.
    let from_browser = headers.contains_key(header::ORIGIN);
    (from_browser && !logged_in && !is_own_host(options, headers))
        .then_some("Refused: this name is not known to be ours; give the page's address by --web.external-url.")
}

/// Whether a request names us as nobody else could: by an address, as this machine, or as the operator does.
fn is_own_host(options: &Options, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let Some(url) = host.and_then(|host| Url::parse(&format!("http://{host}")).ok()) else { return false };
    let external = options.external_url.as_deref().and_then(|url| Url::parse(url).ok());
    match url.host() {
        Some(Host::Domain(name)) => {
            let is_local = name == "localhost" || name.ends_with(".localhost");
            is_local || external.is_some_and(|external| external.host_str() == Some(name))
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

/// Adds the headers of the web configuration, which go before our own.
pub(super) async fn with_headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in &app.options.ways.in_force().headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

/// How long a request waits for room.
const ROOM_WITHIN: Duration = Duration::from_secs(5);
/// Requests at once for paths that cost much: rendering of every series, and looks.
const ROOMS: [(&str, usize); 2] = [("/metrics", 2), ("/probe", 16)];
/// Requests at once for any other path.
const ROOM: usize = 64;

/// Room for requests, by path.
pub(super) struct Rooms(HashMap<&'static str, Semaphore>, Semaphore);

impl Default for Rooms {
    fn default() -> Self {
        let at_once = |path| ROOMS.iter().find(|room| room.0 == path).map_or(ROOM, |room| room.1);
        Self(PATHS.iter().map(|(path, ..)| (*path, Semaphore::new(at_once(*path)))).collect(), Semaphore::new(ROOM))
    }
}

impl Rooms {
    /// Waits for room for a known path; none came in time.
    async fn enter(&self, path: Option<&str>) -> Option<SemaphorePermit<'_>> {
        let room = path.and_then(|path| self.0.get(path)).unwrap_or(&self.1);
        tokio::time::timeout(ROOM_WITHIN, room.acquire()).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_changes_something_only_under_a_name_that_is_ours() {
        let options = Options { external_url: Some("https://sso.example.com/watch".to_owned()), ..Options::default() };
        for (host, origin, refused) in [
            ("127.0.0.1:10059", Some("http://127.0.0.1:10059"), false),
            ("[::1]:10059", Some("http://[::1]:10059"), false),
            ("localhost:10059", Some("http://localhost:10059"), false),
            ("sso.example.com", Some("https://sso.example.com"), false),
            ("rebound.example.net:10059", Some("http://rebound.example.net:10059"), true),
            ("localhost.example.net", Some("http://localhost.example.net"), true),
            ("127.0.0.1:10059", Some("https://evil.example.net"), true),
            ("monitor.lan:10059", None, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(refuse_change(&options, &headers, false).is_some(), refused, "{host} {origin:?}");
            let is_foreign = is_foreign(&headers);
            assert_eq!(refuse_change(&options, &headers, true).is_some(), is_foreign, "logged in: {host} {origin:?}");
        }
    }
    #[tokio::test(start_paused = true)]
    async fn paths_that_cost_much_have_little_room_and_take_none_from_others() {
        let rooms = Rooms::default();
        let (first, second) = (rooms.enter(Some("/metrics")).await, rooms.enter(Some("/metrics")).await);
        assert!(first.is_some() && second.is_some());
        assert!(rooms.enter(Some("/metrics")).await.is_none());
        assert!(rooms.enter(Some("/")).await.is_some() && rooms.enter(None).await.is_some());
        drop(first);
        assert!(rooms.enter(Some("/metrics")).await.is_some());
    }
}
