//! Every version of every file that some commits introduced.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gix::ObjectId;
use gix::objs::{CommitRef, Kind, TreeRefIter};
use rayon::prelude::*;

use super::graph::{CommitInfo, Graph, peel};
use super::objects::{Blob, ObjectError, Objects};
use super::sides::{Side, SideWalk};
use super::{Store, graph};
use crate::coverage::{Reason, Skipped};
use crate::path;
use crate::source::{File, SourceError};

/// Which commits are meant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// `A..B`, `A...B` or one revision; everything that a reference leads to where there is none.
    pub range: Option<String>,
    /// Also what references named some time ago.
    pub reflog: bool,
    /// Also what nothing leads to.
    pub all_objects: bool,
}

/// Which files are looked at.
pub(crate) struct Keep<'k> {
    /// Whether something of a path is to be reported.
    pub wanted: &'k (dyn Fn(&str) -> bool + Sync),
    /// Whether what a path contained before counts.
    pub known: &'k (dyn Fn(&str) -> bool + Sync),
    /// Whether one content under two paths is two things; else its name decides, by which its language is known.
    pub by_path: bool,
}

/// Commits that belong together: reachable from one and from none of the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Range {
    /// Reachable from these.
    pub tips: Vec<ObjectId>,
    /// And from none of these.
    pub excluded: Vec<ObjectId>,
}

/// One version of a file.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// The file, by the path that the commit has it under.
    pub file: File,
    /// Which of the commits introduced it; none where no commit leads to it.
    pub commit: Option<usize>,
    /// Whether the checked out commit contains this content.
    pub in_head: bool,
}

/// What some commits introduced.
pub(crate) struct Versions {
    /// Every content once for each name of a file, in the order of the commits, parents first.
    pub introduced: Vec<Version>,
    /// What the commits removed or replaced, and none before that introduced.
    pub removed: Vec<File>,
    /// What should have been read and could not be. Makes a run incomplete.
    pub errors: Vec<Skipped>,
    /// What is left out on purpose.
    pub skipped: Vec<Skipped>,
    /// Whether one of the commits has parents that were not fetched.
    pub cut: bool,
    commits: Vec<CommitInfo>,
    objects: Arc<Objects>,
}

/// Where a history begins.
#[derive(Default)]
struct Roots {
    /// Commits.
    tips: Vec<ObjectId>,
    /// Trees and contents that no commit leads to; contents with the names that lead to them.
    trees: Vec<ObjectId>,
    blobs: Vec<(ObjectId, String)>,
    /// Contents that nothing leads to.
    loose: Vec<ObjectId>,
    /// How many commits only a reflog remembers.
    lost: usize,
    errors: Vec<Skipped>,
}

/// A commit, for people.
pub(crate) struct CommitSummary {
    /// Its id, hexadecimal, whole.
    pub id: String,
    /// Name of its author. Never an address.
    pub author: String,
    /// Author date, RFC 3339 with its own offset.
    pub date: String,
}

/// What one commit changed against all of its parents.
#[derive(Default)]
struct Step {
    introduced: Vec<(Arc<str>, File)>,
    removed: Vec<File>,
    errors: Vec<Skipped>,
    submodules: usize,
}

impl Store {
    /// The commits that `wanted` means.
    ///
    /// # Errors
    /// Where a revision names nothing.
    pub(crate) fn history(
        &self,
        wanted: &Wanted,
        keep: &Keep<'_>,
        interrupted: &AtomicBool,
    ) -> Result<Versions, SourceError> {
        if let Some(range) = &wanted.range {
            let range = self.range(range)?;
            return self.versions(&range, keep, interrupted);
        }
        let Roots { tips, trees, blobs, loose, lost, errors } = self.roots(wanted);
        let mut versions = self.versions(&Range { tips, excluded: Vec::new() }, keep, interrupted)?;
        versions.errors.extend(errors);
        if lost > 0 {
            versions.skipped.push(Skipped::new("logs", Reason::CommitsGone(lost)));
        }
        self.beside(&mut versions, &trees, blobs, &loose, wanted.all_objects);
        versions.introduced.retain(|version| version.commit.is_some() || (keep.wanted)(&version.file.path));
        Ok(versions)
    }

    /// Where the history begins that `wanted` means without a range.
    fn roots(&self, wanted: &Wanted) -> Roots {
        let mut reader = self.objects.reader();
        let found = self.tips(wanted.reflog);
        let mut roots = Roots { errors: found.errors, ..Roots::default() };
        for (id, name) in &found.named {
            match peel(&mut reader, *id) {
                Ok(peeled) => {
                    roots.tips.extend(peeled.commit);
                    roots.trees.extend(peeled.tree);
                    roots.blobs.extend(peeled.blob.map(|blob| (blob, name.clone())));
                }
                Err(error) => roots.errors.push(failed(&error)),
            }
        }
        for id in &found.remembered {
            match peel(&mut reader, *id) {
                Ok(peeled) => roots.tips.extend(peeled.commit),
                // Git lets go of what only a reflog remembers.
                Err(ObjectError::Missing(_) | ObjectError::NotFetched(_)) => roots.lost += 1,
                Err(error) => roots.errors.push(failed(&error)),
            }
        }
        if wanted.all_objects {
            match reader.all() {
                Ok(all) => {
                    let mut buffer = Vec::new();
                    for id in all {
                        match reader.find(id, &mut buffer) {
                            Ok(Kind::Commit) => roots.tips.push(id),
                            Ok(Kind::Tree) => roots.trees.push(id),
                            Ok(Kind::Blob) => roots.loose.push(id),
                            Ok(Kind::Tag) => {}
                            Err(error) => roots.errors.push(failed(&error)),
                        }
                    }
                }
                Err(error) => roots.errors.push(Skipped::new(
                    ".",
                    Reason::Other(format!("the objects of the repository cannot be listed: {error}")),
                )),
            }
        }
        roots.tips.sort_unstable();
        roots.tips.dedup();
        roots
    }

    /// What `range` means: `A..B`, `A...B` or one revision.
    ///
    /// # Errors
    /// Where a revision names nothing.
    pub(crate) fn range(&self, range: &str) -> Result<Range, SourceError> {
        let of = |name: &str| self.commit(if name.is_empty() { "HEAD" } else { name });
        if let Some((from, to)) = range.split_once("...") {
            let (from, to) = (of(from)?, of(to)?);
            let excluded = Vec::from_iter(self.merge_base(from, to)?);
            return Ok(Range { tips: vec![from, to], excluded });
        }
        match range.split_once("..") {
            Some((from, to)) => Ok(Range { tips: vec![of(to)?], excluded: vec![of(from)?] }),
            None => Ok(Range { tips: vec![of(range)?], excluded: Vec::new() }),
        }
    }

    /// What the commits of `range` introduced of the files that `keep` takes.
    ///
    /// # Errors
    /// Where HEAD cannot be read.
    pub(crate) fn versions(
        &self,
        range: &Range,
        keep: &Keep<'_>,
        interrupted: &AtomicBool,
    ) -> Result<Versions, SourceError> {
        let reader = || self.objects.reader();
        let mut graph = Graph::new(self.shallow_commits());
        let mut lost = Vec::new();
        let shallow = self.shallow_commits();
        let commits = graph.walk(&mut reader(), &range.tips, &range.excluded, &mut lost);
        let trees: HashMap<ObjectId, ObjectId> = {
            let parents = commits.iter().flat_map(|commit| commit.parents.iter().copied());
            let parents: BTreeSet<ObjectId> = parents.collect();
            let mut reader = reader();
            let tree = |id: ObjectId| graph.commit(&mut reader, id).ok().map(|commit| (id, commit.tree));
            parents.into_iter().filter_map(tree).collect()
        };
        let steps: Vec<Step> = commits
            .par_iter()
            .map_init(
                || SideWalk::new(reader(), &self.objects, &self.root),
                |walk, commit| {
                    if interrupted.load(Ordering::Relaxed) { Step::default() } else { step(walk, commit, &trees, keep) }
                },
            )
            .collect();
        let in_head = self.head_blobs()?;
        let mut versions = Versions {
            introduced: Vec::new(),
            removed: Vec::new(),
            errors: lost.iter().map(failed).collect(),
            skipped: Vec::new(),
            cut: commits.iter().any(|commit| shallow.contains(&commit.id)),
            commits,
            objects: Arc::clone(&self.objects),
        };
        let mut submodules = 0;
        let (mut seen, mut brought) = (HashSet::new(), HashSet::new());
        for (commit, step) in steps.into_iter().enumerate() {
            submodules += step.submodules;
            versions.errors.extend(step.errors);
            // What no commit before this one introduced was there before all of them, also where one restores it later.
            let old = |file: &File| file.blob.as_ref().is_some_and(|blob| !brought.contains(&blob.id));
            versions.removed.extend(step.removed.into_iter().filter(old));
            for (name, file) in step.introduced {
                let Some(id) = file.blob.as_ref().map(|blob| blob.id) else { continue };
                brought.insert(id);
                if seen.insert((id, name)) {
                    versions.introduced.push(Version { file, commit: Some(commit), in_head: in_head.contains(&id) });
                }
            }
        }
        if submodules > 0 {
            versions.skipped.push(Skipped::new(".", Reason::Submodules));
        }
        versions.errors.sort();
        versions.errors.dedup();
        Ok(versions)
    }

    /// Contents that the checked out commit has.
    fn head_blobs(&self) -> Result<HashSet<ObjectId>, SourceError> {
        let Some(head) = self.head()? else { return Ok(HashSet::new()) };
        let mut reader = self.objects.reader();
        let mut graph = Graph::new(self.shallow_commits());
        let Ok(tree) = graph.commit(&mut reader, head).map(|commit| commit.tree) else { return Ok(HashSet::new()) };
        let mut walk = SideWalk::new(reader, &self.objects, &self.root);
        let mut files = Vec::new();
        walk.all(b"", &Side::Tree(tree), 0, &mut files);
        Ok(files.into_iter().filter_map(|file| file.blob).map(|blob| blob.id).collect())
    }

    /// Adds what no commit leads to: trees and contents that have a tag, and with `names` all others.
    fn beside(
        &self,
        versions: &mut Versions,
        roots: &[ObjectId],
        tagged: Vec<(ObjectId, String)>,
        loose: &[ObjectId],
        names: bool,
    ) {
        let id = |version: &Version| version.file.blob.as_ref().map(|blob| blob.id);
        let mut known: HashSet<ObjectId> = versions.introduced.iter().filter_map(id).collect();
        let mut files = Vec::new();
        let mut walk = SideWalk::new(self.objects.reader(), &self.objects, &self.root);
        if names {
            // A content that only its id names still has the name that some tree gives it.
            let unknown = loose.iter().filter(|id| !known.contains(*id));
            let mut found: BTreeMap<ObjectId, String> = unknown.map(|id| (*id, String::new())).collect();
            let mut buffer = Vec::new();
            for root in roots {
                if walk.reader.read(*root, Kind::Tree, &mut buffer).is_err() {
                    continue;
                }
                for entry in TreeRefIter::from_bytes(&buffer, self.objects.hash).flatten() {
                    if let Some(name) = found.get_mut(entry.oid).filter(|name| name.is_empty()) {
                        *name = crate::source::tree::encoded(entry.filename);
                    }
                }
            }
            for (id, name) in found {
                let name = if name.is_empty() { "content".to_owned() } else { name };
                files.push((format!("{}/{name}", id.to_hex_with_len(12)), id));
            }
        } else {
            for root in roots {
                let mut below = Vec::new();
                walk.all(b"", &Side::Tree(*root), 0, &mut below);
                files.extend(below.into_iter().filter_map(|file| Some((file.path.to_string(), file.blob?.id))));
            }
        }
        files.extend(tagged.into_iter().map(|(id, name)| (name, id)));
        versions.errors.append(&mut walk.errors);
        for (path, id) in files {
            if known.insert(id) {
                let blob = Blob { objects: Arc::clone(&self.objects), id, stat: None };
                let location = self.root.join(&path);
                let file = File { path: path.into(), location, tracked: false, blob: Some(blob) };
                versions.introduced.push(Version { file, commit: None, in_head: false });
            }
        }
    }
}

impl Versions {
    /// How many commits were looked at.
    pub(crate) fn commits(&self) -> usize {
        self.commits.len()
    }

    /// What the commits go on from: parents of theirs that are not among them, the newest first, `most` at most.
    pub(crate) fn boundary(&self, most: usize) -> Vec<ObjectId> {
        let inside: HashSet<ObjectId> = self.commits.iter().map(|commit| commit.id).collect();
        let mut seen = HashSet::new();
        let parents = self.commits.iter().rev().flat_map(|commit| commit.parents.iter().copied());
        parents.filter(|parent| !inside.contains(parent) && seen.insert(*parent)).take(most).collect()
    }

    /// The commit of that number, with the name that `.mailmap` gives its author.
    pub(crate) fn describe(&self, commit: usize, store: &Store) -> Option<CommitSummary> {
        let info = self.commits.get(commit)?;
        let mut buffer = Vec::new();
        self.objects.reader().read(info.id, Kind::Commit, &mut buffer).ok()?;
        let parsed = CommitRef::from_bytes(&buffer, self.objects.hash).ok()?;
        let author = parsed.author().ok();
        let name = author.map(|author| store.mailmap().resolve(author).name.to_string()).unwrap_or_default();
        let date = author.and_then(|author| author.time().ok()).and_then(|time| date(time.seconds, time.offset));
        Some(CommitSummary { id: info.id.to_string(), author: name, date: date.unwrap_or_default() })
    }
}

/// RFC 3339 with the offset of the author's clock.
fn date(seconds: i64, offset: i32) -> Option<String> {
    let offset = jiff::tz::Offset::from_seconds(offset).ok()?;
    let time = jiff::Timestamp::from_second(seconds).ok()?;
    Some(time.display_with_offset(offset).to_string())
}

fn failed(error: &ObjectError) -> Skipped {
    Skipped::new(".", Reason::from(error))
}

/// What `commit` changed. Something that one of its parents has is not its doing.
fn step(
    walk: &mut SideWalk<'_>,
    commit: &graph::CommitInfo,
    trees: &HashMap<ObjectId, ObjectId>,
    keep: &Keep<'_>,
) -> Step {
    let parent = |id: &ObjectId| trees.get(id).map_or(Side::Nothing, |tree| Side::Tree(*tree));
    let mut sides = vec![Side::Tree(commit.tree)];
    sides.extend(commit.parents.iter().map(parent));
    if commit.parents.is_empty() {
        sides.push(Side::Nothing);
    }
    walk.folder(b"", &sides, 0);
    let mut step = Step { errors: std::mem::take(&mut walk.errors), ..Step::default() };
    let skipped = std::mem::take(&mut walk.skipped);
    step.submodules = skipped.iter().filter(|skipped| skipped.reason == Reason::Submodule).count();
    for change in std::mem::take(&mut walk.changed) {
        let is_new = change.is_new();
        for old in change.olds.into_iter().flatten() {
            let same = change.new.as_ref().is_some_and(|new| new.blob == old.blob);
            if !same && (keep.known)(&old.path) {
                step.removed.push(old);
            }
        }
        if let Some(file) = change.new.filter(|file| is_new && (keep.wanted)(&file.path)) {
            let name = if keep.by_path { &*file.path } else { path::name(&file.path) };
            let name = name.into();
            step.introduced.push((name, file));
        }
    }
    step
}
