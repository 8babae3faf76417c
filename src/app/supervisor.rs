//! The loop beside the rounds: reloads, the watchdog, the status line, the self-test.

use std::{collections::BTreeMap, panic::catch_unwind, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{Load, Notifier};
use crate::{
    checks,
    clock::{Clock, Time},
    config::Config,
    metrics::Daemon,
    model::Login,
    results::{Entry, Results},
    scheduler::{Applied, RunRound, Scheduler},
    web::Reload,
};

/// How often the loop looks after things where systemd's watchdog does not want it sooner.
const LOOKS_AFTER: Duration = Duration::from_secs(10);
/// How often evaluating is tested.
const SELF_TEST_EVERY: Duration = Duration::from_mins(1);

/// The loop beside the rounds.
pub(super) struct Supervisor<L> {
    pub scheduler: Scheduler<L>,
    pub config: watch::Sender<Arc<Config>>,
    pub load: Option<Load>,
    pub reload_requests: mpsc::Receiver<Reload>,
    pub results: Arc<Results>,
    pub daemon: Arc<Daemon>,
    pub notifier: Arc<Notifier>,
    pub clock: Clock,
    /// When evaluating was last tested.
    pub self_tested: Option<Instant>,
    /// The status line that systemd was last told.
    pub status: String,
}

impl<L: RunRound> Supervisor<L> {
    /// Starts the rounds of the configuration that is there at first.
    pub async fn begin(&mut self) {
        let config = Arc::clone(&self.config.borrow());
        self.go_by(&config).await;
        info!(targets = config.targets.len(), "watching");
        self.look_after();
    }

    /// See [`Scheduler::first_rounds`].
    pub fn first_rounds(&mut self) -> impl Future<Output = ()> + use<L> {
        self.scheduler.first_rounds()
    }

    /// Looks after things until told to stop, then stops the rounds.
    pub async fn run(mut self, stop: CancellationToken) {
        let every = self.notifier.alive_every().map_or(LOOKS_AFTER, |alive| alive.min(LOOKS_AFTER));
        let mut ticks = interval(every.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(outcome) = self.reload_requests.recv() => tokio::select! {
                    () = stop.cancelled() => break,
                    // Who asked may have gone; what came of it is logged.
                    reloaded = self.reload() => drop(outcome.send(reloaded)),
                },
                _ = ticks.tick() => self.look_after(),
            }
        }
        self.scheduler.stop().await;
    }

    async fn reload(&mut self) -> Result<(), String> {
        self.notifier.reloading();
        let outcome = match self.load().await {
            Ok(config) => {
                let config = Arc::new(config);
                let applied = self.go_by(&config).await;
                self.config.send_replace(config);
                tell_applied(&applied);
                Ok(())
            }
            Err(problem) => {
                self.daemon.config_refused();
                error!(%problem, "the configuration is not loaded again; the old one stays in force");
                Err(problem)
            }
        };
        self.notifier.ready();
        self.look_after();
        outcome
    }

    /// The configuration as it is now. A file that cannot be read to its end holds up neither the rounds nor a stop.
    async fn load(&self) -> Result<Config, String> {
        let Some(load) = self.load.clone() else {
            return Err("there is no configuration file to load again".to_owned());
        };
        let loading = tokio::task::spawn_blocking(move || load()).await;
        loading.unwrap_or_else(|_| Err("loading the configuration panicked, which is a bug; see the log".to_owned()))
    }

    async fn go_by(&mut self, config: &Config) -> Applied {
        let applied = self.scheduler.apply(config).await;
        for warning in &config.warnings {
            warn!("{warning}");
        }
        self.daemon.config_loaded(self.clock.now(), config.hash(), config.targets.len());
        applied
    }

    fn look_after(&mut self) {
        if self.self_tested.is_none_or(|at| at.elapsed() >= SELF_TEST_EVERY) {
            self.self_tested = Some(Instant::now());
            let held = catch_unwind(checks::self_test).unwrap_or(false);
            self.daemon.self_test(held);
            if !held {
                error!("the self-test failed: this build evaluates wrongly, do not rely on its verdicts");
            }
        }
        let status = status(&self.results.entries(), self.clock.now());
        if status != self.status {
            self.notifier.status(&status);
            self.status = status;
        }
        if self.scheduler.keeps_running() {
            self.notifier.alive();
        } else {
            warn!("a target's task does not run on; the watchdog is not fed");
        }
    }
}

fn tell_applied(applied: &Applied) {
    let Applied { added, removed, changed } = applied;
    if *applied == Applied::default() {
        info!("the configuration is loaded again; no target changed");
        return;
    }
    let (added, removed, changed) = (names(added), names(removed), names(changed));
    info!(added, removed, changed, "the configuration is loaded again");
}

/// Some names and the number of the others; none for no names.
fn names(list: &[String]) -> Option<String> {
    const TOLD: usize = 10;
    let told = list.get(..TOLD).unwrap_or(list).join(", ");
    match list.len() {
        0 => None,
        many if many > TOLD => Some(format!("{told} and {} more", many - TOLD)),
        _ => Some(told),
    }
}

/// One line for `systemctl status`: `3 targets: 2 ok, 1 broken`. What is too old, or not yet there, is unknown.
fn status(entries: &[Arc<Entry>], now: Time) -> String {
    let mut counts: BTreeMap<usize, (&str, usize)> = BTreeMap::new();
    for entry in entries {
        let login = entry.current(now).map_or(Login::Unknown, |latest| latest.report.login);
        let order =
            [Login::Ok, Login::Degraded, Login::Broken, Login::Unknown].iter().position(|known| *known == login);
        counts.entry(order.unwrap_or_default()).or_insert((login.word(), 0)).1 += 1;
    }
    let parts: Vec<String> = counts.values().map(|(word, count)| format!("{count} {word}")).collect();
    match entries.len() {
        0 => "no targets".to_owned(),
        1 => format!("1 target: {}", parts.join(", ")),
        many => format!("{many} targets: {}", parts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone as _, Utc};

    use super::*;
    use crate::model::Snapshot;

    fn entries(logins: &[Option<Login>]) -> (Vec<Arc<Entry>>, Time) {
        let at = Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap();
        let results = Results::default();
        let name = |number: usize| format!("t{number}");
        results.list((0..logins.len()).map(|number| Entry {
            name: name(number),
            stale_after_seconds: 240.0,
            interval_seconds: 60.0,
            latest: None,
        }));
        for (number, login) in logins.iter().enumerate() {
            let Some(login) = login else { continue };
            let snapshot = Snapshot::healthy();
            let mut report = checks::evaluate(&snapshot, None);
            report.login = *login;
            report.at = at;
            results.put(&name(number), snapshot, report);
        }
        (results.entries(), at)
    }

    #[test]
    fn the_status_line_counts_targets_by_state_in_a_fixed_order() {
        use Login::{Broken, Degraded, Ok, Unknown};
        let cases: [(&[Option<Login>], &str); 6] = [
            (&[], "no targets"),
            (&[Some(Ok)], "1 target: 1 ok"),
            (&[None], "1 target: 1 unknown"),
            (&[Some(Broken), Some(Ok), Some(Ok)], "3 targets: 2 ok, 1 broken"),
            (&[Some(Unknown), None, Some(Degraded), Some(Broken)], "4 targets: 1 degraded, 1 broken, 2 unknown"),
            (&[Some(Degraded), Some(Ok)], "2 targets: 1 ok, 1 degraded"),
        ];
        for (logins, line) in cases {
            let (entries, at) = entries(logins);
            assert_eq!(status(&entries, at), line);
        }
    }

    #[test]
    fn what_is_too_old_counts_as_unknown() {
        let (entries, at) = entries(&[Some(Login::Ok)]);
        assert_eq!(status(&entries, at + TimeDelta::seconds(241)), "1 target: 1 unknown");
    }

    #[test]
    fn a_long_list_of_names_is_cut() {
        let list = |count: usize| -> Vec<String> { (0..count).map(|number| format!("t{number}")).collect() };
        assert_eq!(names(&list(0)), None);
        assert_eq!(names(&list(2)).unwrap(), "t0, t1");
        assert_eq!(names(&list(10)).unwrap(), "t0, t1, t2, t3, t4, t5, t6, t7, t8, t9");
        assert_eq!(names(&list(1000)).unwrap(), "t0, t1, t2, t3, t4, t5, t6, t7, t8, t9 and 990 more");
    }
}
