//! SARIF of the program: columns, and what GitHub's validator says.

#![expect(clippy::disallowed_methods, reason = "runs the validator")]

use std::collections::BTreeSet;
use std::process::Command;

use super::harness::{Tree, token};
use crate::tools::tool;

fn report(tree: &Tree) -> serde_json::Value {
    tree.run(&["check", "--format", "sarif=out.sarif"]);
    serde_json::from_slice(&std::fs::read(tree.path("out.sarif")).expect("the report")).expect("JSON")
}

#[test]
fn columns_are_utf16_units() {
    let report = report(&Tree::new(&[("a.txt", &format!("é€😀 token = {}\n", token()))]));
    let region = &report["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startLine"], &region["startColumn"]), (&1.into(), &14.into()), "{report}");
}

#[test]
fn the_validator_of_github_has_nothing_to_say() {
    let tree = Tree::new(&[("a.txt", &format!("x {}\n", token())), ("b.yaml", "kind: Secret\napiVersion: v1\na: [\n")]);
    for arguments in [&["init", "-q"][..], &["remote", "add", "origin", "https://u:hunter2@git.example.com/a/b.git"]] {
        let git = std::process::Command::new("git").args(arguments).current_dir(tree.path("")).status();
        assert!(git.is_ok_and(|status| status.success()), "git {arguments:?}");
    }
    report(&tree);
    let Some(tool) = tool("MLGUARD_SARIF_MULTITOOL", "sarif-multitool") else { return };
    let configuration = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/sarif-multitool.xml");
    let mut command = Command::new(&tool);
    command.args(["validate", "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note", "--config", configuration]);
    command.arg(tree.path("out.sarif")).arg("--output").arg(tree.path("said.sarif"));
    let end = command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1").output().expect("the validator starts");
    let said = std::fs::read(tree.path("said.sarif")).unwrap_or_else(|_| panic!("{end:?}"));
    let said: serde_json::Value = serde_json::from_slice(&said).expect("JSON");
    let results = said["runs"][0]["results"].as_array().expect("results");
    let rules: BTreeSet<&str> = results.iter().filter_map(|result| result["ruleId"].as_str()).collect();
    // Message ids GitHub rejects, snippets leak, 2006 needs a network; `docs/facts/sarif-github.md`.
    let known = ["SARIF2002", "SARIF2006", "SARIF2009", "SARIF2010", "SARIF2011", "SARIF2013"];
    let wrong: Vec<_> = rules.iter().filter(|rule| !known.contains(rule)).collect();
    assert!(!rules.is_empty() && wrong.is_empty(), "{wrong:?}");
}
