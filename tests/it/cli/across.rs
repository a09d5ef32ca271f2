//! Checks of the whole repository against hostile trees: bounded work, no secret from another file, no false alarm.

#![expect(clippy::format_collect, reason = "texts of a test may be put together slowly")]

use mlguard::api::engine::{Input, Options, run};
use mlguard::api::source;

use super::harness::Tree;
use crate::work::assert_in_proportion;

fn external(name: &str, namespace: &str, key: &str) -> String {
    format!(
        "---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         spec: {{target: {{name: {name}}}, data: [{{secretKey: {key}, remoteRef: {{key: a}}}}]}}\n"
    )
}

fn pod(name: &str, namespace: &str, image: &str, secret: &str, key: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  containers:\n  - name: c\n    \
         image: '{image}'\n    env: [{{name: A, valueFrom: {{secretKeyRef: {{name: {secret}, key: {key}}}}}}}]\n"
    )
}

/// Letters by a number, as random as names need to be.
fn name(at: usize) -> String {
    let mut state = (at as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (0..12)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + u8::try_from((state >> 33) % 26).expect("a letter"))
        })
        .collect()
}

/// A provider's token of a number, with its checksum.
fn token(at: usize) -> String {
    let body = format!("Ky9Pf34qY6Nb3wWD25RQ4F5ZR3qa{at:02}");
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut sum = crc32fast::hash(body.as_bytes());
    let mut end = Vec::new();
    for _ in 0..6 {
        end.insert(0, digits[sum as usize % 62]);
        sum /= 62;
    }
    format!("{}{body}{}", ["gh", "p_"].concat(), String::from_utf8_lossy(&end))
}

#[test]
fn large_repositories_take_work_in_proportion_to_their_size() {
    for (what, tree) in large_trees(2_000) {
        let run = tree.run_bounded(&["check", "--format", "json=out.json"]);
        assert!((0..=1).contains(&run.code), "{what}: {}", run.err);
    }
    let sizes = [1, 2].map(|size| large_trees(200 * size));
    let options = Options::for_tests();
    for (index, (what, _)) in sizes[0].iter().enumerate() {
        assert_in_proportion(what, |size| {
            let listing = source::list(&[sizes[size - 1][index].1.path("")], &|_| true).expect("a listing");
            let _ = run(Input { listing, context: &Vec::new }, &options);
        });
    }
}

/// Repositories of about `count` objects.
#[expect(clippy::too_many_lines, reason = "one list of trees")]
fn large_trees(count: usize) -> Vec<(&'static str, Tree)> {
    let many = |text: &dyn Fn(usize) -> String| (0..count).map(text).collect::<String>();
    let numbers = || (0..count * 3 / 4).map(|at| format!("- f{at}.yaml\n")).collect::<String>();
    let trees: [(&str, Vec<(&str, String)>); 11] = [
        (
            "dangling",
            vec![
                ("s.yaml", many(&|at| external(&format!("a-long-common-beginning-{}", name(at)), "app", "k"))),
                (
                    "d.yaml",
                    many(&|at| pod("p", "app", "x", &format!("a-long-common-beginning-{}", name(at + 9_000)), "k")),
                ),
            ],
        ),
        (
            "keys",
            vec![
                ("s.yaml", {
                    let keys = many(&|at| format!("  - {{secretKey: KEY_{at}, remoteRef: {{key: a}}}}\n"));
                    format!(
                        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {{name: db, namespace: app}}\nspec:\n  data:\n{keys}"
                    )
                }),
                ("d.yaml", {
                    let all = many(&|at| {
                        format!("    - {{name: A{at}, valueFrom: {{secretKeyRef: {{name: db, key: OTHER_{at}}}}}}}\n")
                    });
                    format!(
                        "{}{all}",
                        pod("p", "app", "x", "db", "KEY_1")
                            .replace("env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: KEY_1}}}]\n", "env:\n")
                    )
                }),
            ],
        ),
        ("twice", vec![("s.yaml", many(&|_| external("db", "app", "k")))]),
        (
            "one-name",
            vec![
                ("s.yaml", many(&|at| external("db", &name(at), "k"))),
                ("d.yaml", many(&|at| pod("p", &name(at + 1), "x", "db", "other"))),
            ],
        ),
        (
            "accounts",
            vec![
                (
                    "s.yaml",
                    many(&|at| {
                        format!(
                            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: a{at}, namespace: app}}\n"
                        )
                    }),
                ),
                ("d.yaml", many(&|at| pod(&format!("p{at}"), "app", "ghcr.io/x/y", "ml-platform", "k"))),
            ],
        ),
        (
            "namespaces",
            vec![
                ("s.yaml", many(&|at| external("db", &format!("{}-dev", name(at)), "k"))),
                ("t.yaml", many(&|at| external("db", &format!("{}-staging", name(at)), "k"))),
                ("d.yaml", many(&|at| pod("p", &format!("{}-dve", name(at)), "x", "db", "k"))),
            ],
        ),
        (
            "patches",
            vec![
                ("kustomization.yaml", {
                    let patch = |at: usize| {
                        format!(
                            "- patch: |\n    apiVersion: v1\n    kind: Pod\n    metadata: {{name: p{at}, namespace: app}}\n"
                        )
                    };
                    let patches: String = (0..count * 3 / 4).map(patch).collect();
                    format!("namePrefix: x-\nresources:\n- all.yaml\n{}patches:\n{patches}", numbers())
                }),
                ("all.yaml", (0..count * 3 / 4).map(|at| pod(&format!("p{at}"), "app", "x", "db", "k")).collect()),
            ],
        ),
        (
            "operations",
            vec![
                ("kustomization.yaml", {
                    let patch = |at| {
                        format!(
                            "- target: {{kind: Pod, name: p.*}}\n  patch: '[{{op: add, path: /metadata/labels/a{at}, value: b}}]'\n"
                        )
                    };
                    format!("resources: [all.yaml]\npatches:\n{}", (0..count / 2).map(patch).collect::<String>())
                }),
                ("all.yaml", (0..count / 2).map(|at| pod(&format!("p{at}"), "app", "x", "db", "k")).collect()),
            ],
        ),
        (
            "names to repair",
            vec![(
                "d.yaml",
                many(&|at| {
                    let names = "imagePullSecrets: [{name: ghcr}, {name: ghcr}, {name: harbor}]";
                    pod(&format!("p{at}"), "app", "x", "db", "k").replace("spec:\n", &format!("spec:\n  {names}\n"))
                }),
            )],
        ),
        (
            "one list to repair",
            vec![("d.yaml", {
                let names = many(&|at| format!("  - name: {}\n  - name: twice\n", name(at)));
                let list = format!("spec:\n  imagePullSecrets:\n  - name: ghcr\n{names}");
                pod("p", "app", "x", "db", "k").replace("spec:\n", &list)
            })],
        ),
        (
            "applications",
            vec![
                (
                    "a.yaml",
                    many(&|at| {
                        format!(
                            "---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: a{at}, namespace: argocd}}\n\
                         spec:\n  source: {{repoURL: https://example.com/x, path: apps}}\n  destination: {{namespace: n{at}}}\n"
                        )
                    }),
                ),
                ("apps/d.yaml", many(&|at| pod(&format!("p{at}"), "x", "x", "db", "k").replace(", namespace: x", ""))),
            ],
        ),
    ];
    let made = |(what, files): (&'static str, Vec<(&str, String)>)| {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        (what, Tree::new(&files))
    };
    trees.into_iter().map(made).collect()
}

#[test]
fn no_secret_of_another_file_is_said() {
    let ciphertext = |letter: &str| format!("AgA{}", letter.repeat(721));
    let sealed = |name: &str, namespace: &str, letter: &str| {
        format!(
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
             spec:\n  encryptedData: {{x: {}}}\n",
            ciphertext(letter)
        )
    };
    let password = ["Zq8x7Lm1", "Kd9w"].concat();
    let t: Vec<String> = (0..20).map(token).collect();
    let near = format!("{}x", &t[2][..t[2].len() - 1]);
    let files = [
        ("a/s.yaml", external("db", "n1", &t[1])),
        ("a/d.yaml", pod("p", "n1", "x", "db", "wrong")),
        ("b/s.yaml", external(&t[2], "n2", "k")),
        ("b/d.yaml", pod("p", "n2", "x", &near, "k")),
        ("c/s.yaml", external("dbc", &t[3], "k")),
        ("c/d.yaml", pod("p", "n3", "x", "dbc", "k")),
        ("k/kustomization.yaml", format!("namePrefix: {}-\nnamespace: {}\nresources: [s.yaml, d.yaml]\n", t[4], t[5])),
        ("k/s.yaml", sealed("a", "app-dev", "b")),
        ("k/d.yaml", pod("p", "app", "x", "missing", "k")),
        ("i/d.yaml", pod("p", "fin-dev", &format!("ghcr.io/user:{password}@ghcr.io/x"), "ml-platform", "k")),
        ("i/e.yaml", pod("p", "fin-dev", &format!("user:{password}@ghcr.io/x"), "ml-platform", "k")),
        ("i/f.yaml", pod("p", "fin-dev", &format!("ghcr.io/x:{}", t[6]), "ml-platform", "k")),
        ("packages/fin/dev/s.yaml", external(&t[7], "fin-dev", &t[8])),
        ("packages/fin/staging/s.yaml", external("other", "fin-staging", "k")),
        ("packages/fin/production/s.yaml", external("other", "fin", &t[9])),
        ("dup/a.yaml", external(&t[10], &t[11], "k")),
        ("dup/b.yaml", external(&t[10], &t[11], "k")),
        ("copy/a.yaml", sealed(&t[12], &t[13], "c")),
        ("copy/b.yaml", sealed(&t[14], "u", "c")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let tree = Tree::new(&files);
    for format in mlguard::api::report::Format::ALL.iter().map(|format| format.as_str()) {
        let run = tree.run(&["check", "--format", format]);
        for part in ["Ky9Pf34qY6", &password, "bbbbbbbb", "cccccccc"] {
            assert!(!run.out.contains(part) && !run.err.contains(part), "{format}: {part}: {}", run.out);
        }
        for rule in ["undefined-secret-key", "sealed-broken-by-kustomize", "sealed-copied", "duplicate-definition"] {
            // GitHub shows ten of a level; people read words.
            let whole = !matches!(format, "human" | "github");
            assert!(!whole || run.out.contains(rule), "{format}: {rule}: {}", run.out);
        }
    }
}

#[test]
fn what_a_template_or_a_person_fills_in_is_no_missing_name() {
    for gap in
        ["{{ .Values.x }}", "$(VAR)", "\"${VAR}\"", "$VAR", "<name>", "\"{{workflow.parameters.x}}\"", "db-{{ x }}"]
    {
        let tree = Tree::new(&[
            ("s.yaml", &external("db-token", "app", "k")),
            ("d.yaml", &pod("p", "app", "x", gap, "k")),
            ("e.yaml", &pod("p", gap, "x", "elsewhere", "k")),
            ("f.yaml", &pod("p", gap, "x", "db-token", "k")),
        ]);
        let run = tree.run(&["check", "--rule", "undefined-secret", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
        let found: Vec<_> = report["findings"].as_array().expect("a list").iter().collect();
        assert!(
            found.iter().all(|finding| finding["path"] == "e.yaml" && finding["level"] == "warning"),
            "{gap}: {found:?}"
        );
    }
}
