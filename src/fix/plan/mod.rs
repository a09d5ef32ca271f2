//! From the findings of one file to its new text. Pure: texts in, texts out.

mod patch;
mod sealing;
#[cfg(test)]
mod tests;

use rsa::RsaPublicKey;

use super::reason::{NotFixed, NotSealed};
use crate::finding::Finding;
use crate::finding::edit::{self, Edit, Fix, FixKind};
use crate::mask::masked;
use crate::rule::Fixable;
use crate::seal::identity::Identity;
use crate::seal::strength::{Policy, Weakness};
use crate::seal::{Plaintext, Randomness, Secret};
use crate::span::Span;
use crate::yaml_scalar::scalar;

pub(crate) use patch::is_value;
pub(super) use sealing::plan_resealing;

/// Whom a Secret is to be sealed for.
pub(crate) struct Target {
    pub identity: Identity,
    /// The clusters that it is sealed for, each with its key; one without a name where none is configured.
    pub clusters: Vec<(Option<String>, RsaPublicKey)>,
}

/// Says whom a Secret of a document (bytes of the text) is to be sealed for, or why it cannot be.
pub(super) type TargetOf<'t> = dyn Fn(Span, &Secret) -> Result<Target, NotSealed> + 't;

#[derive(Clone, Debug)]
pub(crate) struct Done {
    /// Index of a finding that it repairs; others may go with it.
    pub finding: usize,
    /// What was done, in the words of a report.
    pub title: String,
}

/// A Secret that was sealed: what a report says of its values.
pub(crate) struct SealedValues {
    /// `Secret ml-dev/ml-platform`.
    pub title: String,
    /// Each key, as messages may show it, with its value in the forms in which a file may hold it: as it stood in this one, plain, and as base64.
    pub values: Vec<(String, Vec<Plaintext>)>,
    pub weak: Vec<(String, Weakness)>,
}

/// The new text of a file, and what became of its findings.
#[derive(Default)]
pub(crate) struct Planned {
    /// All edits, in the order in which they were accepted; their texts hold no value.
    pub edits: Vec<Edit>,
    /// Whether nothing is left of the file.
    pub remove: bool,
    /// New files beside it, one for each cluster: name of the cluster and text.
    pub outputs: Vec<(String, String)>,
    pub done: Vec<Done>,
    /// Indexes of findings that are left although they have a fix, and why.
    pub left: Vec<(usize, NotFixed)>,
    pub sealed: Vec<SealedValues>,
    /// Where values stand in the old text that no report may show.
    hidden: Vec<Span>,
    /// What is asked of values that are sealed.
    strength: Policy,
}

impl Planned {
    pub(super) fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.outputs.is_empty() && !self.remove
    }

    /// The new text. Planning prevents edits that overlap.
    pub(super) fn text(&self, old: &str) -> Result<String, edit::Overlap> {
        edit::apply(old, &self.edits)
    }
}

/// The path of a cluster's output: `secret.yaml` gives `secret.dev.yaml`.
pub(super) fn beside(path: &str, cluster: &str) -> String {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (&path[..=folder.len()], name));
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{folder}{stem}.{cluster}.{ending}"),
        _ => format!("{folder}{name}.{cluster}"),
    }
}

/// Plans the fixes of `findings` (each with its index) to the file's `text`. Fixes of other files are passed over.
pub(super) fn plan(
    text: &str,
    findings: &[(usize, &Finding)],
    with_unsafe: bool,
    target: &TargetOf<'_>,
    random: &Randomness,
    strength: Policy,
) -> Planned {
    let mut planned = Planned { hidden: patch::hidden(text, findings), strength, ..Planned::default() };
    let mut documents: Vec<Span> = Vec::new();
    for (index, fix) in fixes(findings) {
        if let FixKind::Seal { document } = fix.kind
            && !documents.contains(&document)
        {
            documents.push(document);
            if let Err(why) = planned.seal(text, index, document, target, random) {
                planned.left.push((index, why.into()));
            }
        }
    }
    planned.edit(findings, with_unsafe, |kind| match kind {
        FixKind::Edits { path: None, edits } => Some(edits.as_slice()),
        _ => None,
    });
    planned
}

/// Plans fixes that are made in another file than their findings stand in, such as `.gitignore`.
pub(super) fn plan_other(findings: &[(usize, &Finding)], with_unsafe: bool) -> Planned {
    let mut planned = Planned::default();
    planned.edit(findings, with_unsafe, |kind| kind.elsewhere().map(|(_, edits)| edits));
    planned
}

/// Plans that a file is taken out of Git's index, which changes no file. None where no fix says so.
pub(super) fn plan_untrack(findings: &[(usize, &Finding)], with_unsafe: bool) -> Option<Planned> {
    let (index, fix) = fixes(findings).find(|(_, fix)| matches!(fix.kind, FixKind::Untrack { .. }))?;
    let mut planned = Planned::default();
    if with_unsafe {
        planned.done.push(Done { finding: index, title: fix.title.clone() });
    } else {
        planned.left.push((index, NotFixed::Unsafe));
    }
    Some(planned)
}

fn fixes<'f>(findings: &[(usize, &'f Finding)]) -> impl Iterator<Item = (usize, &'f Fix)> {
    findings.iter().filter_map(|(index, finding)| Some((*index, finding.fix.as_ref()?)))
}

impl Planned {
    /// Takes over the edits that `edits_of` chooses of each fix.
    fn edit<'f>(
        &mut self,
        findings: &[(usize, &'f Finding)],
        with_unsafe: bool,
        edits_of: impl Fn(&'f FixKind) -> Option<&'f [Edit]>,
    ) {
        let mut applied: Vec<&Fix> = Vec::new();
        for (index, fix) in fixes(findings) {
            let Some(edits) = edits_of(&fix.kind) else { continue };
            if fix.applicability == Fixable::Unsafe && !with_unsafe {
                self.left.push((index, NotFixed::Unsafe));
            } else {
                self.accept(index, fix, edits, &mut applied);
            }
        }
    }

    /// Takes a fix over where nothing that was accepted before changes the same place.
    fn accept<'f>(&mut self, index: usize, fix: &'f Fix, edits: &[Edit], applied: &mut Vec<&'f Fix>) {
        if applied.contains(&fix) {
            return;
        }
        let clash = |edit: &Edit| {
            self.edits.iter().any(|other| {
                let inserts = edit.span.is_empty() && other.span.is_empty();
                edit.span.overlaps(other.span)
                    || !inserts && (other.span.contains(edit.span) || edit.span.contains(other.span))
            })
        };
        if edits.iter().any(clash) {
            self.left.push((index, NotFixed::Clash));
            return;
        }
        applied.push(fix);
        self.edits.extend(edits.iter().cloned());
        self.done.push(Done { finding: index, title: fix.title.clone() });
    }
}

/// A name in a message.
pub(crate) fn shown(name: &str) -> String {
    scalar(&masked(name))
}
