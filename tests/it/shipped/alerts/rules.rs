//! Every rule, by subject.
//!
//! **Labels.** Alerts about a target are aggregated by `target`, so that several replicas or a renamed instance give one
//! alert, not two. If replicas disagree, the worst counts (`min` of a success, `max` of a fault): people near that
//! replica cannot sign in, whatever another one sees. Target names are meant to be unique within one
//! Prometheus. Alerts about a daemon keep `job` and `instance`.
//!
//! **Time to page**, at 15 s scrape and evaluation, rounds every 60 s and settings every 5 min:
//! next round 60 + the round itself 5 + scrape 15 + evaluation 15 + `for` 75 = 170 s, and with the 10 s `group_wait` of
//! the Alertmanager example 180 s for what a round sees; 300 + 5 + 15 + 15 + 75 + 10 = 420 s for settings.

mod budget;
mod daemon;
mod expiry;
mod login;
mod settings;
mod watchdog;

use super::rule::{Group, Params, Recording, Rule, Step};

/// The groups of the main file.
pub fn groups() -> Vec<Group> {
    vec![login::group(), settings::group(), settings::keys(), expiry::group(), budget::group(), daemon::group()]
}

/// The groups of the opt-in file.
pub fn opt_in() -> Vec<Group> {
    vec![watchdog::group()]
}

/// Every rule, the opt-in ones last.
pub fn all() -> Vec<Rule> {
    groups().into_iter().chain(opt_in()).flat_map(|group| group.rules).collect()
}

/// The recording rules.
pub fn recordings(params: &Params) -> Vec<Recording> {
    budget::recordings(params)
}

/// The whole page of the alert, without an anchor.
fn whole_page() -> String {
    String::new()
}

const LOOK_NOW: Step = Step {
    shows: "The login path right now, the root cause, what differs and how to fix it",
    command: "ssowatch check --config.file /etc/ssowatch/ssowatch.yml TARGET",
};
const EXPLAIN: Step =
    Step { shows: "What a check means, why it matters and how to fix it", command: "ssowatch explain CHECK" };
const CHANGES: Step =
    Step { shows: "What changed since sign-in last worked", command: "ssowatch changes --since-good" };
const LATEST: Step = Step {
    shows: "The daemon's latest round as JSON",
    command: "curl --silent http://127.0.0.1:10059/api/v1/targets/TARGET",
};
const METRICS: Step = Step {
    shows: "What the daemon exports to Prometheus right now",
    command: "curl --silent http://127.0.0.1:10059/metrics | grep '^ssowatch_'",
};
const LOG: Step = Step {
    shows: "What the daemon logged (in a container: its log)",
    command: "journalctl --unit ssowatch --since -1h",
};
const PROCESS: Step =
    Step { shows: "Whether the daemon is running, and if not, why", command: "systemctl status ssowatch" };
const HEALTHY: Step = Step { shows: "Whether it answers", command: "curl --include http://127.0.0.1:10059/-/healthy" };
const VALID: Step = Step {
    shows: "What is wrong with the configuration: file, line, field",
    command: "ssowatch config check --config.file /etc/ssowatch/ssowatch.yml",
};
