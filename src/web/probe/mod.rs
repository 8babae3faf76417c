//! `/probe?target=NAME&module=login|discovery`: for a Prometheus that schedules by itself.
//!
//! Only configured targets. A failed probe is `probe_success 0` with 200; 400 says what could have been asked. `login`
//! takes the latest round, and looks again only at what is older than its interval; `discovery` always asks anew. At a
//! time, one login and four discovery probes of a target are under way, and others wait in their own time limit.

mod tell;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use tokio::{sync::Semaphore, time::Instant};

use super::{App, Shared, exposition, text};
use crate::{
    clock::Time,
    collect::CollectMode,
    config::Target,
    metrics::{Family, MetricsBuilder},
    results::{Entry, Latest},
    round::{plan, round},
    scheduler::{Logged, Publisher},
};

/// The header in which Prometheus says how long it waits.
const SCRAPE_TIMEOUT: &str = "x-prometheus-scrape-timeout-seconds";

/// What is kept back of that, for the way home.
const TIMEOUT_OFFSET: f64 = 0.5;

/// The limit without that header, in seconds (as blackbox_exporter has it).
const DEFAULT_TIMEOUT: f64 = 120.0;

/// Discovery probes of one target at once.
const DISCOVERIES_AT_ONCE: usize = 4;

/// The modules.
const MODULES: [&str; 2] = ["login", "discovery"];

/// What is kept between probes, by target.
#[derive(Debug, Default)]
pub(super) struct Probes {
    by_target: Mutex<HashMap<String, Arc<Kept>>>,
}

/// What is kept of one target.
#[derive(Debug)]
struct Kept {
    /// Held while a round is made, so that others wait for it and share it.
    login: tokio::sync::Mutex<Probed>,
    discoveries: Semaphore,
}

/// What is kept of the rounds that probes made.
#[derive(Debug, Default)]
struct Probed {
    latest: Option<Latest>,
    logged: Logged,
}

impl Probes {
    /// What is kept of a target; what belongs to none that is configured is forgotten.
    fn of(&self, target: &str, configured: &[Target]) -> Arc<Kept> {
        let mut kept = self.by_target.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|name, _| configured.iter().any(|target| target.name == *name));
        let fresh = || Kept { login: tokio::sync::Mutex::default(), discoveries: Semaphore::new(DISCOVERIES_AT_ONCE) };
        Arc::clone(kept.entry(target.to_owned()).or_insert_with(|| Arc::new(fresh())))
    }
}

/// What is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Query {
    target: Option<String>,
    module: Option<String>,
}

pub(super) async fn probe(
    extract::State(app): Shared,
    query: Result<extract::Query<Query>, extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let config = app.config.borrow().clone();
    let asked = match &query {
        Ok(extract::Query(query)) => (query.target.as_deref(), query.module.as_deref()),
        Err(_) => (None, None),
    };
    let target = config.targets.iter().find(|target| Some(target.name.as_str()) == asked.0);
    let module = MODULES.into_iter().find(|module| Some(*module) == asked.1);
    let (Some(target), Some(module)) = (target, module) else {
        return text(StatusCode::BAD_REQUEST, what_exists(&config.targets));
    };
    let timeout = match timeout(&headers) {
        Ok(timeout) => timeout,
        Err(problem) => return text(StatusCode::BAD_REQUEST, problem),
    };
    let kept = app.probes.of(&target.name, &config.targets);
    let began = Instant::now();
    let mut sheet = MetricsBuilder::of_one_target();
    let looking = async {
        match module {
            "login" => login(&app, target, &kept, config.settings_every, &mut sheet).await,
            _ => discovery(&app, target, &kept, &mut sheet).await,
        }
    };
    let success = tokio::time::timeout(timeout, looking).await.unwrap_or(false);
    sheet.set_flag(Family::ProbeSuccess, &[], success);
    sheet.set(Family::ProbeDuration, &[], began.elapsed().as_secs_f64());
    sheet.set(Family::ProbeTimeout, &[], timeout.as_secs_f64());
    exposition::respond(&sheet.finish(), &headers)
}

fn what_exists(targets: &[Target]) -> String {
    let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
    format!(
        "Ask for /probe?target=NAME&module=MODULE with a configured target and a module.\nTargets: {}\nModules: {}",
        if names.is_empty() { "none are configured".to_owned() } else { names.join(", ") },
        MODULES.join(", ")
    )
}

/// How long a probe may take.
fn timeout(headers: &HeaderMap) -> Result<Duration, String> {
    let Some(header) = headers.get(SCRAPE_TIMEOUT) else { return Ok(Duration::from_secs_f64(DEFAULT_TIMEOUT)) };
    let seconds = header.to_str().ok().and_then(|text| text.parse::<f64>().ok());
    match seconds.filter(|seconds| seconds.is_finite() && *seconds > 0.0) {
        // Of a very short time, half is kept back.
        Some(seconds) => {
            Ok(Duration::from_secs_f64((seconds - TIMEOUT_OFFSET.min(seconds / 2.0)).min(DEFAULT_TIMEOUT)))
        }
        None => Err("The header X-Prometheus-Scrape-Timeout-Seconds is not a number of seconds above 0.".to_owned()),
    }
}

/// The round of a target as it stands, or a new one where that is older than a round; whether people can sign in.
async fn login(app: &App, target: &Target, kept: &Kept, settings_every: Duration, sheet: &mut MetricsBuilder) -> bool {
    let mut entry = results_entry(app, target);
    if !is_fresh(&entry, app.clock.now()) {
        let mut probed = kept.login.lock().await;
        entry = newer(results_entry(app, target), probed.latest.as_ref());
        if !is_fresh(&entry, app.clock.now())
            && let Some(latest) = look(app, target, &entry, settings_every, &mut probed.logged).await
        {
            probed.latest = Some(latest.clone());
            entry.latest = Some(latest);
        }
    }
    tell::login(sheet, &entry, app.clock.now())
}

/// The target on the results; a target that a reload has just brought may not be there yet.
fn results_entry(app: &App, target: &Target) -> Entry {
    app.results.entry(&target.name).map_or_else(
        || Entry { name: target.name.clone(), stale_after_seconds: 180.0, interval_seconds: 60.0, latest: None },
        |entry| Entry::clone(&entry),
    )
}

/// Whether the round is younger than the interval of rounds. A round that is under way gets its time: a verdict stays
/// current for three rounds and the time of one, so that time is what is left after three.
fn is_fresh(entry: &Entry, now: Time) -> bool {
    let time_of_one = (entry.stale_after_seconds - 3.0 * entry.interval_seconds).max(0.0);
    let fresh_for = entry.interval_seconds + time_of_one;
    entry.latest.as_ref().is_some_and(|latest| entry.age_seconds(latest, now) < fresh_for)
}

/// The entry with the newer of the results's round and the probes' own.
fn newer(mut entry: Entry, own: Option<&Latest>) -> Entry {
    let at = |latest: &Latest| latest.report.at;
    if let Some(own) = own.filter(|own| entry.latest.as_ref().map(at).is_none_or(|results| results < at(own))) {
        entry.latest = Some(own.clone());
    }
    entry
}

/// One round of a target, published where the target is listed; with rounds off it is kept for probes alone.
async fn look(
    app: &App,
    target: &Target,
    entry: &Entry,
    settings_every: Duration,
    logged: &mut Logged,
) -> Option<Latest> {
    let share_for = Duration::try_from_secs_f64(entry.interval_seconds / 2.0).unwrap_or_default();
    let facts = target.facts();
    let is_of_it = |latest: &Latest| {
        let seen = &latest.snapshot.target;
        !latest.outdated && seen.provider == facts.provider && seen.app == facts.app
    };
    let before = entry.latest.clone().filter(is_of_it);
    let plan = plan(CollectMode::Due { settings_every, share_for }, before.as_ref().map(|before| &*before.report));
    let began = Instant::now();
    let made = Box::pin(round(&app.collector, target, before.as_ref().map(|before| &*before.snapshot), plan)).await;
    if app.results.entry(&target.name).is_none() {
        return Some(Latest::following(before.as_ref(), made.snapshot, made.report));
    }
    let publisher = Publisher { results: &app.results, daemon: &app.daemon, journal: &app.journal };
    publisher.publish(&target.name, made, began.elapsed(), logged)
}

/// The provider's connection and its discovery document, asked anew; whether that is the document of the issuer that is
/// configured.
async fn discovery(app: &App, target: &Target, kept: &Kept, sheet: &mut MetricsBuilder) -> bool {
    // The semaphore is never closed.
    let Ok(_place) = kept.discoveries.acquire().await else { return false };
    let fresh = Box::pin(app.collector.discovery_anew(target)).await;
    tell::discovery(sheet, target, &fresh.connection, &fresh.discovery)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::TimeDelta;

    use super::*;
    use crate::{checks, model::Snapshot};

    fn target() -> Target {
        let url = |text: &str| text.parse().unwrap();
        Target::of_two_urls("home", url("https://id.example.test"), url("https://kasm.example.test"))
    }

    fn latest(seconds_later: i64) -> Latest {
        let mut snapshot = Snapshot::healthy();
        snapshot.taken_at += TimeDelta::seconds(seconds_later);
        let report = checks::evaluate(&snapshot, None);
        Latest {
            snapshot: Arc::new(snapshot),
            report: Arc::new(report),
            last_success: BTreeMap::new(),
            source_last_success: BTreeMap::new(),
            restored: false,
            outdated: false,
        }
    }

    fn entry(latest: Option<Latest>) -> Entry {
        Entry { name: "home".to_owned(), stale_after_seconds: 190.0, interval_seconds: 60.0, latest }
    }

    #[test]
    fn a_round_is_fresh_until_the_next_has_had_its_time() {
        let at = Snapshot::healthy().taken_at;
        for (age, fresh) in [(0, true), (69, true), (70, false), (600, false)] {
            assert_eq!(is_fresh(&entry(Some(latest(0))), at + TimeDelta::seconds(age)), fresh, "{age}");
        }
        assert!(!is_fresh(&entry(None), at));
    }

    #[test]
    fn of_the_boards_round_and_the_probes_own_the_newer_is_told() {
        let at = |entry: Entry| entry.latest.map(|latest| latest.report.at - Snapshot::healthy().taken_at);
        let seconds = |count| Some(TimeDelta::seconds(count));
        assert_eq!(at(newer(entry(Some(latest(10))), Some(&latest(5)))), seconds(10));
        assert_eq!(at(newer(entry(Some(latest(10))), Some(&latest(15)))), seconds(15));
        assert_eq!(at(newer(entry(None), Some(&latest(5)))), seconds(5));
        assert_eq!(at(newer(entry(None), None)), None);
    }

    #[test]
    fn what_is_kept_of_a_target_goes_with_it() {
        let probes = Probes::default();
        let first = probes.of("home", &[target()]);
        assert!(Arc::ptr_eq(&first, &probes.of("home", &[target()])));
        probes.of("other", &[]);
        assert!(!Arc::ptr_eq(&first, &probes.of("home", &[target()])));
    }
}
