//! Beyond one machine: replicas with one shared configuration behind `/probe`, and Prometheus that shards by hashmod.

use ssowatch::lab::{Lab, LabOptions};

use super::stack::{Daemon, Watchers, target_yaml};
use crate::end_to_end::prometheus::{Question, until};

const LABS: usize = 20;
const TARGETS_OF_A_LAB: usize = 10;
const TARGETS: usize = LABS * TARGETS_OF_A_LAB;

/// Two jobs, one for each replica; each takes the targets whose name's hash, modulo two, is its own.
const PROMETHEUS: &str = "\
global: {scrape_interval: 5s, scrape_timeout: 4s}
scrape_configs:
SHARDS
";

fn job(shard: usize, replica: &str) -> String {
    format!(
        "- job_name: ssowatch-probe-{shard}
  metrics_path: /probe
  params: {{module: [discovery]}}
  http_sd_configs: [{{url: 'http://{replica}/sd', refresh_interval: 5s}}]
  relabel_configs:
  - {{source_labels: [__address__], target_label: __param_target}}
  - {{source_labels: [__param_target], target_label: instance}}
  - {{source_labels: [__address__], modulus: 2, target_label: __tmp_shard, action: hashmod}}
  - {{source_labels: [__tmp_shard], regex: '{shard}', action: keep}}
  - {{target_label: shard, replacement: '{shard}'}}
  - {{target_label: __address__, replacement: '{replica}'}}
"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_share_two_hundred_targets_and_a_dead_one_leaves_its_share_down_and_none_healthy() {
    let mut labs = Vec::new();
    for _ in 0..LABS {
        labs.push(Lab::start(LabOptions { es256: true, ..LabOptions::default() }).await.unwrap());
    }
    let targets: String = labs
        .iter()
        .enumerate()
        .flat_map(|(lab, of)| {
            (0..TARGETS_OF_A_LAB).map(move |number| target_yaml(&format!("t{lab}-{number}"), of, &[]))
        })
        .collect();
    let schedule = "{round: off, requests_per_minute: 600}";
    let first = Daemon::start(schedule, &targets, &[], "").await;
    let mut second = Daemon::start(schedule, &targets, &[], "").await;
    let jobs = [&first, &second].map(|daemon| daemon.address.to_string());
    let jobs: String = jobs.iter().enumerate().map(|(shard, replica)| job(shard, replica)).collect();
    let watchers = Watchers::beside(&[], &PROMETHEUS.replace("SHARDS", &jobs), &[], super::NOBODY).await;
    let prometheus = Question::to(watchers.prometheus);

    let everyone = format!("{TARGETS}");
    let count = async |query: &str| prometheus.values(query).await.first().map_or(0.0, |(_, value)| *value);
    until("every target is probed and healthy", async || {
        (count("count(probe_success == 1)").await == TARGETS as f64).then_some(())
    })
    .await;
    assert_eq!(count("count(count by (instance) (probe_success))").await.to_string(), everyone);
    assert_eq!(count("max(count by (instance) (probe_success))").await, 1.0, "no target has two replicas");
    let shares = [0, 1].map(|shard| format!("count(up{{shard=\"{shard}\"}})"));
    let (of_first, of_second) = (count(&shares[0]).await, count(&shares[1]).await);
    assert!(of_first > 60.0 && of_second > 60.0, "the shares are {of_first} and {of_second}");

    // Each probe asks its lab for one discovery document: what the labs saw is what Prometheus scraped, once each.
    let scraped = count("sum(count_over_time(up[1h]))").await;
    let seen = labs.iter().flat_map(Lab::seen).filter(|seen| seen.path.ends_with("openid-configuration")).count();
    let late = seen as f64 - scraped;
    assert!((0.0..=TARGETS as f64).contains(&late), "{seen} documents were asked for, {scraped} probes scraped");

    second.child.kill().await.unwrap();
    until("the share of the dead replica is down", async || {
        (count("count(up{shard=\"1\"} == 0)").await == of_second).then_some(())
    })
    .await;
    assert_eq!(count("count(probe_success{shard=\"1\"})").await, 0.0, "nothing is said of what nobody looks at");
    assert_eq!(count("count(probe_success{shard=\"0\"} == 1)").await, of_first, "the other share is not touched");
    for lab in labs {
        assert_eq!(lab.stop().await, Vec::<String>::new(), "nothing happened that must never happen");
    }
}
