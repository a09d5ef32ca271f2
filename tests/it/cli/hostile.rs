//! Bad input: a clear message, the right exit code, and everything else still checked; by bounded work.

#![expect(clippy::format_collect, clippy::format_push_string, reason = "texts of a test may be put together slowly")]
#![expect(clippy::disallowed_methods, reason = "signals and pipes are seen from outside only")]

use std::fs;

use mlguard::api::engine::{Options, run_bytes};

use super::harness::{Run, Tree, token};
#[cfg(all(unix, debug_assertions))]
use crate::pause::{at_pause, signal};
use crate::work::assert_in_proportion;

fn leak() -> String {
    format!("x {}\n", token())
}

/// Checks a tree with `files` and a leak in `good.txt`, which has to be found whatever stands beside it.
fn beside(files: &[(&str, &str)]) -> (Tree, Run) {
    let tree = Tree::new(files);
    fs::write(tree.path("good.txt"), leak()).expect("a file");
    let run = tree.run_bounded(&["check", "--format", "jsonl"]);
    assert!(run.out.contains("\"path\":\"good.txt\""), "{run:?}");
    (tree, run)
}

#[test]
fn malformed_yaml_is_placed_and_the_rest_checked() {
    let broken = "a: 1\n---\nb: [1, 2\nc: 3\n---\nkind: Secret\napiVersion: v1\nmetadata: {name: s}\nstringData: {password: x9Zq7Lw}\n";
    let (_, run) = beside(&[("a.yaml", broken)]);
    assert_eq!(run.code, 2, "{run:?}");
    for text in ["\"rule\":\"unparsable\"", "\"rule\":\"plaintext-secret\"", "not valid YAML", "exclude the file"] {
        assert!(run.out.contains(text), "{text}: {}", run.out);
    }
    let kubernetes = "kind: Secret\napiVersion: v1\nmetadata:\n  name: s\nstringData:\n  password: x9Zq7Lw\n  b: [\n";
    let (_, run) = beside(&[("a.yaml", kubernetes)]);
    assert!(run.out.contains("\"rule\":\"plaintext-secret\""), "{}", run.out);
}

#[test]
fn bombs_are_refused() {
    let mut bomb = "a0: &a0 [x]\n".to_owned();
    for level in 1..40 {
        let before = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb += &format!("a{level}: &a{level} [{before}]\n");
    }
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let object = format!("{{\"kind\": \"Secret\", \"apiVersion\": \"v1\", \"a\": {deep}}}");
    let steps: String = (0..10_000).map(|depth| format!("{}a:\n", " ".repeat(depth % 2_000))).collect();
    let (_, run) =
        beside(&[("bomb.yaml", &bomb), ("deep.yaml", &deep), ("deep.json", &object), ("steps.yaml", &steps)]);
    assert_eq!(run.code, 2);
    for text in ["aliases stand for more than", "nested deeper than", "bomb.yaml", "deep.yaml"] {
        assert!(run.out.contains(text), "{text}: {}", run.out);
    }
}

#[test]
fn binary_and_broken_text_and_large_files_are_named() {
    let (tree, _) = beside(&[]);
    fs::write(tree.path("nul.bin"), b"a\0b").expect("a file");
    fs::write(tree.path("latin.txt"), [b"caf\xe9 ", leak().as_bytes()].concat()).expect("a file");
    fs::File::create(tree.path("large.txt")).and_then(|file| file.set_len(40 << 20)).expect("a file");
    fs::write(tree.path("long.txt"), "x".repeat(40 << 20)).expect("a file");
    let run = tree.run(&["check", "--format", "json"]);
    assert_eq!(run.code, 1, "{run:?}");
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let skipped = report["coverage"]["skipped"].to_string();
    for text in [
        "nul.bin",
        "large.txt",
        "long.txt",
        "not parsed, only searched for credentials: larger than the limit of 32 MiB; raise it with --max-size",
    ] {
        assert!(skipped.contains(text), "{text}: {skipped}");
    }
    assert!(run.out.contains("latin.txt"), "{}", run.out);
}

#[test]
fn an_empty_folder_and_a_missing_path_are_not_clean() {
    let tree = Tree::new(&[]);
    let run = tree.run(&["check"]);
    assert!(run.code == 2 && run.err.starts_with("error: "), "{run:?}");
    let run = tree.run(&["check", "nowhere"]);
    assert!(run.code == 2 && run.err.contains("nowhere: no such file or folder"), "{run:?}");
}

#[cfg(unix)]
#[test]
fn a_strange_tree_neither_blocks_nor_escapes() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let outside = Tree::new(&[("secret.txt", &leak())]);
    let (tree, _) = beside(&[("d/x.txt", "x\n")]);
    let fifo = std::process::Command::new("mkfifo").arg(tree.path("fifo")).status().expect("mkfifo");
    assert!(fifo.success());
    symlink(".", tree.path("d/loop")).expect("a link");
    symlink("link-b", tree.path("link-a")).expect("a link");
    symlink("link-a", tree.path("link-b")).expect("a link");
    symlink(outside.path("secret.txt"), tree.path("out.txt")).expect("a link");
    symlink("gone", tree.path("dangling")).expect("a link");
    for name in [&b"line\nbreak.txt"[..], b"esc\x1b[31m.txt", b"latin\xe9.txt", b"::error::x.txt"] {
        fs::write(tree.path("").join(std::ffi::OsStr::from_bytes(name)), leak()).expect("a file");
    }
    for format in mlguard::api::report::Format::ALL.iter().map(|format| format.as_str()) {
        let run = tree.run(&["check", "--format", format]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(
            !run.out.contains('\u{1b}') && !run.out.contains(&outside.path("").display().to_string()),
            "{}",
            run.out
        );
        assert!(!run.out.lines().any(|line| line.starts_with("break.txt")), "{}", run.out);
        if format == "json" {
            assert!(run.out.contains("latin%E9.txt") && run.out.contains("fifo") && run.out.contains("not followed"));
        }
    }
    // The superuser may read everything.
    let closed = tree.path("closed");
    fs::create_dir(&closed).expect("a folder");
    fs::write(tree.path("unreadable.txt"), "x").expect("a file");
    for path in [&closed, &tree.path("unreadable.txt")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).expect("permissions");
    }
    if fs::read_dir(&closed).is_err() {
        let run = tree.run(&["check", "--format", "json"]);
        assert!(run.code == 2 && run.out.matches("permission denied").count() == 2, "{run:?}");
        assert!(run.out.contains("good.txt"));
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("permissions");
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_is_there_whole_or_not_at_all() {
    let (tree, _) = beside(&[]);
    let run = tree.run(&["check", "--format", "sarif=/dev/full", "--format", "human"]);
    assert!(run.code == 2 && run.err.contains("/dev/full") && run.out.contains("good.txt"), "{run:?}");
    let run = tree.run(&["check", "--format", "sarif=/proc/x/out.sarif", "--format", "json=ok.json"]);
    assert!(run.code == 2 && run.err.contains("make the folder first"), "{run:?}");
    assert!(tree.path("ok.json").is_file(), "the other report is written");
    assert_eq!(fs::read_dir(tree.path("")).expect("the folder").count(), 2);
}

#[cfg(all(unix, debug_assertions))]
#[test]
fn a_signal_ends_a_run_that_hangs_without_half_a_report() {
    for with in ["-INT", "-TERM"] {
        let tree = Tree::new(&[("a.yaml", "a: 1\n"), ("b.yaml", "b: 1\n")]);
        let mut command = tree.command(&["check", "--threads", "1", "--format", "json=out.json", "--format", "human"]);
        command.env("MLGUARD_TEST_HANG_AT", "2");
        let (paused, end) = at_pause(&mut command, |child| signal(child, with));
        let err = String::from_utf8_lossy(&end.stderr);
        assert!(paused && end.status.code() == Some(2), "{with}: {end:?}");
        assert!(err.starts_with("error: interrupted"), "{err}");
        assert!(end.stdout.is_empty(), "{end:?}");
        let left = fs::read_dir(tree.path("")).expect("the folder").count();
        assert_eq!(left, 2, "no report and no part of one");
    }
}

#[test]
fn hostile_texts_take_work_in_proportion_to_their_length() {
    for (name, text) in hostile_texts(1 << 17, 4_000) {
        let run = Tree::new(&[(name, &text)]).run_bounded(&["check", "--format", "sarif=out.sarif"]);
        assert!((0..=2).contains(&run.code), "{name}: {run:?}");
    }
    let sizes = [1, 2].map(|size| hostile_texts(size << 14, size * 500));
    let options = Options::for_tests();
    for (index, (name, _)) in sizes[0].iter().enumerate() {
        assert_in_proportion(name, |size| {
            let _ = run_bytes(name, sizes[size - 1][index].1.as_bytes(), &Vec::new, &options);
        });
    }
}

/// Texts of about `length` bytes, or of so many `lines`.
fn hostile_texts(length: usize, lines: usize) -> Vec<(&'static str, String)> {
    let much = |unit: &str| unit.repeat(length / unit.len());
    let object =
        |entries: String| format!("kind: Secret\napiVersion: v1\nmetadata: {{name: s}}\nstringData:\n{entries}");
    let numbered = |line: fn(usize) -> String| (0..lines).map(line).collect::<String>();
    vec![
        ("one-line.txt", much("password=\"Zq8x7Lm1\" ")),
        ("words.txt", much("ghp_ token AKIA sk- xoxb- ")),
        ("opens.txt", much("password=")),
        ("keys.txt", much("_password")),
        ("pem.txt", much("-----BEGIN PRIVATE KEY-----\n")),
        ("urls.txt", much("https://user:Zq8x7Lm1@host/ ")),
        ("jwt.txt", much("eyJhbGciOiJ")),
        ("braces.yaml", much("{{")),
        ("quotes.yaml", much("\"\\")),
        ("quotes.sh", much("\\\"'")),
        ("nested.sh", much("$(")),
        ("create.sh", much("kubectl create secret generic x --from-literal=a=Zq8x7Lm1 ")),
        ("fences.md", much("```yaml\nkind: Secret\n")),
        ("links.md", much("[")),
        ("deep.json", much("[")),
        ("lines.jsonl", much("{\"password\":\"Zq8x7Lm1\"}\n")),
        ("allow.yaml", much("password: Zq8x7Lm1 # mlguard: allow generic-password -- it is fine\n")),
        ("heads.yaml", much("# mlguard: allow github-token -- it is fine\n")),
        ("documents.yaml", much("---\nkind: Secret\napiVersion: v1\nstringData: {password: Zq8x7Lm1}\n")),
        ("broken.yaml", much("---\nkind: Secret\napiVersion: v1\na: [\n")),
        ("secret.yaml", object(numbered(|at| format!("  k{at}: Zq8x{at}Lm1\n")))),
        ("anchors.yaml", numbered(|at| format!("k{at}: &a{at} {{a: b}}\n"))),
        ("empty.txt", "\n".repeat(length)),
        (
            "cells.ipynb",
            format!(
                "{{\"cells\":[{}]}}",
                vec!["{\"cell_type\":\"code\",\"source\":[\"password = \\\"Zq8x7Lm1\\\"\\n\"]}"; lines / 2].join(",")
            ),
        ),
    ]
}

#[test]
fn many_recipients_and_long_findings_take_no_square_of_work() {
    const COUNT: usize = 30_000;
    let value = "ENC[AES256_GCM,data:YWJj,iv:YWJj,tag:YWJj,type:str]";
    let recipients: String = (0..COUNT).map(|at| format!("  - recipient: age1{at}\n    enc: x\n")).collect();
    let encrypted = format!(
        "a: {value}\nsops:\n  mac: {value}\n  lastmodified: '2026-01-01T00:00:00Z'\n  version: 3.9.0\n  age:\n{recipients}"
    );
    let listed: Vec<String> = (1..COUNT).map(|at| format!("age1{at}")).collect();
    let rules = format!("creation_rules:\n- age: {}\n", listed.join(","));
    let annotation = "vault.hashicorp.com/agent-inject-template-a";
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    {annotation}: \"{}\"\n",
        "{{ with secret ".repeat(2 * COUNT)
    );
    let (_, run) = beside(&[("a.enc.yaml", &encrypted), (".sops.yaml", &rules), ("pod.yaml", &pod)]);
    for text in ["is still encrypted for age", "\"rule\":\"vault-annotation\""] {
        assert!(run.out.contains(text), "{text}: {}", run.out.get(..2_000).unwrap_or(&run.out));
    }
}

/// Each took minutes when something in it was searched from the start, or to its end, for every part.
#[test]
fn large_inputs_take_no_square_of_work() {
    let line = |number: usize| format!("\"password{number}\":true,\"secretKey{number}\":null,");
    let long_line = format!("{{{}\"a\":1}}", (0..100_000).map(line).collect::<String>());
    let documents: String = (0..200_000).map(|at| format!("---\na: {at}\n")).collect();
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {";
    let empty = format!("{map}{}}}\n", (0..60_000).map(|at| format!("k{at}: , ")).collect::<String>());
    for (name, text) in [("line.json", long_line), ("all.yaml", documents), ("empty.yaml", empty)] {
        let run = beside(&[(name, &text)]).1;
        assert_eq!(run.code, 1, "{name}: {}", run.err);
    }
    let template = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n";
    let writes: String = (0..20).map(|at| format!("  k{at}: {{{{ .Values.k{at} }}}}\n")).collect();
    let values: String = (0..20).map(|at| format!("k{at}: Zq8x{at}Lm1Kd\n")).collect();
    let mut files = vec![("Chart.yaml".to_owned(), "apiVersion: v2\nname: a\nversion: 1.0.0\n".to_owned())];
    for at in 0..600 {
        files.push((format!("templates/a{at}.yaml"), format!("{template}{writes}")));
        files.push((format!("values-{at}.yaml"), values.clone()));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(beside(&files).1.code, 1);
}
