//! The scheduler's promises, under simulated time.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{TimeZone as _, Utc};
use ssowatch::{
    clock::{Clock, Time},
    collect::CollectMode,
    journal::{Journal, Query, What},
    logging::{Format, Lines},
    metrics::{self, Daemon},
    results::Results,
    scheduler::{AT_ONCE, Applied, RunMode, Scheduler},
};
use tokio::time::sleep;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

use super::fake::{Act, Fake, config, config_every};

const QUICK: Act = Act::Take(Duration::from_millis(200));

fn start() -> Time {
    Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap()
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A scheduler over a fake look.
struct Bench {
    look: Arc<Fake>,
    results: Arc<Results>,
    daemon: Arc<Daemon>,
    journal: Arc<Journal>,
    scheduler: Scheduler<Fake>,
}

impl Bench {
    fn new(script: impl Fn(&str, usize) -> Act + Send + Sync + 'static) -> Self {
        Self::with_clock(Clock::simulated(start()), script)
    }

    fn with_clock(clock: Clock, script: impl Fn(&str, usize) -> Act + Send + Sync + 'static) -> Self {
        let (look, results) = (Fake::new(clock, script), Arc::new(Results::default()));
        let (daemon, journal): (Arc<Daemon>, Arc<Journal>) = Default::default();
        let (place, counts) = (Arc::clone(&results), Arc::clone(&daemon));
        let scheduler = Scheduler::new(Arc::clone(&look), place, counts, Arc::clone(&journal), clock);
        Self { look, results, daemon, journal, scheduler }
    }

    /// The value of a metric of one target.
    fn metric(&self, name: &str, target: &str) -> Option<f64> {
        let families = metrics::gather(&self.results.entries(), start(), &self.daemon);
        let text = String::from_utf8(metrics::encode(&families, metrics::Format::Text).unwrap()).unwrap();
        let sample = format!("{name}{{target=\"{target}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&sample)).map(|value| value.parse().unwrap())
    }

    /// When the latest round on the results was taken, in seconds since the start.
    fn shown(&self, target: &str) -> Option<i64> {
        Some((self.results.entry(target)?.latest.as_ref()?.report.at - start()).num_seconds())
    }
}

/// The log lines of this thread from here on.
fn logged() -> (Arc<Mutex<String>>, DefaultGuard) {
    let lines = Arc::new(Mutex::new(String::new()));
    let out = Arc::clone(&lines);
    let layer = Lines::new(Format::Logfmt, Clock::simulated(start()), Arc::new(Daemon::default()), move |line| {
        out.lock().unwrap().push_str(line);
    });
    let ours = tracing_subscriber::filter::Targets::new().with_target("ssowatch", tracing::Level::DEBUG);
    let layer = tracing_subscriber::Layer::with_filter(layer.plain(), ours);
    (lines, tracing::subscriber::set_default(tracing_subscriber::registry().with(layer)))
}

fn count(lines: &Mutex<String>, part: &str) -> usize {
    lines.lock().unwrap().lines().filter(|line| line.contains(part)).count()
}

#[tokio::test(start_paused = true)]
async fn the_first_round_runs_at_once_and_looks_at_everything_and_the_others_run_each_minute() {
    let mut bench = Bench::new(|_, _| QUICK);
    bench.scheduler.apply(&config(&["home"])).await;
    sleep(seconds(605)).await;
    let ran = bench.look.ran("home");
    assert_eq!(ran[0].began, Duration::ZERO);
    assert_eq!(ran[0].pace, CollectMode::Full);
    assert!((10..=11).contains(&ran.len()), "{} rounds in ten minutes", ran.len());
    for pair in ran[1..].windows(2) {
        let gap = (pair[1].began - pair[0].began).as_secs_f64();
        assert!((59.9..60.5).contains(&gap), "{gap} s between two rounds");
    }
    for later in &ran[1..] {
        assert_eq!(later.pace, CollectMode::Due { settings_every: seconds(300), share_for: seconds(30) });
        assert!(later.before.is_some(), "a round is given the one before");
    }
}

#[tokio::test(start_paused = true)]
async fn a_round_that_is_asked_for_runs_at_once_and_the_others_keep_their_times() {
    let mut bench = Bench::new(|_, _| QUICK);
    bench.scheduler.apply(&config(&["home"])).await;
    sleep(seconds(90)).await;
    let mut rounds = bench.results.rounds();
    let before = bench.look.ran("home");
    assert!(bench.scheduler.triggers().ring("home", RunMode::Full));
    rounds.changed().await.unwrap();
    let ran = bench.look.ran("home");
    assert_eq!(ran.len(), before.len() + 1);
    assert_eq!((ran.last().unwrap().began, ran.last().unwrap().pace), (seconds(90), CollectMode::Full));
    sleep(seconds(120)).await;
    let ran = bench.look.ran("home");
    assert_eq!(ran.len(), before.len() + 3, "{ran:?}");
    assert_ne!(ran.last().unwrap().pace, CollectMode::Full);
    assert!(!bench.scheduler.triggers().ring("nowhere", RunMode::Due));
}

#[tokio::test(start_paused = true)]
async fn with_rounds_off_none_runs_and_they_begin_once_they_are_on() {
    let mut bench = Bench::new(|_, _| QUICK);
    let mut off = config(&["home"]);
    off.rounds_off = true;
    bench.scheduler.apply(&off).await;
    bench.scheduler.first_rounds().await;
    sleep(seconds(300)).await;
    assert!(bench.look.ran("home").is_empty() && bench.results.entries().is_empty());
    bench.scheduler.apply(&config(&["home"])).await;
    sleep(seconds(90)).await;
    assert!(bench.look.ran("home").len() >= 2);
    assert_eq!(bench.scheduler.apply(&off).await.removed, ["home"]);
    assert!(bench.results.entries().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_journal_is_told_of_each_round_and_keeps_what_is_new() {
    let mut bench = Bench::new(|_, _| QUICK);
    bench.scheduler.apply(&config(&["home"])).await;
    sleep(seconds(200)).await;
    let events = bench.journal.events(&Query { limit: 10, ..Query::default() });
    assert_eq!(events.iter().filter(|event| matches!(event.what, What::Login { from: None, .. })).count(), 1);
    let history = bench.journal.history("home", start(), start() + chrono::TimeDelta::hours(1));
    assert_eq!(history.len(), 1, "{history:?}");
    assert!((history[0].to - start()).num_seconds() > 120);
}

#[tokio::test(start_paused = true)]
async fn rounds_of_one_target_never_overlap_and_missed_ones_are_counted_and_not_run_late() {
    let (lines, _guard) = logged();
    // The second round takes 130 s: two others come due meanwhile.
    let mut bench = Bench::new(|_, number| if number == 1 { Act::Take(seconds(130)) } else { QUICK });
    bench.scheduler.apply(&config(&["home"])).await;
    sleep(seconds(420)).await;
    let ran = bench.look.ran("home");
    for pair in ran.windows(2) {
        assert!(pair[0].ended.unwrap() <= pair[1].began, "{pair:?}");
    }
    let after = (ran[2].began - ran[1].ended.unwrap()).as_secs();
    assert!((1..=60).contains(&after), "the next round began {after} s after the slow one");
    assert!((59.0..61.0).contains(&(ran[3].began - ran[2].began).as_secs_f64()), "no bunching: {ran:?}");
    assert_eq!(count(&lines, "target=home missed=2"), 1, "{lines:?}");
    assert_eq!(bench.metric("ssowatch_rounds_missed_total", "home"), Some(2.0));
    assert_eq!(
        bench.metric("ssowatch_rounds_total", "home"),
        Some(ran.iter().filter(|ran| ran.ended.is_some()).count() as f64)
    );
}

#[tokio::test(start_paused = true)]
async fn a_round_that_hangs_is_cut_and_harms_neither_its_own_next_round_nor_another_target() {
    let (lines, _guard) = logged();
    let mut bench =
        Bench::new(|name, number| if name == "stuck" && (1..=2).contains(&number) { Act::Hang } else { QUICK });
    bench.scheduler.apply(&config(&["stuck", "home"])).await;
    sleep(seconds(900)).await;
    let stuck = bench.look.ran("stuck");
    for cut in &stuck[1..=2] {
        assert_eq!(cut.ended.unwrap() - cut.began, seconds(180), "cut at three intervals");
    }
    assert!(stuck.len() > 5, "it goes on: {stuck:?}");
    assert!(bench.shown("stuck").unwrap() > 800, "and is shown again");
    let home = bench.look.ran("home");
    assert!((15..=16).contains(&home.len()), "{} rounds of the other target in 15 minutes", home.len());
    let missed = bench.metric("ssowatch_rounds_missed_total", "stuck").unwrap();
    assert!((6.0..=8.0).contains(&missed), "two that hung, and those that came due meanwhile: {missed}");
    assert_eq!(bench.metric("ssowatch_rounds_missed_total", "home"), Some(0.0));
    assert_eq!(count(&lines, "level=error msg=\"a round hung and was cut"), 1, "logged once: {lines:?}");
    assert_eq!(count(&lines, "level=info msg=\"rounds run to their end again\" target=stuck"), 1, "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn a_round_that_panics_is_caught_and_harms_neither_its_own_next_round_nor_another_target() {
    let (lines, _guard) = logged();
    let mut bench = Bench::new(|name, number| if name == "bad" && number % 2 == 1 { Act::Panic } else { QUICK });
    bench.scheduler.apply(&config(&["bad", "home"])).await;
    sleep(seconds(605)).await;
    assert!((10..=11).contains(&bench.look.ran("bad").len()), "{:?}", bench.look.ran("bad"));
    assert!((10..=11).contains(&bench.look.ran("home").len()));
    assert!(bench.shown("bad").unwrap() > 400);
    assert_eq!(bench.metric("ssowatch_rounds_missed_total", "bad"), Some(5.0));
    let errors = count(&lines, "level=error msg=\"a round panicked");
    let recoveries = count(&lines, "rounds run to their end again");
    assert_eq!(errors, 5, "once for each time that it began: {lines:?}");
    assert!((4..=5).contains(&recoveries), "{recoveries}");
}

#[tokio::test(start_paused = true)]
async fn a_target_whose_first_round_gives_nothing_does_not_hold_back_readiness_for_ever() {
    let mut bench = Bench::new(|name, _| match name {
        "stuck" => Act::Hang,
        "bad" => Act::Panic,
        _ => QUICK,
    });
    bench.scheduler.apply(&config(&["stuck", "bad", "home"])).await;
    let began = tokio::time::Instant::now();
    bench.scheduler.first_rounds().await;
    assert_eq!(began.elapsed().as_secs(), 180, "the limit of the one that hangs");
    assert!(bench.shown("home").is_some());
    assert_eq!(bench.shown("stuck"), None, "nothing is said of what was never seen");
}

#[tokio::test(start_paused = true)]
async fn without_targets_the_first_rounds_are_over_at_once() {
    let mut bench = Bench::new(|_, _| QUICK);
    assert_eq!(bench.scheduler.apply(&config(&[])).await, Applied::default());
    let began = tokio::time::Instant::now();
    bench.scheduler.first_rounds().await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(bench.scheduler.keeps_running());
}

#[tokio::test(start_paused = true)]
async fn rounds_that_hang_do_not_keep_others_from_their_places() {
    let names: Vec<String> = (0..2 * AT_ONCE).map(|number| format!("stuck-{number}")).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.push("home");
    let mut bench = Bench::new(|name, _| if name == "home" { QUICK } else { Act::Hang });
    bench.scheduler.apply(&config(&names)).await;
    sleep(seconds(11)).await;
    assert_eq!(bench.look.began("home").len(), 1, "it waits for two lots of places to be given up, five seconds each");
}

#[tokio::test(start_paused = true)]
async fn not_more_than_a_set_number_of_quick_rounds_run_at_once() {
    let names: Vec<String> = (0..1000).map(|number| format!("t{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut bench = Bench::new(|_, _| Act::Take(seconds(1)));
    bench.scheduler.apply(&config(&names)).await;
    sleep(Duration::from_millis(500)).await;
    let begun = names.iter().filter(|name| !bench.look.ran(name).is_empty()).count();
    assert_eq!(begun, AT_ONCE);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_targets_each_have_every_round_on_time() {
    let names: Vec<String> = (0..1000).map(|number| format!("t{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut bench = Bench::new(|_, _| QUICK);
    bench.scheduler.apply(&config(&names)).await;
    sleep(seconds(600)).await;
    for name in names {
        let ran = bench.look.ran(name);
        assert!((9..=11).contains(&ran.len()), "{name}: {} rounds in ten minutes", ran.len());
        for pair in ran[1..].windows(2) {
            let gap = (pair[1].began - pair[0].began).as_secs_f64();
            assert!((56.0..64.0).contains(&gap), "{name}: {gap} s between two rounds");
        }
    }
    assert!(bench.scheduler.keeps_running());
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_or_forward_makes_rounds_neither_stall_nor_spin() {
    for hours in [-48_i64, -1, 1, 48, 24 * 365 * 30] {
        let step: &'static AtomicI64 = Box::leak(Box::default());
        let mut bench = Bench::with_clock(Clock::stepped(start(), step), |_, _| QUICK);
        bench.scheduler.apply(&config(&["home"])).await;
        sleep(seconds(330)).await;
        step.fetch_add(hours * 3_600_000, Ordering::Relaxed);
        sleep(seconds(600)).await;
        let ran = bench.look.ran("home");
        assert!((14..=18).contains(&ran.len()), "{} rounds, the clock set by {hours} h: {ran:?}", ran.len());
        let longest = ran.windows(2).map(|pair| pair[1].began - pair[0].began).max().unwrap();
        assert!(longest <= seconds(121), "a gap of {longest:?}, the clock set by {hours} h");
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_counts_as_no_missed_round() {
    let (lines, _guard) = logged();
    let step: &'static AtomicI64 = Box::leak(Box::default());
    let mut bench = Bench::with_clock(Clock::stepped(start(), step), |_, _| QUICK);
    bench.scheduler.apply(&config(&["home"])).await;
    sleep(seconds(30)).await;
    step.store(3_600_000, Ordering::Relaxed);
    sleep(seconds(300)).await;
    assert_eq!(count(&lines, "missed="), 0, "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reload_keeps_unchanged_targets_and_starts_stops_and_restarts_the_others() {
    let mut bench = Bench::new(|_, _| QUICK);
    let mut old = config_every(&["stays", "changes", "goes"], Duration::from_hours(1));
    let first = bench.scheduler.apply(&old).await;
    assert_eq!(first.added, ["stays", "changes", "goes"]);
    sleep(seconds(30)).await;

    old.targets.pop();
    old.targets[1].off.insert("app_clock".to_owned());
    old.targets.extend(config(&["comes"]).targets);
    let applied = bench.scheduler.apply(&old).await;
    assert_eq!(
        applied,
        Applied {
            added: vec!["comes".to_owned()],
            removed: vec!["goes".to_owned()],
            changed: vec!["changes".to_owned()]
        }
    );
    assert_eq!(bench.look.retained(), ["stays", "changes", "comes"]);
    let names: Vec<String> = bench.results.entries().iter().map(|entry| entry.name.clone()).collect();
    assert_eq!(names, ["stays", "changes", "comes"]);
    assert_eq!(bench.shown("changes"), Some(0), "its latest round stays up until the new one");

    sleep(seconds(1)).await;
    assert_eq!(bench.look.began("stays"), [0], "its task went on as it was");
    assert_eq!(bench.look.began("changes"), [0, 30]);
    assert_eq!(bench.look.began("comes"), [30]);
    let again = &bench.look.ran("changes")[1];
    assert_eq!(
        (again.pace, again.before.is_some()),
        (CollectMode::Full, true),
        "the same servers: the round before counts"
    );

    assert_eq!(bench.metric("ssowatch_rounds_total", "goes"), None, "its series go, too");
    assert_eq!(bench.metric("ssowatch_rounds_total", "changes"), Some(2.0), "its counters go on");

    sleep(Duration::from_hours(5)).await;
    assert_eq!(bench.look.began("goes"), [0], "no round of a target that is gone");
    assert!(bench.look.began("stays").len() >= 5);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_gets_other_addresses_begins_without_a_past() {
    let mut bench = Bench::new(|_, number| Act::Take(seconds(if number == 0 { 0 } else { 5 })));
    let mut config = config(&["home"]);
    bench.scheduler.apply(&config).await;
    sleep(seconds(30)).await;
    assert!(!bench.results.entry("home").unwrap().latest.as_ref().unwrap().last_success.is_empty());

    config.targets[0].provider.url = url::Url::parse("https://new.example.test").unwrap();
    bench.scheduler.apply(&config).await;
    let latest = bench.results.entry("home").unwrap().latest.clone().unwrap();
    assert!(latest.last_success.is_empty() && latest.source_last_success.is_empty());
    assert_eq!((latest.report.at - start()).num_seconds(), 0, "what was seen last stays up");

    sleep(seconds(6)).await;
    assert_eq!(bench.look.ran("home")[1].before, None);
    assert_eq!(bench.shown("home"), Some(35));
}

#[tokio::test(start_paused = true)]
async fn a_round_that_was_under_way_when_its_target_changed_never_shows() {
    let mut bench = Bench::new(|_, number| Act::Take(seconds(if number == 0 { 20 } else { 40 })));
    let mut config = config(&["home"]);
    bench.scheduler.apply(&config).await;
    sleep(seconds(10)).await;
    config.targets[0].off.insert("app_clock".to_owned());
    bench.scheduler.apply(&config).await;
    sleep(seconds(30)).await;
    assert_eq!(bench.look.ran("home")[0].ended, Some(seconds(10)), "it is dropped");
    assert_eq!(bench.shown("home"), None);
    sleep(seconds(11)).await;
    assert_eq!(bench.shown("home"), Some(50));
}

#[tokio::test(start_paused = true)]
async fn another_schedule_is_gone_by_at_once() {
    let mut bench = Bench::new(|_, _| QUICK);
    bench.scheduler.apply(&config_every(&["home"], Duration::from_hours(10))).await;
    sleep(seconds(100)).await;
    let applied = bench.scheduler.apply(&config_every(&["home"], seconds(20))).await;
    assert_eq!(applied.changed, ["home"]);
    assert_eq!(bench.results.entry("home").unwrap().interval_seconds, 20.0);
    sleep(seconds(100)).await;
    assert!((5..=6).contains(&(bench.look.began("home").len() - 1)), "{:?}", bench.look.began("home"));
}

#[tokio::test(start_paused = true)]
async fn a_rare_schedule_keeps_its_pulse_while_it_waits_and_while_a_round_hangs() {
    let mut bench = Bench::new(|_, number| if number == 0 { Act::Hang } else { QUICK });
    bench.scheduler.apply(&config_every(&["home"], Duration::from_hours(24))).await;
    for minute in 0..60 {
        sleep(seconds(60)).await;
        assert!(bench.scheduler.keeps_running(), "minute {minute}");
    }
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_the_round_that_is_under_way() {
    let mut bench = Bench::new(|_, _| Act::Hang);
    bench.scheduler.apply(&config(&["home"])).await;
    sleep(seconds(3)).await;
    bench.scheduler.stop().await;
    tokio::task::yield_now().await;
    assert_eq!(bench.look.ran("home")[0].ended, Some(seconds(3)));
    sleep(seconds(300)).await;
    assert_eq!(bench.look.began("home"), [0]);
}
