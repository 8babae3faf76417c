//! The states in which a page can be, each served by a surface of its own.

use chrono::TimeDelta;
use serde_json::{Value, json};
use ssowatch::{
    checks,
    clock::Time,
    journal::{self, Journal},
    model::{Change, ChangeSubject, Login, Missing, Observed, Reason, Report, Snapshot, SourceId},
    notify::maintenance::Window,
    results::{Entry, Results},
    web::Options,
};

use crate::web::support::{self, Setup, Surface, all_fails, broken_snapshot, noon};

/// One state of the results and the journal, and the pages that are looked at.
pub struct State {
    name: &'static str,
    paths: &'static [(&'static str, &'static str)],
    results: Results,
    now: Time,
    options: Options,
    /// How sign-in stood: so many minutes ago, for the journal.
    past: Vec<(i64, Login)>,
    /// Maintenance windows that are open.
    windows: Vec<Window>,
}

/// A state that is being served.
pub struct Served {
    name: &'static str,
    paths: &'static [(&'static str, &'static str)],
    pub surface: Surface,
}

const BOTH: &[(&str, &str)] = &[("index", "/"), ("target", "/targets/home")];
const TARGET: &[(&str, &str)] = &[("target", "/targets/home"), ("checks", "/targets/home/checks")];
const ALL: &[(&str, &str)] =
    &[("index", "/"), ("target", "/targets/home"), ("checks", "/targets/home/checks"), ("changes", "/changes")];
const INDEX: &[(&str, &str)] = &[("index", "/")];

/// A target's place, whose rounds stay current for longer than the browser takes.
fn place(name: &str) -> Entry {
    Entry { stale_after_seconds: 3600.0, ..support::place(name) }
}

/// The longest display name that a hostile side sends.
pub fn hostile() -> String {
    format!("\"><script>alert(1)</script>'\u{202e}evil\u{0}{}", "W".repeat(3000))
}

fn of(name: &'static str, snapshot: &Snapshot) -> State {
    with_report(name, snapshot, checks::evaluate(snapshot, None))
}

fn with_report(name: &'static str, snapshot: &Snapshot, report: Report) -> State {
    let results = Results::default();
    results.list([place("home")]);
    results.put("home", snapshot.clone(), report);
    State {
        name,
        paths: BOTH,
        results,
        now: noon() + TimeDelta::seconds(30),
        options: Options::default(),
        past: Vec::new(),
        windows: Vec::new(),
    }
}

fn many(name: &'static str, count: usize) -> State {
    let (healthy, broken) = (Snapshot::healthy(), broken_snapshot());
    let results = Results::default();
    let names: Vec<String> = (1..=count).map(|n| format!("office-{n:04}")).collect();
    results.list(names.iter().map(|name| place(name)));
    for (n, name) in names.iter().enumerate() {
        let snapshot = match n % 10 {
            3 => &broken,
            5 => &degraded(),
            // No round has ended yet.
            7 if n % 3 == 0 => continue,
            _ => &healthy,
        };
        results.put(name, snapshot.clone(), checks::evaluate(snapshot, None));
    }
    State {
        name,
        paths: INDEX,
        results,
        now: noon() + TimeDelta::seconds(30),
        options: Options::default(),
        past: Vec::new(),
        windows: Vec::new(),
    }
}

fn degraded() -> Snapshot {
    let mut snapshot = Snapshot::healthy();
    if let Ok(document) = &mut snapshot.discovery.value {
        document.fact.issuer = Some("http://id.example.test".to_owned());
    }
    if let Ok(connection) = &mut snapshot.app_connection.value {
        connection.tls.as_mut().unwrap().chain[0].not_after = noon() + TimeDelta::days(6);
    }
    snapshot
}

fn challenged() -> Snapshot {
    let mut snapshot = Snapshot::healthy();
    let detail = "a bot challenge answered in Kasm's place".to_owned();
    let failed = |source| Missing::failed(source, Reason::Challenged, detail);
    snapshot.app_connection = Observed::missing(noon(), failed(SourceId::AppConnection));
    let blocked = Missing::Blocked { by: SourceId::AppConnection };
    snapshot.app_health = Observed::missing(noon(), blocked.clone());
    snapshot.kasm_login_settings = Observed::missing(noon(), blocked.clone());
    snapshot.login_start = Observed::missing(noon(), blocked);
    snapshot
}

impl State {
    /// Every state.
    pub fn all() -> Vec<Self> {
        let day =
            vec![(1500, Login::Ok), (600, Login::Broken), (560, Login::Ok), (90, Login::Unknown), (80, Login::Ok)];
        let everything = Snapshot::healthy_with_credentials();
        let hostile = hostile();
        vec![
            Self { past: day.clone(), ..of("healthy", &everything) },
            Self { paths: INDEX, ..of("plain", &Snapshot::healthy()) },
            Self { past: day.clone(), paths: ALL, ..of("broken", &broken_snapshot()) },
            of("degraded", &degraded()),
            of("unknown", &challenged()),
            Self { now: noon() + TimeDelta::hours(3), ..of("stale", &everything) },
            Self {
                past: day,
                options: Options { public: true, ..Options::default() },
                windows: vec![support::window("home", "upgrade")],
                ..of("public", &broken_snapshot())
            },
            Self {
                paths: TARGET,
                ..with_report("failing", &everything, all_fails(&everything, "https://id.example.test/authorize"))
            },
            Self {
                paths: ALL,
                windows: vec![support::window("home", &hostile)],
                ..with_report("hostile", &everything, all_fails(&everything, &hostile))
            },
            many("few", 7),
            many("forty", 40),
            many("thousand", 1000),
            Self { paths: &[("index", "/"), ("missing", "/nowhere")], ..nothing() },
        ]
    }

    /// Serves it until it is dropped.
    pub async fn serve(self) -> Served {
        let Self { name, paths, results, now, options, past, windows } = self;
        let entry = results.entry("home").and_then(|entry| entry.latest.clone());
        let surface = Setup { now, options, ..Setup::with(results) }.serve().await;
        for window in windows {
            surface.state.windows.begin(window, now).unwrap();
        }
        if let Some(latest) = entry {
            remember(&surface.state.journal, &latest.snapshot, &latest.report, &past, now);
        }
        Served { name, paths, surface }
    }
}

fn nothing() -> State {
    let results = Results::default();
    results.list([place("home")]);
    State { results, ..of("nothing", &Snapshot::healthy()) }
}

/// Rounds of the past, a minute apart, and a few changes.
fn remember(journal: &Journal, snapshot: &Snapshot, report: &Report, past: &[(i64, Login)], now: Time) {
    let mut before: Option<Report> = None;
    for (n, (minutes, login)) in past.iter().enumerate() {
        let end = past.get(n + 1).map_or(0, |(next, _)| *next);
        let changed = Change {
            at: now - TimeDelta::minutes(*minutes),
            subject: ChangeSubject::KasmConfig,
            field: Some("auth_url".to_owned()),
            from: "https://old-id.example.test/authorize".to_owned(),
            to: "https://id.example.test/authorize".to_owned(),
        };
        for minute in (end..*minutes).rev() {
            // Nobody watched for two hours.
            if (300..420).contains(&minute) {
                continue;
            }
            let mut round = report.clone();
            round.at = now - TimeDelta::minutes(minute);
            round.login = *login;
            if *login != Login::Broken {
                round.cause = None;
            }
            let changes = if minute == minutes - 1 { std::slice::from_ref(&changed) } else { &[] };
            let entry = journal::Entry {
                snapshot,
                report: &round,
                before: before.as_ref(),
                changes,
                stale_after_seconds: 200.0,
            };
            journal.note("home", entry);
            before = Some(round);
        }
    }
}

impl Served {
    /// The name and the path of each page.
    pub fn paths(&self) -> impl Iterator<Item = (String, &'static str)> {
        self.paths.iter().map(|(part, path)| (format!("{}-{part}", self.name), *path))
    }

    /// The pages, as the script takes them.
    pub fn pages(&self) -> Vec<Value> {
        let url = |path| format!("http://{}{path}", self.surface.address);
        self.paths().map(|(name, path)| json!({"name": name, "url": url(path)})).collect()
    }
}
