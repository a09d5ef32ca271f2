//! The program as people and pipelines use it: exit codes, streams, configuration, signals.

mod across;
mod baseline;
mod canary;
mod cert;
mod config;
mod dev;
mod escape;
mod external;
mod fix;
mod fixes;
mod gate;
pub(crate) mod harness;
mod helm;
mod hostile;
mod map;
mod marked;
mod originals;
mod package;
mod same;
mod sarif;
mod seal;
mod server;
mod streams;

use harness::{Tree, token};

#[test]
fn exit_codes_say_clean_findings_and_failure() {
    let tree = Tree::new(&[("a.txt", "nothing here\n")]);
    assert_eq!(tree.run(&["check"]).code, 0);
    let tree = Tree::new(&[("a.txt", &format!("x {}\n", token()))]);
    assert_eq!(tree.run(&["check"]).code, 1);
    assert_eq!(tree.run(&["check", "--fail-on", "error"]).code, 1);
    for wrong in [
        &["check", "--fail-on", "loud"][..],
        &["check", "--fromat", "json"],
        &["check", "--threads", "0"],
        &["check", "--exclude", "a["],
        &["check", "--format", "xml"],
        &["check", "--rule", "github-tokn"],
        &["check", "missing"],
        &["check", "a.txt", "missing"],
        &["chek"],
        &[],
    ] {
        assert_eq!(tree.run(wrong).code, 2, "{wrong:?}");
    }
    let run = tree.run(&["check", "--rule", "github-tokn"]);
    assert!(run.err.contains("did you mean `github-token`?"), "{}", run.err);
}

#[test]
fn a_missing_path_does_not_keep_the_others_from_being_searched() {
    let tree = Tree::new(&[("a.txt", &format!("x {}\n", token()))]);
    let run = tree.run(&["check", "a.txt", "gone.txt"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("gone.txt: no such file or folder") && run.out.contains("github-token"), "{run:?}");
}

#[test]
fn help_version_man_and_completions_go_to_standard_output() {
    let tree = Tree::new(&[]);
    for (arguments, text) in [
        (&["--help"][..], "Exit status:"),
        (&["check", "--help"], "Examples:"),
        (&["--version"], "mlguard 0."),
        (&["man"], ".TH mlguard 1"),
        (&["completions", "bash"], "_mlguard()"),
        (&["completions", "zsh"], "#compdef mlguard"),
        (&["rules"], "github-token"),
        (&["explain", "github-token"], "GitHub token"),
    ] {
        let run = tree.run(arguments);
        assert!(run.code == 0 && run.out.contains(text) && run.err.is_empty(), "{arguments:?}: {run:?}");
    }
    let pages = tree.path("man");
    assert_eq!(tree.run(&["man", "man"]).code, 0);
    for page in ["mlguard.1", "mlguard-check.1", "mlguard-map.1", "mlguard-cert-fetch.1", "mlguard-rules-test.1"] {
        assert!(pages.join(page).is_file(), "{page}");
    }
    let page = std::fs::read_to_string(pages.join("mlguard-cert-show.1")).expect("the page");
    let title = concat!(".TH mlguard-cert-show 1  \"mlguard ", env!("CARGO_PKG_VERSION"), "\" \"mlguard manual\"");
    assert!(page.contains(title) && page.contains("\n.SH EXAMPLES\n.nf\n"), "{page}");
    assert!(!pages.join("mlguard-dev.1").exists(), "it is hidden");
}

#[test]
fn rules_are_listed_for_programs_too() {
    let tree = Tree::new(&[(".mlguard.yaml", "rules: { github-token: off }\n")]);
    let run = tree.run(&["rules", "--format", "json"]);
    let rules: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let rule = rules.as_array().and_then(|rules| rules.iter().find(|rule| rule["id"] == "github-token"));
    assert_eq!(rule.expect("the rule")["level"], "off");
}

#[test]
fn unknown_rules_are_answered_with_the_nearest() {
    let run = Tree::new(&[]).run(&["explain", "github-tokens"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert_eq!(
        run.err,
        "error: unknown rule `github-tokens`\n  help: did you mean `github-token`? `mlguard rules` lists all\n"
    );
}

#[test]
fn rules_test_names_file_and_example() {
    let good = "title: Own\nlevel: error\nkeywords: [own_]\npattern: 'own_[a-z]{8}'\nwhy: w\nremedy: r\nreferences: []\n\
                matches: ['key = own_abcdefgh']\nnon-matches: ['own_']\n";
    let bad = good.replace("key = own_abcdefgh", "key = hunter2");
    let tree = Tree::new(&[("ok/own.yml", good), ("bad/own.yml", &bad)]);
    let run = tree.run(&["rules", "test", "ok"]);
    assert_eq!((run.code, run.out.as_str()), (0, "1 rules, 2 examples: all behave as expected\n"), "{run:?}");
    let run = tree.run(&["rules", "test", "bad/own.yml"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("bad/own.yml: ") && !run.err.contains("hunter2"), "{}", run.err);
    assert_eq!(tree.run(&["rules", "test"]).code, 0, "the built-in rules");
}

/// `.mlguard.yaml` of the repository, and the folders in `examples/` that the README tells people to try.
#[test]
fn this_repository_is_clean_and_its_leaky_example_is_not() {
    let root = env!("CARGO_MANIFEST_DIR");
    let check = |folder: &str| {
        let run = Tree::new(&[]).run(&["check", "--quiet", "--fail-on", "note", &format!("{root}/{folder}")]);
        (run.code, run.out)
    };
    for clean in ["", "examples/clean"] {
        let (code, out) = check(clean);
        assert_eq!(code, 0, "{clean}: {out}");
    }
    let (code, out) = check("examples/leaky");
    assert_eq!(code, 1, "{out}");
    for quiet in ["sealed-secret.yaml", "Chart.yaml"] {
        assert!(!out.contains(quiet), "{out}");
    }
}
