//! Changes of Git's index: staging again what was staged before a fix, so that a hook can fix and the commit takes the
//! repaired file; and taking files out that should not be in Git.

use std::path::Path;

use gix::bstr::ByteSlice as _;
use serde::{Deserialize, Serialize};

/// What became of one file in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Staged {
    Yes,
    /// The index held other content than the file, so it is left: part of the file was staged, or Git rewrites it on its way.
    Differs,
    Untracked,
}

/// Why the index cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the index: {0}; `git add` the files yourself")]
pub(crate) struct StageError(String);

/// One file that was written.
pub(crate) struct File<'f> {
    /// Path from the root with `/`.
    pub path: &'f str,
    /// Its bytes before.
    pub old: &'f [u8],
    /// Its bytes now; none where it is gone.
    pub new: Option<&'f [u8]>,
    /// New files that were made of it: path and bytes.
    pub beside: Vec<(String, &'f [u8])>,
}

/// Puts the new bytes of files into the index of the work tree `root`, each where the index held exactly the old ones.
///
/// Extensions of the index that only save time (caches of trees and of untracked files) are not kept, and a split index
/// becomes a whole one; Git recreates them.
pub(crate) fn restage(root: &Path, files: &[File<'_>]) -> Result<Vec<Staged>, StageError> {
    let Held { repository, mut index, lock } = Held::open(root)?;
    let blob = |bytes: &[u8]| repository.write_blob(bytes).map(gix::Id::detach).map_err(|error| fault(&error));
    let mut became = Vec::new();
    let mut gone = Vec::new();
    let mut new = Vec::new();
    for file in files {
        let old = gix::objs::compute_hash(repository.object_hash(), gix::objs::Kind::Blob, file.old)
            .map_err(|error| fault(&error))?;
        let stage = gix::index::entry::Stage::Unconflicted;
        let Some(entry) = index.entry_mut_by_path_and_stage(file.path.as_bytes().as_bstr(), stage) else {
            became.push(Staged::Untracked);
            continue;
        };
        if entry.id != old {
            became.push(Staged::Differs);
            continue;
        }
        match file.new {
            Some(bytes) => {
                entry.id = blob(bytes)?;
                // Git looks at the file again where the index does not know its size and time.
                entry.stat = gix::index::entry::Stat::default();
            }
            None => gone.push(file.path),
        }
        let mode = entry.mode;
        for (path, bytes) in &file.beside {
            new.push((path.as_str(), blob(bytes)?, mode));
        }
        became.push(Staged::Yes);
    }
    if !became.contains(&Staged::Yes) {
        return Ok(became);
    }
    index.remove_entries(|_, path, _| gone.iter().any(|gone| gone.as_bytes() == path.as_bytes()));
    for (path, id, mode) in new {
        let path = path.as_bytes().as_bstr();
        if index.entry_by_path(path).is_none() {
            let flags = gix::index::entry::Flags::empty();
            index.dangerously_push_entry(gix::index::entry::Stat::default(), id, flags, mode, path);
        }
    }
    index.sort_entries();
    Held { repository, index, lock }.write()?;
    Ok(became)
}

/// The index of a work tree, locked before it was read, so that nothing that Git stages meanwhile is lost.
struct Held {
    repository: gix::Repository,
    index: gix::index::File,
    lock: gix::lock::File,
}

impl Held {
    fn open(root: &Path) -> Result<Self, StageError> {
        let repository = open(root)?;
        let path = repository.index_path();
        let lock = gix::lock::File::acquire_to_update_resource(&path, gix::lock::acquire::Fail::Immediately, None, 0);
        let lock = lock.map_err(|error| fault(&error))?;
        let index = repository.open_index().map_err(|error| fault(&error))?;
        Ok(Self { repository, index, lock })
    }

    fn write(mut self) -> Result<(), StageError> {
        // It names the old blobs.
        self.index.remove_tree();
        let mut lock = std::io::BufWriter::new(self.lock);
        self.index.write_to(&mut lock, gix::index::write::Options::default()).map_err(|error| fault(&error))?;
        let lock = lock.into_inner().map_err(|error| fault(&error.error()))?;
        lock.commit().map(drop).map_err(|error| fault(&error))
    }
}

fn fault(error: &dyn std::fmt::Display) -> StageError {
    StageError(error.to_string())
}

fn open(root: &Path) -> Result<gix::Repository, StageError> {
    let options = gix::open::Options::isolated().with(gix::sec::Trust::Full);
    gix::open_opts(root, options).map_err(|error| fault(&error))
}

/// A file as the index holds it, so that it can be put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracked {
    /// Path from the root with `/`.
    pub path: String,
    id: String,
    mode: u32,
}

impl Tracked {
    fn is(&self, path: &[u8], entry: &gix::index::Entry) -> bool {
        let id = gix::ObjectId::from_hex(self.id.as_bytes());
        self.path.as_bytes() == path && id.is_ok_and(|id| id == entry.id) && self.mode == entry.mode.bits()
    }
}

/// What the index of the work tree `root` holds of these paths; those that it does not hold, or in a merge's several
/// versions, are left out.
pub(crate) fn tracked(root: &Path, paths: &[&str]) -> Result<Vec<Tracked>, StageError> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let index = open(root)?.open_index().map_err(|error| fault(&error))?;
    let held = paths.iter().filter_map(|path| {
        let stage = gix::index::entry::Stage::Unconflicted;
        let entry = index.entry_by_path_and_stage(path.as_bytes().as_bstr(), stage)?;
        Some(Tracked { path: (*path).to_owned(), id: entry.id.to_string(), mode: entry.mode.bits() })
    });
    Ok(held.collect())
}

/// Takes files out of the index, each where that still holds what was read. They stay in the work tree.
pub(crate) fn untrack(root: &Path, files: &[Tracked]) -> Result<(), StageError> {
    if files.is_empty() {
        return Ok(());
    }
    let mut held = Held::open(root)?;
    held.index.remove_entries(|_, path, entry| files.iter().any(|file| file.is(path, entry)));
    held.write()
}

/// Puts files back into the index, each where that does not contain its path.
pub(crate) fn track(root: &Path, files: &[Tracked]) -> Result<(), StageError> {
    if files.is_empty() {
        return Ok(());
    }
    let mut held = Held::open(root)?;
    for file in files {
        let path = file.path.as_bytes().as_bstr();
        // The journal could have been written by others.
        let id = gix::ObjectId::from_hex(file.id.as_bytes()).map_err(|error| fault(&error))?;
        let mode =
            gix::index::entry::Mode::from_bits(file.mode).ok_or_else(|| fault(&"the mode of a file is unknown"))?;
        if held.index.entry_range(path).is_none() {
            let flags = gix::index::entry::Flags::empty();
            held.index.dangerously_push_entry(gix::index::entry::Stat::default(), id, flags, mode, path);
            held.index.sort_entries();
        }
    }
    held.write()
}
