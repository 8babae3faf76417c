//! The HTTP surface: metrics, status page, probes, service discovery. Pure projections of (board, now).

mod api;
mod exposition;
mod headers;
mod lifecycle;
pub mod page;
mod probe;
mod sd;
mod serve;

use std::sync::{Arc, atomic::AtomicBool};

use axum::{
    Router, extract,
    http::{StatusCode, header},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{board::Board, clock::Clock, config::Config, metrics::Daemon, observe::Looker};

pub use serve::{Limits, serve, serve_within};

/// A request to reload the configuration, and where the outcome goes (the error text names file, line and field).
pub type Reload = oneshot::Sender<Result<(), String>>;

/// What the handlers share.
#[derive(Clone)]
pub struct State {
    /// The latest round of each target.
    pub board: Arc<Board>,
    /// The configuration in force.
    pub config: watch::Receiver<Arc<Config>>,
    /// Metrics about the daemon.
    pub daemon: Arc<Daemon>,
    /// For `/probe`.
    pub looker: Arc<Looker>,
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
    /// `--web.enable-lifecycle`: whether `/-/reload` works.
    pub enable_lifecycle: bool,
}

impl Options {
    /// What stands before the path of every link.
    #[must_use]
    pub fn base(&self) -> &str {
        self.external_url.as_deref().unwrap_or(&self.route_prefix)
    }
}

/// What the handlers of this surface share: the daemon's state, and what `/probe` keeps.
#[derive(Clone)]
struct App {
    state: State,
    probes: Arc<probe::Probes>,
}

impl std::ops::Deref for App {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

/// The handlers' view of [`App`].
type Shared = extract::State<App>;

/// Every path, and what it is, for the page that says what exists.
const PATHS: [(&str, &str); 11] = [
    ("/", "status page"),
    ("/targets/{name}", "one target in full"),
    ("/metrics", "metrics for Prometheus"),
    ("/probe", "one probe: ?target=NAME&module=login or discovery"),
    ("/sd", "HTTP service discovery for Prometheus: the targets"),
    ("/api/v1/targets", "the latest round of every target as JSON"),
    ("/api/v1/targets/{name}", "the latest round of one target as JSON"),
    ("/config", "the configuration in force, secrets masked"),
    ("/-/healthy", "200 while the process lives"),
    ("/-/ready", "200 once every target has had its first round, else 503"),
    ("/-/reload", "POST: reload the configuration, with --web.enable-lifecycle"),
];

/// The whole HTTP surface.
pub fn router(state: State) -> Router {
    let prefix = state.options.route_prefix.trim_end_matches('/').to_owned();
    let app = App { state, probes: Arc::default() };
    let mut router = Router::new();
    for (path, _) in PATHS {
        router = router.route(&format!("{prefix}{path}"), handler(path));
    }
    if !prefix.is_empty() {
        router = router.route(&prefix, get(index));
    }
    router.fallback(not_found).layer(middleware::map_response(headers::secure)).with_state(app)
}

fn handler(path: &str) -> MethodRouter<App> {
    match path {
        "/" => get(index),
        "/targets/{name}" => get(one_target),
        "/metrics" => get(exposition::metrics),
        "/probe" => get(probe::probe),
        "/sd" => get(sd::targets),
        "/api/v1/targets" => get(api::targets),
        "/api/v1/targets/{name}" => get(api::target),
        "/config" => get(lifecycle::config),
        "/-/healthy" => get(lifecycle::healthy),
        "/-/ready" => get(lifecycle::ready),
        "/-/reload" => post(lifecycle::reload).put(lifecycle::reload),
        _ => get(not_found),
    }
}

async fn index(extract::State(app): Shared) -> Html<String> {
    Html(page::index(&app.board.entries(), app.clock.now(), &app.options))
}

async fn one_target(extract::State(app): Shared, extract::Path(name): extract::Path<String>) -> Response {
    match app.board.entry(&name) {
        Some(entry) => Html(page::target(&entry, app.clock.now(), &app.options)).into_response(),
        None => missing(&app),
    }
}

async fn not_found(extract::State(app): Shared) -> Response {
    missing(&app)
}

/// A page that says what exists.
fn missing(app: &App) -> Response {
    let page = page::not_found(&PATHS, &app.board.entries(), &app.options);
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}

/// A text for people and scripts.
fn text(status: StatusCode, text: impl Into<String>) -> Response {
    let mut text = text.into();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
