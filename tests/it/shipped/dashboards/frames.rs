//! What Grafana makes of answers: rows and columns of a table, and what a value is shown as. Done here as Grafana does
//! it, from the JSON that is shipped, so that a transformation that names a field which never comes is found.

use std::collections::BTreeMap;

use serde_json::Value;

use super::query::ref_id;

/// The series of one answer: labels and value.
pub type Answer = Vec<(Value, f64)>;

/// One cell: a label's text, or a number.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Text(String),
    Number(f64),
}

/// One row by the names of its fields.
type Row = BTreeMap<String, Cell>;

/// A table as it is shown.
#[derive(Debug, PartialEq)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Option<Cell>>>,
}

/// The table of a panel, from the answers to its queries.
pub fn table(panel: &Value, answers: &[Answer]) -> Table {
    let mut frames = frames(answers);
    let mut table = Table { columns: Vec::new(), rows: Vec::new() };
    for transformation in panel["transformations"].as_array().unwrap() {
        let options = &transformation["options"];
        match transformation["id"].as_str().unwrap() {
            "joinByField" => frames = vec![joined(frames, options["byField"].as_str().unwrap())],
            "filterFieldsByName" => keep(&mut frames, &options["include"]["names"]),
            "organize" => table = organized(frames.first().map(Vec::as_slice).unwrap_or_default(), options),
            other => panic!("{other} is not done here"),
        }
    }
    sort(&mut table, &panel["options"]["sortBy"]);
    table
}

/// A frame for each answer that has rows. Where there is only one, its value has no letter.
fn frames(answers: &[Answer]) -> Vec<Vec<Row>> {
    let alone = answers.iter().filter(|answer| !answer.is_empty()).count() == 1;
    let with_rows = answers.iter().enumerate().filter(|(_, answer)| !answer.is_empty());
    with_rows
        .map(|(index, answer)| {
            let name = if alone { "Value".to_owned() } else { format!("Value #{}", ref_id(index)) };
            answer.iter().map(|(labels, value)| row(labels, &name, *value)).collect()
        })
        .collect()
}

fn row(labels: &Value, name: &str, value: f64) -> Row {
    let labels = labels.as_object().into_iter().flatten();
    let texts = labels.map(|(label, text)| (label.clone(), Cell::Text(text.as_str().unwrap().to_owned())));
    texts.chain([(name.to_owned(), Cell::Number(value))]).collect()
}

/// One row for each text of a field.
fn joined(frames: Vec<Vec<Row>>, field: &str) -> Vec<Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for row in frames.into_iter().flatten() {
        if let Some(Cell::Text(key)) = row.get(field).cloned() {
            rows.entry(key).or_default().extend(row);
        }
    }
    rows.into_values().collect()
}

fn keep(frames: &mut [Vec<Row>], names: &Value) {
    for row in frames.iter_mut().flatten() {
        row.retain(|name, _| names.as_array().unwrap().iter().any(|kept| kept == name));
    }
}

/// Columns in their order under their titles, those that some row has.
fn organized(rows: &[Row], options: &Value) -> Table {
    let mut order: Vec<(&String, u64)> =
        options["indexByName"].as_object().unwrap().iter().map(|(name, at)| (name, at.as_u64().unwrap())).collect();
    order.sort_by_key(|(_, at)| *at);
    let there: Vec<&String> =
        order.into_iter().map(|(name, _)| name).filter(|name| rows.iter().any(|row| row.contains_key(*name))).collect();
    let title = |name: &&String| options["renameByName"][name.as_str()].as_str().unwrap().to_owned();
    Table {
        columns: there.iter().map(title).collect(),
        rows: rows.iter().map(|row| there.iter().map(|name| row.get(*name).cloned()).collect()).collect(),
    }
}

fn sort(table: &mut Table, by: &Value) {
    let Some(title) = by[0]["displayName"].as_str() else { return };
    let Some(at) = table.columns.iter().position(|column| column == title) else { return };
    let key = |row: &Vec<Option<Cell>>| match &row[at] {
        Some(Cell::Number(number)) => (*number, String::new()),
        Some(Cell::Text(text)) => (0.0, text.clone()),
        None => (f64::INFINITY, String::new()),
    };
    table.rows.sort_by(|left, right| key(left).partial_cmp(&key(right)).unwrap());
    if by[0]["desc"] == true {
        table.rows.reverse();
    }
}

/// How the values of a field are shown: the panel's defaults, and what an override says of the field by its name.
pub struct Style<'a> {
    defaults: &'a Value,
    overrides: Vec<&'a Value>,
    /// Unix time.
    now: f64,
}

impl<'a> Style<'a> {
    /// The style of a field of a panel, at a time.
    pub fn of(panel: &'a Value, field: &str, now: f64) -> Self {
        let config = &panel["fieldConfig"];
        let named = config["overrides"].as_array().unwrap().iter().filter(|one| one["matcher"]["options"] == field);
        let overrides = named.flat_map(|one| one["properties"].as_array().unwrap()).collect();
        Self { defaults: &config["defaults"], overrides, now }
    }

    /// A property: `unit`, `decimals`, `noValue`, `mappings`, `thresholds`.
    pub fn property(&self, id: &str) -> &'a Value {
        let own = self.overrides.iter().find(|property| property["id"] == id).map(|property| &property["value"]);
        own.unwrap_or(&self.defaults[id])
    }

    /// What is shown where there is no value.
    pub fn absent(&self) -> &'a str {
        self.property("noValue").as_str().unwrap_or_default()
    }

    /// The text and the colour of a value.
    pub fn shown(&self, value: f64) -> (String, String) {
        let word = &self.property("mappings")[0]["options"][value.to_string()];
        if let (Some(text), Some(color)) = (word["text"].as_str(), word["color"].as_str()) {
            return (text.to_owned(), color.to_owned());
        }
        let steps = self.property("thresholds")["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
        let reached = steps.iter().rfind(|step| step["value"].as_f64().is_none_or(|from| from <= value));
        let color = reached.and_then(|step| step["color"].as_str()).unwrap_or("text");
        let decimals = self.property("decimals").as_u64().and_then(|count| usize::try_from(count).ok());
        let unit = self.property("unit").as_str().unwrap_or_default();
        (number(value, unit, decimals, self.now), color.to_owned())
    }
}

/// A number in a unit, near enough to how Grafana writes it.
fn number(value: f64, unit: &str, decimals: Option<usize>, now: f64) -> String {
    let short = |value: f64| format!("{value:.*}", decimals.unwrap_or(if value.fract() == 0.0 { 0 } else { 2 }));
    match unit {
        "percentunit" => format!("{:.*} %", decimals.unwrap_or(1), value * 100.0),
        "dtdurations" => duration(value),
        "dateTimeFromNow" => duration(value / 1000.0 - now),
        "s" if value.abs() < 1.0 => format!("{:.1} ms", value * 1000.0),
        "s" => format!("{value:.1} s"),
        "bytes" => format!("{:.1} MiB", value / 1_048_576.0),
        _ => short(value),
    }
}

/// The two largest parts of a duration.
fn duration(seconds: f64) -> String {
    let parts = [("day", 86_400.0), ("hour", 3600.0), ("minute", 60.0), ("second", 1.0)];
    let mut left = seconds.abs().round();
    let mut said = Vec::new();
    for (name, length) in parts {
        let count = (left / length).floor();
        left -= count * length;
        if count > 0.0 {
            said.push(format!("{count} {name}{}", if count == 1.0 { "" } else { "s" }));
        }
    }
    said.truncate(2);
    let ago = if seconds < 0.0 { " ago" } else { "" };
    if said.is_empty() { "0 seconds".to_owned() } else { format!("{}{ago}", said.join(", ")) }
}

#[test]
fn tables_are_joined_kept_and_named_as_grafana_does_it() {
    use serde_json::json;
    let panel = json!({
        "transformations": [
            {"id": "joinByField", "options": {"byField": "target", "mode": "outer"}},
            {"id": "filterFieldsByName", "options": {"include": {"names": ["target", "Value #A", "Value", "Value #C"]}}},
            {"id": "organize", "options": {
                "indexByName": {"target": 0, "Value #A": 1, "Value": 2, "Value #C": 3},
                "renameByName": {"target": "Target", "Value #A": "State", "Value": "State", "Value #C": "Left"},
            }},
        ],
        "options": {"sortBy": [{"displayName": "State", "desc": false}]},
    });
    let of = |target: &str, value: f64| (json!({"target": target, "job": "x"}), value);
    let (text, number) = (|text: &str| Some(Cell::Text(text.to_owned())), |value| Some(Cell::Number(value)));
    let full = table(&panel, &[vec![of("a", 3.0), of("b", 0.0)], vec![], vec![of("b", 7.0)]]);
    assert_eq!(full.columns, ["Target", "State", "Left"]);
    assert_eq!(full.rows, [[text("b"), number(0.0), number(7.0)], [text("a"), number(3.0), None]]);
    let alone = table(&panel, &[vec![of("a", 3.0)], vec![], vec![]]);
    assert_eq!(
        (alone.columns, alone.rows),
        (vec!["Target".to_owned(), "State".to_owned()], vec![vec![text("a"), number(3.0)]])
    );
    assert_eq!(table(&panel, &[vec![], vec![], vec![]]).rows, Vec::<Vec<_>>::new());
}
