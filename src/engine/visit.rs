//! Reading one file of a run, and counting what became of it.

use super::options::Options;
use crate::coverage::{Coverage, Reason, Skipped, Stopped, guarded};
use crate::source::{self, File, Read, Scratch};

/// What became of one file.
pub(super) enum Visit<T> {
    /// It was searched.
    Done {
        /// Its size.
        bytes: u64,
        /// What the search gave.
        result: T,
    },
    /// It was left out on purpose.
    Skipped(Skipped),
    /// It could not be searched.
    Failed(Skipped),
    /// The run was interrupted before.
    NotReached,
}

/// Reads a file and does `work` on its text. A panic there costs this file and no other.
pub(super) fn visit<T>(
    file: &File,
    options: &Options,
    scratch: &mut Scratch,
    work: impl FnOnce(&str) -> T,
) -> Visit<T> {
    #[cfg(debug_assertions)]
    super::pause::at_file(&options.interrupted);
    if options.is_interrupted() {
        return Visit::NotReached;
    }
    let because = |reason| Skipped::new(file.path.clone(), reason);
    match source::read(file, options.max_size, scratch) {
        Read::Text(decoded) => match guarded(&file.path, Stopped::File, || work(&decoded.text)) {
            Ok(result) => Visit::Done { bytes: decoded.bytes, result },
            Err(failed) => Visit::Failed(failed),
        },
        Read::Failed(reason @ Reason::NotFetched(_)) if options.accept_missing => Visit::Skipped(because(reason)),
        Read::Skipped(reason) => Visit::Skipped(because(reason)),
        Read::Failed(reason) => Visit::Failed(because(reason)),
    }
}

impl<T> Visit<T> {
    /// Adds the file to `coverage`. Returns what the search gave.
    pub(super) fn count(self, coverage: &mut Coverage) -> Option<T> {
        match self {
            Self::Done { bytes, result } => {
                coverage.files += 1;
                coverage.bytes += bytes;
                return Some(result);
            }
            Self::Skipped(skipped) => coverage.skipped.push(skipped),
            Self::Failed(failed) => coverage.errors.push(failed),
            Self::NotReached => {}
        }
        None
    }
}
