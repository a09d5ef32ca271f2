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

/// One file: path from the root with `/`, its bytes before the fix, and its bytes now; none where it is gone.
pub type File<'f> = (&'f str, &'f [u8], Option<&'f [u8]>);

/// Puts the new bytes of files into the index of the work tree `root`, each where the index held exactly the old ones.
///
/// # Errors
/// Where the index cannot be read, locked or written; it is left as it was then.
pub fn restage(root: &Path, files: &[File<'_>]) -> Result<Vec<Staged>, StageError> {
    let fault = |error: &dyn std::fmt::Display| StageError(error.to_string());
    let options = gix::open::Options::isolated().with(gix::sec::Trust::Full);
    let repository = gix::open_opts(root, options).map_err(|error| fault(&error))?;
    let mut index = repository.open_index().map_err(|error| fault(&error))?;
    let mut became = Vec::new();
    let mut changed = false;
    let mut gone = Vec::new();
    for (path, old, new) in files {
        let old =
            gix::objs::compute_hash(repository.object_hash(), gix::objs::Kind::Blob, old).map_err(|e| fault(&e))?;
        let Some(entry) =
            index.entry_mut_by_path_and_stage(path.as_bytes().as_bstr(), gix::index::entry::Stage::Unconflicted)
        else {
            became.push(Staged::Untracked);
            continue;
        };
        if entry.id != old {
            became.push(Staged::Differs);
            continue;
        }
        match new {
            Some(new) => {
                entry.id = repository.write_blob(new).map_err(|error| fault(&error))?.detach();
                // Git looks at the file again where the index does not know its size and time.
                entry.stat = gix::index::entry::Stat::default();
            }
            None => gone.push((*path).to_owned()),
        }
        changed = true;
        became.push(Staged::Yes);
    }
    if changed {
        index.remove_entries(|_, path, _| gone.iter().any(|gone| gone.as_bytes() == path.as_bytes()));
        // It names the old blobs.
        index.remove_tree();
        index.write(gix::index::write::Options::default()).map_err(|error| fault(&error))?;
    }
    Ok(became)
}
