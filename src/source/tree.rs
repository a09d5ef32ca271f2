//! Puts a listing together: which work tree or folder a given path belongs to, what the index and the folders contain of
//! it, what is left out, and under which report path each file goes.

use std::collections::{HashMap, HashSet};
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::git::{Entry, Repository};
use super::read::open;
use super::walk::{Rules, locate, walk};
use super::{File, Kind, Listing, SourceError};
use crate::coverage::{Reason, Skipped};

/// Lists the files of `paths`, which are files or folders; a symbolic link among them is resolved.
///
/// In a Git work tree these are the files that the index contains and that are there, ignored or not, and the untracked
/// ones that are not ignored, those of checked-out submodules included; a path given by name is never ignored. Outside
/// Git it is everything but what is in a `.git`. No other symbolic link is followed; no FIFO, socket or device opened.
///
/// `keep` gets each report path and says whether the file belongs to the scan.
///
/// # Errors
///
/// [`SourceError`] where a given path cannot be used, a repository not be read, or nothing is left to search. Anything
/// below a given folder that cannot be read is in [`Listing::errors`] instead, and the rest is listed.
pub fn list(paths: &[PathBuf], keep: &(dyn Fn(&str) -> bool + Sync)) -> Result<Listing, SourceError> {
    let mut repositories = Vec::new();
    let starts = paths.iter().map(|path| Start::new(path, &mut repositories)).collect::<Result<Vec<_>, _>>()?;
    let (root, git) = root(&starts, &repositories)?;
    let mut tree = Tree { root, git, ..Tree::default() };
    for start in &starts {
        tree.add(start, start.repository.map(|at| &repositories[at]));
    }
    tree.finish(paths, keep)
}

/// What the report paths of a scan of `paths` are relative to: the Git work tree that contains them all, or a folder.
///
/// # Errors
///
/// As [`list`], for the same paths.
pub(crate) fn root_of(paths: &[PathBuf]) -> Result<PathBuf, SourceError> {
    let mut repositories = Vec::new();
    let starts = paths.iter().map(|path| Start::new(path, &mut repositories)).collect::<Result<Vec<_>, _>>()?;
    Ok(root(&starts, &repositories)?.0)
}

/// A given path.
struct Start {
    /// Canonical.
    path: PathBuf,
    folder: bool,
    /// Which of the repositories contains it.
    repository: Option<usize>,
}

impl Start {
    fn new(given: &Path, repositories: &mut Vec<Repository>) -> Result<Self, SourceError> {
        let path = || given.to_owned();
        let special = |kind| SourceError::NotAFile { path: given.to_owned(), kind };
        let canonical = given.canonicalize().map_err(|source| match source.kind() {
            // The shell's `<(…)` gives a path that can be opened but has no place in the file system.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => match kind_of_target(given) {
                Some(Kind::Special(kind)) => special(kind),
                _ => SourceError::NotFound(path()),
            },
            _ => SourceError::Unreadable { path: path(), source },
        })?;
        let opened = match kind_of_target(&canonical) {
            Some(Kind::Special(kind)) => return Err(special(kind)),
            Some(Kind::Folder) => fs::read_dir(&canonical).map(|_| true),
            _ => open(&canonical).map(|_| false),
        };
        let folder = opened.map_err(|source| SourceError::Unreadable { path: path(), source })?;
        let within = if folder { &canonical } else { canonical.parent().unwrap_or(&canonical) };
        let known = repositories.iter().position(|known: &Repository| holds(&known.root, within));
        let repository = match known {
            Some(at) => Some(at),
            None => Repository::discover(within, given)?.map(|new| {
                repositories.push(new);
                repositories.len() - 1
            }),
        };
        if repository.is_some() && !folder && canonical.file_name() == Some(OsStr::new(".git")) {
            return Err(SourceError::InsideGitDir { path: path(), git_dir: canonical });
        }
        Ok(Self { path: canonical, folder, repository })
    }
}

/// Whether the work tree at `root` is the innermost one that contains `folder`, which spares discovery for the many paths
/// that hooks give. A `false` may be wrong.
fn holds(root: &Path, folder: &Path) -> bool {
    let Ok(inner) = folder.strip_prefix(root) else { return false };
    let mut between = folder.ancestors().take_while(|&ancestor| ancestor != root);
    inner.iter().all(|name| name != ".git") && between.all(|it| fs::symlink_metadata(it.join(".git")).is_err())
}

fn kind_of_target(path: &Path) -> Option<Kind> {
    fs::metadata(path).ok().map(|metadata| metadata.file_type().into())
}

/// What report paths are relative to, and whether it is a work tree.
fn root(starts: &[Start], repositories: &[Repository]) -> Result<(PathBuf, bool), SourceError> {
    let mut roots = starts.iter().filter_map(|start| start.repository).map(|at| &repositories[at].root);
    if let Some(root) = roots.find(|root| starts.iter().all(|start| start.path.starts_with(root))) {
        return Ok((root.clone(), true));
    }
    let current = env::current_dir().and_then(|path| path.canonicalize());
    match (starts, current) {
        ([Start { path, folder: true, .. }], _) => Ok((path.clone(), false)),
        ([Start { path, .. }], current) => {
            let parent = path.parent().unwrap_or(path);
            Ok((current.ok().filter(|current| path.starts_with(current)).unwrap_or_else(|| parent.to_owned()), false))
        }
        (_, current) => Ok((current.map_err(SourceError::CurrentDir)?, false)),
    }
}

/// A listing in the making.
#[derive(Default)]
struct Tree {
    root: PathBuf,
    git: bool,
    files: Vec<File>,
    links: Vec<Link>,
    skipped: Vec<Skipped>,
    errors: Vec<Skipped>,
    /// Folders that are listed as a whole, canonical.
    folders: Vec<PathBuf>,
}

/// A symbolic link, judged when all files are known.
struct Link {
    path: Arc<str>,
    location: PathBuf,
    /// What its target must be in.
    boundary: PathBuf,
}

/// What is being listed: paths are relative to `root`, and `prefix` makes report paths of them.
struct Base<'a> {
    root: &'a Path,
    prefix: String,
}

impl Base<'_> {
    fn report(&self, path: &[u8]) -> Arc<str> {
        match std::str::from_utf8(path) {
            Ok(path) if self.prefix.is_empty() => path.into(),
            _ => format!("{}{}", self.prefix, encoded(path)).into(),
        }
    }
}

impl Tree {
    fn base<'a>(&self, root: &'a Path) -> Base<'a> {
        Base { root, prefix: prefix(&self.root, root) }
    }

    fn add(&mut self, start: &Start, repository: Option<&Repository>) {
        let parent = start.path.parent().unwrap_or(&start.path);
        let root = match repository {
            Some(repository) => &repository.root,
            None if start.folder => &start.path,
            None => parent,
        };
        let within = start.path.strip_prefix(root).map(slashed).unwrap_or_default();
        if !start.folder {
            let tracked = repository.is_some_and(|repository| repository.is_tracked(&within));
            let base = self.base(root);
            self.place(&base, &within, Kind::File, tracked);
            return;
        }
        self.folders.push(start.path.clone());
        let Some(repository) = repository else {
            let base = self.base(root);
            self.add_folder(&base, b"");
            return;
        };
        let mut submodules = self.add_repository(repository, &within);
        while let Some((path, root)) = submodules.pop() {
            match Repository::submodule(root) {
                Ok(submodule) => submodules.extend(self.add_repository(&submodule, b"")),
                Err(error) => self.errors.push(Skipped::new(path, Reason::Other(format!("submodule: {error}")))),
            }
        }
    }

    /// Adds everything in a folder, regardless of ignore rules. Gives the number of entries.
    fn add_folder(&mut self, base: &Base<'_>, start: &[u8]) -> usize {
        let found = walk(base.root, start, None, &HashSet::new());
        for (path, kind) in &found.entries {
            self.place(base, path, *kind, false);
        }
        self.fail(base, &found.errors);
        found.entries.len() + found.errors.len()
    }

    /// Adds what the index and the work tree contain below `within`. Gives the submodules to go on with: report path and
    /// root.
    fn add_repository(&mut self, repository: &Repository, within: &[u8]) -> Vec<(Arc<str>, PathBuf)> {
        let base = self.base(&repository.root);
        let (submodules, tracked): (Vec<_>, Vec<_>) = repository.tracked(within).partition(|entry| entry.submodule);
        let leave = submodules.iter().map(|entry| entry.path).collect();
        let mut found = walk(base.root, within, Some(&Rules::new(repository)), &leave);
        found.entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        self.fail(&base, &found.errors);
        // Both are sorted. What the walk saw needs no further look at the disk, which is nearly all.
        let mut folders = Folders::default();
        let mut tracked = tracked.into_iter().peekable();
        for (path, kind) in &found.entries {
            while let Some(entry) = tracked.next_if(|entry| entry.path < path.as_slice()) {
                self.add_unseen(&base, &entry, &mut folders);
            }
            let is_tracked = tracked.next_if(|entry| entry.path == path.as_slice()).is_some();
            self.place(&base, path, *kind, is_tracked);
        }
        for entry in tracked {
            self.add_unseen(&base, &entry, &mut folders);
        }
        submodules.iter().filter_map(|entry| self.add_submodule(&base, entry, &mut folders)).collect()
    }

    /// Adds a tracked file that the walk did not see: ignored, deleted, left out by a sparse checkout, or unreachable.
    fn add_unseen(&mut self, base: &Base<'_>, entry: &Entry<'_>, folders: &mut Folders) {
        match folders.kind(base.root, entry.path) {
            Ok(Some(kind)) if kind != Kind::Folder => self.place(base, entry.path, kind, true),
            Ok(_) if entry.sparse => {
                self.skip(base, entry.path, Reason::SparseCheckout);
            }
            Ok(_) => {}
            Err(error) => self.fail(base, &[(entry.path.to_vec(), error)]),
        }
    }

    fn add_submodule(
        &mut self,
        base: &Base<'_>,
        entry: &Entry<'_>,
        folders: &mut Folders,
    ) -> Option<(Arc<str>, PathBuf)> {
        let root = locate(base.root, entry.path).ok();
        match (folders.kind(base.root, entry.path), root) {
            (Ok(Some(Kind::Folder)), Some(root)) if fs::symlink_metadata(root.join(".git")).is_ok() => {
                return Some((base.report(entry.path), root));
            }
            (Ok(Some(Kind::Folder)), _) if self.add_folder(base, entry.path) > 0 => {}
            (Ok(Some(Kind::Folder) | None), _) => {
                self.skip(base, entry.path, Reason::SubmoduleNotCheckedOut);
            }
            // The walk saw what is in its place.
            (Ok(Some(_)), _) => {}
            (Err(error), _) => self.fail(base, &[(entry.path.to_vec(), error)]),
        }
        None
    }

    fn place(&mut self, base: &Base<'_>, path: &[u8], kind: Kind, tracked: bool) {
        let location = match locate(base.root, path) {
            Ok(location) => location,
            Err(error) => return self.fail(base, &[(path.to_vec(), error)]),
        };
        match kind {
            Kind::File => self.files.push(File { path: base.report(path), location, tracked, blob: None }),
            Kind::Link => {
                let boundary = if self.git { &self.root } else { base.root }.to_owned();
                self.links.push(Link { path: base.report(path), location, boundary });
            }
            Kind::Special(kind) => self.skip(base, path, Reason::NotRegular(kind)),
            Kind::Folder => {}
        }
    }

    fn skip(&mut self, base: &Base<'_>, path: &[u8], reason: Reason) {
        self.skipped.push(Skipped::new(base.report(path), reason));
    }

    fn fail(&mut self, base: &Base<'_>, errors: &[(Vec<u8>, io::Error)]) {
        for (path, error) in errors {
            let path = if path.is_empty() { b"." } else { path.as_slice() };
            self.errors.push(Skipped::new(base.report(path), Reason::from(error)));
        }
    }

    fn finish(mut self, given: &[PathBuf], keep: &dyn Fn(&str) -> bool) -> Result<Listing, SourceError> {
        self.files.sort_unstable_by(|a, b| (&a.path, &a.location).cmp(&(&b.path, &b.location)));
        self.files.dedup_by(|next, file| {
            let same = next.location == file.location;
            file.tracked |= same && next.tracked;
            same
        });
        if !self.links.is_empty() {
            let listed: HashSet<&Path> = self.files.iter().map(|file| file.location.as_path()).collect();
            let judge = |link: &Link| {
                let reason = left_out(link, &listed, &self.folders)?;
                Some(Skipped::new(link.path.clone(), Reason::LinkNotFollowed(reason)))
            };
            self.skipped.extend(self.links.iter().filter_map(judge));
        }
        let left_out: Vec<_> = self.files.extract_if(.., |file| !keep(&file.path)).collect();
        let excluded = left_out.len();
        for list in [&mut self.skipped, &mut self.errors] {
            list.retain(|entry| keep(&entry.path));
        }
        self.skipped.extend(left_out.into_iter().map(|file| Skipped::new(file.path, Reason::Excluded)));
        for list in [&mut self.skipped, &mut self.errors] {
            list.sort_unstable();
            list.dedup();
        }
        if self.files.is_empty() && self.errors.is_empty() {
            let paths = given.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
            return Err(SourceError::Empty { paths, excluded, skipped: self.skipped.len() - excluded });
        }
        let Self { root, git, files, skipped, errors, .. } = self;
        Ok(Listing { files, skipped, errors, excluded, root, git })
    }
}

/// Why a symbolic link, and with it its target, is left out; `None` where the target is listed under its own path.
fn left_out(link: &Link, listed: &HashSet<&Path>, folders: &[PathBuf]) -> Option<&'static str> {
    let target = match link.location.canonicalize() {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Some("to nothing"),
        Err(_) => return Some("that cannot be resolved"),
    };
    let Ok(inner) = target.strip_prefix(&link.boundary) else {
        return Some("out of the scanned tree; not followed");
    };
    let covered = listed.contains(target.as_path())
        || (target.is_dir() && folders.iter().any(|folder| target.starts_with(folder)));
    if inner.iter().any(|name| name == ".git") || !covered {
        return Some("to what is not part of this scan");
    }
    None
}

/// Looks up paths of an index without passing through a symbolic link; remembers the folders.
#[derive(Default)]
struct Folders(HashMap<Vec<u8>, bool>);

impl Folders {
    /// What is at `path` below `root`; `None` where nothing is, or a folder above is none.
    fn kind(&mut self, root: &Path, path: &[u8]) -> io::Result<Option<Kind>> {
        // Git writes no such path, and whoever did wants files from elsewhere to be read.
        let bad = |part: &[u8]| part.is_empty() || part == b"." || part == b".." || part.eq_ignore_ascii_case(b".git");
        if path.split(|&byte| byte == b'/').any(bad) {
            return Err(io::Error::other("the index holds a path that Git does not allow"));
        }
        for end in memchr::memchr_iter(b'/', path) {
            let folder = &path[..end];
            let is_folder = match self.0.get(folder) {
                Some(&known) => known,
                None => {
                    let is_folder = kind(root, folder)? == Some(Kind::Folder);
                    self.0.insert(folder.to_vec(), is_folder);
                    is_folder
                }
            };
            if !is_folder {
                return Ok(None);
            }
        }
        kind(root, path)
    }
}

fn kind(root: &Path, path: &[u8]) -> io::Result<Option<Kind>> {
    match fs::symlink_metadata(locate(root, path)?) {
        Ok(metadata) => Ok(Some(metadata.file_type().into())),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How to get from `from` to `to`, both canonical folders: empty, or ending in `/`.
fn prefix(from: &Path, to: &Path) -> String {
    let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let mut prefix = "../".repeat(from.components().skip(common).count());
    for part in to.components().skip(common) {
        prefix.push_str(&encoded(part.as_os_str().as_encoded_bytes()));
        prefix.push('/');
    }
    prefix
}

/// A relative path with `/` between its parts.
fn slashed(path: &Path) -> Vec<u8> {
    let parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
    parts.map(|part| part.as_os_str().as_encoded_bytes()).collect::<Vec<_>>().join(&b'/')
}

/// `path` with what is not UTF-8 percent-encoded.
pub(super) fn encoded(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
    }
    text
}

/// The report path of `path`, an absolute one: from `root` where it is below it. Nothing is looked up.
pub(crate) fn report_name(root: &Path, path: &Path) -> String {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    let plain: PathBuf = parts.iter().collect();
    encoded(&slashed(plain.strip_prefix(root).unwrap_or(&plain)))
}
