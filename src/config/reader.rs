//! Reads a tree field by field and goes on after a problem, so that all of them are reported at once.
//!
//! A section knows which keys were asked of it; whatever is left over is unknown. The list of known keys is thus the code
//! that reads them, and cannot drift from it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    interpolate::interpolate,
    problems::{ConfigError, Mark, Problem, did_you_mean},
    yaml::{Entry, Node, Value},
};
use crate::schedule::duration;

/// Gives the environment's variables.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What reads a configuration, and what it has found on the way.
pub(super) struct Reader<'a> {
    origin: &'a str,
    folder: &'a Path,
    /// The variables that may be put into values; none where values are taken as they stand.
    lookup: Option<Lookup<'a>>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    /// The warnings that are about a file which cannot be read.
    unreadable: Vec<Problem>,
    /// The environment variables that were put in, with their values: they belong to the configuration's hash.
    used: BTreeMap<String, String>,
}

/// A configuration without problems.
pub(super) struct Reading<T> {
    pub value: T,
    /// One line each.
    pub warnings: Vec<String>,
    /// Those of them that are about a file which cannot be read.
    pub unreadable: Vec<String>,
    /// The environment variables that were put in, with their values.
    pub used: BTreeMap<String, String>,
}

/// A value that has not been read yet, with its place.
#[derive(Debug)]
pub(super) struct Field {
    pub place: Place,
    value: Value,
}

/// Where a value stands: for problems that are found later.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub at: Mark,
    pub path: String,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Marked<T> {
    pub place: Place,
    pub value: T,
}

/// A value whose form is the operator's own.
pub(super) enum Shape {
    /// Nothing, or `null`.
    Nothing,
    /// A scalar that looks like a number or a truth value.
    Plain(Marked<String>),
    Text(Marked<String>),
    List(Vec<Field>),
    Map(Vec<(Marked<String>, Field)>),
}

/// A map that is being read.
pub(super) struct Section {
    pub place: Place,
    entries: Vec<Entry>,
    asked: Vec<&'static str>,
    /// Keys that must be there and are not, with a hint each.
    missing: Vec<(&'static str, String)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(origin: &'a str, folder: &'a Path, lookup: Lookup<'a>) -> Self {
        Self { lookup: Some(lookup), ..Self::verbatim(origin, folder) }
    }

    /// A reader that puts no variables into values.
    pub(super) fn verbatim(origin: &'a str, folder: &'a Path) -> Self {
        Self {
            origin,
            folder,
            lookup: None,
            problems: Vec::new(),
            warnings: Vec::new(),
            unreadable: Vec::new(),
            used: BTreeMap::new(),
        }
    }

    /// Ends the reading: the value with warnings and used variables, or every problem.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<Reading<T>, ConfigError> {
        let Self { origin, mut problems, mut warnings, mut unreadable, used, .. } = self;
        match value {
            Some(value) if problems.is_empty() => {
                let lines = |problems: &mut Vec<Problem>| -> Vec<String> {
                    problems.sort_by_key(|problem| problem.at);
                    let line = |problem| ConfigError { origin: origin.to_owned(), problems: vec![problem] }.to_string();
                    problems.drain(..).map(line).collect()
                };
                let (warnings, unreadable) = (lines(&mut warnings), lines(&mut unreadable));
                Ok(Reading { value, warnings, unreadable, used })
            }
            _ => {
                problems.sort_by_key(|problem| problem.at);
                Err(ConfigError { origin: origin.to_owned(), problems })
            }
        }
    }

    pub(super) fn problem(&mut self, place: &Place, message: impl Into<String>) {
        let problem = Problem { at: Some(place.at), path: place.path.clone(), message: message.into() };
        self.problems.push(problem);
    }

    /// Whether something at or below that path is already told: then what follows from it need not be.
    pub(super) fn has_problem_below(&self, place: &Place) -> bool {
        self.problems.iter().any(|problem| problem.path.starts_with(&place.path))
    }

    pub(super) fn warn(&mut self, place: &Place, message: impl Into<String>) {
        let warning = Problem { at: Some(place.at), path: place.path.clone(), message: message.into() };
        self.warnings.push(warning);
    }

    /// A file that cannot be read: a warning where the configuration is only looked at, an error where it is used.
    pub(super) fn unreadable(&mut self, place: &Place, message: impl Into<String>) {
        let message = message.into();
        self.unreadable.push(Problem { at: Some(place.at), path: place.path.clone(), message: message.clone() });
        self.warn(place, message);
    }

    /// The value of a result, or a problem at that place.
    pub(super) fn check<T>(&mut self, place: &Place, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.problem(place, message)).ok()
    }

    /// Reads a map. Keys that nobody asked for are problems. An empty value is an empty map.
    pub(super) fn section<T>(&mut self, field: Field, read: impl FnOnce(&mut Self, &mut Section) -> T) -> Option<T> {
        let entries = match field.value {
            Value::Map(entries) => entries,
            Value::Null => Vec::new(),
            other => {
                self.problem(&field.place, format!("expected keys with values, found {}", kind(&other)));
                return None;
            }
        };
        let entries = self.without_twins(&field.place, entries);
        let mut section = Section { place: field.place, entries, asked: Vec::new(), missing: Vec::new() };
        let value = read(self, &mut section);
        self.close(section);
        Some(value)
    }

    /// Tells which keys nobody asked for, and which were asked for in vain. A key that was misspelt is reported once.
    fn close(&mut self, mut section: Section) {
        for entry in std::mem::take(&mut section.entries) {
            let meant = did_you_mean(&entry.key, section.asked.iter().copied());
            section.missing.retain(|(key, _)| Some(*key) != meant);
            let known = || format!("; known here: {}", section.asked.join(", "));
            let hint = meant.map_or_else(known, |meant| format!("; did you mean \"{meant}\"?"));
            let place = Place { at: entry.at, path: section.path_of(&entry.key) };
            self.problem(&place, format!("unknown key{hint}"));
        }
        for (key, hint) in section.missing {
            self.problem(&section.place, format!("\"{key}\" is missing; {hint}"));
        }
    }

    /// Reads a map whose keys are names: each with its value.
    pub(super) fn named(&mut self, field: Field) -> Vec<(Marked<String>, Field)> {
        let named = self.section(field, |_, section| {
            let entries = std::mem::take(&mut section.entries);
            let field = |entry: Entry| {
                let path = section.path_of(&entry.key);
                let place = Place { at: entry.at, path: path.clone() };
                let value = Field { place: Place { at: entry.node.at, path }, value: entry.node.value };
                (Marked { place, value: entry.key }, value)
            };
            entries.into_iter().map(field).collect()
        });
        named.unwrap_or_default()
    }

    /// Reads a value whose form is the operator's own.
    pub(super) fn shape(&mut self, field: Field) -> Option<Shape> {
        Some(match &field.value {
            Value::Null => Shape::Nothing,
            Value::Plain(_) => Shape::Plain(self.text_or_empty(field)?),
            Value::Text(_) => Shape::Text(self.text_or_empty(field)?),
            Value::List(_) => Shape::List(self.list(field)?),
            Value::Map(_) => Shape::Map(self.named(field)),
        })
    }

    /// Reads a list. An empty value is an empty list.
    pub(super) fn list(&mut self, field: Field) -> Option<Vec<Field>> {
        let items = match field.value {
            Value::List(items) => items,
            Value::Null => Vec::new(),
            other => {
                self.problem(&field.place, format!("expected a list, found {}", kind(&other)));
                return None;
            }
        };
        let path = field.place.path;
        let item = |(index, node): (usize, Node)| Field {
            place: Place { at: node.at, path: format!("{path}[{index}]") },
            value: node.value,
        };
        Some(items.into_iter().enumerate().map(item).collect())
    }

    /// Reads a text, with its variables put in. Never empty.
    pub(super) fn text(&mut self, field: Field) -> Option<Marked<String>> {
        let text = self.text_or_empty(field)?;
        if text.value.trim().is_empty() {
            self.problem(&text.place, "is empty");
            return None;
        }
        Some(text)
    }

    /// As [`Self::text`], but the text may be empty.
    pub(super) fn text_or_empty(&mut self, field: Field) -> Option<Marked<String>> {
        let Field { place, value } = field;
        let text = match value {
            Value::Text(text) | Value::Plain(text) => text,
            Value::Null => String::new(),
            other => {
                self.problem(&place, format!("expected a text, found {}", kind(&other)));
                return None;
            }
        };
        let Some(lookup) = self.lookup else { return Some(Marked { place, value: text }) };
        let used = &mut self.used;
        let result = interpolate(&text, lookup, |name, value| {
            used.insert(name.to_owned(), value.to_owned());
        });
        self.check(&place, result).map(|value| Marked { place, value })
    }

    pub(super) fn flag(&mut self, field: Field) -> Option<bool> {
        let text = self.text(field)?;
        match text.value.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.problem(&text.place, format!("{:?} is not true or false", text.value));
                None
            }
        }
    }

    /// A duration longer than none.
    pub(super) fn duration(&mut self, field: Field) -> Option<Duration> {
        let text = self.text(field)?;
        let duration = self.check(&text.place, duration::parse(&text.value))?;
        if duration.is_zero() {
            self.problem(&text.place, "must be longer than 0");
            return None;
        }
        Some(duration)
    }

    /// The path of a file; a relative one is relative to the folder of the configuration.
    pub(super) fn path(&mut self, field: Field) -> Option<Marked<PathBuf>> {
        let text = self.text(field)?;
        Some(Marked { value: self.resolve(&text.value), place: text.place })
    }

    /// A path as this configuration means it: a relative one is relative to the configuration's folder.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn without_twins(&mut self, place: &Place, entries: Vec<Entry>) -> Vec<Entry> {
        let mut kept: Vec<Entry> = Vec::new();
        for entry in entries {
            if let Some(first) = kept.iter().find(|first| first.key == entry.key) {
                let line = first.at.line;
                let place = Place { at: entry.at, path: join(&place.path, &entry.key) };
                self.problem(&place, format!("stands twice; first in line {line}"));
            } else {
                kept.push(entry);
            }
        }
        kept
    }
}

impl Field {
    /// The whole document.
    pub(super) fn whole(node: Node) -> Self {
        Self { place: Place { at: node.at, path: String::new() }, value: node.value }
    }

    /// Whether it is a single text, and not a map or a list.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.value, Value::Text(_) | Value::Plain(_))
    }
}

impl Section {
    /// Takes the value of a key, where it is there.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Field> {
        self.asked.push(key);
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        let Entry { node, .. } = self.entries.remove(index);
        Some(Field { place: Place { at: node.at, path: self.path_of(key) }, value: node.value })
    }

    /// Takes the value of a key that must be there.
    pub(super) fn require(&mut self, key: &'static str, hint: &str) -> Option<Field> {
        let field = self.take(key);
        if field.is_none() {
            self.missing.push((key, hint.to_owned()));
        }
        field
    }

    /// Whether nothing stands in it (any more).
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The place of a key of this map, whether it is there or not.
    pub(super) fn below(&self, key: &str) -> Place {
        Place { at: self.place.at, path: self.path_of(key) }
    }

    /// Whether a key is left that is not one of these.
    pub(super) fn has_other_than(&self, keys: &[&str]) -> bool {
        self.entries.iter().any(|entry| !keys.contains(&entry.key.as_str()))
    }

    fn path_of(&self, key: &str) -> String {
        join(&self.place.path, key)
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Text(_) | Value::Plain(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "keys with values",
    }
}
