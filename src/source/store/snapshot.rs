//! Files by their paths, as a commit or the index has them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;

use super::objects::{Blob, Scratch};
use super::{Changes, Store};
use crate::source::{File, SourceError};

/// Some files of a commit or of the index.
pub(crate) struct Snapshot {
    files: BTreeMap<String, Blob>,
    scratch: Mutex<Scratch>,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot({} files)", self.files.len())
    }
}

impl Snapshot {
    /// Those of `files` that `keep` takes.
    pub(crate) fn new(files: impl IntoIterator<Item = File>, keep: &dyn Fn(&str) -> bool) -> Self {
        let kept = files.into_iter().filter(|file| keep(&file.path));
        let files = kept.filter_map(|file| Some((file.path.to_string(), file.blob?))).collect();
        Self { files, scratch: Mutex::default() }
    }

    /// The paths, sorted.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The content of the file at `path`, at most `limit` bytes of it; none where there is no such file.
    ///
    /// # Errors
    /// Where it cannot be read, or is larger.
    pub(crate) fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, String> {
        let Some(blob) = self.files.get(path) else { return Ok(None) };
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        match scratch.load(blob, limit).map_err(|error| error.to_string())? {
            Ok(()) => Ok(Some(scratch.bytes.clone())),
            Err(size) => Err(format!("is larger than {limit} bytes ({size} bytes)")),
        }
    }
}

impl Store {
    /// Those files of a commit that `keep` takes.
    ///
    /// # Errors
    /// Where the commit cannot be read.
    pub(crate) fn snapshot(&self, commit: ObjectId, keep: &dyn Fn(&str) -> bool) -> Result<Snapshot, SourceError> {
        let changes = self.changes(&[commit], commit)?;
        Ok(Snapshot::new(changes.unchanged().0.iter().cloned(), keep))
    }
}

impl Changes {
    /// Those files of the new side that `keep` takes.
    pub(crate) fn snapshot(&self, keep: &dyn Fn(&str) -> bool) -> Snapshot {
        let new = self.changed.iter().filter_map(|change| change.new.clone());
        Snapshot::new(self.unchanged().0.iter().cloned().chain(new), keep)
    }

    /// The same of the old side of that number.
    pub(crate) fn snapshot_before(&self, old: usize, keep: &dyn Fn(&str) -> bool) -> Snapshot {
        let before = self.changed.iter().filter_map(|change| change.olds.get(old).cloned().flatten());
        Snapshot::new(self.unchanged().0.iter().cloned().chain(before), keep)
    }
}
