//! What a change brings, as a person at a commit or in a pull request sees it.

use std::fmt::Write as _;
use std::fs;

use super::generate::token;
use super::rig::{Repo, Run, has_git};

fn secret(name: &str, entries: &[(&str, usize)]) -> String {
    let mut text = format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n  namespace: team\nstringData:\n");
    for (key, number) in entries {
        writeln!(text, "  {key}: {}", token(*number)).expect("a string");
    }
    text
}

const USER: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: team
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx
          env:
            - name: PASSWORD
              valueFrom: {secretKeyRef: {name: db, key: password}}
";

fn staged(repo: &Repo) -> Run {
    let run = repo.run(&["check", "--staged", "--format", "json"]);
    assert!(run.code <= 1, "{run:?}");
    run
}

fn diff(repo: &Repo, range: &str) -> Run {
    let run = repo.run(&["check", "--diff", range, "--format", "json"]);
    assert!(run.code <= 1, "{run:?}");
    run
}

fn rules(run: &Run) -> Vec<String> {
    run.findings().iter().map(|finding| finding["rule"].as_str().expect("a rule").to_owned()).collect()
}

/// A repository whose only commit has an old Secret with two values.
fn with_old_secret() -> Repo {
    let repo = Repo::new();
    repo.write("k8s/db.yaml", &secret("db", &[("password", 1), ("other", 2)]));
    repo.write("k8s/web.yaml", USER);
    repo.commit("old");
    repo
}

#[test]
fn one_changed_line_of_an_old_secret_is_found_and_the_others_are_not() {
    if !has_git() {
        return;
    }
    let repo = with_old_secret();
    repo.write("k8s/db.yaml", &secret("db", &[("password", 1), ("other", 3)]));
    assert!(staged(&repo).findings().is_empty(), "not staged yet");
    repo.git(&["add", "-A"]);
    assert_eq!(staged(&repo).places(), ["Secret team/db .stringData.other"]);
    repo.git(&["commit", "-q", "-m", "x"]);
    assert_eq!(diff(&repo, "HEAD~1").places(), ["Secret team/db .stringData.other"]);
}

#[test]
fn what_is_renamed_moved_or_indented_brings_nothing() {
    if !has_git() {
        return;
    }
    let repo = with_old_secret();
    repo.git(&["mv", "k8s/db.yaml", "k8s/renamed.yaml"]);
    let text = secret("db", &[("other", 2), ("password", 1)]).replace("\n  ", "\n    ");
    repo.write("k8s/renamed.yaml", &format!("# first\n\n{text}"));
    repo.git(&["add", "-A"]);
    let run = staged(&repo);
    assert!(run.findings().is_empty(), "{run:?}");
    repo.git(&["commit", "-q", "-m", "x"]);
    assert!(diff(&repo, "HEAD~1").findings().is_empty());
    // The same value a second time is new, though.
    repo.write("k8s/copy.yaml", &secret("copy", &[("password", 1)]));
    repo.git(&["add", "-A"]);
    assert_eq!(staged(&repo).places(), ["Secret team/copy .stringData.password"]);
}

#[test]
fn a_definition_that_goes_is_missed_by_a_file_that_nobody_touched() {
    if !has_git() {
        return;
    }
    let repo = with_old_secret();
    repo.git(&["rm", "-q", "k8s/db.yaml"]);
    let run = staged(&repo);
    assert_eq!(rules(&run), ["undefined-secret"], "{run:?}");
    assert_eq!(run.findings()[0]["path"], "k8s/web.yaml");
    repo.git(&["commit", "-q", "-m", "x"]);
    assert_eq!(rules(&diff(&repo, "HEAD~1")), ["undefined-secret"]);
    // It is old from now on.
    repo.write("README", "words\n");
    repo.git(&["add", "-A"]);
    assert!(staged(&repo).findings().is_empty());
}

#[test]
fn the_index_counts_and_not_the_work_tree() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("a.yaml", &secret("a", &[("staged", 1)]));
    repo.git(&["add", "a.yaml"]);
    repo.write("a.yaml", "apiVersion: v1\n");
    repo.write("b.yaml", &secret("b", &[("untracked", 2)]));
    repo.write("c.yaml", &secret("c", &[("intended", 3)]));
    repo.git(&["add", "-N", "c.yaml"]);
    assert_eq!(staged(&repo).places(), ["Secret team/a .stringData.staged"], "HEAD is unborn");
    assert!(repo.run(&["check", "--staged", "b.yaml"]).code == 0);
    assert_eq!(repo.run(&["check", "--staged", "a.yaml"]).code, 1);
    // `git commit FILE` has an index of its own.
    let other = repo.beside("other.index").display().to_string();
    repo.git_with(&["add", "b.yaml"], &[("GIT_INDEX_FILE", &other)]);
    let run = repo.run_with(&["check", "--staged", "--format", "json"], &[("GIT_INDEX_FILE", &other)]);
    assert_eq!(run.places(), ["Secret team/b .stringData.untracked"]);
}

#[test]
fn a_change_of_mode_brings_nothing_and_a_conflict_is_no_commit() {
    if !has_git() {
        return;
    }
    let repo = with_old_secret();
    repo.git(&["update-index", "--chmod=+x", "k8s/db.yaml"]);
    assert!(staged(&repo).findings().is_empty());
    repo.git(&["commit", "-q", "-m", "mode"]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("k8s/db.yaml", &secret("db", &[("password", 4)]));
    repo.commit("side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("k8s/db.yaml", &secret("db", &[("password", 5)]));
    repo.commit("main");
    assert!(repo.try_git(&["merge", "side"]).is_none());
    let run = repo.run(&["check", "--staged"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.out.contains("k8s/db.yaml") && run.out.contains("conflict"), "{run:?}");
}

#[test]
fn a_merge_brings_only_what_neither_side_has() {
    if !has_git() {
        return;
    }
    let repo = with_old_secret();
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("side.yaml", &secret("side", &[("password", 4)]));
    repo.commit("side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("words.txt", "more\n");
    repo.commit("main");
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    assert!(staged(&repo).findings().is_empty(), "both sides were committed before");
    repo.write("evil.yaml", &secret("evil", &[("password", 5)]));
    repo.git(&["add", "-A"]);
    assert_eq!(staged(&repo).places(), ["Secret team/evil .stringData.password"]);
    repo.git(&["commit", "-q", "-m", "merge"]);
    let run = diff(&repo, "HEAD~1");
    assert_eq!(run.places(), ["Secret team/evil .stringData.password", "Secret team/side .stringData.password"]);
}

#[test]
fn what_a_range_brought_and_took_away_again_is_found_with_its_commit() {
    if !has_git() {
        return;
    }
    let repo = with_old_secret();
    repo.git(&["config", "user.name", "x"]);
    repo.write(".mailmap", "Real Name <real@example.com> <jane@example.com>\n");
    repo.write("leak.yaml", &secret("leak", &[("password", 7)]));
    let id = repo.commit("leak");
    repo.git(&["rm", "-q", "leak.yaml"]);
    repo.commit("gone");
    let run = diff(&repo, "HEAD~2");
    assert_eq!(run.places(), ["Secret team/leak .stringData.password"]);
    let commit = &run.findings()[0]["commit"];
    assert_eq!((commit["id"].as_str(), commit["in_head"].as_bool()), (Some(id.as_str()), Some(false)), "{commit}");
    assert_eq!(commit["author_date"], "2025-06-15T17:06:40+02:00");
    let human = repo.run(&["check", "--diff", "HEAD~2"]);
    assert!(human.out.contains("Real Name") && human.out.contains(&id[..10]), "{human:?}");
    let sarif = repo.run(&["check", "--history", "--format", "sarif"]);
    assert!(!sarif.out.contains("example.com\"") && !sarif.out.contains("jane@") && !sarif.out.contains("real@"));
    assert!(sarif.out.contains("\"mlguard/history/\""), "{sarif:?}");
}

#[test]
fn a_pull_request_is_held_to_the_configuration_of_its_base() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("k8s/web.yaml", "kind: x\n");
    repo.commit("base");
    repo.write(".mlguard.yaml", "rules: { plaintext-secret: off }\nexclude: [\"k8s/**\"]\n");
    repo.write("k8s/.mlguard.yaml", "rules: { plaintext-secret: off }\n");
    repo.write("k8s/leak.yaml", &secret("leak", &[("password", 7)]));
    repo.commit("leak");
    let run = diff(&repo, "HEAD~1");
    assert_eq!(run.code, 1);
    assert_eq!(rules(&run), ["policy-change", "policy-change", "plaintext-secret"], "{run:?}");
    // What the base switched off stays off.
    repo.write("k8s/more.yaml", &secret("more", &[("password", 8)]));
    repo.commit("more");
    assert_eq!(diff(&repo, "HEAD~1").findings().len(), 0);
}

#[test]
fn an_env_file_of_a_generator_is_a_secret_when_either_of_them_changes() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    let kustomization = "secretGenerator:\n  - name: app\n    envs: [app.params]\n";
    repo.write("app.params", "COLOUR=blue\n");
    repo.write("kustomization.yaml", kustomization);
    repo.commit("base");
    repo.write("app.params", &format!("COLOUR=blue\nSOMETHING={}\n", token(3)));
    repo.git(&["add", "-A"]);
    assert_eq!(staged(&repo).places(), ["secretGenerator app .SOMETHING"]);

    repo.write("other.params", &format!("ELSE={}\n", token(4)));
    repo.commit("values");
    repo.write("kustomization.yaml", "secretGenerator:\n  - name: app\n    envs: [app.params, other.params]\n");
    repo.git(&["add", "-A"]);
    assert_eq!(staged(&repo).places(), ["secretGenerator app .ELSE"], "an env file that the change does not touch");
}

#[test]
fn untouched_findings_keep_their_fingerprints() {
    if !has_git() {
        return;
    }
    let repo = with_old_secret();
    let prints = |repo: &Repo| {
        let sarif = repo.run(&["check", "--format", "sarif"]).json();
        let results = sarif["runs"][0]["results"].as_array().expect("results").clone();
        let mut prints: Vec<(String, String)> = results
            .iter()
            .map(|result| {
                let prints = &result["partialFingerprints"];
                let text = |name: &str| prints[name].as_str().expect("a fingerprint").to_owned();
                (text("mlguard/v1"), text("primaryLocationLineHash"))
            })
            .collect();
        prints.sort();
        prints
    };
    let before = prints(&repo);
    assert!(before.len() >= 2);
    repo.git(&["mv", "k8s/db.yaml", "k8s/database.yaml"]);
    let text = fs::read_to_string(repo.path.join("k8s/database.yaml")).expect("the file");
    repo.write("k8s/database.yaml", &format!("# moved\n# down\n{text}"));
    repo.commit("moved");
    assert_eq!(prints(&repo), before);
}

#[test]
fn a_history_holds_credentials_and_nothing_else() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("broken.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: x\ndata: ]\n");
    // Put together, so that this file allows nothing.
    let comment = ["# mlguard", ": allow plaintext-secret"].concat();
    repo.write("allowed.yaml", &format!("{comment}\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\n"));
    repo.write("a.yaml", &secret("a", &[("password", 1)]));
    repo.commit("all");
    let run = repo.run(&["check", "--history", "--format", "json"]);
    assert_eq!(rules(&run), ["plaintext-secret"], "{run:?}");
    assert!(run.json()["coverage"]["skipped"].to_string().contains("broken.yaml"), "{run:?}");
}

#[test]
fn secret_files_are_told_by_whether_git_has_them() {
    if !has_git() {
        return;
    }
    let told = |run: &Run| -> Vec<String> {
        let found = run.findings();
        let of = |name: &str| {
            found
                .iter()
                .filter(|one| one["rule"] == name)
                .map(|one| format!("{name} {}", one["path"].as_str().expect("a path")))
                .collect::<Vec<_>>()
        };
        let mut told = [of("tracked-secret-file"), of("unignored-secret-file")].concat();
        told.sort();
        told
    };
    let check = |repo: &Repo| told(&repo.run(&["check", "--format", "json"]));
    let repo = Repo::new();
    repo.write("README.md", "x\n");
    repo.commit("start");
    repo.write(".env", &format!("DB_PASSWORD={}\n", token(1)));
    assert_eq!(check(&repo), ["unignored-secret-file .env"], "not in Git yet");
    assert!(told(&staged(&repo)).is_empty(), "nothing is staged");
    repo.git(&["add", ".env"]);
    assert_eq!(told(&staged(&repo)), ["tracked-secret-file .env"]);
    assert_eq!(check(&repo), ["tracked-secret-file .env"]);
    let old = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["commit", "-q", "-m", "with .env"]);
    assert_eq!(told(&diff(&repo, &old)), ["tracked-secret-file .env"]);
    assert!(told(&staged(&repo)).is_empty(), "it is nothing new");
    repo.write(".gitignore", ".env\n");
    assert_eq!(check(&repo), ["tracked-secret-file .env"], "what is in Git stays there");
    repo.git(&["rm", "-q", "--cached", "--", ".env"]);
    assert!(check(&repo).is_empty(), "it is ignored and out of the index");
    fs::remove_dir_all(repo.path.join(".git")).expect("it is there");
    assert!(check(&repo).is_empty(), "outside Git");
}

#[test]
fn a_store_of_keys_is_told_though_nothing_of_it_is_read() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("README.md", "x\n");
    repo.commit("start");
    fs::write(repo.path.join("client.p12"), b"0\x82\x04\x00\x02\x01\x03\x00").expect("a file");
    repo.write("locked.p12", "\0GITCRYPT\0\u{1}\u{2}");
    repo.git(&["add", "-A"]);
    for run in [staged(&repo), repo.run(&["check", "--format", "json"])] {
        assert_eq!(rules(&run), ["tracked-secret-file"], "{run:?}");
        assert_eq!(run.findings()[0]["path"], "client.p12");
    }
}

#[test]
fn a_gitignore_that_covers_a_file_no_more_is_told_at_its_template() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write(".gitignore", ".env\n");
    repo.write(".env.example", "DB_PASSWORD=\n");
    repo.commit("start");
    repo.write(".gitignore", "*.log\n");
    repo.git(&["add", "-A"]);
    assert_eq!(rules(&staged(&repo)), ["unignored-secret-file"]);
    repo.git(&["rm", "-q", "-f", ".gitignore"]);
    assert_eq!(rules(&staged(&repo)), ["unignored-secret-file"]);
}
