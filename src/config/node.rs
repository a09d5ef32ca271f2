//! YAML as a tree in which every key and value knows its place, so that each fault of a configuration can be pointed
//! at, and all of them in one run.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::error::Problem;
use crate::rule::pack::words;
use crate::span::{LineIndex, Position};

/// Deepest nesting that a configuration may have; the format itself needs five levels.
const DEPTH: usize = 32;

/// One value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    pub at: Position,
    pub value: Value,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key and where it stands.
#[derive(Debug)]
pub(super) struct Key {
    pub at: Position,
    pub name: String,
}

impl Value {
    /// What to call it in "expected …, found …".
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// Reads one YAML document. Bounded in time and memory for any text: depth, nodes and alias expansion have a budget.
pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = serde_saphyr::options! {
        // `off` is a level here, not the boolean of YAML 1.1.
        strict_booleans: true,
        budget: serde_saphyr::budget! { max_depth: DEPTH, max_aliases: 1_000, max_documents: 2 },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 100_000 },
    };
    let lines = LineIndex::new(text);
    let read: Result<Option<Spanned<Raw>>, _> = serde_saphyr::from_str_with_options(text, options);
    match read {
        Ok(raw) => Ok(raw.map_or_else(empty, |raw| resolve(raw, text, &lines))),
        Err(error) => Err(problem(&error, text, &lines)),
    }
}

fn empty() -> Node {
    Node { at: Position { line: 1, column: 1 }, value: Value::Null }
}

/// What is wrong, and its place.
fn problem(error: &serde_saphyr::Error, text: &str, lines: &LineIndex) -> Problem {
    let problem = Problem::new(words(error));
    match error.location() {
        Some(at) => problem.at(position(&at, text, lines)),
        None => problem,
    }
}

fn position(at: &serde_saphyr::Location, text: &str, lines: &LineIndex) -> Position {
    if let Some(offset) = at.span().byte_offset().and_then(|offset| usize::try_from(offset).ok()) {
        return lines.position(text, offset);
    }
    let number = |value: u64| usize::try_from(value).unwrap_or(1).max(1);
    Position { line: number(at.line()), column: number(at.column()) }
}

fn resolve(raw: Spanned<Raw>, text: &str, lines: &LineIndex) -> Node {
    let at = position(&raw.referenced, text, lines);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(value) => Value::Bool(value),
        Raw::Number(value) => Value::Number(value),
        Raw::Text(value) => Value::Text(value),
        Raw::List(items) => Value::List(items.into_iter().map(|item| resolve(item, text, lines)).collect()),
        Raw::Map(entries) => {
            let key = |key: Spanned<String>| Key { at: position(&key.referenced, text, lines), name: key.value };
            Value::Map(entries.into_iter().map(|(name, item)| (key(name), resolve(item, text, lines))).collect())
        }
    };
    Node { at, value }
}

/// The same tree with the library's own locations.
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
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

    fn visit_unit<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (String, Option<(usize, usize)>) {
        let problem = parse(text).expect_err("the text is faulty");
        (problem.message, problem.position.map(|at| (at.line, at.column)))
    }

    #[test]
    fn keys_and_values_know_their_place() {
        let node = parse("a: 1\nb:\n  - off\n").expect("valid");
        let Value::Map(entries) = node.value else { panic!("a mapping") };
        let (key, value) = &entries[1];
        assert_eq!((key.name.as_str(), key.at.line, key.at.column), ("b", 2, 1));
        let Value::List(items) = &value.value else { panic!("a list") };
        assert!(matches!(&items[0].value, Value::Text(text) if text == "off"));
        assert_eq!((items[0].at.line, items[0].at.column), (3, 5));
    }

    #[test]
    fn an_empty_file_is_nothing() {
        for text in ["", "# only a comment\n", "---\n", "\u{feff}"] {
            assert!(matches!(parse(text).expect("valid").value, Value::Null), "{text:?}");
        }
    }

    #[test]
    fn broken_yaml_is_located() {
        let (message, at) = fault("a: 1\nb: [1, 2\nc: 3\n");
        assert!(!message.contains("line"), "{message}");
        assert!(at.is_some());
        assert_eq!(fault("a: 1\na: 2\n").1, Some((2, 1)));
        assert_eq!(fault("a: 1\n---\nb: 2\n").0, "more than one YAML document; the file is a single one");
    }

    #[test]
    fn bombs_are_refused() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..30 {
            let before = format!("*a{}", level - 1);
            bomb.extend([format!("a{level}: &a{level} [{}]\n", vec![before; 9].join(", "))]);
        }
        let beyond = "nested or aliased beyond what such a file needs";
        assert_eq!(fault(&bomb).0, beyond);
        let deep = format!("a: {}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(parse(&deep).is_err());
        let steps = (0..10_000).map(|depth| " ".repeat(depth.min(400)) + "a:\n").collect::<Vec<_>>().concat();
        assert!(parse(&steps).is_err());
    }
}
