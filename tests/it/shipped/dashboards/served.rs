//! `ssowatch serve` as a process of its own, over labs.

use std::{net::SocketAddr, path::Path, process::Stdio};

use ssowatch::lab::{ADMIN_API_KEY, CLIENT_SECRET, Fault, KASM_API_KEY, KASM_API_KEY_SECRET, Lab, LabOptions};
use tokio::process::{Child, Command};

use crate::{
    collect::server::{Seen, Server, json},
    end_to_end::{http, prometheus::until},
};

/// A daemon with every credential, a journal on disk, and whom to tell; and the labs of its targets by their names.
pub struct Served {
    pub address: SocketAddr,
    child: Child,
    labs: Vec<(&'static str, Lab)>,
    _told: Server,
    _folder: tempfile::TempDir,
}

impl Served {
    /// Starts one with a target for each name, and waits for its first rounds.
    pub async fn over(targets: &[(&'static str, LabOptions, &[Fault])], round: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let told = all_who_are_told().await;
        let mut config = format!("schedule: {{round: every {round}}}\n{}targets:\n", whom_to_tell(told.address));
        let mut labs = Vec::new();
        for (name, options, faults) in targets {
            let lab = Lab::start(options.clone()).await.unwrap();
            faults.iter().for_each(|fault| lab.break_with(*fault));
            config += &target(&lab, name, folder.path());
            labs.push((*name, lab));
        }
        let (file, log) = (folder.path().join("ssowatch.yml"), folder.path().join("log"));
        std::fs::write(&file, config).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_ssowatch"))
            .args(["serve", "--web.listen-address=127.0.0.1:0", "--web.enable-lifecycle"])
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.path().join("journal").display()))
            .env_clear()
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let address = until("a daemon that listens", async || listens_at(&log)).await;
        until("the first rounds", || http::get(address, "/-/ready")).await;
        Self { address, child, labs, _told: told, _folder: folder }
    }

    /// Switches a fault on, in the lab of a target.
    pub fn break_with(&self, name: &str, fault: Fault) {
        self.labs.iter().filter(|(target, _)| *target == name).for_each(|(_, lab)| lab.break_with(fault));
    }

    /// Begins a maintenance window of a target, by the command.
    pub async fn mute(&self, name: &str) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ssowatch"));
        command.args(["maintenance", "start", name, "--for=1h", &format!("--url=http://{}", self.address)]);
        let said = command.env_clear().stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }

    /// Ends the daemon at once, as a crash would.
    pub async fn dies(mut self) {
        self.child.kill().await.unwrap();
        for (_, lab) in self.labs {
            assert_eq!(lab.stop().await, Vec::<String>::new(), "nothing happened that must never happen");
        }
    }
}

/// The path at which no message is taken.
const REFUSES: &str = "/refuses";

/// Who takes messages and heartbeats, save those to [`REFUSES`].
async fn all_who_are_told() -> Server {
    let server = Server::plain().await;
    server.does(|seen: &Seen| json(if seen.path() == REFUSES { 403 } else { 200 }, "{}"));
    server
}

/// Two receivers of messages, of which one takes none, and a heartbeat as often as it may be. A window of the
/// configuration would be open or not by the clock; [`Served::mute`] begins one.
fn whom_to_tell(address: SocketAddr) -> String {
    let url = format!("http://{address}");
    format!(
        "notify:\n  - {{name: phone, webhook: {{url: '{url}/takes'}}}}\n  - {{name: chat, webhook: {{url: '{url}{REFUSES}'}}}}\n\
         heartbeat: {{url: '{url}/beat', every: 10s}}\n"
    )
}

/// A target of the configuration: the lab's own, under this name and with every credential.
fn target(lab: &Lab, name: &str, folder: &Path) -> String {
    let secret = |side: &str, key: &str, secret: &str| {
        let file = folder.join(format!("{name}-{side}-{key}"));
        std::fs::write(&file, secret).unwrap();
        format!("      {key}: {}\n", file.display())
    };
    let provider =
        secret("provider", "client_secret_file", CLIENT_SECRET) + &secret("provider", "api_key_file", ADMIN_API_KEY);
    let kasm =
        secret("kasm", "api_key_file", KASM_API_KEY) + &secret("kasm", "api_key_secret_file", KASM_API_KEY_SECRET);
    lab.config_yaml()
        .trim_start_matches("targets:\n")
        .replace("name: lab\n", &format!("name: {name}\n"))
        .replace("    provider:\n", &format!("    provider:\n{provider}"))
        .replace("    kasm:\n", &format!("    kasm:\n{kasm}"))
}

/// Where the log says that it listens.
fn listens_at(log: &Path) -> Option<SocketAddr> {
    let log = std::fs::read_to_string(log).unwrap();
    let line = log.lines().find(|line| line.contains("msg=listening"))?;
    line.split_once("address=")?.1.parse().ok()
}
