//! Whether a fix is offered, as people and machines are told.

use super::harness::Tree;

/// A work tree without a commit, as far as Git looks at it.
const GIT: [(&str, &str); 3] = [(".git/HEAD", "ref: refs/heads/main\n"), (".git/objects/x", ""), (".git/refs/x", "")];

/// The rules of all findings, each with its word about fixes.
fn said(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let run = Tree::new(files).run(&["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("a report");
    let word = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let found = report["findings"].as_array().expect("findings").iter();
    found.map(|finding| (word(&finding["rule"]), word(&finding["fixable"]))).collect()
}

#[test]
fn what_is_ignored_is_asked_in_a_work_tree_only() {
    let template = ("app/.env.example", "PASSWORD=\n");
    let offered = ("unignored-secret-file".to_owned(), "safe".to_owned());
    assert_eq!(said(&[GIT.as_slice(), &[template]].concat()), std::slice::from_ref(&offered));
    assert_eq!(said(&[GIT.as_slice(), &[template, (".gitignore", "*.log\n")]].concat()), [offered]);
    assert_eq!(said(&[GIT.as_slice(), &[template, ("app/.gitignore", ".env\n")]].concat()), []);
    assert_eq!(said(&[template]), [], "outside Git");
}

#[test]
fn a_fix_is_told_with_the_command_that_makes_it() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: app\nstringData:\n  password: tea4two-Biscuits\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: app\nspec:\n  containers:\n  - name: c\n    image: nginx\n    \
               envFrom:\n    - secretRef:\n        name: ml-platform\n    - secretRef:\n        name: db\n";
    let tree = Tree::new(&[("secret.yaml", secret), ("pod.yaml", pod)]);
    let text = tree.run(&["check", "--rule", "plaintext-secret", "--rule", "unexpected-env-from"]).out;
    assert!(text.contains("fix: mlguard fix (replace the Secret with a SealedSecret)\n"), "{text}");
    assert!(text.contains("fix: mlguard fix --unsafe (load only the Secret that is listed already)\n"), "{text}");
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- {}\n", secret.trim_end().replace('\n', "\n  "));
    let text = Tree::new(&[("list.yaml", &list)]).run(&["check"]).out;
    assert!(!text.contains("fix:"), "{text}");
    let reason = "`mlguard fix` cannot do it here: it is an item of a List; move it to its own document.";
    assert!(text.contains(reason), "{text}");
}
