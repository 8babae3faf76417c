//! The daemon as a process.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::timeout,
};

/// Longer than anything here takes, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program with these arguments, and nothing in its environment.
pub fn ssowatch(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ssowatch"));
    command.args(arguments).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// A configuration without targets, so that nothing is looked at.
pub fn no_targets(folder: &Path) -> String {
    let path = folder.join("ssowatch.yml");
    std::fs::write(&path, "targets: []\n").unwrap();
    format!("--config.file={}", path.display())
}

/// A daemon that runs.
pub struct Daemon {
    pub child: Child,
    log: Lines<BufReader<ChildStderr>>,
    /// Every line so far.
    pub seen: Vec<String>,
}

impl Daemon {
    /// Starts what this command is.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, log, seen: Vec::new() }
    }

    /// The next log line that has this part.
    pub async fn logs(&mut self, part: &str) -> String {
        let found = async {
            while let Some(line) = self.log.next_line().await.unwrap() {
                self.seen.push(line.clone());
                if line.contains(part) {
                    return Some(line);
                }
            }
            None
        };
        let found = timeout(PATIENCE, found).await.ok().flatten();
        found.unwrap_or_else(|| panic!("no log line has {part:?}:\n{}", self.seen.join("\n")))
    }

    /// The next address that it listens on.
    pub async fn address(&mut self) -> String {
        self.logs("msg=listening").await.split_once("address=").unwrap().1.trim_matches('"').to_owned()
    }

    /// Ends it in order; gives every line of its log.
    pub async fn stop(mut self) -> String {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("sh").args(["-c", &format!("kill -TERM {pid}")]).status().await.unwrap().success());
        self.logs("msg=stopped").await;
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap();
        assert_eq!(status.code(), Some(0));
        self.seen.join("\n")
    }
}
