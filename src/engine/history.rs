//! Every version of every file: each distinct credential once, with the commit that introduced it.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::change::{Brought, value};
use super::make::search_alone;
use super::options::Options;
use super::scan::Scanner;
use super::visit::Visit;
use crate::coverage::{Coverage, Reason, Scope, Skipped};
use crate::finding::{Commit, Digest, Finding, Outcome};
use crate::source::store::{Version, Versions};
use crate::source::{File, Scratch};

/// Files that one thread takes at a time: those of one path are together, and are deltas of each other.
const CHUNK: usize = 32;

/// Shows how far a run is.
pub(crate) trait Progress: Sync {
    /// So many more files were searched.
    fn advance(&self, files: usize);
}

/// The number of a commit, and whether the checked out one still has it, to what is shown of it.
pub(crate) type Describe<'d> = &'d dyn Fn(usize, bool) -> Option<Commit>;

/// What is known of one credential.
struct Known {
    /// Number of the version that introduced it.
    first: usize,
    finding: Box<Finding>,
    in_head: bool,
}

/// What some versions contain.
#[derive(Default)]
struct Found {
    known: BTreeMap<Digest, Known>,
    coverage: Coverage,
}

/// Searches every version for credentials.
pub(crate) fn history(
    versions: &Versions,
    describe: Describe<'_>,
    progress: &dyn Progress,
    options: &Options,
) -> Outcome {
    let scanner = Scanner::new(options);
    let introduced: Vec<(usize, &Version)> = versions.introduced.iter().enumerate().collect();
    let found = search(&scanner, introduced, progress);
    let mut outcome = Outcome { complete: true, ..Outcome::default() };
    outcome.coverage = Coverage { scope: Scope::History, commits: versions.commits(), ..found.coverage };
    outcome.coverage.skipped.extend(versions.skipped.iter().cloned());
    outcome.coverage.errors.extend(versions.errors.iter().cloned());
    outcome.findings = found.known.into_values().map(|known| with_commit(known, versions, describe)).collect();
    options.note_interruption(&mut outcome.coverage);
    outcome.finish();
    outcome
}

/// Adds to what a range introduces what its commits added and removed again. `before_at` has the files that the range is
/// based on, by their paths.
pub(crate) fn between(
    brought: &mut Brought,
    versions: &Versions,
    before_at: &dyn Fn(&str) -> Option<File>,
    describe: Describe<'_>,
    options: &Options,
) {
    let scanner = Scanner::new(options);
    let introduced: Vec<(usize, &Version)> = versions.introduced.iter().enumerate().collect();
    let found = search(&scanner, introduced, &Silent);
    let mut before = old_values(&scanner, &versions.removed);
    let outcome = &mut brought.outcome;
    let coverage = &mut outcome.coverage;
    coverage.commits = versions.commits();
    // What the tip has is among the versions.
    coverage.files = coverage.files.max(found.coverage.files);
    coverage.bytes = coverage.bytes.max(found.coverage.bytes);
    coverage.errors.extend(found.coverage.errors.into_iter().chain(versions.errors.iter().cloned()));
    coverage.skipped.extend(found.coverage.skipped.into_iter().chain(versions.skipped.iter().cloned()));
    options.note_interruption(coverage);
    before.extend(brought.values.iter().map(|(_, digest)| *digest));
    let mut gone = found.known;
    gone.retain(|digest, _| !before.contains(digest));
    // A commit may have restored what never went away.
    let paths: BTreeSet<&str> = gone.values().map(|known| known.finding.file()).collect();
    let files: Vec<File> = paths.into_iter().filter_map(before_at).collect();
    let still = old_values(&scanner, &files);
    gone.retain(|digest, _| !still.contains(digest));
    outcome.findings.extend(gone.into_values().map(|known| with_commit(known, versions, describe)));
    outcome.finish();
}

struct Silent;

impl Progress for Silent {
    fn advance(&self, _: usize) {}
}

/// Digests of the credentials in files that were there before.
fn old_values(scanner: &Scanner<'_>, files: &[File]) -> BTreeSet<Digest> {
    let values =
        files.par_iter().map_init(Scratch::default, |scratch, file| match search_alone(scanner, file, scratch) {
            Visit::Done { result, .. } => {
                result.findings.iter().filter(|finding| finding.identity.is_value).map(value).collect::<Vec<_>>()
            }
            _ => Vec::new(),
        });
    values.flatten().map(|(_, digest)| digest).collect()
}

fn search(scanner: &Scanner<'_>, mut versions: Vec<(usize, &Version)>, progress: &dyn Progress) -> Found {
    versions.sort_by(|a, b| (&a.1.file.path, a.0).cmp(&(&b.1.file.path, b.0)));
    let found: Vec<Found> = versions
        .par_chunks(CHUNK)
        .map_init(Scratch::default, |scratch, chunk| {
            let mut found = Found::default();
            for (number, version) in chunk {
                if !found.add(scanner, *number, version, scratch) {
                    break;
                }
            }
            progress.advance(chunk.len());
            found
        })
        .collect();
    found.into_iter().fold(Found::default(), Found::join)
}

impl Found {
    /// Whether to go on.
    fn add(&mut self, scanner: &Scanner<'_>, number: usize, version: &Version, scratch: &mut Scratch) -> bool {
        let visit = search_alone(scanner, &version.file, scratch);
        if matches!(visit, Visit::NotReached) {
            return false;
        }
        let made = visit.count(&mut self.coverage).unwrap_or_default();
        if made.incomplete {
            let skipped = Skipped::new(version.file.path.clone(), Reason::SearchedAsText);
            self.coverage.skipped.push(skipped);
        }
        for finding in made.findings.into_iter().filter(|finding| finding.identity.is_value) {
            let digest = finding.identity.value;
            self.know(digest, Known { first: number, finding: Box::new(finding), in_head: version.in_head });
        }
        true
    }

    /// The first version that had it stands for all; its level is the highest that any of them gives.
    fn know(&mut self, digest: Digest, new: Known) {
        match self.known.entry(digest) {
            std::collections::btree_map::Entry::Vacant(entry) => drop(entry.insert(new)),
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                let in_head = known.in_head || new.in_head;
                let level = known.finding.level.max(new.finding.level);
                let earlier = (new.first, new.finding.span, &new.finding.rule)
                    < (known.first, known.finding.span, &known.finding.rule);
                if earlier {
                    *known = new;
                }
                known.in_head = in_head;
                known.finding.level = level;
            }
        }
    }

    fn join(mut self, other: Self) -> Self {
        for (digest, known) in other.known {
            self.know(digest, known);
        }
        self.coverage.files += other.coverage.files;
        self.coverage.bytes += other.coverage.bytes;
        self.coverage.skipped.extend(other.coverage.skipped);
        self.coverage.errors.extend(other.coverage.errors);
        self
    }
}

/// The finding with the commit that introduced it.
fn with_commit(known: Known, versions: &Versions, describe: Describe<'_>) -> Finding {
    let commit = versions.introduced.get(known.first).and_then(|version| version.commit);
    let commit = commit.and_then(|commit| describe(commit, known.in_head));
    // A fix is made for the file as it is today.
    Finding { commit, fix: None, ..*known.finding }
}
