//! An organisation's policy: it bounds what a repository sets.

use super::bounds::refused;
use super::key::Values;
use super::keys::lists::EXCLUDE;
use super::keys::rules::RULES;
use super::keys::scalars::{ALLOW_BASELINE, ALLOW_EXCLUDE};
use super::layer::Layer;
use super::values::{Origin, Valued};
use crate::error::{Problem, quoted, quoted_glob};
use crate::rule::{Level, Rule};

#[derive(Debug)]
pub(super) struct Policy {
    /// The file, as people would type it.
    pub name: String,
    pub layer: Layer,
    pub allow_baseline: Valued<bool>,
    pub allow_exclude: Valued<bool>,
    /// Default levels of all rules, to know what would be weaker.
    defaults: Vec<(String, Level)>,
}

impl Policy {
    pub(super) fn new(name: String, file: &mut Values, defaults: Vec<(String, Level)>) -> Self {
        Self {
            name,
            layer: Layer::new("", file),
            allow_baseline: file.holds(&ALLOW_BASELINE),
            allow_exclude: file.holds(&ALLOW_EXCLUDE),
            defaults,
        }
    }

    /// The lowest level of a rule for a path.
    pub(super) fn floor(&self, rule: &Rule, path: &str) -> Option<Level> {
        self.layer.levels.apply(&rule.id, path, Some(rule.level))
    }

    /// Reports levels of a repository's file that are weaker than the policy's, and removes its `exclude` where the policy
    /// does not allow it.
    pub(super) fn bound(&self, file: &mut Values) -> Vec<Problem> {
        let mut problems = Vec::new();
        for entry in file.get(&RULES).into_iter().flatten() {
            let default = self.defaults.iter().find(|(id, _)| *id == entry.id.value).map(|(_, level)| *level);
            let floor = self.layer.levels.highest(&entry.id.value, default);
            if entry.level.value < floor {
                let asked = floor.map_or("off", Level::as_str);
                let what = format!("the level of {}, weaker than the policy's ({asked}),", quoted(&entry.id.value));
                problems.push(self.refused(&entry.level.origin, &what));
            }
        }
        if !self.allow_exclude.value {
            for glob in file.take(&EXCLUDE).into_iter().flat_map(|list| list.value) {
                problems.push(self.refused(&glob.origin, &format!("{} in `exclude`", quoted_glob(&glob.value))));
            }
        }
        problems
    }

    /// The warning that something has no effect under this policy.
    pub(super) fn refused(&self, origin: &Origin, what: &str) -> Problem {
        refused(&self.name, origin, what)
    }
}
