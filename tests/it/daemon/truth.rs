//! A source that is asked every 5 minutes breaks between: every surface goes by when it was last seen good.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{TimeDelta, TimeZone as _, Utc};
use ssowatch::{
    checks,
    clock::{Clock, Time, unix_seconds},
    collect::CollectionPlan,
    config::{Config, Target},
    journal::{Journal, Seconds},
    metrics::{self, Daemon, Format},
    model::{DryRun, Login, Observed, Snapshot},
    notify::maintenance::Windows,
    results::Results,
    round::Round,
    schedule::Schedule,
    scheduler::{RunRound, Scheduler},
    web::{
        Options, Viewer,
        page::{self, View},
    },
};
use tokio::time::sleep;

const CHECK: &str = "redirect_uri_registered";
const REFUSED: &str =
    "The 'redirect_uri' parameter does not match any of the OAuth 2.0 Client's pre-registered redirect urls.";

/// A pair whose dry run is made every 5 minutes, and is refused from a minute after the start on.
struct Pair {
    clock: Clock,
    start: Time,
    dry_run: Mutex<Option<Observed<DryRun>>>,
}

impl RunRound for Pair {
    async fn round(&self, target: &Target, _: Option<&Snapshot>, _: CollectionPlan) -> Round {
        let now = self.clock.now();
        let mut snapshot = Snapshot::healthy_at(now);
        let mut known = self.dry_run.lock().unwrap();
        if known.as_ref().is_none_or(|seen| now - seen.at >= TimeDelta::minutes(5)) {
            let refused = DryRun::ErrorPage { status: 302, message: REFUSED.to_owned() };
            let is_broken = now - self.start >= TimeDelta::minutes(1);
            let answer = if is_broken { refused } else { DryRun::Accepted("login_required".to_owned()) };
            *known = Some(Observed::seen(now, 0.01, answer));
        }
        snapshot.authorize_dry_run.clone_from(known.as_ref().unwrap());
        snapshot.target = target.facts();
        let report = checks::evaluate(&snapshot, None);
        Round { snapshot, report }
    }
}

#[tokio::test(start_paused = true)]
async fn every_surface_says_when_the_broken_source_was_last_seen_good() {
    let start = Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap();
    let clock = Clock::simulated(start);
    let (results, journal): (Arc<Results>, Arc<Journal>) = (Arc::default(), Arc::default());
    let runner = Arc::new(Pair { clock, start, dry_run: Mutex::default() });
    let mut scheduler =
        Scheduler::new(runner, Arc::clone(&results), Arc::new(Daemon::default()), Arc::clone(&journal), clock);
    let url = |text| url::Url::parse(text).unwrap();
    let target = Target::of_two_urls("home", url("https://id.example.test"), url("https://kasm.example.test"));
    let round = Schedule::Every(Duration::from_mins(1));
    scheduler.apply(&Config { round, pulse: None, ..Config::of_targets(vec![target]) }).await;
    let latest = || results.entry("home").unwrap().latest.clone().unwrap();
    let metric = |now| {
        let families = metrics::gather(&results.entries(), now, &Daemon::default());
        let text = String::from_utf8(metrics::encode(&families, Format::Text).unwrap()).unwrap();
        let is_it = |line: &&str| {
            line.starts_with("ssowatch_check_last_success_timestamp_seconds{") && line.contains(&format!("\"{CHECK}\""))
        };
        text.lines().find(is_it).unwrap().rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };

    sleep(Duration::from_secs(200)).await;
    assert_eq!(latest().report.login, Login::Ok, "nothing newer is known");
    let good = start;
    let near = |time: Time| (time - good).num_seconds().abs() <= 1;
    assert!(near(latest().last_success[CHECK]), "a round that only repeats it is no success");
    assert!(near(latest().report.check(CHECK).unwrap().seen_at));
    assert!(!near(latest().last_success["discovery_served"]), "what is asked in each round was seen in each");

    // Long enough for a round after the one that saw it.
    sleep(Duration::from_secs(260)).await;
    let (now, latest) = (clock.now(), latest());
    assert_eq!((latest.report.login, latest.report.cause.as_ref().unwrap().check.as_str()), (Login::Broken, CHECK));
    assert!(near(latest.last_success[CHECK]));
    assert!((metric(now) - unix_seconds(good)).abs() <= 1.0);
    assert!(near(journal.last_good("home").unwrap().at));
    let spans = journal.history("home", start, now);
    let seconds = Seconds::of(&spans, start, now);
    assert!(seconds.ok <= 1.0 && seconds.unknown >= 240.0 && seconds.broken > 0.0, "{spans:?}");
    assert!(seconds.worked_ratio().unwrap() < 0.01, "{seconds:?}");
    let (options, windows) = (Options::default(), Windows::default());
    let config = Config::of_targets(Vec::new());
    let view =
        View { journal: &journal, windows: &windows, now, options: &options, config: &config, viewer: Viewer::Full };
    let text = page::target(&results.entries()[0], &view);
    assert!(text.contains("It was last seen to work") && text.contains("2026-11-24 06:00"), "{text}");
    scheduler.stop().await;
}
