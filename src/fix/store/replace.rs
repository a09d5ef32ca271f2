//! A run from its changes to its end.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::error::{Reason, Refusal, StoreError};
use super::journal::{Entry, Journal, RunFolder, Side, can_name};
use super::look::{Digest, Seen, is_plain, locate, look, mode_of_new, not_writable};
use super::{Change, PREPARING, Run, Store, disk, now};
use crate::fix::stage::Tracked;
use crate::seal::Plaintext;

impl Store {
    /// Writes all changes, or none of them, and keeps the originals.
    ///
    /// # Errors
    /// After any error but [`StoreError::Stuck`] every file is as it was. [`StoreError::Refused`] names all files that
    /// cannot be changed.
    pub fn replace(&mut self, changes: &[Change]) -> Result<Run, StoreError> {
        self.replace_noting(changes, &[])
    }

    /// The same, and notes what the caller is going to take out of Git's index, for [`super::Undone::untracked`]; there may be
    /// nothing else to do then.
    pub(crate) fn replace_noting(&mut self, changes: &[Change], untracked: &[Tracked]) -> Result<Run, StoreError> {
        if changes.is_empty() && untracked.is_empty() {
            return Err(StoreError::NoChange);
        }
        let entries = self.check(changes)?;
        let mut run = self.prepare(Journal::new(entries, untracked.to_vec(), now()), changes)?;
        self.transact(&mut run, Side::New)?;
        Ok(Run { files: self.files(&run.journal), id: run.id })
    }

    /// Looks at every file before anything is written.
    fn check(&self, changes: &[Change]) -> Result<Vec<Entry>, StoreError> {
        let mut entries = Vec::new();
        let mut refusals = Vec::new();
        let mut targets = BTreeSet::new();
        for change in changes {
            match self.check_one(change, &mut targets)? {
                Ok(entry) => entries.push(entry),
                Err(reason) => refusals.push(Refusal { path: change.path.clone(), reason }),
            }
        }
        if refusals.is_empty() { Ok(entries) } else { Err(StoreError::Refused(refusals)) }
    }

    fn check_one(&self, change: &Change, targets: &mut BTreeSet<PathBuf>) -> Result<Result<Entry, Reason>, StoreError> {
        let Some(path) = self.relative(&change.path) else { return Ok(Err(Reason::Outside)) };
        if !can_name(path) {
            return Ok(Err(Reason::Name));
        }
        let target = match locate(&self.real_root, path)? {
            Ok(target) => target,
            Err(reason) => return Ok(Err(reason)),
        };
        if target.starts_with(&self.folder) {
            return Ok(Err(Reason::Outside));
        }
        let seen = look(&target)?;
        let old = digest(change.before.as_ref());
        if !seen.holds(old.as_ref()) {
            return Ok(Err(match (seen, &old) {
                (Seen::Other(reason), _) => reason,
                (_, None) => Reason::Exists,
                (Seen::Missing, _) => Reason::Gone,
                (Seen::File(_), _) => Reason::Changed,
            }));
        }
        if let Some(reason) = not_writable(&target, seen.found().is_some())? {
            return Ok(Err(reason));
        }
        let mode = match &seen {
            Seen::File(found) => found.mode,
            _ => mode_of_new(&target)?,
        };
        if !targets.insert(target) {
            return Ok(Err(Reason::Twice));
        }
        Ok(Ok(Entry { path: path.to_owned(), mode, old, new: digest(change.after.as_ref()) }))
    }

    /// The path from the root, where it is written as one that stands below it.
    fn relative<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        let inside = path.strip_prefix(&self.root).or_else(|_| path.strip_prefix(&self.real_root));
        inside.ok().filter(|path| is_plain(path))
    }

    /// Makes the folder of a run. When this returns, everything that the run needs is on disk, and it will be completed.
    fn prepare(&self, journal: Journal, changes: &[Change]) -> Result<RunFolder, StoreError> {
        let id = self.next_id()?;
        let folder = self.runs().join(format!("{id}{PREPARING}"));
        let run = RunFolder { id, folder, journal };
        match self.fill(&run, changes) {
            Ok(folder) => Ok(RunFolder { folder, ..run }),
            Err(error) => {
                // What remains is removed by the next one to open the store.
                let _ = disk::remove_folder(&run.folder);
                Err(error)
            }
        }
    }

    /// Gives the final name of the folder.
    fn fill(&self, run: &RunFolder, changes: &[Change]) -> Result<PathBuf, StoreError> {
        disk::make_private_folder(&run.folder)?;
        run.save()?;
        for (index, change) in changes.iter().enumerate() {
            for (content, side) in [(&change.before, Side::Old), (&change.after, Side::New)] {
                if let Some(bytes) = content {
                    disk::write(&run.content(index, side), bytes.expose())?;
                }
            }
            if change.before.is_some() && change.after.is_none() {
                disk::keep_attributes(&change.path, &run.content(index, Side::Old))?;
            }
        }
        disk::sync_folder(&run.folder)?;
        let folder = self.runs().join(&run.id);
        disk::rename(&run.folder, &folder)?;
        // Should this fail, the folder has its final name, and must not be taken for a run that is to be completed.
        if let Err(error) = disk::sync_folder(&self.runs()) {
            disk::rename(&folder, &run.folder)?;
            return Err(error);
        }
        Ok(folder)
    }

    /// A number one higher than all others, so that names sort by age whatever the clock says, and a random part.
    fn next_id(&self) -> Result<String, StoreError> {
        let number = |name: &String| name.split('-').next().and_then(|number| number.parse::<u64>().ok());
        let last = self.names()?.iter().filter_map(number).max().unwrap_or(0);
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seed = format!("{:?} {} {}", time, std::process::id(), self.folder.display());
        let random = Digest::of(seed.as_bytes());
        Ok(format!("{:010}-{}", last.saturating_add(1), &random.short()[..12]))
    }
}

fn digest(content: Option<&Plaintext>) -> Option<Digest> {
    content.map(|bytes| Digest::of(bytes.expose()))
}
