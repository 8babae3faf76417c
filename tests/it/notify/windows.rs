//! Maintenance windows by command: over HTTP and by `ssowatch maintenance`, of a real daemon.

use std::{process::Stdio, sync::Arc};

use serde_json::{Value, json};
use ssowatch::{
    app::{self, Options, Running},
    clock::Clock,
    collect::Collector,
    web,
};
use tokio::{net::TcpListener, process::Command};

use super::fake::{Bench, parse};

const TARGETS: &str = "
targets:
  - {name: home, provider: {url: 'http://127.0.0.1:1'}, kasm: {url: 'http://127.0.0.1:2'}}
  - {name: work, provider: {url: 'http://127.0.0.1:1'}, kasm: {url: 'http://127.0.0.1:3'}}
";

async fn daemon(enable_lifecycle: bool) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let web = web::Options { enable_lifecycle, ..web::Options::default() };
    let collector = Arc::new(Collector::new(Clock::System));
    let options = Options { web, ..Options::default() };
    app::start_with(Arc::clone(&collector), collector, parse(TARGETS), vec![listener], options).await.unwrap()
}

/// A request with headers and a body: status and JSON.
async fn ask(daemon: &Running, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = crate::web::support::connect(daemon.addresses[0]).await;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        daemon.addresses[0],
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let json = answer.split_once("\r\n\r\n").unwrap().1;
    (status, serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {answer}")))
}

const JSON: &str = "Content-Type: application/json\r\n";

async fn metric(daemon: &Running, target: &str) -> f64 {
    let wanted = format!("ssowatch_maintenance_active{{target=\"{target}\"}}");
    // The notifier is a task of its own: it takes a moment.
    for _ in 0..6000 {
        let value = super::metric(&daemon.daemon, &wanted);
        if value == 1.0 {
            return value;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    super::metric(&daemon.daemon, &wanted)
}

#[tokio::test]
async fn a_window_begins_is_listed_shows_in_the_metrics_and_ends() {
    let daemon = daemon(true).await;
    let body = r#"{"targets": ["home"], "for": "2h", "reason": "upgrade"}"#;
    let (status, begun) = ask(&daemon, "POST", "/api/v1/maintenance", JSON, body).await;
    assert_eq!((status, &begun["window"]["reason"]), (201, &json!("upgrade")), "{begun}");
    assert_eq!(metric(&daemon, "home").await, 1.0);
    assert_eq!(super::metric(&daemon.daemon, r#"ssowatch_maintenance_active{target="work"}"#), 0.0);
    let (status, list) = ask(&daemon, "GET", "/api/v1/maintenance", "", "").await;
    assert_eq!((status, &list["windows"][0]), (200, &begun["window"]));
    let (status, ended) = ask(&daemon, "POST", "/api/v1/maintenance/end", JSON, r#"{"targets": ["home"]}"#).await;
    assert_eq!((status, &ended["ended"]), (200, &json!(1)));
    let (_, list) = ask(&daemon, "GET", "/api/v1/maintenance", "", "").await;
    assert_eq!(list["windows"], json!([]));
    daemon.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_and_changes_nothing() {
    let daemon = daemon(true).await;
    let foreign = format!("{JSON}Origin: https://evil.example.test\r\n");
    let good = r#"{"all": true, "for": "1h"}"#;
    for (headers, body, status, says) in [
        ("", good, 415, "Content-Type: application/json"),
        ("Content-Type: text/plain\r\n", good, 415, "Content-Type: application/json"),
        (foreign.as_str(), good, 403, "another origin"),
        (JSON, "", 400, "write for example {\"targets\": [\"home\"]"),
        (JSON, r#"{"for": "1h"}"#, 400, "Name targets, or say"),
        (JSON, r#"{"targets": [], "for": "1h"}"#, 400, "Name targets, or say"),
        (JSON, r#"{"targets": ["home"], "all": true, "for": "1h"}"#, 400, "exclude each other"),
        (JSON, r#"{"targets": ["hom"], "for": "1h"}"#, 404, "there are home, work"),
        (JSON, r#"{"all": true, "for": "1"}"#, 400, "for: \"1\" has no unit"),
        (JSON, r#"{"all": true, "for": "0s"}"#, 400, "longer than 0"),
        (JSON, r#"{"all": true, "for": "32d"}"#, 400, "at most 31d"),
        (JSON, r#"{"all": true, "for": "1h", "until": 1}"#, 400, "unknown field `until`"),
        (JSON, r#"{"all": true, "for": "1h", "reason": "a\nb"}"#, 400, "reason: one line"),
    ] {
        let (got, problem) = ask(&daemon, "POST", "/api/v1/maintenance", headers, body).await;
        let detail = problem["detail"].as_str().unwrap();
        assert_eq!(got, status, "{body}: {problem}");
        assert!(detail.contains(says), "{body}: {detail}");
    }
    let (_, list) = ask(&daemon, "GET", "/api/v1/maintenance", "", "").await;
    assert_eq!(list["windows"], json!([]));
    daemon.stop().await;
    let closed = self::daemon(false).await;
    for path in ["/api/v1/maintenance", "/api/v1/maintenance/end"] {
        let (status, problem) = ask(&closed, "POST", path, JSON, good).await;
        assert_eq!(status, 403, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("--web.enable-lifecycle"), "{problem}");
    }
    closed.stop().await;
}

/// Runs `ssowatch maintenance`: exit code, and what it says.
async fn command(daemon: &Running, arguments: &[&str]) -> (i32, String) {
    let url = format!("http://{}", daemon.addresses[0]);
    let output = Command::new(env!("CARGO_BIN_EXE_ssowatch"))
        .arg("maintenance")
        .args(arguments)
        .args(["--url", &url])
        .env_clear()
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_begins_lists_and_ends_windows() {
    let daemon = daemon(true).await;
    let (code, says) = command(&daemon, &["list"]).await;
    assert_eq!((code, says.as_str()), (0, "No maintenance window is open.\n"));
    let (code, says) = command(&daemon, &["start", "home", "--for", "2h", "--reason", "upgrade"]).await;
    assert!(
        code == 0 && says.starts_with("home: messages are muted until 20") && says.ends_with("(upgrade)\n"),
        "{says}"
    );
    let (code, says) = command(&daemon, &["start", "--all", "--for", "1h"]).await;
    assert!(code == 0 && says.starts_with("all targets: "), "{says}");
    let (_, says) = command(&daemon, &["list"]).await;
    assert_eq!(says.lines().count(), 2, "{says}");
    let (code, says) = command(&daemon, &["end", "--all"]).await;
    assert_eq!((code, says.as_str()), (0, "2 windows have ended.\n"));
    let (_, says) = command(&daemon, &["end", "home"]).await;
    assert_eq!(says, "No window that was begun by command was open.\n");
    for (arguments, part) in [
        (&["start", "hom", "--for", "2h"][..], "there are home, work"),
        (&["start", "--for", "2h"], "required"),
        (&["start", "home"], "--for"),
        (&["start", "home", "--all", "--for", "2h"], "cannot be used with"),
    ] {
        let (code, says) = command(&daemon, arguments).await;
        assert!(code == 3 && says.contains(part), "{arguments:?}: {code} {says}");
    }
    daemon.stop().await;
    let off = self::daemon(false).await;
    let (code, says) = command(&off, &["start", "--all", "--for", "1h"]).await;
    assert!(code == 3 && says.contains("--web.enable-lifecycle"), "{says}");
    let gone = off.addresses[0];
    off.stop().await;
    let output = Command::new(env!("CARGO_BIN_EXE_ssowatch"))
        .args(["maintenance", "list", "--url", &format!("http://{gone}")])
        .env_clear()
        .output()
        .await
        .unwrap();
    let says = String::from_utf8(output.stderr).unwrap();
    assert!(says.contains("does not answer") && says.contains("--url"), "{says}");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_broken_when_a_window_is_ended_is_told_of_then() {
    let config = format!("notify: [{{name: phone, webhook: {{url: 'https://a.test'}}}}]\n{TARGETS}");
    let bench = Bench::new(&config, |target, _| if target == "home" { "broken" } else { "ok" }, |_, _| Ok(())).await;
    let now = bench.clock.now();
    let window = ssowatch::notify::maintenance::Window {
        from: now,
        until: now + chrono::TimeDelta::hours(1),
        targets: None,
        reason: None,
    };
    bench.windows.begin(window, now).unwrap();
    bench.until(1800).await;
    assert!(bench.post.told().is_empty());
    assert_eq!(super::metric(&bench.daemon, r#"ssowatch_maintenance_active{target="home"}"#), 1.0);
    assert!(bench.look.rounds.load(std::sync::atomic::Ordering::Relaxed) >= 60, "rounds go on");
    assert_eq!(bench.windows.end(None, &[], bench.clock.now()), 1);
    bench.until(1810).await;
    let told = bench.post.told();
    assert_eq!((told.len(), told[0].0.as_str()), (1, "00:30:05"), "{told:?}");
    bench.stop().await;
}
