//! A fault in the lab becomes one page: lab, daemon, Prometheus, Alertmanager and a receiver, all real.
//!
//! The examples' times are divided by [`SCALE`]: a round every 10 s for every minute, scraped and evaluated every 2.5 s for
//! every 15 s, settings every 50 s for every 5 minutes, and every `for`, `keep_firing_for`, range and group time likewise.
//! What the sixth of a time shows holds for the whole of it, as nothing here takes long by itself: a round takes
//! milliseconds. That the sum of the examples' own times stays within 3 and 8 minutes is asserted from their files.

mod pages;
mod receiver;
mod shards;
mod stack;

/// How much faster these tests are than the examples.
const SCALE: f64 = 6.0;

/// Routes that tell nobody.
const NOBODY: &str = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n";

/// What the example for Prometheus says, faster.
fn prometheus_yml() -> String {
    "global: {scrape_interval: 2500ms, scrape_timeout: 2s, evaluation_interval: 2500ms}
rule_files: ['*.rules.yml', '*.alerts.yml']
alerting: {alertmanagers: [{static_configs: [{targets: [ALERTMANAGER]}]}]}
scrape_configs:
- job_name: ssowatch
  static_configs: [{targets: [DAEMONS]}]
"
    .to_owned()
}

/// What the example for Alertmanager says, faster.
fn routes() -> String {
    "route:
  receiver: default
  group_by: [target]
  group_wait: 5s
  group_interval: 50s
  repeat_interval: 12h
  routes:
  - {matchers: ['severity=\"critical\"'], receiver: pager}
receivers:
- {name: pager, webhook_configs: [{url: 'http://RECEIVER/pager'}]}
- {name: default, webhook_configs: [{url: 'http://RECEIVER/default'}]}
"
    .to_owned()
}
