//! What a run needs to know.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::coverage::{Coverage, Reason, Skipped};
use crate::finding::DigestKey;
use crate::inventory::convention::Convention;
use crate::rule::{self, Level, Rule};
use crate::source;

/// What a run needs to know.
pub struct Options {
    /// Every rule that may speak: built-in ones and those of packs.
    pub rules: Vec<Rule>,
    /// The level of a rule for a path; none where it is off.
    #[expect(clippy::type_complexity, reason = "read once, and plainer than a name for it")]
    pub level: Box<dyn Fn(&Rule, &str) -> Option<Level> + Send + Sync>,
    /// Largest file that is read, bytes.
    pub max_size: u64,
    /// Whether allow comments in files count.
    pub allow_comments: bool,
    /// Set from outside to end the run early.
    pub interrupted: Arc<AtomicBool>,
    /// Whether a report needs GitHub's line hashes, which cost a pass over each file with findings.
    pub line_hashes: bool,
    /// Whether objects that a partial clone lacks are left out instead of being errors.
    pub accept_missing: bool,
    /// Which findings are kept where there are very many.
    pub kept: Kept,
    /// What values are digested with, for telling them apart.
    pub digest_key: DigestKey,
    /// The day that expiry dates are compared with.
    pub today: jiff::civil::Date,
    /// The names that are right in this repository.
    pub convention: Arc<Convention>,
    /// What files contained before a time; nothing where there is no history.
    pub past: PastOf,
    /// What `.gitignore` files say about paths; nothing outside Git.
    pub ignored: IgnoredOf,
}

/// Which findings of one rule in one file are kept. The others are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Those that people may read, the worst ones.
    Listed,
    /// Many more, because each is compared: with another version, a baseline, or what is there after a repair. Where there are
    /// others, the run is incomplete.
    Compared,
}

impl Kept {
    /// How many.
    pub(super) fn most(self) -> usize {
        match self {
            Self::Listed => 1_000,
            Self::Compared => 50_000,
        }
    }
}

/// What files contained: see [`source::past`].
pub(crate) type PastOf = Box<dyn Fn(i64, &[&str]) -> Option<source::Past> + Send + Sync>;

/// What is ignored: see [`source::ignored`].
pub(crate) type IgnoredOf = Box<dyn Fn(&[&str]) -> Option<source::Ignored> + Send + Sync>;

impl Options {
    /// Every built-in rule at its own level, on a fixed day, and nothing of the surrounding repository: what tests start from.
    #[must_use]
    pub fn for_tests() -> Self {
        Self {
            rules: rule::builtin().to_vec(),
            level: Box::new(|rule, _| Some(rule.level)),
            max_size: 1 << 20,
            allow_comments: true,
            interrupted: Arc::default(),
            line_hashes: false,
            accept_missing: false,
            kept: Kept::Compared,
            digest_key: DigestKey::of_this_run(),
            today: jiff::civil::date(2026, 6, 1),
            convention: Arc::default(),
            past: Box::new(|_, _| None),
            ignored: Box::new(|_| None),
        }
    }

    /// Whether the run is to end early.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Adds to `coverage` the error of a run that was interrupted.
    pub(super) fn note_interruption(&self, coverage: &mut Coverage) {
        if self.is_interrupted() {
            coverage.errors.push(Skipped::new(".", Reason::Interrupted));
        }
    }
}
