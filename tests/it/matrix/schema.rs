//! Holds a value against `tests/report.schema.json`, by the few words of JSON Schema that it uses.

use serde_json::Value;

const SCHEMA: &str = include_str!("../../report.schema.json");

/// The words that are understood; another one in the schema would not be held.
const WORDS: [&str; 12] = [
    "$schema",
    "$id",
    "title",
    "description",
    "type",
    "format",
    "enum",
    "const",
    "required",
    "properties",
    "items",
    "minimum",
];

/// What of the value is not as the schema says.
pub fn violations(value: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut found = Vec::new();
    hold(&schema, value, "", &mut found);
    found
}

fn hold(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    for word in schema.as_object().unwrap().keys() {
        assert!(WORDS.contains(&word.as_str()), "{place}: the schema uses {word}, which nobody holds");
    }
    let listed = |word: &str| schema[word].as_array().into_iter().flatten();
    let types: Vec<&Value> = schema.get("type").into_iter().chain(listed("type")).collect();
    if !types.is_empty() && !types.iter().any(|name| is(value, name)) {
        found.push(format!("{place}: {value} is not of type {}", schema["type"]));
    }
    if schema.get("enum").is_some() && !listed("enum").any(|allowed| allowed == value) {
        found.push(format!("{place}: {value} is none of {}", schema["enum"]));
    }
    if schema.get("const").is_some_and(|only| only != value) {
        found.push(format!("{place}: {value} is not {}", schema["const"]));
    }
    if let Some(format) = schema.get("format") {
        assert_eq!(format, "date-time", "{place}: a format that nobody holds");
        if value.as_str().is_none_or(|text| chrono::DateTime::parse_from_rfc3339(text).is_err()) {
            found.push(format!("{place}: {value} is no time"));
        }
    }
    if schema["minimum"].as_f64().zip(value.as_f64()).is_some_and(|(least, number)| number < least) {
        found.push(format!("{place}: {value} is less than {}", schema["minimum"]));
    }
    if let Some(object) = value.as_object() {
        let missing = listed("required").filter_map(Value::as_str).filter(|name| !object.contains_key(*name));
        found.extend(missing.map(|name| format!("{place}: lacks {name}")));
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = object.get(name) {
                hold(member, value, &format!("{place}/{name}"), found);
            }
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        if let Some(schema) = schema.get("items") {
            hold(schema, item, &format!("{place}/{index}"), found);
        }
    }
}

fn is(value: &Value, name: &Value) -> bool {
    match name.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => false,
    }
}

#[test]
fn a_report_that_breaks_the_schema_is_told_with_its_place() {
    let report = serde_json::json!({"format": 2, "targets": [{"login": "perhaps", "checks": {}}]});
    let found = violations(&report);
    for words in ["/format: 2 is not 1", "/targets/0/login: \"perhaps\" is none of", "/targets/0: lacks cause"] {
        assert!(found.iter().any(|violation| violation.starts_with(words)), "{words}: {found:?}");
    }
    assert!(found.iter().any(|violation| violation.starts_with("/targets/0/checks: {} is not of type")), "{found:?}");
}
