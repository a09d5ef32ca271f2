//! Reading one file of a run, and counting what became of it.

use super::options::Options;
use crate::container::Format;
use crate::coverage::{Coverage, Reason, Skipped, Stopped, guarded};
use crate::document::fragment::Lang;
use crate::source::{self, Decoded, File, Large, Read, Scratch};

/// What a search gives, with what of a file it left out.
pub(super) trait Noted {
    /// What was not searched of it, or not as a whole.
    fn take_notes(&mut self) -> Vec<Skipped>;
}

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

/// What there is to search of a file.
pub(super) enum Content<'a> {
    /// Its text.
    Text(Decoded<'a>),
    /// A text that is too large to be held.
    Large(Large<'a>),
    /// All bytes of a file of a format that contains texts.
    Container(Format, &'a [u8]),
}

impl Content<'_> {
    /// Its size, bytes; 0 where it is not known.
    fn bytes(&self) -> u64 {
        match self {
            Self::Text(decoded) => decoded.bytes,
            Self::Large(large) => large.size.unwrap_or_default(),
            Self::Container(_, bytes) => bytes.len() as u64,
        }
    }
}

/// Reads `file` as far as its name and `options` say.
pub(super) fn read<'a>(file: &File, options: &Options, scratch: &'a mut Scratch) -> Read<'a> {
    source::read(file, Lang::named(&file.path), options.max_size, scratch)
}

/// The same for bytes that are at hand.
pub(super) fn read_bytes<'a>(path: &str, options: &Options, bytes: &'a [u8]) -> Read<'a> {
    source::read_bytes(path, Lang::named(path), options.max_size, bytes)
}

/// Reads a file and does `work` on what it contains. A panic there costs this file and no other.
pub(super) fn visit<T>(
    file: &File,
    options: &Options,
    scratch: &mut Scratch,
    work: impl FnOnce(Content<'_>) -> T,
) -> Visit<T> {
    #[cfg(debug_assertions)]
    super::pause::at_file(&options.interrupted);
    if options.is_interrupted() {
        return Visit::NotReached;
    }
    search(&file.path, options, read(file, options, scratch), work)
}

/// The same for bytes that are at hand.
pub(super) fn visit_bytes<T>(
    path: &str,
    options: &Options,
    bytes: &[u8],
    work: impl FnOnce(Content<'_>) -> T,
) -> Visit<T> {
    search(path, options, read_bytes(path, options, bytes), work)
}

fn search<T>(path: &str, options: &Options, read: Read<'_>, work: impl FnOnce(Content<'_>) -> T) -> Visit<T> {
    let because = |reason| Skipped::new(path, reason);
    let content = match read {
        Read::Text(decoded) => Content::Text(decoded),
        Read::Large(large) => Content::Large(large),
        Read::Container(format, bytes) => Content::Container(format, bytes),
        Read::Failed(reason @ Reason::NotFetched(_)) if options.accept_missing => {
            return Visit::Skipped(because(reason));
        }
        Read::Skipped(reason) => return Visit::Skipped(because(reason)),
        Read::Failed(reason) => return Visit::Failed(because(reason)),
    };
    let bytes = content.bytes();
    match guarded(path, Stopped::File, || work(content)) {
        Ok(result) => Visit::Done { bytes, result },
        Err(failed) => Visit::Failed(failed),
    }
}

impl<T: Noted> Visit<T> {
    /// Adds the file to `coverage`. Returns what the search gave.
    pub(super) fn count(self, coverage: &mut Coverage) -> Option<T> {
        match self {
            Self::Done { bytes, mut result } => {
                coverage.files += 1;
                coverage.bytes += bytes;
                coverage.skipped.extend(result.take_notes());
                return Some(result);
            }
            Self::Skipped(skipped) => coverage.skipped.push(skipped),
            Self::Failed(failed) => coverage.errors.push(failed),
            Self::NotReached => {}
        }
        None
    }
}
