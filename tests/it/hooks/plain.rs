//! `mlguard init --hook`: hooks that Git itself runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::rig::{CLEAN, LEAKY, Rig};

fn rig() -> Rig {
    let rig = Rig::new();
    rig.repository("r");
    rig.mlguard("r", &["init", "--hook"]).passes().says("pre-commit");
    rig
}

#[test]
fn a_commit_with_a_secret_is_refused_and_a_clean_one_passes() {
    let rig = rig();
    rig.write("r/k8s/secret.yaml", LEAKY);
    rig.commit("r", "leak").refused();
    rig.write("r/k8s/secret.yaml", CLEAN);
    rig.commit("r", "clean").passes();
    let mode = fs::metadata(rig.path("r/.git/hooks/pre-commit")).expect("the hook").permissions().mode();
    assert_eq!(mode & 0o111, 0o111);
}

#[test]
fn what_is_staged_counts_in_every_kind_of_commit() {
    let rig = rig();
    rig.write("r/a.yaml", CLEAN);
    rig.write("r/sub/b.yaml", "kind: Nothing\n");
    rig.commit("r", "clean").passes();
    // Staged, and clean again in the work tree.
    rig.write("r/a.yaml", LEAKY);
    rig.git("r", &["add", "a.yaml"]).passes();
    rig.write("r/a.yaml", CLEAN);
    rig.git("r", &["commit", "-m", "x"]).refused();
    rig.git("r", &["reset", "--quiet", "--hard"]).passes();
    // Not staged.
    rig.write("r/a.yaml", LEAKY);
    rig.write("r/sub/b.yaml", "kind: Something\n");
    rig.git("r", &["commit", "-m", "x", "sub/b.yaml"]).passes();
    rig.git("r", &["commit", "-m", "x", "a.yaml"]).refused();
    rig.git("r", &["commit", "-a", "-m", "x"]).refused();
    rig.git("r", &["commit", "-a", "--amend", "-m", "x"]).refused();
    rig.git("r/sub", &["commit", "-a", "-m", "x"]).refused();
    rig.git("r", &["checkout", "a.yaml"]).passes();
    rig.git("r", &["commit", "--allow-empty", "-m", "empty"]).passes();
    rig.git("r", &["rm", "--quiet", "a.yaml"]).passes();
    rig.git("r", &["commit", "-m", "only deletes"]).passes();
}

#[test]
fn linked_work_trees_use_the_same_hooks() {
    let rig = Rig::new();
    rig.repository("r");
    rig.git("r", &["worktree", "add", "--quiet", "../linked tree", "-b", "other"]).passes();
    rig.mlguard("linked tree", &["init", "--hook"]).passes();
    assert!(rig.path("r/.git/hooks/pre-commit").is_file());
    rig.write("linked tree/secret.yaml", LEAKY);
    rig.commit("linked tree", "leak").refused();
    rig.git("linked tree", &["commit", "-m", "leak", "secret.yaml"]).refused();
    rig.write("linked tree/secret.yaml", CLEAN);
    rig.commit("linked tree", "clean").passes();
}

#[test]
fn a_hook_that_was_there_is_kept_and_runs_first() {
    let rig = Rig::new();
    rig.repository("r");
    rig.program("r/.git/hooks/pre-commit", "#!/bin/sh\necho own hook\n[ ! -e stop ] || exit 3\n");
    rig.mlguard("r", &["init", "--hook"]).passes().says("pre-commit.local");
    let written = rig.read("r/.git/hooks/pre-commit");
    rig.mlguard("r", &["init", "--hook"]).passes().says("already");
    assert_eq!(rig.read("r/.git/hooks/pre-commit"), written);
    rig.write("r/secret.yaml", CLEAN);
    rig.commit("r", "clean").passes().says("own hook");
    rig.write("r/secret.yaml", LEAKY);
    rig.commit("r", "leak").refused().says("own hook");
    rig.write("r/secret.yaml", CLEAN);
    rig.write("r/stop", "");
    let refused = rig.commit("r", "stop").fails_with("own hook");
    assert!(!refused.text.contains("mlguard"), "{}", refused.text);
    // A second one has no name to go to.
    rig.program("r/.git/hooks/pre-commit", "#!/bin/sh\n");
    rig.mlguard("r", &["init", "--hook"]).fails_with("pre-commit.local");
    assert_eq!(rig.read("r/.git/hooks/pre-commit"), "#!/bin/sh\n");
}

#[test]
fn an_older_hook_of_ours_is_renewed() {
    let rig = rig();
    let written = rig.read("r/.git/hooks/pre-commit");
    rig.program("r/.git/hooks/pre-commit", &written.replace("exit 2", "exit 4"));
    rig.mlguard("r", &["init", "--hook"]).passes();
    assert_eq!(rig.read("r/.git/hooks/pre-commit"), written);
    assert!(!rig.path("r/.git/hooks/pre-commit.local").exists());
}

#[test]
fn without_mlguard_nothing_is_committed() {
    let rig = rig();
    let bare = Rig::with(Vec::new());
    bare.repository("r");
    fs::copy(rig.path("r/.git/hooks/pre-commit"), bare.path("r/.git/hooks/pre-commit")).expect("a copy");
    bare.write("r/a", "a");
    bare.commit("r", "x").fails_with("not found in PATH");
}

#[test]
fn the_folder_of_hooks_is_the_one_that_git_uses() {
    let rig = Rig::new();
    rig.repository("r");
    rig.git("r", &["config", "core.hooksPath", "tools/git hooks"]).passes();
    rig.mlguard("r", &["init", "--hook"]).passes().says("part of the work tree");
    assert!(!rig.path("r/.git/hooks/pre-commit").exists());
    rig.write("r/secret.yaml", LEAKY);
    rig.commit("r", "leak").refused();
    rig.git("r", &["config", "core.hooksPath", "/dev/null"]).passes();
    rig.mlguard("r", &["init", "--hook"]).fails_with("Git runs no hooks");
    // One for all repositories is not ours to change.
    rig.repository("other");
    let common = rig.path("common");
    rig.git("other", &["config", "--global", "core.hooksPath", common.to_str().expect("text")]).passes();
    rig.mlguard("other", &["init", "--hook"]).fails_with("core.hooksPath");
    assert!(!common.exists());
    rig.mlguard("other", &["init", "--hook", "--force"]).passes();
    rig.write("other/secret.yaml", LEAKY);
    rig.commit("other", "leak").refused();
}

#[test]
fn managers_of_hooks_are_left_their_hooks() {
    for (hook, words) in [
        ("#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\n", ".pre-commit-config.yaml"),
        ("#!/bin/sh\n# File generated by prek: https://github.com/j178/prek\n", ".pre-commit-config.yaml"),
        ("#!/usr/bin/env sh\n. \"$(dirname -- \"$0\")/_/husky.sh\"\n", ".husky/pre-commit"),
        ("#!/bin/sh\ncall_lefthook run \"pre-commit\" \"$@\"\n", "lefthook.yml"),
    ] {
        let rig = Rig::new();
        rig.repository("r");
        rig.program("r/.git/hooks/pre-commit", hook);
        rig.mlguard("r", &["init", "--hook"]).fails_with(words).says("--force");
        assert_eq!(rig.read("r/.git/hooks/pre-commit"), hook);
        rig.mlguard("r", &["init", "--hook", "--force"]).passes();
        assert_eq!(rig.read("r/.git/hooks/pre-commit.local"), hook);
    }
    let rig = Rig::new();
    rig.repository("r");
    rig.git("r", &["config", "core.hooksPath", ".husky/_"]).passes();
    rig.mlguard("r", &["init", "--hook"]).fails_with(".husky/pre-commit");
    rig.mlguard("home", &["init", "--hook"]).fails_with("repository");
}

#[test]
fn pushes_are_checked_with_what_the_remote_lacks() {
    let rig = Rig::new();
    rig.repository("r");
    rig.git(".", &["init", "--quiet", "--bare", "remote"]).passes();
    rig.git("r", &["remote", "add", "origin", "../remote"]).passes();
    rig.program("r/.git/hooks/pre-push", "#!/bin/sh\necho \"own hook: $1 $2 $(cat)\"\n");
    rig.mlguard("r", &["init", "--hook=pre-push"]).passes();
    rig.git("r", &["push", "origin", "main"]).passes().says("own hook: origin ../remote refs/heads/main ");
    rig.git("r", &["push", "origin", "main"]).passes();
    rig.git("r", &["push", "origin", "main:refs/heads/new"]).passes();
    // Added and removed again: the commit between has it.
    rig.git("r", &["checkout", "--quiet", "-b", "leak"]).passes();
    rig.write("r/secret.yaml", LEAKY);
    rig.commit_unchecked("r", "leak");
    rig.git("r", &["push", "origin", "leak"]).refused();
    // What is pushed need not be checked out.
    rig.git("r", &["checkout", "--quiet", "main"]).passes();
    rig.git("r", &["push", "origin", "main", "leak"]).refused();
    rig.git("r", &["tag", "-a", "-m", "a tag", "v1", "leak"]).passes();
    rig.git("r", &["push", "origin", "v1"]).refused();
    rig.git("r", &["push", "--no-verify", "origin", "leak"]).passes();
    // It is there now.
    rig.git("r", &["push", "origin", "v1"]).passes();
    rig.git("r", &["push", "origin", ":new"]).passes();
    rig.git("r", &["push", "--force", "origin", "main:leak"]).passes();
}

#[test]
fn by_hand_a_push_hook_looks_at_what_is_checked_out() {
    let rig = Rig::new();
    rig.repository("r");
    rig.write("r/secret.yaml", LEAKY);
    rig.commit_unchecked("r", "leak");
    rig.mlguard("r", &["hook", "pre-push"]).refused();
}
