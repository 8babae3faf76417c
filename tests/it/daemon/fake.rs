//! Rounds as tests want them: slow, hanging, panicking; and what ran when.

use std::{
    collections::BTreeMap,
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use ssowatch::{
    checks,
    clock::{Clock, Time},
    collect::CollectMode,
    config::{Config, Target},
    model::{Report, Snapshot},
    round::Round,
    schedule::Schedule,
    scheduler::RunRound,
};
use tokio::time::{Instant, sleep};

/// What one round does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Takes this long and gives a good round.
    Take(Duration),
    /// Never ends.
    Hang,
    /// Panics.
    Panic,
}

/// One round that ran.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// When it began, since the start of the test.
    pub began: Duration,
    /// When it ended or was cut.
    pub ended: Option<Duration>,
    /// How it was asked to look.
    pub pace: CollectMode,
    /// When the round before was, if it was given one.
    pub before: Option<Time>,
}

type Script = Box<dyn Fn(&str, usize) -> Act + Send + Sync>;

/// A look that goes by a script.
pub struct Fake {
    script: Script,
    clock: Clock,
    start: Instant,
    ran: Arc<Mutex<BTreeMap<String, Vec<Ran>>>>,
    good: (Snapshot, Report),
    retained: Mutex<Vec<String>>,
}

impl Fake {
    /// A look whose round number n (from 0) of a target does what the script says.
    pub fn new(clock: Clock, script: impl Fn(&str, usize) -> Act + Send + Sync + 'static) -> Arc<Self> {
        let snapshot = Snapshot::healthy();
        let report = checks::evaluate(&snapshot, None);
        Arc::new(Self {
            script: Box::new(script),
            clock,
            start: Instant::now(),
            ran: Arc::default(),
            good: (snapshot, report),
            retained: Mutex::default(),
        })
    }

    /// The rounds of one target so far.
    pub fn ran(&self, target: &str) -> Vec<Ran> {
        self.ran.lock().unwrap().get(target).cloned().unwrap_or_default()
    }

    /// When the rounds of one target began, in whole seconds since the start of the test.
    pub fn began(&self, target: &str) -> Vec<u64> {
        self.ran(target).iter().map(|ran| ran.began.as_secs()).collect()
    }

    /// The targets that were kept at the last reload.
    pub fn retained(&self) -> Vec<String> {
        self.retained.lock().unwrap().clone()
    }
}

/// Notes the end of a round also when it is cut.
struct Ending {
    ran: Arc<Mutex<BTreeMap<String, Vec<Ran>>>>,
    target: String,
    number: usize,
    start: Instant,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let mut ran = self.ran.lock().unwrap();
        ran.get_mut(&self.target).unwrap()[self.number].ended = Some(self.start.elapsed());
    }
}

impl RunRound for Fake {
    async fn round(&self, target: &Target, before: Option<&Snapshot>, pace: CollectMode) -> Round {
        let name = target.name.clone();
        let number = {
            let mut ran = self.ran.lock().unwrap();
            let rounds = ran.entry(name.clone()).or_default();
            let before = before.map(|before| before.taken_at);
            rounds.push(Ran { began: self.start.elapsed(), ended: None, pace, before });
            rounds.len() - 1
        };
        let _ending = Ending { ran: Arc::clone(&self.ran), target: name.clone(), number, start: self.start };
        match (self.script)(&name, number) {
            Act::Take(time) => sleep(time).await,
            Act::Hang => pending().await,
            Act::Panic => panic!("a round of the test panics"),
        }
        let (mut snapshot, mut report) = self.good.clone();
        snapshot.taken_at = self.clock.now();
        snapshot.target = target.facts();
        report.at = snapshot.taken_at;
        report.name = name;
        Round { snapshot, report }
    }

    fn retain(&self, targets: &[Target]) {
        *self.retained.lock().unwrap() = targets.iter().map(|target| target.name.clone()).collect();
    }
}

/// A config of these targets, with a round every minute.
pub fn config(names: &[&str]) -> Config {
    config_every(names, Duration::from_mins(1))
}

/// A config of these targets.
pub fn config_every(names: &[&str], period: Duration) -> Config {
    let url = |text: &str| url::Url::parse(text).unwrap();
    let targets = names
        .iter()
        .map(|name| Target::of_two_urls(name, url("https://id.example.test"), url("https://kasm.example.test")))
        .collect();
    let mut config = Config::of_targets(targets);
    config.round = Schedule::Every(period);
    config
}
