//! Where bytes come from: listing files, reading them safely, and decoding them to text.
//!
//! Nothing here knows what a secret is. [`list`] names every file of a scan with its report path, [`read()`] reads
//! one of them into a buffer, [`decode()`] makes text of bytes. What is left out on purpose becomes a
//! [`Skipped`] entry of [`Listing::skipped`], what should have been
//! read and could not be one of [`Listing::errors`]; neither ever contains content of a file.
//!
//! The parts: `tree` puts a listing together, `git` reads repositories and their index, `walk` reads folders under
//! ignore rules, `past` looks up what files contained, `ignored` what a `.gitignore`
//! says about a file, `read` opens files, `store` has what Git keeps, `hooks` finds the folder of hooks, `decode` knows encodings and binary formats, `window` reads texts that are too large to be held.

mod commits;
mod decode;
mod excludes;
mod git;
mod hooks;
mod ignored;
mod past;
mod read;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod tree;
mod walk;
mod window;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::coverage::Skipped;

pub(crate) use commits::{Commit, committed};
pub(crate) use decode::{Decoded, Named, decode, decode_for_search};
pub(crate) use git::{checkout, common_dir, git_dir};
pub(crate) use hooks::{HookFolder, hook_folder};
pub use ignored::ignored_below;
pub(crate) use ignored::{Ignored, ignored, ignored_in};
pub(crate) use past::{Past, past};
pub(crate) use read::Read;
pub(crate) use read::{read, read_bytes};
pub(crate) use store::Scratch;
pub use tree::list;
pub(crate) use tree::{report_name, root_of};
pub(crate) use window::{Large, Window};

/// A file to be searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Report path: `/` between the parts, relative to [`Listing::root`]; bytes that are not UTF-8 are percent-encoded
    /// and nothing else is.
    pub path: Arc<str>,
    /// Where the file is, or would be checked out: absolute, without a symbolic link in it at the time of listing.
    pub location: PathBuf,
    /// Whether the index of a Git repository contains it.
    pub tracked: bool,
    /// The object of Git that contains its content; none where that is what is at `location`.
    pub blob: Option<store::Blob>,
}

/// What a scan of files covers.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Files to read, sorted by path, each once.
    pub files: Vec<File>,
    /// What is left out on purpose, sorted by path.
    pub skipped: Vec<Skipped>,
    /// What should have been listed and could not be, sorted by path. Makes a run incomplete.
    pub errors: Vec<Skipped>,
    /// Number of files that `keep` refused.
    pub excluded: usize,
    /// What report paths are relative to, and where `.mlguard.yaml` is looked for: the root of the Git work tree that
    /// contains every given path; else the given folder; else, where there are several, the current one. Absolute.
    pub root: PathBuf,
    /// Whether `root` is the root of a Git work tree.
    pub git: bool,
}

/// Why nothing at all can be listed. Every one of these ends a run with exit status 2.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A given path does not exist.
    #[error("{}: no such file or folder; check the spelling and the current folder", .0.display())]
    NotFound(PathBuf),
    /// A given path cannot be opened.
    #[error("{}: cannot be read; check its permissions and those of the folders above it", .path.display())]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A given path is neither file nor folder.
    #[error("{}: is a {kind}, not a file or a folder; pipe the document in with --stdin instead", .path.display())]
    NotAFile {
        /// As given.
        path: PathBuf,
        /// What it is: FIFO, socket or device.
        kind: &'static str,
    },
    /// A given path is inside a Git directory, which has no files of its own to check.
    #[error("{}: is inside the Git directory {}; give the work tree or a folder in it", .path.display(), .git_dir.display())]
    InsideGitDir {
        /// As given.
        path: PathBuf,
        /// The Git directory.
        git_dir: PathBuf,
    },
    /// A given path is in a repository without a work tree.
    #[error("{}: is in a bare Git repository, which has no work tree to check; give a checkout of it", .0.display())]
    Bare(PathBuf),
    /// The Git repository of a given path cannot be read.
    #[error("{}: the Git repository cannot be read; see what `git status` says there", .path.display())]
    Git {
        /// As given, or the work tree.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no repository.
    #[error("{}: is not in a Git repository; change to one, or check files without --staged, --diff and --history", .0.display())]
    NotARepository(PathBuf),
    /// A revision that names no commit.
    #[error("the revision '{revision}' {reason}; see `git log --oneline`, and fetch what is missing")]
    Revision {
        /// As given.
        revision: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A range without a commit: a check of it would mean nothing.
    #[error("the range {range} contains no commit; swap the revisions, or give another range")]
    EmptyRange {
        /// As given.
        range: String,
    },
    /// The history that is needed is not here.
    #[error(
        "{what}, because this clone is shallow; fetch the rest with `git fetch --unshallow`, or accept it with --allow-shallow"
    )]
    Shallow {
        /// What cannot be said.
        what: String,
    },
    /// There is nothing to search.
    #[error(
        "{paths}: no file to check ({excluded} excluded by configuration, {skipped} left out for other reasons); \
         give another path or exclude less"
    )]
    Empty {
        /// The given paths, separated by `, `.
        paths: String,
        /// How many files `keep` refused.
        excluded: usize,
        /// How many entries would have been in [`Listing::skipped`].
        skipped: usize,
    },
    /// The current folder, which paths are relative to, cannot be determined.
    #[error("the current folder cannot be determined; change to one that exists")]
    CurrentDir(#[source] io::Error),
}

/// What a directory entry is, without following it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Link,
    /// A FIFO, socket or device, by name.
    Special(&'static str),
}

impl From<std::fs::FileType> for Kind {
    fn from(of: std::fs::FileType) -> Self {
        if of.is_file() {
            Self::File
        } else if of.is_dir() {
            Self::Folder
        } else if of.is_symlink() {
            Self::Link
        } else {
            Self::Special(special(of))
        }
    }
}

#[cfg(unix)]
fn special(of: std::fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if of.is_fifo() {
        "FIFO"
    } else if of.is_socket() {
        "socket"
    } else {
        "device"
    }
}

#[cfg(not(unix))]
fn special(_: std::fs::FileType) -> &'static str {
    "device"
}
