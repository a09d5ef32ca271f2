//! What SOPS makes of the files of a repository: which `.sops.yaml` is for a file, and which of its rules.
//!
//! SOPS looks for its configuration from the folder upward in which a person calls it, which nobody knows here. So every
//! one at or above a file may be meant, and what holds for all of them is certain.

use super::Place;
use super::index::Inventory;
use crate::document::sops::config::{self, Match, Rule};
use crate::path;

pub(crate) use super::facts::sops::{Encrypted, Exposed, Sops};

/// A configuration that may be meant for a file.
pub(crate) struct Governing<'f> {
    pub file: usize,
    pub rules: &'f [(Rule, Place)],
    /// What SOPS does with it.
    pub matched: Match,
}

impl<'f> Governing<'f> {
    /// The rule that SOPS takes.
    pub(crate) fn rule(&self) -> Option<(usize, &'f Rule)> {
        match self.matched {
            Match::Rule(number) => Some((number, &self.rules.get(number)?.0)),
            _ => None,
        }
    }

    /// What SOPS does with a file of another path.
    pub(crate) fn matched(&self, inventory: &Inventory<'_>, path: &str) -> Match {
        config::rule_for(self.rules.iter().map(|(rule, _)| rule), below(inventory.path(self.file), path))
    }
}

/// The path of a file from the folder of a configuration.
fn below<'p>(config: &str, path: &'p str) -> &'p str {
    let folder = config.strip_suffix(".sops.yaml").unwrap_or_default();
    path.strip_prefix(folder).unwrap_or(path)
}

impl<'f> Inventory<'f> {
    /// What a file is to SOPS.
    #[must_use]
    pub fn sops(&self, file: usize) -> Option<&'f Sops> {
        self.files()[file].1.sops.as_deref()
    }

    /// The configurations at or above the file at `path` that have creation rules, the nearest first.
    pub(crate) fn governing(&self, path: &str) -> Vec<Governing<'f>> {
        let mut found = Vec::new();
        for folder in path::ancestors(path) {
            let config = if folder.is_empty() { ".sops.yaml".to_owned() } else { format!("{folder}/.sops.yaml") };
            let Some(file) = self.file_at(&config) else { continue };
            if let Some(Sops::Rules(rules)) = self.sops(file) {
                let matched = config::rule_for(rules.iter().map(|(rule, _)| rule), below(&config, path));
                found.push(Governing { file, rules, matched });
            }
        }
        found
    }
}
