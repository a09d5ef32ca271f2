//! Files that `fix` takes out of Git's index: they stay in the work tree, and `--undo` puts them back.

use std::path::Path;

use super::output;
use crate::error::Problem;
use crate::fix::stage::{self, Tracked};
use crate::fix::store::Undone;

/// What the index holds of the files that are to be taken out of it.
pub(super) fn held(root: &Path, paths: &[&str]) -> Result<Vec<Tracked>, Problem> {
    if paths.is_empty() { Ok(Vec::new()) } else { stage::tracked(root, paths).map_err(|error| problem(&error)) }
}

/// Takes files out of the index.
pub(super) fn take_out(root: &Path, files: &[Tracked]) -> Result<(), Problem> {
    if files.is_empty() { Ok(()) } else { stage::untrack(root, files).map_err(|error| problem(&error)) }
}

/// Puts files back into the index.
pub(super) fn put_back(root: &Path, files: &[Tracked]) -> Result<(), Problem> {
    if files.is_empty() { Ok(()) } else { stage::track(root, files).map_err(|error| problem(&error)) }
}

/// The same for a run that was taken back, and tells it.
pub(super) fn undo(root: &Path, undone: &Undone) -> Result<(), Problem> {
    put_back(root, &undone.untracked)?;
    undone.untracked.iter().for_each(|file| output::note(&format!("{}: tracked again", file.path)));
    Ok(())
}

fn problem(error: &stage::StageError) -> Problem {
    Problem::new(error.to_string())
}
