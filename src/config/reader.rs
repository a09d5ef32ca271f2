//! Reading values of one file: every fault with its place, and the rest of the file all the same.

use super::node::{Name, Node, Value};
use super::text::{Invalid, glob};
use super::values::{Listed, Origin, Valued};
use crate::error::{Problem, did_you_mean, quoted, quoted_glob};
use crate::span::Position;

/// A file while it is read.
pub(super) struct Reader<'a> {
    path: &'a str,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(path: &'a str) -> Self {
        Self { path, problems: Vec::new() }
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    pub(super) fn push(&mut self, problem: Problem) {
        self.problems.push(problem.in_file(self.path));
    }

    pub(super) fn fault(&mut self, at: Position, message: impl Into<String>) {
        self.push(Problem::new(message).at(at));
    }

    pub(super) fn fault_with_help(&mut self, at: Position, message: impl Into<String>, help: impl Into<String>) {
        self.push(Problem::new(message).at(at).help(help));
    }

    /// The same with a suggestion, where there is one.
    pub(super) fn fault_near(&mut self, at: Position, message: String, suggestion: &str) {
        let suggestion = Some(suggestion.trim_end()).filter(|suggestion| !suggestion.is_empty());
        self.push(Problem::new(message).at(at).maybe_help(suggestion));
    }

    /// Reports that a value has the wrong type; `expected` reads "`key` must be …".
    pub(super) fn mistyped(&mut self, node: Node<'_>, expected: &str) {
        self.fault(node.at(), format!("{expected}; found {}", node.kind()));
    }

    pub(super) fn unknown_key(&mut self, name: Name<'_>, known: &[&str]) {
        let help = format!("{}known keys: {}", did_you_mean(name.text, known.iter().copied()), known.join(", "));
        self.fault_with_help(name.at, format!("unknown key {}", quoted(name.text)), help);
    }

    pub(super) fn valued<T>(&self, at: Position, value: T) -> Valued<T> {
        Valued { value, origin: Origin::File { path: self.path.to_owned(), at } }
    }

    /// The entries of a mapping, without repeated keys.
    pub(super) fn entries<'t>(&mut self, expected: &str, node: Node<'t>) -> Option<Vec<(Name<'t>, Node<'t>)>> {
        let Value::Map(entries) = node.value() else {
            self.mistyped(node, expected);
            return None;
        };
        let mut found = Vec::with_capacity(entries.len());
        let mut names = std::collections::HashSet::new();
        for (name, node) in entries {
            if names.insert(name.text) {
                found.push((name, node));
            } else {
                self.fault(name.at, format!("the key {} is repeated", quoted(name.text)));
            }
        }
        Some(found)
    }

    /// The entries of a mapping that has only the `known` keys. `what` is what to call it.
    pub(super) fn fields<'r, 't>(
        &'r mut self,
        what: &'t str,
        node: Node<'t>,
        known: &[&str],
    ) -> Option<Fields<'r, 'a, 't>> {
        let before = self.problems.len();
        let mut entries = self.entries(&format!("{what} must be a mapping of {}", known.join(", ")), node)?;
        entries.retain(|(name, _)| {
            let is_known = known.contains(&name.text);
            if !is_known {
                self.unknown_key(*name, known);
            }
            is_known
        });
        Some(Fields { reader: self, what, at: node.at(), entries, before })
    }

    /// One string that `read` accepts.
    pub(super) fn text<T>(
        &mut self,
        key: &str,
        node: Node<'_>,
        read: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let Value::Text(text) = node.value() else {
            self.mistyped(node, &format!("`{key}` must be a string"));
            return None;
        };
        read(text).map_err(|why| self.fault(node.at(), why.to_string())).ok()
    }

    pub(super) fn boolean(&mut self, key: &str, node: Node<'_>) -> Option<Valued<bool>> {
        let Value::Bool(value) = node.value() else {
            self.mistyped(node, &format!("`{key}` must be true or false"));
            return None;
        };
        Some(self.valued(node.at(), value))
    }

    /// A number with a unit, or without one where `parse` accepts it.
    pub(super) fn measure<T, E: std::fmt::Display>(
        &mut self,
        key: &str,
        what: &str,
        node: Node<'_>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Valued<T>> {
        let (Value::Text(text) | Value::Number(text)) = node.value() else {
            self.mistyped(node, &format!("`{key}` must be {what}"));
            return None;
        };
        let value = parse(text).map_err(|why| self.fault(node.at(), format!("`{key}` {why}")));
        Some(self.valued(node.at(), value.ok()?))
    }

    /// A list of strings (or one alone), each of which `read` accepts. `what` is what they are.
    pub(super) fn texts<T: PartialEq>(
        &mut self,
        key: &str,
        what: &str,
        node: Node<'_>,
        read: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Option<Listed<T>> {
        self.list(key, what, node, |text, items| match read(text) {
            Ok(value) if items.iter().any(|item| item.value == value) => {
                Err(Invalid::Other(format!("{} is listed twice in `{key}`", quoted_glob(text))))
            }
            read => read,
        })
    }

    /// The same for globs, which may be repeated.
    pub(super) fn globs(&mut self, key: &str, node: Node<'_>) -> Option<Listed<String>> {
        self.list(key, "globs", node, |text, _| glob(text))
    }

    fn list<T>(
        &mut self,
        key: &str,
        what: &str,
        node: Node<'_>,
        read: impl Fn(&str, &[Valued<T>]) -> Result<T, Invalid>,
    ) -> Option<Listed<T>> {
        let nodes = match node.value() {
            Value::List(nodes) => nodes,
            Value::Text(_) => vec![node],
            _ => {
                self.mistyped(node, &format!("`{key}` must be a list of {what}"));
                return None;
            }
        };
        let mut items: Vec<Valued<T>> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let Value::Text(text) = node.value() else {
                self.mistyped(node, &format!("`{key}` must be a list of {what}, each a string"));
                continue;
            };
            match read(text, &items) {
                Ok(value) => items.push(self.valued(node.at(), value)),
                Err(why) => self.fault(node.at(), why.to_string()),
            }
        }
        Some(self.valued(node.at(), items))
    }

    /// A list of mappings, each of which `read` accepts; it is given the ones before.
    pub(super) fn mappings<T>(
        &mut self,
        key: &str,
        node: Node<'_>,
        read: impl Fn(&mut Self, Node<'_>, &[Valued<T>]) -> Option<T>,
    ) -> Option<Listed<T>> {
        let Value::List(nodes) = node.value() else {
            self.mistyped(node, &format!("`{key}` must be a list of mappings"));
            return None;
        };
        let mut items = Vec::with_capacity(nodes.len());
        for node in nodes {
            let value = read(self, node, &items);
            items.extend(value.map(|value| self.valued(node.at(), value)));
        }
        Some(self.valued(node.at(), items))
    }
}

/// A mapping with a fixed set of keys, while it is read.
pub(super) struct Fields<'r, 'a, 't> {
    reader: &'r mut Reader<'a>,
    what: &'t str,
    at: Position,
    entries: Vec<(Name<'t>, Node<'t>)>,
    before: usize,
}

impl<'r, 'a, 't> Fields<'r, 'a, 't> {
    /// The value of a key, where it is given and `read` accepts it.
    pub(super) fn get<T>(&mut self, key: &str, read: impl FnOnce(&mut Reader<'a>, Node<'t>) -> Option<T>) -> Option<T> {
        let (_, node) = *self.entries.iter().find(|(name, _)| name.text == key)?;
        read(self.reader, node)
    }

    /// The same for a string.
    pub(super) fn text<T>(&mut self, key: &str, read: impl Fn(&str) -> Result<T, Invalid>) -> Option<T> {
        self.get(key, |reader, node| reader.text(key, node, read))
    }

    pub(super) fn entries(&self) -> &[(Name<'t>, Node<'t>)] {
        &self.entries
    }

    /// The reader, unless something in the mapping was wrong. Reports the `required` keys that are missing where that is
    /// all.
    pub(super) fn complete(self, required: &[(&str, bool)]) -> Option<&'r mut Reader<'a>> {
        if self.reader.problems.len() > self.before {
            return None;
        }
        for (key, _) in required.iter().filter(|(_, given)| !given) {
            self.reader.fault(self.at, format!("{} has no `{key}`", self.what));
        }
        (self.reader.problems.len() == self.before).then_some(self.reader)
    }
}
