//! An organisation's policy: a floor that a repository can raise and not lower.

use super::file::File;
use super::nested::Layer;
use super::values::{Origin, Valued, show_size};
use crate::error::{Problem, quoted, quoted_glob};
use crate::rule::{Level, Rule};

/// What a policy file says.
#[derive(Debug)]
pub(super) struct Policy {
    /// The file, as people would type it.
    pub name: String,
    pub layer: Layer,
    pub allow_baseline: Valued<bool>,
    pub allow_exclude: Valued<bool>,
    pub allow_comments: Valued<bool>,
    /// Default levels of all rules, for telling what would be weaker.
    pub defaults: Vec<(String, Level)>,
}

impl Policy {
    pub(super) fn new(name: String, file: &mut File) -> Self {
        Self {
            name,
            layer: Layer::new("", file),
            allow_baseline: file.allow_baseline.take().unwrap_or_else(|| Valued::built_in(true)),
            allow_exclude: file.allow_exclude.take().unwrap_or_else(|| Valued::built_in(false)),
            allow_comments: file.allow_comments.take().unwrap_or_else(|| Valued::built_in(true)),
            defaults: Vec::new(),
        }
    }

    /// The least level of a rule for a path.
    pub(super) fn floor(&self, rule: &Rule, path: &str) -> Option<Level> {
        self.layer.levels.apply(&rule.id, path, Some(rule.level))
    }

    /// Takes out of a repository's file what the policy does not let it say, and tells of each.
    pub(super) fn bound(&self, file: &mut File) -> Vec<Problem> {
        let mut problems = Vec::new();
        for entry in &file.rules {
            let default = self.defaults.iter().find(|(id, _)| *id == entry.id.value).map(|(_, level)| *level);
            let floor = self.layer.levels.highest(&entry.id.value, default);
            if entry.level.value < floor {
                let asked = floor.map_or("off", Level::as_str);
                let what = format!("the level of {}, weaker than the policy's ({asked}),", quoted(&entry.id.value));
                problems.push(self.refused(&entry.level.origin, &what));
            }
        }
        if !self.allow_exclude.value {
            for glob in file.exclude.drain(..) {
                problems.push(self.refused(&glob.origin, &format!("`exclude` of {}", quoted_glob(&glob.value))));
            }
        }
        problems
    }

    /// `value` where it is at least as strict as the policy's, else the policy's.
    pub(super) fn fail_on(
        &self,
        floor: &Valued<Level>,
        value: Valued<Level>,
        problems: &mut Vec<Problem>,
    ) -> Valued<Level> {
        if value.value <= floor.value {
            return value;
        }
        let what = format!("`fail-on: {}`, weaker than the policy's ({}),", value.value.as_str(), floor.value.as_str());
        problems.push(self.refused(&value.origin, &what));
        floor.clone()
    }

    /// The same for the size limit: skipping more files is weaker.
    pub(super) fn max_size(&self, floor: &Valued<u64>, value: Valued<u64>, problems: &mut Vec<Problem>) -> Valued<u64> {
        if value.value >= floor.value {
            return value;
        }
        let sizes = (show_size(value.value), show_size(floor.value));
        let what = format!("`max-size: {}`, weaker than the policy's ({}),", sizes.0, sizes.1);
        problems.push(self.refused(&value.origin, &what));
        floor.clone()
    }

    /// Says that something has no effect under this policy.
    pub(super) fn refused(&self, origin: &Origin, what: &str) -> Problem {
        let help = format!("{} is the policy; ask its owners for an exception", self.name);
        let message = format!("{what} has no effect");
        let problem = match origin {
            Origin::File { path, at } => Problem::new(message).in_file(path).at(*at),
            Origin::Default => Problem::new(message),
            other => Problem::new(format!("{other}: {message}")),
        };
        problem.warning().help(help)
    }
}
