//! A disk that is full: rounds go on, it is told, and what happened meanwhile is written when there is room again.
//!
//! The disk is "full" by the limit on the size of files (`RLIMIT_FSIZE`) of the daemon's process, which any user can set and
//! lift (prlimit, of Debian's essential util-linux): every write to a file fails then.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use ssowatch::journal::{Journal, What};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::timeout,
};

use super::rounds::all;
use crate::web::support::ask;

/// Longer than anything here takes, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon, and its folder.
struct Daemon {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    address: SocketAddr,
    folder: tempfile::TempDir,
    port: u16,
}

impl Daemon {
    /// Starts it with this limit on the size of files.
    async fn start(limit: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        write_config(&folder, port, &["home"]);
        let mut child = Command::new("sh")
            // The signal that comes with the limit would end the process; ignored, the write fails.
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", "prlimit", &format!("--fsize={limit}:")])
            .arg(env!("CARGO_BIN_EXE_ssowatch"))
            .args(["serve", "--web.listen-address=127.0.0.1:0", "--web.enable-lifecycle"])
            .arg(format!("--config.file={}", folder.path().join("ssowatch.yml").display()))
            .arg(format!("--storage.path={}", folder.path().join("journal").display()))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = "127.0.0.1:0".parse().unwrap();
        let mut daemon = Self { child, log, address, folder, port };
        let listening = daemon.logs("msg=listening").await;
        daemon.address = listening.split_once("address=").unwrap().1.parse().unwrap();
        daemon
    }

    /// The next log line that has this part.
    async fn logs(&mut self, part: &str) -> String {
        let mut seen = Vec::new();
        let found = async {
            while let Some(line) = self.log.next_line().await.unwrap() {
                if line.contains(part) {
                    return Some(line);
                }
                seen.push(line);
            }
            None
        };
        let found = timeout(PATIENCE, found).await.ok().flatten();
        found.unwrap_or_else(|| panic!("no log line has {part:?}:\n{}", seen.join("\n")))
    }

    async fn limit_files_to(&self, bytes: &str) {
        let pid = self.child.id().unwrap().to_string();
        let set = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:")]).status().await.unwrap();
        assert!(set.success());
    }

    async fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id().unwrap());
        assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
    }

    /// Has it watch these targets from now on; the first round of a new one runs at once.
    async fn watches(&self, names: &[&str]) {
        write_config(&self.folder, self.port, names);
        self.signal("HUP").await;
        let newest = names.last().unwrap();
        self.reaches(&format!("ssowatch_rounds_total{{target=\"{newest}\"}}"), 1.0).await;
    }

    /// Begins a maintenance window of all targets.
    #[expect(clippy::disallowed_methods, reason = "the test is the client")]
    async fn begins_a_window(&self) {
        let body = r#"{"all": true, "for": "2h"}"#;
        let mut stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        let request = format!(
            "POST /api/v1/maintenance HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    }

    async fn metric(&self, name: &str) -> f64 {
        let answer = ask(self.address, "GET", "/metrics", &[]).await;
        let text = String::from_utf8(answer.body).unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(f64::NAN, |value| value.parse().unwrap())
    }

    /// Waits until a metric is at least this.
    async fn reaches(&self, name: &str, least: f64) {
        let reached = async {
            while self.metric(name).await.partial_cmp(&least).is_none_or(std::cmp::Ordering::is_lt) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{name} does not reach {least}"));
    }

    /// Stops it, and reads what it kept.
    async fn kept(mut self) -> Journal {
        self.signal("TERM").await;
        assert!(timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap().success());
        Journal::read(&self.folder.path().join("journal")).unwrap()
    }
}

fn write_config(folder: &tempfile::TempDir, port: u16, names: &[&str]) {
    let url = format!("http://127.0.0.1:{port}");
    let target =
        |name: &&str| format!("  - name: {name}\n    provider: {{url: \"{url}\"}}\n    kasm: {{url: \"{url}\"}}\n");
    let targets: String = names.iter().map(target).collect();
    let file: PathBuf = folder.path().join("ssowatch.yml");
    std::fs::write(file, format!("targets:\n{targets}")).unwrap();
}

/// The targets whose first round is an event.
fn begun(journal: &Journal) -> Vec<String> {
    let first = all(journal).into_iter().filter(|event| matches!(event.what, What::Login { from: None, .. }));
    first.map(|event| event.target).collect()
}

const KEPT: &str = "ssowatch_journal_success";
const ROUNDS: &str = "ssowatch_rounds_total{target=\"home\"}";

#[tokio::test]
async fn while_the_disk_is_full_rounds_go_on_and_what_happens_is_written_later() {
    let mut daemon = Daemon::start("unlimited").await;
    daemon.reaches(ROUNDS, 1.0).await;
    assert_eq!(daemon.metric(KEPT).await, 1.0);

    daemon.limit_files_to("0").await;
    daemon.watches(&["home", "late"]).await;
    let line = daemon.logs("the journal cannot be written").await;
    assert!(line.contains("level=error") && line.contains("journal.db"), "{line}");
    assert_eq!(daemon.metric(KEPT).await, 0.0);
    daemon.watches(&["home", "late", "later"]).await;
    assert_eq!(daemon.metric(KEPT).await, 0.0);

    daemon.limit_files_to("unlimited").await;
    daemon.reaches(KEPT, 1.0).await;
    let next = daemon.logs("the journal").await;
    assert!(next.contains("the journal is written again"), "each turn is told once: {next}");
    assert_eq!(begun(&daemon.kept().await), ["later", "late", "home"]);
}

#[tokio::test]
async fn what_cannot_be_told_to_the_disk_leaves_the_file_of_messages_and_windows_as_it_was() {
    let mut daemon = Daemon::start("unlimited").await;
    daemon.reaches(ROUNDS, 1.0).await;
    let file = daemon.folder.path().join("journal").join("told.json");
    let windows = || {
        let text = std::fs::read(&file).unwrap_or_default();
        let kept: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
        kept["windows"].as_array().map_or(0, Vec::len)
    };
    let reaches = async |count: usize| {
        let reached = async {
            while windows() != count {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{count} windows are not kept"));
    };
    daemon.begins_a_window().await;
    reaches(1).await;
    daemon.limit_files_to("0").await;
    daemon.begins_a_window().await;
    daemon.logs("what receivers were told cannot be written").await;
    assert_eq!((windows(), daemon.metric(KEPT).await), (1, 0.0));
    daemon.limit_files_to("unlimited").await;
    reaches(2).await;
    daemon.logs("what receivers were told is written again").await;
    daemon.reaches(KEPT, 1.0).await;
}

#[tokio::test]
async fn a_disk_that_is_full_at_the_start_is_no_reason_not_to_watch() {
    let mut daemon = Daemon::start("0").await;
    daemon.reaches(ROUNDS, 1.0).await;
    assert_eq!(daemon.metric(KEPT).await, 0.0);
    daemon.limit_files_to("unlimited").await;
    daemon.reaches(KEPT, 1.0).await;
    daemon.logs("the journal is written again").await;
    assert_eq!(begun(&daemon.kept().await), ["home"]);
}
