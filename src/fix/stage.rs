//! Staging again what was staged before a fix, so that a hook can fix and the commit takes the repaired file.

use std::path::Path;

use gix::bstr::ByteSlice as _;

/// What became of one file in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staged {
    /// The index holds the new content.
    Yes,
    /// The index held other content than the file, so it is left: part of the file was staged, or Git rewrites it on its way.
    Differs,
    /// The index does not hold the file.
    Untracked,
}

/// Why the index cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the index cannot be written: {0}; stage the files yourself (git add)")]
pub struct StageError(String);

/// One file that was written.
pub struct File<'f> {
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
/// becomes a whole one; Git makes them anew.
///
/// # Errors
/// Where the index cannot be read, locked or written; it is left as it was then.
pub fn restage(root: &Path, files: &[File<'_>]) -> Result<Vec<Staged>, StageError> {
    let fault = |error: &dyn std::fmt::Display| StageError(error.to_string());
    let options = gix::open::Options::isolated().with(gix::sec::Trust::Full);
    let repository = gix::open_opts(root, options).map_err(|error| fault(&error))?;
    // Locked before it is read, so that nothing that Git stages meanwhile is lost.
    let path = repository.index_path();
    let lock = gix::lock::File::acquire_to_update_resource(&path, gix::lock::acquire::Fail::Immediately, None, 0);
    let mut lock = std::io::BufWriter::new(lock.map_err(|error| fault(&error))?);
    let mut index = repository.open_index().map_err(|error| fault(&error))?;
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
    // It names the old blobs.
    index.remove_tree();
    index.write_to(&mut lock, gix::index::write::Options::default()).map_err(|error| fault(&error))?;
    let lock = lock.into_inner().map_err(|error| fault(&error.error()))?;
    lock.commit().map_err(|error| fault(&error))?;
    Ok(became)
}
