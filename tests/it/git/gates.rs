//! Ways around a gate that do not lead around it, and old findings that do not hold anybody up.

use std::fmt::Write as _;

use super::generate::render;
use super::rig::{Repo, Run, has_git};

fn json(repo: &Repo, arguments: &[&str]) -> Run {
    let mut all = vec!["check", "--format", "json"];
    all.extend(arguments);
    repo.run(&all)
}

/// A bare clone, as a server has it, next to the repository.
fn server(repo: &Repo) -> std::path::PathBuf {
    let path = repo.beside("server.git");
    repo.git(&["clone", "-q", "--bare", ".", &path.display().to_string()]);
    path
}

/// What the server says of `main` at `new`, whose objects are there already.
fn received(repo: &Repo, server: &std::path::Path, old: &str, new: &str) -> Run {
    repo.git(&["-C", &server.display().to_string(), "fetch", "-q", &repo.path.display().to_string(), new]);
    repo.at(server).run_on(&["hook", "pre-receive", "--format", "json"], &format!("{old} {new} refs/heads/main\n"))
}

const NOTHING: &str = "0000000000000000000000000000000000000000";

#[test]
fn a_replacement_does_not_hide_what_is_pushed() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("words", "x\n");
    let first = repo.commit("first");
    let server = server(&repo);
    repo.write("leak.yaml", &render("leak.yaml", &[1]));
    let bad = repo.commit("leak");
    let clean = repo.git(&["commit-tree", &format!("{first}^{{tree}}"), "-p", &first, "-m", "x"]);
    repo.git(&["replace", &bad, &clean]);
    repo.git(&["push", "-q", &server.display().to_string(), &format!("refs/replace/{bad}")]);
    assert_eq!(received(&repo, &server, &first, &bad).code, 1);
    assert_eq!(json(&repo, &["--diff", &first]).code, 1);
    assert_eq!(
        repo.run_on(&["hook", "pre-push", "origin", "x"], &format!("refs/heads/main {bad} refs/heads/main {first}\n"))
            .code,
        1
    );
}

#[test]
fn what_the_branch_was_merged_with_is_not_its_doing() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("words", "x\n");
    let first = repo.commit("first");
    repo.git(&["branch", "topic"]);
    repo.write("old.yaml", &render("old.yaml", &[1]));
    repo.commit("old secret of main");
    repo.git(&["checkout", "-q", "topic"]);
    let server = server(&repo);
    repo.git(&["merge", "-q", "--no-ff", "-m", "merge", "main"]);
    let merge = repo.git(&["rev-parse", "HEAD"]);
    let run = received(&repo, &server, &first, &merge);
    assert_eq!((run.code, run.findings().len()), (0, 0), "{run:?}");
    // A new branch off one with an old secret brings none either.
    repo.git(&["checkout", "-q", "-b", "fresh", "main"]);
    repo.write("words", "y\n");
    let fresh = repo.commit("one clean commit");
    let run = received(&repo, &server, NOTHING, &fresh);
    assert_eq!((run.code, run.findings().len()), (0, 0), "{run:?}");
    repo.write("new.yaml", &render("new.yaml", &[2]));
    let leak = repo.commit("leak");
    assert_eq!(received(&repo, &server, NOTHING, &leak).places(), ["Secret team/newyaml .stringData.key-2"]);
}

#[test]
fn who_pushes_first_does_not_set_the_rules() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write(".mlguard.yaml", "exclude: [\"**\"]\n");
    let lax = repo.commit("lax");
    let server = repo.beside("server.git");
    repo.git(&["init", "-q", "--bare", "-b", "unborn", &server.display().to_string()]);
    repo.git(&["push", "-q", &server.display().to_string(), &format!("{lax}:refs/heads/lax")]);
    repo.write("leak.yaml", &render("leak.yaml", &[1]));
    let leak = repo.commit("leak");
    assert_eq!(received(&repo, &server, &lax, &leak).code, 1);
}

#[test]
fn an_address_without_a_remote_has_nothing_yet() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("leak.yaml", &render("leak.yaml", &[1]));
    let leak = repo.commit("leak");
    repo.git(&["update-ref", "refs/remotes/origin/main", &leak]);
    repo.git(&["config", "remote.origin.url", "https://private.example/x.git"]);
    let line = format!("refs/heads/main {leak} refs/heads/main {NOTHING}\n");
    let push = |address: &str| repo.run_on(&["hook", "pre-push", address, address], &line).code;
    assert_eq!(push("https://public.example/x.git"), 1);
    assert_eq!(push("https://private.example/x.git"), 0);
    assert_eq!(repo.run_on(&["hook", "pre-push", "origin", "x"], &line).code, 0);
}

#[test]
fn a_file_that_was_excluded_counts_where_it_is_moved_to() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write(
        ".mlguard.yaml",
        "exclude: [\"fixtures/**\"]\nrules: { plaintext-secret: { level: note, paths: [\"tests/**\"] } }\n",
    );
    let base = repo.commit("base");
    repo.write("fixtures/c.yaml", &render("c.yaml", &[1]));
    repo.write("tests/t.yaml", &render("t.yaml", &[2]));
    repo.commit("excluded");
    let before = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["mv", "fixtures/c.yaml", "c.yaml"]);
    repo.git(&["mv", "tests/t.yaml", "t.yaml"]);
    let both = ["Secret team/cyaml .stringData.key-1", "Secret team/tyaml .stringData.key-2"];
    assert_eq!(json(&repo, &["--staged"]).places(), both, "the level rises");
    repo.commit("moved");
    assert_eq!(json(&repo, &["--diff", &before]).places(), both);
    assert_eq!(json(&repo, &["--history"]).places(), both);
    repo.git(&["rm", "-q", "c.yaml", "t.yaml"]);
    repo.commit("gone");
    assert_eq!(json(&repo, &["--diff", &base]).places(), both);
}

#[test]
fn a_path_that_nothing_has_is_no_clean_run() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("sub/a.yaml", &render("a.yaml", &[1]));
    repo.git(&["add", "-A"]);
    assert_eq!(json(&repo, &["--staged", "nosuch.yaml"]).code, 2);
    assert_eq!(json(&repo, &["--staged", "sub"]).code, 1);
    assert_eq!(repo.at(&repo.path.join("sub")).run(&["check", "--staged", "a.yaml"]).code, 1);
    // What the work tree has in its place does not matter.
    std::fs::remove_file(repo.path.join("sub/a.yaml")).expect("it goes");
    #[cfg(unix)]
    std::os::unix::fs::symlink("../elsewhere", repo.path.join("sub/a.yaml")).expect("a link");
    assert_eq!(json(&repo, &["--staged", "sub/a.yaml"]).code, 1);
    repo.git(&["commit", "-q", "-m", "x"]);
    assert_eq!(json(&repo, &["--history", "nosuch"]).code, 2);
}

#[test]
fn a_copy_in_a_merge_is_new_although_both_parents_have_the_value() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("a.yaml", &render("a.yaml", &[1]));
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("a.yaml", &format!("# side\n{}", render("a.yaml", &[1])));
    repo.commit("side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a.yaml", &format!("{}# main\n", render("a.yaml", &[1])));
    repo.commit("main");
    repo.git(&["merge", "-q", "--no-commit", "side"]);
    repo.write("b.yaml", &render("b.yaml", &[1]));
    repo.git(&["add", "-A"]);
    assert_eq!(json(&repo, &["--staged"]).places(), ["Secret team/byaml .stringData.key-1"]);
}

#[test]
fn what_a_range_could_not_search_is_named() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.commit("base");
    repo.write("large.txt", &"words and words\n".repeat(500));
    repo.commit("large");
    repo.git(&["rm", "-q", "large.txt"]);
    repo.commit("gone");
    let run = json(&repo, &["--diff", "HEAD~2", "--max-size", "1KiB"]);
    assert!(run.json()["coverage"]["skipped"].to_string().contains("large.txt"), "{run:?}");
}

#[test]
fn encrypted_files_are_read_out_of_the_index() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.git(&["config", "filter.x.clean", "sed s/PLAIN/SEALED/"]);
    repo.git(&["config", "filter.x.smudge", "sed s/SEALED/PLAIN/"]);
    repo.write(".gitattributes", "db.yaml filter=x\n");
    repo.write("db.yaml", &render("db.yaml", &[1]).replace("dbyaml", "PLAIN").to_lowercase().replace("plain", "PLAIN"));
    repo.write("words", "x\n");
    repo.commit("base");
    let mut pod =
        String::from("apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: team}\nspec:\n  containers:\n");
    writeln!(pod, "    - {{name: c, image: nginx, envFrom: [{{secretRef: {{name: PLAIN}}}}]}}").expect("a string");
    repo.write("pod.yaml", &pod);
    repo.git(&["add", "-A"]);
    let staged = json(&repo, &["--staged"]);
    repo.git(&["commit", "-q", "-m", "pod"]);
    let rules = |run: &Run| -> Vec<String> {
        run.findings().iter().map(|finding| finding["rule"].as_str().expect("a rule").to_owned()).collect()
    };
    assert_eq!(rules(&staged), rules(&json(&repo, &["--diff", "HEAD~1"])));
    assert!(rules(&staged).contains(&"undefined-secret".to_owned()), "{staged:?}");
}
