//! Rules about the queries of panels.

use promql_parser::{label::MatchOp, parser::Expr};
use serde_json::Value;

use super::{promql, queries_of, text};

/// There is no Loki here, so no query can be wrong LogQL.
pub fn logql(board: &Value) -> Vec<String> {
    let of_loki = queries_of(board).filter(|(_, query)| query["datasource"]["type"] == "loki");
    of_loki.map(|(title, _)| format!("{title} asks Loki, whose queries are not read here")).collect()
}

/// Nor can one have a fixed range where Loki's own would be right.
pub fn logql_auto(board: &Value) -> Vec<String> {
    let of_loki = queries_of(board).filter(|(_, query)| query["datasource"]["type"] == "loki");
    let fixed =
        of_loki.filter(|(_, query)| text(&query["expr"]).contains('[') && !text(&query["expr"]).contains("$__auto"));
    fixed.map(|(title, _)| format!("{title}: a fixed range, not $__auto")).collect()
}

/// Every query is PromQL.
pub fn promql(board: &Value) -> Vec<String> {
    queries_of(board)
        .filter_map(|(title, query)| Some(format!("{title}: {}", promql::read(text(&query["expr"])).err()?)))
        .collect()
}

/// Every query that can be read, with its panel's title.
fn read(board: &Value) -> impl Iterator<Item = (&str, Expr)> {
    queries_of(board).filter_map(|(title, query)| Some((title, promql::read(text(&query["expr"])).ok()?)))
}

/// `rate()` looks back as far as Grafana's resolution needs.
pub fn rate_interval(board: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (title, expr) in read(board) {
        let rates = promql::selectors(&expr).into_iter().filter(|one| matches!(one.function, Some("rate" | "irate")));
        let fixed = rates.filter(|one| one.range.is_some_and(|range| range != promql::RATE_INTERVAL));
        found.extend(fixed.map(|one| format!("{title}: rate({}) over a fixed range", one.name)));
    }
    found
}

/// Every choice of series goes by the variable `job`.
pub fn job(board: &Value) -> Vec<String> {
    lacking(board, "job")
}

/// Every choice of series goes by the variable `instance`.
pub fn instance(board: &Value) -> Vec<String> {
    lacking(board, "instance")
}

fn lacking(board: &Value, label: &str) -> Vec<String> {
    let wanted = format!("${label}");
    let mut found = Vec::new();
    for (title, expr) in read(board) {
        for selector in promql::selectors(&expr) {
            let mut matchers = selector.matchers.iter();
            let has = matchers.any(|one| one.name == label && matches!(one.op, MatchOp::Re(_)) && one.value == wanted);
            if !has {
                found.push(format!("{title}: {} without {label}=~\"{wanted}\"", selector.name));
            }
        }
    }
    found
}

/// A counter is only shown as a rate or an increase.
pub fn counter_agg(board: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (title, expr) in read(board) {
        let counters = promql::selectors(&expr).into_iter().filter(|one| one.name.ends_with("_total"));
        let bare = counters.filter(|one| !matches!(one.function, Some("rate" | "irate" | "increase")));
        found.extend(bare.map(|one| format!("{title}: the bare counter {}", one.name)));
    }
    found
}
