//! Debian's Prometheus, configured as the README says.

use std::{
    net::{SocketAddr, TcpListener},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};
use url::form_urlencoded::byte_serialize;

use super::http;
use crate::readme;

/// Longer than anything here takes on a busy machine, and shorter than the five minutes for which Prometheus keeps a
/// series that is not marked as gone.
const PATIENCE: Duration = Duration::from_secs(120);

/// A Prometheus that ends with the test.
pub struct Prometheus {
    address: SocketAddr,
    _child: Child,
    _folder: tempfile::TempDir,
}

/// What comes of a question that is asked again and again until it has an answer.
pub async fn until<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let answer = async {
        loop {
            match ask().await {
                Some(answer) => return answer,
                None => sleep(Duration::from_millis(50)).await,
            }
        }
    };
    timeout(PATIENCE, answer).await.unwrap_or_else(|_| panic!("{what} did not come"))
}

/// Asks a Prometheus.
#[derive(Debug, Clone, Copy)]
pub struct Question(SocketAddr);

impl Question {
    pub fn to(prometheus: SocketAddr) -> Self {
        Self(prometheus)
    }

    /// The values that a query gives, each with its labels.
    pub async fn values(self, query: &str) -> Vec<(Value, f64)> {
        let query: String = byte_serialize(query.as_bytes()).collect();
        let Some(body) = http::get(self.0, &format!("/api/v1/query?query={query}")).await else { return Vec::new() };
        let answer: Value = serde_json::from_str(&body).unwrap();
        let series = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let value = |one: &Value| (one["metric"].clone(), one["value"][1].as_str().unwrap().parse().unwrap());
        series.iter().map(value).collect()
    }
}

impl Prometheus {
    /// Starts one that scrapes and probes the daemon at this address, every second.
    pub async fn beside(daemon: SocketAddr, flags: &[&str]) -> Self {
        Self::with_rules(daemon, flags, "groups: []\n").await
    }

    /// The same, with a file of rules, which it evaluates every second.
    pub async fn with_rules(daemon: SocketAddr, flags: &[&str], rules: &str) -> Self {
        Self::with(&readme::scrape_configs().replace("127.0.0.1:10059", &daemon.to_string()), flags, rules).await
    }

    /// Starts one with these jobs and rules, every second.
    pub async fn with(jobs: &str, flags: &[&str], rules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("prometheus.yml");
        let every = "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}";
        std::fs::write(&config, format!("{every}\nrule_files: [rules.yml]\n{jobs}")).unwrap();
        std::fs::write(folder.path().join("rules.yml"), rules).unwrap();
        // Free a moment ago: Prometheus does not tell which port it took.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=error")
            .args(flags)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("prometheus does not start ({error}): run tests/run once"));
        let prometheus = Self { address, _child: child, _folder: folder };
        until("a Prometheus that is ready", || http::get(address, "/-/ready")).await;
        prometheus
    }

    /// What the API answers to a GET, whatever its status; none where it does not answer in JSON.
    pub async fn api(&self, path: &str) -> Option<Value> {
        let answer = String::from_utf8(http::raw(self.address, path, "").await.ok()?).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    /// The values that a query gives, each with its labels; none while there is no series.
    pub async fn query(&self, query: &str) -> Option<Vec<(Value, f64)>> {
        Some(Question::to(self.address).values(query).await).filter(|found| !found.is_empty())
    }

    /// Waits until a query gives one series with this value.
    pub async fn shows(&self, query: &str, value: f64) {
        let what = format!("{query} {value}");
        until(&what, async || {
            let found = self.query(query).await?;
            (found.len() == 1 && found[0].1 == value).then_some(())
        })
        .await;
    }

    /// Waits until a query gives one series, and gives its value.
    pub async fn value(&self, query: &str) -> f64 {
        until(query, async || self.query(query).await.filter(|found| found.len() == 1).map(|found| found[0].1)).await
    }

    /// Waits until a query gives no series.
    pub async fn shows_nothing(&self, query: &str) {
        until(&format!("no {query}"), async || self.query(query).await.is_none().then_some(())).await;
    }
}
