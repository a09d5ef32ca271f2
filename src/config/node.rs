//! A configuration file as a tree: the program's own YAML tree with lines and columns, and with the types of YAML 1.2,
//! in which `off` is a string.

use crate::document::yaml::{self, Style, Tree};
use crate::error::Problem;
use crate::span::{LineIndex, Position};

/// Most nodes that aliases may add to a configuration.
const MAX_ALIASED: u64 = 100_000;
/// Most merge keys that are followed in one mapping.
const MAX_MERGES: usize = 64;

pub(super) struct Document {
    tree: Tree,
    lines: LineIndex,
}

#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    document: &'t Document,
    node: yaml::Node<'t>,
}

/// What a value is.
pub(super) enum Value<'t> {
    Null,
    Bool(bool),
    Number(&'t str),
    Text(&'t str),
    List(Vec<Node<'t>>),
    Map(Vec<(Name<'t>, Node<'t>)>),
}

/// A key of a mapping and where it is.
#[derive(Clone, Copy)]
pub(super) struct Name<'t> {
    pub at: Position,
    pub text: &'t str,
}

/// Parses one YAML document, which must not nest or repeat more than a configuration needs.
pub(super) fn parse(text: &str) -> Result<Document, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = LineIndex::new(text);
    let at = |offset, message: String| Problem::new(message).at(lines.position(text, offset));
    if let Some(second) = yaml::documents(text).get(1) {
        return Err(at(second.start, "the file contains more than one YAML document".to_owned()));
    }
    let tree = yaml::parse(text).map_err(|error| at(error.offset, format!("not valid YAML: {}", error.message)))?;
    if tree.expanded().saturating_sub(tree.nodes().count() as u64) > MAX_ALIASED {
        return Err(at(0, format!("aliases expand to more than {MAX_ALIASED} nodes")));
    }
    Ok(Document { tree, lines })
}

impl Document {
    /// The root; nothing in an empty file.
    pub(super) fn root(&self) -> Option<Node<'_>> {
        self.tree.root().map(|node| Node { document: self, node }).filter(|root| !root.node.is_null())
    }
}

impl<'t> Node<'t> {
    pub(super) fn at(self) -> Position {
        let quoted = matches!(self.node.style(), Some(Style::Single | Style::Double)) && !self.node.is_alias();
        let start = self.node.span().start;
        self.document.lines.position(self.document.tree.text(), start - usize::from(quoted && start > 0))
    }

    pub(super) fn value(self) -> Value<'t> {
        let text = self.node.as_str().unwrap_or_default();
        if self.node.is_mapping() {
            Value::Map(self.entries())
        } else if self.node.is_sequence() {
            Value::List(self.node.items().map(|node| self.beside(node)).collect())
        } else if self.node.is_null() {
            Value::Null
        } else if self.node.style() != Some(Style::Plain) || self.node.tag() == Some("!!str") {
            Value::Text(text)
        } else {
            match text {
                "true" | "True" | "TRUE" => Value::Bool(true),
                "false" | "False" | "FALSE" => Value::Bool(false),
                _ if is_number(text) => Value::Number(text),
                _ => Value::Text(text),
            }
        }
    }

    /// The value of `key`, where the node is a mapping that has it.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        self.node.get(key).map(|node| self.beside(node))
    }

    /// What to call the value in "must be …; found …".
    pub(super) fn kind(self) -> &'static str {
        match self.value() {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    fn beside(self, node: yaml::Node<'t>) -> Self {
        Self { document: self.document, node }
    }

    /// All entries, repeated ones included; those of merge keys last, where no entry before has their name.
    fn entries(self) -> Vec<(Name<'t>, Self)> {
        let (mut found, mut merges): (Vec<(Name<'t>, Self)>, _) = (Vec::new(), vec![self.node]);
        let mut next = 0;
        while let Some(&mapping) = merges.get(next).filter(|_| next <= MAX_MERGES) {
            let known = if next == 0 { 0 } else { found.len() };
            for (key, value) in mapping.entries() {
                let text = key.as_str().unwrap_or_default();
                if text == "<<" && key.style() == Some(Style::Plain) {
                    let list = value.items();
                    merges.extend(list.chain(value.is_mapping().then_some(value)).take(MAX_MERGES));
                } else if !found[..known].iter().any(|(name, _)| name.text == text) {
                    found.push((Name { at: self.beside(key).at(), text }, self.beside(value)));
                }
            }
            next += 1;
        }
        found
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']).trim_start_matches('.');
    let radix = text
        .strip_prefix("0x")
        .is_some_and(|hex| !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()))
        || text.strip_prefix("0o").is_some_and(|oct| !oct.is_empty() && oct.bytes().all(|b| matches!(b, b'0'..=b'7')));
    radix || digits.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (String, Option<(usize, usize)>) {
        let problem = parse(text).err().expect("the text is faulty");
        (problem.message, problem.position.map(|at| (at.line, at.column)))
    }

    #[test]
    fn keys_and_values_know_their_place() {
        let document = parse("a: 1\n'b':\n  - off\n  - \"x\"\n").expect("valid");
        let Some(Value::Map(entries)) = document.root().map(Node::value) else { panic!("a mapping") };
        let (key, value) = &entries[1];
        assert_eq!((key.text, key.at.line, key.at.column), ("b", 2, 1));
        let Value::List(items) = value.value() else { panic!("a list") };
        assert!(matches!(items[0].value(), Value::Text("off")));
        assert_eq!((items[0].at().line, items[0].at().column), (3, 5));
        assert_eq!((items[1].at().line, items[1].at().column), (4, 5));
    }

    #[test]
    fn scalars_have_the_types_of_yaml_1_2() {
        let text = "[~, true, 1, -2.5, 1e3, 0x1F, yes, off, 2024-01-01, inf, '1', !!str 1, 1MiB, '']";
        let document = parse(text).expect("valid");
        let Some(Value::List(items)) = document.root().map(Node::value) else { panic!("a list") };
        let kinds: Vec<&str> = items.into_iter().map(|item| item.kind().trim_start_matches("a ")).collect();
        let number = ["number"; 4];
        assert_eq!(kinds, [&["nothing", "boolean"][..], &number[..], &["string"; 8]].concat());
    }

    #[test]
    fn an_empty_file_is_nothing() {
        for text in ["", "# only a comment\n", "---\n", "\u{feff}", "~\n"] {
            assert!(parse(text).expect("valid").root().is_none(), "{text:?}");
        }
    }

    #[test]
    fn merge_keys_add_what_is_not_there() {
        let document =
            parse("a: &a { x: 1, y: 2 }\nb: { <<: [*a, { z: 3 }], x: 4 }\nc: &c { <<: *c, x: 1 }\n").expect("valid");
        let Some(Value::Map(entries)) = document.root().map(Node::value) else { panic!("a mapping") };
        let names = |at: usize| {
            let Value::Map(entries) = entries[at].1.value() else { panic!("a mapping") };
            entries.iter().map(|(name, _)| name.text).collect::<String>()
        };
        assert_eq!((names(1), names(2)), ("xyz".to_owned(), "x".to_owned()));
    }

    #[test]
    fn broken_yaml_is_located() {
        let (message, at) = fault("a: 1\nb: [1, 2\nc: 3\n");
        assert!(message.starts_with("not valid YAML: ") && !message.contains("line"), "{message}");
        assert!(at.is_some());
        let (message, at) = fault("a: 1\n---\nb: 2\n");
        assert_eq!((message.as_str(), at), ("the file contains more than one YAML document", Some((2, 4))));
    }

    #[test]
    fn bombs_are_refused() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..30 {
            let before = format!("*a{}", level - 1);
            bomb.extend([format!("a{level}: &a{level} [{}]\n", vec![before; 9].join(", "))]);
        }
        assert!(fault(&bomb).0.contains("aliases"));
        let flat = format!("a: &a [{}]\nb: [{}]\n", vec!["x"; 400].join(", "), vec!["*a"; 400].join(", "));
        assert_eq!(fault(&flat).0, "aliases expand to more than 100000 nodes");
        let deep = format!("a: {}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(parse(&deep).is_err());
        let steps = (0..10_000).map(|depth| " ".repeat(depth.min(400)) + "a:\n").collect::<Vec<_>>().concat();
        assert!(parse(&steps).is_err());
    }
}
