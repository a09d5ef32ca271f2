//! Listings and reads of real folders and repositories. Repositories are made by the program `git`.
#![cfg(unix)]

mod ignored;
mod past;
mod read;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::span::LineIndex;

const LIMIT: u64 = 1 << 20;

/// A temporary folder, canonical, so that locations can be compared.
struct Folder {
    _guard: tempfile::TempDir,
    path: PathBuf,
}

impl Folder {
    fn new() -> Self {
        let guard = tempfile::tempdir().expect("a temporary folder can be made");
        let path = guard.path().canonicalize().expect("it exists");
        Self { _guard: guard, path }
    }

    fn repository() -> Self {
        let folder = Self::new();
        folder.git(&["init", "-q", "."]);
        folder
    }

    fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("folders can be made");
        fs::write(&path, text).expect("files can be written");
        path
    }

    fn git(&self, arguments: &[&str]) {
        run_git(&self.path, arguments);
    }

    /// The same as if it were done at `date`, as Git writes it.
    fn git_at(&self, date: &str, arguments: &[&str]) {
        run_git_at(&self.path, Some(date), arguments);
    }

    fn list(&self) -> Listing {
        list_all(&[&self.path])
    }
}

fn run_git(folder: &Path, arguments: &[&str]) {
    run_git_at(folder, None, arguments);
}

fn run_git_at(folder: &Path, date: Option<&str>, arguments: &[&str]) {
    let output = git_says(folder, date, arguments);
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[expect(clippy::disallowed_methods, reason = "repositories of tests are made by Git itself")]
fn git_says(folder: &Path, date: Option<&str>, arguments: &[&str]) -> std::process::Output {
    let mut git = Command::new("git");
    if let Some(date) = date {
        git.env("GIT_COMMITTER_DATE", date).env("GIT_AUTHOR_DATE", date);
    }
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_COMMON_DIR"] {
        git.env_remove(name);
    }
    let settings =
        ["user.name=t", "user.email=t@example.org", "protocol.file.allow=always", "core.hooksPath=/dev/null"];
    for setting in settings {
        git.args(["-c", setting]);
    }
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").current_dir(folder).args(arguments);
    git.output().expect("git runs")
}

fn try_list(paths: &[&Path]) -> Result<Listing, SourceError> {
    let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
    list(&paths, &|_| true)
}

fn list_all(paths: &[&Path]) -> Listing {
    try_list(paths).expect("the paths can be listed")
}

fn paths(listing: &Listing) -> Vec<&str> {
    listing.files.iter().map(|file| &*file.path).collect()
}

fn reasons(entries: &[Skipped]) -> Vec<String> {
    entries.iter().map(|entry| format!("{}: {}", entry.path, entry.reason)).collect()
}

#[expect(clippy::disallowed_methods, reason = "the standard library makes no FIFO")]
fn mkfifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo runs").success());
}

fn file(location: PathBuf) -> File {
    File { path: "x".into(), location, tracked: false, blob: None }
}

#[test]
fn the_index_and_the_ignore_rules_decide() {
    let tree = Folder::repository();
    tree.write(".gitignore", "*.env\nbuild/\n!keep.env\n/only-here.txt\n");
    tree.write("tracked.env", "a");
    tree.write("sub/.gitignore", "!deep.env\nlocal\n");
    for name in ["ignored.env", "keep.env", "build/out.yaml", "sub/deep.env", "sub/local", "sub/only-here.txt"] {
        tree.write(name, "a");
    }
    tree.write(".hidden/file", "a");
    tree.write(".ignore", "*");
    tree.write(".git/info/exclude", "excluded\n");
    tree.write("sub/excluded", "a");
    tree.git(&["add", "-f", "tracked.env", ".gitignore"]);
    let listing = tree.list();
    let expected = [
        ".gitignore",
        ".hidden/file",
        ".ignore",
        "keep.env",
        "sub/.gitignore",
        "sub/deep.env",
        "sub/only-here.txt",
        "tracked.env",
    ];
    assert_eq!(paths(&listing), expected);
    let tracked: Vec<_> = listing.files.iter().filter(|file| file.tracked).map(|file| &*file.path).collect();
    assert_eq!(tracked, [".gitignore", "tracked.env"]);
    assert_eq!((listing.skipped, listing.errors, listing.root, listing.git), (vec![], vec![], tree.path.clone(), true));
}

#[test]
fn a_subfolder_keeps_root_paths_and_the_rules_above_it() {
    let tree = Folder::repository();
    tree.write(".gitignore", "*.env\n/a/b/no.yaml\n/b\n");
    for name in ["a/b/yes.yaml", "a/b/no.yaml", "a/b/x.env", "a/b/forced.env", "a/bc/other.yaml", "a/b/b/c.yaml"] {
        tree.write(name, "a");
    }
    tree.git(&["add", "-f", "a/b/forced.env", "a/bc"]);
    let listing = list_all(&[&tree.at("a/b")]);
    assert_eq!(paths(&listing), ["a/b/b/c.yaml", "a/b/forced.env", "a/b/yes.yaml"]);
    assert_eq!(listing.root, tree.path);
}

#[test]
fn what_is_given_by_name_is_not_ignored() {
    let tree = Folder::repository();
    tree.write(".gitignore", "build/\n*.env\n");
    tree.write("build/out.yaml", "a");
    tree.write("x.env", "a");
    tree.write("y.env", "a");
    assert_eq!(paths(&list_all(&[&tree.at("build"), &tree.at("x.env")])), ["build/out.yaml", "x.env"]);
    assert_eq!(paths(&list_all(&[&tree.at("x.env"), &tree.path, &tree.at("x.env")])), [".gitignore", "x.env"]);
}

#[test]
fn deleted_files_are_gone_and_sparse_ones_are_named() {
    let tree = Folder::repository();
    for name in ["a/deleted", "b/sparse", "stays"] {
        tree.write(name, "a");
    }
    tree.git(&["add", "."]);
    fs::remove_dir_all(tree.at("a")).expect("it is there");
    tree.git(&["update-index", "--skip-worktree", "b/sparse"]);
    fs::remove_file(tree.at("b/sparse")).expect("it is there");
    let listing = tree.list();
    assert_eq!(paths(&listing), ["stays"]);
    assert_eq!(reasons(&listing.skipped), ["b/sparse: not in the work tree: left out by the sparse checkout"]);
    assert_eq!(listing.errors, []);
}

#[test]
fn a_linked_work_tree_has_its_own_index_and_the_shared_excludes() {
    let tree = Folder::repository();
    tree.write("a", "a");
    tree.git(&["add", "."]);
    tree.git(&["commit", "-qm", "x"]);
    let linked = Folder::new();
    let path = linked.at("w/t");
    tree.git(&["worktree", "add", "-q", path.to_str().expect("the path is UTF-8")]);
    tree.write(".git/info/exclude", "excluded\n/sub/anchored\n");
    for name in ["w/t/excluded", "w/t/new", "w/t/sub/b", "w/t/sub/anchored"] {
        linked.write(name, "a");
    }
    let listing = list_all(&[&path.join("sub")]);
    assert_eq!((paths(&listing), &listing.root), (vec!["sub/b"], &path));
    assert_eq!(paths(&list_all(&[&path])), ["a", "new", "sub/b"]);
    fs::rename(tree.at(".git"), tree.at("gone")).expect("it is there");
    assert!(matches!(try_list(&[&path]), Err(SourceError::Git { .. })), "half a work tree is no plain folder");
}

#[test]
fn submodules_are_read_with_their_own_index() {
    let inner = Folder::repository();
    inner.write(".gitignore", "*.env\n");
    inner.write("forced.env", "a");
    inner.git(&["add", "-f", "."]);
    inner.git(&["commit", "-qm", "x"]);
    let tree = Folder::repository();
    let from = inner.path.to_str().expect("the path is UTF-8");
    tree.git(&["submodule", "--quiet", "add", from, "sub"]);
    tree.git(&["submodule", "--quiet", "add", from, "empty"]);
    tree.git(&["submodule", "--quiet", "deinit", "-f", "empty"]);
    tree.write("sub/new.env", "a");
    tree.write("sub/new.yaml", "a");
    tree.write("other/x", "a");
    run_git(&tree.at("other"), &["init", "-q", "."]);
    tree.write(".gitignore", "*.yaml\n");
    let listing = tree.list();
    let expected = [".gitignore", ".gitmodules", "other/x", "sub/.gitignore", "sub/forced.env", "sub/new.yaml"];
    assert_eq!(paths(&listing), expected);
    let reason = "empty: submodule that is not checked out; run `git submodule update --init`";
    assert_eq!(reasons(&listing.skipped), [reason]);
    // Given together with its superproject, a submodule does not change the root.
    assert_eq!(list_all(&[&tree.at("sub"), &tree.path]).root, tree.path);
    fs::write(tree.at(".git/modules/sub/index"), "DIRC broken").expect("it is there");
    let broken = tree.list();
    assert_eq!(broken.errors.len(), 1);
    assert!(broken.errors[0].path.starts_with("sub"));
}

#[test]
fn links_are_not_followed() {
    let outside = Folder::new();
    outside.write("dir/secret", "a");
    let tree = Folder::repository();
    tree.write(".gitignore", "ignored\n");
    tree.write("real/file", "a");
    tree.write("ignored", "a");
    tree.write("gone/secret", "a");
    tree.git(&["add", "gone"]);
    fs::remove_dir_all(tree.at("gone")).expect("it is there");
    let links = [
        ("real/file", "inside"),
        ("real", "inside-folder"),
        ("ignored", "to-ignored"),
        ("nothing", "dangling"),
        (".git/config", "to-git"),
        ("loop", "loop"),
    ];
    links.iter().for_each(|(target, name)| symlink(target, tree.at(name)).expect("links can be made"));
    symlink(outside.at("dir/secret"), tree.at("out")).expect("links can be made");
    symlink(outside.at("dir"), tree.at("gone")).expect("links can be made");
    let listing = tree.list();
    assert_eq!(paths(&listing), [".gitignore", "real/file"]);
    let expected = [
        "dangling: symbolic link to nothing",
        "gone: symbolic link out of the scanned tree; not followed",
        "loop: symbolic link that cannot be resolved",
        "out: symbolic link out of the scanned tree; not followed",
        "to-git: symbolic link to what is not part of this scan",
        "to-ignored: symbolic link to what is not part of this scan",
    ];
    assert_eq!(reasons(&listing.skipped), expected);
    // By name a link stands for its target.
    let listing = list_all(&[&tree.at("inside-folder")]);
    assert_eq!(paths(&listing), ["real/file"]);
    assert_eq!(list_all(&[&tree.at("out")]).files[0].location, outside.at("dir/secret"));
}

#[test]
fn an_index_cannot_name_files_elsewhere() {
    let outer = Folder::new();
    outer.write("evil/secret", "a");
    outer.write("tree/x", "a");
    run_git(&outer.at("tree"), &["init", "-q", "."]);
    outer.write("tree/AA/evil/secret", "a");
    run_git(&outer.at("tree"), &["add", "."]);
    fs::remove_dir_all(outer.at("tree/AA")).expect("it is there");
    let path = outer.at("tree/.git/index");
    let mut index = fs::read(&path).expect("there is an index");
    let at = index.windows(7).position(|part| part == b"AA/evil").expect("it is in the index");
    index[at..at + 2].copy_from_slice(b"..");
    let end = index.len() - 20;
    index[end..].fill(0);
    fs::write(path, index).expect("it can be written");
    let listing = list_all(&[&outer.at("tree")]);
    assert_eq!(paths(&listing), ["x"]);
    let reason = "../evil/secret: cannot be read: the index holds a path that Git does not allow";
    assert_eq!(reasons(&listing.errors), [reason]);
}

#[test]
fn special_files_never_block() {
    let tree = Folder::repository();
    tree.write("a", "a");
    mkfifo(&tree.at("pipe"));
    mkfifo(&tree.at(".gitignore"));
    let _socket = std::os::unix::net::UnixListener::bind(tree.at("sock")).expect("sockets can be made");
    let listing = tree.list();
    assert_eq!(paths(&listing), ["a"]);
    let expected = [
        ".gitignore: FIFO, not a regular file; it was not opened",
        "pipe: FIFO, not a regular file; it was not opened",
        "sock: socket, not a regular file; it was not opened",
    ];
    assert_eq!(reasons(&listing.skipped), expected);
    assert!(matches!(try_list(&[&tree.at("pipe")]), Err(SourceError::NotAFile { kind: "FIFO", .. })));
    // A file that was replaced after the listing.
    for name in ["pipe", "sock"] {
        assert!(matches!(read(&file(tree.at(name)), Named::Nothing, LIMIT, &mut Scratch::default()), Read::Skipped(_)));
    }
    assert!(matches!(
        read(&file("/dev/zero".into()), Named::Nothing, LIMIT, &mut Scratch::default()),
        Read::Skipped(_)
    ));
}

#[test]
fn a_plain_folder_is_listed_as_a_whole() {
    let tree = Folder::new();
    tree.write(".gitignore", "*\n");
    tree.write("b/.env", "a");
    tree.write("b/.git/config", "a");
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9 100%.yaml");
    fs::write(tree.path.join(name), "a").expect("any name will do");
    let listing = tree.list();
    assert_eq!(paths(&listing), [".gitignore", "b/.env", "caf%E9 100%.yaml"]);
    assert_eq!((&listing.root, listing.git), (&tree.path, false));
    assert!(matches!(read(&listing.files[2], Named::Nothing, LIMIT, &mut Scratch::default()), Read::Text(_)));
    let one = list_all(&[&tree.at("b/.env")]);
    assert!(!one.git && one.files.len() == 1 && one.root.join(&*one.files[0].path) == tree.at("b/.env"));
}

#[test]
fn several_plain_paths_are_relative_to_the_current_folder() {
    let current = std::env::current_dir().and_then(|path| path.canonicalize()).expect("tests run somewhere");
    let (a, b) = (Folder::new(), Folder::new());
    a.write("x", "a");
    b.write("y/z", "a");
    let listing = list_all(&[&a.path, &b.at("y/z")]);
    assert_eq!((&listing.root, listing.git, listing.files.len()), (&current, false, 2));
    for file in &listing.files {
        assert_eq!(current.join(&*file.path).canonicalize().expect("the path leads there"), file.location);
    }
}

#[test]
fn keep_is_counted_and_nothing_left_is_an_error() {
    let tree = Folder::new();
    tree.write("a.md", "a");
    tree.write("b.yaml", "a");
    let paths = [tree.path.clone()];
    let listing = list(&paths, &|path| path != "a.md").expect("one file is left");
    assert_eq!((listing.files.len(), listing.excluded), (1, 1));
    let error = list(&paths, &|_| false).expect_err("no file is left");
    assert!(matches!(error, SourceError::Empty { excluded: 2, .. }));
}

#[test]
fn unusable_paths_are_errors() {
    let tree = Folder::repository();
    tree.write("a", "a");
    assert!(matches!(try_list(&[&tree.path, &tree.at("missing")]), Err(SourceError::NotFound { .. })));
    assert!(matches!(try_list(&[&tree.at("a/below-a-file")]), Err(SourceError::NotFound { .. })));
    assert!(matches!(try_list(&[]), Err(SourceError::Empty { .. })));
    for inside in [".git", ".git/info", ".git/config"] {
        assert!(matches!(try_list(&[&tree.at(inside)]), Err(SourceError::InsideGitDir { .. })), "{inside}");
        assert!(matches!(try_list(&[&tree.path, &tree.at(inside)]), Err(SourceError::InsideGitDir { .. })), "{inside}");
    }
    let bare = Folder::new();
    bare.git(&["init", "-q", "--bare", "."]);
    assert!(matches!(try_list(&[&bare.path]), Err(SourceError::Bare { .. })));
    tree.git(&["add", "."]);
    let index = fs::read(tree.at(".git/index")).expect("there is an index");
    for broken in [&index[..index.len() / 2], b"", b"DIRC\0\0\0\x09"] {
        fs::write(tree.at(".git/index"), broken).expect("it can be written");
        assert!(matches!(tree_error(&tree), SourceError::Git { .. }));
    }
    fs::write(tree.at(".git/index"), index).expect("it can be written");
    assert_eq!(paths(&tree.list()), ["a"]);
}

fn tree_error(tree: &Folder) -> SourceError {
    try_list(&[&tree.path]).expect_err("the index is broken")
}

#[test]
fn what_cannot_be_read_is_reported_and_the_rest_listed() {
    let tree = Folder::repository();
    tree.write("a", "a");
    tree.write("closed/b", "a");
    let file = tree.write("secret", "a");
    tree.git(&["add", "closed"]);
    for path in [&tree.at("closed"), &file] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).expect("it is ours");
    }
    // Nothing is closed to root.
    if fs::read(&file).is_err() {
        let listing = tree.list();
        assert_eq!(paths(&listing), ["a", "secret"]);
        let reason = "permission denied; make it readable or exclude it";
        assert_eq!(reasons(&listing.errors), [format!("closed: {reason}"), format!("closed/b: {reason}")]);
        assert!(matches!(read(&listing.files[1], Named::Nothing, LIMIT, &mut Scratch::default()), Read::Failed(_)));
        assert!(matches!(try_list(&[&tree.at("closed")]), Err(SourceError::Unreadable { .. })));
    }
    fs::set_permissions(tree.at("closed"), fs::Permissions::from_mode(0o700)).expect("it is ours");
}
