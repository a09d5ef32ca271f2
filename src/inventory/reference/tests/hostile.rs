//! Aliases and depth made to keep the walk busy.

use super::read;
use std::fmt::Write as _;

fn ends(text: &str) -> usize {
    let mut found = 0;
    let work = allocation_counter::measure(|| found = read(text, &[]).0.len());
    assert!(work.count_total < 50 * (4_000 + text.len() as u64), "{work:?} for {} bytes", text.len());
    found
}

#[test]
fn aliases_are_read() {
    let text = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n      envFrom: &all [{secretRef: {name: b}}]\n    - {name: c, envFrom: *all}\n";
    assert_eq!(ends(text), 2);
}

#[test]
fn a_node_inside_itself() {
    let head = "apiVersion: machinelearning.seldon.io/v1\nkind: SeldonDeployment\nspec:\n  predictors:\n    - graph: ";
    assert!(ends(&format!("{head}&a {{envSecretRefName: b, children: [*a, *a, *a, *a]}}\n")) > 4);
    assert!(ends(&format!("{head}&a {{envSecretRefName: b, children: [{{<<: *a}}, {{<<: *a}}]}}\n")) > 4);
    let steps = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  templates:\n    - &a\n      name: a\n      steps: [[{inline: *a}, {inline: *a}, {inline: *a}]]\n";
    assert_eq!(ends(steps), 0);
    let search = "apiVersion: argoproj.io/v1alpha1\nkind: EventSource\nspec: &a {x: *a, y: *a, z: {name: n, key: k}}\n";
    assert!(ends(search) > 1);
}

#[test]
fn a_bomb() {
    let mut text =
        String::from("apiVersion: argoproj.io/v1alpha1\nkind: EventSource\nspec:\n  a0: &a0 [{name: x, key: y}]\n");
    for level in 1..7 {
        let list = vec![format!("*a{}", level - 1); 9].join(", ");
        let _ = writeln!(text, "  a{level}: &a{level} [{list}]");
    }
    assert!(ends(&text) < 10_000);
}

#[test]
fn a_string_that_many_aliases_name() {
    let patch = "x".repeat(2000);
    let mut text = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  podSpecPatch: &p '{patch}'\n  templates:\n"
    );
    text.push_str(&"    - {podSpecPatch: *p}\n".repeat(5000));
    assert_eq!(ends(&text), 0);
}

#[test]
fn depth() {
    let depth = 30;
    let text = format!(
        "apiVersion: machinelearning.seldon.io/v1\nkind: SeldonDeployment\nspec: {{predictors: [{{graph: {}{{}}{}}}]}}\n",
        "{envSecretRefName: a, children: [".repeat(depth),
        "]}".repeat(depth)
    );
    assert!((25..=depth).contains(&ends(&text)));
}
