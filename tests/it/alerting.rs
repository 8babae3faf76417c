//! A fault in the lab becomes one page: lab, daemon, Prometheus, Alertmanager and a receiver, all real.
//!
//! The examples' times are divided by [`SCALE`]: a round every 10 s for every minute, scraped and evaluated every 2.5 s for
//! every 15 s, settings every 50 s for every 5 minutes, and every `for`, `keep_firing_for`, range and group time likewise.
//! What the sixth of a time shows holds for the whole of it, as nothing here takes long by itself: a round takes
//! milliseconds. That the sum of the examples' own times stays within 3 and 8 minutes is asserted from their files.

mod mishaps;
mod pages;
mod receiver;
mod shards;
mod stack;

use crate::shipped::{
    alerts::{self, Params},
    text,
};

/// How much faster these tests are than the examples.
const SCALE: f64 = 6.0;

/// Routes that tell nobody.
const NOBODY: &str = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n";

/// The example for Prometheus, faster: its own job and its own rules.
fn prometheus_yml() -> String {
    let example = text("deploy/prometheus/prometheus.yml");
    assert_eq!(example.matches("_interval: 15s").count(), 2, "scraped and evaluated every 15 s");
    let faster = example.replace("_interval: 15s", "_interval: 2500ms");
    let (jobs, _) = faster.split_once("  # The provider's discovery document").unwrap();
    jobs.replace("'127.0.0.1:9093'", "'ALERTMANAGER'")
        .replace("'127.0.0.1:10059'", "DAEMONS")
        .replace("/usr/share/ssowatch/alerts/", "")
        .replace("rule_files:", "  scrape_timeout: 2s\n\nrule_files:")
}

/// The shipped rules, faster.
fn rules() -> [(&'static str, String); 2] {
    let params = Params { scale: 1.0 / SCALE, ..Params::default() };
    [("ssowatch.alerts.yml", alerts::alerts(&params)), ("ssowatch.rules.yml", alerts::recordings(&params))]
}

/// The example for Alertmanager, faster, with receivers that keep what they are told.
fn routes() -> String {
    let example = text("deploy/alertmanager/alertmanager.yml");
    let (_, routes) = example.split_once("\nroute:").unwrap();
    let (routes, receivers) = routes.split_once("\nreceivers:").unwrap();
    let mut routes = routes.to_owned();
    for (time, faster) in [("wait: 30s", "wait: 5s"), ("wait: 10s", "wait: 1700ms"), ("interval: 5m", "interval: 50s")]
    {
        assert!(routes.contains(time), "group_{time} is in the example");
        routes = routes.replace(time, faster);
    }
    let names = receivers.lines().filter_map(|line| line.trim().strip_prefix("- name: "));
    let receivers: String = names
        .map(|name| match name {
            "nobody" => "  - name: nobody\n".to_owned(),
            name => format!("  - name: {name}\n    webhook_configs: [{{url: 'http://RECEIVER/{name}'}}]\n"),
        })
        .collect();
    format!("route:{routes}\nreceivers:\n{receivers}")
}
