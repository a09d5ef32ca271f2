//! Levels of rules: what one file says, and how files add up.

use std::collections::BTreeMap;

use super::file::RuleEntry;
use super::globs::Globs;
use super::values::Origin;
use crate::rule::Level;

/// What one file says of levels.
#[derive(Debug, Default)]
pub(super) struct Levels {
    rules: BTreeMap<String, Vec<Entry>>,
}

/// One level of one rule.
#[derive(Debug)]
pub(super) struct Entry {
    /// Nothing is `off`.
    pub level: Option<Level>,
    /// Nothing is every path.
    pub paths: Option<Globs>,
    pub origin: Origin,
}

impl Levels {
    /// Takes over the entries of a file in `folder`, whose globs were checked.
    pub(super) fn new(folder: &str, entries: Vec<RuleEntry>) -> Self {
        let mut rules = BTreeMap::<String, Vec<Entry>>::new();
        for entry in entries {
            let paths = match (&entry.paths, folder) {
                (Some(paths), _) => Globs::new(folder, paths.iter().map(String::as_str)).ok(),
                (None, "") => None,
                (None, _) => Globs::new(folder, ["/**"]).ok(),
            };
            let entry_list = rules.entry(entry.id.value).or_default();
            entry_list.push(Entry { level: entry.level.value, paths, origin: entry.level.origin });
        }
        Self { rules }
    }

    /// Whether an entry holds for some paths only.
    pub(super) fn minds_paths(&self) -> bool {
        self.rules.values().flatten().any(|entry| entry.paths.is_some())
    }

    /// The level of a rule for a path where it would be `current` without this file. The last entry that fits wins.
    pub(super) fn apply(&self, id: &str, path: &str, current: Option<Level>) -> Option<Level> {
        let fits = |entry: &&Entry| entry.paths.as_ref().is_none_or(|paths| paths.matches(path));
        self.entries(id).iter().rev().find(fits).map_or(current, |entry| entry.level)
    }

    /// The highest level that any path can have.
    pub(super) fn highest(&self, id: &str, current: Option<Level>) -> Option<Level> {
        self.entries(id).iter().fold(current, |highest, entry| match entry.paths {
            None => entry.level,
            Some(_) => highest.max(entry.level),
        })
    }

    /// What is said of a rule, in the order of the file.
    pub(super) fn entries(&self, id: &str) -> &[Entry] {
        self.rules.get(id).map_or(&[], Vec::as_slice)
    }
}
