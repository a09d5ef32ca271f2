//! `--diff`: a patch to be read, in which no value stands, and nothing is written.

use super::{VALUE, Work, encoded, public, secret};

/// Each text holds the value in some way that a patch could show; `--diff` must not.
#[test]
fn no_value_stands_in_a_patch() {
    let head = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: ml\n";
    let applied = format!(
        "  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":\
         {{\"password\":\"{}\"}},\"metadata\":{{\"name\":\"db\"}}}}\n",
        encoded()
    );
    let texts = [
        secret("db", Some("ml")),
        format!("{head}stringData:\n  password: {VALUE}\n"),
        format!("{head}stringData:\n  password: \"{VALUE}\" # was {VALUE}\n"),
        format!("{head}data:\n  password: {} # {VALUE}\n", encoded()),
        format!("{head}stringData:\n  password: |\n    {VALUE}\n    {VALUE}\n"),
        format!("{head}stringData: {{password: {VALUE}}}\n"),
        format!("{head}{applied}data:\n  password: {}\n", encoded()),
        format!("{head}  annotations:\n    note: password={VALUE}\ndata:\n  password: {}\n", encoded()),
        format!("# password: {VALUE}\n{}# the same: {VALUE}\n", secret("db", Some("ml"))),
        // Allowed, of another rule or in another document: next to what changes, in the same patch.
        format!(
            "{}---\nkind: Thing\npassword: {VALUE} # mlguard: allow credential -- a test\n",
            secret("db", Some("ml"))
        ),
        format!(
            "{}---\nkind: ConfigMap\napiVersion: v1\nmetadata: {{name: a}}\ndata:\n  DB_PASSWORD: {VALUE}\n",
            secret("db", Some("ml"))
        ),
        format!(
            "{{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Secret\",\n  \"metadata\": {{\"name\": \"db\", \"namespace\": \"ml\"}},\n  \
             \"data\": {{\"password\": \"{}\"}}\n}}\n",
            encoded()
        ),
    ];
    for text in &texts {
        for arguments in [&["--diff"][..], &["--diff", "--unsafe"], &["--diff", "--rule", "plaintext-secret"]] {
            let work = Work::new(&[("s.yaml", text)]);
            let before = work.files();
            let run = work.fix(arguments);
            let shown = run.out.replace(VALUE, "VALUE").replace(&encoded(), "VALUE");
            assert_eq!(shown, run.out, "a value is shown");
            assert!(
                run.out.contains("+kind: SealedSecret") || run.out.contains("+  \"kind\": \"SealedSecret\""),
                "{}",
                run.out
            );
            assert!(run.out.contains("\n--- a/s.yaml\n") || run.out.starts_with("--- a/s.yaml\n"), "{}", run.out);
            assert_eq!(run.code, 1);
            assert!(work.files() == before && !work.has(".git/mlguard"), "nothing is written");
        }
    }
}

/// The harness looks for the value in every output; here it must be able to see it at all.
#[test]
fn values_of_context_lines_are_masked_whatever_rule_is_asked_for() {
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  imagePullSecrets:\n  - name: ghcr\n  - name: ghcr\n  containers:\n  \
         - name: c\n    image: nginx\n    env:\n    - {{name: DB_PASSWORD, value: {VALUE}}}\n"
    );
    let work = Work::new(&[("pod.yaml", &pod)]);
    let run = work.fix(&["--diff", "--rule", "unexpected-pull-secret"]);
    assert!(run.out.contains("-  - name: ghcr\n"), "{}", run.out);
    assert!(!run.out.contains(VALUE));
}

#[test]
fn new_and_removed_files_are_shown() {
    let configuration = "clusters:\n  east: { cert: a.pem, environments: [production] }\n  west: { cert: b.pem, environments: \
                         [production] }\n";
    let name = "packages/ml/production/s.yaml";
    let work = Work::new(&[
        (".mlguard.yaml", configuration),
        ("a.pem", public(0)),
        ("b.pem", public(1)),
        (name, &format!("# head {VALUE}\n{}", secret("db", None))),
        (".env.example", "PASSWORD=\n"),
    ]);
    let before = work.files();
    let run = work.bare(&["--diff"]);
    for part in [
        "--- a/packages/ml/production/s.yaml\n+++ /dev/null\n",
        "--- /dev/null\n+++ b/packages/ml/production/s.east.yaml\n",
        "--- /dev/null\n+++ b/packages/ml/production/s.west.yaml\n",
        "--- /dev/null\n+++ b/.gitignore\n",
    ] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
    assert!(work.files() == before);
}

#[test]
fn the_patch_of_a_clean_tree_is_empty() {
    let work = Work::new(&[("a.yaml", "a: 1\n")]);
    let run = work.fix(&["--diff"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""));
}
