//! `ssowatch serve` as a process: its configuration, its signals, its logs, and what systemd hears.

use std::{
    net::TcpListener,
    os::unix::net::UnixDatagram,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use ssowatch::collect::local;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::timeout,
};
use url::Url;

/// Longer than anything here takes, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn ssowatch(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ssowatch"));
    command.args(arguments).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// A folder with a configuration file.
struct Folder {
    folder: tempfile::TempDir,
    port: u16,
}

impl Folder {
    /// A configuration of these targets, whose servers refuse connections.
    fn with(names: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = Self { folder: tempfile::tempdir().unwrap(), port };
        folder.write(names);
        folder
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ssowatch.yml")
    }

    fn flag(&self) -> String {
        format!("--config.file={}", self.file().display())
    }

    fn write(&self, names: &[&str]) {
        let mut text = "targets:\n".to_owned();
        for name in names {
            let url = format!("http://127.0.0.1:{}", self.port);
            text += &format!("  - name: {name}\n    provider: {{url: \"{url}\"}}\n    kasm: {{url: \"{url}\"}}\n");
        }
        self.write_text(&text);
    }

    fn write_text(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
    }
}

/// A daemon that runs.
struct Daemon {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
}

impl Daemon {
    fn start(folder: &Folder, change: impl FnOnce(&mut Command)) -> Self {
        let mut command = ssowatch(&["serve", &folder.flag(), "--web.listen-address=127.0.0.1:0"]);
        command.stderr(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, log }
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

    /// Where it listens.
    async fn base(&mut self) -> String {
        let line = self.logs("msg=listening").await;
        let address = line.split_once("address=").unwrap().1.to_owned();
        format!("http://{address}")
    }

    async fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().await.unwrap();
        assert!(sent.success());
    }

    async fn ends(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap()
    }
}

async fn status(base: &str, path: &str) -> u16 {
    local::status(&Url::parse(&format!("{base}{path}")).unwrap(), PATIENCE).await.unwrap()
}

#[tokio::test]
async fn it_serves_reloads_by_signal_and_stops_in_order() {
    let folder = Folder::with(&["home"]);
    let mut daemon = Daemon::start(&folder, |_| {});
    let base = daemon.base().await;
    daemon.logs("msg=\"ready: every target").await;
    assert_eq!((status(&base, "/-/healthy").await, status(&base, "/-/ready").await), (200, 200));

    folder.write_text("targets:\n  - nme: home\n");
    daemon.signal("HUP").await;
    let refused = daemon.logs("level=error").await;
    assert!(refused.contains("nme") && refused.contains("old one stays in force"), "{refused}");
    assert_eq!(status(&base, "/targets/home").await, 200, "the old configuration is in force");

    folder.write(&["work"]);
    daemon.signal("HUP").await;
    let loaded = daemon.logs("the configuration is loaded again").await;
    assert!(loaded.contains("added=work removed=home"), "{loaded}");
    assert_eq!((status(&base, "/targets/home").await, status(&base, "/targets/work").await), (404, 200));

    daemon.signal("TERM").await;
    daemon.logs("msg=stopping").await;
    daemon.logs("msg=stopped").await;
    assert_eq!(daemon.ends().await.code(), Some(0));
}

#[tokio::test]
async fn an_interrupt_stops_it_too() {
    let folder = Folder::with(&["home"]);
    let mut daemon = Daemon::start(&folder, |_| {});
    daemon.base().await;
    daemon.signal("INT").await;
    assert_eq!(daemon.ends().await.code(), Some(0));
}

#[tokio::test]
async fn its_log_lines_are_json_if_asked_for() {
    let folder = Folder::with(&["home"]);
    let mut daemon = Daemon::start(&folder, |command| {
        command.arg("--log.format=json");
    });
    let line = daemon.logs("listening").await;
    let object: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&object["level"], &object["msg"]), (&"info".into(), &"listening".into()));
}

#[tokio::test]
async fn systemd_hears_that_it_is_ready_and_that_it_stops() {
    let folder = Folder::with(&["home"]);
    let path = folder.folder.path().join("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    let mut daemon = Daemon::start(&folder, |command| {
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "60000000");
    });
    daemon.base().await;
    daemon.signal("TERM").await;
    daemon.ends().await;
    systemd.set_nonblocking(true).unwrap();
    let mut buffer = [0; 1024];
    let heard: String = std::iter::from_fn(|| systemd.recv(&mut buffer).ok().map(|length| buffer[..length].to_vec()))
        .map(|message| String::from_utf8(message).unwrap())
        .collect();
    for state in ["READY=1\n", "WATCHDOG=1\n", "STATUS=1 target: ", "STOPPING=1\n"] {
        assert!(heard.contains(state), "{state} is missing: {heard}");
    }
}

#[tokio::test]
async fn config_check_validates_and_does_not_serve() {
    let folder = Folder::with(&["home", "work"]);
    let flag = folder.flag();
    let good = ssowatch(&["serve", "--config.check", &flag]).output().await.unwrap();
    assert_eq!(good.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&good.stdout), "The configuration is valid: 2 target(s).\n");
    folder.write_text("targets: {}\n");
    let bad = ssowatch(&["serve", "--config.check", &flag]).output().await.unwrap();
    assert_eq!(bad.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("ssowatch.yml"), "{bad:?}");
}

#[tokio::test]
async fn a_configuration_that_is_bad_at_start_is_refused_with_its_place() {
    let folder = Folder::with(&["home"]);
    folder.write_text("targets:\n  - nme: home\n");
    let output = ssowatch(&["serve", &folder.flag(), "--web.listen-address=127.0.0.1:0"]).output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3));
    assert!(told.contains("ssowatch.yml:2") && told.contains("nme"), "{told}");
}

#[tokio::test]
async fn healthcheck_asks_where_serves_environment_says() {
    let folder = Folder::with(&["home"]);
    let mut daemon = Daemon::start(&folder, |command| {
        command.arg("--web.route-prefix=/watch");
    });
    let base = daemon.base().await;
    let output = ssowatch(&["healthcheck"])
        .env("SSOWATCH_WEB_LISTEN_ADDRESS", base.trim_start_matches("http://"))
        .env("SSOWATCH_WEB_ROUTE_PREFIX", "/watch")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
