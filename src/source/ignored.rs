//! What the `.gitignore` files of a repository say about a path, which need not be there.

use std::io;
use std::path::Path;

use super::decode::decode;
use super::git;
use super::read::read_regular;
use super::store::Snapshot;
use super::walk::{Rules, locate};

/// A `.gitignore` is read up to this size, bytes.
const MOST: u64 = 1 << 20;

/// What is ignored in a work tree.
#[derive(Debug)]
pub struct Ignored {
    /// Of each path that was asked for, whether a pattern mentions it: ignores it, or says that it is not to be ignored.
    pub spoken_of: Vec<bool>,
    /// The text of the `.gitignore` at the root, empty where there is none; none where it cannot be read or is no regular
    /// file, and so not be added to.
    pub text: Option<String>,
}

/// What the `.gitignore` files of the work tree `root` say about `paths`, which are relative to it, with `/`. A user's own
/// ignore file and `info/exclude` do not count, because other clones lack them.
///
/// Nothing outside Git.
pub(crate) fn ignored(root: &Path, paths: &[&str]) -> Option<Ignored> {
    let repository = git::open(root)?;
    let ignore_case = repository.config_snapshot().boolean("core.ignoreCase").unwrap_or(false);
    Some(ignored_below(root, ignore_case, paths))
}

/// The same in a folder that need not be a work tree. `ignore_case` is whether patterns match without regard to case.
#[must_use]
pub fn ignored_below(root: &Path, ignore_case: bool, paths: &[&str]) -> Ignored {
    let rules = Rules::shared(ignore_case);
    let files = |path: &[u8]| read_regular(&locate(root, path).ok()?, MOST);
    let spoken_of = paths.iter().map(|path| rules.speak_of(&files, path.as_bytes())).collect();
    Ignored { spoken_of, text: text(&root.join(".gitignore")) }
}

/// The same by the `.gitignore` files of a commit, or of the index.
pub(crate) fn ignored_in(snapshot: &Snapshot, ignore_case: bool, paths: &[&str]) -> Ignored {
    let rules = Rules::shared(ignore_case);
    let read = |path: &str| snapshot.read(path, MOST).ok().flatten();
    let files = |path: &[u8]| read(std::str::from_utf8(path).ok()?);
    let spoken_of = paths.iter().map(|path| rules.speak_of(&files, path.as_bytes())).collect();
    Ignored { spoken_of, text: as_text(&read(".gitignore").unwrap_or_default()) }
}

fn text(path: &Path) -> Option<String> {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_file() && metadata.len() <= MOST => as_text(&read_regular(path, MOST)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(String::new()),
        _ => None,
    }
}

fn as_text(bytes: &[u8]) -> Option<String> {
    decode(bytes).map(|decoded| decoded.text.into_owned())
}
