//! Repositories of every shape, and damaged ones: what cannot be read is said, and never passes.

use std::fs;
use std::path::PathBuf;

use super::generate::{render, token};
use super::rig::{Repo, has_git};

const HISTORY: [&str; 4] = ["check", "--history", "--format", "json"];

/// A repository with one Secret a commit: the first is gone, the second stands.
fn two() -> Repo {
    let repo = Repo::new();
    repo.write("a.yaml", &render("a.yaml", &[1]));
    repo.commit("one");
    repo.write("a.yaml", &render("a.yaml", &[2]));
    repo.commit("two");
    repo
}

fn standing(finding: &serde_json::Value) -> (String, bool) {
    let place = finding["place"].as_str().expect("a place");
    let key = place.rsplit('.').next().expect("a key").to_owned();
    (key, finding["commit"]["in_head"].as_bool().expect("in_head"))
}

const BOTH: [(&str, bool); 2] = [("key-1", false), ("key-2", true)];

#[test]
fn bare_linked_and_borrowed_repositories_have_a_history() {
    if !has_git() {
        return;
    }
    let repo = two();
    let at = |path: &PathBuf| {
        let run = repo.at(path).run(&HISTORY);
        let mut all: Vec<_> = run.findings().iter().map(standing).collect();
        all.sort();
        all
    };
    let both = BOTH.map(|(key, stands)| (key.to_owned(), stands));
    assert_eq!(at(&repo.path), both);
    let path = |name: &str| repo.beside(name);
    let text = |name: &str| path(name).display().to_string();
    repo.git(&["clone", "-q", "--bare", ".", &text("bare.git")]);
    assert_eq!(at(&path("bare.git")), both);
    repo.git(&["worktree", "add", "-q", &text("linked"), "HEAD~1"]);
    let linked = repo.at(&path("linked")).run(&HISTORY);
    assert_eq!(linked.findings().len(), 2, "{linked:?}");
    repo.git(&["clone", "-q", "--shared", ".", &text("borrowed")]);
    assert_eq!(at(&path("borrowed")), both);
    fs::create_dir(path("inner")).expect("a folder");
    // As Git sets it for hooks in linked work trees.
    let git_dir = repo.path.join(".git").display().to_string();
    let run = repo
        .at(&path("inner"))
        .run_with(&HISTORY, &[("GIT_DIR", &git_dir), ("GIT_WORK_TREE", &repo.path.display().to_string())]);
    assert_eq!(run.findings().len(), 2, "{run:?}");
}

#[test]
fn a_staged_change_is_seen_in_a_linked_work_tree_and_a_submodule() {
    if !has_git() {
        return;
    }
    let repo = two();
    let linked = repo.beside("linked");
    repo.git(&["worktree", "add", "-q", &linked.display().to_string()]);
    fs::write(linked.join("b.yaml"), render("b.yaml", &[3])).expect("a file");
    repo.git(&["-C", &linked.display().to_string(), "add", "-A"]);
    assert_eq!(repo.at(&linked).run(&["check", "--staged"]).code, 1);
    assert_eq!(repo.run(&["check", "--staged"]).code, 0);
    let outer = Repo::new();
    outer.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &repo.path.display().to_string(),
        "vendor/module",
    ]);
    let run = outer.run(&["check", "--staged"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("submodule"), "{run:?}");
    let inner = outer.path.join("vendor/module");
    fs::write(inner.join("c.yaml"), render("c.yaml", &[4])).expect("a file");
    outer.git(&["-C", &inner.display().to_string(), "add", "-A"]);
    assert_eq!(outer.at(&inner).run(&["check", "--staged"]).code, 1);
}

#[test]
fn a_clone_without_all_of_its_history_does_not_pass() {
    if !has_git() {
        return;
    }
    let repo = two();
    let address = format!("file://{}", repo.path.display());
    let path = |name: &str| repo.beside(name);
    repo.git(&["clone", "-q", "--depth", "1", &address, &path("shallow").display().to_string()]);
    let shallow = repo.at(&path("shallow"));
    let run = shallow.run(&HISTORY);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.err.contains("shallow") && run.err.contains("--unshallow"), "{run:?}");
    let run = shallow.run(&["check", "--history", "--allow-shallow", "--format", "json"]);
    assert_eq!((run.code, run.places()), (1, vec!["Secret team/ayaml .stringData.key-2".to_owned()]));
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    repo.git(&["clone", "-q", "--no-checkout", "--filter=blob:none", &address, &path("partial").display().to_string()]);
    let partial = repo.at(&path("partial"));
    let run = partial.run(&["check", "--history"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.out.contains("this clone is partial"), "{run:?}");
    let run = partial.run(&["check", "--history", "--allow-shallow"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("this clone is partial"), "{run:?}");
}

#[test]
fn what_is_not_there_or_damaged_is_said_with_status_two() {
    if !has_git() {
        return;
    }
    let repo = two();
    let outside = repo.beside("outside");
    fs::create_dir(&outside).expect("a folder");
    for arguments in [&["check", "--staged"][..], &["check", "--diff", "main"], &["check", "--history"]] {
        let run = repo.at(&outside).run(arguments);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains("not in a Git repository"), "{run:?}");
    }
    for range in ["nothing", "nothing..HEAD", "HEAD..nothing", "HEAD^{tree}", &"1".repeat(40)] {
        let run = repo.run(&["check", "--diff", range]);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains("the revision '"), "{run:?}");
    }
    for arguments in
        [&["check", "--diff", "HEAD"][..], &["check", "--diff", "HEAD..HEAD~1"], &["check", "--history=HEAD..HEAD"]]
    {
        let run = repo.run(arguments);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains("contains no commit"), "{run:?}");
    }
    assert_eq!(repo.run(&["check", "--staged", "--history"]).code, 2);
}

/// The only loose object that holds `content`.
fn loose(repo: &Repo, revision: &str) -> PathBuf {
    let id = repo.git(&["rev-parse", revision]);
    repo.path.join(".git/objects").join(&id[..2]).join(&id[2..])
}

fn overwrite(path: &PathBuf, bytes: &[u8]) {
    fs::remove_file(path).expect("it goes");
    fs::write(path, bytes).expect("it is written");
}

#[test]
fn damaged_objects_do_not_pass() {
    if !has_git() {
        return;
    }
    for (revision, what) in [("HEAD~1:a.yaml", "a content"), ("HEAD~1^{tree}", "a tree"), ("HEAD~1", "a commit")] {
        for damage in [&b"not zlib"[..], b""] {
            let repo = two();
            overwrite(&loose(&repo, revision), damage);
            let run = repo.run(&["check", "--history"]);
            assert_eq!(run.code, 2, "{what}: {run:?}");
            let said = format!("{}{}", run.out, run.err);
            assert!(said.contains("git fsck") || said.contains("cannot be read"), "{what}: {run:?}");
        }
        let repo = two();
        fs::remove_file(loose(&repo, revision)).expect("it goes");
        let run = repo.run(&["check", "--history"]);
        assert_eq!(run.code, 2, "{what} is missing: {run:?}");
        let run = repo.run(&["check", "--diff", "HEAD~1"]);
        assert_eq!(run.code, 2, "{what} is missing: {run:?}");
    }
}

#[test]
fn a_damaged_stash_does_not_pass() {
    if !has_git() {
        return;
    }
    let repo = two();
    for number in [3, 4] {
        repo.write("a.yaml", &render("a.yaml", &[number]));
        repo.git(&["stash", "-q"]);
    }
    // The older one is named by the reflog alone.
    overwrite(&loose(&repo, "stash@{1}"), b"not zlib");
    let run = repo.run(&["check", "--history"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.out.contains("git fsck"), "{run:?}");
}

#[test]
fn a_truncated_pack_or_index_does_not_pass() {
    if !has_git() {
        return;
    }
    let repo = two();
    for number in 10..40 {
        repo.write(&format!("f{number}.yaml"), &render("f", &[number]));
    }
    repo.commit("more");
    repo.git(&["repack", "-q", "-a", "-d"]);
    let packs = fs::read_dir(repo.path.join(".git/objects/pack")).expect("packs");
    let pack = packs.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "pack"));
    let pack = pack.expect("a pack");
    let bytes = fs::read(&pack).expect("it is read");
    for keep in [bytes.len() / 2, 40, 0] {
        overwrite(&pack, &bytes[..keep]);
        let run = repo.run(&["check", "--history"]);
        assert_eq!(run.code, 2, "{keep}: {run:?}");
        assert!(!run.out.contains("clean"), "{keep}: {run:?}");
    }
    overwrite(&pack, &bytes);
    let index = repo.path.join(".git/index");
    let bytes = fs::read(&index).expect("it is read");
    overwrite(&index, &bytes[..bytes.len() / 2]);
    let run = repo.run(&["check", "--staged"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(!format!("{}{}", run.out, run.err).contains(&token(2)));
}
