//! The HTTP surface: metrics, status page, probes, service discovery. Pure projections of (board, now).

mod access;
mod api;
mod exposition;
mod headers;
mod lifecycle;
mod maintenance;
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

use crate::{
    board::Board, clock::Clock, config::Config, journal::Journal, metrics::Daemon, notify::maintenance::Windows,
    observe::Looker, scheduler::Bells,
};

pub use access::{Tells, Viewer};
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
    /// What changed and when.
    pub journal: Arc<Journal>,
    /// Where a round is asked for before it is due.
    pub bells: Arc<Bells>,
    /// When messages are muted.
    pub windows: Arc<Windows>,
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
    /// `--web.public`: whether who is not logged in sees verdicts.
    pub public: bool,
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

impl App {
    /// How much a path of the router tells. One that is not listed tells all that there is.
    fn tells(&self, path: &str) -> Tells {
        let path = path.strip_prefix(self.options.route_prefix.trim_end_matches('/')).unwrap_or(path);
        // The prefix alone is the index, too.
        let path = if path.is_empty() { "/" } else { path };
        PATHS.iter().find(|known| known.0 == path).map_or(Tells::All, |known| known.2)
    }
}

/// The handlers' view of [`App`].
type Shared = extract::State<App>;

/// Every path, what it is, for the page that says what exists, and how much it tells.
const PATHS: [(&str, &str, Tells); 13] = [
    ("/", "status page", Tells::Verdicts),
    ("/targets/{name}", "one target in full", Tells::Verdicts),
    ("/metrics", "metrics for Prometheus", Tells::All),
    ("/probe", "one probe: ?target=NAME&module=login or discovery", Tells::All),
    ("/sd", "HTTP service discovery for Prometheus: the targets", Tells::All),
    ("/api/v1/targets", "the latest round of every target as JSON", Tells::All),
    ("/api/v1/targets/{name}", "the latest round of one target as JSON", Tells::All),
    ("/api/v1/maintenance", "maintenance windows; POST: begin one, with --web.enable-lifecycle", Tells::All),
    ("/api/v1/maintenance/end", "POST: end those that were begun by command", Tells::All),
    ("/config", "the configuration in force, secrets masked", Tells::All),
    ("/-/healthy", "200 while the process lives", Tells::Nothing),
    ("/-/ready", "200 once every target has had its first round, else 503", Tells::Nothing),
    ("/-/reload", "POST: reload the configuration, with --web.enable-lifecycle", Tells::All),
];

/// The whole HTTP surface.
pub fn router(state: State) -> Router {
    let prefix = state.options.route_prefix.trim_end_matches('/').to_owned();
    let app = App { state, probes: Arc::default() };
    let mut router = Router::new();
    for (path, _, _) in PATHS {
        router = router.route(&format!("{prefix}{path}"), handler(path));
    }
    if !prefix.is_empty() {
        router = router.route(&prefix, get(index));
    }
    let guard = middleware::from_fn_with_state(app.clone(), access::guard);
    router.fallback(not_found).layer(guard).layer(middleware::map_response(headers::secure)).with_state(app)
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
        "/api/v1/maintenance" => get(maintenance::list).post(maintenance::begin),
        "/api/v1/maintenance/end" => post(maintenance::end),
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
