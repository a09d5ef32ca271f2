//! `--stage`: what was staged as it stood is staged again, and Git reads the index as before.

use std::fs;

use super::{Work, encoded, git, public, repository, secret};

/// What Git says in the work tree.
fn says(work: &Work, arguments: &[&str]) -> String {
    git(&work.tree.path("."), arguments).expect("git")
}

/// A repository in which `s.yaml` is staged and not committed.
fn staged(init: &[&str]) -> Option<Work> {
    let work = repository(&[("a.yaml", "a: 1\n"), ("z/b.yaml", "b: 1\n")], init)?;
    work.write("s.yaml", secret("db", Some("ml")));
    says(&work, &["add", "s.yaml"]);
    Some(work)
}

#[track_caller]
fn assert_sound(work: &Work) {
    says(work, &["fsck", "--strict"]);
    says(work, &["ls-files", "--stage"]);
    assert!(!work.has(".git/index.lock"));
    assert!(!says(work, &["diff", "--cached"]).contains(&encoded()), "the index holds no value");
}

#[test]
fn a_file_that_was_staged_is_staged_again() {
    for init in [&[][..], &["--object-format=sha256"]] {
        let Some(work) = staged(init) else { return };
        let run = work.fix(&["--stage"]);
        assert!(run.code == 0 && run.err.contains("s.yaml: staged\n"), "{}", run.err);
        assert_eq!(says(&work, &["status", "--porcelain"]), "A  s.yaml\n");
        assert!(says(&work, &["diff", "--cached"]).contains("+kind: SealedSecret"));
        assert_sound(&work);
        says(&work, &["commit", "--quiet", "-m", "sealed"]);
        assert_eq!(says(&work, &["show", "HEAD:s.yaml"]), work.text("s.yaml"));
        assert_eq!(says(&work, &["status", "--porcelain"]), "");
    }
}

#[test]
fn without_the_flag_the_index_stays() {
    let Some(work) = staged(&[]) else { return };
    let index = fs::read(work.tree.path(".git/index")).expect("an index");
    assert_eq!(work.fix(&[]).code, 0);
    assert_eq!(fs::read(work.tree.path(".git/index")).expect("an index"), index);
    assert_eq!(says(&work, &["status", "--porcelain"]), "AM s.yaml\n");
}

#[test]
fn a_file_that_was_staged_in_part_is_left() {
    let Some(work) = staged(&[]) else { return };
    let staged = says(&work, &["ls-files", "--stage"]);
    work.write("s.yaml", format!("# not staged\n{}", secret("db", Some("ml"))));
    work.write("untracked.yaml", secret("new", Some("ml")));
    let run = work.fix(&["--stage"]);
    assert!(run.err.contains("s.yaml: has unstaged changes, so it was not staged"), "{}", run.err);
    assert!(!run.err.contains("untracked.yaml: staged"), "{}", run.err);
    assert_eq!(says(&work, &["ls-files", "--stage"]), staged);
    assert_eq!(says(&work, &["status", "--porcelain"]), "AM s.yaml\n?? untracked.yaml\n");
}

/// Of several clusters: the Secret goes, and what was made of it comes.
#[test]
fn removed_and_new_files_are_staged() {
    let configuration = "clusters:\n  east: { cert: a.pem, environments: [production] }\n  west: { cert: b.pem, environments: \
                         [production] }\n";
    let name = "packages/ml/production/s.yaml";
    let files =
        [(".mlguard.yaml", configuration), ("a.pem", public(0)), ("b.pem", public(1)), (name, &secret("db", None))];
    let Some(work) = repository(&files, &[]) else { return };
    let run = work.bare(&["--stage"]);
    let folder = "packages/ml/production";
    let status = says(&work, &["status", "--porcelain", "--no-renames"]);
    assert_eq!(
        status,
        format!("A  {folder}/s.east.yaml\nA  {folder}/s.west.yaml\nD  {folder}/s.yaml\n"),
        "{}",
        run.err
    );
    says(&work, &["fsck", "--strict"]);
}

#[test]
fn flags_of_other_entries_stay() {
    let Some(work) = staged(&[]) else { return };
    work.write("intended.yaml", "c: 1\n");
    says(&work, &["add", "--intent-to-add", "intended.yaml"]);
    says(&work, &["update-index", "--assume-unchanged", "a.yaml"]);
    says(&work, &["update-index", "--skip-worktree", "z/b.yaml"]);
    let flags = says(&work, &["ls-files", "-v"]);
    let status = says(&work, &["status", "--porcelain"]);
    assert_eq!(work.fix(&["--stage"]).code, 0);
    assert_eq!(says(&work, &["ls-files", "-v"]), flags);
    assert_eq!(says(&work, &["status", "--porcelain"]), status);
    assert_eq!(flags.lines().filter(|line| line.starts_with(['h', 'S'])).count(), 2, "{flags}");
    assert_sound(&work);
}

#[test]
fn indexes_of_every_form_stay_readable() {
    let forms: [&[&[&str]]; 5] = [
        &[&["update-index", "--index-version", "4"]],
        &[&["update-index", "--split-index"], &["add", "s.yaml"]],
        &[&["update-index", "--untracked-cache"], &["status"]],
        &[&["config", "index.skipHash", "true"], &["update-index", "--force-write-index"]],
        &[&["config", "core.fsmonitor", "false"]],
    ];
    for forms in forms {
        let Some(work) = staged(&[]) else { return };
        for form in forms {
            says(&work, form);
        }
        let names = says(&work, &["ls-files"]);
        let run = work.fix(&["--stage"]);
        assert!(run.code == 0 && run.err.contains("s.yaml: staged\n"), "{forms:?}: {}", run.err);
        assert_eq!(says(&work, &["status", "--porcelain"]), "A  s.yaml\n", "{forms:?}");
        assert_eq!(says(&work, &["ls-files"]), names, "{forms:?}");
        assert_sound(&work);
        says(&work, &["commit", "--quiet", "-m", "sealed"]);
        assert_eq!(says(&work, &["status", "--porcelain"]), "", "{forms:?}");
    }
}

#[test]
fn a_linked_work_tree_has_its_own_index() {
    let Some(work) = staged(&[]) else { return };
    says(&work, &["stash", "--quiet"]);
    says(&work, &["worktree", "add", "--quiet", "linked", "-b", "other"]);
    let linked = work.tree.path("linked");
    fs::write(linked.join("s.yaml"), secret("db", Some("ml"))).expect("a file");
    git(&linked, &["add", "s.yaml"]);
    let cert = work.tree.path(".git/cert.pem");
    fs::write(&cert, public(0)).expect("a file");
    let run = work.run_in("linked", &["fix", "--stage", "--cert", cert.to_str().expect("UTF-8")], &[]);
    assert!(run.code == 0 && run.err.contains("s.yaml: staged\n"), "{}", run.err);
    assert_eq!(git(&linked, &["status", "--porcelain"]).as_deref(), Some("A  s.yaml\n"));
    assert_eq!(says(&work, &["status", "--porcelain"]), "?? linked/\n");
    assert!(work.has(".git/worktrees/linked/mlguard") && !work.has(".git/mlguard"), "its own folder for originals");
    assert_eq!(work.run_in("linked", &["fix", "--undo"], &[]).code, 0);
    assert_eq!(work.text("linked/s.yaml"), secret("db", Some("ml")));
}

/// As while `git commit -a` runs its hooks.
#[test]
fn a_locked_index_is_left() {
    let Some(work) = staged(&[]) else { return };
    let entries = says(&work, &["ls-files", "--stage"]);
    work.write(".git/index.lock", "");
    let run = work.fix(&["--stage"]);
    assert!(run.code == 2 && run.err.contains("cannot write the index"), "{}", run.err);
    assert!(run.err.contains("`git add` the files yourself"), "{}", run.err);
    fs::remove_file(work.tree.path(".git/index.lock")).expect("the lock is ours");
    assert_eq!(says(&work, &["ls-files", "--stage"]), entries);
    assert!(work.text("s.yaml").contains("SealedSecret"), "the repair itself stays");
}
