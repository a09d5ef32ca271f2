//! What files held some time ago.

use super::super::past;
use super::*;

/// Commits everything at a time, seconds since 1970.
fn commit(folder: &Folder, seconds: i64) {
    folder.git(&["add", "-A"]);
    let date = format!("@{seconds} +0000");
    folder.git_at(&date, &["commit", "-q", "--allow-empty", "-m", "x"]);
}

#[test]
fn the_newest_commit_before_a_time_counts() {
    let folder = Folder::repository();
    for (seconds, text) in [(1_000, "first"), (2_000, "second"), (3_000, "third")] {
        folder.write("a/b.yaml", text);
        commit(&folder, seconds);
    }
    let held = |seconds| {
        let found = past(&folder.path, seconds, &["a/b.yaml", "none"])?;
        let blobs: Vec<_> = found.blobs.iter().map(|blob| blob.as_deref().map(String::from_utf8_lossy)).collect();
        assert!(blobs[1].is_none(), "a path that was not there");
        Some((found.seconds, blobs[0].clone()?.into_owned()))
    };
    assert_eq!(held(2_500), Some((2_000, "second".to_owned())));
    assert_eq!(held(9_000), Some((3_000, "third".to_owned())));
    assert_eq!(held(1_000), None, "nothing is older than the first commit");
    folder.write("a/b.yaml", "not committed");
    assert_eq!(held(9_000), Some((3_000, "third".to_owned())));
}

#[test]
fn a_folder_without_history_has_no_past() {
    let folder = Folder::new();
    assert!(past(&folder.path, i64::MAX, &["a"]).is_none());
    let folder = Folder::repository();
    assert!(past(&folder.path, i64::MAX, &["a"]).is_none(), "no commit yet");
}
