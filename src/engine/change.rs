//! What a change brings: both of its sides are looked at, and what the old one has too is left out.
//!
//! A finding is the same on both sides where its rule, its symbolic place and its value are the same; where only the place
//! is another one, as after a rename, the value decides. Neither path nor line counts, so that a renamed, moved or
//! indented text brings nothing. With several old sides, as of a merge, a finding that one of them has is not new.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rayon::prelude::*;

use super::across;
use super::{Done, IgnoredOf, Options, Scanner, Seen, finish, internal_error, interruption, make};
use crate::checks::Draft;
use crate::checks::credentials::generator_credential;
use crate::document::fragment::Lang;
use crate::document::view::{self, View};
use crate::finding::{Digest, Finding, Identity, Outcome, Scope, Skipped};
use crate::inventory::facts::Facts;
use crate::inventory::{kustomization, read};
use crate::path;
use crate::rule::{Level, Rule};
use crate::source::store::Change;
use crate::source::{self, File, Read, Scratch};
use crate::span::{Position, Region, Span};

/// A change and what stands around it.
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

/// What a change brings, and what else its new side holds.
pub(crate) struct Brought {
    /// What it brings.
    pub outcome: Outcome,
    /// Digests of all values that stand in the changed files of the new side, by rule.
    pub values: BTreeSet<(String, Digest)>,
}

/// One side of all changed files, in their order.
struct Side {
    seen: Vec<Option<Box<Seen>>>,
    /// Findings of each, with what the checks of the whole repository say.
    findings: Vec<Vec<Finding>>,
    /// Of other files, what the checks of the whole repository say.
    drafts: Vec<(Arc<str>, Draft)>,
    /// Env files of secret generators, with the name of the generator.
    env_files: BTreeMap<String, String>,
}

/// Checks what a change brings.
#[must_use]
pub(crate) fn change(input: &Input<'_>, options: &Options) -> Brought {
    let scanner = Scanner::new(options);
    let mut outcome = Outcome { complete: true, ..Outcome::default() };
    outcome.coverage.scope = input.scope;
    let new = look(&scanner, input.changed.iter().map(|change| change.new.as_ref()), Some(input), &mut outcome);
    let mut sides = vec![new];
    for old in 0..input.olds {
        let files = input.changed.iter().map(|change| change.olds.get(old).and_then(Option::as_ref));
        sides.push(look(&scanner, files, None, &mut outcome));
    }
    let mut others = Vec::new();
    if matters(input, &sides, scanner.across) && !options.interrupted.load(Ordering::Relaxed) {
        let (unchanged, unread) = (input.unchanged)();
        outcome.coverage.errors.extend(unread);
        across_sides(&scanner, input, &mut sides, &unchanged, &mut outcome);
        others = unchanged;
    }
    if others.is_empty() && input.changed.iter().any(|change| may_be_env_file(&change.path)) {
        let (unchanged, unread) = (input.unchanged)();
        outcome.coverage.errors.extend(unread);
        others = unchanged;
    }
    let generated = generated(&scanner, &others);
    for (number, side) in sides.iter_mut().enumerate() {
        side.env_files.extend(generated.clone());
        env_files(&scanner, input.changed, number, side);
    }
    let olds = sides.split_off(1);
    let Some(new) = sides.pop() else { return Brought { outcome, values: BTreeSet::new() } };
    outcome.findings.extend(untouched(&scanner, &new, &olds, &others));
    outcome.findings.extend(untouched_env_files(&scanner, input.changed, &new, &olds, &others));
    let found: Vec<Finding> = new.findings.into_iter().flatten().collect();
    let wanted = |finding: &&Finding| (input.wanted)(&finding.path);
    let values = found.iter().filter(wanted).filter(|finding| finding.identity.is_value).map(value).collect();
    // What one of several parents has is not new; each of them is asked about all of it.
    let mut brought = vec![true; found.len()];
    for old in olds {
        let old: Vec<Finding> = old.findings.into_iter().flatten().collect();
        for (brought, new) in brought.iter_mut().zip(unmatched(&found, &old)) {
            *brought &= new;
        }
    }
    let found = found.into_iter().zip(brought).filter_map(|(finding, brought)| brought.then_some(finding));
    outcome.findings.extend(found.filter(|finding| (input.wanted)(&finding.path)));
    if options.interrupted.load(Ordering::Relaxed) {
        outcome.coverage.errors.push(interruption());
    }
    finish(&mut outcome);
    Brought { outcome, values }
}

/// Says of the file at `path` that the change touches what mlguard itself goes by, as `rule` with `level`.
#[must_use]
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
        message: format!("This {what} what mlguard goes by, which counts only once it is merged."),
        help: make::first_paragraph(&rule.remedy),
        fix: None,
        fingerprint: make::fingerprint(&[&rule.id, path]),
        identity: Identity { value: Digest::default(), is_value: false },
        commit: None,
        related: Vec::new(),
        excerpt: None,
        line_hash: String::new(),
    }
}

/// What tells one credential from another.
pub(super) fn value(finding: &Finding) -> (String, Digest) {
    (finding.rule.to_string(), finding.identity.value)
}

/// Looks at each file of a side by itself. What came of it is counted where it is the new side, which is `counted`.
fn look<'f>(
    scanner: &Scanner<'_>,
    files: impl Iterator<Item = Option<&'f File>>,
    counted: Option<&Input<'_>>,
    outcome: &mut Outcome,
) -> Side {
    let files: Vec<Option<&File>> = files.collect();
    let done: Vec<Option<Done>> = files
        .par_iter()
        .map_init(Scratch::default, |scratch, file| file.map(|file| scanner.file(file, scratch)))
        .collect();
    let mut side = Side { seen: Vec::new(), findings: Vec::new(), drafts: Vec::new(), env_files: BTreeMap::new() };
    for (at, (file, done)) in files.iter().zip(done).enumerate() {
        let change = counted.and_then(|input| input.changed.get(at));
        // What the change does not bring may still be needed to understand it, but is not what was asked for.
        let counts = change.is_some_and(Change::is_new);
        let mut seen = None;
        match done {
            Some(Done::Seen { bytes, seen: text }) => {
                if counts {
                    outcome.coverage.files += 1;
                    outcome.coverage.bytes += bytes;
                    outcome.complete &= !text.incomplete;
                }
                let path = file.map_or("", |file| &*file.path);
                let named = text.env_files.iter().map(|(env, name)| (super::join(path, env), name.clone()));
                side.env_files.extend(named);
                seen = Some(text);
            }
            Some(Done::Skipped(skipped)) if counts => outcome.coverage.skipped.push(skipped),
            // A side that cannot be read cannot be taken off the other one either.
            Some(Done::Failed(failed)) => outcome.coverage.errors.push(failed),
            _ => {}
        }
        let findings = seen.as_mut().map(|seen| std::mem::take(&mut seen.findings)).unwrap_or_default();
        side.findings.push(findings);
        side.seen.push(seen);
    }
    side
}

/// Whether the change may matter to files that it does not touch, or they to it.
fn matters(input: &Input<'_>, sides: &[Side], across: bool) -> bool {
    let has_facts = |side: &Side| side.seen.iter().flatten().any(|seen| !seen.facts.is_empty());
    let moved = |change: &Change| {
        let there = std::iter::once(&change.new).chain(&change.olds).map(Option::is_some).collect::<BTreeSet<_>>();
        there.len() > 1 && read::may_hold(&change.path)
    };
    let named = |change: &Change| path::name(&change.path) == ".gitignore";
    across
        && (sides.iter().any(has_facts)
            || input.changed.iter().any(|change| moved(change) || named(change) || change.path.contains(".env")))
}

/// Whether a generator may read the file as `KEY=value` lines.
fn may_be_env_file(path: &str) -> bool {
    matches!(Lang::of_path(path, ""), Lang::Dotenv | Lang::Ini | Lang::Properties | Lang::Other)
}

/// The env files that the generators of `files` read, each with the name of its generator.
fn generated(scanner: &Scanner<'_>, files: &[File]) -> BTreeMap<String, String> {
    let kustomizations = files.par_iter().filter(|file| kustomization::is_kustomization(&file.path));
    let found = kustomizations.map_init(Scratch::default, |scratch, file| {
        let Read::Text(decoded) = source::read(file, scanner.options.max_size, scratch) else { return Vec::new() };
        let read = catch_unwind(AssertUnwindSafe(|| {
            let lang = Lang::of_path(&file.path, &decoded.text);
            let parsed = view::parse(&file.path, &decoded.text, lang);
            generator_credential::env_files(&View::new(&file.path, &decoded.text, lang, &parsed))
        }));
        let joined = read.unwrap_or_default().into_iter().map(|(env, name)| (super::join(&file.path, &env), name));
        joined.collect::<Vec<_>>()
    });
    found.flatten().collect()
}

/// Runs the checks of the whole repository on every side.
fn across_sides(
    scanner: &Scanner<'_>,
    input: &Input<'_>,
    sides: &mut [Side],
    unchanged: &[File],
    outcome: &mut Outcome,
) {
    let (mut files, failed) =
        across::context_facts(scanner, unchanged, input.changed.iter().map(|change| &*change.path));
    outcome.coverage.errors.extend(failed);
    let context = files.len();
    for (number, side) in sides.iter_mut().enumerate() {
        files.truncate(context);
        let mut origin = HashMap::new();
        for (at, (change, seen)) in input.changed.iter().zip(&mut side.seen).enumerate() {
            if let Some(seen) = seen {
                origin.insert(Arc::clone(&change.path), at);
                files.push((Arc::clone(&change.path), std::mem::take(&mut seen.facts)));
            }
        }
        // The files around the change keep their order, and so their place in front when it is their turn again.
        let mut sorted: Vec<(Arc<str>, Facts)> = std::mem::take(&mut files);
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        let ignored = number.checked_sub(1).and_then(|old| input.ignored_before.get(old));
        let ignored = ignored.unwrap_or(&scanner.options.ignored);
        let drafts = across::drafts(scanner, &sorted, ignored, &mut outcome.coverage.errors);
        let mut said: BTreeMap<usize, Vec<Draft>> = BTreeMap::new();
        for (file, draft) in drafts {
            let Some((path, _)) = sorted.get(file) else { continue };
            match origin.get(path) {
                Some(at) => said.entry(*at).or_default().push(draft),
                None => side.drafts.push((Arc::clone(path), draft)),
            }
        }
        let again: Vec<(usize, Option<Vec<Finding>>)> = said
            .into_par_iter()
            .map_init(Scratch::default, |scratch, (at, drafts)| {
                let change = input.changed.get(at);
                let file = change.and_then(|change| match number.checked_sub(1) {
                    None => change.new.as_ref(),
                    Some(old) => change.olds.get(old).and_then(Option::as_ref),
                });
                (
                    at,
                    file.and_then(|file| {
                        again(scanner, file, side.seen.get(at).and_then(Option::as_deref), drafts, scratch)
                    }),
                )
            })
            .collect();
        for (at, findings) in again {
            match findings {
                Some(findings) => side.findings[at] = findings,
                None => outcome.coverage.errors.push(internal_error(&input.changed[at].path)),
            }
        }
        files = sorted;
        files.retain(|(path, _)| !origin.contains_key(path));
    }
    files.into_par_iter().for_each(drop);
}

/// The findings of a file with what the checks of the whole repository say of it; none after a panic.
fn again(
    scanner: &Scanner<'_>,
    file: &File,
    seen: Option<&Seen>,
    mut drafts: Vec<Draft>,
    scratch: &mut Scratch,
) -> Option<Vec<Finding>> {
    let decoded = match source::read(file, scanner.options.max_size, scratch) {
        Read::Text(decoded) => decoded,
        Read::Skipped(reason) if reason == source::BINARY => {
            return Some(scanner.again(&file.path, "", across::Said { file: 0, drafts, allows: false }));
        }
        _ => return Some(Vec::new()),
    };
    catch_unwind(AssertUnwindSafe(|| {
        let (own, allows) = match seen {
            Some(seen) => (seen.drafts.clone(), seen.allows),
            None => {
                let seen = scanner.text(&file.path, &decoded.text);
                (seen.drafts, seen.allows)
            }
        };
        drafts.splice(0..0, own);
        scanner.again(&file.path, &decoded.text, across::Said { file: 0, drafts, allows })
    }))
    .ok()
}

/// Findings in files that the change does not touch.
fn untouched(scanner: &Scanner<'_>, new: &Side, olds: &[Side], others: &[File]) -> Vec<Finding> {
    let key =
        |(path, draft): &(Arc<str>, Draft)| (Arc::clone(path), draft.rule.to_string(), draft.span, draft.place.clone());
    let before: Vec<BTreeSet<_>> = olds.iter().map(|old| old.drafts.iter().map(key).collect()).collect();
    let mut said: BTreeMap<Arc<str>, Vec<Draft>> = BTreeMap::new();
    let mut fresh = BTreeSet::new();
    for entry in &new.drafts {
        said.entry(Arc::clone(&entry.0)).or_default().push(entry.1.clone());
        if !before.iter().any(|before| before.contains(&key(entry))) {
            fresh.insert((Arc::clone(&entry.0), entry.1.rule.to_string(), entry.1.span));
        }
    }
    let touched: BTreeSet<Arc<str>> = fresh.iter().map(|(path, _, _)| Arc::clone(path)).collect();
    let files: Vec<(&File, Vec<Draft>)> = touched
        .iter()
        .filter_map(|path| {
            let at = others.binary_search_by(|file| file.path.cmp(path)).ok()?;
            Some((others.get(at)?, said.remove(path)?))
        })
        .collect();
    let found = files.into_par_iter().map_init(Scratch::default, |scratch, (file, drafts)| {
        again(scanner, file, None, drafts, scratch).unwrap_or_default()
    });
    let found: Vec<Vec<Finding>> = found.collect();
    let is_fresh = |finding: &Finding| fresh.contains(&(finding.path.clone(), finding.rule.to_string(), finding.span));
    found.into_iter().flatten().filter(is_fresh).collect()
}

/// Adds what stands in changed env files that a generator makes a Secret of.
fn env_files(scanner: &Scanner<'_>, changed: &[Change], number: usize, side: &mut Side) {
    let mut scratch = Scratch::default();
    for (at, change) in changed.iter().enumerate() {
        let Some(generator) = side.env_files.get(&*change.path) else { continue };
        let file = match number.checked_sub(1) {
            None => change.new.as_ref(),
            Some(old) => change.olds.get(old).and_then(Option::as_ref),
        };
        let Some(file) = file else { continue };
        let Read::Text(decoded) = source::read(file, scanner.options.max_size, &mut scratch) else { continue };
        let found = make::env_file(scanner, &change.path, &decoded.text, generator);
        super::join_env_file(&mut side.findings[at], found);
    }
}

/// What stands in env files that the change does not touch, but makes Secrets of.
fn untouched_env_files(
    scanner: &Scanner<'_>,
    changed: &[Change],
    new: &Side,
    olds: &[Side],
    others: &[File],
) -> Vec<Finding> {
    let mut scratch = Scratch::default();
    let mut found = Vec::new();
    for (path, generator) in &new.env_files {
        let touched = changed.iter().any(|change| &*change.path == path.as_str());
        if touched || olds.iter().any(|old| old.env_files.contains_key(path)) {
            continue;
        }
        let Ok(at) = others.binary_search_by(|file| (*file.path).cmp(path.as_str())) else { continue };
        let Read::Text(decoded) = source::read(&others[at], scanner.options.max_size, &mut scratch) else { continue };
        found.extend(make::env_file(scanner, path, &decoded.text, generator));
    }
    found
}

/// Which of `new` stand for nothing that `old` has. Each old finding stands for one new one of no higher level: first for that
/// of its own path and place, then of its place, then for any other with its value.
fn unmatched(new: &[Finding], old: &[Finding]) -> Vec<bool> {
    let nearness: [&dyn Fn(&Finding) -> bool; 3] = [&|_| true, &|_| true, &|finding| finding.identity.is_value];
    let mut open = vec![true; new.len()];
    let mut rest: Vec<&Finding> = old.iter().collect();
    for (step, applies) in nearness.iter().enumerate() {
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
