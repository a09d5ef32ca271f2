//! Standard streams, signals and panics.

use std::fs;
use std::io::Read as _;
use std::process::Stdio;

use super::harness::{Tree, token};

#[test]
fn a_document_of_standard_input_is_checked_under_its_name() {
    let tree =
        Tree::new(&[(".mlguard.yaml", "exclude: [skip]\n"), ("sub/.mlguard.yaml", "rules: { github-token: off }\n")]);
    let leak = format!("x {}\n", token());
    let run = tree.run_on(&["check", "--stdin", "--stdin-path", "k8s/a.yaml"], &leak);
    assert!(run.code == 1 && run.out.contains("k8s/a.yaml"), "{run:?}");
    assert_eq!(tree.run_on(&["check", "--stdin"], &leak).code, 1);
    assert_eq!(tree.run_on(&["check", "--stdin", "--stdin-path", "skip/a.yaml"], &leak).code, 0);
    assert_eq!(tree.run_on(&["check", "--stdin", "--stdin-path", "sub/a.yaml"], &leak).code, 0);
    assert_eq!(tree.run_on(&["check", "--stdin"], "nothing\n").code, 0);
    assert_eq!(tree.run(&["check", "--stdin", "a.txt"]).code, 2);
}

#[test]
fn several_formats_in_one_run() {
    let tree = Tree::new(&[("a.txt", "nothing\n")]);
    let run = tree.run(&["check", "--format", "sarif=out.sarif", "--format", "human"]);
    assert!(run.code == 0 && tree.path("out.sarif").is_file(), "{run:?}");
    let run = tree.run(&["check", "--format", "json", "--format", "human"]);
    assert_eq!(run.code, 2, "two reports on one stream");
    let run = tree.run(&["check", "--format", "json=no/such/folder/out.json"]);
    assert_eq!(run.code, 2, "{run:?}");
}

#[test]
fn a_reader_that_goes_away_changes_no_exit_code() {
    let leaks = format!("x {}\n", token()).repeat(3_000);
    let tree = Tree::new(&[("a.txt", &leaks)]);
    let mut child = tree.command(&["check"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut first = [0; 1];
    let mut out = child.stdout.take().expect("a pipe");
    out.read_exact(&mut first).expect("some output");
    drop(out);
    let end = child.wait_with_output().expect("ends");
    assert_eq!((end.status.code(), String::from_utf8_lossy(&end.stderr).as_ref()), (Some(1), ""));
    let help = tree.command(&["--help"]).stdout(Stdio::piped()).spawn().expect("starts").wait_with_output();
    assert_eq!(help.expect("ends").status.code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let tree = Tree::new(&[("a.txt", "nothing\n")]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let end = tree.command(&["check"]).stdout(full).output().expect("ends");
    assert_eq!(end.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&end.stderr).starts_with("error: "));
}

#[test]
fn colours_follow_the_flag_and_the_environment() {
    let tree = Tree::new(&[(".mlguard.yaml", "exlude: []\n"), ("a", "")]);
    assert!(!tree.run(&["check"]).err.contains('\u{1b}'));
    assert!(tree.run(&["check", "--color", "always"]).err.contains('\u{1b}'));
    assert!(tree.run_with(&["check"], &[("CLICOLOR_FORCE", "1")]).err.contains('\u{1b}'));
    assert!(!tree.run_with(&["check", "--color", "never"], &[("CLICOLOR_FORCE", "1")]).err.contains('\u{1b}'));
}

#[cfg(unix)]
#[test]
fn names_of_strangers_cannot_act_on_the_terminal() {
    let tree = Tree::new(&[("a\u{1b}[31m/.mlguard.yaml", "exlude: []\n"), ("a\u{1b}[31m/b", "")]);
    let run = tree.run(&["check"]);
    assert!(run.code == 2 && !run.err.contains('\u{1b}') && run.err.contains("\\u{1b}"), "{run:?}");
}
