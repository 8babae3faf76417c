//! A lab of some kind, a collector, and what is said about it.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use chrono::{TimeZone as _, Utc};
use ssowatch::{
    clock::{Clock, Time},
    collect::{CollectMode, Collector},
    config::Target,
    lab::{Fault, Lab, LabOptions},
    model::{Report, Snapshot},
    providers::{ProviderKind, pocket_id::Version},
    round::{Round, plan, round},
};
use tokio::time::Instant;

/// How many labs run side by side.
pub const SIDE_BY_SIDE: usize = 16;

/// Rounds until a settings source is asked at the latest.
pub const ROUNDS: usize = 6;

/// Rounds after a fix until all is told: one, but a 429 is obeyed for as long as it asked, and what was refused for a fault of
/// the settings is asked again with the settings, since each refusal leaves its lines at the provider.
pub fn rounds_to_fix(fault: Fault) -> usize {
    match fault {
        Fault::ProviderThrottlesLong | Fault::KasmThrottlesLong => 3,
        Fault::RedirectUriNotRegistered
        | Fault::RedirectUriRegisteredWithSlash
        | Fault::NoRedirectUriRegistered
        | Fault::PkceRequired
        | Fault::ParRequired
        | Fault::ClientPublic
        | Fault::SecretRegenerated => ROUNDS,
        _ => 1,
    }
}

/// The lab of a name in the table, and whether a healthy look goes before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    /// Pocket ID 2.14 over HTTPS.
    Newest,
    /// The same, with a healthy look before.
    Watched,
    /// The same, with `passkey.enabled`.
    Passkey,
    /// Pocket ID 2.9 over HTTPS.
    V2_9,
    /// Pocket ID 1.16 over HTTPS.
    V1_16,
    /// Another provider over HTTPS.
    Openid,
    /// Pocket ID 2.14 over plain HTTP on loopback.
    Http,
}

impl Variant {
    pub fn parse(name: &str) -> Self {
        match name {
            "2.14" => Self::Newest,
            "watched" => Self::Watched,
            "passkey" => Self::Passkey,
            "2.9" => Self::V2_9,
            "1.16" => Self::V1_16,
            "openid" => Self::Openid,
            "http" => Self::Http,
            other => panic!("no lab is named {other}"),
        }
    }

    pub fn options(self) -> LabOptions {
        let https = LabOptions { tls: true, ..LabOptions::default() };
        match self {
            Self::Newest | Self::Watched | Self::Passkey => https,
            Self::V2_9 => LabOptions { version: Version::new(2, 9), ..https },
            Self::V1_16 => LabOptions { version: Version::new(1, 16), ..https },
            Self::Openid => LabOptions { kind: ProviderKind::Openid, ..https },
            Self::Http => LabOptions::default(),
        }
    }
}

/// A lab with whoever looks at it, and a clock that a test sets forward.
pub struct Stage {
    pub lab: Lab,
    pub target: Target,
    collector: Collector,
    /// By which whoever looks reads the time.
    pub clock: Clock,
    step: &'static AtomicI64,
    begun: Instant,
    /// How far the test has set the clock forward, in seconds.
    passed: AtomicI64,
    before: Option<Round>,
}

/// The same for every test, so that settings sources are due in the same rounds each time: none at the edge of one.
fn start() -> Time {
    Utc.with_ymd_and_hms(2031, 3, 1, 12, 2, 20).unwrap()
}

impl Stage {
    pub async fn new(options: LabOptions) -> Self {
        // Lives as long as the clock, which may be anywhere.
        let step: &'static AtomicI64 = Box::leak(Box::default());
        let (clock, begun) = (Clock::stepped(start(), step), Instant::now());
        let lab = Lab::start(LabOptions { clock, ..options }).await.unwrap();
        Self {
            target: lab.target(),
            lab,
            collector: Collector::new(clock),
            clock,
            step,
            begun,
            passed: AtomicI64::new(0),
            before: None,
        }
    }

    /// Waits less long for answers where the fault is that none comes.
    pub fn hurry_for(&mut self, fault: Fault) {
        if ["stalls", "hangs", "slow_body"].iter().any(|word| fault.id().contains(word)) {
            for http in [&mut self.target.provider.http, &mut self.target.app.http] {
                http.timeout = Some(Duration::from_secs(4));
            }
        }
    }

    /// A look at everything.
    pub async fn look(&mut self) -> Report {
        self.round(CollectMode::Full).await
    }

    /// The next round, a minute later, which asks what is due.
    pub async fn next_round(&mut self) -> Report {
        self.next_round_after(60).await
    }

    /// The next round, some seconds later, which asks what is due.
    pub async fn next_round_after(&mut self, seconds: i64) -> Report {
        self.pass(seconds);
        self.round(CollectMode::Due { settings_every: Duration::from_mins(5), share_for: Duration::ZERO }).await
    }

    /// Lets time go by.
    pub fn pass(&self, seconds: i64) {
        self.passed.fetch_add(seconds, Ordering::Relaxed);
        self.step.fetch_add(1000 * seconds, Ordering::Relaxed);
    }

    /// Sets the clock back by what the test itself has taken, so that many rounds on a slow machine have no more looks.
    pub fn take_back(&self) {
        let taken = i64::try_from(self.begun.elapsed().as_millis()).unwrap();
        self.step.store(1000 * self.seconds() - taken, Ordering::Relaxed);
    }

    async fn round(&mut self, pace: CollectMode) -> Report {
        let before = self.before.take();
        let plan = plan(pace, before.as_ref().map(|before| &before.report));
        let round = round(&self.collector, &self.target, before.as_ref().map(|before| &before.snapshot), plan).await;
        self.before.insert(round).report.clone()
    }

    /// The latest snapshot.
    pub fn snapshot(&self) -> &Snapshot {
        &self.before.as_ref().unwrap().snapshot
    }

    /// How far the clock was set forward, in seconds.
    pub fn seconds(&self) -> i64 {
        self.passed.load(Ordering::Relaxed)
    }

    /// Stops the lab; a violation fails the test.
    pub async fn close(self, what: &str) {
        assert_eq!(self.lab.stop().await, Vec::<String>::new(), "{what}");
    }
}

/// The checks that fail, the cause marked.
pub fn failing(report: &Report) -> Vec<String> {
    let cause = report.cause.as_ref().map(|cause| cause.check.as_str());
    report.failing().map(|check| format!("{}{}", check.id, if cause == Some(&check.id) { "!" } else { "" })).collect()
}
