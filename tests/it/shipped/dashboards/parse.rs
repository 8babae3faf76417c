//! Debian's promtool, an old one, reads every query: good syntax, and no function newer than Prometheus 2.42.

use std::process::Command;

use super::boards;

/// A query as Grafana sends it, for one target.
pub fn as_sent(query: &str, target: &str) -> String {
    query
        .replace("$__rate_interval", "5m")
        .replace("$__interval", "1m")
        .replace("$__range", "1h")
        .replace("$target", target)
        .replace("$job", ".+")
        .replace("$instance", ".+")
}

/// What promtool says of queries, each as a recording rule.
fn promtool(queries: &[String]) -> Result<(), String> {
    let rules: Vec<serde_json::Value> = queries
        .iter()
        .enumerate()
        .map(|(index, query)| serde_json::json!({"record": format!("query:{index}"), "expr": query}))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queries.yml");
    // JSON is YAML.
    std::fs::write(&file, serde_json::json!({"groups": [{"name": "queries", "rules": rules}]}).to_string()).unwrap();
    let mut command = Command::new("promtool");
    let output = command.args(["check", "rules"]).arg(&file).output();
    let output = output.unwrap_or_else(|error| panic!("promtool ({error}): run tests/run once"));
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn promtool_reads_every_query() {
    let queries: Vec<String> =
        boards().iter().flat_map(|board| board.queries()).map(|(_, query)| as_sent(&query.expr, "home")).collect();
    assert!(queries.len() > 20, "{}", queries.len());
    assert!(!queries.iter().any(|query| query.contains('$')), "a variable is left");
    assert_eq!(promtool(&queries), Ok(()));
}

#[test]
fn promtool_refuses_what_it_does_not_know() {
    assert!(promtool(&["sum(up".to_owned()]).is_err());
    assert!(promtool(&["double_exponential_smoothing(up[5m], 0.5, 0.5)".to_owned()]).is_err());
}
