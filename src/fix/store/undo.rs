//! Undoing runs, and removing those that are too old for it.

use std::path::PathBuf;
use std::time::Duration;

use super::error::{Reason, Refusal, StoreError};
use super::journal::{RunFolder, Side, State};
use super::look::{Seen, locate, look, not_writable};
use super::{Run, Store, Undone, now};

impl Store {
    /// Undoes the last run that was not undone yet: contents and modes. Its originals are removed then.
    ///
    /// # Errors
    /// [`StoreError::Refused`] names every file that was changed since the run; nothing is written then.
    pub fn undo(&mut self) -> Result<Undone, StoreError> {
        let mut runs = self.done()?;
        let run = runs.pop().ok_or(StoreError::NothingToUndo)?;
        let untracked = run.journal.untracked.clone();
        Ok(Undone { files: self.take_back(run)?, untracked, left: runs.len() })
    }

    /// Undoes a run that turned out to be wrong.
    pub(crate) fn put_back(&mut self, run: &Run) -> Result<(), StoreError> {
        if !self.runs().join(&run.id).exists() {
            return Err(StoreError::NothingToUndo);
        }
        let run = RunFolder::load(&self.runs(), &run.id)?;
        self.take_back(run).map(drop)
    }

    /// Removes the originals of runs that are at least this old, and counts those runs.
    ///
    /// # Errors
    /// Where a folder cannot be read or removed.
    pub fn prune(&mut self, age: Duration) -> Result<usize, StoreError> {
        let now = now();
        let mut removed = 0;
        for run in self.done()? {
            if now.saturating_sub(run.journal.made) >= age.as_secs() {
                self.discard(&run)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Removes the originals of all runs, none of which can be undone then: the runs and their originals.
    ///
    /// # Errors
    /// Where a folder cannot be read or removed.
    pub(crate) fn forget(&mut self) -> Result<(usize, usize), StoreError> {
        let originals = |run: &RunFolder| run.journal.entries.iter().filter(|entry| entry.old.is_some()).count();
        let originals = self.done()?.iter().map(originals).sum();
        Ok((self.prune(Duration::ZERO)?, originals))
    }

    fn take_back(&self, mut run: RunFolder) -> Result<Vec<PathBuf>, StoreError> {
        let refusals = self.conflicts(&run)?;
        if !refusals.is_empty() {
            return Err(StoreError::Refused(refusals));
        }
        if let Err(error) = run.set(State::Undoing) {
            // It may be on disk all the same, and the next one to open the store would go on with it.
            let _ = run.set(State::Done);
            return Err(error);
        }
        self.transact(&mut run, Side::Old)?;
        if let Err(error) = self.discard(&run) {
            // All files are back, and the next one to open the store removes the rest.
            tracing::warn!("originals of the run stay for now: {error}");
        }
        Ok(self.files(&run.journal))
    }

    /// The files that cannot be brought back, and why. One that has its old content again is none.
    fn conflicts(&self, run: &RunFolder) -> Result<Vec<Refusal>, StoreError> {
        let mut refusals = Vec::new();
        for (index, entry) in run.journal.entries.iter().enumerate() {
            let reason = match locate(&self.real_root, &entry.path)? {
                Err(reason) => Some(reason),
                Ok(target) => match look(&target)? {
                    Seen::Other(reason) => Some(reason),
                    seen if seen.holds(entry.at(Side::New)) || seen.holds(entry.at(Side::Old)) => {
                        not_writable(&target, seen.found().is_some())?
                    }
                    Seen::Missing | Seen::File(_) if entry.old.is_none() => Some(Reason::CreatedChangedSince),
                    Seen::Missing | Seen::File(_) => {
                        Some(Reason::ChangedSince { original: run.content(index, Side::Old) })
                    }
                },
            };
            refusals.extend(reason.map(|reason| Refusal { path: self.root.join(&entry.path), reason }));
        }
        Ok(refusals)
    }
}
