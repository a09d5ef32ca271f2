//! A walk through the folders of several trees, or of the index, at once. Equal folders are passed over by their ids, unread.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::iter::Peekable;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::vec::IntoIter;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::index::entry::{Flags, Mode, Stage};
use gix::index::extension;
use gix::objs::tree::{EntryKind, name_order};
use gix::objs::{Kind, TreeRefIter};

use super::objects::{Blob, ObjectError, Objects, Reader};
use crate::coverage::{Reason, Skipped};
use crate::source::File;
use crate::source::tree::encoded;
use crate::source::walk::{join, locate};

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
    pub(crate) fn is_new(&self) -> bool {
        let same = |old: &Option<File>| matches!((old, &self.new), (Some(old), Some(new)) if old.blob == new.blob);
        self.new.is_some() && !self.olds.iter().any(same)
    }
}

/// One side at one folder.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Side {
    /// No folder there.
    Nothing,
    Tree(ObjectId),
    /// Entries of the index that are below the folder, and what the index knows of the tree that they make.
    Index(Range<usize>, Option<ObjectId>),
}

/// What is under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum TreeEntry {
    Blob(ObjectId),
    Link(ObjectId),
    Submodule(ObjectId),
}

/// A walk through the folders of all sides, and what it found.
pub(super) struct SideWalk<'w> {
    pub reader: Reader,
    objects: &'w Arc<Objects>,
    root: &'w Path,
    pub(super) index: Option<&'w gix::index::File>,
    /// In no order.
    pub changed: Vec<Change>,
    pub errors: Vec<Skipped>,
    pub skipped: Vec<Skipped>,
}

/// One name in a folder. A file and a folder of one name are two rows.
struct SideRow<'r> {
    name: &'r [u8],
    what: RowKind,
}

#[derive(Clone, PartialEq, Eq)]
enum RowKind {
    Entry(TreeEntry),
    Folder(Side),
}

impl SideRow<'_> {
    /// In the order of trees: a folder is as if its name ended in `/`.
    fn order(&self, other: &Self) -> Ordering {
        name_order(self.name, self.is_folder(), other.name, other.is_folder())
    }

    fn is_folder(&self) -> bool {
        matches!(self.what, RowKind::Folder(_))
    }
}

impl<'w> SideWalk<'w> {
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
        let mut rows: Vec<Peekable<IntoIter<SideRow<'_>>>> = Vec::with_capacity(sides.len());
        for (side, buffer) in sides.iter().zip(&buffers) {
            rows.push(self.rows(path, side, buffer, index, true).into_iter().peekable());
        }
        loop {
            let least = rows.iter_mut().filter_map(Peekable::peek).min_by(|a, b| a.order(b));
            let Some((name, is_folder)) = least.map(|row| (row.name, row.is_folder())) else { break };
            let same = |row: &SideRow<'_>| row.name == name && row.is_folder() == is_folder;
            let whats: Vec<Option<RowKind>> =
                rows.iter_mut().map(|rows| rows.next_if(same).map(|row| row.what)).collect();
            if is_folder {
                let side = |what: Option<RowKind>| match what {
                    Some(RowKind::Folder(side)) => side,
                    _ => Side::Nothing,
                };
                let inner: Vec<Side> = whats.into_iter().map(side).collect();
                // Most folders are the same on all sides; not even their path has to be made.
                if inner.iter().any(|side| side.id().is_none() || side.id() != inner[0].id()) {
                    self.folder(&join(path, name), &inner, depth + 1);
                }
            } else if whats.windows(2).any(|pair| pair[0] != pair[1]) {
                let entries: Vec<Option<TreeEntry>> = whats
                    .into_iter()
                    .map(|what| match what {
                        Some(RowKind::Entry(entry)) => Some(entry),
                        _ => None,
                    })
                    .collect();
                self.entry(&join(path, name), &entries);
            }
        }
    }

    fn entry(&mut self, path: &[u8], entries: &[Option<TreeEntry>]) {
        let report: Arc<str> = encoded(path).into();
        let file = |entry: &Option<TreeEntry>| match entry {
            Some(TreeEntry::Blob(id)) => Some(self.file(&report, path, *id)),
            _ => None,
        };
        let files: Vec<Option<File>> = entries.iter().map(file).collect();
        let reason = match entries.first() {
            Some(Some(TreeEntry::Link(_))) => Some(Reason::Link),
            Some(Some(TreeEntry::Submodule(_))) => Some(Reason::Submodule),
            _ => None,
        };
        self.skipped.extend(reason.map(|reason| Skipped::new(report.clone(), reason)));
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
                RowKind::Entry(TreeEntry::Blob(id)) => files.push(self.file(&encoded(&path).into(), &path, id)),
                RowKind::Entry(_) => {}
                RowKind::Folder(side) => self.all(&path, &side, depth + 1, files),
            }
        }
    }

    /// The object of a tree; nothing of the other sides, and of what cannot be read, which is noted.
    fn load(&mut self, path: &[u8], side: &Side, depth: usize) -> Vec<u8> {
        let mut buffer = Vec::new();
        if let Side::Tree(id) = side {
            if depth > DEPTH {
                self.fail(path, Reason::TooDeep);
            } else if let Err(error) = self.reader.read(*id, Kind::Tree, &mut buffer) {
                self.fail(path, Reason::from(&error));
                buffer.clear();
            }
        }
        buffer
    }

    /// What is in a folder, in the order of trees; of folders in it, their ids where they are to be `compared`.
    fn rows<'r>(
        &mut self,
        path: &[u8],
        side: &Side,
        tree: &'r [u8],
        index: Option<&'r gix::index::File>,
        compared: bool,
    ) -> Vec<SideRow<'r>> {
        match (side, index) {
            (Side::Tree(id), _) => match rows_of_tree(tree, *id, self.reader.hash()) {
                Ok(rows) => rows,
                Err(error) => {
                    self.fail(path, Reason::from(&error));
                    Vec::new()
                }
            },
            (Side::Index(range, _), Some(index)) => rows_of_index(index, path, range.clone(), compared),
            _ => Vec::new(),
        }
    }

    fn fail(&mut self, path: &[u8], reason: Reason) {
        let path = if path.is_empty() { ".".to_owned() } else { encoded(path) };
        self.errors.push(Skipped::new(path, reason));
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

fn rows_of_tree(tree: &[u8], id: ObjectId, hash: gix::hash::Kind) -> Result<Vec<SideRow<'_>>, ObjectError> {
    let mut rows = Vec::new();
    for entry in TreeRefIter::from_bytes(tree, hash) {
        let entry = entry.map_err(|_| ObjectError::Damaged(id))?;
        let id = entry.oid.to_owned();
        let what = match entry.mode.kind() {
            EntryKind::Tree => RowKind::Folder(Side::Tree(id)),
            EntryKind::Blob | EntryKind::BlobExecutable => RowKind::Entry(TreeEntry::Blob(id)),
            EntryKind::Link => RowKind::Entry(TreeEntry::Link(id)),
            EntryKind::Commit => RowKind::Entry(TreeEntry::Submodule(id)),
        };
        rows.push(SideRow { name: entry.filename, what });
    }
    // Git writes them so; whoever did not wants them to be missed.
    if !rows.is_sorted_by(|a, b| a.order(b).is_lt()) {
        rows.sort_by(SideRow::order);
    }
    Ok(rows)
}

/// Sorts the entries of the index in `range`, all of them below `folder`, by the names that are in the folder.
fn rows_of_index<'i>(
    index: &'i gix::index::File,
    folder: &[u8],
    range: Range<usize>,
    compared: bool,
) -> Vec<SideRow<'i>> {
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
            // RowKind is to be added later has no content yet, and what is in conflict has none that is decided.
            if !entry.flags.contains(Flags::INTENT_TO_ADD) && entry.stage() == Stage::Unconflicted {
                let kind = match entry.mode {
                    Mode::SYMLINK => TreeEntry::Link(entry.id),
                    Mode::COMMIT => TreeEntry::Submodule(entry.id),
                    _ => TreeEntry::Blob(entry.id),
                };
                rows.push(SideRow { name: rest, what: RowKind::Entry(kind) });
            }
            at += 1;
            continue;
        };
        let name = &rest[..end];
        if entry.mode == Mode::DIR && end + 1 == rest.len() {
            // A folder that a sparse checkout leaves out is there as a whole.
            rows.push(SideRow { name, what: RowKind::Folder(Side::Tree(entry.id)) });
            at += 1;
            continue;
        }
        let below = |entry: &gix::index::Entry| {
            let path: &[u8] = entry.path(index);
            path.get(skip..).and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.starts_with(b"/"))
        };
        let next = (at + all[at..last].partition_point(below)).max(at + 1);
        let id = children.get(name).copied();
        rows.push(SideRow { name, what: RowKind::Folder(Side::Index(at..next, id)) });
        at = next;
    }
    rows.sort_by(SideRow::order);
    rows
}

/// RowKind the index knows of the tree of a folder.
fn known<'i>(index: &'i gix::index::File, folder: &[u8]) -> Option<&'i extension::Tree> {
    let mut tree = index.tree()?;
    for name in folder.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
        tree = tree.children.iter().find(|child| child.name.as_slice() == name)?;
    }
    Some(tree)
}
