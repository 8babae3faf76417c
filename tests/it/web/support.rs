//! A surface of its own for each test: a results in some state, served on a free port, and a plain HTTP client.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    net::SocketAddr,
    process::{Command, Stdio},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::TimeDelta;
use ssowatch::{
    apps::kasm::StartOutcome,
    checks,
    clock::{Clock, Time},
    collect::Collector,
    config::{Config, Target},
    metrics::Daemon,
    model::{CheckReport, Drift, Finding, Missing, Observed, Reason, Report, Snapshot, SourceId, Stage, Verdict},
    notify::maintenance::{Window, Windows},
    results::{Entry, Results},
    web::{self, Limits, Options, Reload, State},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// When the healthy snapshot was taken.
pub fn noon() -> Time {
    Snapshot::healthy().taken_at
}

/// A snapshot with the failures of a bad day: Kasm leads elsewhere, the key set times out, Kasm's health is gone.
pub fn broken_snapshot() -> Snapshot {
    let mut snapshot = Snapshot::healthy();
    if let Ok(start) = &mut snapshot.login_start.value
        && let StartOutcome::Url(url) = &mut start.starts[0].outcome
    {
        url.endpoint = "https://old-id.example.test/authorize".to_owned();
    }
    let failed = |source, reason| Missing::failed(source, reason, "no whole answer in 10 s");
    snapshot.jwks = Observed::missing(noon(), failed(SourceId::Jwks, Reason::Timeout));
    snapshot.app_health = Observed::missing(noon(), failed(SourceId::AppHealth, Reason::Connect));
    snapshot
}

/// A report in which every known check fails on every field that it compares, and every source fails.
pub fn all_fails(snapshot: &Snapshot, message: &str) -> Report {
    let mut report = checks::evaluate(snapshot, None);
    report.checks = checks::all()
        .map(|(stage, check)| CheckReport {
            id: check.id.to_owned(),
            stage,
            severity: check.severity.under(ssowatch::providers::pocket_id::Dialect::Fosite),
            verdict: Verdict::Fail,
            seen_at: snapshot.taken_at,
            reason: None,
            inconclusive: None,
            findings: findings(check.fields, message),
        })
        .collect();
    for source in &mut report.sources {
        source.ok = Some(false);
        source.reason = Some(Reason::Timeout);
        source.detail = Some(message.to_owned());
    }
    report.login = ssowatch::model::Login::Broken;
    report.cause = Some(ssowatch::model::Cause { check: "authorization_url_matches".to_owned(), stage: Stage::Start });
    report
}

fn findings(fields: &[&str], message: &str) -> Vec<Finding> {
    let finding = |field: &&str| {
        let drift = Drift::of(field, ("The provider has", message), ("Kasm sends", "other")).expect("two values");
        Finding::new("differs", message).fix(message).drift(drift)
    };
    let found: Vec<Finding> = fields.iter().map(finding).collect();
    if found.is_empty() { vec![Finding::new("differs", message)] } else { found }
}

/// A maintenance window around noon.
pub fn window(target: &str, reason: &str) -> Window {
    let (from, until) = (noon() - TimeDelta::hours(1), noon() + TimeDelta::hours(24));
    Window { from, until, targets: Some([target.to_owned()].into()), reason: Some(reason.to_owned()) }
}

/// No maintenance window.
pub fn no_windows() -> &'static Windows {
    static NONE: LazyLock<Windows> = LazyLock::new(Windows::default);
    &NONE
}

/// A configuration that says nothing.
pub fn no_config() -> &'static Config {
    static NONE: LazyLock<Config> = LazyLock::new(|| Config::of_targets(Vec::new()));
    &NONE
}

/// A target's place on the results: rounds every minute, stale after three and a bit.
pub fn place(name: &str) -> Entry {
    Entry { name: name.to_owned(), stale_after_seconds: 200.0, interval_seconds: 60.0, latest: None }
}

/// A results with one target, `home`, whose rounds gave these snapshots.
pub fn results_of(snapshots: &[Snapshot]) -> Results {
    let results = Results::default();
    results.list([place("home")]);
    for snapshot in snapshots {
        results.put("home", snapshot.clone(), checks::evaluate(snapshot, None));
    }
    results
}

/// A target of that name between two addresses that nothing answers at.
pub fn target(name: &str) -> Target {
    let url = |text: &str| text.parse().expect("a URL");
    Target::of_two_urls(name, url("https://id.example.test"), url("https://kasm.example.test"))
}

/// How a surface is set up.
pub struct Setup {
    pub results: Results,
    pub targets: Vec<Target>,
    pub now: Time,
    /// Another clock than one that reads `now` and goes on from there.
    pub clock: Option<Clock>,
    pub options: Options,
    pub ready: bool,
    /// What a reload ends in.
    pub reload: Result<(), String>,
}

impl Setup {
    /// One healthy target, looked at half a minute ago.
    pub fn healthy() -> Self {
        Self::with(results_of(&[Snapshot::healthy()]))
    }

    /// Another results.
    pub fn with(results: Results) -> Self {
        Self {
            results,
            targets: vec![target("home")],
            now: noon() + TimeDelta::seconds(30),
            clock: None,
            options: Options::default(),
            ready: true,
            reload: Ok(()),
        }
    }

    /// Serves it on a free port of loopback until the surface is dropped.
    pub async fn serve(self) -> Surface {
        let (reload, mut asked) = mpsc::channel::<Reload>(1);
        let outcome = self.reload;
        tokio::spawn(async move {
            while let Some(answer) = asked.recv().await {
                let _ = answer.send(outcome.clone());
            }
        });
        let daemon = Daemon::default();
        for target in &self.targets {
            daemon.target_added(&target.name);
        }
        daemon.config_loaded(self.now, 42, self.targets.len());
        let (config, receiver) = watch::channel(Arc::new(config(self.targets)));
        let clock = self.clock.unwrap_or_else(|| Clock::simulated(self.now));
        let state = State {
            windows: Arc::default(),
            results: Arc::new(self.results),
            config: receiver,
            daemon: Arc::new(daemon),
            journal: Arc::default(),
            triggers: Arc::default(),
            collector: Arc::new(Collector::new(clock)),
            clock,
            ready: Arc::new(AtomicBool::new(self.ready)),
            reload,
            options: self.options,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let router = web::router(state.clone());
        let web_config = state.options.web_config.clone();
        tokio::spawn(web::serve_by(web_config, Limits::default(), listener, router, stop.clone().cancelled_owned()));
        Surface { address, state, config, _stop: stop.drop_guard() }
    }
}

/// A configuration of these targets.
fn config(targets: Vec<Target>) -> Config {
    let mut config = Config::of_targets(targets);
    config.redacted = "targets:\n  - name: home\n    provider: {client_secret: <secret>}\n".to_owned();
    config
}

/// A surface that is being served.
pub struct Surface {
    pub address: SocketAddr,
    pub state: State,
    pub config: watch::Sender<Arc<Config>>,
    _stop: DropGuard,
}

impl Surface {
    /// GET without headers.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    /// Any request without a body.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        ask(self.address, method, path, headers).await
    }

    /// Takes back that it is ready.
    pub fn drain(&self) {
        self.state.ready.store(false, Ordering::Release);
    }
}

/// An answer, with names of headers in lower case.
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    /// A header; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The samples of a text exposition by name and labels.
    pub fn samples(&self) -> BTreeMap<String, f64> {
        samples(self.text())
    }
}

/// The samples of a text exposition by name and labels. None may stand twice.
pub fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(found.insert(name.to_owned(), value.parse().unwrap()).is_none(), "{name} stands twice");
    }
    found
}

/// The names of the families in it.
pub fn families(samples: &BTreeMap<String, f64>) -> BTreeSet<&str> {
    samples.keys().map(|name| name.split('{').next().unwrap()).collect()
}

/// Connects to a surface.
#[expect(clippy::disallowed_methods, reason = "the test is the client")]
pub async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// One request on a connection of its own, read to the end.
pub async fn ask(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut stream = connect(address).await;
    exchange(&mut stream, &address.to_string(), method, path, headers).await.unwrap()
}

/// One request on a connection, which is then read to the end.
pub async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    host: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> std::io::Result<Answer> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request.push_str(&format!("Host: {host}\r\n"));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    Ok(read(&bytes))
}

fn read(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let head = str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: BTreeMap<String, String> = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    assert!(!headers.contains_key("transfer-encoding"), "every answer here has a length");
    Answer { status, headers, body: bytes[end + 4..].to_vec() }
}

/// What `promtool check metrics` says.
pub fn promtool(text: &str) -> String {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool, from Debian's package prometheus");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    if output.status.success() { said } else { format!("{} {said}", output.status) }
}
