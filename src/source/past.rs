//! What files contained some time ago, by the history of the checked out commit.

use std::path::Path;

use super::git;

/// Most commits that are looked at on the way back.
const MOST: usize = 100_000;

/// The state of a work tree's commit at some time.
#[derive(Debug)]
pub struct Past {
    /// When the commit was made, seconds since 1970.
    pub seconds: i64,
    /// Content of each path that was asked for; none where it was not there.
    pub blobs: Vec<Option<Vec<u8>>>,
}

/// The newest commit, along first parents from the checked out one, that was made before `seconds` since 1970, and what
/// each of `paths` (relative to `root`, with `/`) contained then.
///
/// Nothing where there is no such commit: outside Git, in a young repository, and in a shallow clone that ends earlier.
pub(crate) fn past(root: &Path, seconds: i64, paths: &[&str]) -> Option<Past> {
    let repository = git::open(root)?;
    for commit in git::first_parents(&repository).take(MOST) {
        let made = commit.time().ok()?.seconds;
        if made < seconds {
            let tree = commit.tree().ok()?;
            let blob = |path: &&str| {
                let entry = tree.lookup_entry_by_path(path).ok().flatten()?;
                let object = entry.object().ok()?;
                (object.kind == gix::object::Kind::Blob).then(|| object.detach().data)
            };
            return Some(Past { seconds: made, blobs: paths.iter().map(blob).collect() });
        }
    }
    None
}
