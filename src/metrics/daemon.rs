//! Counters and gauges about the daemon itself: they live as long as it does.
//!
//! Label sets are closed, so every counter begins at 0, and a target that is removed takes all its series along.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde::Serialize;

use super::{Family, MetricsBuilder, builder::Distribution, process::Process};
use crate::{
    clock::{Time, unix_seconds},
    model::{Change, ChangeSubject, RequestCount, Side, SourceId, SourceReport},
};

/// The `code` label: classes of answers; `error` where none came.
pub const CODES: [&str; 5] = ["2xx", "3xx", "4xx", "5xx", "error"];

/// The `level` label.
pub const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// The bits of a hash that are told: a sample holds a whole number of up to 53 exactly.
const HASH_BITS: u64 = (1 << 48) - 1;

const SIDES: [Side; 2] = [Side::Provider, Side::App];

/// Metrics about the daemon itself.
#[derive(Debug, Default)]
pub struct Daemon {
    counts: Mutex<Counts>,
    /// Apart from the rest and without a lock, so that a log line may be written anywhere.
    log_messages: [AtomicU64; LEVELS.len()],
    process: Process,
    /// Whether the journal reaches the disk; not set where it need not.
    journal: OnceLock<Arc<AtomicBool>>,
    /// Whether the last attempt to write what receivers were told failed.
    notified_fails: AtomicBool,
}

#[derive(Debug, Default)]
struct Counts {
    targets: BTreeMap<String, TargetCounts>,
    config: Option<Loaded>,
    reload_successful: Option<bool>,
    self_test: Option<bool>,
    receivers: BTreeMap<String, Attempts>,
    heartbeats: Option<Attempts>,
}

/// How often something was tried to be told, and how often that failed.
#[derive(Debug, Default, Clone, Copy)]
struct Attempts {
    all: u64,
    failed: u64,
}

impl Attempts {
    fn add(&mut self, succeeded: bool) {
        self.all += 1;
        self.failed += u64::from(!succeeded);
    }
}

#[derive(Debug, Clone, Copy)]
struct Loaded {
    at: Time,
    hash: u64,
    targets: usize,
}

#[derive(Debug, Default)]
struct TargetCounts {
    in_maintenance: bool,
    rounds: u64,
    rounds_missed: u64,
    durations: Distribution,
    lag: Option<Duration>,
    source_failures: BTreeMap<SourceId, Failures>,
    requests: BTreeMap<(&'static str, &'static str), u64>,
    changes: BTreeMap<ChangeSubject, u64>,
}

#[derive(Debug, Default)]
struct Failures {
    count: u64,
    /// The look that was counted last: between two looks a failure stands in every round, and is one failure.
    counted: Option<Time>,
}

/// Numbers about the daemon: those of its metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Rounds that ended, since the start, of the targets that there are.
    pub rounds: u64,
    /// Rounds that were due and gave nothing.
    pub rounds_missed: u64,
    /// Whether the last self-test held; none before the first.
    pub self_test: Option<bool>,
    /// The configuration in force.
    pub config: ConfigStats,
}

/// The configuration in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ConfigStats {
    /// Of the file's content, as `ssowatch_config_hash` has it.
    pub hash: Option<u64>,
    /// When it was loaded.
    pub loaded_at: Option<Time>,
    /// Whether the last (re)load took the file; `false` while an older one stays in force.
    pub last_reload_successful: Option<bool>,
}

impl Daemon {
    /// A target was loaded: its counters begin at 0.
    pub fn target_added(&self, target: &str) {
        self.counts().targets.entry(target.to_owned()).or_default();
    }

    /// A target is gone: its series go too.
    pub fn target_removed(&self, target: &str) {
        self.counts().targets.remove(target);
    }

    /// A round began this long after it was due.
    pub fn round_started(&self, target: &str, lag: Duration) {
        self.of_target(target, |counts| counts.lag = Some(lag));
    }

    /// A round ended.
    pub fn round_finished(
        &self,
        target: &str,
        _at: Time,
        took: Duration,
        sources: &[SourceReport],
        requests: &[RequestCount],
        new_changes: &[Change],
    ) {
        self.of_target(target, |counts| {
            counts.rounds += 1;
            counts.durations.observe(took.as_secs_f64());
            for source in sources.iter().filter(|source| source.ok == Some(false)) {
                let failures = counts.source_failures.entry(source.id).or_default();
                if failures.counted.replace(source.at) != Some(source.at) {
                    failures.count += 1;
                }
            }
            for request in requests {
                *counts.requests.entry((request.side.id(), class(&request.code))).or_default() += request.count;
            }
            for change in new_changes {
                *counts.changes.entry(change.subject).or_default() += 1;
            }
        });
    }

    /// Rounds that were due while the one before still ran, or a round that hung or panicked.
    pub fn rounds_missed(&self, target: &str, count: u64) {
        self.of_target(target, |counts| counts.rounds_missed += count);
    }

    /// A (re)load of the configuration succeeded; `hash` is of the file's content.
    pub fn config_loaded(&self, at: Time, hash: u64, targets: usize) {
        let mut counts = self.counts();
        counts.config = Some(Loaded { at, hash, targets });
        counts.reload_successful = Some(true);
    }

    /// A reload failed; the old configuration stays.
    pub fn config_refused(&self) {
        self.counts().reload_successful = Some(false);
    }

    /// The self-test of a round.
    pub fn self_test(&self, held: bool) {
        self.counts().self_test = Some(held);
    }

    /// The journal is kept on disk, and says there whether it reaches it. Told once.
    pub fn journal(&self, kept: Arc<AtomicBool>) {
        self.journal.get_or_init(|| kept);
    }

    /// What receivers were told was written to disk, or could not be.
    pub fn notified_kept(&self, succeeded: bool) {
        self.notified_fails.store(!succeeded, Ordering::Relaxed);
    }

    /// Whether the last self-test held.
    #[must_use]
    pub fn self_test_holds(&self) -> bool {
        self.counts().self_test == Some(true)
    }

    /// A target is in a maintenance window, or is not.
    pub fn maintenance(&self, target: &str, is_active: bool) {
        self.of_target(target, |counts| counts.in_maintenance = is_active);
    }

    /// These are the receivers of messages: counters of new ones begin at 0, those of others go.
    pub fn receivers<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        let mut counts = self.counts();
        let known = std::mem::take(&mut counts.receivers);
        let of = |name: &str| known.get(name).copied().unwrap_or_default();
        counts.receivers = names.into_iter().map(|name| (name.to_owned(), of(name))).collect();
    }

    /// A message was sent to a receiver, with success or in vain.
    pub fn notification(&self, receiver: &str, succeeded: bool) {
        if let Some(attempts) = self.counts().receivers.get_mut(receiver) {
            attempts.add(succeeded);
        }
    }

    /// There is a heartbeat in the configuration, or there is none.
    pub fn heartbeat_configured(&self, is_configured: bool) {
        let mut counts = self.counts();
        counts.heartbeats = is_configured.then(|| counts.heartbeats.unwrap_or_default());
    }

    /// The heartbeat's address was called, with success or in vain.
    pub fn heartbeat(&self, succeeded: bool) {
        if let Some(attempts) = &mut self.counts().heartbeats {
            attempts.add(succeeded);
        }
    }

    /// A log message was written (`error`, `warn`, `info`, `debug`, `trace`).
    pub fn log_message(&self, level: &'static str) {
        if let Some(index) = LEVELS.iter().position(|known| *known == level) {
            self.log_messages[index].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How long this process has run, in seconds.
    #[must_use]
    pub fn uptime_seconds(&self, now: Time) -> Option<f64> {
        self.process.started(now).map(|started| (unix_seconds(now) - started).max(0.0))
    }

    /// The numbers of all targets together, and the configuration in force.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let counts = self.counts();
        let sum = |count: fn(&TargetCounts) -> u64| counts.targets.values().map(count).sum();
        Stats {
            rounds: sum(|target| target.rounds),
            rounds_missed: sum(|target| target.rounds_missed),
            self_test: counts.self_test,
            config: ConfigStats {
                hash: counts.config.map(|config| config.hash & HASH_BITS),
                loaded_at: counts.config.map(|config| config.at),
                last_reload_successful: counts.reload_successful,
            },
        }
    }

    /// Notes everything about the daemon and its process.
    pub fn write(&self, builder: &mut MetricsBuilder, now: Time) {
        {
            let counts = self.counts();
            for (target, of_target) in &counts.targets {
                of_target.write(builder, target);
            }
            counts.write(builder);
        }
        if let Some(kept) = self.journal.get() {
            let all = kept.load(Ordering::Relaxed) && !self.notified_fails.load(Ordering::Relaxed);
            builder.set_flag(Family::JournalSuccess, &[], all);
        }
        for (level, count) in LEVELS.iter().zip(&self.log_messages) {
            builder.set(Family::LogMessages, &[level], count.load(Ordering::Relaxed) as f64);
        }
        let build = [env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH];
        builder.set(Family::BuildInfo, &build, 1.0);
        self.process.write(builder, now);
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Plain numbers: a panic while they were held leaves none of them half written.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A round may outlive its target by a moment; it does not bring it back.
    fn of_target(&self, target: &str, change: impl FnOnce(&mut TargetCounts)) {
        if let Some(counts) = self.counts().targets.get_mut(target) {
            change(counts);
        }
    }
}

impl Counts {
    fn write(&self, builder: &mut MetricsBuilder) {
        for (receiver, attempts) in &self.receivers {
            builder.set(Family::Notifications, &[receiver], attempts.all as f64);
            builder.set(Family::NotificationsFailed, &[receiver], attempts.failed as f64);
        }
        if let Some(attempts) = self.heartbeats {
            builder.set(Family::Heartbeats, &[], attempts.all as f64);
            builder.set(Family::HeartbeatsFailed, &[], attempts.failed as f64);
        }
        if let Some(held) = self.self_test {
            builder.set_flag(Family::SelfTest, &[], held);
        }
        if let Some(successful) = self.reload_successful {
            builder.set_flag(Family::ReloadSuccessful, &[], successful);
        }
        if let Some(loaded) = self.config {
            builder.set(Family::ReloadTimestamp, &[], unix_seconds(loaded.at));
            builder.set(Family::Targets, &[], loaded.targets as f64);
            builder.set(Family::ConfigHash, &[], (loaded.hash & HASH_BITS) as f64);
        }
    }
}

impl TargetCounts {
    fn write(&self, builder: &mut MetricsBuilder, target: &str) {
        builder.set_flag(Family::Maintenance, &[target], self.in_maintenance);
        builder.set(Family::Rounds, &[target], self.rounds as f64);
        builder.set(Family::RoundsMissed, &[target], self.rounds_missed as f64);
        builder.set_distribution(Family::RoundDuration, &[target], &self.durations);
        if let Some(lag) = self.lag {
            builder.set(Family::SchedulerLag, &[target], lag.as_secs_f64());
        }
        for source in SourceId::ALL {
            let count = self.source_failures.get(&source).map_or(0, |failures| failures.count);
            builder.set(Family::SourceFailures, &[target, source.id()], count as f64);
        }
        for side in SIDES {
            for code in CODES {
                let count = self.requests.get(&(side.id(), code)).copied().unwrap_or_default();
                builder.set(Family::HttpRequests, &[target, side.id(), code], count as f64);
            }
        }
        for subject in ChangeSubject::ALL {
            let count = self.changes.get(&subject).copied().unwrap_or_default();
            builder.set(Family::ConfigChanges, &[target, subject.side().id(), subject.id()], count as f64);
        }
    }
}

/// The class of an answer as the label has it; what is no class counts as no answer.
fn class(code: &str) -> &'static str {
    CODES.into_iter().find(|known| *known == code).unwrap_or("error")
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{metrics::flatten, model::Snapshot};

    fn samples(daemon: &Daemon) -> BTreeMap<String, f64> {
        let mut builder = MetricsBuilder::new();
        daemon.write(&mut builder, Snapshot::healthy().taken_at);
        flatten(&builder.finish()).into_iter().collect()
    }

    fn failing(at: Time) -> SourceReport {
        SourceReport {
            id: SourceId::Jwks,
            ok: Some(false),
            reason: Some(crate::model::Reason::Timeout),
            detail: None,
            at,
            took_seconds: 10.0,
        }
    }

    #[test]
    fn counters_of_a_new_target_are_there_at_zero() {
        let daemon = Daemon::default();
        daemon.target_added("home");
        let samples = samples(&daemon);
        for name in [
            r#"ssowatch_rounds_total{target="home"}"#,
            r#"ssowatch_source_failures_total{target="home",source="login_start"}"#,
            r#"ssowatch_http_requests_total{target="home",side="app",code="error"}"#,
            r#"ssowatch_config_changes_total{target="home",side="provider",subject="signing_key"}"#,
            r#"ssowatch_config_changes_total{target="home",side="app",subject="config"}"#,
            r#"ssowatch_log_messages_total{level="warn"}"#,
        ] {
            assert_eq!(samples.get(name), Some(&0.0), "{name}");
        }
        assert!(!samples.keys().any(|name| name.starts_with("ssowatch_scheduler_lag")), "no round began yet");
    }

    #[test]
    fn a_failure_that_stands_between_two_looks_is_counted_once() {
        let daemon = Daemon::default();
        daemon.target_added("home");
        let at = Snapshot::healthy().taken_at;
        let later = at + TimeDelta::minutes(5);
        for look in [at, at, later] {
            daemon.round_finished("home", look, Duration::from_millis(200), &[failing(look)], &[], &[]);
        }
        let samples = samples(&daemon);
        assert_eq!(samples[r#"ssowatch_source_failures_total{target="home",source="jwks"}"#], 2.0);
        assert_eq!(samples[r#"ssowatch_rounds_total{target="home"}"#], 3.0);
    }

    #[test]
    fn receivers_begin_at_zero_and_keep_their_counts_through_a_reload() {
        let daemon = Daemon::default();
        daemon.receivers(["phone", "mail"]);
        daemon.notification("phone", true);
        daemon.notification("phone", false);
        daemon.notification("nobody", false);
        daemon.receivers(["phone", "chat"]);
        daemon.heartbeat(true);
        daemon.heartbeat_configured(true);
        daemon.heartbeat(false);
        let samples = samples(&daemon);
        let told: Vec<(&str, f64)> = samples
            .iter()
            .filter(|(name, _)| name.starts_with("ssowatch_notif") || name.starts_with("ssowatch_heart"))
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        assert_eq!(
            told,
            [
                ("ssowatch_heartbeats_failed_total", 1.0),
                ("ssowatch_heartbeats_total", 1.0),
                (r#"ssowatch_notifications_failed_total{receiver="chat"}"#, 0.0),
                (r#"ssowatch_notifications_failed_total{receiver="phone"}"#, 1.0),
                (r#"ssowatch_notifications_total{receiver="chat"}"#, 0.0),
                (r#"ssowatch_notifications_total{receiver="phone"}"#, 2.0),
            ]
        );
    }

    #[test]
    fn requests_and_changes_add_up() {
        let daemon = Daemon::default();
        daemon.target_added("home");
        let at = Snapshot::healthy().taken_at;
        let request = |code: &str, count| RequestCount { side: Side::Provider, code: code.to_owned(), count };
        let change = Change {
            at,
            subject: ChangeSubject::SigningKey,
            field: None,
            from: "one".to_owned(),
            to: "two".to_owned(),
        };
        let requests = [request("2xx", 3), request("error", 1), request("weird", 1)];
        daemon.round_finished("home", at, Duration::ZERO, &[], &requests, std::slice::from_ref(&change));
        daemon.round_finished("home", at, Duration::ZERO, &[], &requests, &[]);
        let samples = samples(&daemon);
        assert_eq!(samples[r#"ssowatch_http_requests_total{target="home",side="provider",code="2xx"}"#], 6.0);
        assert_eq!(samples[r#"ssowatch_http_requests_total{target="home",side="provider",code="error"}"#], 4.0);
        let changes = r#"ssowatch_config_changes_total{target="home",side="provider",subject="signing_key"}"#;
        assert_eq!(samples[changes], 1.0);
    }

    #[test]
    fn a_removed_target_takes_all_its_series_along_and_a_late_round_does_not_bring_it_back() {
        let daemon = Daemon::default();
        daemon.target_added("home");
        daemon.target_removed("home");
        daemon.round_finished("home", Snapshot::healthy().taken_at, Duration::ZERO, &[], &[], &[]);
        daemon.rounds_missed("home", 1);
        assert!(!samples(&daemon).keys().any(|name| name.contains("target=")));
    }

    #[test]
    fn a_refused_reload_keeps_the_time_of_the_last_good_one() {
        let daemon = Daemon::default();
        assert!(!samples(&daemon).contains_key("ssowatch_config_last_reload_successful"));
        let at = Snapshot::healthy().taken_at;
        daemon.config_loaded(at, u64::MAX, 2);
        daemon.config_refused();
        daemon.self_test(true);
        let samples = samples(&daemon);
        assert_eq!(samples["ssowatch_config_last_reload_successful"], 0.0);
        assert_eq!(samples["ssowatch_config_last_reload_success_timestamp_seconds"], unix_seconds(at));
        assert_eq!(samples["ssowatch_targets"], 2.0);
        assert_eq!(samples["ssowatch_self_test_success"], 1.0);
        assert_eq!(samples["ssowatch_config_hash"], ((1_u64 << 48) - 1) as f64);
    }
}
