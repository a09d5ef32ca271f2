//! What `fix` is about to do to one file, and whether it helped.

use std::collections::{BTreeMap, BTreeSet};

use super::writing::Input;
use crate::finding::{Finding, Outcome};
use crate::fix::plan::{self, Planned};
use crate::rule::{Level, RuleId, id};

/// What may be found after a repair and was not before: the scope is what the annotations of the Secret asked for, and with
/// the namespace that sealing states, names can be judged and environments compared that could not be before.
const EXPECTED_AFTER_SEALING: [RuleId; 3] = [id::SEALED_WIDE_SCOPE, id::SECRET_SPRAWL, id::ENVIRONMENT_DRIFT];

/// What is to be done to one file.
pub(super) struct Repair {
    pub(super) path: String,
    pub(super) input: Option<Input>,
    pub(super) planned: Planned,
    /// The new bytes of the file; none where it goes.
    pub(super) new: Option<Vec<u8>>,
    /// Whether the file is taken out of Git's index, and nothing else is done to it.
    pub(super) untrack: bool,
}

impl Repair {
    /// Its files beside the one that is repaired: path and text.
    pub(super) fn outputs(&self) -> impl Iterator<Item = (String, &str)> {
        self.planned.outputs.iter().map(|(cluster, text)| (plan::beside(&self.path, cluster), text.as_str()))
    }
}

/// The repairs that brought a finding: that of its file, else those of the files that explain it, else any of them.
fn blamed(finding: &Finding, repairs: &[Repair]) -> Vec<String> {
    let repaired = |path: &str| {
        let touched = |repair: &&Repair| repair.path == path || repair.outputs().any(|(output, _)| output == path);
        repairs.iter().find(touched).map(|repair| repair.path.clone())
    };
    if let Some(path) = repaired(&finding.path) {
        return vec![path];
    }
    let related: BTreeSet<String> = finding.related.iter().filter_map(|related| repaired(&related.path)).collect();
    if related.is_empty() {
        repairs.iter().map(|repair| repair.path.clone()).collect()
    } else {
        related.into_iter().collect()
    }
}

/// What makes it the same finding in another run: one fault in two files has one fingerprint.
fn same(finding: &Finding) -> (&str, &str) {
    (&finding.path, &finding.fingerprint)
}

/// Why a repair did not help, by file: what it was made for is still there, or something new is wrong.
pub(super) fn worse(before: &Outcome, after: &Outcome, repairs: &[Repair]) -> BTreeMap<String, String> {
    let mut bad = BTreeMap::new();
    let known: BTreeSet<(&str, &str)> = before.findings.iter().map(same).collect();
    let there: BTreeSet<(&str, &str)> = after.findings.iter().map(same).collect();
    for repair in repairs {
        for done in &repair.planned.done {
            let finding = &before.findings[done.finding];
            if there.contains(&same(finding)) {
                bad.insert(repair.path.clone(), format!("{} is still there", finding.rule));
            }
        }
    }
    for finding in &after.findings {
        let expected = EXPECTED_AFTER_SEALING.iter().any(|rule| finding.rule == *rule);
        if finding.level >= Level::Warning && !expected && !known.contains(&same(finding)) {
            let why = format!("{} appears at {}:{}", finding.rule, finding.path, finding.region.start.line);
            for path in blamed(finding, repairs) {
                bad.entry(path).or_insert_with(|| why.clone());
            }
        }
    }
    if !after.complete && before.complete {
        for failed in &after.coverage.errors {
            bad.insert(failed.path.to_string(), failed.reason.to_string());
        }
    }
    bad
}
