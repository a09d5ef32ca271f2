//! What is read of a Git repository: where its work tree is, its index, its private ignore file.
//!
//! Only the repository's own configuration is read, none of the user's and none from the environment, so that the
//! result depends on the repository alone.

use std::error::Error;
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice;
use gix::discover::upwards;
use gix::index::entry::{Flags, Mode};
use gix::sec::Trust;

use super::SourceError;

/// A repository with a work tree.
pub(super) struct Repository {
    /// Root of the work tree, canonical.
    pub root: PathBuf,
    /// `info/exclude`, shared by all work trees of the repository. May not exist.
    pub exclude: PathBuf,
    /// Whether ignore patterns match without regard to case.
    pub ignore_case: bool,
    index: Option<gix::index::File>,
}

/// One path of the index.
pub(super) struct Entry<'a> {
    /// Relative to the work tree, `/` between the parts. As hostile as the index: may contain `..`.
    pub path: &'a [u8],
    /// Whether it is a commit of a submodule.
    pub submodule: bool,
    /// Whether a sparse checkout leaves it out: `skip-worktree`, or a whole folder of a sparse index.
    pub sparse: bool,
}

impl Repository {
    /// The repository that contains `folder` (canonical; `given` is how the user named it), or `None` outside Git.
    pub(super) fn discover(folder: &Path, given: &Path) -> Result<Option<Self>, SourceError> {
        let Some(repository) = discover(folder, given, options)? else {
            let broken = broken_link(folder, None);
            return broken.map_or(Ok(None), |link| Err(git_error(link, "does not point to a repository")));
        };
        let repository = repository.to_thread_local();
        let canonical = |path: &Path| path.canonicalize().map_err(|error| git_error(path, error));
        let git_dir = canonical(repository.git_dir())?;
        let Some(root) = repository.workdir() else {
            let inside = || SourceError::InsideGitDir { path: given.to_owned(), git_dir: git_dir.clone() };
            let bare = SourceError::Bare(given.to_owned());
            return Err(if repository.is_bare() { bare } else { inside() });
        };
        let root = canonical(root)?;
        if folder.starts_with(&git_dir) || !folder.starts_with(&root) {
            return Err(SourceError::InsideGitDir { path: given.to_owned(), git_dir });
        }
        if let Some(link) = broken_link(folder, Some(&root)) {
            return Err(git_error(link, "does not point to a repository"));
        }
        Self::load(&repository, root).map(Some)
    }

    /// The repository of the submodule whose work tree is `root`.
    pub(super) fn submodule(root: PathBuf) -> Result<Self, SourceError> {
        let repository = gix::open_opts(&root, options().with(Trust::Full)).map_err(|error| git_error(&root, error))?;
        Self::load(&repository, root)
    }

    fn load(repository: &gix::Repository, root: PathBuf) -> Result<Self, SourceError> {
        // A repository without any index is new, or has nothing checked out; anything else that cannot be read is an
        // error, or tracked files would be missed without a word.
        let index = match std::fs::symlink_metadata(repository.index_path()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(git_error(&root, error)),
            Ok(metadata) if !metadata.is_file() => return Err(git_error(&root, "the index is not a regular file")),
            Ok(_) => Some(repository.open_index().map_err(|error| git_error(&root, error))?),
        };
        Ok(Self {
            exclude: repository.common_dir().join("info/exclude"),
            ignore_case: repository.config_snapshot().boolean("core.ignoreCase").unwrap_or(false),
            root,
            index,
        })
    }

    /// What the index contains at and below `within` (relative, empty for all), sorted by path; unmerged paths once.
    pub(super) fn tracked<'a>(&'a self, within: &'a [u8]) -> impl Iterator<Item = Entry<'a>> {
        let entries = self.index.iter().flat_map(|index| index.entries().iter().map(move |entry| (index, entry)));
        let mut last: Option<&[u8]> = None;
        entries.filter_map(move |(index, entry)| {
            let path = entry.path(index).as_bytes();
            if !is_within(path, within) || last == Some(path) {
                return None;
            }
            last = Some(path);
            Some(Entry {
                path: path.strip_suffix(b"/").unwrap_or(path),
                submodule: entry.mode == Mode::COMMIT,
                sparse: entry.mode == Mode::DIR || entry.flags.contains(Flags::SKIP_WORKTREE),
            })
        })
    }

    /// Whether the index contains the file at `path`.
    pub(super) fn is_tracked(&self, path: &[u8]) -> bool {
        let unmerged = |index: &gix::index::File| index.entry_range(path.as_bstr()).is_some();
        self.index.as_ref().is_some_and(|index| index.entry_by_path(path.as_bstr()).is_some() || unmerged(index))
    }
}

/// Where a work tree comes from, and what is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkout {
    /// Address of the remote `origin` as a URL. It may contain a name and a password; reports take them off.
    pub address: String,
    /// Id of the commit, hexadecimal.
    pub commit: Option<String>,
    /// Name of the branch.
    pub branch: Option<String>,
}

/// What is checked out at `root`; none outside Git and without a remote `origin`.
pub(crate) fn checkout(root: &Path) -> Option<Checkout> {
    let repository = open(root)?;
    let address = repository.config_snapshot().string("remote.origin.url")?.to_string();
    // `git@host:owner/name` is what ssh people write for a URL.
    let address = match address.split_once(':') {
        Some((host, path)) if !address.contains("://") && !host.contains('/') => format!("ssh://{host}/{path}"),
        _ => address,
    };
    let commit = repository.head_id().ok().map(|id| id.to_string());
    let branch = repository.head_name().ok().flatten().map(|name| name.shorten().to_string());
    Some(Checkout { address, commit, branch })
}

/// The Git directory of the work tree `root`: that of a linked work tree is its own. None outside Git.
pub(crate) fn git_dir(root: &Path) -> Option<PathBuf> {
    open(root).map(|repository| repository.git_dir().to_owned())
}

/// The Git directory that all work trees of the repository with the work tree `root` share. None outside Git.
pub(crate) fn common_dir(root: &Path) -> Option<PathBuf> {
    open(root).map(|repository| repository.common_dir().to_owned())
}

/// The repository whose work tree is `root`, if it is one.
pub(super) fn open(root: &Path) -> Option<gix::Repository> {
    gix::open_opts(root, options().with(Trust::Full)).ok()
}

/// Whether `path` is `folder` or below it; the empty folder contains everything.
fn is_within(path: &[u8], folder: &[u8]) -> bool {
    match path.strip_prefix(folder) {
        Some(rest) => folder.is_empty() || rest.is_empty() || rest.starts_with(b"/"),
        None => false,
    }
}

pub(super) fn options() -> gix::open::Options {
    // No environment either: a hook runs with GIT_DIR and GIT_INDEX_FILE set for the repository that commits, which need
    // not be the one asked about.
    gix::open::Options::isolated()
}

/// The repository that contains `folder`, which the user named `given`; none outside Git.
///
/// Ownership decides nothing: from the repository's configuration only where the work tree is and how the index is written
/// gets used, and in containers the owner is often somebody else.
pub(super) fn discover(
    folder: &Path,
    given: &Path,
    options: fn() -> gix::open::Options,
) -> Result<Option<gix::ThreadSafeRepository>, SourceError> {
    let found = upwards::Options { trust: upwards::TrustPolicy::Assume(Trust::Full), ..Default::default() };
    let mapping = gix::sec::trust::Mapping { full: options(), reduced: options() };
    match gix::ThreadSafeRepository::discover_opts(folder, found, mapping) {
        Ok(repository) => Ok(Some(repository)),
        Err(error) => match error.downcast_any_ref::<upwards::Error>() {
            Some(
                upwards::Error::NoGitRepository { .. }
                | upwards::Error::NoGitRepositoryWithinCeiling { .. }
                | upwards::Error::NoGitRepositoryWithinFs { .. },
            ) => Ok(None),
            _ => Err(git_error(given, error)),
        },
    }
}

/// The checked out commit and its first parents, the newest one first.
pub(super) fn first_parents(repository: &gix::Repository) -> impl Iterator<Item = gix::Commit<'_>> {
    let parent = move |commit: &gix::Commit<'_>| repository.find_commit(commit.parent_ids().next()?.detach()).ok();
    std::iter::successors(repository.head_commit().ok(), parent)
}

/// The first `.git` file between `folder` and `root` (excluded; to the top where there is none). Discovery walks past it
/// where what it names is missing, as in a moved submodule or a container with half of a linked work tree; Git refuses.
fn broken_link(folder: &Path, root: Option<&Path>) -> Option<PathBuf> {
    folder
        .ancestors()
        .take_while(|&ancestor| Some(ancestor) != root)
        .map(|ancestor| ancestor.join(".git"))
        .find(|link| std::fs::symlink_metadata(link).is_ok_and(|metadata| metadata.is_file()))
}

pub(super) fn git_error(path: impl Into<PathBuf>, source: impl Into<Box<dyn Error + Send + Sync>>) -> SourceError {
    SourceError::Git { path: path.into(), source: source.into() }
}
