//! Outside Git: originals go to the person's folder for states.

use std::fs;

use super::{Work, secret};

#[test]
fn originals_stand_in_the_folder_for_states() {
    let text = secret("a", Some("ml"));
    let work = Work::plain(&[("a.yaml", &text)]);
    let run = work.fix(&[]);
    assert!(run.code == 0 && run.err.contains("undo with `mlguard fix --undo`"), "{}", run.err);
    assert_eq!(work.files().len(), 1, "nothing stands beside the file");
    assert_eq!(fs::read_dir(work.state().join("mlguard")).expect("a folder").count(), 1);
    assert_eq!(work.bare(&["--undo"]).code, 0);
    assert_eq!(work.text("a.yaml"), text);
}

/// Nothing but the given path says where such a run was.
#[test]
fn a_run_in_another_folder_is_taken_back_by_its_path() {
    let text = secret("a", Some("ml"));
    let work = Work::plain(&[("sub/a.yaml", &text), ("b.yaml", "b: 1\n")]);
    let run = work.fix(&["sub"]);
    assert!(run.code == 0 && run.err.contains("undo with `mlguard fix --undo sub`"), "{}", run.err);
    assert_eq!(work.bare(&["--undo"]).code, 2);
    assert_eq!(work.bare(&["--undo", "sub"]).code, 0);
    assert_eq!(work.text("sub/a.yaml"), text);
    // A file stands below the current folder.
    let run = work.fix(&["sub/a.yaml"]);
    assert!(run.code == 0 && run.err.contains("undo with `mlguard fix --undo`"), "{}", run.err);
    assert_eq!(work.bare(&["--undo"]).code, 0);
    assert_eq!(work.text("sub/a.yaml"), text);
}

#[test]
fn without_a_place_for_originals_nothing_is_written() {
    let text = secret("a", Some("ml"));
    let work = Work::plain(&[("a.yaml", &text), ("c.pem", super::public(0))]);
    let run = work.tree.run(&["fix", "--cert", "c.pem"]);
    assert!(
        run.code == 2 && run.err.contains("set XDG_STATE_HOME or HOME, or work in a Git repository"),
        "{}",
        run.err
    );
    assert_eq!(work.text("a.yaml"), text);
}
