//! `mlguard init`: the configuration that it writes.

use std::path::Path;

use super::rig::Rig;

/// Copies a folder of this repository and makes a repository of it.
fn copy(rig: &Rig, from: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(from);
    let mut folders = vec![from.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&from).expect("below").to_str().expect("text").to_owned();
            rig.write(&format!("r/{name}"), &std::fs::read_to_string(&path).expect("a text"));
        }
    }
    rig.git("r", &["init", "--quiet"]).passes();
    rig.git("r", &["add", "."]).passes();
}

/// Rules, paths and lines of what a check finds.
fn findings(rig: &Rig) -> Vec<String> {
    let run = rig.mlguard("r", &["check", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&run.text).expect("JSON");
    let list = json["findings"].as_array().expect("findings");
    list.iter().map(|found| format!("{} {} {}", found["rule"], found["path"], found["line"])).collect()
}

#[test]
fn the_file_is_valid_and_changes_nothing() {
    for folder in ["examples/leaky", "examples/clean", "tests/fixtures/seeds/repository"] {
        let rig = Rig::new();
        copy(&rig, folder);
        let before = findings(&rig);
        rig.mlguard("r", &["init"]).passes().says("wrote .mlguard.yaml");
        assert_eq!(findings(&rig), before, "{folder}");
        rig.mlguard("r", &["check", "--show-config"]).passes();
        // Keys that are commented out are valid too: the defaults, and suggestions.
        let text = rig.read("r/.mlguard.yaml");
        let bare = text.lines().map(|line| match line.trim_start().strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') || rest.starts_with("  ") => rest,
            _ => line,
        });
        let bare = bare.collect::<Vec<_>>().join("\n");
        rig.write("r/.mlguard.yaml", &bare);
        rig.mlguard("r", &["check", "--show-config"]).passes();
        assert!(bare.contains("max-size: 32MiB") && bare.contains("env-from: [ml-platform]"), "{bare}");
    }
}

#[test]
fn a_new_repository_gets_the_defaults() {
    let rig = Rig::new();
    rig.git(".", &["init", "--quiet", "r"]).passes();
    rig.mlguard("r", &["init"]).passes().says("0 files");
    rig.mlguard("r", &["check"]).passes();
}

#[test]
fn what_is_there_is_named_with_its_place() {
    let rig = Rig::new();
    copy(&rig, "tests/fixtures/seeds/repository");
    let printed = rig.mlguard("r", &["init", "--stdout"]).passes().text;
    assert!(!rig.path("r/.mlguard.yaml").exists());
    assert!(printed.contains("financial-ml: found in infrastructure/packages/financial-ml/dev/"), "{printed}");
    assert_eq!(rig.mlguard("r", &["init", "--dry-run"]).passes().text, printed);
    rig.mlguard("r/apps", &["init"]).passes();
    assert_eq!(rig.read("r/.mlguard.yaml"), printed);
    rig.mlguard("r", &["init"]).fails_with("--force");
    rig.write("r/.mlguard.yaml", "exclude: [\"**\"]\n");
    rig.mlguard("r", &["init"]).fails_with("already");
    assert_eq!(rig.read("r/.mlguard.yaml"), "exclude: [\"**\"]\n");
    rig.mlguard("r", &["init", "--force"]).passes();
    assert_eq!(rig.read("r/.mlguard.yaml"), printed);
}

#[test]
fn certificates_and_registries_are_inferred_and_weakening_is_left_to_people() {
    let certificate = include_str!("../../fixtures/certificates/controller.pem");
    let rig = Rig::new();
    rig.write("r/certs/dev.pem", certificate);
    rig.write("r/certs/sealed-secrets-prod.pem", certificate);
    rig.write("r/.pre-commit-config.yaml", "repos: []\n");
    rig.write(
        "r/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: team}\nspec:\n  imagePullSecrets: [{name: pull}]\n  containers:\n  - name: a\n    image: registry.example.com/a:1\n    env:\n    - name: TOKEN\n      valueFrom: {secretKeyRef: {name: hub, key: HF_TOKEN}}\n",
    );
    rig.git("r", &["init", "--quiet"]).passes();
    let run = rig.mlguard("r", &["init"]).passes().says("id: mlguard-push").says("certs/dev.pem");
    let text = rig.read("r/.mlguard.yaml");
    for line in [
        "  dev: { cert: \"certs/dev.pem\", environments: [dev] }",
        "  production: { cert: \"certs/sealed-secrets-prod.pem\", environments: [production] }",
        "  private-registries: [ghcr.io, registry.example.com]",
        "#  - { name: hub, namespace: team, keys: [HF_TOKEN] }  # found in pod.yaml:11",
    ] {
        assert!(text.lines().any(|own| own.starts_with(line)), "{line}\n{text}");
    }
    let shown = rig.mlguard("r", &["check", "--show-config"]).passes().text;
    assert!(shown.contains("declared-secrets: []") && shown.contains("registry.example.com"), "{shown}");
    assert!(!run.text.contains("init --hook"), "{}", run.text);
}
