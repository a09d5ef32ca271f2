//! One configuration file: from YAML to checked values, every fault with its place.

use super::accepted::Accepted;
use super::convention::Said;
use super::globs;
use super::keys::{KEYS, names};
use super::node::{self, Key, Node, Value};
use super::values::{LEVELS, Origin, Valued, level_or_off, parse_size};
use crate::error::{Problem, nearest, quoted, quoted_glob};
use crate::rule::Level;

/// What kind of file it is, which decides the keys that it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The repository's file at the root, or the one of `--config`.
    Root,
    /// A `.mlguard.yaml` of a folder below the root.
    Nested,
    /// An organisation's file.
    Policy,
}

/// The checked content of a file.
#[derive(Debug, Default)]
pub(super) struct File {
    pub rules: Vec<RuleEntry>,
    pub exclude: Vec<Valued<String>>,
    pub rule_packs: Vec<Valued<String>>,
    pub fail_on: Option<Valued<Level>>,
    pub max_size: Option<Valued<u64>>,
    pub allow_baseline: Option<Valued<bool>>,
    pub allow_exclude: Option<Valued<bool>>,
    pub allow_comments: Option<Valued<bool>>,
    pub baseline: Option<Valued<Accepted>>,
    pub convention: Said,
    pub package: super::package::Said,
}

/// One level for one rule.
#[derive(Debug)]
pub(super) struct RuleEntry {
    pub id: Valued<String>,
    /// Nothing is `off`.
    pub level: Valued<Option<Level>>,
    /// Nothing is every path.
    pub paths: Option<Vec<String>>,
}

/// Reads `text`. Faulty entries are left out and reported; the others count.
pub(super) fn parse(path: &str, scope: Scope, text: &str) -> (File, Vec<Problem>) {
    let mut reader = Reader { path, scope, file: File::default(), problems: Vec::new() };
    match node::parse(text) {
        Ok(Node { value: Value::Null, .. }) => {}
        Ok(Node { value: Value::Map(entries), .. }) => {
            for (key, value) in entries {
                reader.entry(&key, value);
            }
        }
        Ok(node) => reader.mistyped(&node, "a configuration is a mapping of keys"),
        Err(problem) => reader.problems.push(problem.in_file(path).help("nothing of this file was used")),
    }
    (reader.file, reader.problems)
}

/// A file while it is read.
pub(super) struct Reader<'a> {
    path: &'a str,
    scope: Scope,
    pub file: File,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    pub(super) fn fault(&mut self, at: crate::span::Position, message: String, help: Option<String>) {
        let problem = Problem::new(message).in_file(self.path).at(at);
        self.problems.push(match help {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    /// How many faults there are so far: an entry in which one more was found is left out.
    pub(super) fn faults(&self) -> usize {
        self.problems.len()
    }

    pub(super) fn mistyped(&mut self, node: &Node, expected: &str) {
        self.fault(node.at, format!("{expected}; this is {}", node.value.kind()), None);
    }

    pub(super) fn origin(&self, at: crate::span::Position) -> Origin {
        Origin::File { path: self.path.to_owned(), at }
    }

    pub(super) fn valued<T>(&self, at: crate::span::Position, value: T) -> Valued<T> {
        Valued { value, origin: self.origin(at) }
    }

    fn entry(&mut self, key: &Key, node: Node) {
        if !names(self.scope).contains(&key.name.as_str()) {
            return self.unknown_key(key);
        }
        let name = key.name.as_str();
        match name {
            "rules" => self.rules(node),
            "exclude" => self.file.exclude = self.globs(name, node),
            "rule-packs" => self.file.rule_packs = self.globs(name, node),
            "fail-on" => self.file.fail_on = self.fail_on(&node),
            "max-size" => self.file.max_size = self.max_size(&node),
            "baseline" => self.file.baseline = self.baseline(&node),
            "allow-baseline" => self.file.allow_baseline = self.truth(name, &node),
            "allow-exclude" => self.file.allow_exclude = self.truth(name, &node),
            "allow-comments" => self.file.allow_comments = self.truth(name, &node),
            "package" => self.package(node),
            _ => self.convention(name, node),
        }
    }

    fn unknown_key(&mut self, key: &Key) {
        let name = quoted(&key.name);
        if let Some(info) = KEYS.iter().find(|info| info.name == key.name) {
            let place = match (info.scopes.contains(&Scope::Root), info.scopes.contains(&Scope::Policy)) {
                (true, true) => "it can only stand in the file at the root, or in a policy",
                (true, false) => "it can only stand in the file at the root",
                _ => "it can only stand in a policy (--policy FILE)",
            };
            return self.fault(key.at, format!("{name} has no place in this file"), Some(place.to_owned()));
        }
        let known = names(self.scope);
        let list = format!("known keys: {}", known.join(", "));
        let help = match nearest(&key.name, known) {
            Some(near) => format!("did you mean `{near}`? {list}"),
            None => list,
        };
        self.fault(key.at, format!("unknown key {name}"), Some(help));
    }

    /// The same for a key of a mapping inside.
    pub(super) fn unknown_inner(&mut self, key: &Key, known: &[&'static str]) {
        let near = nearest(&key.name, known.iter().copied()).map(|near| format!("did you mean `{near}`? "));
        let help = format!("{}known keys: {}", near.unwrap_or_default(), known.join(", "));
        self.fault(key.at, format!("unknown key {}", quoted(&key.name)), Some(help));
    }

    pub(super) fn truth(&mut self, name: &str, node: &Node) -> Option<Valued<bool>> {
        let Value::Bool(value) = node.value else {
            self.mistyped(node, &format!("`{name}` is true or false"));
            return None;
        };
        Some(self.valued(node.at, value))
    }

    fn fail_on(&mut self, node: &Node) -> Option<Valued<Level>> {
        let level = self.level("fail-on", node, &LEVELS[1..])?;
        level.value.map(|value| Valued { value, origin: level.origin })
    }

    fn max_size(&mut self, node: &Node) -> Option<Valued<u64>> {
        let (Value::Text(text) | Value::Number(text)) = &node.value else {
            self.mistyped(node, "`max-size` is a size such as 32MiB");
            return None;
        };
        match parse_size(text) {
            Ok(size) => Some(self.valued(node.at, size)),
            Err(why) => {
                self.fault(node.at, format!("`max-size` {why}"), None);
                None
            }
        }
    }

    /// A level; the text itself is not repeated, since a wrong file may hold anything.
    fn level(&mut self, what: &str, node: &Node, known: &[&'static str]) -> Option<Valued<Option<Level>>> {
        let (choices, what) = (known.join(", "), quoted(what));
        let Value::Text(text) = &node.value else {
            self.mistyped(node, &format!("{what} is one of {choices}"));
            return None;
        };
        if known.contains(&text.as_str()) {
            return level_or_off(text).map(|level| self.valued(node.at, level));
        }
        let near = nearest(text, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        self.fault(node.at, format!("{what} is one of {choices}"), near);
        None
    }

    fn globs(&mut self, name: &str, node: Node) -> Vec<Valued<String>> {
        let items = match node.value {
            Value::List(items) => items,
            Value::Text(_) => vec![node],
            _ => {
                self.mistyped(&node, &format!("`{name}` is a list of globs"));
                return Vec::new();
            }
        };
        let mut globs = Vec::with_capacity(items.len());
        for item in items {
            let Value::Text(text) = &item.value else {
                self.mistyped(&item, "a glob is text");
                continue;
            };
            match globs::check(text) {
                Ok(()) => globs.push(self.valued(item.at, text.clone())),
                Err(why) => self.fault(item.at, format!("bad glob {}: {why}", quoted_glob(text)), None),
            }
        }
        globs
    }

    fn rules(&mut self, node: Node) {
        let Value::Map(entries) = node.value else {
            return self.mistyped(&node, "`rules` is a mapping of rule ids to levels");
        };
        for (key, value) in entries {
            match value.value {
                Value::List(items) => items.into_iter().for_each(|item| self.rule(&key, item)),
                _ => self.rule(&key, value),
            }
        }
    }

    fn rule(&mut self, key: &Key, node: Node) {
        let id = self.valued(key.at, key.name.clone());
        match node.value {
            Value::Map(entries) => self.rule_mapping(id, node.at, entries),
            _ => {
                if let Some(level) = self.level(&key.name, &node, &LEVELS) {
                    self.file.rules.push(RuleEntry { id, level, paths: None });
                }
            }
        }
    }

    fn rule_mapping(&mut self, id: Valued<String>, at: crate::span::Position, entries: Vec<(Key, Node)>) {
        const KNOWN: [&str; 2] = ["level", "paths"];
        let (before, mut level, mut paths) = (self.problems.len(), None, None);
        for (key, value) in entries {
            match key.name.as_str() {
                "level" => level = self.level("level", &value, &LEVELS),
                "paths" => {
                    let globs = self.globs("paths", value);
                    paths = Some(globs.into_iter().map(|glob| glob.value).collect::<Vec<_>>());
                }
                _ => self.unknown_inner(&key, &KNOWN),
            }
        }
        match level {
            Some(level) if self.problems.len() == before => self.file.rules.push(RuleEntry { id, level, paths }),
            None if self.problems.len() == before => {
                self.fault(at, format!("{} has no `level`", quoted(&id.value)), None);
            }
            _ => {}
        }
    }
}
