//! What a run covered: what it searched, what it left out, and the reasons as a type, so that no sentence is ever parsed.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::container::Fault;

/// What a run looked at, for the closing line and the reports.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// What was asked for.
    pub scope: Scope,
    /// Files searched.
    pub files: usize,
    /// Bytes searched.
    pub bytes: u64,
    /// Commits searched (0 for a tree).
    pub commits: usize,
    /// Findings that a baseline accepts, which are not in the outcome.
    pub accepted: usize,
    /// How many of these are accepted by their place alone, because the key of the baseline was missing.
    pub unverified: usize,
    /// What was left out on purpose, and why; sorted by path. Does not make a run incomplete.
    pub skipped: Vec<Skipped>,
    /// What should have been searched and could not be; sorted by path. Makes the run incomplete (exit 2).
    pub errors: Vec<Skipped>,
}

impl Coverage {
    /// Entries about findings that are not listed, each with their number.
    pub(crate) fn not_listed(&self) -> impl Iterator<Item = (&Skipped, usize)> {
        self.skipped.iter().chain(&self.errors).filter_map(|entry| match entry.reason {
            Reason::MoreFindings { count, .. } => Some((entry, count)),
            _ => None,
        })
    }

    /// Puts both lists into the order of a report, each entry once, and adds up findings that are not listed.
    pub(crate) fn sort(&mut self) {
        for list in [&mut self.skipped, &mut self.errors] {
            list.sort();
            list.dedup_by(|later, first| later == first || first.takes(later));
        }
    }
}

/// What a run was asked to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Files as they are.
    #[default]
    Tree,
    /// What a commit of the index would introduce.
    Staged,
    /// What a range of commits introduces.
    Range,
    /// Everything that was ever committed.
    History,
}

/// A file that was not searched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// Path, as in `Finding::path`.
    pub path: Arc<str>,
    /// Why, and what to do where something can be done.
    pub reason: Reason,
}

impl Skipped {
    /// A file that was not searched, and why.
    pub(crate) fn new(path: impl Into<Arc<str>>, reason: Reason) -> Self {
        Self { path: path.into(), reason }
    }

    /// Adds the count of `other` where it is about further findings of the same rule in the same file.
    fn takes(&mut self, other: &Self) -> bool {
        match (&mut self.reason, &other.reason) {
            (Reason::MoreFindings { rule, count }, Reason::MoreFindings { rule: same, count: more })
                if self.path == other.path && rule == same =>
            {
                *count += more;
                true
            }
            _ => false,
        }
    }
}

/// Why a file was not searched. Its text never holds content of the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is not text.
    Binary,
    /// It is what Git LFS leaves of a file that is kept elsewhere.
    LfsPointer,
    /// git-crypt encrypted it.
    GitCrypt,
    /// It is a FIFO, socket or device, by name.
    NotRegular(&'static str),
    /// It is larger than the limit; both in bytes.
    TooLarge {
        /// The limit.
        limit: u64,
        /// Its size, where that is known.
        size: Option<u64>,
    },
    /// It is larger than the limit, in bytes, so that it was searched for credentials and not parsed.
    SearchedInWindows {
        /// The limit.
        limit: u64,
        /// Whether it is the one of `--max-size`.
        by_option: bool,
    },
    /// A container that could not be searched as a whole, and why.
    Container(Fault),
    /// It has more findings than are listed.
    MoreFindings {
        /// Their rule.
        rule: Box<str>,
        /// How many more.
        count: usize,
    },
    /// The configuration excludes it.
    Excluded,
    /// The sparse checkout leaves it out.
    SparseCheckout,
    /// It is a symbolic link in a commit.
    Link,
    /// It is a symbolic link that is not followed; why not.
    LinkNotFollowed(&'static str),
    /// It is a submodule in a commit.
    Submodule,
    /// Commits of a history contain submodules.
    Submodules,
    /// It is a submodule that is not checked out.
    SubmoduleNotCheckedOut,
    /// So many commits that only a reflog remembers no longer exist.
    CommitsGone(usize),
    /// Some version of it could not be parsed, and was searched as plain text.
    SearchedAsText,
    /// The document at this line (one-based) could not be parsed, so that its facts are missing.
    Unparsable {
        /// The line.
        line: usize,
    },
    /// It vanished between listing and reading.
    Vanished,
    /// It was replaced by something else between listing and reading.
    Replaced(&'static str),
    /// Its permissions forbid reading it.
    Denied,
    /// The system could not read it; what the system said.
    Unreadable(String),
    /// A partial clone lacks its object, by id.
    NotFetched(String),
    /// It has a merge conflict.
    Conflict,
    /// Folders are nested too deeply.
    TooDeep,
    /// The program panicked over it.
    Internal(Stopped),
    /// The run was interrupted.
    Interrupted,
    /// Anything else, in words.
    Other(String),
}

/// What an internal error stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stopped {
    /// The check of one file.
    File,
    /// All checks of the whole repository.
    Repository,
    /// One check of the whole repository, by its rule.
    Check(&'static str),
}

impl From<&std::io::Error> for Reason {
    fn from(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Vanished,
            std::io::ErrorKind::PermissionDenied => Self::Denied,
            _ => Self::Unreadable(error.to_string()),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Binary => "binary file",
            Self::LfsPointer => "a pointer of Git LFS; what it stands for is not in Git",
            Self::GitCrypt => "encrypted by git-crypt",
            Self::Excluded => "excluded by the configuration",
            Self::SparseCheckout => "not in the work tree: left out by the sparse checkout",
            Self::Link => "symbolic link; its target is checked under its own path",
            Self::LinkNotFollowed(why) => return write!(f, "symbolic link {why}"),
            Self::Submodule => "submodule; its commits are checked in its own repository",
            Self::Submodules => "submodules; their commits are checked in their own repositories",
            Self::SubmoduleNotCheckedOut => "submodule that is not checked out; run `git submodule update --init`",
            Self::SearchedAsText => "not valid YAML or JSON in some version; searched as plain text",
            Self::Vanished => "vanished between listing and reading; run again",
            Self::Denied => "permission denied; make it readable or exclude it",
            Self::Conflict => "has a merge conflict; resolve it and `git add` the file",
            Self::TooDeep => "folders are nested too deeply",
            Self::Interrupted => "interrupted before every file was searched; run it again",
            Self::Other(reason) => reason,
            Self::SearchedInWindows { limit, by_option } => {
                f.write_str("not parsed, only searched for credentials: ")?;
                too_large(f, *limit, None)?;
                return f.write_str(if *by_option { "; raise it with --max-size" } else { "" });
            }
            Self::Container(fault) => return write!(f, "{fault}"),
            Self::MoreFindings { rule, count: 1 } => {
                return write!(f, "has 1 more finding of `{rule}`, which is not listed");
            }
            Self::MoreFindings { rule, count } => {
                return write!(f, "has {count} more findings of `{rule}`, which are not listed");
            }
            Self::NotRegular(kind) => return write!(f, "{kind}, not a regular file; it was not opened"),
            Self::TooLarge { limit, size } => return too_large(f, *limit, *size),
            Self::CommitsGone(count) => return write!(f, "{count} commits that only a reflog remembers are gone"),
            Self::Unparsable { line } => {
                return write!(
                    f,
                    "the document at line {line} is not valid YAML, so its content is left out; see `mlguard check`"
                );
            }
            Self::Replaced(by) => return write!(f, "was replaced by a {by} while scanning; run again"),
            Self::Unreadable(error) => return write!(f, "cannot be read: {error}"),
            Self::NotFetched(id) => {
                return write!(
                    f,
                    "object {id} was not fetched, because this clone is partial; \
                     fetch it with `git fetch --refetch --filter=blob:none=0`"
                );
            }
            Self::Internal(stopped) => {
                return write!(f, "an internal error stopped {stopped}; please report it with the version of mlguard");
            }
        })
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("the check of this file"),
            Self::Repository => f.write_str("the checks of the whole repository"),
            Self::Check(rule) => write!(f, "the check `{rule}`"),
        }
    }
}

fn too_large(f: &mut fmt::Formatter<'_>, limit: u64, size: Option<u64>) -> fmt::Result {
    f.write_str("larger than the limit of ")?;
    match limit {
        n if n >= 1 << 20 && n.is_multiple_of(1 << 20) => write!(f, "{} MiB", n >> 20),
        n if n >= 1 << 10 && n.is_multiple_of(1 << 10) => write!(f, "{} KiB", n >> 10),
        n => write!(f, "{n} bytes"),
    }?;
    match size {
        Some(size) => write!(f, " ({size} bytes)"),
        None => Ok(()),
    }
}

/// Runs `work` on the file at `path` (`.` for the repository). A panic becomes an error that names the file and what
/// was `stopped`, without the panic's text, which may hold content of the file.
pub(crate) fn guarded<T>(path: &str, stopped: Stopped, work: impl FnOnce() -> T) -> Result<T, Skipped> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Skipped::new(path, Reason::Internal(stopped)))
}
