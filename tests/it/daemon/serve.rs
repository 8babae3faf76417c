//! `serve` as a whole: readiness, reload, what systemd is told, the order of stopping.

use std::{
    collections::VecDeque,
    net::{SocketAddr, TcpListener as Std, TcpStream},
    os::unix::net::UnixDatagram,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{TimeZone as _, Utc};
use ssowatch::{
    app::{self, Load, Notifier, Options, Running},
    clock::Clock,
    collect::{Collector, local},
    config::Config,
};
use tokio::{net::TcpListener, process::Command, time::sleep};
use url::Url;

use super::fake::{Act, Fake, config};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn clock() -> Clock {
    Clock::simulated(Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap())
}

/// A daemon over a fake look, without listeners, so that time can be simulated.
async fn start(config: Config, options: Options, script: fn(&str, usize) -> Act) -> Running {
    let clock = clock();
    let look = Fake::new(clock, script);
    let options = Options { clock, ..options };
    app::start_with(look, Arc::new(Collector::new(clock)), config, Vec::new(), options).await.unwrap()
}

/// Loads that give these outcomes, one after the other.
fn loads(outcomes: impl IntoIterator<Item = Result<Config, String>>) -> Option<Load> {
    let outcomes: Mutex<VecDeque<_>> = Mutex::new(outcomes.into_iter().collect());
    Some(Arc::new(move || outcomes.lock().unwrap().pop_front().expect("another reload was not expected")))
}

fn names(running: &Running) -> Vec<String> {
    running.results.entries().iter().map(|entry| entry.name.clone()).collect()
}

fn by_name(name: &str, _: usize) -> Act {
    match name {
        "stuck" => Act::Hang,
        "slow" => Act::Take(seconds(20)),
        _ => Act::Take(seconds(1)),
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_ready_after_the_first_round_of_every_target() {
    let running = start(config(&["home", "slow"]), Options::default(), by_name).await;
    sleep(seconds(19)).await;
    assert!(!running.is_ready());
    sleep(seconds(2)).await;
    assert!(running.is_ready());
}

#[tokio::test(start_paused = true)]
async fn without_targets_it_is_ready_at_once() {
    let running = start(config(&[]), Options::default(), by_name).await;
    sleep(Duration::from_millis(1)).await;
    assert!(running.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_reload_does_not_take_readiness_back() {
    let options = Options { load: loads([Ok(config(&["home", "stuck"]))]), ..Options::default() };
    let running = start(config(&["home"]), options, by_name).await;
    sleep(seconds(2)).await;
    running.reload().await.unwrap();
    assert_eq!(names(&running), ["home", "stuck"]);
    sleep(seconds(30)).await;
    assert!(running.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_removed_before_its_first_round_does_not_hold_back_readiness() {
    let options = Options { load: loads([Ok(config(&["home"]))]), ..Options::default() };
    let running = start(config(&["home", "stuck"]), options, by_name).await;
    sleep(seconds(30)).await;
    assert!(!running.is_ready());
    running.reload().await.unwrap();
    sleep(Duration::from_millis(1)).await;
    assert!(running.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_bad_configuration_leaves_the_old_one_in_force_and_says_why() {
    let problem = "ssowatch.yaml:3:5: unknown field \"urll\"; did you mean \"url\"?";
    let load = loads([Err(problem.to_owned()), Ok(config(&["other"]))]);
    let running = start(config(&["home"]), Options { load, ..Options::default() }, by_name).await;
    sleep(seconds(2)).await;
    assert_eq!(running.reload().await, Err(problem.to_owned()));
    assert_eq!(names(&running), ["home"]);
    sleep(seconds(120)).await;
    let entry = running.results.entry("home").unwrap();
    assert!(entry.current(clock_of(&running)).is_some(), "its rounds go on");
    assert_eq!(running.reload().await, Ok(()), "and the next reload may be good");
    assert_eq!(names(&running), ["other"]);
}

/// The time of the latest round of the first target: near enough to now.
fn clock_of(running: &Running) -> ssowatch::clock::Time {
    running.results.entries()[0].latest.as_ref().unwrap().report.at
}

#[tokio::test(start_paused = true)]
async fn where_there_is_nothing_to_load_again_a_reload_says_so() {
    let running = start(config(&["home"]), Options::default(), by_name).await;
    let problem = running.reload().await.unwrap_err();
    assert!(problem.contains("no configuration file"), "{problem}");
}

#[tokio::test(start_paused = true)]
async fn a_reload_that_nobody_waits_for_is_done_too() {
    let options = Options { load: loads([Ok(config(&["other"]))]), ..Options::default() };
    let running = start(config(&["home"]), options, by_name).await;
    running.request_reload();
    sleep(Duration::from_millis(1)).await;
    assert_eq!(names(&running), ["other"]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_to_its_end_does_not_hold_up_the_stop() {
    let (end, ends) = std::sync::mpsc::channel::<()>();
    let (begun, begins) = std::sync::mpsc::channel::<()>();
    let ends = Mutex::new(ends);
    let load: Load = Arc::new(move || {
        begun.send(()).unwrap();
        let _ = ends.lock().unwrap().recv();
        Err("it was given up".to_owned())
    });
    let running = start(config(&["home"]), Options { load: Some(load), ..Options::default() }, by_name).await;
    running.request_reload();
    while begins.try_recv().is_err() {
        tokio::task::yield_now().await;
    }
    tokio::time::timeout(seconds(30), running.stop()).await.expect("it stops while the load hangs");
    drop(end);
}

#[tokio::test(start_paused = true)]
async fn a_load_that_panics_leaves_the_old_configuration_in_force() {
    let load: Load = Arc::new(|| panic!("a load of the test panics"));
    let running = start(config(&["home"]), Options { load: Some(load), ..Options::default() }, by_name).await;
    let problem = running.reload().await.unwrap_err();
    assert!(problem.contains("a bug"), "{problem}");
    assert_eq!(names(&running), ["home"]);
}

/// What systemd hears.
struct Systemd {
    socket: UnixDatagram,
    _folder: tempfile::TempDir,
}

impl Systemd {
    fn new(watchdog: Option<Duration>) -> (Self, Notifier) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        let notifier = Notifier::to(path.as_os_str(), watchdog).unwrap();
        (Self { socket, _folder: folder }, notifier)
    }

    /// What came since the last call, each message without its time.
    fn heard(&self) -> Vec<String> {
        let mut buffer = [0; 1024];
        std::iter::from_fn(|| self.socket.recv(&mut buffer).ok().map(|length| buffer[..length].to_vec()))
            .map(|message| String::from_utf8(message).unwrap().lines().next().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn systemd_is_told_each_step_in_order() {
    let (systemd, notifier) = Systemd::new(None);
    let load = loads([Ok(config(&["home", "slow"])), Err("bad".to_owned())]);
    let running = start(config(&["home"]), Options { notifier, load, ..Options::default() }, by_name).await;
    assert_eq!(systemd.heard(), ["STATUS=1 target: 1 unknown", "READY=1"]);
    sleep(seconds(11)).await;
    assert_eq!(systemd.heard(), ["STATUS=1 target: 1 ok"]);
    sleep(seconds(600)).await;
    assert_eq!(systemd.heard(), Vec::<String>::new(), "nothing while nothing changes");
    running.reload().await.unwrap();
    assert_eq!(systemd.heard(), ["RELOADING=1", "READY=1", "STATUS=2 targets: 1 ok, 1 unknown"]);
    running.reload().await.unwrap_err();
    assert_eq!(systemd.heard(), ["RELOADING=1", "READY=1"], "a bad config ends the reload, too");
    running.stop().await;
    assert_eq!(systemd.heard(), ["STOPPING=1"]);
}

#[tokio::test(start_paused = true)]
async fn the_watchdog_is_fed_at_half_its_time_or_oftener() {
    let (systemd, notifier) = Systemd::new(Some(seconds(6)));
    let running = start(config(&["home"]), Options { notifier, ..Options::default() }, by_name).await;
    sleep(Duration::from_millis(1)).await;
    systemd.heard();
    for _ in 0..20 {
        sleep(seconds(3)).await;
        let beats = systemd.heard().iter().filter(|message| *message == "WATCHDOG=1").count();
        assert_eq!(beats, 1);
    }
    running.stop().await;
}

async fn listeners(count: usize) -> Vec<TcpListener> {
    let mut bound = Vec::new();
    for _ in 0..count {
        bound.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
    }
    bound
}

fn healthy(address: SocketAddr) -> Url {
    Url::parse(&format!("http://{address}/-/healthy")).unwrap()
}

#[tokio::test]
async fn every_listener_answers_until_it_is_stopped() {
    let clock = Clock::System;
    let look = Fake::new(clock, |_, _| Act::Hang);
    let collector = Arc::new(Collector::new(clock));
    let running =
        app::start_with(look, collector, config(&["home"]), listeners(2).await, Options::default()).await.unwrap();
    let addresses = running.addresses.clone();
    assert_eq!(addresses.len(), 2);
    for address in &addresses {
        local::status(&healthy(*address), seconds(10)).await.expect("an answer while a round hangs");
    }
    running.stop().await;
    for address in addresses {
        #[expect(clippy::disallowed_methods, reason = "the test asks whether anybody still listens")]
        let connected = TcpStream::connect(address);
        assert!(connected.is_err(), "{address} still listens");
    }
}

#[tokio::test]
async fn a_daemon_that_is_dropped_leaves_nothing_behind() {
    let look = Fake::new(Clock::System, |_, _| Act::Hang);
    let collector = Arc::new(Collector::new(Clock::System));
    let running =
        app::start_with(Arc::clone(&look), collector, config(&["home"]), Vec::new(), Options::default()).await.unwrap();
    drop(running);
    let gone = async {
        while Arc::strong_count(&look) > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(seconds(10), gone).await.expect("all tasks end and let go of the look");
}

fn ssowatch(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ssowatch"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_before_anything_else_is_done() {
    let taken = Std::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = ssowatch(&["serve", "--config.file=/nowhere.yaml", &format!("--web.listen-address={address}")])
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3));
    assert!(told.contains(&address) && told.contains("--web.listen-address"), "{told}");
}

#[tokio::test]
async fn healthcheck_fails_with_the_address_where_nobody_listens() {
    let free = Std::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = ssowatch(&["healthcheck", "--url", &format!("http://{free}")]).output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains(&format!("http://{free}/-/healthy does not answer")), "{told}");
}
