//! The second phase: what checks of the whole repository say, brought back to the files that it is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::{Done, Scanner};
use crate::checks::across::{self, Drafts};
use crate::document::fragment::Lang;
use crate::document::view::{self, View};
use crate::finding::Finding;
use crate::inventory::facts::Facts;
use crate::inventory::index::Inventory;
use crate::inventory::read;
use crate::source::{self, File, Read};

/// A file with its facts.
pub(super) struct Source {
    /// Report path.
    pub(super) path: Arc<str>,
    pub(super) facts: Facts,
    /// Index among the searched files; none for context.
    pub(super) file: Option<usize>,
}

/// New findings of every file of which a check of the whole repository says something, by index of the file.
pub(super) fn findings(
    scanner: &Scanner<'_>,
    files: &[File],
    sources: Vec<Source>,
    context: &dyn Fn() -> Vec<File>,
) -> Vec<(usize, Vec<Finding>)> {
    if sources.is_empty() {
        return Vec::new();
    }
    let drafts: Vec<_> = drafts(scanner, sources, context).into_iter().collect();
    // The file is looked at once more as a whole: only then can its allow comments, and findings at the same place, be
    // held against all that is said of it.
    let again = drafts.par_iter().map_init(Vec::new, |buffer, (index, drafts)| {
        match scanner.file(&files[*index], drafts, buffer) {
            Done::Seen { seen, .. } => Some((*index, seen.findings)),
            // It was there a moment ago, and what was said of it then stays.
            _ => None,
        }
    });
    again.flatten().collect()
}

/// What checks of the whole repository say, by index of the file.
pub(super) fn drafts(
    scanner: &Scanner<'_>,
    mut sources: Vec<Source>,
    context: &dyn Fn() -> Vec<File>,
) -> BTreeMap<usize, Drafts> {
    let further: Vec<Source> =
        context().par_iter().map_init(Vec::new, |buffer, file| facts(scanner, file, buffer)).flatten().collect();
    sources.extend(further);
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources.dedup_by(|later, first| later.path == first.path);
    let reported: Vec<Option<usize>> = sources.iter().map(|source| source.file).collect();
    let files: Vec<(Arc<str>, Facts)> = sources.into_iter().map(|source| (source.path, source.facts)).collect();
    let inventory = Inventory::new(&files, &scanner.options.convention);
    let found = across::run(&inventory, scanner.options.today, &scanner.checks);
    let mut drafts: BTreeMap<usize, Drafts> = BTreeMap::new();
    for (file, draft) in found {
        if let Some(index) = reported[file] {
            drafts.entry(index).or_default().push(draft);
        }
    }
    drafts
}

/// The facts of a file that is not searched.
fn facts(scanner: &Scanner<'_>, file: &File, buffer: &mut Vec<u8>) -> Option<Source> {
    let Read::Text(decoded) = source::read(file, scanner.options.max_size, buffer) else { return None };
    let facts = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let lang = Lang::of_path(&file.path, &decoded.text);
        let parsed = view::parse(&file.path, &decoded.text, lang);
        read::read(&View::new(&file.path, &decoded.text, lang, &parsed), &scanner.options.convention.kinds)
    }));
    let facts = facts.ok().filter(|facts| !facts.is_empty())?;
    Some(Source { path: file.path.clone(), facts, file: None })
}
