//! Writing several files, all of them or none, also where the process is killed at any moment; and taking that back.
//!
//! A run has a folder of its own below `runs/`, with a journal, the originals and the new contents. It is made as
//! `<id>.new`, and renaming it to `<id>` is the moment from which the run will be completed, by this process or by the
//! next one. Then each new content is put beside its file under a temporary name, and renamed over it. Only then the
//! journal says that the run is done. `undo` is the same in the other direction; the folder of a run that is no longer
//! needed is renamed to `<id>.gone` and removed.
//!
//! `disk` makes every change, `look` says what is there, `journal` is what a killed run leaves to the next, `apply` moves
//! the files, and `replace`, `undo` and `recover` are what it is called for. Mode, extended attributes, access control
//! lists and, as far as the system permits, owner and group are kept; a file with several hard links is refused.

mod error;
mod disk;
mod look;
mod journal;
mod apply;
mod recover;
mod replace;
mod undo;
#[cfg(test)]
mod tests;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub use error::StoreError;
pub(crate) use error::{Reason, Refusal};
pub use recover::Outcome;
pub(crate) use recover::Recovered;

use super::stage::Tracked;
use crate::config::Environment;
use crate::seal::Plaintext;
use journal::{Journal, RunFolder};

/// How long originals are kept.
pub(crate) const BACKUP_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

const LOCK: &str = "lock";
const RUNS: &str = "runs";
/// Ending of the folder of a run that is still being prepared.
const PREPARING: &str = ".new";
/// Ending of the folder of a run that is being removed.
const REMOVING: &str = ".gone";

/// One file that is to be changed. Its bytes may be secret on either side: an original contains what is to be sealed.
#[derive(Clone, Debug)]
pub struct Change {
    /// Absolute, below the root of the store, in a folder that exists.
    pub path: PathBuf,
    /// What the change was planned from; none where there is no such file. Where the file differs, nothing is written.
    pub before: Option<Plaintext>,
    /// What it shall hold. A new file gets the mode of its folder without the bits for execution.
    pub after: Option<Plaintext>,
}

/// A run that was written, and can be put back.
#[derive(Debug)]
pub struct Run {
    id: String,
    /// The files, in the order of the changes.
    pub files: Vec<PathBuf>,
}

/// A run that was undone.
#[derive(Debug)]
pub struct Undone {
    /// The files that are again as they were before the run.
    pub files: Vec<PathBuf>,
    /// What the run took out of Git's index, for the caller to put back.
    pub untracked: Vec<Tracked>,
    /// Runs that are left to be undone.
    pub left: usize,
}

/// The place where journals and originals are kept. While it is open, no other process can open it.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// As it was given, for the paths of reports.
    root: PathBuf,
    /// The same without symbolic links.
    real_root: PathBuf,
    /// Holds the lock; the system releases it when the process ends, however it ends.
    lock: File,
}

/// The folder of the store for the files below `root`: in the Git directory of the work tree, or outside Git one in the
/// person's folder for states. Nothing where the environment does not say which that is.
pub(crate) fn folder_for(root: &Path, git_dir: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    if let Some(git_dir) = git_dir {
        return Some(git_dir.join("mlguard"));
    }
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let name = look::Digest::of(root.as_os_str().as_encoded_bytes());
    Some(environment.state.as_ref()?.join("mlguard").join(name.short()))
}

/// Whether runs are kept in `folder`, or were.
pub(crate) fn has_runs(folder: &Path) -> bool {
    folder.join(RUNS).exists()
}

impl Store {
    /// Opens the store in `folder`, which is made where it is missing, for files below `root`: always the same root for
    /// the same folder. A run that was interrupted is first completed or taken back.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where another process has it open, [`StoreError::Unrecovered`] where an interrupted run cannot
    /// be ended.
    pub fn open(folder: &Path, root: &Path) -> Result<(Self, Option<Recovered>), StoreError> {
        let real_root = root.canonicalize().map_err(StoreError::io("find", root))?;
        disk::make_private_folder(folder)?;
        // Absolute, since the store must not depend on the current folder.
        let folder = folder.canonicalize().map_err(StoreError::io("find", folder))?;
        let path = folder.join(LOCK);
        let lock = disk::open_lock(&path)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Busy { lock: path }),
            Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", &path)(error)),
        }
        disk::make_private_folder(&folder.join(RUNS))?;
        let mut store = Self { folder, root: root.to_owned(), real_root, lock };
        let recovered = store
            .recover()
            .map_err(|cause| StoreError::Unrecovered { cause: Box::new(cause), runs: store.folder.join(RUNS) })?;
        Ok((store, recovered))
    }

    fn runs(&self) -> PathBuf {
        self.folder.join(RUNS)
    }

    /// Names in the folder of runs, oldest first.
    fn names(&self) -> Result<Vec<String>, StoreError> {
        let folder = self.runs();
        let mut names = Vec::new();
        for entry in folder.read_dir().map_err(StoreError::io("list", &folder))? {
            let name = entry.map_err(StoreError::io("list", &folder))?.file_name();
            // A name of somebody else, such as `.DS_Store`, is none of ours.
            names.extend(name.into_string().ok().filter(|name| name.starts_with(|c: char| c.is_ascii_digit())));
        }
        names.sort();
        Ok(names)
    }

    /// All runs that can be taken back, oldest first.
    fn done(&self) -> Result<Vec<RunFolder>, StoreError> {
        let whole = |name: &String| !name.ends_with(PREPARING) && !name.ends_with(REMOVING);
        let names = self.names()?;
        names.iter().filter(|name| whole(name)).map(|name| RunFolder::load(&self.runs(), name)).collect()
    }

    /// Removes the folder of a run. It is renamed first, so that no half of it is ever taken for a run.
    fn discard(&self, run: &RunFolder) -> Result<(), StoreError> {
        let gone = self.runs().join(format!("{}{REMOVING}", run.id));
        disk::rename(&run.folder, &gone)?;
        disk::sync_folder(&self.runs())?;
        disk::remove_folder(&gone)
    }

    /// The files of a run as reports name them.
    fn files(&self, journal: &Journal) -> Vec<PathBuf> {
        journal.entries.iter().map(|entry| self.root.join(&entry.path)).collect()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Closing would do, but not while another thread starts a program, which has the file open for a moment too.
        let _ = self.lock.unlock();
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
