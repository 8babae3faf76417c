//! For each rule a board that breaks it: a rule that never finds anything is none.

use serde_json::{Value, json};

use super::{Rule, rules};
use crate::shipped::dashboards::overview;

/// What breaks the overview, and the rule that must say so.
type Break = (&'static str, fn(&mut Value));

/// The first panel of a kind.
fn panel<'a>(board: &'a mut Value, kind: &str) -> &'a mut Value {
    board["panels"].as_array_mut().unwrap().iter_mut().find(|panel| panel["type"] == kind).unwrap()
}

/// The query of the first stat.
fn query(board: &mut Value) -> &mut Value {
    &mut panel(board, "stat")["targets"][0]
}

/// A variable.
fn variable<'a>(board: &'a mut Value, name: &str) -> &'a mut Value {
    board["templating"]["list"].as_array_mut().unwrap().iter_mut().find(|one| one["name"] == name).unwrap()
}

fn without(name: &str, board: &mut Value) {
    board["templating"]["list"].as_array_mut().unwrap().retain(|one| one["name"] != name);
}

const BREAKS: &[Break] = &[
    ("template-datasource-rule", |board| without("datasource", board)),
    ("template-datasource-rule", |board| variable(board, "datasource")["name"] = json!("ds")),
    ("template-datasource-rule", |board| variable(board, "datasource")["label"] = json!("Prometheus")),
    ("template-datasource-rule", |board| variable(board, "datasource")["query"] = json!("loki")),
    ("template-job-rule", |board| without("job", board)),
    ("template-job-rule", |board| variable(board, "job")["allValue"] = json!(".*")),
    ("template-job-rule", |board| variable(board, "job")["datasource"]["uid"] = json!("prometheus")),
    ("template-instance-rule", |board| without("instance", board)),
    ("template-instance-rule", |board| variable(board, "instance")["multi"] = json!(false)),
    ("template-instance-rule", |board| variable(board, "instance")["label"] = json!("instance")),
    ("template-label-promql-rule", |board| variable(board, "target")["query"] = json!("label_values(up{, target)")),
    ("template-label-promql-rule", |board| variable(board, "target")["query"] = json!("labels(up, target)")),
    ("template-on-time-change-reload-rule", |board| variable(board, "target")["refresh"] = json!(1)),
    ("panel-datasource-rule", |board| panel(board, "table")["datasource"] = json!({"uid": "prometheus"})),
    ("panel-datasource-rule", |board| query(board)["datasource"] = json!({"uid": "-- Mixed --"})),
    ("panel-title-description-rule", |board| panel(board, "stat")["title"] = json!("")),
    ("panel-title-description-rule", |board| panel(board, "table")["description"] = json!("")),
    ("panel-units-rule", |board| panel(board, "stat")["fieldConfig"]["defaults"]["unit"] = Value::Null),
    ("panel-units-rule", |board| panel(board, "table")["fieldConfig"]["defaults"]["unit"] = json!("seconds")),
    ("panel-no-targets-rule", |board| panel(board, "state-timeline")["targets"] = json!([])),
    ("target-logql-rule", |board| query(board)["datasource"]["type"] = json!("loki")),
    ("target-logql-auto-rule", |board| {
        query(board)["datasource"]["type"] = json!("loki");
        query(board)["expr"] = json!("rate({app=\"ssowatch\"}[5m])");
    }),
    ("target-promql-rule", |board| query(board)["expr"] = json!("sum(")),
    ("target-promql-rule", |board| query(board)["expr"] = json!("no_such_function(up)")),
    ("target-rate-interval-rule", |board| query(board)["expr"] = json!("rate(ssowatch_rounds_total[5m])")),
    ("target-job-rule", |board| query(board)["expr"] = json!("up{job=\"$job\",instance=~\"$instance\"}")),
    ("target-instance-rule", |board| query(board)["expr"] = json!("up{job=~\"$job\"}")),
    ("target-counter-agg-rule", |board| query(board)["expr"] = json!("sum(ssowatch_rounds_total)")),
    ("target-counter-agg-rule", |board| query(board)["expr"] = json!("deriv(ssowatch_rounds_total[1h])")),
    ("uneditable-dashboard", |board| board["editable"] = json!(true)),
    ("identity", |board| board["uid"] = json!("abc")),
    ("identity", |board| board["schemaVersion"] = json!(42)),
    ("identity", |board| board["id"] = json!(7)),
    ("identity", |board| board["tags"] = json!([])),
    ("portable", |board| board["__inputs"] = json!([])),
    ("ids", |board| panel(board, "table")["id"] = json!(1)),
    ("ids", |board| panel(board, "table")["id"] = Value::Null),
    ("grid", |board| panel(board, "table")["gridPos"]["y"] = json!(2)),
    ("grid", |board| panel(board, "table")["gridPos"]["w"] = json!(25)),
    ("no-value", |board| panel(board, "stat")["fieldConfig"]["defaults"]["noValue"] = Value::Null),
    ("no-value", |board| panel(board, "table")["fieldConfig"]["defaults"]["noValue"] = json!("OK")),
    ("words-beside-colour", |board| {
        panel(board, "stat")["fieldConfig"]["defaults"]["mappings"][0]["options"]["0"]["text"] = Value::Null;
    }),
    ("words-beside-colour", |board| panel(board, "state-timeline")["options"]["showValue"] = json!("never")),
    ("words-beside-colour", |board| {
        panel(board, "state-timeline")["fieldConfig"]["defaults"]["mappings"] = json!([]);
    }),
    ("rates-have-scrapes", |board| query(board)["expr"] = json!("rate(ssowatch_rounds_total[$__rate_interval])")),
    ("links", |board| board["links"] = json!([])),
    ("links", |board| board["links"][0]["keepTime"] = json!(false)),
    ("annotations", |board| board["annotations"]["list"] = json!([])),
    ("annotations", |board| board["annotations"]["list"][1]["name"] = json!("Alerts")),
    ("one-screen", |board| panel(board, "table")["gridPos"]["h"] = json!(40)),
    ("one-screen", |board| without("target", board)),
];

#[test]
fn each_rule_finds_what_breaks_it() {
    for (name, spoil) in BREAKS {
        let rule: &Rule = rules().find(|rule| rule.name == *name).unwrap_or_else(|| panic!("no rule {name}"));
        let mut board = overview::board().json();
        assert_eq!((rule.find)(&board), Vec::<String>::new(), "{name}: before");
        spoil(&mut board);
        assert_ne!((rule.find)(&board), Vec::<String>::new(), "{name} does not see it");
    }
}

#[test]
fn each_rule_is_broken_by_a_board() {
    for rule in rules() {
        assert!(BREAKS.iter().any(|(name, _)| *name == rule.name), "nothing breaks {}", rule.name);
    }
}
