//! What is about to be done to one file, and whether it helped.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::input::Input;
use super::plan::{self, Planned, SealedValues};
use super::reason::Unhelpful;
use super::stage;
use super::store::Change;
use crate::finding::{Finding, Outcome};
use crate::rule::{Level, RuleId, id};
use crate::seal::Plaintext;
use crate::source::{self, Commit};

/// What may be found after a repair and was not before: the scope is what the annotations of the Secret asked for, and with
/// the namespace that sealing states, names can be judged and environments compared that could not be before.
const EXPECTED: [RuleId; 3] = [id::SEALED_WIDE_SCOPE, id::SECRET_SPRAWL, id::ENVIRONMENT_DRIFT];

/// What is to be done to one file.
pub(crate) struct Repair {
    pub(crate) path: String,
    pub(crate) input: Option<Input>,
    pub(crate) planned: Planned,
    /// The new bytes of the file; none where it goes.
    pub(crate) new: Option<Vec<u8>>,
    /// Whether the file is taken out of Git's index, and nothing else is done to it.
    pub(crate) untrack: bool,
}

impl Repair {
    /// Its files beside the one that is repaired: path and text.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = (String, &str)> {
        self.planned.outputs.iter().map(|(cluster, text)| (plan::beside(&self.path, cluster), text.as_str()))
    }

    /// The same for Git's index; none where the file is new.
    pub(super) fn staged(&self) -> Option<stage::File<'_>> {
        let old = self.input.as_ref()?.bytes.as_slice();
        let beside = self.outputs().map(|(path, text)| (path, text.as_bytes())).collect();
        Some(stage::File { path: &self.path, old, new: self.new.as_deref(), beside })
    }

    /// Keys of a sealed Secret whose values a commit holds, and the commit that introduced them: whoever has the history of
    /// the repository at `root` has them.
    pub(crate) fn committed<'s>(&self, root: &Path, sealed: &'s SealedValues) -> Option<(Commit, BTreeSet<&'s str>)> {
        // A value of a few characters is in many files by chance.
        let in_text = |bytes: &[u8], forms: &[Plaintext]| {
            let mut long = forms.iter().filter(|value| value.len() >= 4);
            long.any(|value| memchr::memmem::find(bytes, value.expose()).is_some())
        };
        let seen = RefCell::new(BTreeSet::new());
        let holds = |bytes: &[u8]| {
            let keys = sealed.values.iter().filter(|(_, forms)| in_text(bytes, forms)).map(|(key, _)| key.as_str());
            let keys: Vec<&str> = keys.collect();
            seen.borrow_mut().extend(keys.iter().copied());
            !keys.is_empty()
        };
        let commit = source::committed(root, &self.path, &holds)?;
        Some((commit, seen.into_inner()))
    }
}

/// What some repairs change, below `root`.
pub(super) fn changes(root: &Path, repairs: &[Repair]) -> Vec<Change> {
    let content = |bytes: &[u8]| Plaintext::new(bytes.to_vec());
    let mut changes = Vec::new();
    for repair in repairs.iter().filter(|repair| !repair.untrack) {
        let before = repair.input.as_ref().map(|input| content(&input.bytes));
        changes.push(Change { path: root.join(&repair.path), before, after: repair.new.as_deref().map(content) });
        for (path, text) in repair.outputs() {
            changes.push(Change { path: root.join(path), before: None, after: Some(content(text.as_bytes())) });
        }
    }
    changes
}

/// The repairs that introduced a finding: that of its file, else those of the files that explain it, else any of them.
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

/// The repairs that did not help, by file: what they were made for is still reported, or something new is.
pub(super) fn unhelpful(before: &Outcome, after: &Outcome, repairs: &[Repair]) -> BTreeMap<String, Unhelpful> {
    let mut bad = BTreeMap::new();
    let old: BTreeSet<(&str, &str)> = before.findings.iter().map(same).collect();
    let new: BTreeSet<(&str, &str)> = after.findings.iter().map(same).collect();
    for repair in repairs {
        for done in &repair.planned.done {
            let finding = &before.findings[done.finding];
            if new.contains(&same(finding)) {
                bad.insert(repair.path.clone(), Unhelpful::StillFound(finding.rule.to_string()));
            }
        }
    }
    for finding in &after.findings {
        let expected = EXPECTED.iter().any(|rule| finding.rule == *rule);
        if finding.level >= Level::Warning && !expected && !old.contains(&same(finding)) {
            let why = Unhelpful::Introduced {
                rule: finding.rule.to_string(),
                path: finding.path.to_string(),
                line: finding.region.start.line,
            };
            for path in blamed(finding, repairs) {
                bad.entry(path).or_insert_with(|| why.clone());
            }
        }
    }
    if !after.complete && before.complete {
        for failed in &after.coverage.errors {
            bad.insert(failed.path.to_string(), Unhelpful::NotChecked(failed.reason.clone()));
        }
    }
    bad
}
