//! What strangers wrote, on its way to the streams: no credential, no command of a terminal or of a CI runner.

use std::fs;

use super::fix::{Work, secret};
use super::harness::{Run, Tree, token};

/// A password that no format knows.
fn password() -> String {
    ["W1nter", "time9"].concat()
}

fn assert_without(run: &Run, values: &[&str]) {
    for value in values {
        assert!(!run.out.contains(value) && !run.err.contains(value), "{value}: {run:?}");
    }
}

#[test]
fn passwords_of_addresses_in_the_configuration_are_not_shown() {
    let url = format!("https://bot:{}@harbor.example", password());
    let text = format!("references:\n  private-registries: ['{url}']\nclusters:\n  dev: {{ cert: '{url}/c.pem' }}\n");
    let tree = Tree::new(&[(".mlguard.yaml", &text), ("a.txt", "x\n")]);
    for arguments in [
        &["check"][..],
        &["check", "--format", "json"],
        &["check", "--format", "sarif"],
        &["check", "--show-config"],
        &["fix"],
        &["map"],
        &["rules"],
        &["explain", "github-token"],
        &["baseline", "write"],
        &["cert", "show"],
        &["package", "ml", "--env", "dev"],
        &["seal", "--cert", "a.txt", "a.txt"],
        &["check", &url],
        &["check", &format!("--format=json={url}/x")],
        &["check", &format!("--{url}")],
        &["cert", "show", &url.replace("https", "ftp")],
    ] {
        let run = tree.run(arguments);
        assert_without(&run, &[&password()]);
        assert!(run.code != 0 || arguments[0] == "explain", "{arguments:?}: {run:?}");
    }
    let run = tree.run(&["check"]);
    assert!(run.err.contains("https://bot:********@harbor.example"), "{run:?}");
}

#[test]
fn literals_of_a_package_are_not_shown() {
    let text = format!(
        "package:\n  secrets:\n    - {{ name: a, keys: {{ K: {{ value: {0} }}, T: {{ template: '{0} ${{NAME}}' }} }} }}\n",
        password()
    );
    let run = Tree::new(&[(".mlguard.yaml", &text)]).run(&["check", "--show-config"]);
    assert!(run.code == 0 && run.out.contains("value: \"********\"") && run.out.contains("********${NAME}"), "{run:?}");
    assert_without(&run, &[&password()]);
    let run = Tree::new(&[]).run(&["check", "--show-config"]);
    assert!(run.out.contains("http://minio.minio.svc"), "the defaults are no secret: {run:?}");
}

#[test]
fn a_key_that_is_a_value_is_not_shown() {
    let value = password();
    let broken = secret("a", Some("ml")) + &format!("{value}: x\n");
    let twice = secret("a", Some("ml")).replace("data:\n", &format!("stringData:\n  {value}: {value}\ndata:\n"));
    let bad = secret("a", Some("ml")).replace("data:\n", &format!("stringData:\n  {value}%: {value}%\ndata:\n"));
    for text in [&broken, &twice, &bad] {
        let work = Work::new(&[("a.yaml", text)]);
        let cert = super::fix::public(0);
        work.write("c.pem", cert);
        for arguments in [
            &["seal", "--cert", "c.pem", "a.yaml"][..],
            &["fix", "--diff", "--cert", "c.pem"],
            &["map"],
            &["fix", "--cert", "c.pem"],
        ] {
            let run = work.run_in(".", arguments, &[]);
            // A manifest that was asked for has its keys.
            let shown = if arguments[0] == "seal" { &run.err } else { &(run.out.clone() + &run.err) };
            assert!(!shown.contains(&value), "{arguments:?}: {run:?}");
        }
    }
    let work = Work::new(&[("a.yaml", &(secret("a", Some("ml")) + "stringdata: {}\n"))]);
    work.write("c.pem", super::fix::public(0));
    let run = work.run_in(".", &["seal", "--cert", "c.pem", "a.yaml"], &[]);
    assert!(run.err.contains("`stringdata` is not a field of a Secret"), "{run:?}");
}

#[test]
fn the_git_library_quotes_nothing_of_its_configuration() {
    let work = Work::new(&[("a.yaml", &secret("a", Some("ml")))]);
    work.write(".git/config", format!("[remote \"origin\"]\n\turl = x\n\t= {} x\n", password()));
    for arguments in [&["check"][..], &["check", "--history"], &["fix"], &["map"], &["init"], &["check", "-vvv"]] {
        let run = work.tree.run(arguments);
        assert!(run.code == 2 && run.err.contains("the Git repository cannot be read"), "{arguments:?}: {run:?}");
        assert_without(&run, &[&password(), &password()[..6]]);
    }
}

#[test]
fn what_stands_before_a_value_is_not_shown() {
    let line = format!("db.internal:5432:ml:bot:{}:{}\n", password(), token());
    let tree = Tree::new(&[("pgpass.txt", &line)]);
    for format in ["human", "json", "sarif", "markdown", "github", "gitlab", "junit", "jsonl"] {
        let run = tree.run(&["check", "--format", format]);
        assert_eq!(run.code, 1, "{run:?}");
        assert_without(&run, &[&password(), &token()]);
    }
}

#[test]
fn a_path_named_after_a_token_is_not_shown_to_people() {
    let name = format!("{}.yaml", token());
    let work = Work::new(&[(&name, &secret("a", Some("ml")))]);
    for arguments in
        [&["check"][..], &["map"], &["map", "--format", "json"], &["check", &name], &["check", &format!("gone-{name}")]]
    {
        assert_without(&work.tree.run(arguments), &[&token()]);
    }
    assert_without(&work.fix(&["--diff"]), &[&token()]);
    assert_without(&work.fix(&[]), &[&token()]);
    assert_without(&work.bare(&["--undo"]), &[&token()]);
}

/// Names that a runner, a terminal or a reader would take for something else.
#[cfg(unix)]
const NAMES: [&str; 7] = [
    "::add-path::evil.yaml",
    "##[error]z.yaml",
    "##vso[task.setvariable variable=a]z.yaml",
    "a\n::error::b.yaml",
    "a\u{1b}[31m\u{202e}\u{2066}lmay.yaml",
    "b\u{2028}\u{2029}\u{85}\u{61c}\u{200f}.yaml",
    "c\r::stop-commands::x.yaml",
];

/// Whether a line could be taken for a command, or a character acts on a terminal.
#[cfg(unix)]
fn assert_tame(run: &Run, arguments: &[&str], is_github: bool) {
    for text in [&run.out, &run.err] {
        let acts = |c: char| {
            c.is_control() && c != '\n'
                || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        };
        assert!(!text.contains(acts) && !text.contains("##[") && !text.contains("##vso["), "{arguments:?}: {text:?}");
        for line in text.lines().map(str::trim_start) {
            let own = is_github && ["::error ", "::warning ", "::notice "].iter().any(|own| line.starts_with(own));
            assert!(own || !line.starts_with("::"), "{arguments:?}: {line:?}");
            let is_path = ["##[", "##v", "a\\u", "b\\u", "c\\u"].iter().any(|name| line.starts_with(name));
            assert!(!is_path, "a line begins with a path: {arguments:?}: {line:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn no_line_begins_with_a_path() {
    let texts: Vec<(&str, String)> = NAMES.iter().map(|name| (*name, secret("a", Some("ml")))).collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let work = Work::new(&files);
    for format in mlguard::api::report::Format::ALL.iter().map(|format| format.as_str()) {
        let arguments = ["check", "--format", format];
        assert_tame(&work.run_in(".", &arguments, &[]), &arguments, format == "github");
    }
    work.write("c.pem", super::fix::public(0));
    let seal: Vec<&str> = ["seal", "--cert", "c.pem", "--in-place"].into_iter().chain(NAMES).collect();
    let reseal: Vec<&str> = ["reseal", "--private-key", "c.pem"].into_iter().chain(NAMES).collect();
    for arguments in [
        &["map"][..],
        &["map", "--format", "json"],
        &["map", "--format", "dot"],
        &["check", "-vvv"],
        &["check", NAMES[0], "::gone.yaml"],
        &["check", "--\n::error::x"],
        &["fix", "--diff", "--cert", "c.pem"],
        &["fix", "--cert", "c.pem"],
        &["check", "--format", "human"],
        &["fix", "--undo"],
        &["baseline", "write", "--baseline", "::x.baseline"],
        &["baseline", "explain", "--baseline", "::x.baseline"],
        &["baseline", "explain", "--baseline", "::x.baseline", "--format", "json"],
        &["cert", "show", "::gone.pem", "c.pem"],
        &["rules", "test", NAMES[0]],
        &["init", "--stdout"],
        &["init"],
        &reseal,
        &seal,
        &["fix", "--undo"],
    ] {
        assert_tame(&work.run_in(".", arguments, &[]), arguments, false);
    }
    assert!(fs::read_to_string(work.tree.path(NAMES[0])).expect("a file").contains("kind: Secret"), "it was undone");
}
