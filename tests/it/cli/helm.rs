//! Helm values that a chart writes into a Secret, as a person sees them.

use super::harness::Tree;

const GIT: [(&str, &str); 3] = [(".git/HEAD", "ref: refs/heads/main\n"), (".git/objects/x", ""), (".git/refs/x", "")];

const CHART: (&str, &str) = ("tracking/Chart.yaml", "apiVersion: v2\nname: tracking\nversion: 0.1.0\n");
const TEMPLATE: (&str, &str) = (
    "tracking/templates/secret.yaml",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: tracking}\nstringData:\n  store-password: {{ .Values.store.entry }}\n  \
     admin-password: {{ .Values.adminPassword | quote }}\n",
);
const VALUES: (&str, &str) = ("tracking/values.yaml", "store:\n  entry: mlops2024\nadminPassword: mlops2025\n");

fn found(tree: &Tree, arguments: &[&str]) -> Vec<String> {
    let run = tree.run(&[&["check", "--format", "json"], arguments].concat());
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    findings
        .map(|it| {
            let related =
                it["related"].get(0).map(|it| format!(" from {}:{}", it["path"].as_str().expect("a path"), it["line"]));
            format!("{} {}{}", it["rule"].as_str().expect("a rule"), it["line"], related.unwrap_or_default())
        })
        .collect()
}

#[test]
fn a_value_of_a_secret_is_told_once_and_by_its_key_where_that_tells_it() {
    let tree = Tree::new(&[GIT.as_slice(), &[CHART, TEMPLATE, VALUES]].concat());
    let expected = ["helm-secret-value 2 from tracking/templates/secret.yaml:5", "helm-values-credential 3"];
    assert_eq!(found(&tree, &["."]), expected);
    assert_eq!(found(&tree, &["tracking/values.yaml"]), expected, "with the others as context");
    assert_eq!(found(&tree, &["tracking/templates/secret.yaml"]), [""; 0]);
    let run = tree.run(&["check", "."]);
    assert!(run.out.contains("The Helm value `.store.entry`"), "{run:?}");
    assert!(!run.out.contains("mlops202"), "{run:?}");
}

#[test]
fn without_a_chart_there_is_no_helm_value() {
    let tree = Tree::new(&[GIT.as_slice(), &[TEMPLATE, VALUES]].concat());
    assert_eq!(found(&tree, &["."]), ["helm-values-credential 3"]);
}
