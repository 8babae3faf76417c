//! The real processes of a set-up as the examples have it, at a sixth of their times.

use std::{
    fmt::Write as _,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::Stdio,
};

use ssowatch::{
    lab::{ADMIN_API_KEY, CLIENT_SECRET, KASM_API_KEY, KASM_API_KEY_SECRET, Lab},
    model::Credential,
};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::receiver::Receiver;
use crate::end_to_end::{http, prometheus::until};

/// A port that was free a moment ago: none of these servers tells which one it took.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A process that ends with the test.
pub fn spawn(program: &str, arguments: &[String]) -> Child {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{program} does not start ({error}): run tests/run once"))
}

/// A target of a lab in a configuration file, with these credentials, each one right.
pub fn target_yaml(name: &str, lab: &Lab, credentials: &[Credential]) -> String {
    let has = |credential| credentials.contains(&credential);
    let (mut provider, mut kasm) = ("    provider:\n".to_owned(), "    kasm:\n".to_owned());
    if has(Credential::ClientSecret) {
        let _ = writeln!(provider, "      client_secret: {CLIENT_SECRET}");
    }
    if has(Credential::ProviderAdminKey) {
        let _ = writeln!(provider, "      api_key: {ADMIN_API_KEY}");
    }
    if has(Credential::AppKey) {
        let _ = writeln!(kasm, "      api_key: {KASM_API_KEY}\n      api_key_secret: {KASM_API_KEY_SECRET}");
    }
    let plain = lab.config_yaml();
    let of_target = plain.strip_prefix("targets:\n").unwrap();
    of_target
        .replace("  - name: lab\n", &format!("  - name: {name}\n"))
        .replace("    provider:\n", &provider)
        .replace("    kasm:\n", &kasm)
}

/// `ssowatch serve` as a process.
pub struct Daemon {
    pub address: SocketAddr,
    pub child: Child,
    pub folder: TempDir,
}

impl Daemon {
    /// Starts one over these targets (YAML), with further flags; `shell` is what a shell does before it becomes the
    /// daemon.
    pub async fn start(schedule: &str, targets: &str, flags: &[String], shell: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("ssowatch.yml");
        std::fs::write(&config, format!("schedule: {schedule}\ntargets:\n{targets}")).unwrap();
        let address = free_address();
        let mut arguments = vec![
            "-c".to_owned(),
            format!("{shell} exec \"$@\""),
            "sh".to_owned(),
            env!("CARGO_BIN_EXE_ssowatch").to_owned(),
            "serve".to_owned(),
            format!("--config.file={}", config.display()),
            format!("--web.listen-address={address}"),
            "--log.level=error".to_owned(),
        ];
        arguments.extend_from_slice(flags);
        let child = spawn("sh", &arguments);
        until("a daemon that is ready", || http::get(address, "/-/ready")).await;
        Self { address, child, folder }
    }

    /// What a full disk is to a process: its files cannot grow any more. (It was started with the signal ignored that
    /// comes with it.)
    pub fn fills_its_disk(&self) {
        let pid = self.child.id().unwrap().to_string();
        let done = std::process::Command::new("prlimit").args(["--pid", &pid, "--fsize=4096"]).status().unwrap();
        assert!(done.success());
    }

    pub fn signal(&self, name: &str) {
        // The shell's own: not every machine has the program.
        let kill = format!("kill -{name} {}", self.child.id().unwrap());
        assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }
}

/// Prometheus and Alertmanager, and who is paged.
pub struct Watchers {
    pub prometheus: SocketAddr,
    pub receiver: Receiver,
    _children: [Child; 2],
    _folder: TempDir,
}

impl Watchers {
    /// Starts them beside these daemons, with rules and an Alertmanager configuration.
    pub async fn beside(daemons: &[SocketAddr], prometheus_yml: &str, rules: &[(&str, String)], routes: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let receiver = Receiver::start().await;
        let (alertmanager, prometheus) = (free_address(), free_address());
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("alertmanager.yml", &routes.replace("RECEIVER", &receiver.address.to_string()));
        let daemons: Vec<String> = daemons.iter().map(|address| format!("'{address}'")).collect();
        let prometheus_yml =
            prometheus_yml.replace("DAEMONS", &daemons.join(", ")).replace("ALERTMANAGER", &alertmanager.to_string());
        write("prometheus.yml", &prometheus_yml);
        for (name, text) in rules {
            write(name, text);
        }
        let children = [
            spawn("prometheus-alertmanager", &alertmanager_flags(folder.path(), alertmanager)),
            spawn("prometheus", &prometheus_flags(folder.path(), prometheus)),
        ];
        until("an Alertmanager that is ready", || http::get(alertmanager, "/-/ready")).await;
        until("a Prometheus that is ready", || http::get(prometheus, "/-/ready")).await;
        Self { prometheus, receiver, _children: children, _folder: folder }
    }
}

fn alertmanager_flags(folder: &Path, address: SocketAddr) -> Vec<String> {
    vec![
        format!("--config.file={}", folder.join("alertmanager.yml").display()),
        format!("--storage.path={}", folder.join("alertmanager").display()),
        format!("--web.listen-address={address}"),
        "--cluster.listen-address=".to_owned(),
        "--log.level=error".to_owned(),
    ]
}

fn prometheus_flags(folder: &Path, address: SocketAddr) -> Vec<String> {
    vec![
        format!("--config.file={}", folder.join("prometheus.yml").display()),
        format!("--storage.tsdb.path={}", folder.join("prometheus").display()),
        format!("--web.listen-address={address}"),
        "--log.level=error".to_owned(),
    ]
}
