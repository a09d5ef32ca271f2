//! Commits and the index, compared with each other.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::index::entry::{Stage, stat};

use super::Store;
use super::graph::Graph;
use super::objects::{Objects, Scratch};
use super::sides::{Change, Side, SideWalk};
use crate::coverage::{Reason, Skipped};
use crate::path;
use crate::source::tree::encoded;
use crate::source::{File, SourceError, git::git_error};

/// Files of attributes are read up to this size, bytes.
const MOST_ATTRIBUTES: u64 = 1 << 20;
/// What two or more sides differ in.
pub(crate) struct Changes {
    /// Sorted by path.
    pub changed: Vec<Change>,
    /// How many old sides there are.
    pub olds: usize,
    /// What should have been compared and could not be. Makes a run incomplete.
    pub errors: Vec<Skipped>,
    /// What is left out on purpose.
    pub skipped: Vec<Skipped>,
    new: Side,
    index: Option<gix::index::File>,
    objects: Arc<Objects>,
    root: std::path::PathBuf,
    /// Whether the files of the index are checked out below `root`.
    in_work_tree: bool,
    /// The repository's own attributes, beside those in files.
    attributes: std::path::PathBuf,
    unchanged: OnceLock<(Vec<File>, Vec<Skipped>)>,
}

impl Store {
    /// What the commit of the index would change, against the checked out commit and, while a merge is made, the commits that
    /// are merged.
    ///
    /// # Errors
    /// Where the index or a commit cannot be read.
    pub(crate) fn staged(&self) -> Result<Changes, SourceError> {
        let local = self.repository.to_thread_local();
        let bad = |source: Box<dyn std::error::Error + Send + Sync>| git_error(&self.index, source);
        let index = match std::fs::symlink_metadata(&self.index) {
            // Nothing was ever staged.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(bad(error.into())),
            Ok(_) => {
                let read = gix::index::File::at(
                    &self.index,
                    local.object_hash(),
                    false,
                    gix::index::decode::Options::default(),
                );
                Some(read.map_err(|error| bad(error.into()))?)
            }
        };
        let mut parents = Vec::from_iter(self.head()?);
        parents.extend(self.merged());
        let new = index.as_ref().map_or(Side::Nothing, |index| Side::Index(0..index.entries().len(), whole(index)));
        self.compare(new, index, &parents)
    }

    /// Whether the commit that is being made ends a merge.
    pub(crate) fn is_merging(&self) -> bool {
        !self.merged().is_empty()
    }

    /// The other parents of the commit that is being made: those of an unfinished merge.
    fn merged(&self) -> Vec<ObjectId> {
        let Ok(text) = std::fs::read(self.repository.git_dir().join("MERGE_HEAD")) else { return Vec::new() };
        text.lines().filter_map(|line| ObjectId::from_hex(line.trim()).ok()).collect()
    }

    /// What `tip` has against each of the commits `olds`, or against nothing where there is none.
    ///
    /// # Errors
    /// Where one of them cannot be read.
    pub(crate) fn changes(&self, olds: &[ObjectId], tip: ObjectId) -> Result<Changes, SourceError> {
        let tree = self.tree(tip)?;
        self.compare(Side::Tree(tree), None, olds)
    }

    /// The best common ancestor of two commits.
    ///
    /// # Errors
    /// Where a commit cannot be read.
    pub(crate) fn merge_base(&self, one: ObjectId, two: ObjectId) -> Result<Option<ObjectId>, SourceError> {
        let mut graph = Graph::new(self.shallow_commits());
        graph.merge_base(&mut self.objects.reader(), one, two).map_err(|error| git_error(&self.root, error))
    }

    /// Commits whose parents were not fetched.
    pub(super) fn shallow_commits(&self) -> Vec<ObjectId> {
        let commits = self.repository.to_thread_local().shallow_commits().ok().flatten();
        commits.map(|commits| commits.iter().copied().collect()).unwrap_or_default()
    }

    fn tree(&self, commit: ObjectId) -> Result<ObjectId, SourceError> {
        let mut graph = Graph::new(self.shallow_commits());
        let found = graph.commit(&mut self.objects.reader(), commit).map(|commit| commit.tree);
        found.map_err(|error| git_error(&self.root, error))
    }

    fn compare(
        &self,
        new: Side,
        index: Option<gix::index::File>,
        parents: &[ObjectId],
    ) -> Result<Changes, SourceError> {
        let olds = parents.iter().map(|commit| self.tree(*commit).map(Side::Tree)).collect::<Result<Vec<_>, _>>()?;
        // Before the first commit there is one side, and nothing in it.
        let olds = if olds.is_empty() { vec![Side::Nothing] } else { olds };
        let mut walk = SideWalk::new(self.objects.reader(), &self.objects, &self.root);
        walk.index = index.as_ref();
        let count = olds.len();
        let sides: Vec<Side> = std::iter::once(new.clone()).chain(olds).collect();
        walk.folder(b"", &sides, 0);
        let SideWalk { mut changed, mut errors, mut skipped, .. } = walk;
        if let Some(index) = &index {
            errors.extend(unmerged(index));
        }
        changed.sort_by(|a, b| a.path.cmp(&b.path));
        errors.sort();
        errors.dedup();
        skipped.sort();
        skipped.dedup();
        let (objects, root) = (Arc::clone(&self.objects), self.root.clone());
        let in_work_tree = !self.is_bare();
        let attributes = self.repository.to_thread_local().common_dir().join("info/attributes");
        let unchanged = OnceLock::new();
        Ok(Changes {
            changed,
            olds: count,
            errors,
            skipped,
            new,
            index,
            objects,
            root,
            in_work_tree,
            attributes,
            unchanged,
        })
    }
}

impl Changes {
    /// Every file of the new side that is the same on all sides, sorted by path; what cannot be read besides.
    pub(crate) fn unchanged(&self) -> &(Vec<File>, Vec<Skipped>) {
        self.unchanged.get_or_init(|| {
            let mut walk = SideWalk::new(self.objects.reader(), &self.objects, &self.root);
            walk.index = self.index.as_ref();
            let mut files = Vec::new();
            walk.all(b"", &self.new, 0, &mut files);
            let changed: HashSet<&str> = self.changed.iter().map(|change| &*change.path).collect();
            files.retain(|file| !changed.contains(&*file.path));
            files.sort_by(|a, b| a.path.cmp(&b.path));
            if let Some(index) = self.index.as_ref().filter(|_| self.in_work_tree && !self.is_filtered(&files)) {
                remember(index, &mut files);
            }
            (files, walk.errors)
        })
    }

    /// Whether contents may look otherwise in the work tree than in the index: encrypted, or in another encoding.
    fn is_filtered(&self, files: &[File]) -> bool {
        let filters =
            |text: &[u8]| ["filter", "working-tree-encoding", "ident"].iter().any(|word| text.find(word).is_some());
        let mut scratch = Scratch::default();
        let changed = self.changed.iter().filter_map(|change| change.new.as_ref());
        let mut attributes = files.iter().chain(changed).filter(|file| path::name(&file.path) == ".gitattributes");
        let inside = attributes.any(|file| {
            let read = file.blob.as_ref().map(|blob| scratch.load(blob, MOST_ATTRIBUTES));
            !matches!(read, Some(Ok(Ok(())))) || filters(&scratch.bytes)
        });
        inside || std::fs::read(&self.attributes).is_ok_and(|text| filters(&text))
    }

    /// The file at `path` on the first of the old sides.
    pub(crate) fn before(&self, path: &str) -> Option<File> {
        match self.changed.binary_search_by(|change| (*change.path).cmp(path)) {
            Ok(at) => self.changed.get(at)?.olds.first()?.clone(),
            Err(_) => {
                let files = &self.unchanged().0;
                let at = files.binary_search_by(|file| (*file.path).cmp(path)).ok()?;
                files.get(at).cloned()
            }
        }
    }
}

/// Tells `files` how the index remembers them in the work tree. Reading a file is quicker than unpacking an object, where
/// the file did not change since; what the index itself cannot be sure of is left out.
fn remember(index: &gix::index::File, files: &mut [File]) {
    let options = stat::Options::default();
    let mut at = 0;
    let entries = index.entries().iter().filter(|entry| entry.stage() == Stage::Unconflicted);
    for entry in entries.filter(|entry| !entry.stat.is_racy(index.timestamp(), options)) {
        let path: &[u8] = entry.path(index);
        while files.get(at).is_some_and(|file| file.path.as_bytes() < path) {
            at += 1;
        }
        let Some(file) = files.get_mut(at).filter(|file| file.path.as_bytes() == path) else { continue };
        if let Some(blob) = file.blob.as_mut().filter(|blob| blob.id == entry.id) {
            blob.stat = Some(entry.stat);
        }
    }
}

/// The tree that the whole index makes, where the index knows it.
fn whole(index: &gix::index::File) -> Option<ObjectId> {
    index.tree().filter(|tree| tree.num_entries.is_some()).map(|tree| tree.id)
}

fn unmerged(index: &gix::index::File) -> Vec<Skipped> {
    let open = index.entries().iter().filter(|entry| entry.stage() != Stage::Unconflicted);
    let mut paths: Vec<String> = open.map(|entry| encoded(entry.path(index))).collect();
    paths.dedup();
    paths.into_iter().map(|path| Skipped::new(path, Reason::Conflict)).collect()
}
