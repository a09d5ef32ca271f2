//! `mlguard map`: what it shows, of what, and what it never shows.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::harness::{Run, Tree, token};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file");
        }
    }
}

/// The repository of the fixtures.
fn seeds() -> Tree {
    let tree = Tree::new(&[]);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/seeds/repository"), &tree.path(""));
    tree
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).expect("JSON")
}

/// `namespace/secret` of everything shown.
fn shown(map: &Value) -> Vec<String> {
    let namespaces = map["namespaces"].as_array().expect("a list");
    let of = |namespace: &Value| {
        let name = namespace["name"].as_str().unwrap_or("?").to_owned();
        let secrets = namespace["secrets"].as_array().expect("a list").clone();
        secrets.into_iter().map(move |secret| format!("{name}/{}", secret["name"].as_str().unwrap_or("?")))
    };
    namespaces.iter().flat_map(of).collect()
}

#[test]
fn a_repository_is_shown_as_json() {
    let tree = seeds();
    let run = tree.run(&["map", "--format", "json"]);
    assert!(run.code == 0 && run.err.is_empty() && run.out.ends_with("}\n"), "{run:?}");
    let map = json(&run);
    assert_eq!((&map["version"], &map["complete"]), (&Value::from(1), &Value::from(true)));
    let secrets = ["ghcr", "ml-platform"];
    let wanted: Vec<String> = ["financial-ml-dev", "financial-ml", "?"]
        .iter()
        .flat_map(|namespace| secrets.map(|secret| format!("{namespace}/{secret}")))
        .collect();
    assert_eq!(shown(&map), wanted);
    let dev = &map["namespaces"][0];
    assert_eq!((&dev["workflow"], &dev["environment"]), (&"financial-ml".into(), &"dev".into()));
    assert_eq!(map["namespaces"][2]["workflow"], Value::Null);
    let platform = &dev["secrets"][1];
    assert_eq!(
        platform["keys"],
        serde_json::json!([
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "MLFLOW_TRACKING_PASSWORD",
            "MLFLOW_TRACKING_URI",
            "MLFLOW_TRACKING_USERNAME",
            "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY"
        ])
    );
    assert_eq!(
        platform["definitions"],
        serde_json::json!([{
            "maker": "SealedSecret",
            "path": "infrastructure/packages/financial-ml/dev/ml-platform-sealed-secret.yaml",
            "line": 5
        }])
    );
    let consumers = platform["consumers"].as_array().expect("a list");
    assert_eq!(
        consumers[0],
        serde_json::json!({
            "kind": "Deployment",
            "name": "financial-model-server",
            "namespace": "financial-ml-dev",
            "path": "apps/model-server/dev.yaml",
            "line": 31,
            "usage": "env",
            "keys": ["MLFLOW_TRACKING_URI"],
            "optional": false
        })
    );
    // The overlay of dev brings the WorkflowTemplate of the base here.
    assert!(consumers.iter().any(|user| user["kind"] == "WorkflowTemplate" && user["usage"] == "credential"));
}

#[test]
fn pictures_hold_the_same() {
    let tree = seeds();
    let mermaid = tree.run(&["map"]);
    assert!(mermaid.code == 0 && mermaid.out.starts_with("flowchart LR\n"), "{mermaid:?}");
    let dot = tree.run(&["map", "--format", "dot"]);
    assert!(dot.code == 0 && dot.out.starts_with("digraph mlguard {\n") && dot.out.ends_with("}\n"), "{dot:?}");
    for name in ["financial-ml-dev", "ml-platform", "MLFLOW_TRACKING_URI", "financial-training-pipeline", "env-from"] {
        assert!(mermaid.out.contains(name) && dot.out.contains(name), "{name}");
    }
    assert!(mermaid.out.contains("subgraph w1[\"workflow financial-ml\"]"), "{}", mermaid.out);
    // Four in each namespace: two Secrets and three workloads, of which each uses both.
    assert_eq!((mermaid.out.matches(" -->|").count(), dot.out.matches(" -> ").count()), (14, 14));
}

#[test]
fn filters_and_paths_choose() {
    let tree = seeds();
    let map = |arguments: &[&str]| {
        let run = tree.run(&[&["map", "--format", "json"], arguments].concat());
        assert_eq!(run.code, 0, "{run:?}");
        (shown(&json(&run)).join(" "), run.err)
    };
    assert_eq!(map(&["--secret", "gh*", "--namespace", "financial-ml"]).0, "financial-ml/ghcr");
    let (found, said) = map(&["--workflow", "financial-*", "--secret", "ghcr"]);
    assert_eq!(found, "financial-ml-dev/ghcr financial-ml/ghcr");
    assert!(said.contains("1 Secret of unknown namespace left out"), "{said}");
    let (found, said) = map(&["--workflow", "other"]);
    assert!(
        found.is_empty() && said.contains("no Secret is defined or used here") && said.contains("filters"),
        "{said}"
    );
    // A plain folder is read by itself, and there everything is delivered.
    let (found, _) = map(&["apps/model-server"]);
    assert_eq!(found, "financial-ml-dev/ghcr financial-ml-dev/ml-platform financial-ml/ghcr financial-ml/ml-platform");
}

#[cfg(unix)]
#[test]
#[expect(clippy::disallowed_methods, reason = "a repository is made")]
fn a_path_of_a_repository_shows_its_secrets_whole() {
    let tree = seeds();
    let git = std::process::Command::new("git").args(["init", "-q"]).current_dir(tree.path("")).status();
    assert!(git.is_ok_and(|status| status.success()));
    let run = tree.run(&["map", "apps/model-server/dev.yaml", "--format", "json"]);
    assert!(run.code == 0 && run.err.is_empty(), "{run:?}");
    let map = json(&run);
    assert_eq!(shown(&map), ["financial-ml-dev/ghcr", "financial-ml-dev/ml-platform"]);
    // Defined in another folder, and used by the base of an overlay besides.
    let secret = &map["namespaces"][0]["secrets"][0];
    assert_eq!(secret["status"], "defined");
    assert_eq!(secret["consumers"].as_array().map(Vec::len), Some(3));
    let sub =
        tree.command(&["map", "--format", "json", "dev.yaml"]).current_dir(tree.path("apps/model-server")).output();
    assert_eq!(Run::from(sub.expect("the program starts")).out, run.out);
}

#[test]
fn what_cannot_be_read_makes_the_map_incomplete() {
    let tree = seeds();
    let run = tree.run(&["map", "nowhere"]);
    assert!(run.code == 2 && run.out.is_empty() && run.err.contains("nowhere: no such file or folder"), "{run:?}");
    let run = tree.run(&["map", "apps", "nowhere", "--format", "json"]);
    assert_eq!((run.code, json(&run)["complete"].clone()), (2, Value::from(false)), "{run:?}");
    fs::write(tree.path("broken.yaml"), "a: 1\n---\nkind: Secret\napiVersion: v1\nb: [1, 2\nc: 3\n").expect("a file");
    let run = tree.run(&["map"]);
    assert!(run.code == 2 && run.out.contains("incomplete#58; 1 error"), "{run:?}");
    assert!(run.err.contains("broken.yaml: ") && run.err.contains("the map is incomplete"), "{run:?}");
    assert!(run.out.contains("financial-model-server"), "the rest is shown");
    let run = tree.run(&["map", "--exclude", "broken.yaml"]);
    assert!(run.code == 0 && run.err.is_empty(), "{run:?}");
    fs::write(tree.path(".mlguard.yaml"), "exclude: [broken.yaml]\nnonsense: 1\n").expect("a file");
    let run = tree.run(&["map", "--format", "json"]);
    assert!(run.code == 2 && json(&run)["errors"][0]["path"] == ".mlguard.yaml", "{run:?}");
    assert_eq!(tree.run(&["map", "--no-config", "--exclude", "broken.yaml"]).code, 0);
    assert_eq!(tree.run(&["map", "--format", "svg"]).code, 2);
}

#[test]
fn nothing_to_show_is_said() {
    let tree = Tree::new(&[("a.txt", "x\n")]);
    for (format, text) in [("mermaid", "no Secret"), ("dot", "no Secret"), ("json", "\"namespaces\": []")] {
        let run = tree.run(&["map", "--format", format]);
        assert!(run.code == 0 && run.out.contains(text), "{run:?}");
        assert!(run.err.contains("no Secret is defined or used here"), "{run:?}");
    }
}

#[test]
fn a_map_is_written_to_a_file() {
    let tree = seeds();
    let run = tree.run(&["map", "--output", "out.mmd"]);
    assert!(run.code == 0 && run.out.is_empty() && run.err.is_empty(), "{run:?}");
    let written = fs::read_to_string(tree.path("out.mmd")).expect("the file");
    assert_eq!(written, tree.run(&["map"]).out);
    let run = tree.run(&["map", "--output", "none/out.mmd"]);
    assert!(run.code == 2 && run.err.contains("make the folder first"), "{run:?}");
}

/// The configuration's environments, declared Secrets and own kinds count.
#[test]
fn the_configuration_counts() {
    let config = "workflows: [shop]\nenvironments: {test: 't-{workflow}'}\ndeclared-secrets: [{name: db, namespace: t-shop, keys: [URL]}]\n";
    let tree = Tree::new(&[(".mlguard.yaml", config), ("a.txt", "x")]);
    let map = json(&tree.run(&["map", "--format", "json"]));
    let namespace = &map["namespaces"][0];
    assert_eq!((&namespace["workflow"], &namespace["environment"]), (&"shop".into(), &"test".into()));
    let secret = &namespace["secrets"][0];
    assert_eq!(
        (&secret["status"], &secret["keys"][0], &secret["complete"]),
        (&"declared".into(), &"URL".into(), &true.into())
    );
}

/// A manifest with a Secret and a Pod that uses it, of names that need not be names.
fn named(namespace: &str, secret: &str, key: &str, pod: &str) -> String {
    let documents = [
        serde_json::json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret, "namespace": namespace}, "stringData": {key: "x"}}),
        serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod, "namespace": namespace},
            "spec": {"containers": [{"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}]}]}}),
    ];
    documents.map(|document| document.to_string()).join("\n---\n")
}

#[test]
fn names_do_not_become_syntax() {
    let hostile = [
        "a\"] --> b[\"c",
        "x\nend\nclick s1 call f()",
        "%%{init: {}}%%",
        "<script>alert(1)</script>",
        "\u{1b}[31m\u{202e}red",
        "#quot;&quot;",
        "\\\"];}\\N\\",
        "`**bold**`",
        "||end||",
    ];
    let mut text = String::new();
    for (at, name) in hostile.iter().enumerate() {
        let other = |by: usize| hostile[(at + by) % hostile.len()];
        write!(text, "{}\n---\n", named(name, other(1), other(2), other(3))).expect("a string");
    }
    let tree = Tree::new(&[("a.yaml", &text)]);
    let (mermaid, dot) = (mermaid(), dot());
    for format in ["json", "mermaid", "dot"] {
        let run = tree.run(&["map", "--format", format]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
        let active = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!run.out.contains(active), "{}", run.out);
        match format {
            "json" => assert_eq!(shown(&json(&run)).len(), hostile.len()),
            "mermaid" => run.out.lines().for_each(|line| assert!(mermaid.is_match(line), "{line}")),
            _ => run.out.lines().for_each(|line| assert!(dot.is_match(line), "{line}")),
        }
    }
}

/// The few forms that a line of Mermaid has, with nothing but letters and entities in its labels.
fn mermaid() -> regex::Regex {
    let label = r#""(?:[\p{Alphabetic}\p{N} ,.…_/-]|#\d+;|<br/>)*""#;
    let forms = [
        "flowchart LR|direction LR|end|classDef [a-z]+ [a-z0-9:#, -]+",
        r"(subgraph [nw]\d+|note)\[L\]",
        r"s\d+\[L\]:::[a-z]+|c\d+\(\[L\]\):::consumer",
        r"s\d+ -(-|\.-)>\|L\| c\d+",
    ];
    expression(&forms, label)
}

/// The same for a graph of Graphviz.
fn dot() -> regex::Regex {
    let label = r#""(?:[^"\\]|\\["\\n])*""#;
    let forms = [
        r"digraph mlguard \{|\}|(graph|node|edge) \[[^\]]*\];",
        r"subgraph cluster_[nw]\d+ \{|label=L;",
        r##"[sc]\d+ \[label=L, class=[a-z]+, style="[a-z,]+", fillcolor="#[0-9a-f]{6}", color="#[0-9a-f]{6}"\];"##,
        r"s\d+ -> c\d+ \[label=L(, style=dashed)?\];",
    ];
    expression(&forms, label)
}

/// Any of `forms`, in which a single `L` stands for a label.
fn expression(forms: &[&str], label: &str) -> regex::Regex {
    let forms = forms.join("|").replace("[L\\]", &format!("[{label}\\]"));
    let forms = forms.replace("|L\\|", &format!("|{label}\\|")).replace("label=L", &format!("label={label}"));
    regex::Regex::new(&format!("^ *(?:{forms})$")).expect("an expression")
}

#[test]
fn names_that_may_be_values_are_masked() {
    let token = token();
    let tree = Tree::new(&[("a.yaml", &named("shop", &token, &token.replace('_', "."), "q8ZrT3vLw0XbN5kYp2Jd"))]);
    for format in ["json", "mermaid", "dot"] {
        let run = tree.run(&["map", "--format", format]);
        let part = &token[8..20];
        assert!(run.code == 0 && !run.out.contains(part) && !run.out.contains("q8ZrT3vLw0"), "{run:?}");
    }
    // Nothing of it looks odd but to the rule of its format.
    let key = ["AK", "IAQKDNVIVBPGZLRTYE"].concat();
    let tree = Tree::new(&[("a.yaml", &named("shop", &token, &key, "q8ZrT3vLw0XbN5kYp2Jd"))]);
    let map = json(&tree.run(&["map", "--format", "json"]));
    let secret = &map["namespaces"][0]["secrets"][0];
    assert_eq!((&secret["name"], &secret["keys"][0]), (&"********".into(), &"********".into()));
    assert_eq!(secret["consumers"][0]["name"], "********");
}

/// `workflows` with two namespaces each, and in each three Secrets and seven workloads.
fn large(workflows: usize) -> Tree {
    let tree = Tree::new(&[]);
    for workflow in 0..workflows {
        for (environment, suffix) in [("dev", "-dev"), ("production", "")] {
            let namespace = format!("team-{workflow}{suffix}");
            let folder = tree.path(&format!("packages/team-{workflow}/{environment}"));
            fs::create_dir_all(&folder).expect("a folder");
            for secret in ["ml-platform", "ghcr", "mail"] {
                let text = format!(
                    "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: {secret}, namespace: {namespace}}}\nspec: {{encryptedData: {{A: AgA, B: AgB}}}}\n"
                );
                fs::write(folder.join(format!("{secret}.yaml")), text).expect("a file");
            }
            for app in 0..7 {
                let text = format!(
                    "apiVersion: v1\nkind: Pod\nmetadata: {{name: app-{app}, namespace: {namespace}}}\nspec:\n  imagePullSecrets: [{{name: ghcr}}]\n  containers:\n  - envFrom: [{{secretRef: {{name: ml-platform}}}}, {{secretRef: {{name: mail}}}}]\n"
                );
                fs::write(folder.join(format!("app-{app}.yaml")), text).expect("a file");
            }
        }
    }
    tree
}

#[test]
fn five_hundred_objects_are_drawn_within_the_limits_of_mermaid() {
    let tree = large(25);
    let run = tree.run(&["map"]);
    assert!(run.code == 0 && run.err.is_empty(), "{run:?}");
    let form = mermaid();
    assert!(run.out.lines().all(|line| form.is_match(line)));
    assert!(run.out.len() < 50_000 && run.out.matches("-->|").count() <= 500, "{}", run.out.len());
    // Seven Pods alike share a node; every Secret has its own.
    assert_eq!(run.out.matches("7 of them").count(), 50);
    assert_eq!(run.out.matches(":::sealed").count(), 150);
    let run = tree.run(&["map", "--workflow", "team-3"]);
    assert_eq!((run.out.matches("app-").count(), run.out.matches("-->|").count()), (14, 42));
    let map = json(&tree.run(&["map", "--format", "json"]));
    let consumers = map["namespaces"].as_array().expect("a list").iter().flat_map(|namespace| {
        namespace["secrets"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|secret| secret["consumers"].as_array().map_or(0, Vec::len))
    });
    assert_eq!(consumers.sum::<usize>(), 50 * 7 * 3);
}

#[test]
fn a_picture_that_is_too_large_says_so() {
    let run = large(120).run(&["map"]);
    assert!(run.code == 0 && run.err.contains("larger than Mermaid renders by default"), "{}", run.err);
}

#[test]
fn maps_do_not_depend_on_threads() {
    let tree = large(5);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/seeds/repository"), &tree.path("seeds"));
    fs::write(tree.path("broken.yaml"), "a: 1\n---\nkind: Secret\napiVersion: v1\nb: [1, 2\nc: 3\n").expect("a file");
    for format in ["json", "mermaid", "dot"] {
        let runs = ["1", "2", "16"].map(|threads| tree.run(&["map", "--threads", threads, "--format", format]));
        for other in &runs[1..] {
            assert_eq!((runs[0].code, &runs[0].err), (other.code, &other.err), "{format}");
            assert!(runs[0].out == other.out && other.out.len() > 1_000, "{format} differs");
        }
    }
}
