//! What is left as it is, and why; the other files are repaired all the same.

use std::fs;

use super::{VALUE, Work, assert_silent, secret};

/// A Secret that must not be sealed where it stands, beside one that is.
#[track_caller]
fn refused(path: &str, text: &str, reason: &str) {
    let work = Work::new(&[(path, text), ("good.yaml", &secret("good", Some("ml")))]);
    let run = work.fix(&["--unsafe", "--rule", "plaintext-secret"]);
    assert_eq!(run.code, 1, "{path}: {}", run.err);
    assert_eq!(work.text(path), text, "{path}");
    assert!(work.text("good.yaml").contains("SealedSecret"), "{path}: {}", run.err);
    // What cannot be sealed is no fix of the finding; `check` says why.
    let said = work.tree.run(&["check", "--rule", "plaintext-secret"]).out + &run.err;
    assert!(said.contains(reason), "{path}: {said}");
}

#[test]
fn secrets_inside_of_something_else() {
    let text = secret("db", Some("ml"));
    let (two, four) = (text.trim_end().replace('\n', "\n  "), text.trim_end().replace('\n', "\n    "));
    refused("list.yaml", &format!("apiVersion: v1\nkind: List\nitems:\n- {two}\n"), "an item of a List");
    refused(
        "string.yaml",
        &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  a: |\n    {four}\n"),
        "a string of another object",
    );
    refused("readme.md", &format!("# How to\n\n```yaml\n{text}```\n"), "a code block of a text");
    refused("charts/x/templates/s.yaml", &text.replace("name: db", "name: {{ .Release.Name }}"), "a template writes");
    refused("anchor.yaml", &text.replace("password: ", "password: &a "), "YAML anchors");
    refused("tag.yaml", &text.replace("password: ", "password: !!binary "), "YAML tags");
    refused("twice.yaml", &format!("{text}  password: {}\n", super::encoded()), "it contains a key twice");
    refused("sops.yaml", &format!("{text}sops:\n  version: 3.7.3\n"), "sops");
    refused("unknown.yaml", &format!("{text}unknown: 1\n"), "unknown");
}

#[test]
fn other_encodings_than_utf_8() {
    let text = secret("db", Some("ml"));
    let wide: Vec<u8> = "\u{feff}".chars().chain(text.chars()).flat_map(|c| (c as u16).to_le_bytes()).collect();
    let work = Work::new(&[("good.yaml", &secret("good", Some("ml")))]);
    work.write("wide.yaml", &wide);
    let latin = [b"# caf\xe9\n", text.as_bytes()].concat();
    work.write("latin.yaml", &latin);
    for diff in [&["--diff"][..], &[]] {
        let run = work.fix(diff);
        for name in ["wide.yaml", "latin.yaml"] {
            let said = format!("warning: {name}: left unchanged: is not UTF-8");
            assert!(run.code == 1 && run.err.matches(&said).count() == 1, "{}", run.err);
        }
    }
    assert_eq!(fs::read(work.tree.path("wide.yaml")).expect("a file"), wide);
    assert_eq!(fs::read(work.tree.path("latin.yaml")).expect("a file"), latin);
    assert_eq!(work.namespaces("good.yaml"), ["ml"]);
}

#[cfg(unix)]
#[test]
fn files_and_folders_that_may_not_be_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let text = secret("db", Some("ml"));
    let work = Work::new(&[
        ("only.yaml", &text),
        ("folder/s.yaml", &text.replace("db", "b")),
        ("good.yaml", &text.replace("db", "c")),
    ]);
    let mode = |name: &str, mode| {
        fs::set_permissions(work.tree.path(name), fs::Permissions::from_mode(mode)).expect("a mode");
    };
    mode("only.yaml", 0o444);
    mode("folder", 0o555);
    let run = work.fix(&[]);
    mode("folder", 0o755);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("only.yaml: left unchanged: is read-only; make it writable"), "{}", run.err);
    assert!(run.err.contains("folder/s.yaml: left unchanged: is in a read-only folder"), "{}", run.err);
    assert!(run.err.contains("fixed 1 finding in 1 file;"), "{}", run.err);
    assert_eq!(work.text("only.yaml"), text);
    assert_eq!(work.namespaces("good.yaml"), ["ml"]);
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_not_followed() {
    let outside = super::Tree::new(&[("s.yaml", &secret("db", Some("ml")))]);
    let work = Work::new(&[("good.yaml", &secret("good", Some("ml")))]);
    std::os::unix::fs::symlink(outside.path("s.yaml"), work.tree.path("file.yaml")).expect("a link");
    std::os::unix::fs::symlink(outside.path("."), work.tree.path("folder")).expect("a link");
    std::os::unix::fs::symlink("good.yaml", work.tree.path("inside.yaml")).expect("a link");
    let run = work.fix(&[]);
    assert!(work.text("good.yaml").contains("SealedSecret"), "{}", run.err);
    assert!(work.tree.path("inside.yaml").is_symlink() && work.tree.path("file.yaml").is_symlink());
    assert_eq!(fs::read_to_string(outside.path("s.yaml")).expect("a file"), secret("db", Some("ml")));
}

#[test]
fn a_file_larger_than_the_limit() {
    let large = format!("{}# {}\n", secret("db", Some("ml")), "x".repeat(5000));
    let work = Work::new(&[("large.yaml", &large), ("good.yaml", &secret("good", Some("ml")))]);
    let run = work.fix(&["--max-size", "4096"]);
    assert_eq!(run.code, 1, "its credential is found as one, which nothing repairs: {}", run.err);
    let said = "; left out: 1 file not parsed, only searched for credentials: larger than the limit of 4 KiB";
    assert!(run.err.contains(said) && run.err.contains("(large.yaml)"), "{}", run.err);
    assert_eq!(work.text("large.yaml"), large);
    assert!(work.text("good.yaml").contains("SealedSecret"));
}

/// A repair that brings a new fault is put back: the path says another namespace than the Secret.
#[test]
fn a_result_that_is_worse_is_put_back() {
    let bad = secret("db", Some("elsewhere"));
    let path = "packages/financial-ml/dev/s.yaml";
    let work = Work::new(&[(path, &bad), ("good.yaml", &secret("good", Some("ml")))]);
    let run = work.fix(&[]);
    assert_eq!(run.code, 1, "{}", run.err);
    let said = format!("{path}: restored, because after the repair sealed-wrong-namespace appears");
    assert!(run.err.contains(&said), "{}", run.err);
    assert_eq!(work.text(path), bad);
    assert_eq!(work.namespaces("good.yaml"), ["ml"]);
    assert!(run.err.contains("fixed 1 finding in 1 file;"), "{}", run.err);
    assert_eq!(work.bare(&["--undo"]).code, 0);
    assert!(work.text("good.yaml").contains("kind: Secret"));
    assert_eq!(work.bare(&["--undo"]).code, 2, "what was put back is no run");
}

/// One fix removes an item of a list, another one renames it.
#[test]
fn two_fixes_at_one_place_are_not_mixed() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: ml}\nspec:\n  imagePullSecrets:\n  - name: other\n  \
               - name: other\n  - name: ghcr\n  containers:\n  - {name: c, image: nginx}\n";
    let work = Work::new(&[("pod.yaml", pod)]);
    let mut run = work.fix(&["--unsafe"]);
    for _ in 0..3 {
        run = work.fix(&["--unsafe"]);
    }
    assert!(run.err.starts_with("note: nothing to fix"), "{}", run.err);
    assert!(
        work.text("pod.yaml").contains("  imagePullSecrets:\n  - name: ghcr\n  containers:"),
        "{}",
        work.text("pod.yaml")
    );
}

#[test]
fn nothing_that_is_said_holds_a_value() {
    let text = format!("{}# {VALUE}\n  broken: [\n", secret("db", Some("ml")));
    let work = Work::new(&[("broken.yaml", &text), ("s.yaml", &secret("a", None))]);
    for arguments in [&[][..], &["--diff"], &["--unsafe", "--diff"], &["--namespace", VALUE], &["--cluster", "x"]] {
        assert_silent(&work.fix(arguments));
    }
}
