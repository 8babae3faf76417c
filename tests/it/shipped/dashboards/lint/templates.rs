//! Rules about a board and its variables.

use serde_json::Value;

use super::{promql, text, variables_of};

/// The variable that chooses the data source is there, and is named as everywhere.
pub fn datasource(board: &Value) -> Vec<String> {
    let sources: Vec<&Value> = variables_of(board).iter().filter(|one| one["type"] == "datasource").collect();
    let [source] = sources[..] else { return vec![format!("{} variables choose a data source, not 1", sources.len())] };
    let mut found = Vec::new();
    if source["name"] != "datasource" || source["label"] != "Data source" {
        found.push(format!("the data source is called {} ({})", source["name"], source["label"]));
    }
    if source["query"] != "prometheus" {
        found.push(format!("the data source is {}", source["query"]));
    }
    found
}

/// The variable `job` is there.
pub fn job(board: &Value) -> Vec<String> {
    variable(board, "job", "Job")
}

/// The variable `instance` is there.
pub fn instance(board: &Value) -> Vec<String> {
    variable(board, "instance", "Instance")
}

fn variable(board: &Value, name: &str, label: &str) -> Vec<String> {
    let Some(variable) = variables_of(board).iter().find(|one| one["name"] == name) else {
        return vec![format!("no variable {name}")];
    };
    let wanted = [
        ("type", Value::from("query")),
        ("label", Value::from(label)),
        ("multi", Value::from(true)),
        ("allValue", Value::from(".+")),
    ];
    let mut found: Vec<String> = wanted
        .iter()
        .filter(|(key, value)| variable[*key] != *value)
        .map(|(key, value)| format!("{name}: {key} is {}, not {value}", variable[*key]))
        .collect();
    if variable["datasource"]["uid"] != "${datasource}" {
        found.push(format!("{name}: asks {}", variable["datasource"]));
    }
    found
}

/// The queries of variables are good PromQL in a function that Grafana knows.
pub fn label_promql(board: &Value) -> Vec<String> {
    let queries = variables_of(board).iter().filter(|one| one["type"] == "query").map(|one| text(&one["query"]));
    queries.filter_map(|query| label_query(query).err()).collect()
}

/// Which series a variable's query chooses, and the label whose values it lists.
///
/// # Errors
/// It is no query of that form.
pub fn label_query(query: &str) -> Result<(&str, &str), String> {
    let inner = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
    let inner = inner.ok_or_else(|| format!("only label_values() is known here: {query}"))?;
    let (series, label) = inner.rsplit_once(", ").ok_or_else(|| format!("no label: {query}"))?;
    promql::read(series).map(|_| (series, label))
}

/// Variables are asked again when the time range changes.
pub fn on_time_change_reload(board: &Value) -> Vec<String> {
    let queries = variables_of(board).iter().filter(|one| one["type"] == "query");
    let stale = queries.filter(|one| one["refresh"] != 2);
    stale.map(|one| format!("{}: refresh is {}", one["name"], one["refresh"])).collect()
}

/// The board cannot be edited by accident.
pub fn uneditable(board: &Value) -> Vec<String> {
    if board["editable"] == false { Vec::new() } else { vec!["it can be edited".to_owned()] }
}
