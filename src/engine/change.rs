//! What a change introduces: both of its sides go through the three phases, and what the old one has too is left out.
//!
//! A finding is the same on both sides where its rule, its symbolic place and its value are the same; where only the place
//! differs, as after a rename, the value decides. Neither path nor line counts, so that a renamed, moved or indented text
//! introduces nothing. With several old sides, as of a merge, a finding that one of them has is not new.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use super::options::{IgnoredOf, Options};
use super::scan::{Scanned, Scanner};
use super::visit::{self, Visit};
use super::{across, make};
use crate::checks::Draft;
use crate::checks::credentials::generator_credential;
use crate::coverage::{Coverage, Reason, Scope, Skipped};
use crate::finding::{Digest, Finding, Identity, Outcome};
use crate::inventory::{kustomization, read};
use crate::path;
use crate::rule::{Level, Rule, Text};
use crate::source::store::Change;
use crate::source::{File, Read, Scratch};
use crate::span::{Position, Region, Span};

/// A change and the files around it.
pub(crate) struct Input<'i> {
    /// Every path that is not the same on all sides.
    pub changed: &'i [Change],
    /// How many old sides there are.
    pub olds: usize,
    /// All other files, asked for where a changed one may matter to them.
    pub unchanged: &'i dyn Fn() -> (Vec<File>, Vec<Skipped>),
    /// Paths of which something is to be reported, of those that were changed.
    pub wanted: &'i (dyn Fn(&str) -> bool + Sync),
    /// What is ignored on each of the old sides.
    pub ignored_before: Vec<IgnoredOf>,
    /// What the run is called.
    pub scope: Scope,
}

/// What a change introduces, and what else its new side contains.
pub(crate) struct Brought {
    /// What it introduces.
    pub outcome: Outcome,
    /// Digests of all values in the changed files of the new side, by rule.
    pub values: BTreeSet<(String, Digest)>,
}

/// Reports about files that a change does not touch, by path.
type DraftsByPath = BTreeMap<Arc<str>, Vec<Draft>>;

/// One side of all changed files.
struct Side<'c> {
    /// The files that this side has, each with the change that it is part of.
    searched: Vec<(&'c Change, &'c File, Scanned)>,
    /// What checks of the whole repository report about the other files.
    others: DraftsByPath,
}

/// Checks what a change introduces.
pub(crate) fn change(input: &Input<'_>, options: &Options) -> Brought {
    let mut scanner = Scanner::new(options);
    scanner.compares = true;
    let mut outcome = Outcome { complete: true, ..Outcome::default() };
    let coverage = &mut outcome.coverage;
    coverage.scope = input.scope;
    let mut sides: Vec<Side<'_>> = (0..=input.olds).map(|side| scan_side(&scanner, input, side, coverage)).collect();
    let mut unchanged = Vec::new();
    let matters = matters(input, &sides);
    let env_file = |change: &Change| across::may_be_env_file(&change.path);
    if scanner.across && !options.is_interrupted() && (matters || input.changed.iter().any(env_file)) {
        let (files, unread) = (input.unchanged)();
        coverage.errors.extend(unread);
        if matters || is_env_file_of(&scanner, input.changed, &files) {
            join_sides(&scanner, input, &mut sides, &files, &mut coverage.errors);
            unchanged = files;
        }
    }
    let mut others = Vec::with_capacity(sides.len());
    let mut found = Vec::with_capacity(sides.len());
    for (number, side) in sides.into_iter().enumerate() {
        others.push(side.others);
        found.push(make_side(&scanner, side.searched, number == 0, &mut outcome));
    }
    let olds = found.split_off(1);
    let new = found.pop().unwrap_or_default();
    let untouched = untouched(&scanner, &others, &unchanged, &mut outcome.coverage.errors);
    outcome.findings.extend(untouched);
    let wanted = |finding: &&Finding| (input.wanted)(finding.file());
    let values = new.iter().filter(wanted).filter(|finding| finding.identity.is_value).map(value).collect();
    let introduced = introduced(new, &olds);
    outcome.findings.extend(introduced.into_iter().filter(|finding| wanted(&finding)));
    options.note_interruption(&mut outcome.coverage);
    outcome.finish();
    Brought { outcome, values }
}

/// The finding that a change touches what mlguard itself goes by: the file at `path`, as `rule` with `level`.
pub(crate) fn policy_change(path: &Arc<str>, rule: &Rule, level: Level, there: bool) -> Finding {
    let start = Position { line: 1, column: 1 };
    let what = if there { "changes" } else { "deletes" };
    Finding {
        rule: rule.id.clone(),
        level,
        path: Arc::clone(path),
        span: Span::new(0, 0),
        region: Region { start, end: start },
        place: None,
        message: format!(
            "This {what} mlguard's own configuration, rules or baseline, which takes effect only once it is merged."
        ),
        help: make::first_paragraph(&rule.remedy),
        fix: None,
        fingerprint: make::fingerprint(&[&rule.id, path]),
        identity: Identity { value: Digest::default(), is_value: false },
        commit: None,
        related: Vec::new(),
        container: None,
        excerpt: None,
        line_hash: String::new(),
    }
}

/// What tells one credential from another.
pub(super) fn value(finding: &Finding) -> (String, Digest) {
    (finding.rule.to_string(), finding.identity.value)
}

/// The first phase of a side: the new one is number 0. What became of its files is counted where they are new.
fn scan_side<'c>(scanner: &Scanner<'_>, input: &Input<'c>, side: usize, coverage: &mut Coverage) -> Side<'c> {
    let file_of = |change: &'c Change| match side.checked_sub(1) {
        None => change.new.as_ref(),
        Some(old) => change.olds.get(old).and_then(Option::as_ref),
    };
    let files: Vec<(&Change, &File)> =
        input.changed.iter().filter_map(|change| Some((change, file_of(change)?))).collect();
    let visits = files.par_iter().map_init(Scratch::default, |scratch, (_, file)| scanner.scan(file, scratch));
    let visits: Vec<Visit<Scanned>> = visits.collect();
    let mut searched = Vec::with_capacity(files.len());
    for ((change, file), visit) in files.into_iter().zip(visits) {
        // What the change does not introduce may still be needed to understand it, but is not what was asked for.
        let scanned = if side == 0 && change.is_new() {
            visit.count(coverage)
        } else {
            let mut uncounted = Coverage::default();
            let scanned = visit.count(&mut uncounted);
            // A side that cannot be read cannot be compared either.
            coverage.errors.append(&mut uncounted.errors);
            coverage.errors.extend(uncounted.skipped.into_iter().filter(is_of_findings));
            scanned
        };
        searched.extend(scanned.map(|scanned| (change, file, scanned)));
    }
    Side { searched, others: BTreeMap::new() }
}

/// Whether findings are missing, so that what is there cannot be compared as a whole.
fn is_of_findings(note: &Skipped) -> bool {
    matches!(note.reason, Reason::MoreFindings { .. })
}

/// Whether the change may matter to files that it does not touch, or they to it.
fn matters(input: &Input<'_>, sides: &[Side<'_>]) -> bool {
    let has_facts = |side: &Side<'_>| side.searched.iter().any(|(_, _, scanned)| !scanned.facts.is_empty());
    let moved = |change: &Change| {
        let there = std::iter::once(&change.new).chain(&change.olds).map(Option::is_some).collect::<BTreeSet<_>>();
        there.len() > 1 && read::may_hold(&change.path)
    };
    let named = |change: &Change| path::name(&change.path) == ".gitignore";
    sides.iter().any(has_facts)
        || input.changed.iter().any(|change| moved(change) || named(change) || change.path.contains(".env"))
}

/// Whether a secret generator in `unchanged` reads a changed file.
fn is_env_file_of(scanner: &Scanner<'_>, changed: &[Change], unchanged: &[File]) -> bool {
    let changed: BTreeSet<&str> = changed.iter().map(|change| &*change.path).collect();
    let mut kustomizations: Vec<&File> = unchanged.iter().collect();
    kustomizations.retain(|file| kustomization::is_kustomization(&file.path));
    let reads = kustomizations.par_iter().map_init(Scratch::default, |scratch, file| {
        let Read::Text(decoded) = visit::read(file, scanner.options, scratch) else { return false };
        let facts = across::read_facts(scanner, &file.path, &decoded.text).unwrap_or_default();
        generator_credential::env_files(&file.path, &facts).any(|(path, _)| changed.contains(&*path))
    });
    reads.any(|reads| reads)
}

/// The second phase of every side.
fn join_sides(
    scanner: &Scanner<'_>,
    input: &Input<'_>,
    sides: &mut [Side<'_>],
    unchanged: &[File],
    errors: &mut Vec<Skipped>,
) {
    let beside = input.changed.iter().map(|change| &*change.path);
    let mut context = across::context_facts(scanner, unchanged, beside, errors);
    for (number, side) in sides.iter_mut().enumerate() {
        let ignored = number.checked_sub(1).and_then(|old| input.ignored_before.get(old));
        let ignored = ignored.unwrap_or(&scanner.options.ignored);
        let searched = side.searched.iter_mut().map(|(change, _, scanned)| (&change.path, scanned)).collect();
        for (path, draft) in across::join_facts(scanner, searched, &mut context, ignored, errors) {
            side.others.entry(path).or_default().push(draft);
        }
    }
    context.into_par_iter().for_each(drop);
}

/// The third phase of a side. What is incomplete counts where the file `is_new`.
fn make_side(
    scanner: &Scanner<'_>,
    searched: Vec<(&Change, &File, Scanned)>,
    is_new: bool,
    outcome: &mut Outcome,
) -> Vec<Finding> {
    let made = searched.into_par_iter().map_init(Scratch::default, |scratch, (change, file, scanned)| {
        (change, make::findings_of(scanner, file, scanned, scratch))
    });
    let mut findings = Vec::new();
    for (change, made) in made.collect::<Vec<_>>() {
        match made {
            Ok(made) => {
                outcome.complete &= !(made.incomplete && is_new && change.is_new());
                outcome.coverage.errors.extend(made.notes.into_iter().filter(is_of_findings));
                findings.extend(made.findings);
            }
            Err(failed) => outcome.coverage.errors.push(failed),
        }
    }
    findings
}

/// Findings in files that the change does not touch, where it adds a report about them. `sides` are the reports of each
/// side, the new one first.
fn untouched(scanner: &Scanner<'_>, sides: &[DraftsByPath], files: &[File], errors: &mut Vec<Skipped>) -> Vec<Finding> {
    let Some((new, olds)) = sides.split_first() else { return Vec::new() };
    let key = |draft: &Draft| (draft.rule.clone(), draft.span, draft.place.clone());
    let with_reports = new.par_iter().filter_map(|(path, drafts)| {
        let before = olds.iter().filter_map(|old| old.get(path)).flatten();
        let before: BTreeSet<_> = before.map(key).collect();
        let added = drafts.iter().filter(|draft| !before.contains(&key(draft)));
        let rules: BTreeSet<&Text> = added.map(|draft| &draft.rule).collect();
        let at = files.binary_search_by(|file| file.path.cmp(path)).ok()?;
        (!rules.is_empty()).then_some((files.get(at)?, rules))
    });
    let found = with_reports.map_init(Scratch::default, |scratch, (file, rules)| {
        let Visit::Done { result, .. } = scanner.scan(file, scratch) else { return Ok(Vec::new()) };
        let mut made = Vec::with_capacity(sides.len());
        for side in sides {
            let reports = side.get(&file.path).map(Vec::as_slice).unwrap_or_default();
            made.push(make::findings_of(scanner, file, result.with_drafts(reports), scratch)?.findings);
        }
        let olds = made.split_off(1);
        let introduced = introduced(made.pop().unwrap_or_default(), &olds);
        Ok(introduced.into_iter().filter(|finding| rules.contains(&finding.rule)).collect())
    });
    let found: Vec<Result<Vec<Finding>, Skipped>> = found.collect();
    found.into_iter().filter_map(|found| found.map_err(|failed| errors.push(failed)).ok()).flatten().collect()
}

/// Those of `new` that none of `olds` has; each of them is asked about all of `new`.
fn introduced(new: Vec<Finding>, olds: &[Vec<Finding>]) -> Vec<Finding> {
    let mut is_new = vec![true; new.len()];
    for old in olds {
        for (is_new, unmatched) in is_new.iter_mut().zip(unmatched(&new, old)) {
            *is_new &= unmatched;
        }
    }
    new.into_iter().zip(is_new).filter_map(|(finding, is_new)| is_new.then_some(finding)).collect()
}

/// Which of `new` stand for nothing that `old` has. Each old finding stands for one new one of no higher level: first for that
/// of its own path and place, then of its place, then for any other with its value.
fn unmatched(new: &[Finding], old: &[Finding]) -> Vec<bool> {
    let mut open = vec![true; new.len()];
    let mut rest: Vec<&Finding> = old.iter().collect();
    for step in 0..3 {
        let applies = |finding: &Finding| step < 2 || finding.identity.is_value;
        let key = |finding: &Finding| -> ((String, Digest), Option<String>, Option<Option<String>>) {
            let path = (step == 0).then(|| finding.path.to_string());
            let place = (step < 2).then(|| finding.place.clone());
            (value(finding), path, place)
        };
        let mut waiting: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, finding) in new.iter().enumerate().rev().filter(|(at, finding)| open[*at] && applies(finding)) {
            waiting.entry(key(finding)).or_default().push(at);
        }
        rest.retain(|old| {
            let Some(found) = waiting.get_mut(&key(old)) else { return true };
            match found.pop_if(|at| new[*at].level <= old.level) {
                Some(at) => {
                    open[at] = false;
                    false
                }
                None => true,
            }
        });
    }
    open
}
