//! Every query of the boards, asked of a real Prometheus that scrapes `ssowatch serve` over a lab: first all is well, then
//! it breaks, then the daemon is gone.

use std::collections::BTreeSet;

use serde_json::Value;
use ssowatch::{
    lab::{Fault, LabOptions},
    model::Stage,
};

use super::{
    ask::{answers, ask, escaped},
    board::Board,
    boards, frames, login,
    parse::as_sent,
    picture,
    query::{Form, Gives, ONE, Query},
    served::Served,
    types::{mistreated, types},
};
use crate::end_to_end::prometheus::{Prometheus, until};

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

/// What breaks, after a fault that breaks a part only: Kasm sends a redirect URL with one slash too many, which is a
/// cause, a drift and a change; and a source fails.
const FAULTS: [Fault; 2] = [Fault::RedirectUrlTrailingSlash, Fault::JwksServerError];

/// A daemon over a lab with everything that can be seen, and a Prometheus that scrapes it.
async fn start() -> (Served, Prometheus) {
    let daemon = Served::over(&[(HOME, LabOptions { tls: true, ..LabOptions::default() }, &[])], "10s").await;
    let prometheus = Prometheus::with_rules(daemon.address, &[], RULES).await;
    (daemon, prometheus)
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

/// What a panel says: its board, its title, which of its queries, and the value.
type Said = (&'static str, &'static str, usize, f64);

const WELL: &[Said] = &[
    ("ssowatch-overview", "Can users sign in?", 0, 3.0),
    ("ssowatch-overview", "Targets by answer", 0, 1.0),
    ("ssowatch-overview", "Is ssowatch up?", 0, 1.0),
    ("ssowatch-overview", "Fields that differ", 0, 0.0),
    ("ssowatch-overview", "Failing checks", 0, 0.0),
    ("ssowatch-overview", "Targets", 5, 1.0),
    ("ssowatch-overview", "Targets", 9, 0.0),
    ("ssowatch-target", "Can users sign in?", 0, 3.0),
    ("ssowatch-target", "What broke first", 0, 3.0),
    ("ssowatch-target", "Maintenance", 0, 0.0),
    ("ssowatch-target", "The login path, by stage", Stage::Start as usize, 3.0),
    // What nobody can prove from outside is not shown as good.
    ("ssowatch-target", "The login path, by stage", Stage::Landing as usize, -1.0),
    ("ssowatch-daemon", "Does it evaluate right?", 0, 1.0),
    ("ssowatch-daemon", "Is its configuration in force?", 0, 1.0),
    ("ssowatch-daemon", "Is its journal kept?", 0, 1.0),
    ("ssowatch-daemon", "Heartbeats", 1, 0.0),
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
const MUTED: &[Said] = &[("ssowatch-overview", "Targets", 9, 1.0), ("ssowatch-target", "Maintenance", 0, 1.0)];
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
    names_cause(&prometheus, "redirect_uri_is_own").await;
    all(&prometheus, &boards, true).await;
    types_seen.extend(types(&prometheus).await);
    for board in picture::drawn() {
        let drawn = picture::picture(&prometheus, &board, HOME).await;
        assert!(drawn.contains(">no</text>") && drawn.contains(">redirect_uri_is_own"), "{}: {drawn}", board.uid);
    }

    daemon.mute(HOME).await;
    say(&prometheus, &boards, MUTED).await;

    // A daemon that is gone leaves its targets as *cannot tell*: they do not vanish, and they are not green.
    daemon.dies().await;
    say(&prometheus, &boards, GONE).await;
    names_cause(&prometheus, "not known").await;

    for board in &boards {
        for (place, query) in board.queries() {
            // What no scenario plays was not scraped either, so Prometheus has no type of it.
            let is_unplayed = |what: &str| matches!(query.gives, Gives::Perhaps(_)) && what.ends_with(" is a None");
            let mut wrong = mistreated(&query.expr, &types_seen);
            wrong.retain(|what| !is_unplayed(what));
            assert_eq!(wrong, Vec::<String>::new(), "{place}: {}", query.expr);
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
