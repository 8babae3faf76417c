//! What makes each alert fire, and the words that a person then reads, spelled out.

pub mod budget;
mod daemon;
mod expiry;
mod login;
pub mod recordings;
mod settings;

use super::{
    rule::Rule,
    rules,
    unit::{Asked, Case, Edge, STEP, Sample, Scenario, Shape, says},
};

/// What a page says, for the README.
pub fn sample_page() -> String {
    login::sample()
}

/// A rule and its unit tests.
pub struct Tested {
    pub rule: Rule,
    pub cases: Vec<Case>,
}

/// Every rule with its tests; a rule without a scenario is an error.
pub fn all() -> Vec<Tested> {
    let scenarios: Vec<Scenario> =
        [login::scenarios(), settings::scenarios(), expiry::scenarios(), budget::scenarios(), daemon::scenarios()]
            .into_iter()
            .flatten()
            .collect();
    let mut tested = Vec::new();
    for group in rules::groups().into_iter().chain(rules::opt_in()) {
        for rule in group.rules {
            let mut cases: Vec<Case> = scenarios
                .iter()
                .filter(|scenario| scenario.alert == rule.name)
                .flat_map(|one| one.cases(&rule))
                .collect();
            cases.extend(run_now(&rule));
            assert!(!cases.is_empty(), "{} has no scenario", rule.name);
            tested.push(Tested { rule, cases });
        }
    }
    tested
}

/// Tests of states that the common course does not have.
fn run_now(rule: &Rule) -> Vec<Case> {
    match rule.name {
        "SsoLoginBroken" => login::broken_by_hand(rule),
        "SsoLoginUnknown" => login::unknown_by_hand(rule),
        "SsoCertificateEndsSoon" | "SsoCertificateEndsVerySoon" => expiry::run_now(rule),
        "SsowatchInstanceDown" => daemon::instance_down_by_hand(rule),
        "SsowatchRestarting" => daemon::restarting(rule),
        "SsowatchRoundsMissed" => daemon::rounds_missed(rule),
        "SsowatchNotificationsFailing" => daemon::notifications(rule),
        "SsoWatchdog" => vec![daemon::watchdog(rule)],
        _ => Vec::new(),
    }
}

/// A scenario without anything special.
fn plain(alert: &'static str, inputs: &[(&str, Shape)], description: fn(u64) -> String) -> Scenario {
    Scenario {
        alert,
        step: STEP,
        inputs: inputs.iter().map(|(name, shape)| ((*name).to_owned(), *shape)).collect(),
        twin: Some(("\"home\"", "\"work\"")),
        decoys: Vec::new(),
        labels: vec![("target", "home")],
        description,
        said: "",
        fragment: "",
        rise: 0,
        fall: 0,
        linger: 0,
        is_absence: false,
        edges: Vec::new(),
    }
}

/// An edge: series that stay at a value.
fn edge(name: &'static str, inputs: &[(&str, f64)], fires: bool) -> Edge {
    Edge { name, inputs: inputs.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(), fires, says: None }
}

/// Two replicas that differ: the worse opinion counts.
fn one_of_two_replicas(series: &str, good: f64, bad: f64) -> Edge {
    let replica = series.replace('}', r#", instance="replica:10059"}"#);
    edge("one of two replicas sees it", &[(series, bad), (&replica, good)], true)
}

/// So many samples of a value.
fn of(value: f64, count: u64) -> Vec<Sample> {
    vec![Sample::Value(value); count as usize]
}

/// The labels beside the severity, and the description.
type Fires<'a> = (&'a [(&'a str, &'a str)], &'a str);

/// A test by hand: what it says where it fires.
fn case(
    rule: &Rule,
    step: u64,
    name: &str,
    series: Vec<(&str, Vec<Sample>)>,
    asked: &[(u64, Option<Fires<'_>>)],
) -> Case {
    let asked = asked.iter().map(|(at, fires)| Asked {
        at: *at,
        alert: rule.name.to_owned(),
        fires: fires.map(|(labels, description)| says(rule, labels, description, "")),
    });
    Case {
        name: format!("{}: {name}", rule.name),
        step,
        series: series.into_iter().map(|(name, samples)| (name.to_owned(), samples)).collect(),
        asked: asked.collect(),
        recorded: Vec::new(),
    }
}
