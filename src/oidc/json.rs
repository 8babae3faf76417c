//! JSON of others, read within limits, that names keys that stand twice, which most readers swallow (RFC 8259, section
//! 4: names should be unique).
//!
//! A megabyte of JSON can become a hundred in memory: `[{"":0},{"":0},...]` makes an object of every eight bytes. So
//! values, members, entries and levels are counted while they are read, and reading ends at the first one too many.

use std::fmt;

use serde::{
    Deserializer,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

use super::text::cut;

/// How many keys that stand twice are named: more say nothing new.
const NAMED_DUPLICATES: usize = 20;
/// How much of a key is named, in characters.
const NAMED_CHARACTERS: usize = 60;

/// A JSON value and the keys that stand twice in an object, as paths (`a.b`).
#[derive(Debug, Clone, PartialEq)]
pub struct Json {
    /// The value; of a key that stands twice, the last one.
    pub value: Value,
    /// The keys that stand twice, the first twenty.
    pub duplicate_keys: Vec<String>,
}

/// How much a JSON text may hold. How many bytes it has is limited where it is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLimits {
    /// Values in all: texts, numbers, lists, objects, and what these hold.
    pub values: usize,
    /// Members of one object.
    pub members: usize,
    /// Entries of one list.
    pub entries: usize,
    /// Lists and objects inside each other.
    pub levels: usize,
}

impl JsonLimits {
    /// An answer of any API that is asked: the largest known is a page of a hundred clients, about 4,000 values.
    pub const ANSWER: Self = Self { values: 20_000, members: 1_000, entries: 2_000, levels: 32 };
    /// A document of a server's metadata, which is kept whole: the largest known has about 600 values.
    pub const DOCUMENT: Self = Self { values: 4_000, members: 400, entries: 1_000, levels: 16 };
}

/// Why a body is not JSON that can be used: what it looks like, for a person.
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
    /// More than is read of any answer, so nothing of it is.
    #[error("more than {most} {what}")]
    TooLarge {
        /// The limit's name, in the plural.
        what: &'static str,
        /// The limit.
        most: usize,
    },
    /// JSON of another kind.
    #[error("JSON without {0}")]
    Lacks(&'static str),
}

/// Reads a body as JSON, within the limits of an answer.
///
/// # Errors
/// What the body is instead, or which limit it exceeds.
pub fn parse_json(body: &[u8]) -> Result<Json, JsonProblem> {
    parse_json_within(body, &JsonLimits::ANSWER)
}

/// Reads a body as JSON, within these limits.
///
/// # Errors
/// What the body is instead, or which limit it exceeds.
pub fn parse_json_within(body: &[u8], limits: &JsonLimits) -> Result<Json, JsonProblem> {
    let start = body.trim_ascii_start();
    // A byte order mark is not JSON (RFC 8259, section 8.1), yet harmless.
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    if start.is_empty() {
        return Err(JsonProblem::Empty);
    }
    if start.starts_with(b"<") {
        return Err(JsonProblem::WebPage);
    }
    let mut count = Count { limits, values: 0, duplicate_keys: Vec::new(), exceeded: None };
    let mut reader = serde_json::Deserializer::from_slice(start);
    let read = Node { count: &mut count, path: None, level: 0 }.deserialize(&mut reader);
    match read.and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => Ok(Json { value, duplicate_keys: count.duplicate_keys }),
        Err(error) => Err(count.exceeded.unwrap_or_else(|| JsonProblem::Invalid(error.to_string()))),
    }
}

/// At most so many items; `what` names them in the plural.
///
/// # Errors
/// There are more.
pub fn at_most<T>(items: &[T], most: usize, what: &'static str) -> Result<(), JsonProblem> {
    if items.len() > most { Err(JsonProblem::TooLarge { what, most }) } else { Ok(()) }
}

/// What was read so far.
struct Count<'l> {
    limits: &'l JsonLimits,
    values: usize,
    duplicate_keys: Vec<String>,
    exceeded: Option<JsonProblem>,
}

impl Count<'_> {
    /// An error where `count` is more than `most`. serde's own errors are texts, so the limit is kept here.
    fn check<E: de::Error>(&mut self, count: usize, most: usize, what: &'static str) -> Result<(), E> {
        if count <= most {
            return Ok(());
        }
        self.exceeded = Some(JsonProblem::TooLarge { what, most });
        Err(E::custom("a limit"))
    }

    fn note_duplicate(&mut self, path: &Path<'_>) {
        if self.duplicate_keys.len() < NAMED_DUPLICATES {
            let path = path.to_string();
            if !self.duplicate_keys.contains(&path) {
                self.duplicate_keys.push(path);
            }
        }
    }
}

/// Where in the text a value stands: its key, and where that stands. Entries of a list have none.
struct Path<'p> {
    outer: Option<&'p Self>,
    key: &'p str,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer {
            write!(f, "{outer}.")?;
        }
        f.write_str(&cut(self.key, NAMED_CHARACTERS))
    }
}

/// Reads one value and what it holds.
struct Node<'c, 'l> {
    count: &'c mut Count<'l>,
    path: Option<&'c Path<'c>>,
    level: usize,
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.count.values += 1;
        self.count.check(self.count.values, self.count.limits.values, "values")?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let (count, path, level) = (self.count, self.path, self.level + 1);
        count.check(level, count.limits.levels, "levels of lists and objects")?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Node { count, path, level })? {
            items.push(item);
            count.check(items.len(), count.limits.entries, "entries in a list")?;
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let (count, level) = (self.count, self.level + 1);
        count.check(level, count.limits.levels, "levels of lists and objects")?;
        let mut members = Map::new();
        let mut read = 0;
        while let Some(key) = map.next_key::<String>()? {
            read += 1;
            count.check(read, count.limits.members, "members in an object")?;
            let path = Path { outer: self.path, key: &key };
            let value = map.next_value_seed(Node { count, path: Some(&path), level })?;
            if members.contains_key(&key) {
                count.note_duplicate(&path);
            }
            members.insert(key, value);
        }
        Ok(Value::Object(members))
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
    fn what_exceeds_a_limit_is_refused_with_the_limits_name() {
        let limits = JsonLimits { values: 9, members: 3, entries: 4, levels: 2 };
        let cases = [
            ("[[1,2,3,4],[5,6]]", None),
            ("[[1,2,3,4],[5,6,7]]", Some("more than 9 values")),
            (r#"{"a":1,"b":2,"c":3}"#, None),
            (r#"{"a":1,"b":2,"c":3,"d":4}"#, Some("more than 3 members in an object")),
            (r#"{"a":1,"a":2,"a":3,"a":4}"#, Some("more than 3 members in an object")),
            ("[1,2,3,4]", None),
            ("[1,2,3,4,5]", Some("more than 4 entries in a list")),
            (r#"{"a":[[]]}"#, Some("more than 2 levels of lists and objects")),
            (r#"{"a":[1]"#, Some("not JSON: EOF while parsing an object at line 1 column 8")),
        ];
        for (body, problem) in cases {
            let read = parse_json_within(body.as_bytes(), &limits);
            assert_eq!(read.err().map(|problem| problem.to_string()).as_deref(), problem, "{body}");
        }
        let deep = "[".repeat(100_000);
        assert!(matches!(parse_json(deep.as_bytes()), Err(JsonProblem::TooLarge { .. })));
    }

    #[test]
    fn many_duplicates_are_named_in_short() {
        let long = "k".repeat(1000);
        let json = parse_json(format!(r#"{{"{long}":{{"a":1,"a":2}}}}"#).as_bytes()).unwrap();
        assert_eq!(json.duplicate_keys, [format!("{}….a", "k".repeat(59))]);
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
