//! What one file sets for paths: levels of rules and excluded paths.

use std::collections::BTreeMap;

use super::globs::Globs;
use super::key::Values;
use super::keys::lists::EXCLUDE;
use super::keys::rules::{RULES, RuleEntry};
use super::values::{Origin, Valued};
use crate::rule::Level;

/// What one file sets for the paths below its folder.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub levels: Levels,
    pub exclude: Globs,
    /// Where each glob of `exclude` comes from, in the same order.
    exclude_origins: Vec<Origin>,
}

impl Layer {
    /// The layer of a file in `folder` (empty, or `a/b/`).
    pub(super) fn new(folder: &str, file: &mut Values) -> Self {
        let globs = file.take(&EXCLUDE).map(|list| list.value).unwrap_or_default();
        Self {
            levels: Levels::new(folder, file.take(&RULES).unwrap_or_default()),
            exclude: Globs::new(folder, globs.iter().map(|glob| glob.value.as_str())).unwrap_or_default(),
            exclude_origins: globs.into_iter().map(|glob| glob.origin).collect(),
        }
    }

    /// The excluded paths, relative to the root.
    pub(super) fn excluded(&self) -> impl Iterator<Item = Valued<String>> {
        let globs = self.exclude.patterns().iter().zip(&self.exclude_origins);
        globs.map(|(glob, origin)| Valued { value: glob.clone(), origin: origin.clone() })
    }
}

#[derive(Debug, Default)]
pub(super) struct Levels {
    rules: BTreeMap<String, Vec<Entry>>,
}

/// One level of one rule. The globs are those of `rule.paths`, relative to the root; without any, it is for every path.
#[derive(Debug)]
struct Entry {
    rule: RuleEntry,
    paths: Option<Globs>,
}

impl Levels {
    /// Takes over the entries of a file in `folder`, whose globs were checked.
    fn new(folder: &str, entries: Vec<RuleEntry>) -> Self {
        let mut rules = BTreeMap::<String, Vec<Entry>>::new();
        for rule in entries {
            let paths = match (&rule.paths, folder) {
                (Some(paths), _) => Globs::new(folder, paths.iter().map(String::as_str)).ok(),
                (None, "") => None,
                (None, _) => Globs::new(folder, ["/**"]).ok(),
            };
            rules.entry(rule.id.value.clone()).or_default().push(Entry { rule, paths });
        }
        Self { rules }
    }

    /// Whether an entry applies to some paths only.
    pub(super) fn minds_paths(&self) -> bool {
        self.rules.values().flatten().any(|entry| entry.paths.is_some())
    }

    /// The level of a rule for a path where it would be `current` without this file. The last entry that matches counts.
    pub(super) fn apply(&self, id: &str, path: &str, current: Option<Level>) -> Option<Level> {
        let fits = |entry: &&Entry| entry.paths.as_ref().is_none_or(|paths| paths.matches(path));
        self.of(id).iter().rev().find(fits).map_or(current, |entry| entry.rule.level.value)
    }

    /// The highest level that any path can have.
    pub(super) fn highest(&self, id: &str, current: Option<Level>) -> Option<Level> {
        self.of(id).iter().fold(current, |highest, entry| match entry.paths {
            None => entry.rule.level.value,
            Some(_) => highest.max(entry.rule.level.value),
        })
    }

    /// All entries, those of a rule in the order of the file, with globs relative to the root.
    pub(super) fn entries(&self) -> impl Iterator<Item = RuleEntry> {
        self.rules.values().flatten().map(|entry| RuleEntry {
            paths: entry.paths.as_ref().map(|globs| globs.patterns().to_vec()),
            ..entry.rule.clone()
        })
    }

    fn of(&self, id: &str) -> &[Entry] {
        self.rules.get(id).map_or(&[], Vec::as_slice)
    }
}
