//! The real pre-commit and prek: what each kind of run means.

use std::path::{Path, PathBuf};

use super::rig::{CLEAN, LEAKY, Rig};
use crate::tools::tool;

/// The hooks of this repository that use the mlguard on the PATH, as a repository that pre-commit can clone.
fn hooks(rig: &Rig) -> String {
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
    rig.repository("mlguard");
    rig.write("mlguard/.pre-commit-hooks.yaml", &std::fs::read_to_string(hooks).expect("the hooks"));
    rig.commit("mlguard", "hooks").passes();
    rig.git("mlguard", &["tag", "v1"]).passes();
    format!("repos:\n- repo: {}\n  rev: v1\n  hooks:\n", rig.path("mlguard").display())
}

/// A repository with all hooks of the system installed, and the program.
fn rig(variable: &str, name: &str) -> Option<(Rig, PathBuf)> {
    let program = tool(variable, name)?;
    let mut rig = Rig::new();
    rig.add_program(&program);
    let config = hooks(&rig);
    rig.repository("r");
    let config = format!("{config}  - id: mlguard-system\n    exclude: ^vendor/\n  - id: mlguard-push-system\n");
    rig.write("r/.pre-commit-config.yaml", &config);
    rig.commit("r", "configuration").passes();
    let kinds = ["install", "-t", "pre-commit", "-t", "pre-push", "-t", "pre-merge-commit"];
    rig.run("r", &program, &kinds).passes();
    Some((rig, program))
}

/// Both programs, each in a repository of its own.
fn each(test: impl Fn(Rig, PathBuf)) {
    for (variable, name) in [("MLGUARD_PRE_COMMIT", "pre-commit"), ("MLGUARD_PREK", "prek")] {
        if let Some((rig, program)) = rig(variable, name) {
            test(rig, program);
        }
    }
}

#[test]
fn commits_bring_nothing() {
    each(|rig, _| {
        rig.write("r/a.yaml", LEAKY);
        rig.commit("r", "leak").refused();
        rig.git("r", &["commit", "-m", "x", "a.yaml"]).refused();
        rig.write("r/a.yaml", CLEAN);
        rig.write("r/sub/b.yaml", "kind: Nothing\n");
        rig.commit("r", "clean").passes();
        rig.write("r/a.yaml", LEAKY);
        rig.git("r", &["commit", "-a", "-m", "x"]).refused();
        // The work tree is not what is committed.
        rig.git("r", &["add", "a.yaml"]).passes();
        rig.write("r/a.yaml", CLEAN);
        rig.git("r", &["commit", "-m", "x"]).refused();
        rig.git("r", &["commit", "--amend", "-m", "x"]).refused();
        rig.git("r/sub", &["commit", "-m", "x"]).refused();
        rig.git("r", &["add", "a.yaml"]).passes();
        rig.git("r", &["commit", "--allow-empty", "-m", "nothing"]).passes();
        // pre-commit's own words count for the files of a commit.
        rig.write("r/vendor/a.yaml", LEAKY);
        rig.write("r/README.md", "More.\n");
        rig.commit("r", "vendored").passes();
        rig.git("r", &["rm", "-r", "--quiet", "vendor"]).passes();
        rig.git("r", &["commit", "-m", "only deletes"]).passes();
    });
}

/// A pod that uses the Secret `own`.
const POD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: team}
spec:
  containers:
  - name: a
    image: a
    env:
    - name: A
      valueFrom: {secretKeyRef: {name: own, key: A}}
";

/// What makes a Secret.
fn external(name: &str) -> String {
    format!(
        "\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {{name: {name}, namespace: team}}
spec:
  secretStoreRef: {{name: s, kind: ClusterSecretStore}}
  target: {{name: {name}}}
  data:
  - secretKey: A
    remoteRef: {{key: x, property: y}}
"
    )
}

#[test]
fn a_commit_that_only_deletes_is_checked() {
    each(|rig, _| {
        rig.write("r/pod.yaml", POD);
        rig.write("r/own.yaml", &external("own"));
        rig.write("r/other.yaml", &external("other"));
        rig.commit("r", "all is well").passes();
        rig.git("r", &["rm", "--quiet", "own.yaml"]).passes();
        rig.git("r", &["commit", "-m", "x"]).fails_with("undefined-secret").says("pod.yaml");
        // Beside another file, which is all that pre-commit names.
        rig.write("r/README.md", "More.\n");
        rig.commit("r", "x").fails_with("undefined-secret").says("pod.yaml");
    });
}

/// Of a commit that ends a merge pre-commit names the files that were in conflict only.
#[test]
fn merges_of_what_does_not_fit_together_are_refused() {
    each(|rig, _| {
        rig.write("r/own.yaml", &external("own"));
        rig.write("r/other.yaml", &external("other"));
        rig.commit("r", "a Secret").passes();
        rig.git("r", &["checkout", "--quiet", "-b", "other"]).passes();
        rig.git("r", &["rm", "--quiet", "own.yaml"]).passes();
        rig.write("r/README.md", "One.\n");
        rig.commit("r", "no Secret").passes();
        rig.git("r", &["checkout", "--quiet", "main"]).passes();
        rig.write("r/pod.yaml", POD);
        rig.write("r/README.md", "Other.\n");
        rig.commit("r", "a pod").passes();
        assert_ne!(rig.git("r", &["merge", "other"]).code, 0, "a conflict");
        rig.write("r/README.md", "Both.\n");
        rig.commit("r", "merge").fails_with("undefined-secret").says("pod.yaml");
    });
}

#[test]
fn merges_are_checked() {
    each(|rig, _| {
        rig.write("r/a.yaml", CLEAN);
        rig.commit("r", "a").passes();
        rig.git("r", &["checkout", "--quiet", "-b", "other"]).passes();
        rig.write("r/a.yaml", &format!("{CLEAN}  OTHER: ${{OTHER}}\n"));
        rig.commit("r", "b").passes();
        rig.git("r", &["checkout", "--quiet", "main"]).passes();
        rig.write("r/a.yaml", &format!("{CLEAN}  MORE: ${{MORE}}\n"));
        rig.commit("r", "c").passes();
        assert_ne!(rig.git("r", &["merge", "other"]).code, 0, "a conflict");
        rig.write("r/a.yaml", LEAKY);
        rig.commit("r", "merge").refused();
        rig.write("r/a.yaml", CLEAN);
        rig.commit("r", "merge").passes();
        // A merge without a conflict.
        rig.git("r", &["checkout", "--quiet", "-b", "third", "HEAD~1"]).passes();
        rig.write("r/secret.yaml", CLEAN);
        rig.commit("r", "d").passes();
        rig.git("r", &["checkout", "--quiet", "main"]).passes();
        rig.git("r", &["merge", "--no-ff", "-m", "merge", "third"]).passes();
    });
}

#[test]
fn linked_work_trees_and_rebases_are_checked() {
    each(|rig, program| {
        rig.git("r", &["worktree", "add", "--quiet", "../linked", "-b", "linked"]).passes();
        rig.write("linked/a.yaml", LEAKY);
        rig.commit("linked", "leak").refused();
        rig.git("linked", &["commit", "-m", "leak", "a.yaml"]).refused();
        rig.write("linked/a.yaml", CLEAN);
        rig.commit("linked", "clean").passes();
        rig.write("r/b.yaml", LEAKY);
        rig.commit_unchecked("r", "leak");
        let exec = format!("'{}' run --from-ref HEAD~1 --to-ref HEAD", program.display());
        rig.git("r", &["rebase", "--exec", &exec, "HEAD~1"]).refused();
    });
}

#[test]
fn runs_by_hand_mean_what_they_say() {
    each(|rig, program| {
        let run = |at: &str, arguments: &[&str]| rig.run(at, &program, &[&["run"], arguments].concat());
        rig.write("r/sub/a.yaml", LEAKY);
        rig.commit_unchecked("r", "leak");
        rig.write("r/README.md", "More.\n");
        rig.commit_unchecked("r", "more");
        run("r", &["--all-files"]).refused();
        run("r", &["--files", "sub/a.yaml"]).refused();
        run("r", &["--files", "README.md"]).passes();
        run("r/sub", &["--files", "a.yaml"]).refused();
        run("r/sub", &["--all-files"]).refused();
        run("r", &["--from-ref", "HEAD~2", "--to-ref", "HEAD"]).refused();
        run("r", &["--from-ref", "HEAD~1", "--to-ref", "HEAD"]).passes();
        // Nothing is staged: that was looked at.
        run("r", &[]).passes();
        rig.write("r/b.yaml", LEAKY);
        rig.git("r", &["add", "b.yaml"]).passes();
        run("r", &[]).refused();
        run("r", &["--hook-stage", "pre-push"]).refused();
        run("r", &["--hook-stage", "manual", "--all-files"]).refused();
    });
}

#[test]
fn pushes_are_checked() {
    each(|rig, _| {
        rig.git(".", &["init", "--quiet", "--bare", "remote"]).passes();
        rig.git("r", &["remote", "add", "origin", "../remote"]).passes();
        // The first push of all, of a branch that is not checked out.
        rig.git("r", &["checkout", "--quiet", "-b", "leak"]).passes();
        rig.write("r/a.yaml", LEAKY);
        rig.commit_unchecked("r", "leak");
        rig.write("r/a.yaml", CLEAN);
        rig.commit_unchecked("r", "removed again");
        rig.git("r", &["checkout", "--quiet", "main"]).passes();
        rig.git("r", &["push", "origin", "leak"]).fails_with("plaintext-secret");
        rig.git("r", &["push", "origin", "main"]).passes();
        rig.git("r", &["push", "origin", "main"]).passes();
        rig.git("r", &["push", "origin", "main:refs/heads/new"]).passes();
        rig.git("r", &["push", "origin", "leak"]).fails_with("plaintext-secret");
        rig.git("r", &["tag", "-a", "-m", "a tag", "v1", "leak"]).passes();
        rig.git("r", &["push", "origin", "v1"]).fails_with("plaintext-secret");
        rig.git("r", &["push", "../remote", "leak"]).fails_with("plaintext-secret");
        rig.git("r", &["push", "origin", ":new"]).passes();
        // Commits are only taken back.
        rig.write("r/b", "b");
        rig.commit("r", "more").passes();
        rig.git("r", &["push", "origin", "main"]).passes();
        rig.git("r", &["push", "--force", "origin", "HEAD~1:main"]).passes();
        rig.git("r", &["reset", "--quiet", "--hard", "HEAD~1"]).passes();
        rig.write("r/c", "c");
        rig.commit("r", "another").passes();
        rig.git("r", &["push", "--force", "origin", "main"]).passes();
    });
}

/// prek runs the hooks of a folder with a configuration of its own there.
#[test]
fn folders_with_their_own_configuration_are_checked() {
    let Some(program) = tool("MLGUARD_PREK", "prek") else { return };
    let mut rig = Rig::new();
    rig.add_program(&program);
    let config = hooks(&rig);
    rig.repository("r");
    rig.write("r/.pre-commit-config.yaml", "repos: []\n");
    rig.write("r/team/.pre-commit-config.yaml", &format!("{config}  - id: mlguard-system\n"));
    rig.commit("r", "configuration").passes();
    rig.run("r", &program, &["install"]).passes();
    rig.write("r/team/a.yaml", LEAKY);
    rig.commit("r", "leak").refused();
    rig.write("r/team/a.yaml", CLEAN);
    rig.commit("r", "clean").passes();
}

#[test]
fn fixes_make_the_commit_fail_until_they_are_staged() {
    for (variable, name) in [("MLGUARD_PRE_COMMIT", "pre-commit"), ("MLGUARD_PREK", "prek")] {
        let Some(program) = tool(variable, name) else { continue };
        let mut rig = Rig::new();
        rig.add_program(&program);
        let certificate = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/certificates/controller.pem");
        rig.set("MLGUARD_CERT", certificate);
        let config = hooks(&rig);
        rig.repository("r");
        let config = format!("{config}  - id: mlguard-fix-system\n  - id: mlguard-system\n");
        rig.write("r/.pre-commit-config.yaml", &config);
        rig.commit("r", "configuration").passes();
        rig.run("r", &program, &["install"]).passes();
        rig.write("r/a.yaml", LEAKY);
        rig.commit("r", "leak").fails_with("files were modified by this hook");
        assert!(rig.read("r/a.yaml").contains("kind: SealedSecret"), "{name}");
        rig.commit("r", "sealed").passes();
    }
}
