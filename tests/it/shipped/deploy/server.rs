//! Debian's Prometheus and Alertmanager on a free port of loopback, each with a configuration of ours.

use std::{
    net::{SocketAddr, TcpListener},
    process::Stdio,
};

use serde_json::Value;
use tokio::process::{Child, Command};

use crate::end_to_end::{http, prometheus::until};

/// One that ends with the test.
pub struct Server {
    pub address: SocketAddr,
    _child: Child,
    _folder: tempfile::TempDir,
}

impl Server {
    pub async fn prometheus(config: &str) -> Self {
        Self::start("prometheus", config, "--storage.tsdb.path", &[]).await
    }

    pub async fn alertmanager(config: &str) -> Self {
        // Without an address it does not look for others.
        Self::start("prometheus-alertmanager", config, "--storage.path", &["--cluster.listen-address="]).await
    }

    async fn start(program: &str, config: &str, storage: &str, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.yml");
        std::fs::write(&file, config).unwrap();
        // Free a moment ago: neither tells which port it took.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("{storage}={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=error")
            .args(flags)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{program} does not start ({error}): run tests/run once"));
        let server = Self { address, _child: child, _folder: folder };
        until(&format!("a {program} that is ready"), || http::get(address, "/-/ready")).await;
        server
    }

    /// What its API answers; none where it does not.
    pub async fn api(&self, path: &str) -> Option<Value> {
        Some(serde_json::from_str(&http::get(self.address, path).await?).unwrap())
    }
}
