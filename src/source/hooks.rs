//! Where Git looks for the hooks of a repository.

use std::path::{Path, PathBuf};

use gix::sec::Trust;

use super::SourceError;
use super::git::{discover, git_error, options};

/// The folder of hooks of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HookFolder {
    /// The folder, which need not be there.
    pub path: PathBuf,
    /// Whether a configuration outside the repository names it (`git config --global core.hooksPath`), so that other
    /// repositories use it too.
    pub shared: bool,
    /// Whether the repository has no work tree.
    pub bare: bool,
    /// Root of the work tree.
    pub work_tree: Option<PathBuf>,
}

/// The folder of hooks of the repository that contains the folder `at`: `core.hooksPath` of any configuration that Git reads,
/// or `hooks` of the Git directory that linked work trees share.
///
/// # Errors
/// Where there is no repository, or it cannot be read.
pub(crate) fn hook_folder(at: &Path) -> Result<HookFolder, SourceError> {
    let error = |source| git_error(at, source);
    // Here the person's own configuration counts, as it does for the Git that is to run the hook. Git is not asked where its
    // installation keeps one.
    let all = || gix::open::Options::default().permissions(gix::open::Permissions::all()).with(Trust::Full);
    let repository =
        discover(at, at, all)?.ok_or_else(|| SourceError::NotARepository(at.to_owned()))?.to_thread_local();
    let work_tree = repository.workdir().map(Path::to_owned);
    let configured = repository.config_snapshot().trusted_path("core.hooksPath").map_err(error)?;
    let own = gix::open_opts(repository.git_dir(), options().with(Trust::Full)).map_err(error)?;
    let is_own = own.config_snapshot().string("core.hooksPath").is_some();
    let path = match &configured {
        // Relative to where Git runs hooks.
        Some(path) => work_tree.as_deref().unwrap_or(repository.git_dir()).join(path),
        None => repository.common_dir().join("hooks"),
    };
    let shared = configured.is_some() && !is_own;
    Ok(HookFolder { path, shared, bare: work_tree.is_none(), work_tree })
}
