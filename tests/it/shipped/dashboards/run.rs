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
    model::{Credential, Stage},
    schedule::Schedule,
};
use url::form_urlencoded::byte_serialize;

use super::{
    board::Board,
    boards, frames,
    frames::Answer,
    login, names,
    panel::Panel,
    parse::as_sent,
    picture, promql,
    query::{Form, Gives, ONE, Query},
};
use crate::end_to_end::{
    daemon::Daemon,
    prometheus::{Prometheus, until},
};

/// The target's name.
const HOME: &str = "home";

/// An alert with the labels of those that are shipped, which fires at once.
const RULES: &str = r#"
groups:
  - name: test
    rules:
      - alert: SsoTest
        expr: min by (target) (ssowatch_login_success) == 0
        labels: {severity: critical}
"#;

/// What breaks, after one that breaks a part: Kasm sends a redirect URL with one slash too many, which is a cause, a drift and a change; and a source
/// fails.
const FAULTS: [Fault; 2] = [Fault::RedirectUrlTrailingSlash, Fault::JwksServerError];

/// A lab with everything that can be seen, and a daemon with every credential, whose rounds follow each other fast.
async fn start() -> (Daemon, Prometheus) {
    let lab = Lab::start(LabOptions { tls: true, ..LabOptions::default() }).await.unwrap();
    let credentials = [Credential::ClientSecret, Credential::KasmKey, Credential::ProviderAdminKey];
    let target = Target { name: HOME.to_owned(), ..lab.target_with(&credentials) };
    let config = Config { round: Schedule::Every(Duration::from_secs(5)), ..Config::of_targets(vec![target]) };
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
    if over_time {
        return ask_over(prometheus, query, 30.0).await;
    }
    answered(prometheus, &format!("/api/v1/query?query={}", escaped(query))).await
}

/// The same over the last seconds.
async fn ask_over(prometheus: &Prometheus, query: &str, seconds: f64) -> Result<Vec<Value>, String> {
    let now = prometheus.value("vector(time())").await;
    let (query, start) = (escaped(query), now - seconds);
    answered(prometheus, &format!("/api/v1/query_range?query={query}&start={start}&end={now}&step=1")).await
}

async fn answered(prometheus: &Prometheus, path: &str) -> Result<Vec<Value>, String> {
    let answer = until("an answer of the API", async || prometheus.api(path).await).await;
    if answer["status"] == "success" {
        return Ok(answer["data"]["result"].as_array().cloned().unwrap_or_default());
    }
    Err(answer["error"].as_str().unwrap_or("no error is told").to_owned())
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

/// What a panel says: its board, its title, which of its queries, and the value.
type Said = (&'static str, &'static str, usize, f64);

const WELL: &[Said] = &[
    ("ssowatch-overview", "Can users sign in?", 0, 3.0),
    ("ssowatch-overview", "Targets by answer", 0, 1.0),
    ("ssowatch-overview", "Is ssowatch up?", 0, 1.0),
    ("ssowatch-overview", "Fields that differ", 0, 0.0),
    ("ssowatch-overview", "Failing checks", 0, 0.0),
    ("ssowatch-overview", "Targets", 5, 1.0),
    ("ssowatch-target", "Can users sign in?", 0, 3.0),
    ("ssowatch-target", "What broke first", 0, 3.0),
    ("ssowatch-target", "The login path, by stage", Stage::Start as usize, 3.0),
    // What nobody can prove from outside is not shown as good.
    ("ssowatch-target", "The login path, by stage", Stage::Landing as usize, -1.0),
    ("ssowatch-daemon", "Does it judge right?", 0, 1.0),
    ("ssowatch-daemon", "Is its configuration in force?", 0, 1.0),
];
const PARTLY: &[Said] = &[
    ("ssowatch-overview", "Can users sign in?", 0, 2.0),
    ("ssowatch-overview", "Targets by answer", 0, 0.0),
    ("ssowatch-overview", "Targets by answer", 1, 1.0),
    ("ssowatch-target", "What broke first", 0, 3.0),
    ("ssowatch-target", "The login path, by stage", Stage::Token as usize, 1.0),
];
const BROKEN: &[Said] = &[
    ("ssowatch-overview", "Can users sign in?", 0, 0.0),
    ("ssowatch-overview", "Targets by answer", 2, 0.0),
    ("ssowatch-overview", "Targets by answer", 3, 1.0),
    ("ssowatch-overview", "What differs", 0, 1.0),
    ("ssowatch-target", "What broke first", 0, 0.0),
    ("ssowatch-target", "The login path, by stage", Stage::Start as usize, 0.0),
    ("ssowatch-target", "The login path, by stage", Stage::Claims as usize, 3.0),
];
const GONE: &[Said] = &[
    ("ssowatch-overview", "Can users sign in?", 0, 1.0),
    ("ssowatch-overview", "Targets by answer", 2, 1.0),
    ("ssowatch-overview", "Is ssowatch up?", 0, 0.0),
    ("ssowatch-overview", "Targets", 0, 1.0),
    ("ssowatch-target", "Can users sign in?", 0, 1.0),
    ("ssowatch-target", "What broke first", 0, 1.0),
    ("ssowatch-target", "The login path, by stage", Stage::Start as usize, -1.0),
    ("ssowatch-daemon", "Is it up?", 0, 0.0),
];

/// Waits until panels say this.
async fn say(prometheus: &Prometheus, boards: &[Board], said: &[Said]) {
    for (uid, title, index, value) in said {
        let board = boards.iter().find(|board| board.uid == *uid).unwrap();
        let panel = board.panels().find(|panel| panel.title == *title).unwrap();
        prometheus.shows(&as_sent(&panel.queries[*index].expr, HOME), *value).await;
    }
}

/// Waits until the board of the target names this cause.
async fn names_cause(prometheus: &Prometheus, cause: &str) {
    let asked = as_sent(&login::cause(ONE), HOME);
    let is_named = async || Some(prometheus.query(&asked).await?.first()?.0["check"] == cause).filter(|named| *named);
    until(&format!("the cause {cause}"), is_named).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_gives_what_it_should_while_all_is_well_and_when_it_breaks() {
    let (daemon, prometheus) = start().await;
    let boards = boards();
    say(&prometheus, &boards, WELL).await;
    names_cause(&prometheus, "none").await;
    all(&prometheus, &boards, false).await;
    let mut types_seen = types(&prometheus).await;

    daemon.break_with(HOME, Fault::BasicNotSupported);
    say(&prometheus, &boards, PARTLY).await;
    names_cause(&prometheus, "none").await;

    FAULTS.iter().for_each(|fault| daemon.break_with(HOME, *fault));
    say(&prometheus, &boards, BROKEN).await;
    names_cause(&prometheus, "redirect_url_is_kasm").await;
    all(&prometheus, &boards, true).await;
    types_seen.extend(types(&prometheus).await);
    for board in picture::drawn() {
        let drawn = picture::picture(&prometheus, &board, HOME).await;
        assert!(drawn.contains(">no</text>") && drawn.contains(">redirect_url_is_kasm"), "{}: {drawn}", board.uid);
    }

    // A daemon that is gone leaves its targets as *cannot tell*: they do not vanish, and they are not green.
    daemon.ends_well().await;
    say(&prometheus, &boards, GONE).await;
    names_cause(&prometheus, "not known").await;

    for board in &boards {
        for (place, query) in board.queries() {
            assert_eq!(mistreated(&query.expr, &types_seen), Vec::<String>::new(), "{place}: {}", query.expr);
        }
    }
}

/// Asserts that there is a word for every value where a board shows words.
async fn words(prometheus: &Prometheus, board: &Board) {
    for panel in board.panels() {
        for (query, words) in panel.worded() {
            let asked = as_sent(&query.expr, HOME);
            for (_, value) in prometheus.query(&asked).await.unwrap_or_default() {
                let has_word = words.iter().any(|(known, _, _)| *known == value.to_string());
                assert!(has_word, "{} / {}: no word for {value}: {asked}", board.uid, panel.title);
            }
        }
    }
}

/// Asks everything of every board.
async fn all(prometheus: &Prometheus, boards: &[Board], is_broken: bool) {
    for board in boards {
        variables(prometheus, board).await;
        words(prometheus, board).await;
        if is_broken {
            columns(prometheus, board).await;
        }
        for (place, query) in board.queries() {
            gives(prometheus, &place, &query, is_broken).await;
        }
    }
}

/// The answers to the queries of a panel, for one time.
pub async fn answers(prometheus: &Prometheus, panel: &Panel, target: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for query in &panel.queries {
        answers.push(prometheus.query(&as_sent(&query.expr, target)).await.unwrap_or_default());
    }
    answers
}

/// A series over time: labels, and values by time.
pub type Line = (Value, Vec<(f64, f64)>);

/// The series of a query over the last seconds.
pub async fn over_time(prometheus: &Prometheus, query: &str, seconds: f64) -> Vec<Line> {
    let found = ask_over(prometheus, query, seconds).await.unwrap();
    let point = |point: &Value| (point[0].as_f64().unwrap(), point[1].as_str().unwrap().parse().unwrap());
    let points = |one: &Value| one["values"].as_array().unwrap().iter().map(point).collect();
    found.iter().map(|one| (one["metric"].clone(), points(one))).collect()
}

/// Asserts that every column of every table has a value somewhere.
async fn columns(prometheus: &Prometheus, board: &Board) {
    for panel in board.panels().filter(|panel| !panel.columns.is_empty()) {
        let table = frames::table(&panel.json(1, &Value::Null), &answers(prometheus, panel, HOME).await);
        assert_eq!(table.columns, panel.columns, "{} / {}", board.uid, panel.title);
        // Where nothing is joined, no cell can be empty.
        let is_full = table.rows.iter().flatten().all(Option::is_some);
        assert!(is_full || panel.queries.len() > 1, "{} / {}: {:?}", board.uid, panel.title, table.rows);
    }
}
