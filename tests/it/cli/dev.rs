//! `mlguard dev view`, and `mlguard rules new`: tools for people who write rules and checks.

use super::harness::Tree;

#[test]
fn dev_view_shows_how_a_file_is_read_and_no_value() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: ml\nstringData:\n  password: hunter2-tea4two\n  \
                  host: pg.ml.svc\n";
    let kustomization = "namespace: ml-prod\nresources: [db.yaml]\n";
    let tree = Tree::new(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".git/objects/x", ""),
        (".git/refs/x", ""),
        ("k8s/db.yaml", secret),
        ("k8s/kustomization.yaml", kustomization),
    ]);
    let run = tree.run(&["dev", "view", "k8s/db.yaml"]);
    assert!(run.code == 0 && run.err.is_empty(), "{run:?}");
    let lines: Vec<&str> = run.out.lines().collect();
    for (start, end) in [
        ("file k8s/db.yaml: Yaml, ", " bytes"),
        ("  0  1:1-", "  Yaml in File, 0 template actions"),
        ("  1:1-", "  Secret ml/db  unit 0"),
        ("  7:13-7:28  .stringData.password  ********  key: password, value: text, verdict: ", "credential"),
        ("  8:9-8:18  .stringData.host  ********  key: ", "verdict: none"),
        ("facts", ""),
        ("  Secret  ml-prod/db  by k8s/kustomization.yaml", ""),
    ] {
        let there = lines.iter().any(|line| line.starts_with(start) && line.ends_with(end));
        assert!(there, "{start:?} … {end:?} is not in:\n{}", run.out);
    }
    let finding = lines.iter().find(|line| line.contains("  error  plaintext-secret  "));
    assert!(finding.is_some_and(|line| line.starts_with("  7:13-7:28")), "{}", run.out);
    assert!(!run.out.contains("hunter2") && !run.out.contains("pg.ml.svc"), "{}", run.out);
    let run = tree.run(&["--help"]);
    assert!(!run.out.contains("\n  dev "), "it is hidden: {}", run.out);
    assert_eq!(tree.run(&["dev", "view", "missing.yaml"]).code, 2);
}

#[test]
fn rules_new_writes_a_rule_that_passes_rules_test_and_replaces_nothing() {
    let tree = Tree::new(&[]);
    let run = tree.run(&["rules", "new", "acme-token"]);
    assert!(run.code == 0 && run.out.starts_with("wrote acme-token.yml\n"), "{run:?}");
    let run = tree.run(&["rules", "test", "acme-token.yml"]);
    assert_eq!((run.code, run.out.as_str()), (0, "1 rules, 4 examples: all behave as expected\n"), "{run:?}");
    let before = std::fs::read(tree.path("acme-token.yml")).expect("the rule");
    let run = tree.run(&["rules", "new", "acme-token"]);
    assert!(run.code == 2 && run.err.contains("acme-token.yml: the file already exists"), "{run:?}");
    assert_eq!(std::fs::read(tree.path("acme-token.yml")).expect("the rule"), before);
    for (arguments, why) in [
        (&["Acme"][..], "not a valid rule id"),
        (&["github-token"], "`github-token` is a built-in rule"),
        (&["own", "--output", "other.yml"], "must be called `own.yml`"),
        (&["own", "--output", "missing/own.yml"], "cannot be written"),
    ] {
        let run = tree.run(&[&["rules", "new"], arguments].concat());
        assert!(run.code == 2 && run.err.contains(why), "{arguments:?}: {run:?}");
    }
    let tree = Tree::new(&[("rules/secrets/other.yml", "")]);
    let run = tree.run(&["rules", "new", "own"]);
    assert!(run.code == 0 && tree.path("rules/secrets/own.yml").is_file(), "{run:?}");
}
