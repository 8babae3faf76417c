//! What ends by time. Tests begin at the time 0, so the end of a certificate is a small number.

use super::{case, edge, of, plain};
use crate::shipped::alerts::{
    rule::Rule,
    unit::{Case, Edge, Sample, Scenario, always, level},
};

const DAY: f64 = 86_400.0;
const AGED: &str =
    r#"ssowatch_check_success{target="home", check="certificates_last", stage="upkeep", severity="risk"}"#;
const OTHER: &str = r#"ssowatch_check_success{target="home", check="app_clock", stage="app", severity="risk"}"#;

/// A step of an item: when it fires, and on both sides of its bounds.
struct Step {
    alert: &'static str,
    item: &'static str,
    /// The end of an item that makes it fire, in days.
    ends: f64,
    /// Ends near the bounds, in days, and the day that it then names; none where it does not fire.
    near: &'static [(f64, &'static str)],
    says: &'static str,
}

const STEPS: [Step; 9] = [
    Step {
        alert: "SsoCertificateEndsSoon",
        item: "app_certificate",
        ends: 20.0,
        near: &[(21.1, ""), (3.0, ""), (4.0, "1970-01-05")],
        says: "The app_certificate of home expires on 1970-01-21 00:00:00 +0000 UTC.",
    },
    Step {
        alert: "SsoCertificateEndsVerySoon",
        item: "provider_certificate",
        ends: 2.0,
        near: &[(3.1, ""), (0.01, "")],
        says: "The provider_certificate of home expires on 1970-01-03 00:00:00 +0000 UTC. From then on nobody can sign in.",
    },
    Step {
        alert: "SsoCertificateEnded",
        item: "app_certificate",
        ends: 0.001,
        near: &[(1.0, "")],
        says: "The app_certificate of home expired on 1970-01-01 00:01:26.4 +0000 UTC.",
    },
    Step {
        alert: "SsoClientSecretEndsSoon",
        item: "client_secret",
        ends: 10.0,
        near: &[(14.1, ""), (2.0, ""), (3.0, "1970-01-04")],
        says: "The client_secret of home expires on 1970-01-11 00:00:00 +0000 UTC.",
    },
    Step {
        alert: "SsoClientSecretEndsVerySoon",
        item: "client_secret",
        ends: 1.5,
        near: &[(2.1, ""), (0.01, "")],
        says: "The client_secret of home expires on 1970-01-02 12:00:00 +0000 UTC. From then on nobody can sign in.",
    },
    Step {
        alert: "SsoClientSecretEnded",
        item: "client_secret",
        ends: 0.001,
        near: &[(1.0, "")],
        says: "The client_secret of home expired on 1970-01-01 00:01:26.4 +0000 UTC.",
    },
    Step {
        alert: "SsoApiKeyEndsSoon",
        item: "provider_key",
        ends: 5.0,
        near: &[(7.1, ""), (2.0, ""), (3.0, "1970-01-04")],
        says: "The provider_key of home expires on 1970-01-06 00:00:00 +0000 UTC.",
    },
    Step {
        alert: "SsoApiKeyEndsVerySoon",
        item: "provider_key",
        ends: 1.5,
        near: &[(2.1, ""), (0.01, "")],
        says: "The provider_key of home expires on 1970-01-02 12:00:00 +0000 UTC. From then on ssowatch sees less; sign-in still works.",
    },
    Step {
        alert: "SsoApiKeyEnded",
        item: "provider_key",
        ends: 0.001,
        near: &[(1.0, "")],
        says: "The provider_key of home expired on 1970-01-01 00:01:26.4 +0000 UTC. ssowatch has seen less since then; sign-in still works.",
    },
];

pub fn scenarios() -> Vec<Scenario> {
    STEPS.iter().map(scenario).collect()
}

/// Minutes for which the last sample of what is only asked now and then stands.
const STANDS: u64 = 60;

/// Certificates: the last third of the time that they are valid for is a series of its own, which comes, goes and ends by
/// itself.
pub fn run_now(rule: &Rule) -> Vec<Case> {
    let step = STEPS.iter().find(|step| step.alert == rule.name).unwrap();
    let own = series(step.item);
    let wait = rule.wait.as_secs() / 60;
    let ends = |minutes| of(step.ends * DAY, minutes);
    let labels = [("target", "home"), ("item", step.item)];
    let fires = Some((&labels[..], step.says));
    let minute = |(minute, fires)| (minute * 60, fires);
    let turns = 20 + wait;
    let again = turns + 10;
    let gone = again + wait + 10;
    let aged = [of(1.0, 10), of(0.0, turns - 10), of(1.0, 10), of(0.0, gone - again), vec![Sample::Stale]].concat();
    let end = gone + STANDS;
    vec![
        case(
            rule,
            60,
            "its last third comes, goes, comes again and is no longer known",
            vec![(&own, ends(end + 10)), (AGED, aged)],
            &[
                (wait + 5, None),
                (10 + wait, fires),
                (turns - 1, fires),
                (turns + 1, None),
                (again + wait - 1, None),
                (again + wait, fires),
                (end - 3, fires),
                (end + 3, None),
            ]
            .map(minute),
        ),
        case(
            rule,
            60,
            "its end is no longer known",
            vec![(&own, [ends(wait + 10), vec![Sample::Stale]].concat()), (AGED, of(0.0, wait + STANDS + 20))],
            &[(wait + 5, fires), (wait + 10 + STANDS - 3, fires), (wait + 10 + STANDS + 3, None)].map(minute),
        ),
    ]
}

fn series(item: &str) -> String {
    format!(r#"ssowatch_expiry_timestamp_seconds{{target="home", item="{item}"}}"#)
}

/// The same words with another day.
fn on_day(says: &str, day: &str) -> String {
    let at = says.find("1970-01-").unwrap();
    format!("{}{day}{}", &says[..at], &says[at + "1970-01-01".len()..])
}

/// An item of another kind, on another target, that ends at the same time.
fn decoy(item: &str) -> &'static str {
    if item == "client_secret" {
        r#"ssowatch_expiry_timestamp_seconds{target="home", item="provider_key"}"#
    } else {
        r#"ssowatch_expiry_timestamp_seconds{target="home", item="client_secret"}"#
    }
}

fn scenario(step: &Step) -> Scenario {
    let needs_age = step.alert.starts_with("SsoCertificateEnds");
    let own = series(step.item);
    let with_age = |inputs: &[(&str, f64)], age: f64| -> Vec<(String, f64)> {
        let age = needs_age.then_some((AGED, age));
        inputs.iter().copied().chain(age).map(|(name, value)| (name.to_owned(), value)).collect()
    };
    let mut edges: Vec<Edge> = step
        .near
        .iter()
        .map(|(days, day)| Edge {
            name: if *days > step.ends { "later" } else { "sooner" },
            inputs: with_age(&[(&own, days * DAY)], 0.0),
            fires: !day.is_empty(),
            says: Some(on_day(step.says, day)),
        })
        .collect();
    if needs_age {
        let elsewhere = AGED.replace("home", "work");
        let replica = AGED.replace('}', r#", instance="replica:10059"}"#);
        let ends = (own.as_str(), step.ends * DAY);
        edges.extend([
            edge("short-lived, not yet in its last third", &[ends, (AGED, 1.0), (OTHER, 0.0)], false),
            edge("without the check", &[ends, (OTHER, 0.0), (&elsewhere, 0.0)], false),
            edge("one of two replicas sees the last third", &[ends, (AGED, 0.0), (&replica, 1.0)], true),
        ]);
    }
    // A renewed certificate, seen by an instance that was renamed: the old series does not count.
    let renamed = own.replace('}', r#", instance="old:10059"}"#);
    edges.push(Edge {
        name: "renewed",
        inputs: with_age(&[(&own, 90.0 * DAY), (&renamed, step.ends * DAY)], 0.0),
        fires: false,
        says: None,
    });
    let mut inputs = vec![(own.clone(), level(90.0 * DAY, step.ends * DAY))];
    if needs_age {
        inputs.push((AGED.to_owned(), always(0.0)));
    }
    Scenario {
        step: 60,
        inputs,
        labels: vec![("target", "home"), ("item", step.item)],
        decoys: vec![(decoy(step.item), step.ends * DAY)],
        said: step.says,
        linger: 3_600,
        edges,
        ..plain(step.alert, &[], |_| String::new())
    }
}
