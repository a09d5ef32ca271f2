//! Ending what a killed process has begun.

use std::path::PathBuf;

use super::error::StoreError;
use super::journal::{RunFolder, Side, State};
use super::{PREPARING, REMOVING, Store, disk};

/// How an interrupted run was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All files have their new contents.
    Completed,
    /// All files are as they were before the run.
    RolledBack,
    /// The run was being taken back, and is taken back.
    Undone,
}

/// An interrupted run that was ended when the store was opened.
#[derive(Debug)]
pub struct Recovered {
    /// How.
    pub outcome: Outcome,
    /// The files of the run; none where it was interrupted before it had named them.
    pub files: Vec<PathBuf>,
    /// Those of them that somebody changed since, and that were therefore left as they are.
    pub left: Vec<PathBuf>,
}

impl Store {
    /// Brings every run to its end, and removes what is left of others.
    pub(super) fn recover(&mut self) -> Result<Option<Recovered>, StoreError> {
        let mut recovered = None;
        for name in self.names()? {
            if name.ends_with(REMOVING) {
                disk::remove_folder(&self.runs().join(&name))?;
            } else if name.ends_with(PREPARING) {
                // No file was changed yet. The journal may not be there or not be whole.
                let files = RunFolder::load(&self.runs(), &name).map(|run| self.files(&run.journal));
                disk::remove_folder(&self.runs().join(&name))?;
                let files = files.unwrap_or_default();
                recovered = Some(Recovered { outcome: Outcome::RolledBack, files, left: Vec::new() });
            } else {
                recovered = self.end(RunFolder::load(&self.runs(), &name)?)?.or(recovered);
            }
        }
        Ok(recovered)
    }

    fn end(&self, mut run: RunFolder) -> Result<Option<Recovered>, StoreError> {
        let all = run.journal.entries.len();
        let (side, count, outcome) = match run.journal.state {
            State::Done => return Ok(None),
            State::Writing => (Side::New, all, Outcome::Completed),
            State::Returning(moved) => (Side::Old, moved.min(all), Outcome::RolledBack),
            State::Undoing => (Side::Old, all, Outcome::Undone),
        };
        let left = self.resume(&run, side, count)?;
        let files = self.files(&run.journal);
        if side == Side::Old && left.is_empty() {
            self.discard(&run)?;
        } else {
            run.set(State::Done)?;
        }
        Ok(Some(Recovered { outcome, files, left }))
    }
}
