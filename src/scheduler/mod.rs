//! Runs rounds: sleeps until one is due, never overlaps, never bunches up, never stops.
//!
//! Every target has a task of its own. The promises, each held by a test:
//!
//! - The first round of a target runs at once and looks at everything; the others run by the schedule.
//! - Two rounds of one target never overlap. What came due meanwhile is counted as missed and not run late.
//! - A round that hangs is cut, at three intervals, but not before a minute and not after ten. A round that panics is
//!   caught. Both are counted, logged once, and harm neither the target's next round nor another target.
//! - At most [`AT_ONCE`] rounds begin within five seconds, so that a thousand targets do not open ten thousand sockets.
//! - Between rounds a pulse is felt; what it sees change starts a round at once, at most every 15 s, and is no verdict.
//! - A clock that is set forward or back makes one round run early, and nothing else.
//! - A reload leaves the tasks of unchanged targets alone.
//!
//! The scheduler knows nothing of what a round does ([`RunRound`]), and rounds know nothing of it: each is a full look,
//! whatever made it run, and a failed one is not tried again before the next is due.

mod attempt;
mod interval;
mod liveness;
mod publish;
mod restore;
mod run_round;
mod task;
mod triggers;

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::{Semaphore, oneshot};
use tokio_util::task::AbortOnDropHandle;
use tracing::error;

pub use publish::{Logged, Publisher};
pub use run_round::RunRound;
pub use triggers::{RunMode, RunTriggers};

use self::{
    interval::Interval,
    liveness::Liveness,
    task::{Shared, Task},
};
use crate::{
    clock::Clock,
    config::{Config, Target},
    journal::Journal,
    metrics::Daemon,
    results::{Entry, Results},
};

/// How many rounds run at once, as long as they are quick.
pub const AT_ONCE: usize = 64;

/// The tasks of all targets.
pub struct Scheduler<L> {
    runner: Arc<L>,
    shared: Arc<Shared>,
    running: BTreeMap<String, Running>,
    first_rounds: Vec<oneshot::Receiver<()>>,
}

/// One target's task, and what it goes by.
struct Running {
    target: Arc<Target>,
    interval: Arc<Interval>,
    liveness: Arc<Liveness>,
    handle: AbortOnDropHandle<()>,
}

/// What a (re)load changed, by target names in the order of the config.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Targets that are new.
    pub added: Vec<String>,
    /// Targets that are gone, in the order of their names.
    pub removed: Vec<String>,
    /// Targets whose settings, or whose schedule, are other ones now.
    pub changed: Vec<String>,
}

impl<L: RunRound> Scheduler<L> {
    /// A scheduler without targets.
    #[must_use]
    pub fn new(
        runner: Arc<L>,
        results: Arc<Results>,
        daemon: Arc<Daemon>,
        journal: Arc<Journal>,
        clock: Clock,
    ) -> Self {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let (triggers, restoring) = (Arc::default(), Semaphore::new(1));
        let shared = Arc::new(Shared { results, daemon, clock, journal, triggers, places, restoring });
        Self { runner, shared, running: BTreeMap::new(), first_rounds: Vec::new() }
    }

    /// Where a round is asked for before it is due.
    #[must_use]
    pub fn triggers(&self) -> Arc<RunTriggers> {
        Arc::clone(&self.shared.triggers)
    }

    /// Goes by this configuration from now on: stops the targets that are gone, starts new ones, starts changed ones
    /// anew, and leaves the others alone. With `rounds_off` there are none. What was last seen of a changed target stays up until its new round.
    pub async fn apply(&mut self, config: &Config) -> Applied {
        let interval = Arc::new(Interval::of(config, self.shared.clock.now()));
        let targets = if config.rounds_off { &[][..] } else { &config.targets };
        let mut outgoing = self.take_all_but_unchanged(targets, &interval);
        for old in outgoing.values_mut() {
            end(old).await;
        }
        self.shared.results.list(targets.iter().map(|target| entry(target, &interval)));
        self.first_rounds.clear();
        let mut applied = Applied::default();
        for target in targets {
            if self.running.contains_key(&target.name) {
                continue;
            }
            let may_restore = match outgoing.remove(&target.name) {
                None => {
                    self.shared.daemon.target_added(&target.name);
                    applied.added.push(target.name.clone());
                    self.shared.journal.has_storage()
                }
                Some(old) => {
                    applied.changed.push(target.name.clone());
                    self.forget_other_servers(&old.target, target);
                    false
                }
            };
            self.start(Arc::new(target.clone()), Arc::clone(&interval), may_restore);
        }
        applied.removed = outgoing.into_keys().collect();
        for name in &applied.removed {
            self.shared.daemon.target_removed(name);
            self.shared.triggers.take_down(name);
        }
        self.runner.retain(&config.targets);
        applied
    }

    /// Ends when every target that the last [`Scheduler::apply`] started has had its first round, whatever came of it.
    pub fn first_rounds(&mut self) -> impl Future<Output = ()> + use<L> {
        let waited_for = std::mem::take(&mut self.first_rounds);
        async move {
            for first in waited_for {
                // An error: the sender is gone, after the round or because the target was removed.
                let _ = first.await;
            }
        }
    }

    /// Whether every task passed its loop when it said it would; for the watchdog. A task that has ended, which only a
    /// bug can bring about, is started again first.
    pub fn keeps_running(&mut self) -> bool {
        let ended: Vec<String> =
            self.running.iter().filter(|(_, task)| task.handle.is_finished()).map(|(name, _)| name.clone()).collect();
        for name in ended {
            error!(target = %name, "the task of a target ended, which is a bug; it is started again");
            if let Some(old) = self.running.remove(&name) {
                self.start(old.target, old.interval, false);
            }
        }
        self.running.values().all(|task| task.liveness.is_alive())
    }

    /// Stops all rounds.
    pub async fn stop(mut self) {
        for mut task in std::mem::take(&mut self.running).into_values() {
            end(&mut task).await;
        }
    }

    fn take_all_but_unchanged(&mut self, targets: &[Target], interval: &Interval) -> BTreeMap<String, Running> {
        let wanted: BTreeMap<&str, &Target> = targets.iter().map(|target| (target.name.as_str(), target)).collect();
        let stays = |name: &str, task: &Running| {
            *task.interval == *interval && wanted.get(name).is_some_and(|target| **target == *task.target)
        };
        let (stay, go) = std::mem::take(&mut self.running).into_iter().partition(|(name, task)| stays(name, task));
        self.running = stay;
        go
    }

    /// Where a target is about other servers now, what was seen of the old ones stays up, and counts for nothing else.
    fn forget_other_servers(&self, old: &Target, new: &Target) {
        let place = |target: &Target| {
            let sides = [&target.provider.http, &target.app.http].map(|http| http.connect_to.clone());
            (target.provider.url.clone(), target.provider.internal_url.clone(), target.app.url.clone(), sides)
        };
        if place(old) != place(new) {
            self.shared.results.forget_history(&new.name);
        }
    }

    fn start(&mut self, target: Arc<Target>, interval: Arc<Interval>, may_restore: bool) {
        let (first, waits) = oneshot::channel();
        let liveness = Arc::new(Liveness::new());
        let task = Task {
            runner: Arc::clone(&self.runner),
            target: Arc::clone(&target),
            interval: Arc::clone(&interval),
            shared: Arc::clone(&self.shared),
            liveness: Arc::clone(&liveness),
            bell: self.shared.triggers.hang(&target.name),
            may_restore,
            first: Some(first),
            troubled: false,
            early: None,
            logged: Logged::default(),
        };
        let handle = AbortOnDropHandle::new(tokio::spawn(task.run()));
        self.first_rounds.push(waits);
        self.running.insert(target.name.clone(), Running { target, interval, liveness, handle });
    }
}

/// Stops a task, and waits until it has ended; the round that it may have been in is dropped at its next await.
async fn end(task: &mut Running) {
    task.handle.abort();
    // Cancelled, as it was told to be.
    let _ = (&mut task.handle).await;
}

fn entry(target: &Target, interval: &Interval) -> Entry {
    Entry {
        name: target.name.clone(),
        stale_after_seconds: interval.stale_after().as_secs_f64(),
        interval_seconds: interval.interval.as_secs_f64(),
        latest: None,
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use chrono::{TimeZone as _, Utc};
    use tokio::time::sleep;

    use super::*;
    use crate::{checks, collect::CollectionPlan, model::Snapshot, round::Round};

    /// Its pulse shows a change from the given second on, until a round has run.
    struct Alarmed {
        begun: tokio::time::Instant,
        change_at: Duration,
        rounds: std::sync::Mutex<Vec<u64>>,
    }

    impl RunRound for Alarmed {
        async fn round(&self, _: &Target, _: Option<&Snapshot>, plan: CollectionPlan) -> Round {
            self.rounds.lock().unwrap().push(self.begun.elapsed().as_secs());
            Quick.round(&target(), None, plan).await
        }

        async fn has_changed(&self, _: &Target, _: &Snapshot) -> bool {
            let last = self.rounds.lock().unwrap().last().copied().unwrap_or_default();
            self.begun.elapsed() >= self.change_at && last < self.change_at.as_secs()
        }
    }

    fn target() -> Target {
        let url = |text| url::Url::parse(text).unwrap();
        Target::of_two_urls("home", url("https://id.example.test"), url("https://kasm.example.test"))
    }

    /// When rounds begin, in seconds, where the pulse shows a change at the 23rd.
    async fn rounds_with(pulse: Option<Duration>) -> Vec<u64> {
        let clock = Clock::simulated(Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap());
        let (begun, change_at) = (tokio::time::Instant::now(), Duration::from_secs(23));
        let runner = Arc::new(Alarmed { begun, change_at, rounds: std::sync::Mutex::default() });
        let mut scheduler = Scheduler::new(Arc::clone(&runner), Arc::default(), Arc::default(), Arc::default(), clock);
        let round = crate::schedule::Schedule::Every(Duration::from_hours(6));
        let config = Config { pulse, round, ..Config::of_targets(vec![target()]) };
        scheduler.apply(&config).await;
        sleep(Duration::from_secs(120)).await;
        runner.rounds.lock().unwrap().clone()
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_pulse_sees_change_starts_a_round_at_once_and_without_a_pulse_none_begins() {
        assert_eq!(rounds_with(Some(Duration::from_secs(10))).await, [0, 30]);
        assert_eq!(rounds_with(None).await, [0]);
    }

    struct Quick;

    impl RunRound for Quick {
        async fn round(&self, _: &Target, _: Option<&Snapshot>, _: CollectionPlan) -> Round {
            let snapshot = Snapshot::healthy();
            let report = checks::evaluate(&snapshot, None);
            Round { snapshot, report }
        }
    }

    async fn scheduler() -> Scheduler<Quick> {
        let clock = Clock::simulated(Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap());
        let mut scheduler = Scheduler::new(Arc::new(Quick), Arc::default(), Arc::default(), Arc::default(), clock);
        scheduler.apply(&Config::of_targets(vec![target()])).await;
        scheduler
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_come_back_is_noticed() {
        let mut scheduler = scheduler().await;
        let stuck = scheduler.running.get_mut("home").unwrap();
        stuck.handle = AbortOnDropHandle::new(tokio::spawn(pending()));
        stuck.liveness.expect_within(Duration::from_secs(180));
        sleep(Duration::from_secs(209)).await;
        assert!(scheduler.keeps_running());
        sleep(Duration::from_secs(2)).await;
        assert!(!scheduler.keeps_running());
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_ended_is_started_again() {
        let mut scheduler = scheduler().await;
        sleep(Duration::from_secs(1)).await;
        end(scheduler.running.get_mut("home").unwrap()).await;
        assert!(scheduler.keeps_running());
        assert!(!scheduler.running["home"].handle.is_finished());
        sleep(Duration::from_secs(600)).await;
        assert!(scheduler.keeps_running(), "it runs on, and its liveness is felt");
    }
}
