//! Rules about panels. The linter knows some kinds of panels; here they hold for all.

use serde_json::Value;

use super::{list, panels_of, queries_of, text, units};

/// Every panel and every query asks the data source that the reader chose.
pub fn datasource(board: &Value) -> Vec<String> {
    let panels = panels_of(board).map(|panel| (text(&panel["title"]), &panel["datasource"]));
    let queries = queries_of(board).map(|(title, query)| (title, &query["datasource"]));
    let other = panels.chain(queries).filter(|(_, source)| source["uid"] != "${datasource}");
    other.map(|(title, source)| format!("{title}: asks {source}")).collect()
}

/// Every panel has a title and says what it answers.
pub fn title_description(board: &Value) -> Vec<String> {
    let silent = |panel: &&Value| text(&panel["title"]).is_empty() || text(&panel["description"]).len() < 20;
    panels_of(board).filter(silent).map(|panel| format!("{} ({})", panel["title"], panel["description"])).collect()
}

/// Every panel has a unit, and every unit is one that Grafana knows: also that of a column.
pub fn has_unit(board: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for panel in panels_of(board) {
        let config = &panel["fieldConfig"];
        let properties = list(&config["overrides"]).iter().flat_map(|one| list(&one["properties"]));
        let of_columns = properties.filter(|one| one["id"] == "unit").map(|one| &one["value"]);
        let on_axis = &panel["options"]["yAxis"]["unit"];
        let all =
            std::iter::once(&config["defaults"]["unit"]).chain(of_columns).chain(on_axis.as_str().map(|_| on_axis));
        let unknown = all.filter(|unit| !units::UNITS.contains(&text(unit)));
        found.extend(unknown.map(|unit| format!("{}: the unit is {unit}", panel["title"])));
    }
    found
}

/// Every panel asks something.
pub fn no_targets(board: &Value) -> Vec<String> {
    let idle = panels_of(board).filter(|panel| list(&panel["targets"]).is_empty());
    idle.map(|panel| format!("{} asks nothing", panel["title"])).collect()
}
