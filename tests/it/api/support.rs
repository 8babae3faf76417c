//! Boards in several states, a journal with something in it, and the description to hold answers against.

use chrono::TimeDelta;
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use ssowatch::{
    checks,
    clock::Time,
    journal::{Entry, Journal},
    model::{Change, ChangeSubject, Report, Snapshot},
    results::Results,
};

use crate::web::support::{Setup, Surface, broken_snapshot, noon, place};

/// A surface whose journal saw these rounds of `home`, one a minute up to noon.
pub async fn with_journal(setup: Setup, rounds: &[Snapshot]) -> Surface {
    let surface = setup.serve().await;
    note(&surface.state.journal, rounds);
    surface
}

/// Notes rounds of `home`, one a minute, the last at noon.
pub fn note(journal: &Journal, rounds: &[Snapshot]) {
    let mut before: Option<Report> = None;
    for (number, snapshot) in (1..).zip(rounds) {
        let mut report = checks::evaluate(snapshot, None);
        report.at = minute(number - rounds.len() as i64);
        let change = Change {
            at: report.at,
            subject: ChangeSubject::KasmConfig,
            field: Some("scope".to_owned()),
            from: String::new(),
            to: format!("openid {number}"),
        };
        let changes = if before.is_some() { vec![change] } else { Vec::new() };
        let before_it = before.as_ref();
        journal.note(
            "home",
            Entry { snapshot, report: &report, before: before_it, changes: &changes, stale_after_seconds: 200.0 },
        );
        before = Some(report);
    }
}

/// A time around noon.
pub fn minute(count: i64) -> Time {
    noon() + TimeDelta::minutes(count)
}

/// A healthy and a broken target, one before its first round, and one that nobody has looked at for long.
pub async fn every_state() -> Surface {
    let surface = Setup::with(results()).serve().await;
    note(&surface.state.journal, &[Snapshot::healthy(), broken_snapshot(), Snapshot::healthy()]);
    surface
}

fn results() -> Results {
    let results = Results::default();
    results.list(["home", "broken", "new", "stale"].map(place));
    let mut stale = Snapshot::healthy();
    stale.taken_at -= TimeDelta::hours(3);
    for (name, snapshot) in
        [("home", Snapshot::healthy_with_credentials()), ("broken", broken_snapshot()), ("stale", stale)]
    {
        let report = checks::evaluate(&snapshot, None);
        results.put(name, snapshot, report);
    }
    results
}

/// The served description.
pub struct Description {
    pub document: Value,
}

impl Description {
    pub async fn of(surface: &Surface) -> Self {
        let answer = surface.get("/api/v1/openapi.json").await;
        assert_eq!(answer.status, 200);
        Self { document: answer.json() }
    }

    /// Every operation: path, method and itself.
    pub fn operations(&self) -> Vec<(String, String, &Value)> {
        let paths = self.document["paths"].as_object().unwrap();
        let methods = |item: &'_ Value| -> Vec<String> {
            let is_method = |name: &&String| ["get", "post", "put", "delete", "patch"].contains(&name.as_str());
            item.as_object().unwrap().keys().filter(is_method).cloned().collect()
        };
        paths
            .iter()
            .flat_map(|(path, item)| {
                methods(item).into_iter().map(move |method| (path.clone(), method.clone(), &item[&method]))
            })
            .collect()
    }

    /// Asserts that a body is of the form that an operation describes for a status, without a field that it does not.
    #[track_caller]
    pub fn holds(&self, path: &str, method: &str, status: u16, body: &Value) {
        let responses = &self.document["paths"][path][method]["responses"];
        let response = responses.get(status.to_string()).unwrap_or(&responses["default"]);
        let response = response.get("$ref").map_or(response, |place| self.at(place.as_str().unwrap()));
        let (_, content) = response["content"].as_object().unwrap().iter().next().unwrap();
        let found: Vec<String> = self
            .validator(&content["schema"])
            .iter_errors(body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(found.is_empty(), "{method} {path} answers {status} otherwise than described: {found:#?}\n{body:#}");
    }

    fn at(&self, place: &str) -> &Value {
        self.document.pointer(place.trim_start_matches('#')).unwrap_or_else(|| panic!("nothing at {place}"))
    }

    fn validator(&self, schema: &Value) -> Validator {
        let mut whole = json!({"components": self.document["components"], "allOf": [schema]});
        let schemas = &mut whole["components"]["schemas"];
        close(schemas);
        // Target is this and one field more, and closed as a whole.
        schemas["Report"].as_object_mut().unwrap().remove("unevaluatedProperties");
        jsonschema::draft202012::options().should_validate_formats(true).build(&whole).unwrap()
    }
}

/// Refuses the fields that a schema does not name. Clients must not: more may follow.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let is_part = |members: &Map<String, Value>| members.contains_key("properties");
            for (word, member) in members.iter_mut() {
                // What is joined with others is closed by the whole.
                if word != "allOf" {
                    close(member);
                }
            }
            let is_object = members.get("type").is_some_and(|kind| {
                kind == "object" || kind.as_array().is_some_and(|kinds| kinds.contains(&json!("object")))
            });
            if (is_object && is_part(members)) || members.contains_key("allOf") {
                members.insert("unevaluatedProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
