//! Configuration from files, environment and flags.

use super::harness::{Tree, token};

fn leak() -> String {
    format!("x {}\n", token())
}

#[test]
fn a_faulty_configuration_is_told_and_everything_else_still_checked() {
    let tree =
        Tree::new(&[(".mlguard.yaml", "exlude: [a.txt]\nexclude: [b.txt]\n"), ("a.txt", &leak()), ("b.txt", &leak())]);
    let run = tree.run(&["check"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err.starts_with("error: .mlguard.yaml:1:1: unknown key `exlude`\n  help: did you mean `exclude`?"),
        "{}",
        run.err
    );
    assert!(run.out.contains("a.txt") && !run.out.contains("b.txt"), "{}", run.out);
}

#[test]
fn faults_of_folders_and_packs_count_too() {
    let tree = Tree::new(&[("sub/.mlguard.yaml", "rules: { github-token: warn }\n"), ("sub/a.txt", "x\n")]);
    let run = tree.run(&["check"]);
    assert!(run.code == 2 && run.err.contains("sub/.mlguard.yaml:1:24: "), "{run:?}");
    let tree = Tree::new(&[(".mlguard.yaml", "rule-packs: [nothing/*.yml]\n"), ("a.txt", "x\n")]);
    let run = tree.run(&["check"]);
    assert!(run.code == 2 && run.err.contains("no rule file matches"), "{run:?}");
}

#[test]
fn levels_and_excludes_decide_the_exit_code() {
    let leak = leak();
    let lower = "rules: { github-token: { level: warning, paths: [\"t/**\"] } }\n";
    let tree = Tree::new(&[(".mlguard.yaml", lower), ("t/a.txt", &leak)]);
    assert_eq!(tree.run(&["check"]).code, 0);
    assert_eq!(tree.run(&["check", "--fail-on", "warning"]).code, 1);
    assert_eq!(tree.run_with(&["check"], &[("MLGUARD_FAIL_ON", "warning")]).code, 1);
    assert_eq!(tree.run_with(&["check", "--fail-on", "error"], &[("MLGUARD_FAIL_ON", "warning")]).code, 0);
    assert_eq!(tree.run_with(&["check"], &[("MLGUARD_FAIL_ON", "loud")]).code, 2);
    assert_eq!(tree.run(&["check", "--no-config"]).code, 1);
    assert_eq!(tree.run(&["check", "--no-config", "--exclude", "t/**"]).code, 0);
}

#[test]
fn a_policy_cannot_be_weakened() {
    let tree = Tree::new(&[
        ("policy.yaml", "fail-on: warning\n"),
        ("repo/.git/HEAD", ""),
        ("repo/.mlguard.yaml", "rules: { github-token: off }\nexclude: [\"**\"]\n"),
        ("repo/a.txt", &leak()),
    ]);
    assert_eq!(tree.run(&["check", "repo/a.txt"]).code, 0, "the repository alone turns it off");
    let run = tree.run(&["check", "--policy", "policy.yaml", "--exclude", "a.txt", "repo/a.txt"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(run.err.matches("warning: ").count(), 3, "{}", run.err);
    let run = tree.run_with(&["check", "--quiet", "repo/a.txt"], &[("MLGUARD_POLICY", "policy.yaml")]);
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    assert_eq!(tree.run(&["check", "--policy", "policy.yaml", "--rule", "github-token"]).code, 2);
    assert_eq!(tree.run(&["check", "--policy", "none.yaml", "repo/a.txt"]).code, 2);
}

#[test]
fn the_shown_configuration_names_origins() {
    let tree =
        Tree::new(&[(".mlguard.yaml", "fail-on: note\n"), ("sub/.mlguard.yaml", "exclude: [gen]\n"), ("sub/a", "")]);
    let run = tree.run_with(&["check", "--show-config", "--max-size", "1KiB"], &[("MLGUARD_FORMAT", "jsonl")]);
    for line in [
        "# format: jsonl  (MLGUARD_FORMAT)\n",
        "  - \"/sub/**/gen\"  # sub/.mlguard.yaml:1:11\n",
        "fail-on: note  # .mlguard.yaml:1:10\n",
        "max-size: 1KiB  # --max-size\n",
        "  github-token: error  # default\n",
    ] {
        assert!(run.out.contains(line), "{line}{}", run.out);
    }
    assert_eq!(run.code, 0);
}

#[test]
fn a_named_folder_is_searched_although_it_is_excluded() {
    let text = format!("x {}\n", token());
    let tree = Tree::new(&[(".mlguard.yaml", "exclude: [/demo/**]\n"), ("demo/a.txt", &text), ("b.txt", "y\n")]);
    assert_eq!(tree.run(&["check", "."]).code, 0);
    assert_eq!(tree.run(&["check", "demo"]).code, 1);
    assert_eq!(tree.run(&["check", "b.txt", "demo/a.txt"]).code, 0);
}

#[test]
fn the_convention_is_read_and_shown() {
    let text = "environments: { dev: \"{workflow}-d\" }\nreferences: { env-form: [a] }\n";
    let tree = Tree::new(&[(".mlguard.yaml", text), ("a.txt", "x\n")]);
    let run = tree.run(&["check"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err.starts_with(
            "error: .mlguard.yaml:2:15: unknown key `env-form`\n  help: did you mean `env-from`? \
             known keys: env-from, image-pull, kinds, private-registries"
        ),
        "{}",
        run.err
    );
    let shown = tree.run(&["check", "--show-config"]).out;
    assert!(shown.contains("environments:\n  \"dev\": \"{workflow}-d\"  # .mlguard.yaml:1:17\n"), "{shown}");
    assert!(shown.contains("  env-from:\n    - \"ml-platform\"  # default\n"), "{shown}");
}
