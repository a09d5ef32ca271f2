//! Why something was not written, and what to do about it. No message holds a byte of a file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why one file is not written.
#[derive(Debug, PartialEq, Eq)]
pub enum Reason {
    /// The path does not stand below the root, also by way of a symbolic link.
    Outside,
    /// The file is a symbolic link itself.
    Link,
    /// A folder, a device, a pipe, or a socket.
    NotRegular,
    /// A program that runs as its owner; who rewrites it would change who that is.
    Privileged,
    /// Nobody or not this person may write to the file.
    ReadOnly,
    /// The same for its folder.
    ReadOnlyFolder,
    /// Its folder does not exist.
    NoFolder,
    /// It was to be made, and is there.
    Exists,
    /// It was to be changed, and is not there.
    Gone,
    /// It holds something else than the change was planned from.
    Changed,
    /// It holds something else than the run wrote that is to be taken back.
    ChangedSince {
        /// Where the original is; none where the run made the file.
        original: Option<PathBuf>,
    },
    /// Two changes mean the same file.
    Twice,
    /// The name is not Unicode, which this system cannot write down.
    Name,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Outside => {
                "is outside the repository, or behind a symbolic link that leads out of it; run the command there instead"
            }
            Self::Link => "is a symbolic link; use the file that it points to",
            Self::NotRegular => "is not a regular file; leave it out",
            Self::Privileged => "has the setuid or setgid bit; remove it (chmod ug-s), then run the command again",
            Self::ReadOnly => "is read-only; make it writable, then run the command again",
            Self::ReadOnlyFolder => "is in a read-only folder; make the folder writable, then run the command again",
            Self::NoFolder => "is in a folder that does not exist; create the folder, then run the command again",
            Self::Exists => "exists already; move it away, then run the command again",
            Self::Gone => "was deleted after the change was planned; run the command again",
            Self::Changed => "changed in the meantime; run the command again",
            Self::ChangedSince { original: Some(original) } => {
                return write!(f, "was changed since; the original is {}: merge it by hand", original.display());
            }
            Self::ChangedSince { original: None } => {
                "was changed since; the run created it: remove it, or keep it"
            }
            Self::Twice => "is listed twice; list it once",
            Self::Name => "has a name that is not Unicode; rename it",
        })
    }
}

/// A file that is not written, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The file, as it was given.
    pub path: PathBuf,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

/// Why files were not written, or not taken back.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the store open.
    #[error("another run of mlguard is writing here (it holds {}); wait until it ends, then run the command again", .lock.display())]
    Busy {
        /// The file that is locked.
        lock: PathBuf,
    },
    /// Some files cannot be changed, therefore none was.
    #[error("nothing was written: {}", listed(.0))]
    Refused(
        /// All of them, in the order of the changes.
        Vec<Refusal>,
    ),
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
    /// A file of the store does not hold what it must.
    #[error(
        "{} is damaged; originals are the files *.old in its folder: save the ones you need, then remove the folder",
        .path.display()
    )]
    Damaged {
        /// The file of the store.
        path: PathBuf,
    },
    /// The journal has a form of later versions.
    #[error("{} was written by a newer version of mlguard; use that one", .path.display())]
    Newer {
        /// The journal.
        path: PathBuf,
    },
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
    /// A run that was interrupted can be neither completed nor taken back.
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

/// Things one after the other.
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
