//! What `serve` wires together, and the order in which it stops.
//!
//! The caller binds the listeners, so that a port that is taken is reported before anything else is done, and so that tests
//! and the demo can have port 0. Signals are the caller's, too.

mod guard;
mod listen;
mod sdnotify;
mod supervisor;
mod unix;

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::{info, warn};

pub use guard::{guard, seal_memory};
pub use listen::{ListenAddress, Sockets, TcpAddress, bind, from_systemd};
pub use sdnotify::Notifier;
pub use unix::UnixSocket;

use self::supervisor::Supervisor;
use crate::{
    clock::Clock,
    collect::Collector,
    config::Config,
    journal::Journal,
    metrics::Daemon,
    notify::{heartbeat, maintenance::Windows, notifier, send::Sender},
    results::Results,
    scheduler::{RunRound, Scheduler},
    web,
};

/// How long requests that are under way get when the daemon stops.
const FINISH_WITHIN: Duration = Duration::from_secs(5);
/// How long rounds get to end. They are broken off, so only what blocks keeps one up.
const END_ROUNDS_WITHIN: Duration = Duration::from_secs(1);
/// How long the journal gets to write what is left. With the limits above, and that of the last messages beside the
/// first, a stop ends before the guard ends the process.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// Requests to reload that may wait for the one before.
const RELOADS_WAITING: usize = 8;

/// Loads the configuration again; the error is a text for a person. May block.
pub type Load = Arc<dyn Fn() -> Result<Config, String> + Send + Sync>;

/// What the daemon is started with, beside its configuration.
#[derive(Default)]
pub struct Options {
    /// Settings of the HTTP surface.
    pub web: web::Options,
    /// The time.
    pub clock: Clock,
    /// Metrics about the daemon, which logging counts in, too.
    pub daemon: Arc<Daemon>,
    /// What changed and when.
    pub journal: Arc<Journal>,
    /// The file that keeps what receivers were told through a restart; none without storage.
    pub told: Option<PathBuf>,
    /// Who is told how the service is.
    pub notifier: Notifier,
    /// Where a reload comes from; none where there is nothing to load again.
    pub load: Option<Load>,
    /// Unix sockets to listen on, beside the listeners.
    pub unix: Vec<UnixSocket>,
    /// How many may connect, and for how long.
    pub limits: web::Limits,
}

/// A daemon that runs until it is stopped or dropped.
pub struct Running {
    /// Where it listens, in the order of the listeners.
    pub addresses: Vec<SocketAddr>,
    /// The latest round of each target.
    pub results: Arc<Results>,
    /// Metrics about the daemon.
    pub daemon: Arc<Daemon>,
    journal: Arc<Journal>,
    ready: Arc<AtomicBool>,
    notifier: Arc<Notifier>,
    telling: Telling,
    reloads: mpsc::Sender<web::Reload>,
    readiness: AbortOnDropHandle<()>,
    stop_serving: CancellationToken,
    servers: JoinSet<()>,
    stop_rounds: CancellationToken,
    supervisor: AbortOnDropHandle<()>,
    /// Cancelled when the supervisor or a server has ended, for whatever reason.
    part_ended: CancellationToken,
}

/// Starts the daemon: its first rounds run at once, and its HTTP surface answers on these listeners.
///
/// # Errors
/// A listener has no address.
pub async fn start(config: Config, listeners: Vec<TcpListener>, options: Options) -> io::Result<Running> {
    let collector = Arc::new(Collector::new(options.clock));
    start_with(Arc::clone(&collector), collector, config, listeners, options).await
}

/// [`start`], with rounds of another kind (for tests). The collector serves `/probe`.
///
/// # Errors
/// As [`start`].
pub async fn start_with<L: RunRound>(
    runner: Arc<L>,
    collector: Arc<Collector>,
    config: Config,
    listeners: Vec<TcpListener>,
    options: Options,
) -> io::Result<Running> {
    let Options { web, clock, daemon, journal, told, notifier, load, unix, limits } = options;
    let addresses = listeners.iter().map(TcpListener::local_addr).collect::<io::Result<Vec<_>>>()?;
    for address in &addresses {
        info!(%address, "listening");
    }
    for socket in &unix {
        info!(address = socket.name(), "listening");
    }
    let windows: Arc<Windows> = Arc::default();
    let muted = Arc::clone(&windows);
    collector.let_the_canary_sign_in(Arc::new(move |target, now| muted.may_cover(now, target)));
    journal.kept().into_iter().for_each(|kept| daemon.journal(kept));
    let (results, notifier) = (Arc::new(Results::default()), Arc::new(notifier));
    let (config_in_force, config_seen) = watch::channel(Arc::new(config));
    let (reloads, reload_requests) = mpsc::channel(RELOADS_WAITING);
    let mut supervisor = Supervisor {
        scheduler: Scheduler::new(runner, Arc::clone(&results), Arc::clone(&daemon), Arc::clone(&journal), clock),
        config: config_in_force,
        load,
        reload_requests,
        results: Arc::clone(&results),
        daemon: Arc::clone(&daemon),
        notifier: Arc::clone(&notifier),
        clock,
        self_tested: None,
        status: String::new(),
    };
    supervisor.begin().await;

    let ready = Arc::new(AtomicBool::new(false));
    let readiness = AbortOnDropHandle::new(tokio::spawn(become_ready(supervisor.first_rounds(), Arc::clone(&ready))));
    let state = web::State {
        windows: Arc::clone(&windows),
        results: Arc::clone(&results),
        config: config_seen,
        daemon: Arc::clone(&daemon),
        journal: Arc::clone(&journal),
        triggers: supervisor.scheduler.triggers(),
        collector,
        clock,
        ready: Arc::clone(&ready),
        reload: reloads.clone(),
        options: web,
    };
    let web_config = state.options.web_config.clone();
    let (stop_serving, mut servers) = (CancellationToken::new(), JoinSet::new());
    let part_ended = CancellationToken::new();
    let telling = Telling::start(&state, told, &part_ended);
    let router = web::router(state);
    let stopped = || stop_serving.clone().cancelled_owned();
    for listener in listeners {
        let serving = web::serve_by(web_config.clone(), limits, listener, router.clone(), stopped());
        servers.spawn(telling_end(serving, part_ended.clone()));
    }
    for socket in unix {
        let serving = web::serve_by(web_config.clone(), limits, socket, router.clone(), stopped());
        servers.spawn(telling_end(serving, part_ended.clone()));
    }
    notifier.ready();
    let stop_rounds = CancellationToken::new();
    let supervising = telling_end(supervisor.run(stop_rounds.clone()), part_ended.clone());
    let supervisor = AbortOnDropHandle::new(tokio::spawn(supervising));
    Ok(Running {
        addresses,
        results,
        daemon,
        journal,
        ready,
        notifier,
        telling,
        reloads,
        readiness,
        stop_serving,
        servers,
        stop_rounds,
        supervisor,
        part_ended,
    })
}

/// The tasks that tell outward.
struct Telling {
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Telling {
    fn start(state: &web::State, memory: Option<PathBuf>, part_ended: &CancellationToken) -> Self {
        let web::State { results, triggers, daemon, windows, config, clock, .. } = state.clone();
        let post = Arc::new(Sender::new(clock, state.options.external_url.clone()));
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let beating = heartbeat::Deps {
            post: Arc::clone(&post),
            results: Arc::clone(&results),
            daemon: Arc::clone(&daemon),
            config: config.clone(),
            clock,
        };
        let telling = notifier::Deps { post, results, triggers, daemon, windows, config, memory, clock };
        tasks.spawn(telling_end(heartbeat::run(beating, stop.clone()), part_ended.clone()));
        tasks.spawn(telling_end(notifier::run(telling, stop.clone()), part_ended.clone()));
        Self { stop, tasks }
    }

    async fn stop(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            if ended.is_err() {
                warn!("a task that tells receivers had panicked before");
            }
        }
    }
}

/// Runs a part of the daemon, and cancels the token when it ends, also by a panic.
async fn telling_end(part: impl Future<Output = ()>, ended: CancellationToken) {
    let _tells = ended.drop_guard();
    part.await;
}

async fn become_ready(first_rounds: impl Future<Output = ()>, ready: Arc<AtomicBool>) {
    first_rounds.await;
    ready.store(true, Ordering::Release);
    info!("ready: every target has had its first round");
}

impl Running {
    /// Whether every target that was loaded at start has had its first round, and the daemon is not stopping.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Loads the configuration again. A bad one leaves the old one in force.
    ///
    /// # Errors
    /// Why the new one is refused, for a person.
    pub async fn reload(&self) -> Result<(), String> {
        let (outcome, answer) = oneshot::channel();
        let stopping = |_| "the daemon is stopping".to_owned();
        self.reloads.send(outcome).await.map_err(|_| stopping(()))?;
        answer.await.map_err(|_| stopping(()))?
    }

    /// Asks for a reload without waiting for it; what comes of it is logged. One that is asked for while others wait is
    /// left to them.
    pub fn request_reload(&self) {
        if self.reloads.try_send(oneshot::channel().0).is_err() {
            info!("a reload is waiting already");
        }
    }

    /// Ends when a part of the daemon has ended, which only a bug can bring about before [`Running::stop`]: half a
    /// daemon is worse than one that is started again.
    pub async fn failed(&self) {
        self.part_ended.cancelled().await;
    }

    /// Stops in order: not ready, no new connections, requests finish (within some seconds), what is untold is told
    /// (within some seconds), rounds stop, the journal is closed.
    pub async fn stop(mut self) {
        info!("stopping");
        self.notifier.stopping();
        self.readiness.abort();
        // Aborted, or done long ago.
        let _ = self.readiness.await;
        self.ready.store(false, Ordering::Release);
        self.stop_serving.cancel();
        let servers = &mut self.servers;
        let finishing = async {
            let finished = async { while servers.join_next().await.is_some() {} };
            if tokio::time::timeout(FINISH_WITHIN, finished).await.is_err() {
                warn!("requests that did not finish in time are broken off");
                servers.abort_all();
            }
        };
        tokio::join!(finishing, self.telling.stop());
        self.stop_rounds.cancel();
        match tokio::time::timeout(END_ROUNDS_WITHIN, self.supervisor).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => warn!("the supervisor had panicked before"),
            Err(_) => warn!("rounds that did not end in time are broken off"),
        }
        let journal = self.journal;
        let closing = tokio::task::spawn_blocking(move || journal.close());
        if !matches!(tokio::time::timeout(CLOSE_WITHIN, closing).await, Ok(Ok(true))) {
            warn!("the end of the journal could not be written");
        }
        info!("stopped");
    }
}
