//! Who may see what: each path tells nothing, verdicts, or more.

use std::{collections::HashMap, time::Duration};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use futures_util::StreamExt as _;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::sleep,
};
use url::{Host, Url};

use super::{
    App, Options, PATHS,
    connection_limiter::{Client, Reserved},
    lifecycle::is_foreign,
    text,
    web_config::{LONGEST_PASSWORD, Login, Rules},
};
use crate::config::{Config, address::is_loopback};

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
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let known = matched.as_ref().and_then(|path| app.known(path.as_str()));
    // A path that is not listed tells all that there is; one that is not there says which ones are.
    let tells = matched.is_some().then(|| known.map_or(Tells::All, |known| known.2));
    let path = known.map(|known| known.0);
    if request.extensions().get::<Reserved>().is_some() && tells != Some(Tells::Nothing) && path != Some("/metrics") {
        return busy(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(1), "Too many connections at once.");
    }
    if tells != Some(Tells::Nothing) {
        let rules = app.options.web_config.rules().await;
        if let Err(wait) = rules.admit() {
            return busy(StatusCode::TOO_MANY_REQUESTS, wait, "Too many requests (rate_limit).");
        }
        if rules.logins.is_none() && !is_own_host(&request, &app.options, &app.config.borrow()) {
            return text(StatusCode::FORBIDDEN, FOREIGN_HOST);
        }
        let client = request.extensions().get().copied().unwrap_or(Client::LOCAL);
        match viewer(&app.options, &rules, tells, request.headers(), client).await {
            Ok(viewer) => request.extensions_mut().insert(viewer),
            Err(refusal) => return *refusal,
        };
    }
    if !request.method().is_safe() {
        if is_foreign(request.headers()) {
            return text(StatusCode::FORBIDDEN, "Refused: the request comes from a page of another origin.");
        }
        request = request.map(|body| Body::from_stream(body.into_data_stream().take_until(sleep(BODY_WITHIN))));
    }
    let Some(_room) = app.rooms.enter(path).await else {
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
        Login::TooLong => Err(Box::new(challenge(&format!(
            "Passwords of more than {LONGEST_PASSWORD} bytes are refused: bcrypt would cut them."
        )))),
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

/// What a request is told that names us by a name that is not the operator's.
const FOREIGN_HOST: &str = "Refused: this is not known as a name of this ssowatch. Without a login it answers to \
    localhost, to addresses, to the name in --web.external-url, and to those in web.allowed_hosts (its configuration, or \
    --web.allowed-hosts).";

/// Whether a request names us as the page of an attacker cannot: by an address, as this machine, or as the operator does.
///
/// A name of the attacker's own that leads here (DNS rebinding) makes us the same origin as the attacker's page, which then
/// reads all that needs no login.
fn is_own_host(request: &Request, options: &Options, config: &Config) -> bool {
    // The address of the request itself goes before the header (RFC 9112, section 3.2.2).
    let named = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(header::HOST).and_then(|host| host.to_str().ok()),
    };
    let Some(url) = named.and_then(|host| Url::parse(&format!("http://{host}")).ok()) else { return false };
    let external = options.external_url.as_deref().and_then(|url| Url::parse(url).ok());
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            is_loopback(&url)
                || external.is_some_and(|external| external.host_str() == Some(name))
                || config.web.allowed_hosts.iter().chain(&options.allowed_hosts).any(|allowed| allowed == name)
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

/// Adds the headers of the web configuration, which go before our own.
pub(super) async fn with_headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in &app.options.web_config.in_force().headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

/// How long the body of a request may take; what has come by then is all of it.
const BODY_WITHIN: Duration = Duration::from_secs(5);
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
    fn a_request_names_us_by_an_address_as_this_machine_or_as_the_operator_does() {
        let options = Options { external_url: Some("https://sso.example.com/watch".to_owned()), ..Options::default() };
        let mut config = Config::of_targets(Vec::new());
        config.web.allowed_hosts = vec!["monitor.lan".to_owned()];
        for (target, host, is_own) in [
            ("/", Some("127.0.0.1:10059"), true),
            ("/", Some("192.0.2.1"), true),
            ("/", Some("[::1]:10059"), true),
            ("/", Some("[2001:db8::1]"), true),
            ("/", Some("localhost:10059"), true),
            ("/", Some("LOCALHOST."), true),
            ("/", Some("watch.localhost"), true),
            ("/", Some("sso.example.com"), true),
            ("/", Some("sso.example.com:8443"), true),
            ("/", Some("monitor.lan:10059"), true),
            ("/", Some("Monitor.LAN"), true),
            ("/", Some("rebound.example.net:10059"), false),
            ("/", Some("localhost.example.net"), false),
            ("/", Some("evil.monitor.lan"), false),
            ("/", Some("xmonitor.lan"), false),
            ("/", Some("127.0.0.1.example.net"), false),
            ("/", Some("a@b@localhost evil"), false),
            ("/", Some(""), false),
            ("/", None, false),
            ("http://rebound.example.net/", Some("localhost"), false),
            ("http://localhost/", Some("rebound.example.net"), true),
        ] {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = target.parse().unwrap();
            if let Some(host) = host {
                request.headers_mut().insert(header::HOST, HeaderValue::from_static(host));
            }
            assert_eq!(is_own_host(&request, &options, &config), is_own, "{target} {host:?}");
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
