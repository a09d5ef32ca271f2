//! `--undo`, and who else may be at work.

use std::fs;

use super::{VALUE, Work, secret};

#[test]
fn runs_are_taken_back_one_after_the_other() {
    let (first, second) = (secret("a", Some("ml")), secret("b", Some("ml")));
    let work = Work::new(&[("a.yaml", &first), ("sub/b.yaml", &second)]);
    let before = work.files();
    assert_eq!(work.fix(&["a.yaml"]).code, 0);
    let between = work.files();
    assert_eq!(work.fix(&["sub"]).code, 0);
    let run = work.run_in("sub", &["fix", "--undo"], &[]);
    assert_eq!(run.code, 0, "from a folder below: {}", run.err);
    assert!(
        run.err.starts_with("note: sub/b.yaml: restored\n") && run.err.contains("1 earlier run can be undone"),
        "{}",
        run.err
    );
    assert!(work.files() == between);
    let run = work.bare(&["--undo"]);
    assert!(run.code == 0 && work.files() == before, "{}", run.err);
    let run = work.bare(&["--undo"]);
    assert!(run.code == 2 && run.err.contains("nothing to undo"), "{}", run.err);
    assert_eq!(fs::read_dir(work.tree.path(".git/mlguard/runs")).expect("a folder").count(), 0, "no original is left");
}

#[test]
fn an_edit_by_hand_is_not_lost() {
    let work = Work::new(&[("a.yaml", &secret("a", Some("ml"))), ("b.yaml", &secret("b", Some("ml")))]);
    assert_eq!(work.fix(&[]).code, 0);
    let edited = work.text("b.yaml") + "# by hand\n";
    work.write("b.yaml", &edited);
    let before = work.files();
    let run = work.bare(&["--undo"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("nothing was written") && run.err.contains("b.yaml: was changed since"), "{}", run.err);
    assert!(!run.err.contains("a.yaml: "), "only what is in the way is named: {}", run.err);
    assert!(work.files() == before);
    // The original, which the message names, is there to merge.
    let named = run.err.split("the original is ").nth(1).and_then(|rest| rest.split(": merge").next()).expect("a path");
    assert_eq!(fs::read_to_string(named).expect("the original"), secret("b", Some("ml")));
    work.write("b.yaml", edited.trim_end_matches("# by hand\n"));
    assert_eq!(work.bare(&["--undo"]).code, 0);
}

#[test]
fn another_process_that_writes_is_waited_for_by_nobody() {
    let text = secret("a", Some("ml"));
    let work = Work::new(&[("a.yaml", &text)]);
    fs::create_dir_all(work.tree.path(".git/mlguard")).expect("a folder");
    let lock = fs::File::create(work.tree.path(".git/mlguard/lock")).expect("a file");
    lock.lock().expect("a lock");
    for arguments in [&[][..], &["--undo"]] {
        let run = work.fix(arguments);
        assert!(run.code == 2 && run.err.contains("another run of mlguard is writing here"), "{}", run.err);
    }
    assert_eq!(work.fix(&["--diff"]).code, 1, "a look needs no lock");
    assert_eq!(work.text("a.yaml"), text);
    drop(lock);
    assert_eq!(work.fix(&[]).code, 0);
}

#[test]
fn two_runs_at_once_repair_each_file_once() {
    let texts: Vec<(String, String)> =
        (0..12).map(|index| (format!("{index}.yaml"), secret(&format!("s{index}"), Some("ml")))).collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    for _ in 0..5 {
        let work = Work::new(&files);
        let runs: Vec<_> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..3).map(|_| scope.spawn(|| work.fix(&[]))).collect();
            all.into_iter().map(|run| run.join().expect("a run")).collect()
        });
        assert!(runs.iter().any(|run| run.code == 0), "{runs:?}");
        // Another one finds the lock, the files changed, or nothing left to do.
        assert!(runs.iter().all(|run| matches!(run.code, 0..=2)), "{runs:?}");
        for (name, _) in &files {
            assert_eq!(work.namespaces(name), ["ml"], "{runs:?}");
        }
        assert_eq!(work.files().len(), files.len(), "no other file is left");
        while work.bare(&["--undo"]).code == 0 {}
        assert!(files.iter().all(|(name, text)| work.text(name) == *text));
    }
}

#[cfg(unix)]
#[test]
fn originals_are_kept_where_nobody_else_reads_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let work = Work::new(&[("a.yaml", &secret("a", Some("ml")))]);
    assert_eq!(work.fix(&[]).code, 0);
    let mode = |path: &std::path::Path| path.metadata().expect("a file").permissions().mode() & 0o777;
    let mut folders = vec![work.tree.path(".git/mlguard")];
    let mut originals = 0;
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder), 0o700);
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            let text = fs::read_to_string(path).expect("a file");
            assert!(!text.contains(VALUE));
            originals += usize::from(text.contains(&super::encoded()));
        }
    }
    assert_eq!(originals, 1);
    assert!(!work.text("a.yaml").contains(&super::encoded()));
}
