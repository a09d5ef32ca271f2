//! Trees, and the index, held against each other. Equal folders are passed over by their ids, unread.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::iter::Peekable;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::vec::IntoIter;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::index::entry::{Flags, Mode, Stage, stat};
use gix::index::extension;
use gix::objs::tree::{EntryKind, name_order};
use gix::objs::{Kind, TreeRefIter};

use super::objects::{Blob, ObjectError, Objects, Reader, Scratch};
use super::{Store, graph::Graph};
use crate::finding::Skipped;
use crate::path;
use crate::source::tree::encoded;
use crate::source::walk::{join, locate};
use crate::source::{File, SourceError, git::git_error};

/// Files of attributes are read up to this size, bytes.
const MOST_ATTRIBUTES: u64 = 1 << 20;
/// Why a submodule is left out.
pub(super) const SUBMODULE: &str = "submodule; its commits are checked in its own repository";
/// Folders in folders, at most: Git has no limit, hostile trees neither.
const DEPTH: usize = 512;

/// One path that is not the same on all sides.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// Report path.
    pub path: Arc<str>,
    /// The file on the new side; none where there is none.
    pub new: Option<File>,
    /// The file on each of the old sides.
    pub olds: Vec<Option<File>>,
}

impl Change {
    /// Whether the new side has a file that none of the old ones has.
    #[must_use]
    pub(crate) fn is_new(&self) -> bool {
        let same = |old: &Option<File>| matches!((old, &self.new), (Some(old), Some(new)) if old.blob == new.blob);
        self.new.is_some() && !self.olds.iter().any(same)
    }
}

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

/// One side at one folder.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Side {
    /// No folder there.
    Nothing,
    Tree(ObjectId),
    /// Entries of the index that stand below the folder, and what the index knows of the tree that they make.
    Index(Range<usize>, Option<ObjectId>),
}

/// What stands under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Blob(ObjectId),
    Link(ObjectId),
    Submodule(ObjectId),
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
    #[must_use]
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
        let mut walk = Walk::new(self.objects.reader(), &self.objects, &self.root);
        walk.index = index.as_ref();
        let count = olds.len();
        let sides: Vec<Side> = std::iter::once(new.clone()).chain(olds).collect();
        walk.folder(b"", &sides, 0);
        let Walk { mut changed, mut errors, mut skipped, .. } = walk;
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
    #[must_use]
    pub(crate) fn unchanged(&self) -> &(Vec<File>, Vec<Skipped>) {
        self.unchanged.get_or_init(|| {
            let mut walk = Walk::new(self.objects.reader(), &self.objects, &self.root);
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
    #[must_use]
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
    let reason = "has a merge conflict; solve it and `git add` the file";
    paths.into_iter().map(|path| Skipped { path: path.into(), reason: reason.to_owned() }).collect()
}

/// A walk through the folders of all sides, and what it found.
pub(super) struct Walk<'w> {
    pub reader: Reader,
    objects: &'w Arc<Objects>,
    root: &'w Path,
    index: Option<&'w gix::index::File>,
    /// In no order.
    pub changed: Vec<Change>,
    pub errors: Vec<Skipped>,
    pub skipped: Vec<Skipped>,
}

/// One name in a folder. A file and a folder of one name are two rows.
struct Row<'r> {
    name: &'r [u8],
    what: What,
}

#[derive(Clone, PartialEq, Eq)]
enum What {
    Entry(Entry),
    Folder(Side),
}

impl Row<'_> {
    /// In the order of trees: a folder stands as if its name ended in `/`.
    fn order(&self, other: &Self) -> Ordering {
        name_order(self.name, self.is_folder(), other.name, other.is_folder())
    }

    fn is_folder(&self) -> bool {
        matches!(self.what, What::Folder(_))
    }
}

impl<'w> Walk<'w> {
    pub(super) fn new(reader: Reader, objects: &'w Arc<Objects>, root: &'w Path) -> Self {
        let (changed, errors, skipped) = Default::default();
        Self { reader, objects, root, index: None, changed, errors, skipped }
    }

    /// Compares the folder `path` of all sides, the new one first.
    pub(super) fn folder(&mut self, path: &[u8], sides: &[Side], depth: usize) {
        let known = |side: &Side| matches!(side, Side::Nothing) || side.id().is_some();
        if sides.iter().all(known) && sides.windows(2).all(|pair| pair[0].id() == pair[1].id()) {
            return;
        }
        let buffers: Vec<Vec<u8>> = sides.iter().map(|side| self.load(path, side, depth)).collect();
        let index = self.index;
        let mut rows: Vec<Peekable<IntoIter<Row<'_>>>> = Vec::with_capacity(sides.len());
        for (side, buffer) in sides.iter().zip(&buffers) {
            rows.push(self.rows(path, side, buffer, index, true).into_iter().peekable());
        }
        loop {
            let least = rows.iter_mut().filter_map(Peekable::peek).min_by(|a, b| a.order(b));
            let Some((name, is_folder)) = least.map(|row| (row.name, row.is_folder())) else { break };
            let same = |row: &Row<'_>| row.name == name && row.is_folder() == is_folder;
            let whats: Vec<Option<What>> = rows.iter_mut().map(|rows| rows.next_if(same).map(|row| row.what)).collect();
            if is_folder {
                let side = |what: Option<What>| match what {
                    Some(What::Folder(side)) => side,
                    _ => Side::Nothing,
                };
                let inner: Vec<Side> = whats.into_iter().map(side).collect();
                // Most folders are the same on all sides; not even their path has to be made.
                if inner.iter().any(|side| side.id().is_none() || side.id() != inner[0].id()) {
                    self.folder(&join(path, name), &inner, depth + 1);
                }
            } else if whats.windows(2).any(|pair| pair[0] != pair[1]) {
                let entries: Vec<Option<Entry>> = whats
                    .into_iter()
                    .map(|what| match what {
                        Some(What::Entry(entry)) => Some(entry),
                        _ => None,
                    })
                    .collect();
                self.entry(&join(path, name), &entries);
            }
        }
    }

    fn entry(&mut self, path: &[u8], entries: &[Option<Entry>]) {
        let report: Arc<str> = encoded(path).into();
        let file = |entry: &Option<Entry>| match entry {
            Some(Entry::Blob(id)) => Some(self.file(&report, path, *id)),
            _ => None,
        };
        let files: Vec<Option<File>> = entries.iter().map(file).collect();
        let reason = match entries.first() {
            Some(Some(Entry::Link(_))) => Some("symbolic link; its target is checked under its own path"),
            Some(Some(Entry::Submodule(_))) => Some(SUBMODULE),
            _ => None,
        };
        self.skipped.extend(reason.map(|reason| Skipped { path: report.clone(), reason: reason.to_owned() }));
        let mut files = files.into_iter();
        let new = files.next().flatten();
        let olds: Vec<Option<File>> = files.collect();
        if new.is_some() || olds.iter().any(Option::is_some) {
            self.changed.push(Change { path: report, new, olds });
        }
    }

    fn file(&self, report: &Arc<str>, path: &[u8], id: ObjectId) -> File {
        let location = locate(self.root, path).unwrap_or_else(|_| self.root.join(&**report));
        let blob = Blob { objects: Arc::clone(self.objects), id, stat: None };
        File { path: Arc::clone(report), location, tracked: true, blob: Some(blob) }
    }

    /// All files below a folder of one side.
    pub(super) fn all(&mut self, path: &[u8], side: &Side, depth: usize, files: &mut Vec<File>) {
        let buffer = self.load(path, side, depth);
        let index = self.index;
        for row in self.rows(path, side, &buffer, index, false) {
            let path = join(path, row.name);
            match row.what {
                What::Entry(Entry::Blob(id)) => files.push(self.file(&encoded(&path).into(), &path, id)),
                What::Entry(_) => {}
                What::Folder(side) => self.all(&path, &side, depth + 1, files),
            }
        }
    }

    /// The object of a tree; nothing of the other sides, and of what cannot be read, which is noted.
    fn load(&mut self, path: &[u8], side: &Side, depth: usize) -> Vec<u8> {
        let mut buffer = Vec::new();
        if let Side::Tree(id) = side {
            if depth > DEPTH {
                self.fail(path, "folders stand too deep in each other");
            } else if let Err(error) = self.reader.read(*id, Kind::Tree, &mut buffer) {
                self.fail(path, &error.to_string());
                buffer.clear();
            }
        }
        buffer
    }

    /// What stands in a folder, in the order of trees; of folders in it, their ids where they are to be `compared`.
    fn rows<'r>(
        &mut self,
        path: &[u8],
        side: &Side,
        tree: &'r [u8],
        index: Option<&'r gix::index::File>,
        compared: bool,
    ) -> Vec<Row<'r>> {
        match (side, index) {
            (Side::Tree(id), _) => match rows_of_tree(tree, *id, self.reader.hash()) {
                Ok(rows) => rows,
                Err(error) => {
                    self.fail(path, &error.to_string());
                    Vec::new()
                }
            },
            (Side::Index(range, _), Some(index)) => rows_of_index(index, path, range.clone(), compared),
            _ => Vec::new(),
        }
    }

    fn fail(&mut self, path: &[u8], reason: &str) {
        let path = if path.is_empty() { ".".to_owned() } else { encoded(path) };
        self.errors.push(Skipped { path: path.into(), reason: reason.to_owned() });
    }
}

impl Side {
    fn id(&self) -> Option<ObjectId> {
        match self {
            Self::Nothing => None,
            Self::Tree(id) => Some(*id),
            Self::Index(_, id) => *id,
        }
    }
}

fn rows_of_tree(tree: &[u8], id: ObjectId, hash: gix::hash::Kind) -> Result<Vec<Row<'_>>, ObjectError> {
    let mut rows = Vec::new();
    for entry in TreeRefIter::from_bytes(tree, hash) {
        let entry = entry.map_err(|_| ObjectError::Damaged { id })?;
        let id = entry.oid.to_owned();
        let what = match entry.mode.kind() {
            EntryKind::Tree => What::Folder(Side::Tree(id)),
            EntryKind::Blob | EntryKind::BlobExecutable => What::Entry(Entry::Blob(id)),
            EntryKind::Link => What::Entry(Entry::Link(id)),
            EntryKind::Commit => What::Entry(Entry::Submodule(id)),
        };
        rows.push(Row { name: entry.filename, what });
    }
    // Git writes them so; whoever did not wants them to be missed.
    if !rows.is_sorted_by(|a, b| a.order(b).is_lt()) {
        rows.sort_by(Row::order);
    }
    Ok(rows)
}

/// Sorts the entries of the index in `range`, all of them below `folder`, by the names that stand in the folder.
fn rows_of_index<'i>(index: &'i gix::index::File, folder: &[u8], range: Range<usize>, compared: bool) -> Vec<Row<'i>> {
    let skip = if folder.is_empty() { 0 } else { folder.len() + 1 };
    let known = if compared { known(index, folder) } else { None };
    let children: HashMap<&[u8], ObjectId> = known.map_or_else(HashMap::new, |tree| {
        let valid = tree.children.iter().filter(|child| child.num_entries.is_some());
        valid.map(|child| (child.name.as_slice(), child.id)).collect()
    });
    let all = index.entries();
    let last = range.end.min(all.len());
    let mut rows = Vec::new();
    let mut at = range.start;
    while at < last {
        let entry = &all[at];
        let path: &'i [u8] = entry.path(index);
        let rest = path.get(skip..).unwrap_or_default();
        let Some(end) = rest.find_byte(b'/') else {
            // What is to be added later has no content yet, and what is in conflict has none that is decided.
            if !entry.flags.contains(Flags::INTENT_TO_ADD) && entry.stage() == Stage::Unconflicted {
                let kind = match entry.mode {
                    Mode::SYMLINK => Entry::Link(entry.id),
                    Mode::COMMIT => Entry::Submodule(entry.id),
                    _ => Entry::Blob(entry.id),
                };
                rows.push(Row { name: rest, what: What::Entry(kind) });
            }
            at += 1;
            continue;
        };
        let name = &rest[..end];
        if entry.mode == Mode::DIR && end + 1 == rest.len() {
            // A folder that a sparse checkout leaves out stands there as a whole.
            rows.push(Row { name, what: What::Folder(Side::Tree(entry.id)) });
            at += 1;
            continue;
        }
        let below = |entry: &gix::index::Entry| {
            let path: &[u8] = entry.path(index);
            path.get(skip..).and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.starts_with(b"/"))
        };
        let next = (at + all[at..last].partition_point(below)).max(at + 1);
        let id = children.get(name).copied();
        rows.push(Row { name, what: What::Folder(Side::Index(at..next, id)) });
        at = next;
    }
    rows.sort_by(Row::order);
    rows
}

/// What the index knows of the tree of a folder.
fn known<'i>(index: &'i gix::index::File, folder: &[u8]) -> Option<&'i extension::Tree> {
    let mut tree = index.tree()?;
    for name in folder.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
        tree = tree.children.iter().find(|child| child.name.as_slice() == name)?;
    }
    Some(tree)
}
