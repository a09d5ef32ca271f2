//! What checks say: findings, with everything a report needs and no secret value.
//!
//! A value that may be secret travels as [`Sensitive`], which cannot be printed, compared in an assertion message or
//! serialised. A [`Finding`] holds none: its texts are masked before it is built.

use std::sync::Arc;

use crate::rule::{Fixable, Level, Text};
use crate::span::{Region, Span};

pub mod edit;
pub mod line_hash;

use edit::Fix;

/// A value that may be a secret. It has no `Display` and no `Serialize`, and `Debug` shows only that it is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sensitive<'a>(&'a str);

impl<'a> Sensitive<'a> {
    /// Wraps `value`.
    #[must_use]
    pub fn new(value: &'a str) -> Self {
        Self(value)
    }

    /// The value, for looking at in a check. It must not reach a message, a log, an error or a file.
    #[must_use]
    pub fn expose(self) -> &'a str {
        self.0
    }
}

impl std::fmt::Debug for Sensitive<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sensitive(…)")
    }
}

pub use crate::mask::MASK;

/// One fault at one place.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Id of the rule.
    pub rule: Text,
    /// Level after configuration.
    pub level: Level,
    /// Path with `/`, relative to the root that reports use; bytes that are no UTF-8 are percent-encoded.
    pub path: Arc<str>,
    /// Span of the value, bytes of the decoded text.
    pub span: Span,
    /// The same as lines and columns.
    pub region: Region,
    /// Symbolic place: `Secret mlflow/mlflow-db .data.password`.
    pub place: Option<String>,
    /// What is wrong, one sentence with a full stop. Never a value.
    pub message: String,
    /// What to do next.
    pub help: String,
    /// What would repair it, where that is certain.
    pub fix: Option<Fix>,
    /// Stable identity: hexadecimal, no hash of the value.
    pub fingerprint: String,
    /// Other places that explain this one.
    pub related: Vec<Related>,
    /// The lines of the finding with every value masked, for people.
    pub excerpt: Option<Excerpt>,
    /// GitHub's `primaryLocationLineHash` of the line (`sarif-github.md`), computed from the real text.
    pub line_hash: String,
}

/// A further place of a finding.
#[derive(Clone, Debug)]
pub struct Related {
    /// Path, as in [`Finding::path`].
    pub path: Arc<str>,
    /// Where in it.
    pub region: Region,
    /// What is there.
    pub message: String,
}

/// Source lines with values masked.
#[derive(Clone, Debug)]
pub struct Excerpt {
    /// One-based number of the first line.
    pub first_line: usize,
    /// The lines, masked, separated by LF, without a final one.
    pub text: String,
    /// Where in `text` the mask of this finding's value stands, bytes.
    pub marked: Span,
}

impl Finding {
    /// Whether there is a fix for this finding, and whether it may be applied unseen.
    #[must_use]
    pub fn fixable(&self) -> Fixable {
        self.fix.as_ref().map_or(Fixable::No, |fix| fix.applicability)
    }

    /// The total order of a report: path, place in the file, rule, symbolic place, fingerprint.
    #[must_use]
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |f: &Self| (f.region, f.span);
        (self.path.cmp(&other.path))
            .then_with(|| key(self).cmp(&key(other)))
            .then_with(|| self.rule.cmp(&other.rule))
            .then_with(|| self.place.cmp(&other.place))
            .then_with(|| self.fingerprint.cmp(&other.fingerprint))
    }
}

/// What a run looked at, for the closing line and the reports.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Files searched.
    pub files: usize,
    /// Bytes searched.
    pub bytes: u64,
    /// Commits searched (0 for a tree).
    pub commits: usize,
    /// What was left out on purpose, and why; sorted by path. Does not make a run incomplete.
    pub skipped: Vec<Skipped>,
    /// What should have been searched and could not be; sorted by path. Makes the run incomplete (exit 2).
    pub errors: Vec<Skipped>,
}

/// A file that was not searched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// Path, as in [`Finding::path`].
    pub path: Arc<str>,
    /// Why, and what to do where something can be done. Never content of the file.
    pub reason: String,
}

/// The result of a run: everything that a reporter needs.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Sorted by [`Finding::order`].
    pub findings: Vec<Finding>,
    /// What was searched.
    pub coverage: Coverage,
    /// Whether all that was asked for was searched.
    pub complete: bool,
}
