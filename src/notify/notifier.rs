//! The task beside the rounds that tells receivers: reads the results, asks for second looks, sends.
//!
//! Each receiver has one message under way at most; its next one is made when that has ended, from how things stand then.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{
    confirmation::Confirmations,
    maintenance::Windows,
    memory::{Keeper, Kept},
    message::Message,
    receiver_state::{ReceiverState, Rules},
    send::Transport,
    target_status::TargetStatus,
    words,
};
use crate::{
    clock::{Clock, Time},
    collect::webhook_client::SendError,
    config::{Config, Receiver},
    metrics::Daemon,
    results::Results,
    scheduler::{RunMode, RunTriggers},
};

/// How long the notifier waits for further rounds once one was put up: those of many targets come together.
const SETTLE: Duration = Duration::from_millis(250);
/// How long it sleeps at most: the clock may have been set.
const SLICE: Duration = Duration::from_mins(1);
/// How long what is untold may still take when the daemon stops.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// What a notifier works with.
pub struct Deps<P> {
    /// What sends messages.
    pub post: Arc<P>,
    /// The latest round of each target.
    pub results: Arc<Results>,
    /// Where a second look is asked for.
    pub triggers: Arc<RunTriggers>,
    /// Where messages are counted.
    pub daemon: Arc<Daemon>,
    /// When messages are muted.
    pub windows: Arc<Windows>,
    /// The configuration in force.
    pub config: watch::Receiver<Arc<Config>>,
    /// Where what must survive a restart is kept; nowhere without storage.
    pub memory: Option<PathBuf>,
    /// The time.
    pub clock: Clock,
}

/// Tells receivers.
struct Notifier<P> {
    deps: Deps<P>,
    config: Arc<Config>,
    lines: BTreeMap<String, Line>,
    confirmations: Confirmations,
    sending: JoinSet<Sent>,
    keeper: Option<Keeper>,
    /// The targets whose messages are muted, as the metrics have it.
    muted: BTreeSet<String>,
}

/// One receiver, and what it was told.
struct Line {
    receiver: Arc<Receiver>,
    receiver_state: ReceiverState,
    is_sending: bool,
    /// The targets that it is not told of.
    silent: BTreeSet<String>,
}

/// A message that was sent, and what came of it.
struct Sent {
    receiver: String,
    message: Message,
    outcome: Result<(), SendError>,
}

/// Tells receivers until it is stopped, then says its last words.
pub async fn run<P: Transport>(mut deps: Deps<P>, stop: CancellationToken) {
    let config = Arc::clone(&deps.config.borrow_and_update());
    let mut rounds = deps.results.rounds();
    let mut windows = deps.windows.changes();
    let mut notifier = Notifier {
        deps,
        config,
        lines: BTreeMap::new(),
        confirmations: Confirmations::default(),
        sending: JoinSet::new(),
        keeper: None,
        muted: BTreeSet::new(),
    };
    notifier.configure();
    notifier.recall().await;
    notifier.deps.windows.complete();
    loop {
        let wait = notifier.step();
        tokio::select! {
            () = stop.cancelled() => break,
            Ok(()) = rounds.changed() => {
                sleep(SETTLE).await;
                rounds.mark_unchanged();
            }
            Ok(()) = notifier.deps.config.changed() => notifier.reload(),
            Ok(()) = windows.changed() => {}
            Some(sent) = notifier.sending.join_next() => notifier.note(sent.ok()),
            () = sleep(wait) => {}
        }
    }
    if timeout(LAST_WORDS, notifier.last_words()).await.is_err() {
        warn!("some receivers did not take their last message in time");
    }
    notifier.keep();
    if let Some(keeper) = notifier.keeper {
        keeper.close().await;
    }
}

impl<P: Transport> Notifier<P> {
    fn reload(&mut self) {
        self.config = Arc::clone(&self.deps.config.borrow_and_update());
        self.configure();
    }

    /// Goes by the configuration in force. A receiver that stays keeps what it was told.
    fn configure(&mut self) {
        let mut old = std::mem::take(&mut self.lines);
        // A target that comes anew begins in the metrics as one that is not muted.
        self.muted.clear();
        for receiver in &self.config.receivers {
            let rules = Rules::of(receiver);
            let line = match old.remove(&receiver.name) {
                None => Line {
                    receiver: Arc::new(receiver.clone()),
                    receiver_state: ReceiverState::new(rules),
                    is_sending: false,
                    silent: silent(&self.config, &receiver.name),
                },
                Some(mut line) => {
                    line.receiver_state.go_by(rules);
                    line.receiver = Arc::new(receiver.clone());
                    line.silent = silent(&self.config, &receiver.name);
                    line
                }
            };
            self.lines.insert(receiver.name.clone(), line);
        }
        let targets = || self.config.targets.iter().map(|target| target.name.as_str());
        for line in self.lines.values_mut() {
            line.receiver_state.keep_only(&targets().filter(|name| !line.silent.contains(*name)).collect());
        }
        self.deps.daemon.receivers(self.config.receivers.iter().map(|receiver| receiver.name.as_str()));
        self.deps.windows.configure(&self.config.maintenance);
    }

    /// Takes up what the process before has left.
    async fn recall(&mut self) {
        let Some(path) = self.deps.memory.clone() else { return };
        let kept = Kept::read(&path).await;
        self.deps.windows.recall(kept.windows.clone());
        for told in &kept.told {
            let is_listed = self.config.targets.iter().any(|target| target.name == told.target);
            if let Some(line) = self.lines.get_mut(&told.receiver).filter(|_| is_listed) {
                line.receiver_state.recall(told.clone());
            }
        }
        self.keeper = Some(Keeper::new(path, kept, Arc::clone(&self.deps.daemon)));
    }

    /// Keeps what must survive a restart.
    fn keep(&self) {
        let Some(keeper) = &self.keeper else { return };
        let told = self.lines.iter().flat_map(|(name, line)| line.receiver_state.told(name)).collect();
        keeper.keep(Kept::new(told, self.deps.windows.by_command()));
    }

    /// Takes in how things stand, and does what is due. How long nothing more will be.
    fn step(&mut self) -> Duration {
        let now = self.deps.clock.now();
        let sights: Vec<TargetStatus> =
            self.deps.results.entries().iter().filter_map(|entry| TargetStatus::of(entry, now)).collect();
        let muted = self.muted(now);
        self.look_again(&sights, now);
        for line in self.lines.values_mut() {
            let sights: Vec<&TargetStatus> =
                sights.iter().filter(|sight| !line.silent.contains(&sight.target)).collect();
            line.receiver_state.see(&sights, &muted, now);
        }
        self.send(now);
        self.keep();
        self.wait(now)
    }

    /// The targets whose messages are muted now; told to the metrics, too.
    fn muted(&mut self, now: Time) -> BTreeSet<String> {
        let open = self.deps.windows.open(now);
        let names = || self.config.targets.iter().map(|target| &target.name);
        let muted: BTreeSet<String> =
            names().filter(|name| open.iter().any(|window| window.covers(now, name))).cloned().collect();
        if muted != self.muted {
            names().for_each(|name| self.deps.daemon.maintenance(name, muted.contains(name)));
            self.muted.clone_from(&muted);
        }
        muted
    }

    fn look_again(&mut self, sights: &[TargetStatus], now: Time) {
        // Who tells nobody needs no second look.
        if self.lines.is_empty() {
            return;
        }
        let targets = &self.config.targets;
        let siblings = |name: &str| {
            let own = targets.iter().find(|target| target.name == name);
            let is_sibling = |url: &url::Url| own.is_some_and(|own| own.provider.url == *url);
            let others = targets.iter().filter(|target| target.name != name && is_sibling(&target.provider.url));
            others.map(|target| target.name.clone()).collect()
        };
        for target in self.confirmations.due(sights, now, siblings) {
            // A target that is gone meanwhile needs none.
            let _ = self.deps.triggers.ring(&target, RunMode::Due);
        }
    }

    fn send(&mut self, now: Time) {
        for (name, line) in &mut self.lines {
            if line.is_sending {
                continue;
            }
            let Some(message) = line.receiver_state.message(now) else { continue };
            line.is_sending = true;
            dispatch(&mut self.sending, &self.deps.post, name, &line.receiver, message);
        }
    }

    /// How long until something is due, as things are.
    fn wait(&self, now: Time) -> Duration {
        let idle = self.lines.values().filter(|line| !line.is_sending);
        let due = idle.filter_map(|line| line.receiver_state.due(now));
        let looks = (!self.lines.is_empty()).then(|| self.confirmations.next()).flatten();
        let next = due.chain(looks).chain(self.deps.windows.next_change(now)).min();
        let left = next.map(|next| (next - now).to_std().unwrap_or_default());
        left.map_or(SLICE, |left| left.min(SLICE))
    }

    /// Notes what came of a message.
    fn note(&mut self, sent: Option<Sent>) {
        // None only for a task that was aborted, which nobody does.
        let Some(Sent { receiver, message, outcome }) = sent else { return };
        // A receiver that is gone meanwhile.
        let Some(line) = self.lines.get_mut(&receiver) else { return };
        line.is_sending = false;
        let now = self.deps.clock.now();
        self.deps.daemon.notification(&receiver, outcome.is_ok());
        let title = words::title(&message);
        match outcome {
            Ok(()) => {
                if line.receiver_state.failures() > 0 {
                    info!(receiver, failures = line.receiver_state.failures(), "the receiver takes messages again");
                }
                debug!(receiver, title, "a message was delivered");
                line.receiver_state.delivered(&message, now);
            }
            Err(SendError { detail, retry_after }) => {
                line.receiver_state.failed(now, retry_after, jitter(&receiver, now));
                if line.receiver_state.failures() == 1 {
                    warn!(receiver, detail, "a message could not be delivered; it is tried again until it is");
                } else {
                    debug!(receiver, detail, "a message could not be delivered again");
                }
            }
        }
    }

    /// Waits for what is under way, and tells once more what is still untold.
    async fn last_words(&mut self) {
        while let Some(sent) = self.sending.join_next().await {
            self.note(sent.ok());
        }
        let now = self.deps.clock.now();
        for (name, line) in &self.lines {
            if line.receiver_state.has_news() && line.receiver_state.failures() == 0 {
                let Some(message) = line.receiver_state.all_news(now) else { continue };
                dispatch(&mut self.sending, &self.deps.post, name, &line.receiver, message);
            }
        }
        while let Some(sent) = self.sending.join_next().await {
            self.note(sent.ok());
        }
    }
}

/// The targets that a receiver is not told of.
fn silent(config: &Config, receiver: &str) -> BTreeSet<String> {
    let names_others = |names: &BTreeSet<String>| !names.contains(receiver);
    let silent = config.targets.iter().filter(|target| target.notify.as_ref().is_some_and(names_others));
    silent.map(|target| target.name.clone()).collect()
}

fn dispatch<P: Transport>(
    sending: &mut JoinSet<Sent>,
    post: &Arc<P>,
    name: &str,
    receiver: &Arc<Receiver>,
    message: Message,
) {
    let (post, receiver, name) = (Arc::clone(post), Arc::clone(receiver), name.to_owned());
    sending.spawn(async move {
        let outcome = AssertUnwindSafe(post.deliver(&receiver, &message)).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|_| Err(SendError::from("sending panicked, which is a bug".to_owned())));
        Sent { receiver: name, message, outcome }
    });
}

/// Spreads receivers that failed together: from 0 to 1, by name and time.
fn jitter(name: &str, now: Time) -> f64 {
    let seed = now.timestamp_millis().unsigned_abs();
    let mixed = name.bytes().fold(seed, |mixed, byte| (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (mixed >> 40) as f64 / f64::from(1_u32 << 24)
}
