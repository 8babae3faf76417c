//! The opt-in alert that always fires: its silence shows that alerts do not arrive.

use crate::shipped::alerts::rule::{Fix, Group, Page, Rule, Step, Urgency, secs};

pub fn group() -> Group {
    Group { name: "ssowatch-watchdog", rules: vec![watchdog()] }
}

fn watchdog() -> Rule {
    Rule {
        name: "SsoWatchdog",
        urgency: Urgency::None,
        why: "Always fires. Load this file only if you have no other watchdog; send it to a service that notifies you when it stops.",
        expr: |_| "vector(1)".to_owned(),
        wait: secs(0),
        keep: secs(0),
        summary: "Alerts arrive.",
        description: || {
            "This alert always fires: while it arrives, Prometheus evaluates rules and Alertmanager sends.".to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "Nothing is wrong. It fires all the time, so that an outside service notices when it stops.",
            impact: "None. Once it stops, no other alert arrives either.",
            diagnosis: &[
                Step {
                    shows: "Whether Prometheus evaluates the rules (at its own address)",
                    command: "curl --silent http://127.0.0.1:9090/api/v1/rules",
                },
                Step {
                    shows: "Whether Alertmanager has the alert (at its own address)",
                    command: "amtool alert query alertname=SsoWatchdog --alertmanager.url=http://127.0.0.1:9093",
                },
            ],
            fix: Fix::Text("If it stopped: bring Prometheus or Alertmanager back. Neither web form is involved."),
        },
    }
}
