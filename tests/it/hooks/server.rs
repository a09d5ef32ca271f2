//! `pre-receive` on a server.

use super::rig::{CLEAN, LEAKY, Rig};

/// A server whose hook is ours, and a clone of it with one commit.
fn rig() -> Rig {
    let rig = Rig::new();
    rig.repository("r");
    rig.git(".", &["init", "--quiet", "--bare", "-b", "main", "server.git"]).passes();
    rig.git("r", &["remote", "add", "origin", "../server.git"]).passes();
    rig.mlguard("server.git", &["init", "--hook"]).fails_with("--hook=pre-receive");
    rig.program("server.git/hooks/pre-receive", "#!/bin/sh\necho \"own hook: $(cat)\"\n");
    rig.mlguard("server.git", &["init", "--hook=pre-receive"]).passes();
    rig.git("r", &["push", "origin", "main"]).passes().says("own hook: 0000");
    rig
}

#[test]
fn a_push_with_a_secret_is_refused_and_leaves_nothing() {
    let rig = rig();
    rig.write("r/secret.yaml", LEAKY);
    rig.commit_unchecked("r", "leak");
    rig.git("r", &["push", "origin", "main"]).refused();
    rig.git("r", &["push", "origin", "HEAD:refs/heads/other"]).refused();
    rig.git("r", &["tag", "-a", "-m", "a tag", "v1"]).passes();
    rig.git("r", &["push", "origin", "v1"]).refused();
    // The server has nothing of it.
    let leak = rig.git("r", &["rev-parse", "HEAD"]).text;
    assert_ne!(rig.git("server.git", &["cat-file", "-e", leak.trim()]).code, 0);
    rig.git("r", &["tag", "-d", "v1"]).passes();
    rig.write("r/secret.yaml", CLEAN);
    rig.commit_unchecked("r", "removed again");
    rig.git("r", &["push", "origin", "main"]).fails_with("plaintext-secret");
    rig.git("r", &["reset", "--quiet", "--hard", "origin/main"]).passes();
    rig.write("r/secret.yaml", CLEAN);
    rig.commit_unchecked("r", "clean");
    rig.git("r", &["push", "origin", "main"]).passes();
}

#[test]
fn what_the_server_has_already_passes() {
    let rig = rig();
    rig.write("r/a", "a");
    rig.commit_unchecked("r", "more");
    rig.git("r", &["push", "origin", "main"]).passes();
    rig.git("r", &["push", "origin", "HEAD~1:refs/heads/old"]).passes();
    rig.git("r", &["push", "origin", ":old"]).passes();
    rig.git("r", &["push", "--force", "origin", "HEAD~1:main"]).passes();
    rig.git("r", &["tag", "-a", "-m", "a tag", "v1"]).passes();
    rig.git("r", &["push", "origin", "v1"]).passes();
    rig.git("r", &["checkout", "--quiet", "-b", "again", "HEAD~1"]).passes();
    rig.write("r/b", "b");
    rig.commit_unchecked("r", "another");
    rig.git("r", &["push", "--force", "origin", "again:main"]).passes();
    rig.write("r/secret.yaml", LEAKY);
    rig.commit_unchecked("r", "leak");
    rig.git("r", &["push", "--force", "origin", "again:main"]).refused();
}
