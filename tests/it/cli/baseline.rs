//! `mlguard baseline`, and what `check` and `fix` make of it.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::canary::{Watch, quoted};
use super::fix::git;
use super::harness::{Run, Tree, token};

const FILE: &str = ".mlguard-baseline.jsonl";
/// What makes a folder a repository, for those who only read it.
const GIT: [(&str, &str); 3] = [(".git/HEAD", "ref: refs/heads/main\n"), (".git/objects/x", ""), (".git/refs/x", "")];
const VALUE: &str = "Vq7-tulip-Rain-42";

fn secret(name: &str, value: &str) -> String {
    let data = STANDARD.encode(value);
    format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n  namespace: ml\ndata:\n  password: {data}\n")
}

fn repository(files: &[(&str, &str)]) -> Tree {
    Tree::new(&[&GIT[..], files].concat())
}

/// One Secret and one token in a text, both accepted.
fn accepted() -> Tree {
    let tree = repository(&[("k8s/db.yaml", &secret("db", VALUE)), ("notes.txt", &format!("x {}\n", token()))]);
    let run = tree.run(&["baseline", "write", "--reason", "before the move"]);
    assert_eq!(
        (run.code, run.out.as_str()),
        (0, "baseline .mlguard-baseline.jsonl: 2 new, 0 kept, 0 gone\n"),
        "{run:?}"
    );
    tree
}

fn read(tree: &Tree) -> String {
    fs::read_to_string(tree.path(FILE)).expect("the baseline")
}

fn put(tree: &Tree, name: &str, text: &str) {
    let path = tree.path(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn clean(run: &Run, count: usize) {
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    let findings = if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") };
    let end = format!("; {findings} accepted by the baseline");
    assert!(run.out.starts_with("clean: nothing new found") && run.out.contains(&end), "{run:?}");
    assert!(!run.out.contains("by place alone"), "{run:?}");
}

/// Everything accepted: the file, and what is said of it. Then the file holds secrets where it should not.
pub(crate) fn accepts(watch: &mut Watch, tree: &Tree) {
    let file = tree.path(".mlguard-baseline.jsonl");
    watch.run(tree, &["baseline", "write", "-vvv"], b"");
    let text = fs::read_to_string(&file).expect("the baseline");
    assert!(text.lines().count() > 300, "{} lines", text.lines().count());
    watch.look("the baseline", text.as_bytes());
    for secret in &watch.secrets {
        let bytes = Sha256::digest(secret);
        let hash = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        assert!(!text.contains(&hash[..16]), "a plain hash");
    }
    for arguments in [
        &["check", "-vvv"][..],
        &["check", "--format", "json"],
        &["check", "--format", "sarif"],
        &["baseline", "explain"],
        &["baseline", "explain", "--format", "json"],
        &["baseline", "prune"],
    ] {
        watch.run(tree, arguments, b"");
    }
    fs::remove_file(&file).expect("removed");
    let tree = Tree::new(&[("a.txt", "x\n")]);
    let file = tree.path(".mlguard-baseline.jsonl");
    let secrets: Vec<String> = watch.secrets.iter().take(30).map(|secret| quoted(secret)).collect();
    for (at, secret) in secrets.iter().enumerate() {
        let value = "0a1b2c3d:000102030405060708090a0b0c0d0e0f";
        let line = match at % 6 {
            0 => format!("{{\"rule\":{secret},\"path\":\"a\",\"value\":\"{value}\"}}"),
            1 => format!("{{\"rule\":\"jwt\",\"place\":{secret},\"value\":{secret}}}"),
            2 => format!("{{\"rule\":\"jwt\",\"place\":\"a\",\"value\":\"{value}\",\"until\":{secret}}}"),
            3 => format!("{{{secret}:1}}"),
            4 => secret.clone(),
            _ => format!("<<<<<<< {secret}"),
        };
        fs::write(&file, format!("{{\"mlguard-baseline\":1}}\n{line}\n")).expect("a file");
        for command in [&["check"][..], &["baseline", "explain"]] {
            watch.run(&tree, command, b"");
        }
    }
}

#[test]
fn what_was_written_is_accepted_and_written_the_same_again() {
    let tree = accepted();
    clean(&tree.run(&["check"]), 2);
    assert_eq!(tree.run(&["check", "--no-baseline"]).code, 1);
    let (text, modified) = (read(&tree), fs::metadata(tree.path(FILE)).expect("there").modified().expect("a time"));
    let run = tree.run(&["baseline", "write", "--reason", "another one"]);
    assert_eq!(
        (run.code, run.out.as_str()),
        (0, "baseline .mlguard-baseline.jsonl: 0 new, 2 kept, 0 gone\n"),
        "{run:?}"
    );
    assert_eq!(read(&tree), text);
    assert_eq!(fs::metadata(tree.path(FILE)).expect("there").modified().expect("a time"), modified, "not touched");
    assert_eq!(text.matches("\"reason\":\"before the move\"").count(), 2, "{text}");
    let json: serde_json::Value = serde_json::from_str(&tree.run(&["check", "--format", "json"]).out).expect("JSON");
    assert_eq!(json["coverage"]["accepted"], 2);
    assert_eq!(json["findings"].as_array().map(Vec::len), Some(0));
    let sarif: serde_json::Value = serde_json::from_str(&tree.run(&["check", "--format", "sarif"]).out).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(0));
}

#[test]
fn the_file_tells_nothing_of_a_value() {
    let tree = accepted();
    let text = read(&tree).to_lowercase();
    for value in [VALUE.to_owned(), token(), STANDARD.encode(VALUE)] {
        let hash = Sha256::digest(&value).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        for told in [value.clone(), STANDARD.encode(&value), hash[..16].to_owned()] {
            assert!(!text.contains(&told.trim_end_matches('=').to_lowercase()), "{told}: {text}");
        }
    }
    // Two repositories with the same finding and keys of their own have nothing in common but the names.
    let other = read(&accepted());
    let values = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| Some(line.split_once("\"value\":\"")?.1[..41].to_owned())).collect()
    };
    assert_eq!(values(&other).len(), 2);
    assert!(values(&other).iter().all(|value| !values(&read(&tree)).contains(value)));
    // Nor is the length of a value to be seen.
    assert!(values(&other).iter().all(|value| value.as_bytes()[8] == b':'));
}

#[test]
fn a_new_value_in_an_accepted_place_is_found() {
    let tree = accepted();
    put(&tree, "k8s/db.yaml", &secret("db", "Other-meadow-77x"));
    let run = tree.run(&["check"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.contains("plaintext-secret") && run.out.contains("accepts a different value here"), "{}", run.out);
    assert!(!run.out.contains("github-token"), "{}", run.out);
    assert!(tree.run(&["baseline", "explain"]).out.contains("other-value"));
    put(&tree, "notes.txt", &format!("x {}\n", token().replace("gm1IL", "gm1IM")));
    assert!(tree.run(&["check", "--fail-on", "note"]).out.contains("github-token"));
}

#[test]
fn moving_lines_and_renaming_files_change_nothing() {
    let tree = accepted();
    fs::remove_file(tree.path("k8s/db.yaml")).expect("removed");
    let wrapped =
        format!("apiVersion: v1\nkind: List\nitems:\n- {}", secret("db", VALUE).trim_end().replace('\n', "\n  "));
    put(&tree, "apps/ml/secret.yml", &format!("# moved\n\n{wrapped}\n"));
    put(&tree, "notes.txt", &format!("# more\r\n\r\n   x {}\r\n", token()));
    clean(&tree.run(&["check"]), 2);
}

#[test]
fn an_item_before_others_changes_nothing() {
    let env = |before: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: ml}}\nspec:\n  containers:\n  - name: c\n    image: x\n    \
             env:\n{before}    - name: DB_PASSWORD\n      value: {VALUE}\n"
        )
    };
    let tree = repository(&[("pod.yaml", &env(""))]);
    assert_eq!(tree.run(&["baseline", "write"]).code, 0);
    put(&tree, "pod.yaml", &env("    - name: LEVEL\n      value: info\n"));
    clean(&tree.run(&["check"]), 1);
}

#[test]
fn another_key_accepts_by_place_and_says_so() {
    let tree = accepted();
    let key = fs::read_to_string(tree.path(".git/mlguard/baseline.key")).expect("the key");
    let other = [("MLGUARD_BASELINE_KEY", "another text of enough bytes")];
    let run = tree.run_with(&["check"], &other);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("2 findings accepted by the baseline, 2 by place alone"), "{}", run.out);
    assert!(
        run.err.contains("warning: .mlguard-baseline.jsonl: 2 accepted findings could not be compared"),
        "{}",
        run.err
    );
    assert_eq!(tree.run_with(&["check", "--quiet"], &other).err, "");
    // A clone has no key; the text of the file is what the environment takes.
    fs::remove_file(tree.path(".git/mlguard/baseline.key")).expect("removed");
    let run = tree.run(&["check"]);
    assert!(run.code == 0 && run.err.contains("set MLGUARD_BASELINE_KEY"), "{run:?}");
    clean(&tree.run_with(&["check"], &[("MLGUARD_BASELINE_KEY", key.as_str())]), 2);
    let run = tree.run_with(&["check"], &[("MLGUARD_BASELINE_KEY", "short")]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.err.contains("fewer than 16 bytes") && run.out.contains("plaintext-secret"), "{run:?}");
    // One value more than lines: nobody can tell which is new, so that all are told.
    put(&tree, "notes.txt", &format!("x {}\nhf: {}\n", token(), token().replace("gm1IL", "gm1IM")));
    let run = tree.run(&["check"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(run.out.matches("accepts fewer values here than there are").count(), 2, "{}", run.out);
}

#[test]
fn lines_of_others_stay_until_they_are_made_anew() {
    let tree = accepted();
    let mine = [("MLGUARD_BASELINE_KEY", "another text of enough bytes")];
    let text = read(&tree);
    let run = tree.run_with(&["baseline", "write"], &mine);
    assert!(run.code == 0 && run.err.contains("2 lines of another key left unchanged"), "{run:?}");
    assert_eq!(read(&tree), text);
    let run = tree.run_with(&["baseline", "write", "--rekey"], &mine);
    assert_eq!(
        (run.code, run.out.as_str()),
        (0, "baseline .mlguard-baseline.jsonl: 2 new, 0 kept, 2 gone\n"),
        "{run:?}"
    );
    assert!(read(&tree) != text && read(&tree).matches("before the move").count() == 2);
    clean(&tree.run_with(&["check"], &mine), 2);
}

#[test]
fn outside_of_git_the_key_comes_from_the_environment_or_the_folder_for_states() {
    let tree = Tree::new(&[("db.yaml", &secret("db", VALUE))]);
    let run = tree.run(&["baseline", "write"]);
    assert!(run.code == 2 && run.err.contains("set MLGUARD_BASELINE_KEY"), "{run:?}");
    assert!(!tree.path(FILE).exists());
    let states = tempfile::tempdir().expect("a folder");
    let name = if cfg!(windows) { "LOCALAPPDATA" } else { "XDG_STATE_HOME" };
    let state = [(name, states.path().to_str().expect("UTF-8"))];
    assert_eq!(tree.run_with(&["baseline", "write"], &state).code, 0);
    clean(&tree.run_with(&["check"], &state), 1);
}

#[test]
fn a_line_ends_on_its_day() {
    let tree = accepted();
    let run = tree.run(&["baseline", "write", "--until", "2020-01-01"]);
    assert!(run.code == 2 && run.err.contains("--until is in the past"), "{run:?}");
    assert_eq!(tree.run(&["baseline", "write", "--until", "soon"]).code, 2);
    let ended = read(&tree).replace("\"reason\"", "\"until\":\"2020-01-01\",\"reason\"");
    put(&tree, FILE, &ended);
    let run = tree.run(&["check"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("warning: .mlguard-baseline.jsonl: lines 2, 3 expired"), "{}", run.err);
    assert_eq!(run.out.matches("The baseline accepted this until 2020-01-01.").count(), 2, "{}", run.out);
    let run = tree.run(&["baseline", "write"]);
    assert!(run.err.contains("2 lines expired; "), "{run:?}");
    assert_eq!(tree.run(&["check"]).code, 1, "writing alone does not renew");
    assert!(tree.run(&["baseline", "explain"]).out.contains("  expired: "));
    assert_eq!(tree.run(&["baseline", "write", "--until", "2999-12-31"]).code, 0);
    clean(&tree.run(&["check"]), 2);
    assert_eq!(read(&tree).matches("\"until\":\"2999-12-31\"").count(), 2);
}

#[test]
fn a_broken_file_is_an_error_and_everything_is_told() {
    let tree = accepted();
    let torn = read(&tree).replace("{\"rule\":\"plain", "<<<<<<< HEAD\n{\"rule\":\"plain");
    put(&tree, FILE, &torn);
    let run = tree.run(&["check"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.err.contains("error: .mlguard-baseline.jsonl:3:1: a merge left this line\n  help: resolve the merge"),
        "{}",
        run.err
    );
    assert!(run.out.contains("plaintext-secret") && run.out.contains("github-token"), "{}", run.out);
    for command in ["prune", "explain"] {
        assert_eq!(tree.run(&["baseline", command]).code, 2, "{command}");
    }
    let run = tree.run(&["baseline", "write"]);
    assert!(run.code == 0 && run.err.contains("1 line dropped: not a baseline line"), "{run:?}");
    assert_eq!(read(&tree).matches("before the move").count(), 2);
    clean(&tree.run(&["check"]), 2);
    // Something else by mistake.
    put(&tree, "values.yaml", "a: 1\n");
    let run = tree.run(&["baseline", "write", "--baseline", "values.yaml"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(fs::read_to_string(tree.path("values.yaml")).expect("a file"), "a: 1\n");
}

#[test]
fn prune_drops_what_is_gone_and_only_where_it_looked() {
    let tree = accepted();
    put(&tree, "k8s/db.yaml", "a: 1\n");
    put(&tree, "notes.txt", "nothing\n");
    let whole = read(&tree);
    let run = tree.run(&["baseline", "prune", "k8s"]);
    let told = "baseline .mlguard-baseline.jsonl: 2 kept (2 accept nothing that was found, but not everything was searched), 0 gone\n";
    assert_eq!((run.code, run.out.as_str()), (0, told), "{run:?}");
    assert_eq!(tree.run(&["baseline", "prune", "k8s", "missing"]).code, 2);
    put(&tree, "bad.yaml", "apiVersion: v1\nkind: Secret\ndata: [\n  x: {\n");
    let run = tree.run(&["baseline", "prune"]);
    assert_eq!((run.code, read(&tree)), (2, whole.clone()), "incomplete: {run:?}");
    fs::remove_file(tree.path("bad.yaml")).expect("removed");
    let run = tree.run(&["baseline", "prune", "notes.txt"]);
    assert!(run.code == 0 && run.out.contains("1 kept") && run.out.contains("1 gone"), "{run:?}");
    let run = tree.run(&["baseline", "prune"]);
    assert_eq!((run.code, run.out.as_str()), (0, "baseline .mlguard-baseline.jsonl: 0 kept, 1 gone\n"), "{run:?}");
    assert_eq!(read(&tree).lines().count(), 1, "the head stays");
    assert!(whole.lines().count() == 3 && tree.run(&["check"]).code == 0);
}

#[test]
fn a_write_below_the_root_adds_and_drops_nothing_elsewhere() {
    let tree = accepted();
    put(&tree, "notes.txt", "nothing\n");
    put(&tree, "new/db.yaml", &secret("other", "Other-meadow-77x"));
    let run = tree.run(&["baseline", "write", "new"]);
    assert!(run.code == 0 && run.out.contains("1 new, 2 kept"), "{run:?}");
    let run = tree.run(&["baseline", "write"]);
    assert!(run.code == 0 && run.out.contains("0 new, 2 kept, 1 gone"), "{run:?}");
}

#[test]
fn fix_counts_what_is_accepted_as_done_and_prune_drops_what_it_sealed() {
    let tree = accepted();
    let cert = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/certificates/controller.pem");
    let run = tree.run(&["fix", "--cert", cert]);
    assert_eq!(run.code, 0, "the token is left, and accepted: {run:?}");
    let run = tree.run(&["baseline", "prune"]);
    assert_eq!((run.code, run.out.as_str()), (0, "baseline .mlguard-baseline.jsonl: 1 kept, 1 gone\n"), "{run:?}");
    assert!(read(&tree).contains("github-token") && !read(&tree).contains("plaintext-secret"));
}

#[test]
fn explain_says_what_each_line_is_good_for() {
    let tree = accepted();
    let run = tree.run(&["baseline", "explain", "k8s"]);
    assert_eq!(
        (run.code, run.out.as_str()),
        (
            0,
            "line 3: plaintext-secret: Secret ml/db .data.password\n  accepted: the finding exists, with the accepted value\n  \
             at k8s/db.yaml:7\n  reason: before the move\n\n1 line: 1 accepted\n"
        ),
        "{run:?}"
    );
    fs::remove_file(tree.path("notes.txt")).expect("removed");
    let run = tree.run(&["baseline", "explain", "notes.txt", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!(json["lines"].as_array().map(Vec::len), Some(1), "{run:?}");
    assert_eq!(
        (&json["lines"][0]["state"], &json["lines"][0]["rule"]),
        (&serde_json::json!("gone"), &serde_json::json!("github-token"))
    );
    let run = tree.run(&["baseline", "explain", "--rule", "github-token"]);
    assert!(
        run.code == 0 && run.out.ends_with("`mlguard baseline prune` drops lines that no longer accept anything\n")
    );
    assert_eq!(tree.run(&["baseline", "explain", "--rule", "github-tokn"]).code, 2);
    let other =
        tree.run_with(&["baseline", "explain", "k8s"], &[("MLGUARD_BASELINE_KEY", "another text of enough bytes")]);
    assert!(other.out.contains("  unverified: "), "{other:?}");
}

#[test]
fn the_file_is_where_the_configuration_says() {
    let files = [("db.yaml", &*secret("db", VALUE)), (".mlguard.yaml", "baseline: ci/known.jsonl\n"), ("ci/x", "")];
    let tree = repository(&files);
    let run = tree.run(&["check"]);
    assert!(run.code == 2 && run.err.contains("ci/known.jsonl: there is no such baseline"), "{run:?}");
    assert_eq!(tree.run(&["baseline", "write"]).code, 0);
    assert!(tree.path("ci/known.jsonl").is_file() && !tree.path(FILE).exists());
    clean(&tree.run(&["check"]), 1);
    assert_eq!(tree.run(&["check", "--no-config"]).code, 1);
    clean(&tree.run(&["check", "--no-config", "--baseline", "ci/known.jsonl"]), 1);
    assert_eq!(tree.run(&["check", "--baseline", "none.jsonl"]).code, 2);
    let shown = tree.run(&["check", "--show-config"]).out;
    assert!(shown.contains("baseline: \"ci/known.jsonl\"  # .mlguard.yaml:1:11\n"), "{shown}");
    put(&tree, "org.yaml", "allow-baseline: false\n");
    let run = tree.run(&["check", "--policy", "org.yaml"]);
    assert!(run.code == 1 && run.err.contains("the baseline has no effect"), "{run:?}");
    assert_eq!(tree.run(&["baseline", "write", "--policy", "org.yaml"]).code, 2);
}

#[cfg(unix)]
#[test]
fn links_are_neither_written_through_nor_followed_out_of_the_root() {
    let tree = accepted();
    let outside = tempfile::tempdir().expect("a folder");
    let target = outside.path().join("known.jsonl");
    fs::rename(tree.path(FILE), &target).expect("moved");
    std::os::unix::fs::symlink(&target, tree.path(FILE)).expect("a link");
    let before = fs::read(&target).expect("the file");
    put(&tree, "new.yaml", &secret("new", "Other-meadow-77x"));
    for command in [&["check"][..], &["baseline", "write"], &["baseline", "prune"]] {
        let run = tree.run(command);
        assert!(run.code == 2 && run.err.contains("symbolic link"), "{run:?}");
    }
    fs::rename(&target, tree.path("real.jsonl")).expect("moved");
    fs::remove_file(tree.path(FILE)).expect("removed");
    std::os::unix::fs::symlink("real.jsonl", tree.path(FILE)).expect("a link");
    let run = tree.run(&["baseline", "write"]);
    assert!(run.code == 2 && run.err.contains("is not followed"), "{run:?}");
    assert_eq!(fs::read(tree.path("real.jsonl")).expect("the file"), before);
}

#[cfg(unix)]
#[test]
fn the_mode_of_the_file_stays() {
    use std::os::unix::fs::PermissionsExt as _;
    let tree = accepted();
    fs::set_permissions(tree.path(FILE), fs::Permissions::from_mode(0o640)).expect("a mode");
    put(&tree, "notes.txt", "nothing\n");
    assert!(tree.run(&["baseline", "prune"]).out.contains("1 gone"));
    assert_eq!(fs::metadata(tree.path(FILE)).expect("there").permissions().mode() & 0o777, 0o640);
}

/// Commits on two branches that accept a finding each, merged; the baseline of the merge, where Git is there.
fn merged(attributes: &str, names: [&str; 2]) -> Option<Tree> {
    let mut base = vec![(".gitattributes".to_owned(), attributes.to_owned())];
    base.extend((0..6).map(|n| (format!("s{n}.yaml"), secret(&format!("m{n}"), &format!("{VALUE}{n}")))));
    let base: Vec<(&str, &str)> = base.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let tree = Tree::new(&base);
    let folder = tree.path(".");
    let git = |arguments: &[&str]| git(&folder, arguments);
    git(&["init", "--quiet", "-b", "main"])?;
    git(&["config", "user.name", "a"])?;
    git(&["config", "user.email", "a@example.com"])?;
    let commit = |what: &str| {
        let run = tree.run(&["baseline", "write"]);
        assert_eq!(run.code, 0, "{run:?}");
        git(&["add", "."]).and_then(|_| git(&["commit", "--quiet", "-m", what]))
    };
    commit("base")?;
    for name in names {
        git(&["checkout", "--quiet", "-b", name, "main"])?;
        put(&tree, &format!("{name}.yaml"), &secret(name, &format!("{VALUE}-{name}")));
        commit(name)?;
    }
    git(&["merge", "--quiet", names[0], "-m", "both"])?;
    Some(tree)
}

#[test]
fn branches_merge() {
    // Far apart in the order, as they come; side by side, where `union` is set.
    for (attributes, names) in [("", ["aaa", "zzz"]), (&*format!("{FILE} merge=union\n"), ["zzy", "zzz"])] {
        let Some(tree) = merged(attributes, names) else { return };
        clean(&tree.run(&["check"]), 8);
        let text = read(&tree);
        let run = tree.run(&["baseline", "write"]);
        assert_eq!(
            (run.code, run.out.as_str()),
            (0, "baseline .mlguard-baseline.jsonl: 0 new, 8 kept, 0 gone\n"),
            "{run:?}"
        );
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&read(&tree)), sorted(&text));
    }
}

#[test]
fn work_trees_of_a_repository_have_one_key() {
    let Some(tree) = merged("", ["aaa", "zzz"]) else { return };
    let other = tempfile::tempdir().expect("a folder");
    let path = other.path().join("linked");
    git(&tree.path("."), &["worktree", "add", "--quiet", path.to_str().expect("UTF-8"), "main"]).expect("git");
    let run = tree.run(&["check", path.to_str().expect("UTF-8")]);
    clean(&run, 6);
    assert!(!tree.path(".git/worktrees/linked/mlguard").exists() && tree.path(".git/mlguard/baseline.key").is_file());
}
