//! What Git keeps: the object database, commits and their trees, references, the index.
//!
//! [`Store`] opens a repository, [`Objects`] hands out what it contains, to every thread. `graph` walks commits, `compare`
//! compares commits with the index and with each other, `sides` walks their trees, `refs` names the places to walk from,
//! `history` lists every version of every file. Only the repository's own configuration is read; of the environment, what
//! Git sets for the hooks that it runs.

mod compare;
mod graph;
mod history;
mod objects;
mod refs;
mod sides;
mod snapshot;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use gix::ObjectId;
use gix::sec::Trust;

pub(crate) use compare::Changes;
pub(crate) use history::{CommitSummary, Keep, Range, Version, Versions, Wanted};
pub(crate) use objects::{Blob, Objects, Scratch};
pub(crate) use sides::Change;
pub(crate) use snapshot::Snapshot;

use super::SourceError;
use super::git::{discover, git_error, options};

/// Commits that a new branch is compared with, the newest ones.
const MOST_CANDIDATES: usize = 64;

/// The id of an object.
pub(crate) type Id = ObjectId;

/// What Git tells the hooks that it runs, by variables of the environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct HookEnvironment {
    /// `GIT_DIR`.
    pub git_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`.
    pub work_tree: Option<PathBuf>,
    /// `GIT_INDEX_FILE`: `git commit FILE` makes the commit of another index than the usual one.
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY` and `GIT_ALTERNATE_OBJECT_DIRECTORIES`: where the objects of a push wait until a hook has let
    /// them pass.
    pub object_folders: Vec<PathBuf>,
}

/// With every object as it was made. What `git replace` puts in place of others stays in this repository: the originals are what is
/// pushed and fetched, and whoever may push could replace what is to be searched.
fn plain() -> gix::open::Options {
    options().config_overrides(["core.useReplaceRefs=false"])
}

/// A repository, with or without a work tree.
pub(crate) struct Store {
    repository: gix::ThreadSafeRepository,
    objects: Arc<Objects>,
    /// Root of the work tree, canonical; the Git directory of a bare repository.
    pub root: PathBuf,
    index: PathBuf,
    mailmap: OnceLock<gix::mailmap::Snapshot>,
}

impl Store {
    /// The repository that contains the folder `at`, or that `environment` names.
    ///
    /// # Errors
    /// Where there is none, or it cannot be read.
    pub(crate) fn open(at: &Path, environment: &HookEnvironment) -> Result<Self, SourceError> {
        let error = |source| git_error(at, source);
        let repository = match &environment.git_dir {
            Some(git_dir) => {
                // Git itself sets it for hooks in linked work trees, and people do for work trees elsewhere.
                let opened = gix::ThreadSafeRepository::open_opts(at.join(git_dir), plain().with(Trust::Full));
                opened.map_err(error)?
            }
            None => discover(at, at, plain)?.ok_or_else(|| SourceError::NotARepository(at.to_owned()))?,
        };
        let work_tree = environment.work_tree.as_ref().map(|path| at.join(path));
        let root = work_tree.or_else(|| repository.work_dir().map(Path::to_owned));
        let root = root.unwrap_or_else(|| repository.git_dir().to_owned());
        let root = root.canonicalize().map_err(|source| git_error(&root, source))?;
        // Git names it from the root, whatever folder a hook was started in.
        let index = environment.index_file.as_ref().map(|path| root.join(path));
        let index = index.unwrap_or_else(|| repository.to_thread_local().index_path());
        let objects =
            Objects::new(&repository, &environment.object_folders).map_err(|source| git_error(&root, source))?;
        Ok(Self { repository, objects: Arc::new(objects), root, index, mailmap: OnceLock::new() })
    }

    /// Whether there is no work tree.
    pub(crate) fn is_bare(&self) -> bool {
        self.repository.work_dir().is_none()
    }

    /// The commit that `revision` names.
    ///
    /// # Errors
    /// Where it names none.
    pub(crate) fn commit(&self, revision: &str) -> Result<ObjectId, SourceError> {
        let bad = |reason: String| SourceError::Revision { revision: revision.to_owned(), reason };
        let id = match ObjectId::from_hex(revision.as_bytes()) {
            Ok(id) => id,
            Err(_) => {
                let repository = self.repository.to_thread_local();
                let parsed = repository.rev_parse_single(revision);
                parsed.map_err(|_| bad("names nothing in this repository".to_owned()))?.detach()
            }
        };
        let mut reader = self.objects.reader();
        let peeled = graph::peel(&mut reader, id).map_err(|error| bad(error.to_string()))?;
        peeled.commit.ok_or_else(|| bad("names no commit".to_owned()))
    }

    /// The checked out commit; none before the first one.
    ///
    /// # Errors
    /// Where HEAD cannot be read.
    pub(crate) fn head(&self) -> Result<Option<ObjectId>, SourceError> {
        let repository = self.repository.to_thread_local();
        let head = repository.head().map_err(|error| git_error(&self.root, error))?;
        Ok(head.id().map(gix::Id::detach))
    }

    /// Whether patterns of ignore files match without regard to case.
    pub(crate) fn ignore_case(&self) -> bool {
        self.repository.to_thread_local().config_snapshot().boolean("core.ignoreCase").unwrap_or(false)
    }

    /// Names of authors as `.mailmap` has them.
    fn mailmap(&self) -> &gix::mailmap::Snapshot {
        self.mailmap.get_or_init(|| self.repository.to_thread_local().open_mailmap())
    }

    /// Commits that the references below `prefix` (`refs/remotes/origin/`, or `refs/` for all) name, sorted.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub(crate) fn named(&self, prefix: &str) -> Result<Vec<Id>, SourceError> {
        let tips = self.tips(false);
        if let Some(error) = tips.errors.into_iter().next() {
            return Err(git_error(&self.root, error.reason.to_string()));
        }
        let mut reader = self.objects.reader();
        let below = tips.named.into_iter().filter(|(_, name)| name.starts_with(prefix));
        Ok(below.filter_map(|(id, _)| graph::peel(&mut reader, id).ok()?.commit).collect())
    }

    /// The one of `candidates` that has the newest commit in common with `tip`.
    ///
    /// # Errors
    /// Where a commit cannot be read.
    pub(crate) fn nearest(&self, tip: Id, candidates: &[Id]) -> Result<Option<Id>, SourceError> {
        let mut graph = graph::Graph::new(self.shallow_commits());
        let mut reader = self.objects.reader();
        let mut best = None;
        let mut newest: Vec<(i64, Id)> = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            newest.push((graph.commit(&mut reader, *candidate).map_or(0, |commit| commit.time), *candidate));
        }
        newest.sort_unstable_by_key(|candidate| std::cmp::Reverse(*candidate));
        for (_, candidate) in newest.iter().take(MOST_CANDIDATES) {
            let base = graph.merge_base(&mut reader, *candidate, tip).map_err(|error| git_error(&self.root, error))?;
            let Some(base) = base else { continue };
            let time = graph.commit(&mut reader, base).map_or(0, |commit| commit.time);
            best = best.max(Some((time, *candidate)));
        }
        Ok(best.map(|(_, candidate)| candidate))
    }

    /// The name of the remote that has this address.
    pub(crate) fn remote_at(&self, address: &str) -> Option<String> {
        let repository = self.repository.to_thread_local();
        let config = repository.config_snapshot();
        let sections = config.plumbing().sections_by_name("remote")?;
        let names: Vec<String> =
            sections.filter_map(|section| Some(section.header().subsection_name()?.to_string())).collect();
        let has = |name: &&String| {
            let value = |key: &str| config.string(format!("remote.{name}.{key}").as_str());
            [value("url"), value("pushurl")].into_iter().flatten().any(|url| url.as_slice() == address.as_bytes())
        };
        names.iter().find(has).cloned()
    }

    /// Whether an object is there.
    pub(crate) fn has(&self, id: Id) -> bool {
        self.objects.reader().size(id).is_ok()
    }

    /// Whether history ends before its beginning.
    pub(crate) fn shallow(&self) -> bool {
        self.repository.to_thread_local().is_shallow().unwrap_or(true)
    }
}
