//! The second phase: what checks of the whole repository say, brought back to the files that it is about.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;

use super::Scanner;
use crate::checks::{Draft, Need, run_repository};
use crate::document::fragment::Lang;
use crate::document::view::{self, View};
use crate::finding::{Finding, Skipped};
use crate::inventory::facts::{Facts, Object};
use crate::inventory::index::{Ignores, Inventory, Past};
use crate::inventory::{kustomization, read};
use crate::path;
use crate::source::{self, File, Read, Scratch};

/// A file with its facts.
pub(super) struct Source {
    /// Report path.
    pub(super) path: Arc<str>,
    pub(super) facts: Facts,
    /// What was said of it; none for context.
    pub(super) said: Option<Said>,
}

/// All that is said of a searched file.
pub(super) struct Said {
    /// Index among the searched files.
    pub(super) file: usize,
    pub(super) drafts: Vec<Draft>,
    /// Whether its text may hold allow comments.
    pub(super) allows: bool,
}

/// New findings of every file of which a check of the whole repository says something, by index of the file.
pub(super) fn findings(
    scanner: &Scanner<'_>,
    files: &[File],
    sources: Vec<Source>,
    context: &dyn Fn() -> Vec<File>,
) -> (Vec<(usize, Vec<Finding>)>, Vec<Skipped>) {
    if sources.iter().all(|source| source.facts.is_empty()) {
        return (Vec::new(), Vec::new());
    }
    // Findings are made anew of all that is said: only then can allow comments, and values that may not be shown, be held
    // against it.
    let (said, mut errors) = said(scanner, sources, context);
    let again = said.into_par_iter().map_init(Scratch::default, |buffer, said| {
        let index = said.file;
        let file = &files[index];
        match source::read(file, scanner.options.max_size, buffer) {
            Read::Text(decoded) => {
                let again = catch_unwind(AssertUnwindSafe(|| scanner.again(&file.path, &decoded.text, said)));
                Some(again.map(|again| (index, again)).map_err(|_| super::internal_error(&file.path)))
            }
            // Nothing of it is text, so that only what was said of the whole can be shown.
            Read::Skipped(reason) if reason == source::BINARY => Some(Ok((index, scanner.again(&file.path, "", said)))),
            // It was there a moment ago, and what was said of it then stays.
            _ => None,
        }
    });
    let again: Vec<Result<_, Skipped>> = again.flatten().collect();
    let mut findings = Vec::new();
    for result in again {
        match result {
            Ok(found) => findings.push(found),
            Err(failed) => errors.push(failed),
        }
    }
    (findings, errors)
}

/// All that is said of each file of which a check of the whole repository says something, and what failed on the way. A
/// panic costs the checks of the whole repository, and nothing that was found before.
pub(super) fn said(
    scanner: &Scanner<'_>,
    mut sources: Vec<Source>,
    context: &dyn Fn() -> Vec<File>,
) -> (Vec<Said>, Vec<Skipped>) {
    let context = context();
    let searched: Vec<Arc<str>> = sources.iter().map(|source| Arc::clone(&source.path)).collect();
    let (further, mut errors) = context_facts(scanner, &context, searched.iter().map(|path| &**path));
    sources.extend(further.into_iter().map(|(path, facts)| Source { path, facts, said: None }));
    // The searched file stands before the same one as context.
    sources.sort_by(|a, b| a.path.cmp(&b.path).then(b.said.is_some().cmp(&a.said.is_some())));
    sources.dedup_by(|later, first| later.path == first.path);
    let (mut said, files): (Vec<_>, Vec<_>) =
        sources.into_iter().map(|source| (source.said, (source.path, source.facts))).unzip();
    let found = drafts(scanner, &files, &scanner.options.ignored, &mut errors);
    // Many small things, which take as long to give back as they took to make.
    files.into_par_iter().for_each(drop);
    let mut touched = BTreeSet::new();
    for (file, draft) in found {
        if let Some(said) = &mut said[file] {
            said.drafts.push(draft);
            touched.insert(file);
        }
    }
    (touched.into_iter().filter_map(|file| said[file].take()).collect(), errors)
}

/// An error that is no single file's.
fn error(what: &str) -> Skipped {
    Skipped { path: ".".into(), reason: format!("{what}; please report it with the version of mlguard") }
}

/// The facts of files of which nothing is reported, and what failed on the way. `beside` are the paths of the others.
pub(super) fn context_facts<'f>(
    scanner: &Scanner<'_>,
    files: &'f [File],
    beside: impl Iterator<Item = &'f str>,
) -> (Vec<(Arc<str>, Facts)>, Vec<Skipped>) {
    let kustomized = Kustomized::of(files.iter().map(|file| &*file.path).chain(beside));
    let read = files.par_iter().map_init(Scratch::default, |buffer, file| {
        let alone = !kustomized.may_include(&file.path);
        facts(scanner, file, alone, buffer)
    });
    let read: Vec<Result<_, Skipped>> = read.flatten().collect();
    let (mut found, mut errors) = (Vec::with_capacity(read.len()), Vec::new());
    for result in read {
        match result {
            Ok(file) => found.push(file),
            Err(failed) => errors.push(failed),
        }
    }
    (found, errors)
}

/// What the checks of the whole repository say of `files`, each by its index. `files` are sorted by path.
pub(super) fn drafts(
    scanner: &Scanner<'_>,
    files: &[(Arc<str>, Facts)],
    ignored: &super::IgnoredOf,
    errors: &mut Vec<Skipped>,
) -> Vec<(usize, Draft)> {
    let found = catch_unwind(AssertUnwindSafe(|| {
        let mut inventory = Inventory::new(files, &scanner.options.convention);
        inventory.past = past(scanner, &inventory);
        inventory.ignores = ignores(scanner, &inventory, ignored);
        run_repository(&inventory, scanner.options.today, &scanner.checks)
    }));
    let Ok(found) = found else {
        errors.push(error("an internal error stopped the checks of the whole repository"));
        return Vec::new();
    };
    let failed = found.failed.into_iter();
    errors.extend(failed.map(|rule| error(&format!("an internal error stopped the check '{rule}'"))));
    found.drafts
}

/// The ciphertexts that stood in Git before the rotation period began, where SealedSecrets do not say when they were made.
fn past(scanner: &Scanner<'_>, inventory: &Inventory<'_>) -> Option<Past> {
    if !scanner.needs(Need::Past) {
        return None;
    }
    let undated = |object: &Object| object.sealed.as_ref().is_some_and(|sealed| sealed.sealed_on.is_none());
    let files = inventory.files().iter().filter(|(_, facts)| facts.objects.iter().any(undated));
    let paths: Vec<&str> = files.map(|(path, _)| &**path).collect();
    if paths.is_empty() {
        return None;
    }
    let days = i64::from(scanner.options.convention.max_age_days);
    let start = scanner.options.today.checked_sub(jiff::Span::new().days(days)).ok()?;
    let start = start.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    let held = (scanner.options.past)(start.as_second(), &paths)?;
    let mut ciphertexts = BTreeSet::new();
    for (path, blob) in paths.iter().zip(held.blobs) {
        let Some(decoded) = blob.as_deref().and_then(source::decode) else { continue };
        let Some(facts) = guarded(scanner, path, &decoded.text) else { continue };
        let sealed = facts.objects.iter().filter_map(|object| object.sealed.as_ref());
        ciphertexts.extend(sealed.flat_map(|sealed| &sealed.entries).map(|(_, digest, _)| *digest));
    }
    let day = jiff::Timestamp::from_second(held.seconds).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date();
    Some(Past { day, ciphertexts })
}

/// What is said of secret files: those that are or will be there and are not in Git, and those that are in it.
fn ignores(scanner: &Scanner<'_>, inventory: &Inventory<'_>, ignored: &super::IgnoredOf) -> Option<Ignores> {
    let mut paths = if scanner.needs(Need::UntrackedIgnores) { inventory.secret_files() } else { Vec::new() };
    let outside = paths.len();
    if scanner.needs(Need::TrackedIgnores) {
        paths.extend(inventory.tracked_secret_files());
    }
    if paths.is_empty() {
        return None;
    }
    let asked: Vec<&str> = paths.iter().map(|(_, path)| path.as_str()).collect();
    let said = ignored(&asked)?;
    let open = |from: usize, to: usize| {
        let files = paths[from..to].iter().zip(&said.spoken_of[from..to]);
        files.filter(|(_, spoken_of)| !**spoken_of).map(|(file, _)| file.clone()).collect::<Vec<_>>()
    };
    let (open, tracked) = (open(0, outside), open(outside, paths.len()));
    Some(Ignores { open, tracked, text: said.text })
}

/// The folders that hold a kustomization. It can only include what stands below it, or another kustomization.
struct Kustomized<'f>(BTreeSet<&'f str>);

impl<'f> Kustomized<'f> {
    fn of(paths: impl Iterator<Item = &'f str>) -> Self {
        let kustomizations = paths.filter(|path| kustomization::is_kustomization(path));
        Self(kustomizations.map(|path| path::folder(path)).collect())
    }

    fn may_include(&self, path: &str) -> bool {
        path::ancestors(path).any(|folder| self.0.contains(folder))
    }
}

/// The facts of a file that is not searched; of one that no kustomization includes, where `alone`, only such that matter to
/// others.
fn facts(
    scanner: &Scanner<'_>,
    file: &File,
    alone: bool,
    buffer: &mut Scratch,
) -> Option<Result<(Arc<str>, Facts), Skipped>> {
    if !read::may_hold(&file.path) {
        return None;
    }
    let Read::Text(decoded) = source::read(file, scanner.options.max_size, buffer) else { return None };
    let lang = Lang::of_path(&file.path, &decoded.text);
    let registries = &scanner.options.convention.private_registries;
    let named = read::is_of_sops(&file.path) || read::is_template(&file.path);
    let matters = !alone || named || read::may_matter(&decoded.text, registries);
    let facts = if matters && read::may_tell(&file.path, lang, &decoded.text) {
        guarded(scanner, &file.path, &decoded.text).ok_or_else(|| super::internal_error(&file.path))
    } else {
        // It is there, though, should a kustomization name it.
        Ok(Facts::default())
    };
    Some(facts.map(|facts| (file.path.clone(), facts)))
}

/// The facts of a text; a panic costs these and nothing else.
fn guarded(scanner: &Scanner<'_>, path: &str, text: &str) -> Option<Facts> {
    let facts = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let lang = Lang::of_path(path, text);
        let parsed = view::parse(path, text, lang);
        read::read(&View::new(path, text, lang, &parsed), &scanner.options.convention.kinds)
    }));
    facts.ok()
}
