//! The second phase: the facts of all files joined, and what checks of the whole repository report about them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use super::options::IgnoredOf;
use super::scan::{Scanned, Scanner};
use super::visit;
use crate::checks::{Draft, Need, run_repository};
use crate::coverage::{Skipped, Stopped, guarded};
use crate::document::fragment::Lang;
use crate::document::view::{self, View};
use crate::inventory::facts::{Facts, Object};
use crate::inventory::index::{Ignores, Inventory, Past};
use crate::inventory::{kustomization, read};
use crate::path;
use crate::source::{self, File, Read, Scratch};

/// A searched file, and what the first phase gave of it.
pub(super) type Searched<'s> = (&'s Arc<str>, &'s mut Scanned);

/// Adds to searched files what the checks of the whole repository report about them. `context` has all files of the
/// repository. A panic costs these checks, and nothing that was found before.
pub(super) fn add_drafts(
    scanner: &Scanner<'_>,
    searched: Vec<Searched<'_>>,
    context: &dyn Fn() -> Vec<File>,
    errors: &mut Vec<Skipped>,
) {
    if !scanner.across || searched.iter().all(|(_, scanned)| scanned.facts.is_empty()) {
        return;
    }
    let mut others = context();
    let own: BTreeSet<Arc<str>> = searched.iter().map(|(path, _)| Arc::clone(path)).collect();
    others.retain(|file| !own.contains(&file.path));
    let mut facts = context_facts(scanner, &others, own.iter().map(|path| &**path), errors);
    join_facts(scanner, searched, &mut facts, &scanner.options.ignored, errors);
}

/// Joins the facts of searched files with those of `context`, and adds to each searched file what is reported about it.
/// Returns the reports about the others; `context` is left as it was.
pub(super) fn join_facts(
    scanner: &Scanner<'_>,
    searched: Vec<Searched<'_>>,
    context: &mut Vec<(Arc<str>, Facts)>,
    ignored: &IgnoredOf,
    errors: &mut Vec<Skipped>,
) -> Vec<(Arc<str>, Draft)> {
    let mut drafts_of: HashMap<Arc<str>, &mut Vec<Draft>> = HashMap::new();
    for (path, scanned) in searched {
        context.push((Arc::clone(path), std::mem::take(&mut scanned.facts)));
        drafts_of.insert(Arc::clone(path), &mut scanned.drafts);
    }
    context.sort_by(|a, b| a.0.cmp(&b.0));
    let mut about_others = Vec::new();
    for (file, draft) in drafts(scanner, context, ignored, errors) {
        let Some((path, _)) = context.get(file) else { continue };
        match drafts_of.get_mut(path) {
            Some(drafts) => drafts.push(draft),
            None => about_others.push((Arc::clone(path), draft)),
        }
    }
    let (own, others): (Vec<_>, Vec<_>) =
        std::mem::take(context).into_iter().partition(|(path, _)| drafts_of.contains_key(path));
    *context = others;
    // Many small things, which take as long to give back as they took to make.
    own.into_par_iter().for_each(drop);
    about_others
}

/// The facts of files that are not searched. `beside` are the paths of the others.
pub(super) fn context_facts<'f>(
    scanner: &Scanner<'_>,
    files: &'f [File],
    beside: impl Iterator<Item = &'f str>,
    errors: &mut Vec<Skipped>,
) -> Vec<(Arc<str>, Facts)> {
    let kustomized = Kustomized::of(files.iter().map(|file| &*file.path).chain(beside));
    let read = files.par_iter().map_init(Scratch::default, |scratch, file| {
        let alone = !kustomized.may_include(&file.path);
        facts_of(scanner, file, alone, scratch)
    });
    let read: Vec<Result<_, Skipped>> = read.flatten().collect();
    let keep = |result: Result<_, Skipped>| result.map_err(|failed| errors.push(failed)).ok();
    read.into_iter().filter_map(keep).collect()
}

/// What the checks of the whole repository report about `files`, each by its index. `files` are sorted by path.
fn drafts(
    scanner: &Scanner<'_>,
    files: &[(Arc<str>, Facts)],
    ignored: &IgnoredOf,
    errors: &mut Vec<Skipped>,
) -> Vec<(usize, Draft)> {
    let found = guarded(".", Stopped::Repository, || {
        let mut inventory = Inventory::new(files, &scanner.options.convention);
        inventory.past = past(scanner, &inventory);
        inventory.ignores = ignores(scanner, &inventory, ignored);
        run_repository(&inventory, scanner.options.today, &scanner.checks)
    });
    match found {
        Ok(found) => {
            errors.extend(found.failed);
            found.drafts
        }
        Err(failed) => {
            errors.push(failed);
            Vec::new()
        }
    }
}

/// The ciphertexts that were in Git before the rotation period began, where SealedSecrets do not say when they were made.
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
        let Ok(facts) = read_facts(scanner, path, &decoded.text) else { continue };
        let sealed = facts.objects.iter().filter_map(|object| object.sealed.as_ref());
        ciphertexts.extend(sealed.flat_map(|sealed| &sealed.entries).map(|(_, digest, _)| *digest));
    }
    let day = jiff::Timestamp::from_second(held.seconds).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date();
    Some(Past { day, ciphertexts })
}

/// What `.gitignore` files say about secret files: those that are or will be there and are not in Git, and those in it.
fn ignores(scanner: &Scanner<'_>, inventory: &Inventory<'_>, ignored: &IgnoredOf) -> Option<Ignores> {
    let mut paths = if scanner.needs(Need::UntrackedIgnores) { inventory.secret_files() } else { Vec::new() };
    let outside = paths.len();
    if scanner.needs(Need::TrackedIgnores) {
        paths.extend(inventory.tracked_secret_files());
    }
    if paths.is_empty() {
        return None;
    }
    let asked: Vec<&str> = paths.iter().map(|(_, path)| path.as_str()).collect();
    let patterns = ignored(&asked)?;
    let open = |from: usize, to: usize| {
        let files = paths[from..to].iter().zip(&patterns.spoken_of[from..to]);
        files.filter(|(_, spoken_of)| !**spoken_of).map(|(file, _)| file.clone()).collect::<Vec<_>>()
    };
    let (open, tracked) = (open(0, outside), open(outside, paths.len()));
    Some(Ignores { open, tracked, text: patterns.text })
}

/// The folders that contain a kustomization. It can only include what is below it, or another kustomization.
struct Kustomized<'f>(BTreeSet<&'f str>);

impl<'f> Kustomized<'f> {
    fn of(paths: impl Iterator<Item = &'f str>) -> Self {
        let kustomizations = paths.filter(|path| kustomization::is_kustomization(path));
        Self(kustomizations.map(path::folder).collect())
    }

    fn may_include(&self, path: &str) -> bool {
        path::ancestors(path).any(|folder| self.0.contains(folder))
    }
}

/// Whether a secret generator may read the file as `KEY=value` lines.
pub(super) fn may_be_env_file(path: &str) -> bool {
    matches!(Lang::of_path(path, ""), Lang::Dotenv | Lang::Ini | Lang::Properties | Lang::Other)
}

/// The facts of a file that is not searched; of one that no kustomization includes, where `alone`, only such that matter to
/// others.
fn facts_of(
    scanner: &Scanner<'_>,
    file: &File,
    alone: bool,
    scratch: &mut Scratch,
) -> Option<Result<(Arc<str>, Facts), Skipped>> {
    if !read::may_hold(&file.path) {
        return may_be_env_file(&file.path).then(|| Ok((file.path.clone(), Facts::default())));
    }
    let Read::Text(decoded) = visit::read(file, scanner.options, scratch) else { return None };
    let lang = Lang::of_path(&file.path, &decoded.text);
    let registries = &scanner.options.convention.private_registries;
    let named = read::is_of_sops(&file.path) || read::is_template(&file.path);
    let matters = !alone || named || read::may_matter(&decoded.text, registries);
    let facts = if matters && read::may_tell(&file.path, lang, &decoded.text) {
        read_facts(scanner, &file.path, &decoded.text)
    } else {
        // It is there, though, should a kustomization name it.
        Ok(Facts::default())
    };
    Some(facts.map(|facts| (file.path.clone(), facts)))
}

/// The facts of a text; a panic costs these and nothing else.
pub(super) fn read_facts(scanner: &Scanner<'_>, path: &str, text: &str) -> Result<Facts, Skipped> {
    guarded(path, Stopped::File, || {
        let lang = Lang::of_path(path, text);
        let parsed = view::parse(path, text, lang);
        read::read(&View::new(path, text, lang, &parsed), &scanner.options.convention.kinds)
    })
}
