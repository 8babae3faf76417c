//! The Prometheus examples: as promtool reads them, and on a real Prometheus with no more changed than addresses.

use std::{collections::BTreeMap, net::SocketAddr};

use serde_json::Value;
use ssowatch::{
    app::{self, Options, Running},
    config::{Config, Target},
};
use tokio::net::TcpListener;
use url::Url;

use super::{
    server::Server,
    tool::{debian, passes},
};
use crate::{
    end_to_end::{daemon::Daemon, http, prometheus::until},
    shipped,
};

const ONE: &str = "deploy/prometheus/prometheus.yml";
const SHARDED: &str = "deploy/prometheus/prometheus-sharded.yml";

/// Where the package puts the rules.
const RULES: &str = "/usr/share/ssowatch/alerts/";

/// The example with the rules of this repository.
fn example(file: &str) -> String {
    shipped::text(file).replace(RULES, &format!("{}/", shipped::path("alerts").display()))
}

#[test]
fn promtool_takes_the_examples_and_the_rules_that_they_name() {
    for file in [ONE, SHARDED] {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("prometheus.yml");
        // The watchdog is an offer.
        std::fs::write(&config, example(file).replace("# - /", "- /")).unwrap();
        let said = passes(debian("promtool").args(["check", "config"]).arg(&config));
        assert_eq!(said.matches("rules found").count(), if file == ONE { 3 } else { 2 }, "{file}: {said}");
    }
}

/// The targets of a job, by the label `target` where they have one.
async fn targets(prometheus: &Server, job: &str) -> Option<Vec<Value>> {
    let answer = prometheus.api("/api/v1/targets?state=active").await?;
    let of_job = |target: &&Value| target["labels"]["job"] == job;
    Some(answer["data"]["activeTargets"].as_array()?.iter().filter(of_job).cloned().collect())
}

#[tokio::test]
async fn a_real_prometheus_scrapes_and_probes_by_the_example_and_loads_every_rule() {
    let daemon = Daemon::over(&[("home", &[]), ("work", &[])]).await;
    let config = example(ONE).replace("127.0.0.1:10059", &daemon.address().to_string());
    // Nobody is told what this test does.
    let prometheus = Server::prometheus(&config.replace("127.0.0.1:9093", "127.0.0.1:9")).await;

    let rules = prometheus.api("/api/v1/rules").await.unwrap();
    let loaded =
        rules["data"]["groups"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap());
    let written = ["alerts/ssowatch.rules.yml", "alerts/ssowatch.alerts.yml"].map(shipped::text).concat();
    let written = written
        .lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with("- alert:") || line.starts_with("- record:"));
    assert_eq!(loaded.count(), written.count());

    until("a scrape of the daemon", async || {
        let found = targets(&prometheus, "ssowatch").await?;
        (found.len() == 1 && found[0]["health"] == "up").then_some(())
    })
    .await;
    let probed = until("two targets by service discovery", async || {
        targets(&prometheus, "ssowatch-probe").await.filter(|found| found.len() == 2)
    })
    .await;
    for target in probed {
        assert_eq!(target["labels"]["target"], target["labels"]["instance"]);
        // What Prometheus will ask within the minute, asked now.
        let asked = Url::parse(target["scrapeUrl"].as_str().unwrap()).unwrap();
        assert_eq!(asked.port(), Some(daemon.address().port()));
        let path = format!("{}?{}", asked.path(), asked.query().unwrap());
        let answer = http::get(daemon.address(), &path).await.unwrap_or_else(|| panic!("{asked} is not answered"));
        assert!(answer.contains("\nprobe_success 1\n"), "{asked}: {answer}");
    }
    daemon.ends_well().await;
}

/// A daemon that names these targets, whose servers refuse connections.
async fn replica(names: &[String]) -> Running {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = Url::parse(&format!("http://{nobody}")).unwrap();
    let targets = names.iter().map(|name| Target::of_two_urls(name, url.clone(), url.clone())).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    app::start(Config::of_targets(targets), vec![listener], Options::default()).await.unwrap()
}

#[tokio::test]
async fn with_two_replicas_each_target_is_probed_by_exactly_one() {
    let names: Vec<String> = (0..24).map(|number| format!("target-{number}")).collect();
    let replicas = [replica(&names).await, replica(&names).await];
    let addresses: Vec<SocketAddr> = replicas.iter().map(|replica| replica.addresses[0]).collect();
    let mut config = example(SHARDED).replace("alertmanager:9093", "127.0.0.1:9");
    for (number, address) in addresses.iter().enumerate() {
        config = config.replace(&format!("ssowatch-{number}:10059"), &address.to_string());
    }
    let prometheus = Server::prometheus(&config).await;
    let found = until("every target", async || {
        targets(&prometheus, "ssowatch-probe").await.filter(|found| found.len() >= names.len())
    })
    .await;
    assert_eq!(found.len(), names.len(), "both replicas name the same targets");
    let mut shares: BTreeMap<String, usize> = BTreeMap::new();
    for target in &found {
        let replica = target["labels"]["replica"].as_str().unwrap();
        let asked = Url::parse(target["scrapeUrl"].as_str().unwrap()).unwrap();
        assert_eq!(replica, &format!("127.0.0.1:{}", asked.port().unwrap()));
        let name = target["labels"]["target"].as_str().unwrap();
        assert!(asked.query_pairs().any(|(key, value)| key == "target" && value == name), "{asked}");
        *shares.entry(replica.to_owned()).or_default() += 1;
    }
    let mut known: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    known.sort_unstable();
    assert!(shares.keys().eq(&known) && shares.values().all(|share| *share >= 6), "{shares:?}");
    for replica in replicas {
        replica.stop().await;
    }
}
