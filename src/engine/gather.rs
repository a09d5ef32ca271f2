//! The facts of files without a search: what a picture of the repository is made of.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rayon::prelude::*;

use super::{Options, internal_error, interruption};
use crate::checks::detector::Engine;
use crate::document::fragment::Lang;
use crate::document::view::{self, View};
use crate::finding::{Coverage, Skipped};
use crate::inventory::facts::Facts;
use crate::inventory::read;
use crate::mask::{MASK, masked};
use crate::rule::{Level, id};
use crate::source::{self, File, Listing, Read, Scratch};
use crate::span::{LineIndex, Span};
use crate::value::Sensitive;

/// The facts of all files of a listing.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// By path.
    pub files: Vec<(Arc<str>, Facts)>,
    /// What was read. An error is also a document that could not be parsed, unless `unparsable` is no error there.
    pub coverage: Coverage,
}

/// What became of one file.
enum Done {
    Read(u64, Box<Facts>, Option<Skipped>),
    Skipped(Skipped),
    Failed(Skipped),
    NotReached,
}

/// Reads the facts of every file of a listing, in parallel.
#[must_use]
pub(crate) fn gather(listing: Listing, options: &Options) -> Gathered {
    let done: Vec<Done> =
        listing.files.par_iter().map_init(Scratch::default, |buffer, file| one(file, options, buffer)).collect();
    let mut gathered = Gathered::default();
    let coverage = &mut gathered.coverage;
    coverage.skipped = listing.skipped;
    coverage.errors = listing.errors;
    for (file, done) in listing.files.into_iter().zip(done) {
        match done {
            Done::Read(bytes, facts, fault) => {
                coverage.files += 1;
                coverage.bytes += bytes;
                coverage.errors.extend(fault);
                // Those without facts too: a kustomization may name them, and then they are there.
                gathered.files.push((file.path, *facts));
            }
            Done::Skipped(skipped) => coverage.skipped.push(skipped),
            Done::Failed(failed) => coverage.errors.push(failed),
            Done::NotReached => {}
        }
    }
    if options.interrupted.load(Ordering::Relaxed) {
        coverage.errors.push(interruption());
    }
    coverage.skipped.sort();
    coverage.errors.sort();
    gathered
}

fn one(file: &File, options: &Options, buffer: &mut Scratch) -> Done {
    if options.interrupted.load(Ordering::Relaxed) {
        return Done::NotReached;
    }
    let skipped = |reason: String| Skipped { path: file.path.clone(), reason };
    let decoded = match source::read(file, options.max_size, buffer) {
        Read::Skipped(reason) => return Done::Skipped(skipped(reason)),
        Read::Failed(reason) => return Done::Failed(skipped(reason)),
        Read::Text(decoded) => decoded,
    };
    let read = catch_unwind(AssertUnwindSafe(|| facts(&file.path, &decoded.text, options)));
    match read {
        Ok((facts, fault)) => Done::Read(decoded.bytes, Box::new(facts), fault.map(skipped)),
        Err(_) => Done::Failed(internal_error(&file.path)),
    }
}

/// The facts of a text, and why there may be more in it.
fn facts(path: &str, text: &str, options: &Options) -> (Facts, Option<String>) {
    let lang = Lang::of_path(path, text);
    let parsed = view::parse(path, text, lang);
    let facts = read::read(&View::new(path, text, lang, &parsed), &options.convention.kinds);
    let rule = options.rules.iter().find(|rule| rule.id == id::UNPARSABLE);
    let counts = rule.is_some_and(|rule| (options.level)(rule, path) == Some(Level::Error));
    let fault = parsed.faults.iter().find(|fault| counts && !fault.recovered);
    let reason = fault.map(|fault| {
        let at = Span::new(fault.offset.min(text.len()), fault.offset.min(text.len()));
        let line = LineIndex::new(text).region(text, at).start.line;
        format!(
            "the document at line {line} is not valid YAML, so what it holds is left out; `mlguard check` says more"
        )
    });
    (facts, reason)
}

/// Decides what of a name may be printed: credentials are found in names too.
pub(crate) struct Names {
    engine: Engine,
    /// What was made of each name so far.
    known: RefCell<BTreeMap<Box<str>, String>>,
}

impl Names {
    /// With the credential rules of a run.
    #[must_use]
    pub(crate) fn new(options: &Options) -> Self {
        Self { engine: Engine::new(options.rules.iter().cloned()), known: RefCell::default() }
    }

    /// The name, or what of it is no value.
    #[must_use]
    pub(crate) fn shown(&self, name: &str) -> String {
        let known = self.known.borrow().get(name).cloned();
        known.unwrap_or_else(|| {
            let credential = self.engine.identify(Sensitive::new(name)).is_some();
            let shown = if credential { MASK.to_owned() } else { masked(name).into_owned() };
            self.known.borrow_mut().insert(name.into(), shown.clone());
            shown
        })
    }
}
