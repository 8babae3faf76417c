//! The rules of Grafana's dashboard-linter (0.1.0), all 17 and no exclusion, and the rules of this house.
//!
//! Each rule is a function from a board, as it is shipped, to what is wrong with it. [`broken`] holds a board for each
//! rule that breaks it.

mod broken;
mod house;
mod panels;
mod queries;
mod templates;
mod units;

use serde_json::Value;

use super::{boards, promql};

pub use templates::label_query;

/// A rule: its name, and what it finds wrong with a board.
pub struct Rule {
    pub name: &'static str,
    pub find: fn(&Value) -> Vec<String>,
}

macro_rules! rules {
    ($($name:literal: $find:path;)+) => { &[$(Rule { name: $name, find: $find },)+] };
}

/// The linter's own rules, by its names.
const OF_THE_LINTER: &[Rule] = rules! {
    "template-datasource-rule": templates::datasource;
    "template-job-rule": templates::job;
    "template-instance-rule": templates::instance;
    "template-label-promql-rule": templates::label_promql;
    "template-on-time-change-reload-rule": templates::on_time_change_reload;
    "panel-datasource-rule": panels::datasource;
    "panel-title-description-rule": panels::title_description;
    "panel-units-rule": panels::has_unit;
    "panel-no-targets-rule": panels::no_targets;
    "target-logql-rule": queries::logql;
    "target-logql-auto-rule": queries::logql_auto;
    "target-promql-rule": queries::promql;
    "target-rate-interval-rule": queries::rate_interval;
    "target-job-rule": queries::job;
    "target-instance-rule": queries::instance;
    "target-counter-agg-rule": queries::counter_agg;
    "uneditable-dashboard": templates::uneditable;
};

/// What we ask of ourselves.
const OF_THE_HOUSE: &[Rule] = rules! {
    "identity": house::identity;
    "portable": house::portable;
    "ids": house::ids;
    "grid": house::grid;
    "no-value": house::no_value;
    "words-beside-colour": house::words_beside_colour;
    "rates-have-scrapes": house::rates_have_scrapes;
    "links": house::links;
    "annotations": house::annotations;
    "one-screen": house::one_screen;
};

fn rules() -> impl Iterator<Item = &'static Rule> {
    OF_THE_LINTER.iter().chain(OF_THE_HOUSE)
}

/// The panels of a board without headings.
fn panels_of(board: &Value) -> impl Iterator<Item = &Value> {
    list(&board["panels"]).iter().filter(|panel| panel["type"] != "row")
}

/// The queries of a board's panels, each with its panel's title.
fn queries_of(board: &Value) -> impl Iterator<Item = (&str, &Value)> {
    panels_of(board).flat_map(|panel| list(&panel["targets"]).iter().map(|query| (text(&panel["title"]), query)))
}

/// The variables of a board.
fn variables_of(board: &Value) -> &[Value] {
    list(&board["templating"]["list"])
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn no_rule_finds_anything() {
    let found: Vec<String> = boards()
        .iter()
        .flat_map(|board| {
            let json = board.json();
            rules().flat_map(move |rule| {
                (rule.find)(&json)
                    .into_iter()
                    .map(|what| format!("{}: {}: {what}", board.uid, rule.name))
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_linter_has_seventeen_rules() {
    assert_eq!(OF_THE_LINTER.len(), 17);
}
