//! The body of a webhook: a tree whose texts hold placeholders.
//!
//! A value is put into a JSON text and never parsed, so nothing that a server says can add a field.

use std::fmt;

use serde_json::{Number, Value};

use crate::config::{
    problems::did_you_mean,
    reader::{Field, Marked, Reader, Shape},
};

/// A JSON value whose texts hold placeholders.
#[derive(Clone, PartialEq)]
pub struct Template(Node);

#[derive(Clone, PartialEq)]
enum Node {
    Null,
    Flag(bool),
    Number(Number),
    Text(Vec<Piece>),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

#[derive(Clone, PartialEq)]
enum Piece {
    Literal(String),
    Value(Placeholder),
}

/// Operators write tokens into bodies (Pushover's, for example): none of it is shown.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Template(..)")
    }
}

macro_rules! placeholders {
    ($($name:ident $word:literal $says:literal;)+) => {
        /// What may stand between `{{` and `}}`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Placeholder {
            $(#[doc = $says] $name,)+
        }

        impl Placeholder {
            /// Every placeholder.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word between the braces.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// What it stands for.
            #[must_use]
            pub fn says(self) -> &'static str {
                match self { $(Self::$name => $says,)+ }
            }
        }
    };
}

placeholders! {
    Target "target" "The target's name; several are joined by commas.";
    Event "event" "`broken`, `unknown`, `degraded`, `risk`, `fixed`, or `test`.";
    Resolved "resolved" "`true` if all that the message tells of is over, else `false`.";
    Login "login" "How sign-in stands now: `ok`, `degraded`, `broken` or `unknown`.";
    Title "title" "The message in one line.";
    Text "text" "The whole message as plain text.";
    Cause "cause" "The id of the check that is the cause.";
    What "what" "What the check found.";
    Fix "fix" "What to change.";
    Since "since" "Since when, as RFC 3339 in UTC.";
    Until "until" "Until when, as RFC 3339 in UTC; empty while it lasts.";
    Url "url" "The page of the target; empty without `--web.external-url`.";
    Count "count" "How many targets the message is about.";
}

impl Template {
    /// Reads a template. `None` where a problem was told.
    pub(in crate::config) fn read(reader: &mut Reader<'_>, field: Field) -> Option<Self> {
        node(reader, field).map(Self)
    }

    /// The texts that the operator wrote, without keys: some may be tokens.
    pub fn literals(&self) -> Vec<String> {
        let mut found = Vec::new();
        collect(&self.0, &mut found);
        found
    }

    /// The JSON, with each placeholder's value put in.
    pub fn fill(&self, value: &dyn Fn(Placeholder) -> String) -> Value {
        fill(&self.0, value)
    }
}

fn node(reader: &mut Reader<'_>, field: Field) -> Option<Node> {
    Some(match reader.shape(field)? {
        Shape::Nothing => Node::Null,
        Shape::Plain(text) => plain(&text.value).unwrap_or(Node::Text(vec![Piece::Literal(text.value)])),
        Shape::Text(text) => Node::Text(pieces(reader, &text)?),
        Shape::List(items) => {
            // All problems are reported before the first is obeyed.
            let items: Vec<Option<Node>> = items.into_iter().map(|item| node(reader, item)).collect();
            Node::List(items.into_iter().collect::<Option<_>>()?)
        }
        Shape::Map(entries) => {
            let entries: Vec<Option<(String, Node)>> =
                entries.into_iter().map(|(key, field)| Some((key.value, node(reader, field)?))).collect();
            Node::Map(entries.into_iter().collect::<Option<_>>()?)
        }
    })
}

/// A number or a truth value, where JSON has it in the same form.
fn plain(text: &str) -> Option<Node> {
    match serde_json::from_str(&text.to_ascii_lowercase()).ok()? {
        Value::Bool(flag) => Some(Node::Flag(flag)),
        Value::Number(number) => Some(Node::Number(number)),
        _ => None,
    }
}

fn pieces(reader: &mut Reader<'_>, text: &Marked<String>) -> Option<Vec<Piece>> {
    let mut found = Vec::new();
    let mut rest = text.value.as_str();
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((word, behind)) = after.split_once("}}") else {
            reader.problem(&text.place, "\"{{\" has no \"}}\" behind it");
            return None;
        };
        let placeholder = reader.check(&text.place, placeholder(word.trim()))?;
        found.extend((!before.is_empty()).then(|| Piece::Literal(before.to_owned())));
        found.push(Piece::Value(placeholder));
        rest = behind;
    }
    found.extend((!rest.is_empty()).then(|| Piece::Literal(rest.to_owned())));
    Some(found)
}

fn placeholder(word: &str) -> Result<Placeholder, String> {
    let words = || Placeholder::ALL.iter().map(|placeholder| placeholder.word());
    let known = Placeholder::ALL.iter().find(|placeholder| placeholder.word() == word);
    known.copied().ok_or_else(|| match did_you_mean(word, words()) {
        Some(meant) => format!("there is no \"{{{{{word}}}}}\"; did you mean \"{{{{{meant}}}}}\"?"),
        None => format!("there is no \"{{{{{word}}}}}\"; known here: {}", words().collect::<Vec<_>>().join(", ")),
    })
}

fn collect(node: &Node, found: &mut Vec<String>) {
    match node {
        Node::Null | Node::Flag(_) => {}
        Node::Number(number) => found.push(number.to_string()),
        Node::Text(pieces) => found.extend(pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(text) => Some(text.clone()),
            Piece::Value(_) => None,
        })),
        Node::List(items) => items.iter().for_each(|item| collect(item, found)),
        Node::Map(entries) => entries.iter().for_each(|(_, item)| collect(item, found)),
    }
}

fn fill(node: &Node, value: &dyn Fn(Placeholder) -> String) -> Value {
    match node {
        Node::Null => Value::Null,
        Node::Flag(flag) => Value::Bool(*flag),
        Node::Number(number) => Value::Number(number.clone()),
        Node::Text(pieces) => Value::String(
            pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Literal(text) => text.clone(),
                    Piece::Value(placeholder) => value(*placeholder),
                })
                .collect(),
        ),
        Node::List(items) => Value::Array(items.iter().map(|item| fill(item, value)).collect()),
        Node::Map(entries) => {
            Value::Object(entries.iter().map(|(key, node)| (key.clone(), fill(node, value))).collect())
        }
    }
}
