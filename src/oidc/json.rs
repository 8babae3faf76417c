//! JSON that tells of duplicate keys, which most readers swallow (RFC 8259, section 4: names should be unique).

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// How many keys that stand twice are named: more say nothing new.
const NAMED_DUPLICATES: usize = 20;

/// A JSON value and the keys that stand twice in an object, as paths (`a.b`).
#[derive(Debug, Clone, PartialEq)]
pub struct Json {
    /// The value; of a key that stands twice, the last one.
    pub value: Value,
    /// The keys that stand twice, the first twenty.
    pub duplicate_keys: Vec<String>,
}

/// Why a body is not JSON: what it looks like, for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonProblem {
    /// Nothing at all.
    #[error("an empty body instead of JSON")]
    Empty,
    /// A web page.
    #[error("a web page instead of JSON")]
    WebPage,
    /// Something else.
    #[error("not JSON: {0}")]
    Invalid(String),
    /// JSON of another kind.
    #[error("JSON without {0}")]
    Lacks(&'static str),
}

/// Reads a body as JSON.
///
/// # Errors
/// What the body is instead.
pub fn parse_json(body: &[u8]) -> Result<Json, JsonProblem> {
    let start = body.trim_ascii_start();
    // A byte order mark is not JSON (RFC 8259, section 8.1), yet harmless.
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    if start.is_empty() {
        return Err(JsonProblem::Empty);
    }
    if start.starts_with(b"<") {
        return Err(JsonProblem::WebPage);
    }
    let mut reader = serde_json::Deserializer::from_slice(start);
    let node = Node::deserialize(&mut reader)
        .and_then(|node| reader.end().map(|()| node))
        .map_err(|error| JsonProblem::Invalid(error.to_string()))?;
    let mut duplicate_keys = Vec::new();
    let value = node.into_value("", &mut duplicate_keys);
    Ok(Json { value, duplicate_keys })
}

enum Node {
    Leaf(Value),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Node {
    fn into_value(self, path: &str, duplicates: &mut Vec<String>) -> Value {
        match self {
            Self::Leaf(value) => value,
            Self::List(items) => {
                Value::Array(items.into_iter().map(|item| item.into_value(path, duplicates)).collect())
            }
            Self::Object(members) => {
                let mut map = Map::new();
                for (key, node) in members {
                    let here = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    let value = node.into_value(&here, duplicates);
                    let is_twice = map.insert(key, value).is_some();
                    if is_twice && duplicates.len() < NAMED_DUPLICATES && !duplicates.contains(&here) {
                        duplicates.push(here);
                    }
                }
                Value::Object(map)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NodeVisitor;
        impl<'de> Visitor<'de> for NodeVisitor {
            type Value = Node;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Leaf(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Leaf(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Leaf(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Leaf(value.into()))
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Leaf(value.into()))
            }
            fn visit_string<E>(self, value: String) -> Result<Node, E> {
                Ok(Node::Leaf(value.into()))
            }
            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Leaf(Value::Null))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Node::Object(members))
            }
        }
        deserializer.deserialize_any(NodeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_named_with_its_path_and_the_last_value_wins() {
        let json = parse_json(br#"{"a":1,"b":{"c":1,"c":2},"a":3,"l":[{"x":1,"x":1}]}"#).unwrap();
        assert_eq!(json.value["a"], 3);
        assert_eq!(json.duplicate_keys, ["b.c", "a", "l.x"]);
    }

    #[test]
    fn what_is_not_json_is_named() {
        assert_eq!(parse_json(b"  "), Err(JsonProblem::Empty));
        assert_eq!(parse_json(b"\n<!DOCTYPE html>"), Err(JsonProblem::WebPage));
        assert!(matches!(parse_json(b"{\"a\":"), Err(JsonProblem::Invalid(_))));
        assert!(matches!(parse_json(b"{} x"), Err(JsonProblem::Invalid(_))));
    }
    #[test]
    fn a_byte_order_mark_and_blanks_before_the_value_do_no_harm() {
        assert_eq!(parse_json(b"\xef\xbb\xbf{}").unwrap().value, serde_json::json!({}));
        assert_eq!(parse_json(b" \r\n[1]").unwrap().value, serde_json::json!([1]));
    }

    #[test]
    fn values_nested_too_deep_are_refused_and_many_duplicates_named_in_short() {
        let deep = "[".repeat(100_000);
        assert!(matches!(parse_json(deep.as_bytes()), Err(JsonProblem::Invalid(_))));
        let members: Vec<String> = (0..100).map(|n| format!(r#""k{n}":0,"k{n}":1"#)).collect();
        let json = parse_json(format!("{{{}}}", members.join(",")).as_bytes()).unwrap();
        assert_eq!(json.duplicate_keys.len(), 20);
        assert_eq!(json.value["k99"], 1);
    }

    proptest! {
        #[test]
        fn what_serde_json_reads_is_read_alike(body in prop_oneof![
            "\\PC{0,40}",
            r#"[\[\]{}:,"0-9a-z.eE+\- ]{0,40}"#,
            r#"\{"[a-c]":(1|"x"|\[true,null,-1.5\]),"[a-c]":\{"[a-c]":[0-9]{1,25}\}\}"#,
        ]) {
            let plain: Option<Value> = serde_json::from_str(&body).ok();
            prop_assert_eq!(parse_json(body.as_bytes()).ok().map(|json| json.value), plain);
        }

        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse_json(&body);
        }
    }
}
