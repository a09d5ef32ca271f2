//! Why something was not written, and what to do about it. No message holds a byte of a file.

use std::io;
use std::path::{Path, PathBuf};

/// Why one file is not written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("is outside the repository, or behind a symbolic link that leads out of it; run the command there instead")]
    Outside,
    #[error("is a symbolic link; use the file that it points to")]
    Link,
    #[error("is not a regular file; leave it out")]
    NotRegular,
    /// A program that runs as its owner; whoever rewrites it would change who that is.
    #[error("has the setuid or setgid bit; remove it (chmod ug-s), then run the command again")]
    Privileged,
    /// Renaming another file over it would separate the names.
    #[error("has several hard links, of which only this one would change; edit it by hand")]
    HardLink,
    #[error("is read-only; make it writable, then run the command again")]
    ReadOnly,
    #[error("is in a read-only folder; make the folder writable, then run the command again")]
    ReadOnlyFolder,
    #[error("is in a folder that does not exist; create the folder, then run the command again")]
    NoFolder,
    #[error("exists already; move it away, then run the command again")]
    Exists,
    #[error("was deleted after the change was planned; run the command again")]
    Gone,
    #[error("changed in the meantime; run the command again")]
    Changed,
    /// It differs from what the run wrote that is to be undone.
    #[error("was changed since; the original is {}: merge it by hand", .original.display())]
    ChangedSince { original: PathBuf },
    #[error("was changed since; the run created it: remove it, or keep it")]
    CreatedChangedSince,
    #[error("is listed twice; list it once")]
    Twice,
    /// This system cannot write it down.
    #[error("has a name that is not Unicode; rename it")]
    Name,
}

/// A file that is not written, and why.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", .path.display())]
pub struct Refusal {
    /// The file, as it was given.
    pub path: PathBuf,
    pub reason: Reason,
}

/// Why files were not written, or not restored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the store open.
    #[error("another run of mlguard is writing here (it holds {}); wait until it ends, then run the command again", .lock.display())]
    Busy {
        /// The file that is locked.
        lock: PathBuf,
    },
    /// Some files cannot be changed, therefore none was: all of them, in the order of the changes.
    #[error("nothing was written: {}", listed(.0))]
    Refused(Vec<Refusal>),
    /// No change was given.
    #[error("nothing to write")]
    NoChange,
    /// There is no run left.
    #[error("nothing to undo")]
    NothingToUndo,
    /// The system refused.
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the store is not what it must be.
    #[error(
        "{} is damaged; originals are the files *.old in its folder: save the ones you need, then remove the folder",
        .0.display()
    )]
    Damaged(PathBuf),
    /// The journal was written by a later version.
    #[error("{} was written by a newer version of mlguard; use that one", .0.display())]
    Newer(PathBuf),
    /// Something failed on the way, and every file is again as it was.
    #[error("{cause}; no file was changed{}", left_alone(.left))]
    PutBack {
        /// What failed.
        cause: Box<StoreError>,
        /// Files that somebody else changed meanwhile and that were therefore left alone.
        left: Vec<PathBuf>,
    },
    /// Something failed on the way, and the way back failed as well.
    #[error("{cause}; then the files could not be restored: {again}; solve that, and the next run completes this one")]
    Stuck {
        /// What failed first.
        cause: Box<StoreError>,
        /// What failed then.
        again: Box<StoreError>,
    },
    /// A run that was interrupted can be neither completed nor undone.
    #[error("an interrupted run cannot be completed: {cause}; its files are in {}; solve that, then run the command again", .runs.display())]
    Unrecovered {
        /// What failed.
        cause: Box<StoreError>,
        /// The folder of all runs.
        runs: PathBuf,
    },
}

impl StoreError {
    /// For `map_err`: what was tried with which path.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }
}

fn listed(things: &[Refusal]) -> String {
    things.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn left_alone(left: &[PathBuf]) -> String {
    if left.is_empty() {
        return String::new();
    }
    let names: Vec<String> = left.iter().map(|path| path.display().to_string()).collect();
    format!("; left unchanged, because somebody changed them in the meantime: {}", names.join(", "))
}
