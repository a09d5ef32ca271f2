//! The run, in three phases: files by themselves, files together, findings.
//!
//! 1. `scan` searches every file in parallel and gives reports without findings, and facts.
//! 2. `across` joins the facts, and adds the reports of checks that look at the whole repository.
//! 3. `make` makes the findings of each file, once, from all its reports.
//!
//! [`change`] compares two sides that went through the same phases; [`history`] needs the first and the third. Nothing of a
//! run depends on the order in which threads finish. A panic over one file costs that file and no other.

use std::sync::Arc;

use rayon::prelude::*;

use crate::coverage::{Reason, Skipped};
use crate::finding::Outcome;
use crate::source::{File, Listing, Scratch};

mod across;
mod allow;
pub(crate) mod change;
mod excerpt;
mod exposed;
mod gather;
pub(crate) mod history;
mod made;
mod make;
mod options;
mod parts;
#[cfg(debug_assertions)]
pub(crate) mod pause;
mod scan;
#[cfg(test)]
mod tests;
mod visit;

pub(crate) use gather::{Gathered, Names, gather};
pub(crate) use options::IgnoredOf;
pub(crate) use options::Kept;
pub use options::Options;

use made::Made;
use scan::{Scanned, Scanner};

/// What is checked.
pub struct Input<'i> {
    /// The files that are searched and reported on.
    pub listing: Listing,
    /// Further files of the same repository, of which only the facts count: a Deployment by itself does not show which
    /// Secrets there are. Asked for where a searched file contains facts.
    pub context: &'i dyn Fn() -> Vec<File>,
}

/// Checks every file of a listing.
#[must_use]
pub fn run(input: Input<'_>, options: &Options) -> Outcome {
    let scanner = Scanner::new(options);
    let Input { listing, context } = input;
    let mut outcome = Outcome { complete: true, ..Outcome::default() };
    outcome.coverage.skipped = listing.skipped;
    outcome.coverage.errors = listing.errors;
    let files = listing.files.par_iter();
    let visits: Vec<_> = files.map_init(Scratch::default, |scratch, file| scanner.scan(file, scratch)).collect();
    let visits = listing.files.iter().zip(visits);
    let mut searched: Vec<(&File, Scanned)> =
        visits.filter_map(|(file, visit)| Some((file, visit.count(&mut outcome.coverage)?))).collect();
    if searched.is_empty() {
        // Nothing is known where all that there is was too large.
        let coverage = &mut outcome.coverage;
        let too_large = |skipped: &mut Skipped| matches!(skipped.reason, Reason::TooLarge { .. });
        coverage.errors.extend(coverage.skipped.extract_if(.., too_large));
    }
    if !options.is_interrupted() {
        let scanned = searched.iter_mut().map(|(file, scanned)| (&file.path, scanned)).collect();
        across::add_drafts(&scanner, scanned, context, &mut outcome.coverage.errors);
    }
    let made = searched
        .into_par_iter()
        .map_init(Scratch::default, |scratch, (file, scanned)| make::findings_of(&scanner, file, scanned, scratch));
    made.collect::<Vec<_>>().into_iter().for_each(|made| add(&mut outcome, made));
    options.note_interruption(&mut outcome.coverage);
    outcome.finish();
    outcome
}

/// Checks the bytes of one file that are at hand, as the file `path`. `context` is as in [`Input`].
#[must_use]
pub fn run_bytes(path: &str, bytes: &[u8], context: &dyn Fn() -> Vec<File>, options: &Options) -> Outcome {
    let scanner = Scanner::new(options);
    let mut outcome = Outcome { complete: true, ..Outcome::default() };
    if let Some(mut scanned) = scanner.scan_bytes(path, bytes).count(&mut outcome.coverage) {
        // What is handed over is what is about to be committed.
        scanned.facts.tracked = true;
        let (name, errors) = (Arc::from(path), &mut outcome.coverage.errors);
        across::add_drafts(&scanner, vec![(&name, &mut scanned)], context, errors);
        add(&mut outcome, make::findings_of_bytes(&scanner, path, bytes, scanned));
    }
    outcome.finish();
    outcome
}

/// Adds the findings of one file.
fn add(outcome: &mut Outcome, made: Result<Made, Skipped>) {
    match made {
        Ok(made) => {
            outcome.complete &= !made.incomplete;
            outcome.coverage.skipped.extend(made.notes);
            outcome.findings.extend(made.findings);
        }
        Err(failed) => outcome.coverage.errors.push(failed),
    }
}
