//! Starts the providers of `tests/interop`.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};
use url::Url;

/// Longer than a provider takes to start on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A provider that we did not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// npm `oidc-provider`, certified.
    OidcProvider,
    /// PyPI Canaille.
    Canaille,
}

/// A running provider; ends with the test, whatever happens in it.
pub struct Provider {
    /// Where it answers; its issuer, unless another was wanted.
    pub url: Url,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    child: Child,
}

impl Product {
    pub const ALL: [Self; 2] = [Self::OidcProvider, Self::Canaille];

    /// Starts it on a free port of loopback, with these settings.
    pub async fn start(self, wanted: &Value) -> Provider {
        let mut child = self
            .command()
            .arg(wanted.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{self:?} does not start: {error}"));
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = url(&mut lines).await;
        Provider { url, stdin, lines, child }
    }

    fn command(self) -> Command {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let scripts = root.join("tests/interop");
        let (program, script, installed) = match self {
            Self::OidcProvider => {
                (PathBuf::from("node"), scripts.join("provider.mjs"), scripts.join("node_modules/oidc-provider"))
            }
            Self::Canaille => {
                let venv = venv();
                // Written when all packages are there.
                (venv.join("bin/python"), scripts.join("canaille_provider.py"), venv.join(".requirements"))
            }
        };
        assert!(installed.exists(), "{self:?} is not installed: run tests/run once");
        let mut command = Command::new(program);
        command.arg(script);
        command
    }
}

/// Where the packages of `tests/interop/requirements.txt` are.
pub fn venv() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/interop-venv")
}

impl Provider {
    /// Makes it sign with another key.
    pub async fn rotate(&mut self) {
        self.say("rotate").await;
    }

    /// Takes it away.
    pub async fn stop(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Replaces its settings at the same address. Only npm `oidc-provider` does.
    pub async fn set(&mut self, wanted: &Value) {
        self.say(&wanted.to_string()).await;
    }

    async fn say(&mut self, line: &str) {
        self.stdin.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        assert_eq!(url(&mut self.lines).await, self.url);
    }
}

/// What a line says that tells that it answers.
async fn url(lines: &mut Lines<BufReader<ChildStdout>>) -> Url {
    let line = timeout(PATIENCE, lines.next_line()).await.expect("the provider answers in time").unwrap();
    let line = line.expect("the provider starts");
    let said: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    said["url"].as_str().unwrap().parse().unwrap()
}
