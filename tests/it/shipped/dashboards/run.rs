//! Every query of the boards, asked of a real Prometheus that scrapes a daemon over a lab: first all is well, then it
//! breaks.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::Value;
use ssowatch::{
    config::{Config, Target},
    lab::{Fault, Lab, LabOptions},
    model::Credential,
    schedule::Schedule,
};
use url::form_urlencoded::byte_serialize;

use super::{
    board::Board,
    boards, names,
    parse::as_sent,
    promql,
    query::{Form, Gives, Query},
};
use crate::end_to_end::{
    daemon::Daemon,
    prometheus::{Prometheus, until},
};

/// The target's name.
const HOME: &str = "home";

/// Shorter than what is shipped would take to fire.
const RULES: &str = r#"
groups:
  - name: test
    rules:
      - alert: SsoTest
        expr: ssowatch_login_success{job="ssowatch"} == 0
        labels: {severity: critical}
"#;

/// What breaks: Kasm sends a redirect URL with one slash too many, which is a cause, a drift and a change; and a source
/// fails.
const FAULTS: [Fault; 2] = [Fault::RedirectUrlTrailingSlash, Fault::JwksServerError];

/// A lab with everything that can be seen, and a daemon with every credential, whose rounds follow each other fast.
async fn start() -> (Daemon, Prometheus) {
    let lab = Lab::start(LabOptions { tls: true, ..LabOptions::default() }).await.unwrap();
    let credentials = [Credential::ClientSecret, Credential::KasmKey, Credential::ProviderAdminKey];
    let target = Target { name: HOME.to_owned(), ..lab.target_with(&credentials) };
    let config = Config { round: Schedule::Every(Duration::from_secs(2)), ..Config::of_targets(vec![target]) };
    let daemon = Daemon::of(vec![lab], config).await;
    let prometheus = Prometheus::with_rules(daemon.address(), &[], RULES).await;
    (daemon, prometheus)
}

fn escaped(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// The series that a query gives, by the API for one time or for a range of times.
///
/// # Errors
/// Prometheus refuses it; what it says.
async fn ask(prometheus: &Prometheus, query: &str, over_time: bool) -> Result<Vec<Value>, String> {
    let now = prometheus.value("vector(time())").await;
    let query = escaped(query);
    let path = if over_time {
        format!("/api/v1/query_range?query={query}&start={}&end={now}&step=1", now - 30.0)
    } else {
        format!("/api/v1/query?query={query}")
    };
    let answer = until("an answer of the API", async || prometheus.api(&path).await).await;
    let said = || answer["error"].as_str().unwrap_or("no error is told").to_owned();
    let succeeded = answer["status"] == "success";
    if succeeded { Ok(answer["data"]["result"].as_array().cloned().unwrap_or_default()) } else { Err(said()) }
}

/// Asserts what a query gives.
async fn gives(prometheus: &Prometheus, place: &str, query: &Query, is_broken: bool) {
    let sent = as_sent(&query.expr, HOME);
    let over_time = matches!(query.form, Form::Lines | Form::Heatmap);
    for form in [over_time, !over_time] {
        if let Err(error) = ask(prometheus, &sent, form).await {
            panic!("{place}: {error}: {sent}");
        }
    }
    let must_give = match query.gives {
        Gives::Always => true,
        Gives::WhenHealthy => !is_broken,
        Gives::WhenBroken => is_broken,
        Gives::Perhaps(_) => false,
    };
    if must_give {
        let what = format!("{place}: a row of {sent}");
        until(&what, async || ask(prometheus, &sent, over_time).await.ok().filter(|rows| !rows.is_empty())).await;
    } else if query.gives == Gives::WhenBroken {
        assert_eq!(ask(prometheus, &sent, over_time).await, Ok(vec![]), "{place}, while all is well: {sent}");
    }
}

/// The values that a variable offers.
async fn offers(prometheus: &Prometheus, query: &str) -> BTreeSet<String> {
    let (series, label) = super::lint::label_query(query).unwrap();
    let path = format!("/api/v1/label/{label}/values?match[]={}", escaped(&as_sent(series, HOME)));
    let answer = until("the values of a label", async || prometheus.api(&path).await).await;
    assert_eq!(answer["status"], "success", "{query}: {answer}");
    answer["data"].as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Asserts what the variables of a board offer.
async fn variables(prometheus: &Prometheus, board: &Board) {
    for (name, query) in board.variables() {
        let offered = offers(prometheus, &query).await;
        let wanted = if name == "target" { offered == [HOME.to_owned()].into() } else { !offered.is_empty() };
        assert!(wanted, "{}: {name} offers {offered:?}", board.uid);
    }
}

/// The types that Prometheus knows from what it scraped.
async fn types(prometheus: &Prometheus) -> BTreeMap<String, String> {
    let answer = until("metadata", async || prometheus.api("/api/v1/metadata").await).await;
    let families = answer["data"].as_object().unwrap().iter();
    let of = |about: &Value| about[0]["type"].as_str().unwrap_or_default().to_owned();
    families.map(|(name, about)| (name.clone(), of(about))).collect()
}

/// What is wrong with how a query treats the types of its metrics.
fn mistreated(query: &str, types: &BTreeMap<String, String>) -> Vec<String> {
    let expr = promql::read(query).unwrap();
    let mut found = Vec::new();
    for selector in promql::selectors(&expr) {
        for name in selector.name.split('|') {
            let Some(family) = names::family(name) else { continue };
            // OpenMetrics tells a counter without its ending.
            let told = types.get(family.name).or_else(|| types.get(family.name.trim_end_matches("_total")));
            let is_rate = matches!(selector.function, Some("rate" | "irate" | "increase"));
            match told.map(String::as_str) {
                Some("counter" | "histogram") if !is_rate => found.push(format!("the bare counter {name}")),
                Some("gauge") if is_rate => found.push(format!("a rate of the gauge {name}")),
                Some("counter" | "histogram" | "gauge") => {}
                other => found.push(format!("{name} is a {other:?}")),
            }
        }
    }
    found
}

#[test]
fn a_gauge_as_a_rate_and_a_bare_counter_are_found() {
    let types = [("ssowatch_rounds", "counter"), ("ssowatch_targets", "gauge")];
    let types = types.map(|(name, told)| (name.to_owned(), told.to_owned())).into();
    for (query, what) in [
        ("rate(ssowatch_rounds_total[$__rate_interval]) / ssowatch_targets", vec![]),
        ("sum(ssowatch_rounds_total)", vec!["the bare counter ssowatch_rounds_total"]),
        ("increase(ssowatch_targets[$__range])", vec!["a rate of the gauge ssowatch_targets"]),
        ("ssowatch_jwks_keys", vec!["ssowatch_jwks_keys is a None"]),
    ] {
        assert_eq!(mistreated(query, &types), what, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_gives_what_it_should_while_all_is_well_and_when_it_breaks() {
    let (daemon, prometheus) = start().await;
    let boards = boards();
    prometheus.shows("min(ssowatch_login_success)", 1.0).await;
    all(&prometheus, &boards, false).await;
    let mut types_seen = types(&prometheus).await;

    FAULTS.iter().for_each(|fault| daemon.break_with(HOME, *fault));
    prometheus.shows("min(ssowatch_login_success)", 0.0).await;
    all(&prometheus, &boards, true).await;
    types_seen.extend(types(&prometheus).await);

    for board in &boards {
        for (place, query) in board.queries() {
            assert_eq!(mistreated(&query.expr, &types_seen), Vec::<String>::new(), "{place}: {}", query.expr);
        }
    }
    daemon.ends_well().await;
}

async fn all(prometheus: &Prometheus, boards: &[Board], is_broken: bool) {
    for board in boards {
        variables(prometheus, board).await;
        for (place, query) in board.queries() {
            gives(prometheus, &place, &query, is_broken).await;
        }
    }
}
