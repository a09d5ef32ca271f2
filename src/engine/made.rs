//! What the third phase makes of one file.

use std::collections::{BTreeMap, BTreeSet};

use super::visit::Noted;
use crate::coverage::{Reason, Skipped};
use crate::finding::Finding;

/// The findings of one file.
#[derive(Default)]
pub(super) struct Made {
    pub(super) findings: Vec<Finding>,
    /// Whether a part of the file could not be checked, and that counts.
    pub(super) incomplete: bool,
    /// What of the file was not searched, or not as a whole.
    pub(super) notes: Vec<Skipped>,
}

impl Made {
    /// What is known of a file that was not searched, and why it was not.
    pub(super) fn left_out(path: &str, reason: Reason) -> Self {
        Self { notes: vec![Skipped::new(path, reason)], ..Self::default() }
    }

    /// Adds what a part of the same file gave.
    pub(super) fn extend(&mut self, part: Self) {
        self.findings.extend(part.findings);
        self.incomplete |= part.incomplete;
        self.notes.extend(part.notes);
    }

    /// Says that there are more findings of a rule in the file. Where these had to be looked at, that is incomplete.
    pub(super) fn note_more(&mut self, path: &str, rule: &str, count: usize, incomplete: bool) {
        self.notes.push(Skipped::new(path, Reason::MoreFindings { rule: rule.into(), count }));
        self.incomplete |= incomplete;
    }

    /// Adds what parts of the same file gave. A second reading of its bytes repeats most of its findings, in other words
    /// where the value is not ASCII.
    pub(super) fn with_parts(mut self, mut parts: Self) -> Self {
        let value = |finding: &Finding| (finding.rule.clone(), finding.identity.value);
        let values: BTreeSet<_> = self.findings.iter().map(value).collect();
        let starts: BTreeSet<_> = self.findings.iter().map(|finding| finding.region.start).collect();
        let path = self.findings.first().map(|finding| finding.path.clone());
        let repeats = |finding: &Finding| {
            let is_known = || values.contains(&value(finding)) || starts.contains(&finding.region.start);
            Some(&finding.path) == path.as_ref() && is_known()
        };
        parts.findings.retain(|finding| !repeats(finding));
        self.extend(parts);
        self
    }
}

impl Noted for Made {
    fn take_notes(&mut self) -> Vec<Skipped> {
        std::mem::take(&mut self.notes)
    }
}

/// How often each rule was reported at each place so far, so that fingerprints differ.
pub(super) type Seen = BTreeMap<(String, String), usize>;
