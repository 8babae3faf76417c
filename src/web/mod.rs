//! The HTTP surface: metrics, status page, probes, service discovery. Pure projections of (board, now).

use std::sync::{Arc, atomic::AtomicBool};

use axum::Router;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{board::Board, clock::Clock, config::Config, metrics::Daemon, observe::Looker};

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

/// The whole HTTP surface.
pub fn router(state: State) -> Router {
    Router::new().with_state(state)
}
