//! Moving the files of a run to one side: all new contents are put beside their files first, then renamed over them.
//!
//! So most of what can fail (no space, no permission) fails before the first file is changed, and the time in which the
//! files are on different sides is that of the renames.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::{Reason, Refusal, StoreError};
use super::journal::{RunFolder, Side, State};
use super::look::{Seen, locate, look};
use super::{Store, disk};

/// What to do with a file that is on neither side, or cannot be reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Foreign {
    Refuse,
    /// Leave it as it is and name it: its new owner has decided.
    Leave,
}

/// Where moving stopped.
struct Stopped {
    /// Entries before this one had been moved.
    moved: usize,
    cause: StoreError,
}

/// A file that is ready to be moved.
struct Staged {
    index: usize,
    target: PathBuf,
    /// What is renamed over it; none where it is removed.
    temporary: Option<PathBuf>,
}

impl Store {
    /// Moves all files of a run to a side, or moves those back that were moved. With the new contents in place, the
    /// journal says that the run is done; what is taken back stays to be removed by the caller.
    pub(super) fn transact(&self, run: &mut RunFolder, side: Side) -> Result<(), StoreError> {
        let count = run.journal.entries.len();
        let moved = self.bring(run, side, count, Foreign::Refuse);
        let ended = moved.and_then(|_| match side {
            Side::New => run.set(State::Done).map_err(|cause| Stopped { moved: count, cause }),
            Side::Old => Ok(()),
        });
        let Err(Stopped { moved, cause }) = ended else { return Ok(()) };
        let cause = Box::new(cause);
        let back = match side {
            Side::New => State::Returning(moved),
            Side::Old => State::Writing,
        };
        // Removing the temporary files first makes room, should that be what is missing.
        let left = self.sweep(run).and_then(|()| {
            // Where the journal cannot be written, the way back is tried all the same. If it is cut short, the next
            // run ends what the journal says.
            let noted = run.set(back);
            let left = self.bring(run, side.other(), moved, Foreign::Leave).map_err(|stopped| stopped.cause)?;
            match side {
                Side::New => self.settle(run, &left)?,
                Side::Old => noted.and_then(|()| run.set(State::Done))?,
            }
            Ok(left)
        });
        Err(match left {
            // It says itself that nothing was written.
            Ok(left) if left.is_empty() && matches!(*cause, StoreError::Refused(_)) => *cause,
            Ok(left) => StoreError::PutBack { cause, left: self.named(run, &left) },
            Err(again) => StoreError::Stuck { cause, again: Box::new(again) },
        })
    }

    /// Ends a run that was taken back. Its originals are removed only if every file has its own again.
    pub(super) fn settle(&self, run: &mut RunFolder, left: &[usize]) -> Result<(), StoreError> {
        if left.is_empty() { self.discard(run) } else { run.set(State::Done) }
    }

    /// Continues what another process began. Gives the files that somebody changed since, which are left alone.
    pub(super) fn resume(&self, run: &RunFolder, side: Side, count: usize) -> Result<Vec<PathBuf>, StoreError> {
        self.sweep(run)?;
        let left = self.bring(run, side, count, Foreign::Leave).map_err(|stopped| stopped.cause)?;
        Ok(self.named(run, &left))
    }

    /// Moves the first `count` files of a run to a side. Files that are there already stay untouched.
    fn bring(&self, run: &RunFolder, side: Side, count: usize, foreign: Foreign) -> Result<Vec<usize>, Stopped> {
        let mut left = Vec::new();
        let mut ready = Vec::new();
        let mut folders = BTreeSet::new();
        for index in 0..count {
            match self.stage(run, index, side).map_err(|cause| Stopped { moved: 0, cause })? {
                Ok(staged) => ready.extend(staged),
                Err(_) if foreign == Foreign::Leave => left.push(index),
                Err(reason) => return Err(Stopped { moved: 0, cause: self.refuse(run, index, reason) }),
            }
        }
        for staged in ready {
            let at = |cause| Stopped { moved: staged.index, cause };
            // Once more, since staging many files takes its time.
            let entry = &run.journal.entries[staged.index];
            let seen = look(&staged.target).map_err(at)?;
            if !seen.holds(entry.at(side.other())) && !seen.holds(entry.at(side)) {
                if foreign == Foreign::Refuse {
                    return Err(at(self.refuse(run, staged.index, Reason::Changed)));
                }
                staged.temporary.as_deref().map_or(Ok(()), disk::remove).map_err(at)?;
                left.push(staged.index);
                continue;
            }
            match &staged.temporary {
                Some(temporary) => disk::rename(temporary, &staged.target).map_err(at)?,
                None => disk::remove(&staged.target).map_err(at)?,
            }
            folders.extend(staged.target.parent().map(Path::to_owned));
        }
        // The journal says that the run is done only after all of this is on disk, so once for each folder is enough.
        for folder in folders {
            disk::sync_folder(&folder).map_err(|cause| Stopped { moved: count, cause })?;
        }
        left.sort_unstable();
        Ok(left)
    }

    /// Puts the content of one entry beside its file. `Ok(None)` where the file is on that side already; the reason where
    /// it is on neither side.
    fn stage(&self, run: &RunFolder, index: usize, side: Side) -> Result<Result<Option<Staged>, Reason>, StoreError> {
        let entry = &run.journal.entries[index];
        let target = match locate(&self.real_root, &entry.path)? {
            Ok(target) => target,
            Err(reason) => return Ok(Err(reason)),
        };
        let seen = look(&target)?;
        let wanted = entry.at(side);
        if seen.holds(wanted) && seen.found().is_none_or(|found| found.mode == entry.mode) {
            return Ok(Ok(None));
        }
        if !seen.holds(wanted) && !seen.holds(entry.at(side.other())) {
            return Ok(Err(match seen {
                Seen::Other(reason) => reason,
                Seen::Missing => Reason::Gone,
                Seen::File(_) => Reason::Changed,
            }));
        }
        let temporary = match wanted {
            None => None,
            Some(_) => {
                let temporary = target.with_file_name(run.temporary(index));
                let content = run.read(index, side)?;
                let kept = run.content(index, side);
                let like = if seen.found().is_some() { &target } else { &kept };
                disk::write_like(&temporary, content.expose(), entry.mode, seen.found(), like)?;
                Some(temporary)
            }
        };
        Ok(Ok(Some(Staged { index, target, temporary })))
    }

    /// Removes what staging has left beside the files of a run.
    fn sweep(&self, run: &RunFolder) -> Result<(), StoreError> {
        for (index, entry) in run.journal.entries.iter().enumerate() {
            let Ok(target) = locate(&self.real_root, &entry.path)? else { continue };
            let temporary = target.with_file_name(run.temporary(index));
            if temporary.symlink_metadata().is_ok() {
                disk::remove(&temporary)?;
            }
        }
        Ok(())
    }

    fn refuse(&self, run: &RunFolder, index: usize, reason: Reason) -> StoreError {
        let path = self.root.join(&run.journal.entries[index].path);
        StoreError::Refused(vec![Refusal { path, reason }])
    }

    fn named(&self, run: &RunFolder, indexes: &[usize]) -> Vec<PathBuf> {
        indexes.iter().map(|&index| self.root.join(&run.journal.entries[index].path)).collect()
    }
}
