//! The task of one target: waits until a round is due, runs it, tells it, and never stops.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{Instant, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, error, info, warn};

use super::{
    RunMode, RunRound, RunTriggers,
    attempt::{RoundEnd, attempt},
    interval::Interval,
    liveness::Liveness,
    publish::{Logged, Publisher},
    restore,
    triggers::{PendingRuns, RunRequests},
};
use crate::{
    clock::{Clock, Time},
    collect::CollectMode,
    config::Target,
    journal::Journal,
    metrics::Daemon,
    model::Snapshot,
    results::Results,
    round::{self, Round},
};

/// How long a task sleeps at most before it looks at the clock again: it may have been set.
const SLICE: Duration = Duration::from_mins(1);
/// A pulse that takes longer is given up: it is a hint, no verdict.
const PULSE_LIMIT: Duration = Duration::from_secs(15);
/// A pulse starts a round at most so often: a target that comes and goes gets no more rounds than that.
const EARLY_AT_MOST_EVERY: Duration = Duration::from_secs(15);
/// How long a round keeps its place among those that run at once. A slow one then gives it up, so that rounds that hang
/// do not hold back other targets.
const PLACE_FOR: Duration = Duration::from_secs(5);
/// How long rounds wait for what an earlier process saw last.
const RESTORE_WITHIN: Duration = Duration::from_secs(10);

/// What all tasks share.
#[derive(Debug)]
pub(super) struct Shared {
    pub results: Arc<Results>,
    pub daemon: Arc<Daemon>,
    pub clock: Clock,
    pub journal: Arc<Journal>,
    pub triggers: Arc<RunTriggers>,
    /// The places of rounds that run at once.
    pub places: Arc<Semaphore>,
    /// One: states of earlier processes are read one after the other.
    pub restoring: Semaphore,
}

/// The task of one target.
pub(super) struct Task<L> {
    pub runner: Arc<L>,
    pub target: Arc<Target>,
    pub interval: Arc<Interval>,
    pub shared: Arc<Shared>,
    pub liveness: Arc<Liveness>,
    /// Rings when somebody wants a round before it is due.
    pub bell: RunRequests,
    /// Whether an earlier process may have left a round of it on disk.
    pub may_restore: bool,
    /// Who waits for the first round. Dropped, if the task is stopped before.
    pub first: Option<oneshot::Sender<()>>,
    /// Whether the round before hung or panicked, which is logged once.
    pub troubled: bool,
    /// When a pulse last started a round.
    pub early: Option<Instant>,
    /// What was logged, so that a target that flaps does not fill the log.
    pub logged: Logged,
}

/// When a round was due: by the wall clock, and by a clock that nobody sets.
#[derive(Debug, Clone, Copy)]
struct Due {
    at: Time,
    instant: Instant,
}

impl Due {
    fn busy(self) -> Duration {
        Instant::now().saturating_duration_since(self.instant)
    }
}

impl<L: RunRound> Task<L> {
    /// Runs rounds for ever: the first one at once, the others by the schedule.
    pub async fn run(mut self) {
        if self.may_restore {
            self.restore().await;
        }
        let mut at = self.shared.clock.now();
        let mut mode = CollectMode::Full;
        loop {
            let (due, asked) = self.wait_until(at).await;
            if asked.as_ref().is_some_and(|asked| asked.depth() == RunMode::Full) {
                mode = CollectMode::Full;
            }
            self.run_one(due, mode).await;
            // Tells those who asked for it.
            drop(asked);
            self.count_missed(due, self.first.is_some());
            self.first = None;
            mode = self.interval.mode();
            at = self.interval.next(self.shared.clock.now(), &self.target.name);
        }
    }

    /// Takes up what an earlier process saw last: it is shown until the first round of this one, which goes on from it. A disk
    /// that hangs holds this up for a while only.
    async fn restore(&self) {
        let (journal, name) = (Arc::clone(&self.shared.journal), self.target.name.clone());
        let reading = async {
            let _one = self.shared.restoring.acquire().await;
            tokio::task::spawn_blocking(move || journal.state(&name)).await.ok().flatten()
        };
        self.liveness.expect_within(RESTORE_WITHIN);
        let state = match timeout(RESTORE_WITHIN, reading).await {
            Ok(state) => state,
            Err(_) => {
                warn!(target = %self.target.name, "what was last seen cannot be read in time; rounds begin without it");
                None
            }
        };
        let Some(latest) = state.and_then(|state| restore::latest(state, &self.target)) else { return };
        self.shared.results.restore(&self.target.name, latest);
    }

    /// Sleeps until a round is due, or until the bell rings: then with those who ask. A clock that was set back brings it
    /// forward, one that was set forward makes it due at once; either is noticed within a minute.
    async fn wait_until(&mut self, at: Time) -> (Due, Option<PendingRuns>) {
        let mut due = self.due(at);
        loop {
            let now = self.shared.clock.now();
            let next = self.interval.next(now, &self.target.name);
            if next < due.at {
                due = self.due(next);
            }
            let left = (due.at - now).to_std().unwrap_or_default();
            if left.is_zero() {
                return (due, None);
            }
            let before = self.shared.results.before(&self.target.name);
            let pulse = self.interval.pulse.filter(|_| before.is_some());
            let slice = left.min(pulse.unwrap_or(SLICE)).min(SLICE);
            self.liveness.expect_within(slice + PULSE_LIMIT);
            let waits = tokio::time::sleep(slice);
            let felt = Self::feel(&self.runner, &self.target, before.map(|before| before.snapshot));
            let waited = async {
                waits.await;
                // Where a round is due by now, it sees more than a pulse.
                pulse.is_some() && slice < left && felt.await
            };
            tokio::select! {
                has_changed = waited => {
                    let is_early = self.early.is_none_or(|last| last.elapsed() >= EARLY_AT_MOST_EVERY);
                    if has_changed && is_early {
                        self.early = Some(Instant::now());
                        debug!(target = %self.target.name, "the pulse shows a change; a round begins");
                        return (self.due(self.shared.clock.now()), None);
                    }
                }
                asked = self.bell.heard() => return (self.due(self.shared.clock.now()), Some(asked)),
            }
        }
    }

    /// Whether the target no longer answers as in the round before. A pulse that hangs or panics shows nothing.
    async fn feel(runner: &Arc<L>, target: &Arc<Target>, before: Option<Arc<Snapshot>>) -> bool {
        let Some(before) = before else { return false };
        let (runner, target) = (Arc::clone(runner), Arc::clone(target));
        let pulse = AbortOnDropHandle::new(tokio::spawn(async move { runner.has_changed(&target, &before).await }));
        matches!(timeout(PULSE_LIMIT, pulse).await, Ok(Ok(true)))
    }

    fn due(&self, at: Time) -> Due {
        let left = (at - self.shared.clock.now()).to_std().unwrap_or_default();
        Due { at, instant: Instant::now() + left }
    }

    async fn run_one(&mut self, due: Due, mode: CollectMode) {
        let place = self.place().await;
        self.liveness.expect_within(self.interval.limit);
        self.shared.daemon.round_started(&self.target.name, due.busy());
        let started = Instant::now();
        match self.attempt(place, mode).await {
            RoundEnd::Done(round) => self.publish(*round, started.elapsed()),
            RoundEnd::Hung => self.log_failed_round("a round hung and was cut; the next one runs when it is due", None),
            RoundEnd::Panicked(place) => {
                self.log_failed_round(
                    "a round panicked, which is a bug; the next one runs when it is due",
                    place.as_deref(),
                );
            }
        }
    }

    /// A place among the rounds that run at once.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        let mut place = pin!(Arc::clone(&self.shared.places).acquire_owned());
        loop {
            self.liveness.expect_within(SLICE);
            if let Ok(place) = timeout(SLICE, &mut place).await {
                return place.ok();
            }
        }
    }

    async fn attempt(&self, place: Option<OwnedSemaphorePermit>, mode: CollectMode) -> RoundEnd {
        let (runner, target) = (Arc::clone(&self.runner), Arc::clone(&self.target));
        let before = self.shared.results.before(&target.name);
        let plan = round::plan(mode, before.as_ref().map(|before| &*before.report));
        let before = before.map(|before| before.snapshot);
        let round = async move { runner.round(&target, before.as_deref(), plan).await };
        let mut attempt = pin!(attempt(round, self.interval.limit));
        if let Ok(outcome) = timeout(PLACE_FOR, &mut attempt).await {
            return outcome;
        }
        drop(place);
        attempt.await
    }

    fn publish(&mut self, round: Round, took: Duration) {
        let Shared { results, daemon, journal, .. } = &*self.shared;
        let name = &self.target.name;
        if std::mem::take(&mut self.troubled) {
            info!(target = %name, "rounds run to their end again");
        }
        // One that is no longer listed is left out: its task is about to be stopped.
        let _ = Publisher { results, daemon, journal }.publish(name, round, took, &mut self.logged);
    }

    /// Logs a round that gave nothing: once, until one gives something again.
    fn log_failed_round(&mut self, message: &str, place: Option<&str>) {
        let name = &self.target.name;
        self.shared.daemon.rounds_missed(name, 1);
        if std::mem::replace(&mut self.troubled, true) {
            debug!(target = %name, place, limit_seconds = self.interval.limit.as_secs(), "{message}");
        } else {
            error!(target = %name, place, limit_seconds = self.interval.limit.as_secs(), "{message}");
        }
    }

    /// Counts the rounds that came due meanwhile; they are not run late. The first round of a target is due when it
    /// is loaded, so it stands for the one that the schedule has next.
    fn count_missed(&self, due: Due, is_first: bool) {
        let missed = self.interval.missed(&self.target.name, due.at, due.busy());
        let missed = if is_first { missed.saturating_sub(1) } else { missed };
        if missed > 0 {
            self.shared.daemon.rounds_missed(&self.target.name, missed);
            debug!(target = %self.target.name, missed, "rounds came due while one ran; they are not run late");
        }
    }
}
