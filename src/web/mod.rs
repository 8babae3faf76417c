//! The HTTP surface: metrics, status page, probes, service discovery. Pure projections of (results, now).

mod access;
mod api;
mod badge;
mod calendar;
mod connection_limiter;
mod exposition;
mod feed;
mod handshake;
mod headers;
mod lifecycle;
pub mod page;
mod pages;
mod probe;
mod sd;
mod serve;
mod web_config;

use std::sync::{Arc, atomic::AtomicBool};

use axum::{
    Router,
    extract::{self, DefaultBodyLimit},
    http::{StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    clock::Clock, collect::Collector, config::Config, journal::Journal, metrics::Daemon, notify::maintenance::Windows,
    results::Results, scheduler::RunTriggers,
};

pub use access::{Tells, Viewer};
pub use serve::{Limits, Peer, serve, serve_by, serve_within};
pub use web_config::ActiveWebConfig;

/// A request to reload the configuration, and where the outcome goes (the error text names file, line and field).
pub type Reload = oneshot::Sender<Result<(), String>>;

/// What the handlers share.
#[derive(Clone)]
pub struct State {
    /// The latest round of each target.
    pub results: Arc<Results>,
    /// The configuration in force.
    pub config: watch::Receiver<Arc<Config>>,
    /// Metrics about the daemon.
    pub daemon: Arc<Daemon>,
    /// What changed and when.
    pub journal: Arc<Journal>,
    /// Where a round is asked for before it is due.
    pub triggers: Arc<RunTriggers>,
    /// When messages are muted.
    pub windows: Arc<Windows>,
    /// For `/probe`.
    pub collector: Arc<Collector>,
    /// The time.
    pub clock: Clock,
    /// True once every target loaded at start has had its first round; false again while shutting down.
    pub ready: Arc<AtomicBool>,
    /// Where `/-/reload` asks.
    pub reload: mpsc::Sender<Reload>,
    /// Settings by flags.
    pub options: Options,
}

/// Settings of the HTTP surface, by flags.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--web.route-prefix`, with a leading and without a trailing slash; empty for none.
    pub route_prefix: String,
    /// `--web.external-url`: where users reach the page, without a trailing slash; for links.
    pub external_url: Option<String>,
    /// `--web.enable-lifecycle`: whether `/-/reload` works, and rounds may be asked for.
    pub enable_lifecycle: bool,
    /// `--web.public`: whether who is not logged in sees verdicts.
    pub public: bool,
    /// `--web.allowed-hosts`: names under which it answers without a login, beside `web.allowed_hosts` of the configuration.
    pub allowed_hosts: Vec<String>,
    /// `--web.config.file`: TLS, logins, headers, rate.
    pub web_config: ActiveWebConfig,
}

impl Options {
    /// What stands before the path of every link.
    #[must_use]
    pub fn base(&self) -> &str {
        self.external_url.as_deref().unwrap_or(&self.route_prefix)
    }
}

/// What the handlers of this surface share: the daemon's state, what `/probe` keeps, and when rounds were asked for.
#[derive(Clone)]
struct App {
    state: State,
    probes: Arc<probe::Probes>,
    run_now: Arc<api::ByHand>,
    rooms: Arc<access::Rooms>,
}

impl std::ops::Deref for App {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl App {
    /// A path of the router, as it is listed.
    fn known(&self, path: &str) -> Option<&'static (&'static str, &'static str, Tells)> {
        let path = path.strip_prefix(self.options.route_prefix.trim_end_matches('/')).unwrap_or(path);
        // The prefix alone is the index, too.
        let path = if path.is_empty() { "/" } else { path };
        PATHS.iter().find(|known| known.0 == path)
    }
}

/// The handlers' view of [`App`].
type Shared = extract::State<App>;

/// Every path, what it is, for the page that says what exists, and how much it tells.
const PATHS: [(&str, &str, Tells); 33] = [
    ("/", "status page", Tells::Verdicts),
    ("/targets/{name}", "one target in full", Tells::Verdicts),
    ("/targets/{name}/checks", "every check and every source of a target", Tells::All),
    ("/targets/{name}/badge.svg", "a badge for other pages", Tells::Verdicts),
    ("/targets/{name}/expiries.ics", "what expires, for a calendar", Tells::All),
    ("/changes", "what changed and when", Tells::All),
    ("/clients", "the clients of every provider that a key shows, and who watches them", Tells::All),
    ("/feed.atom", "when sign-in broke and when it was fixed, as an Atom feed", Tells::Verdicts),
    ("/checks/{id}", "what a check means and how to fix it", Tells::Verdicts),
    ("/runbooks/{alert}", "what to do about an alert", Tells::Verdicts),
    ("/metrics", "metrics for Prometheus", Tells::All),
    ("/probe", "one probe: ?target=NAME&module=login or discovery", Tells::All),
    ("/sd", "HTTP service discovery for Prometheus: the targets", Tells::All),
    ("/api/v1/status", "the verdict on every target as JSON, and nothing more", Tells::Verdicts),
    ("/api/v1/targets", "the latest round of every target as JSON", Tells::All),
    ("/api/v1/targets/{name}", "the latest round of one target as JSON", Tells::All),
    ("/api/v1/targets/{name}/fields", "every compared field side by side", Tells::All),
    ("/api/v1/targets/{name}/changes", "what changed at one target", Tells::All),
    ("/api/v1/targets/{name}/history", "how sign-in stood: ?from=&to=", Tells::All),
    ("/api/v1/targets/{name}/check", "POST: a round now, with --web.enable-lifecycle", Tells::All),
    ("/api/v1/checks", "every check with its texts", Tells::All),
    ("/api/v1/checks/{id}", "one check", Tells::All),
    ("/api/v1/changes", "what changed and when: ?target=&since=&cursor=&limit=", Tells::All),
    ("/api/v1/annotations", "changes as annotations for Grafana: ?target=&from=&to=", Tells::All),
    ("/api/v1/stats", "about the daemon itself", Tells::All),
    ("/api/v1/maintenance", "maintenance windows; POST: begin one, with --web.enable-lifecycle", Tells::All),
    ("/api/v1/maintenance/end", "POST: end those that were begun by command", Tells::All),
    ("/api/v1/openapi.json", "the description of this API (OpenAPI 3.1)", Tells::All),
    ("/config", "the configuration in force, secrets masked", Tells::All),
    ("/login", "asks for the login, where there are any, and leads to the status page", Tells::All),
    ("/-/healthy", "200 while the process lives", Tells::Nothing),
    ("/-/ready", "200 once every target has had its first round, else 503", Tells::Nothing),
    ("/-/reload", "POST: reload the configuration, with --web.enable-lifecycle", Tells::All),
];

/// The longest body of a request, in bytes: nobody has much to tell us.
const MAX_BODY: usize = 16 * 1024;

/// The whole HTTP surface.
pub fn router(state: State) -> Router {
    let prefix = state.options.route_prefix.trim_end_matches('/').to_owned();
    let app = App { state, probes: Arc::default(), run_now: Arc::default(), rooms: Arc::default() };
    let mut router = Router::new();
    for (path, _, _) in PATHS {
        router = router.route(&format!("{prefix}{path}"), handler(path));
    }
    if !prefix.is_empty() {
        router = router.route(&prefix, get(pages::index));
    }
    let guard = middleware::from_fn_with_state(app.clone(), access::guard);
    let finish = middleware::from_fn_with_state(app.clone(), api::finish);
    let secure = middleware::from_fn_with_state(app.clone(), headers::secure);
    let configured = middleware::from_fn_with_state(app.clone(), access::with_headers);
    router
        .fallback(pages::not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(guard)
        .layer(finish)
        .layer(secure)
        .layer(configured)
        .with_state(app)
}

fn handler(path: &str) -> MethodRouter<App> {
    match path {
        "/" => get(pages::index),
        "/targets/{name}" => get(pages::target),
        "/targets/{name}/checks" => get(pages::checks),
        "/targets/{name}/badge.svg" => get(pages::badge),
        "/targets/{name}/expiries.ics" => get(pages::expiries),
        "/changes" => get(pages::changes),
        "/clients" => get(pages::clients),
        "/feed.atom" => get(pages::feed),
        "/checks/{id}" => get(pages::check),
        "/runbooks/{alert}" => get(pages::runbook),
        "/metrics" => get(exposition::metrics),
        "/probe" => get(probe::probe),
        "/sd" => get(sd::targets),
        "/config" => get(lifecycle::config),
        "/login" => get(login),
        "/-/healthy" => get(lifecycle::healthy),
        "/-/ready" => get(lifecycle::ready),
        "/-/reload" => post(lifecycle::reload).put(lifecycle::reload),
        path => api::handler(path).unwrap_or_else(|| get(pages::not_found)),
    }
}

/// Who comes here is logged in: a browser sends the same login to every page from now on (RFC 7617, section 2.2).
async fn login() -> impl IntoResponse {
    // Relative to this path, so that it holds behind any prefix or proxy.
    (StatusCode::SEE_OTHER, [(header::LOCATION, "./")])
}

/// A text for people and scripts.
fn text(status: StatusCode, text: impl Into<String>) -> Response {
    let mut text = text.into();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
