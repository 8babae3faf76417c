//! A YAML document as a tree in which every key and value knows its place.
//!
//! `serde` alone stops at the first problem; a tree lets the reader tell them all, each with its line. Plain scalars keep
//! their text as written, so that `off` stays `off` and a secret of digits keeps its zeros.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

use super::problems::{ConfigError, Mark, Problem};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub at: Mark,
    pub value: Value,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Nothing behind the colon, `~` or `null`.
    Null,
    /// A scalar, as text.
    Text(String),
    /// A scalar that looks like a number or a truth value, as it is written.
    Plain(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One entry of a map. Keys may stand twice here; the reader refuses that.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub at: Mark,
    pub key: String,
    pub node: Node,
}

/// Reads a document.
///
/// # Errors
/// Why it is not YAML, with its place.
pub(super) fn parse(text: &str, origin: &str) -> Result<Node, ConfigError> {
    let options = serde_saphyr::options! { duplicate_keys: DuplicateKeyPolicy::PassThrough };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(raw) => Ok(node(raw, text)),
        Err(error) => {
            let at = error.location().map(mark);
            let message = format!("not YAML: {}", reason(&error, text));
            Err(ConfigError { origin: origin.to_owned(), problems: vec![Problem { at, path: String::new(), message }] })
        }
    }
}

/// The library's words without the place, which stands before them.
fn reason(error: &serde_saphyr::Error, text: &str) -> String {
    let whole = error.without_snippet().to_string();
    let words = whole.lines().next().unwrap_or_default();
    let words = words.rsplit_once(" at line ").map_or(words, |(words, _)| words);
    let line = error.location().and_then(|location| text.lines().nth(usize::try_from(location.line()).ok()? - 1));
    let hint = if line.is_some_and(|line| line.contains("${")) {
        "; a value with \"${...}\" inside {...} needs quotes"
    } else {
        ""
    };
    format!("{words}{hint}")
}

fn mark(location: Location) -> Mark {
    Mark { line: location.line(), column: location.column() }
}

/// A value as the library gives it.
enum Raw {
    Null,
    /// A scalar that looks like a number or a truth value: its text is taken from the source.
    Plain,
    Text(String),
    List(Vec<Spanned<Self>>),
    Map(Vec<(Spanned<String>, Spanned<Self>)>),
}

fn node(raw: Spanned<Raw>, source: &str) -> Node {
    let at = mark(raw.referenced);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Plain => Value::Plain(written(raw.defined, source)),
        Raw::Text(text) => Value::Text(text),
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(item, source)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| Entry { at: mark(key.referenced), key: key.value, node: node(value, source) })
                .collect(),
        ),
    };
    Node { at, value }
}

/// The text of a plain scalar, as it stands in the source.
fn written(location: Location, source: &str) -> String {
    let span = location.span();
    let (start, len) = (span.byte_offset().unwrap_or(0), span.byte_len().unwrap_or(0));
    let range = usize::try_from(start).unwrap_or(0)..usize::try_from(start + len).unwrap_or(0);
    source.get(range).unwrap_or_default().trim().to_owned()
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }
    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }
    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }
    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree in one line: `key@line:column=value@line:column`.
    fn shown(node: &Node) -> String {
        let Mark { line, column } = node.at;
        let value = match &node.value {
            Value::Null => "~".to_owned(),
            Value::Text(text) | Value::Plain(text) => format!("{text:?}"),
            Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
            Value::Map(entries) => format!(
                "{{{}}}",
                entries
                    .iter()
                    .map(|entry| format!("{}@{}:{}={}", entry.key, entry.at.line, entry.at.column, shown(&entry.node)))
                    .collect::<Vec<_>>()
                    .join(" ")
            ),
        };
        format!("{value}@{line}:{column}")
    }

    #[test]
    fn every_key_and_value_knows_its_place() {
        let tree = parse("a: 1\nb:\n  - {c: off, d: 007}\n  - \"x\"\ne:\n", "f").unwrap();
        assert_eq!(
            shown(&tree),
            "{a@1:1=\"1\"@1:4 b@2:1=[{c@3:6=\"off\"@3:9 d@3:14=\"007\"@3:17}@3:5 \"x\"@4:5]@3:3 e@5:1=~@5:2}@1:1"
        );
    }

    #[test]
    fn plain_scalars_keep_their_text() {
        for text in ["007", "1.50", "0x1F", "yes", "Off", "1_000", "1e3", "-0", "TRUE", ".5"] {
            let tree = parse(&format!("é: {text} # comment"), "f").unwrap();
            let Value::Map(entries) = tree.value else { panic!() };
            let (Value::Text(read) | Value::Plain(read)) = &entries[0].node.value else { panic!("{text}") };
            assert_eq!(read, text);
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_kept_twice_and_an_alias_is_followed() {
        let tree = parse("a: &x 01\na: *x\n", "f").unwrap();
        assert_eq!(shown(&tree), "{a@1:1=\"01\"@1:7 a@2:1=\"01\"@2:4}@1:1");
    }

    #[test]
    fn what_is_no_yaml_is_an_error_with_its_line() {
        let error = parse("targets:\n  - name: \"home\n", "ssowatch.yml").unwrap_err();
        assert!(error.to_string().starts_with("ssowatch.yml:"), "{error}");
        assert!(error.to_string().contains("not YAML: "), "{error}");
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
    }
}
