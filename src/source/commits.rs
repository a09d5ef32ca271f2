//! Whether something that a file contains was committed before.

use std::path::Path;

use gix::ObjectId;

use super::git;

/// Most commits that are looked at on the way back.
const MOST: usize = 20_000;

/// A commit, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    /// Its id, hexadecimal, shortened.
    pub id: String,
    /// Day of its author date, UTC.
    pub date: Option<jiff::civil::Date>,
}

/// The commit that introduced what `holds` finds in the file at `path` (relative to `root`, with `/`): walking back along first
/// parents from the checked out commit, the last one in which the file still contains it.
///
/// Nothing where the checked out commit does not contain it.
pub(crate) fn committed(root: &Path, path: &str, holds: &dyn Fn(&[u8]) -> bool) -> Option<Commit> {
    let repository = git::open(root)?;
    let mut found = None;
    let mut last: Option<(ObjectId, bool)> = None;
    for commit in git::first_parents(&repository).take(MOST) {
        let entry = commit.tree().ok()?.lookup_entry_by_path(path).ok().flatten();
        let id = entry.as_ref().map(gix::object::tree::Entry::object_id);
        let known = last.filter(|(known, _)| Some(*known) == id).map(|(_, has)| has);
        let has = known.unwrap_or_else(|| {
            let object = entry.and_then(|entry| entry.object().ok());
            object.is_some_and(|object| object.kind == gix::object::Kind::Blob && holds(&object.data))
        });
        last = id.map(|id| (id, has));
        if !has {
            break;
        }
        let seconds = commit.author().ok().and_then(|author| author.time().ok()).map(|time| time.seconds);
        let date = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        found = Some(Commit {
            id: commit.id().to_hex_with_len(10).to_string(),
            date: date.map(|date| date.to_zoned(jiff::tz::TimeZone::UTC).date()),
        });
    }
    found
}
