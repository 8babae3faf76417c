//! Rounds by a script, receivers that only note what they are told, and the notifier between them.

use std::{
    future::pending,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{TimeDelta, TimeZone as _, Utc};
use ssowatch::{
    checks,
    clock::{Clock, Time},
    collect::{CollectMode, webhook_client::SendError},
    config::{Config, Heartbeat, Receiver, Target, Topic},
    metrics::Daemon,
    model::{Cause, Finding, Login, Report, Snapshot},
    notify::{AlertKey, Item, Message, Phase, heartbeat, maintenance::Windows, notifier, send::Transport, title},
    render::notice::Notice,
    results::Results,
    round::Round,
    scheduler::{RunRound, Scheduler},
};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// How a target stands at a time, in a word: `ok`, `broken`, `broken by CHECK`, `degraded`, `unknown`, `hangs`.
type Script = Box<dyn Fn(&str, TimeDelta) -> &'static str + Send + Sync>;

/// Whether a receiver takes a message at a time.
type Takes = Box<dyn Fn(&str, TimeDelta) -> Result<(), SendError> + Send + Sync>;

pub fn start() -> Time {
    Utc.with_ymd_and_hms(2026, 11, 24, 0, 0, 0).unwrap()
}

/// A report of a target that stands like this.
pub fn report(good: &Report, says: &str) -> Report {
    let mut report = good.clone();
    let (word, check) = says.split_once(" by ").unwrap_or((says, "redirect_uri_registered"));
    let mut fail = |id: &str| {
        let check = report.checks.iter_mut().find(|check| check.id == id).expect(id);
        check.verdict = "fail".to_owned();
        check.findings = vec![Finding::new("test", format!("What {id} found"))];
        check.stage
    };
    match word {
        "ok" => {}
        "broken" => {
            let stage = fail(check);
            report.cause = Some(Cause { check: check.to_owned(), stage });
            report.login = Login::Broken;
        }
        "degraded" => {
            fail("groups_claim");
            report.login = Login::Degraded;
        }
        "unknown" => report.login = Login::Unknown,
        other => panic!("{other}"),
    }
    report
}

/// A look that goes by a script.
pub struct Scripted {
    script: Script,
    clock: Clock,
    good: (Snapshot, Report),
    pub rounds: AtomicU64,
}

impl RunRound for Scripted {
    async fn round(&self, target: &Target, _: Option<&Snapshot>, _: CollectMode) -> Round {
        self.rounds.fetch_add(1, Ordering::Relaxed);
        let at = self.clock.now();
        let says = (self.script)(&target.name, at - start());
        if says == "hangs" {
            pending::<()>().await;
        }
        let (mut snapshot, report) = (self.good.0.clone(), report(&self.good.1, says));
        snapshot.taken_at = at;
        snapshot.target = target.facts();
        Round { snapshot, report: Report { name: target.name.clone(), at, ..report } }
    }
}

/// Receivers that only note what they are told.
pub struct Noted {
    clock: Clock,
    takes: Takes,
    told: Mutex<Vec<(Time, String, String)>>,
    beats: Mutex<Vec<Time>>,
}

impl Noted {
    /// What each receiver took, in order: the time of day, the receiver, the title.
    pub fn told(&self) -> Vec<(String, String, String)> {
        let told = self.told.lock().unwrap();
        told.iter().map(|(at, who, title)| (at.format("%H:%M:%S").to_string(), who.clone(), title.clone())).collect()
    }

    /// When the heartbeat's address was called, in seconds since the start.
    pub fn beats(&self) -> Vec<i64> {
        self.beats.lock().unwrap().iter().map(|at| (*at - start()).num_seconds()).collect()
    }
}

impl Transport for Noted {
    async fn deliver(&self, receiver: &Receiver, message: &Message) -> Result<(), SendError> {
        let now = self.clock.now();
        let outcome = (self.takes)(&receiver.name, now - start());
        if matches!(&outcome, Err(untold) if untold.detail == "hangs") {
            pending::<()>().await;
        }
        outcome?;
        self.told.lock().unwrap().push((now, receiver.name.clone(), title(message)));
        Ok(())
    }

    async fn beat(&self, _: &Heartbeat) -> Result<(), SendError> {
        let now = self.clock.now();
        (self.takes)("heartbeat", now - start())?;
        self.beats.lock().unwrap().push(now);
        Ok(())
    }
}

/// A daemon without sockets, under simulated time.
pub struct Bench {
    pub look: Arc<Scripted>,
    pub post: Arc<Noted>,
    pub daemon: Arc<Daemon>,
    pub windows: Arc<Windows>,
    pub clock: Clock,
    pub scheduler: Scheduler<Scripted>,
    config: watch::Sender<Arc<Config>>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Bench {
    pub async fn new(
        config: &str,
        script: impl Fn(&str, TimeDelta) -> &'static str + Send + Sync + 'static,
        takes: impl Fn(&str, TimeDelta) -> Result<(), SendError> + Send + Sync + 'static,
    ) -> Self {
        Self::with_memory(config, None, script, takes).await
    }

    /// One that keeps what was told in this file.
    pub async fn with_memory(
        config: &str,
        memory: Option<PathBuf>,
        script: impl Fn(&str, TimeDelta) -> &'static str + Send + Sync + 'static,
        takes: impl Fn(&str, TimeDelta) -> Result<(), SendError> + Send + Sync + 'static,
    ) -> Self {
        let clock = Clock::simulated(start());
        let snapshot = Snapshot::healthy();
        let good = checks::evaluate(&snapshot, None);
        let (script, takes): (Script, Takes) = (Box::new(script), Box::new(takes));
        let look = Arc::new(Scripted { script, clock, good: (snapshot, good), rounds: AtomicU64::new(0) });
        let (told, beats) = Default::default();
        let post = Arc::new(Noted { clock, takes, told, beats });
        let (results, daemon, windows): (Arc<Results>, Arc<Daemon>, Arc<Windows>) = Default::default();
        daemon.self_test(true);
        let (place, counts) = (Arc::clone(&results), Arc::clone(&daemon));
        let mut scheduler = Scheduler::new(Arc::clone(&look), place, counts, Arc::default(), clock);
        let parsed = parse(config);
        scheduler.apply(&parsed).await;
        let (config, seen) = watch::channel(Arc::new(parsed));
        let stop = CancellationToken::new();
        let means = notifier::Deps {
            post: Arc::clone(&post),
            results: Arc::clone(&results),
            triggers: scheduler.triggers(),
            daemon: Arc::clone(&daemon),
            windows: Arc::clone(&windows),
            config: seen.clone(),
            memory,
            clock,
        };
        let (beating, told, results_seen, config_seen) =
            (Arc::clone(&post), Arc::clone(&daemon), Arc::clone(&results), seen);
        let beats = heartbeat::Deps { post: beating, results: results_seen, daemon: told, config: config_seen, clock };
        let tasks =
            vec![tokio::spawn(notifier::run(means, stop.clone())), tokio::spawn(heartbeat::run(beats, stop.clone()))];
        Self { look, post, daemon, windows, clock, scheduler, config, stop, tasks }
    }

    /// Lets time pass until this many seconds after the start.
    pub async fn until(&self, seconds: i64) {
        self.clock.sleep_until(start() + TimeDelta::seconds(seconds)).await;
    }

    /// Loads another configuration, as a reload does.
    pub async fn reload(&mut self, config: &str) {
        let config = Arc::new(parse(config));
        self.scheduler.apply(&config).await;
        self.config.send_replace(config);
    }

    /// Stops in the order of the daemon.
    pub async fn stop(self) -> Arc<Noted> {
        self.stop.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
        self.scheduler.stop().await;
        self.post
    }
}

pub fn parse(text: &str) -> Config {
    Config::parse(text, "ssowatch.yml", std::path::Path::new("/nonexistent"), &|_| None)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// A receiver of this configuration, by its name.
pub fn receiver(config: &str) -> Receiver {
    parse(&format!("notify: [{{name: it, {config}}}]\ntargets: []\n")).receivers.remove(0)
}

pub fn refuse(detail: &str) -> Result<(), SendError> {
    Err(SendError { detail: detail.to_owned(), retry_after: None })
}

pub fn hours(count: i64, minutes: i64) -> TimeDelta {
    TimeDelta::hours(count) + TimeDelta::minutes(minutes)
}

/// An item about a broken target, at this phase.
pub fn item(target: &str, phase: Phase) -> Item {
    let notice = Notice {
        login: Login::Broken,
        check: "redirect_uri_registered".to_owned(),
        title: "Kasm's redirect URL is registered".to_owned(),
        short: "Pocket ID refuses it".to_owned(),
        what: "Pocket ID refuses it: \"\\ and a line\nbreak".to_owned(),
        fix: "Enter the other one".to_owned(),
    };
    let login = if phase.until().is_some() { Login::Ok } else { Login::Broken };
    let now = Some(Notice { login, ..notice.clone() });
    Item { target: target.to_owned(), matter: AlertKey::of(Topic::Broken), phase, since: start(), notice, now }
}

/// A message of one item.
pub fn message(phase: Phase) -> Message {
    Message { items: vec![item("home", phase)], held_until: None }
}

/// A fix twenty minutes after the start.
pub fn ended() -> Phase {
    Phase::Ended { until: start() + hours(0, 20) }
}
