//! The client secret and a token of the client's own: in the lab, release by release, and at a provider that we did not
//! write.

mod canary;
mod interop;
mod lab;
mod token;

use std::time::Duration;

use ssowatch::{
    clock::Clock,
    collect::{CollectMode, Collector},
    config::{Secret, SecretSource, Target},
    lab::{Fault, Lab, LabOptions},
    model::{CheckReport, Credential, Snapshot},
    round::{Round, round},
};

const INTROSPECT: &str = "/api/oidc/introspect";
const TOKEN: &str = "/api/oidc/token";

/// The releases at which something about secrets changed, and one of each that was recorded.
const RELEASES: [(u32, u32); 9] = [(1, 11), (1, 16), (2, 3), (2, 4), (2, 9), (2, 10), (2, 12), (2, 13), (2, 14)];

/// A lab, and what looks at it with the client secret.
struct Watched {
    lab: Lab,
    target: Target,
    collector: Collector,
    clock: Clock,
}

impl Watched {
    async fn of(options: LabOptions) -> Self {
        let clock = options.clock;
        let lab = Lab::start(options).await.unwrap();
        let mut target = lab.target_with(&[Credential::ClientSecret]);
        // Longer than any answer here takes, whatever else the machine does.
        target.provider.http.timeout = Some(Duration::from_secs(30));
        target.app.http.timeout = Some(Duration::from_secs(30));
        Self { lab, target, collector: Collector::new(clock), clock }
    }

    async fn version((major, minor): (u32, u32)) -> Self {
        Self::of(LabOptions::version(major, minor)).await
    }

    async fn broken(version: (u32, u32), fault: Fault) -> Self {
        let watched = Self::version(version).await;
        watched.lab.break_with(fault);
        watched
    }

    fn with_token(mut self) -> Self {
        self.target.token_enabled = true;
        self
    }

    /// A full look with a budget of its own.
    async fn look(&self) -> Round {
        round(&Collector::new(self.clock), &self.target, None, CollectMode::Full).await
    }

    async fn look_again(&self, before: Option<&Snapshot>, pace: CollectMode) -> Round {
        round(&self.collector, &self.target, before, pace).await
    }

    async fn ends_well(self) {
        assert_eq!(self.lab.stop().await, Vec::<String>::new(), "nothing happened that must never happen");
    }
}

fn check<'a>(round: &'a Round, id: &str) -> &'a CheckReport {
    round.report.check(id).unwrap()
}

fn verdict<'a>(round: &'a Round, id: &str) -> &'a str {
    &check(round, id).verdict
}

fn cause(round: &Round) -> Option<&str> {
    round.report.cause.as_ref().map(|cause| cause.check.as_str())
}

fn inline(text: &str) -> Option<SecretSource> {
    Some(SecretSource::Inline(Secret::new(text.to_owned())))
}

fn simulated() -> Clock {
    Clock::simulated(chrono::TimeZone::with_ymd_and_hms(&chrono::Utc, 2026, 11, 24, 12, 0, 0).unwrap())
}

async fn later(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}
