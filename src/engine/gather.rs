//! The facts of files without a search: what a picture of the repository is made of.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::options::Options;
use super::visit::{Content, Noted, visit};
use crate::checks::detector::Engine;
use crate::coverage::{Coverage, Reason, Skipped};
use crate::document::fragment::Lang;
use crate::document::view::{self, View};
use crate::inventory::facts::Facts;
use crate::inventory::read;
use crate::mask::{MASK, masked};
use crate::rule::{Level, id};
use crate::source::{Listing, Scratch};
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

/// Reads the facts of every file of a listing, in parallel.
pub(crate) fn gather(listing: Listing, options: &Options) -> Gathered {
    let visits = listing.files.par_iter().map_init(Scratch::default, |scratch, file| {
        visit(file, options, scratch, |content| {
            let left_out = |reason| {
                Box::new(FileFacts { left_out: Some(Skipped::new(&*file.path, reason)), ..FileFacts::default() })
            };
            match content {
                Content::Text(decoded) => Box::new(facts(&file.path, &decoded.text, options)),
                Content::Large(large) => left_out(Reason::TooLarge { limit: large.limit, size: large.size }),
                // No other file knows what is in it.
                Content::Container(..) => left_out(Reason::Binary),
            }
        })
    });
    let visits: Vec<_> = visits.collect();
    let mut gathered = Gathered::default();
    let coverage = &mut gathered.coverage;
    coverage.skipped = listing.skipped;
    coverage.errors = listing.errors;
    for (file, visit) in listing.files.into_iter().zip(visits) {
        let Some(read) = visit.count(coverage) else { continue };
        let FileFacts { facts, fault, .. } = *read;
        coverage.errors.extend(fault.map(|reason| Skipped::new(file.path.clone(), reason)));
        // Those without facts too: a kustomization may name them, and then they are there.
        gathered.files.push((file.path, facts));
    }
    options.note_interruption(coverage);
    coverage.sort();
    gathered
}

/// What is known of one file.
#[derive(Default)]
struct FileFacts {
    facts: Facts,
    /// Why there may be more in it.
    fault: Option<Reason>,
    /// Why there are none.
    left_out: Option<Skipped>,
}

impl Noted for Box<FileFacts> {
    fn take_notes(&mut self) -> Vec<Skipped> {
        self.left_out.take().into_iter().collect()
    }
}

/// The facts of a text, and why there may be more in it.
fn facts(path: &str, text: &str, options: &Options) -> FileFacts {
    let lang = Lang::of_path(path, text);
    let parsed = view::parse(path, text, lang);
    let facts = read::read(&View::new(path, text, lang, &parsed), &options.convention.kinds);
    let rule = options.rules.iter().find(|rule| rule.id == id::UNPARSABLE);
    let counts = rule.is_some_and(|rule| (options.level)(rule, path) == Some(Level::Error));
    let fault = parsed.faults.iter().find(|fault| counts && !fault.recovered);
    let reason = fault.map(|fault| {
        let at = Span::new(fault.offset.min(text.len()), fault.offset.min(text.len()));
        Reason::Unparsable { line: LineIndex::new(text).region(text, at).start.line }
    });
    FileFacts { facts, fault: reason, left_out: None }
}

/// Decides what of a name may be printed: credentials are found in names too.
pub(crate) struct Names {
    engine: Engine,
    /// What was made of each name so far.
    known: RefCell<BTreeMap<Box<str>, String>>,
}

impl Names {
    /// With the credential rules of a run.
    pub(crate) fn new(options: &Options) -> Self {
        Self { engine: Engine::new(options.rules.iter().cloned()), known: RefCell::default() }
    }

    /// The name, or what of it is no value.
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
