//! The delivery package and the applications that it is made for, as one repository with every rule on: nothing is found
//! in it, and of one mistake one finding.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mlguard::api::engine::{self, Input, Options};
use mlguard::api::source;

const PACKAGE: &str = "infrastructure/packages/financial-ml";
const GHCR: &str = "ghcr-sealed-secret.yaml";
const SEALED: &str = "ml-platform-sealed-secret.yaml";

/// What is done to a copy of the repository. Paths are from its root.
enum Change {
    /// A file of it is written over, or to, another one.
    Copy(String, String),
    /// The same, and the first one is gone.
    Move(String, String),
    /// A text that stands once in a file becomes another one.
    Edit(String, &'static str, &'static str),
    /// The line that begins so is taken out of a file.
    Cut(String, &'static str),
    /// A file or folder goes.
    Remove(&'static str),
    /// A file of `changes/` is put there.
    Add(&'static str, &'static str),
}

use Change::{Add, Copy, Cut, Edit, Move, Remove};

/// One mistake, and all that is said of it: rule with level, path, and the line.
struct Case {
    name: &'static str,
    changes: Vec<Change>,
    findings: Vec<(&'static str, &'static str, &'static str)>,
}

#[test]
fn nothing_is_found_in_the_repository() {
    assert_eq!(run(&[]), BTreeSet::new());
}

#[test]
fn one_mistake_gives_one_finding() {
    let mut faults = Vec::new();
    for case in moved().into_iter().chain(edited()).chain(differing()).chain(referenced()).chain(named()) {
        let found = run(&case.changes);
        let finding = |(rule, path, line): &(&str, &str, &str)| [*rule, *path, *line].map(str::to_owned);
        let expected: BTreeSet<[String; 3]> = case.findings.iter().map(finding).collect();
        faults.extend(expected.difference(&found).map(|finding| format!("{}: missed: {finding:?}", case.name)));
        faults.extend(found.difference(&expected).map(|finding| format!("{}: noise: {finding:?}", case.name)));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Three platforms that keep their secrets elsewhere: by commands, AWS and Vault; by a dotenv file, External Secrets and the
/// CSI driver; by SOPS and the Parameter Store.
#[test]
fn other_systems_give_what_they_deserve() {
    let gone = |path, line| ("external-secret-api (error)", path, line);
    let old = "apiVersion: external-secrets.io/v1beta1";
    for (name, wanted) in [
        ("systems/cluster-secrets", vec![]),
        ("systems/gitops", vec![gone("manifests/external-secret.yaml", old), gone("manifests/secret-store.yaml", old)]),
        ("systems/mllab", vec![gone("manifests/myapp.yaml", old)]),
    ] {
        let wanted: BTreeSet<[String; 3]> =
            wanted.iter().map(|(rule, path, line)| [*rule, *path, *line].map(str::to_owned)).collect();
        assert_eq!(run_in(name, &[]), wanted, "{name}");
    }
}

fn file(environment: &str, name: &str) -> String {
    format!("{PACKAGE}/{environment}/{name}")
}

/// SealedSecrets that were sealed for another place.
fn moved() -> Vec<Case> {
    let production = "infrastructure/packages/financial-ml/production/ml-platform-sealed-secret.yaml";
    let wrong = vec![("sealed-wrong-namespace (error)", production, "namespace: financial-ml-dev")];
    vec![
        Case {
            name: "the SealedSecret of dev is copied over that of production",
            changes: vec![Copy(file("dev", SEALED), file("production", SEALED))],
            findings: wrong.clone(),
        },
        Case {
            name: "the SealedSecret of dev is moved over that of production",
            changes: vec![Move(file("dev", SEALED), file("production", SEALED))],
            findings: wrong,
        },
        Case {
            name: "the kustomization of production has the namespace of dev",
            changes: vec![Edit(
                file("production", "kustomization.yaml"),
                "namespace: financial-ml\n",
                "namespace: financial-ml-dev\n",
            )],
            findings: vec![(
                "sealed-broken-by-kustomize (error)",
                "infrastructure/packages/financial-ml/production/kustomization.yaml",
                "namespace: financial-ml-dev",
            )],
        },
    ]
}

/// SealedSecrets and kustomizations that were edited.
fn edited() -> Vec<Case> {
    let production = "infrastructure/packages/financial-ml/production/ml-platform-sealed-secret.yaml";
    let copied = |template: bool| {
        let sealed = file("production", SEALED);
        let mut changes = vec![
            Copy(file("dev", SEALED), sealed.clone()),
            Edit(
                sealed.clone(),
                "  namespace: financial-ml-dev\n  annotations",
                "  namespace: financial-ml\n  annotations",
            ),
        ];
        if template {
            changes.push(Edit(sealed, "      namespace: financial-ml-dev\n", "      namespace: financial-ml\n"));
        }
        changes
    };
    let kustomization = |namespace| {
        let path = file("production", "kustomization.yaml");
        vec![Edit(path, "namespace: financial-ml\n", namespace)]
    };
    vec![
        Case {
            name: "the SealedSecret of dev is copied, and its namespace edited",
            changes: copied(false),
            findings: vec![("sealed-template-mismatch (error)", production, "namespace: financial-ml-dev")],
        },
        Case {
            name: "the SealedSecret of dev is copied, and its namespace edited everywhere",
            changes: copied(true),
            findings: vec![("sealed-copied (error)", production, "AWS_ACCESS_KEY_ID")],
        },
        Case {
            name: "the kustomization of production has a namespace that no environment spells",
            changes: kustomization("namespace: financial-ml-prod\n"),
            findings: vec![(
                "sealed-broken-by-kustomize (error)",
                "infrastructure/packages/financial-ml/production/kustomization.yaml",
                "namespace: financial-ml-prod",
            )],
        },
        Case {
            name: "the kustomization of production adds a prefix",
            changes: kustomization("namespace: financial-ml\nnamePrefix: eu-\n"),
            findings: vec![(
                "sealed-broken-by-kustomize (error)",
                "infrastructure/packages/financial-ml/production/kustomization.yaml",
                "namePrefix: eu-",
            )],
        },
    ]
}

/// Environments that differ, and parts that are not there.
fn differing() -> Vec<Case> {
    let production = "infrastructure/packages/financial-ml/production/ml-platform-sealed-secret.yaml";
    vec![
        Case {
            name: "production lacks a key that nothing asks for",
            changes: vec![Cut(file("production", SEALED), "MLFLOW_TRACKING_PASSWORD:")],
            findings: vec![("environment-drift (warning)", production, "name: ml-platform")],
        },
        Case {
            name: "production lacks a key that training asks for",
            changes: vec![Cut(file("production", SEALED), "AWS_SECRET_ACCESS_KEY:")],
            findings: vec![(
                "undefined-secret-key (error)",
                "apps/training/base/workflow.yaml",
                "key: AWS_SECRET_ACCESS_KEY",
            )],
        },
        Case {
            name: "a key of production has another name",
            changes: vec![Edit(file("production", SEALED), "MLFLOW_TRACKING_PASSWORD:", "MLFLOW_PASSWORD:")],
            findings: vec![("environment-drift (warning)", production, "name: ml-platform")],
        },
        Case {
            name: "the registry Secret of production has the wrong key",
            changes: vec![Edit(file("production", GHCR), "    .dockerconfigjson:", "    dockerconfigjson:")],
            findings: vec![(
                "secret-type-mismatch (error)",
                "infrastructure/packages/financial-ml/production/ghcr-sealed-secret.yaml",
                "name: ghcr",
            )],
        },
        Case {
            name: "production has no registry Secret",
            changes: vec![
                Remove("infrastructure/packages/financial-ml/production/ghcr-sealed-secret.yaml"),
                Cut(file("production", "kustomization.yaml"), "- ghcr"),
            ],
            findings: vec![(
                "environment-drift (warning)",
                "infrastructure/packages/financial-ml/dev/ghcr-sealed-secret.yaml",
                "name: ghcr",
            )],
        },
        Case {
            name: "a SealedSecret is older than the rotation period",
            changes: vec![Edit(file("production", SEALED), "\"2026-05-04\"", "\"2025-07-04\"")],
            findings: vec![("sealed-stale (warning)", production, "name: ml-platform")],
        },
        Case {
            name: "a package of one environment",
            changes: vec![Remove("infrastructure/packages/financial-ml/dev")],
            findings: Vec::new(),
        },
        Case {
            name: "the applications without the package",
            changes: vec![Remove("infrastructure")],
            findings: Vec::new(),
        },
    ]
}

/// Workloads that ask for what is not there.
fn referenced() -> Vec<Case> {
    let lacking = ("undefined-secret-key (error)", "apps/backtest.yaml", "key: MLFLOW_S3_ENDPOINT_URL");
    let server = "apps/model-server/production.yaml".to_owned();
    vec![
        Case {
            name: "a key that is not sealed",
            changes: vec![Add("s3-endpoint.yaml", "apps/backtest.yaml")],
            findings: vec![lacking],
        },
        Case {
            name: "a key that is not sealed, for a workload without a namespace",
            changes: vec![Add("s3-endpoint-no-namespace.yaml", "apps/backtest.yaml")],
            findings: vec![lacking],
        },
        Case {
            name: "a Secret that nothing makes",
            changes: vec![Add("huggingface.yaml", "gitops/stage01-model-serving/downloader.yaml")],
            findings: vec![(
                "undefined-secret (warning)",
                "gitops/stage01-model-serving/downloader.yaml",
                "name: huggingface-token",
            )],
        },
        Case {
            name: "a Secret that a script makes",
            changes: vec![
                Add("huggingface.yaml", "gitops/stage01-model-serving/downloader.yaml"),
                Add("deploy.sh", "stages/stage1-model-serving/deploy.sh"),
            ],
            findings: Vec::new(),
        },
        Case {
            name: "a slip in envFrom",
            changes: vec![Edit(server.clone(), "name: ml-platform  # Same", "name: ml-platfrom  # Same")],
            findings: vec![("unexpected-env-from (error)", "apps/model-server/production.yaml", "name: ml-platfrom")],
        },
        Case {
            name: "no registry Secret",
            changes: vec![Edit(
                server,
                "consistent secret name\n      imagePullSecrets:\n        - name: ghcr\n",
                "\n",
            )],
            findings: vec![(
                "missing-pull-secret (warning)",
                "apps/model-server/production.yaml",
                "image: ghcr.io/company/financial-model:v2.1.0",
            )],
        },
        Case {
            name: "another registry Secret, twice",
            changes: vec![Add("harbor.yaml", "apps/drift-report.yaml")],
            findings: vec![("unexpected-pull-secret (error)", "apps/drift-report.yaml", "- name: harbor")],
        },
    ]
}

/// Names and rights off the convention.
fn named() -> Vec<Case> {
    let sprawl = |path: &'static str| {
        ["name: financial-ml-minio-secret", "name: financial-ml-mlflow-secret", "name: financial-ml-ghcr-secret"]
            .map(|line| ("secret-sprawl (warning)", path, line))
            .to_vec()
    };
    vec![
        Case {
            name: "a Secret for each service, without values",
            changes: vec![Add("sprawl-empty.yaml", "apps/secrets.yaml")],
            findings: sprawl("apps/secrets.yaml"),
        },
        Case {
            name: "a SealedSecret for each service",
            changes: vec![Add("sprawl-sealed.yaml", "apps/secrets.yaml")],
            findings: sprawl("apps/secrets.yaml"),
        },
        Case {
            name: "a role that reads all Secrets",
            changes: vec![Add("cross-namespace-role.yaml", "infrastructure/cross-namespace-role.yaml")],
            findings: vec![(
                "wide-secret-access (warning)",
                "infrastructure/cross-namespace-role.yaml",
                "resources: [\"secrets\"]",
            )],
        },
        Case {
            name: "a namespace that no environment spells",
            changes: vec![Add("wrong-name.yaml", "apps/report.yaml")],
            findings: vec![("namespace-convention (error)", "apps/report.yaml", "namespace: financial-ml-prod")],
        },
    ]
}

/// Everything that is found after changes: rule with level, path, and the line.
fn run(changes: &[Change]) -> BTreeSet<[String; 3]> {
    run_in("repository", changes)
}

/// The same in another folder of the fixtures.
fn run_in(name: &str, changes: &[Change]) -> BTreeSet<[String; 3]> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/seeds");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().canonicalize().expect("a folder");
    copy(&fixtures.join(name), &root);
    for change in changes {
        apply(change, &root, &fixtures.join("changes"));
    }
    let mut listing = source::list(std::slice::from_ref(&root), &|_| true).expect("a listing");
    for file in &mut listing.files {
        let path = file.location.strip_prefix(&root).expect("it is below the folder");
        file.path = path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/").into();
    }
    listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    let outcome = engine::run(Input { listing, context: &Vec::new }, &options(&root));
    assert!(outcome.complete, "{:?}", outcome.coverage.errors);
    let mut found = BTreeSet::new();
    for finding in &outcome.findings {
        let text = fs::read_to_string(root.join(&*finding.path)).expect("a file");
        let line = text.lines().nth(finding.region.start.line - 1).unwrap_or_default();
        // Without comments and ciphertexts.
        let cut = [" #", ": Ag"].iter().filter_map(|end| line.find(end)).min().unwrap_or(line.len());
        let line = line[..cut].trim();
        let said = format!("{} ({})", finding.rule, finding.level.as_str());
        let new = found.insert([said, finding.path.to_string(), line.to_owned()]);
        assert!(new, "{} is said twice of {line}", finding.rule);
    }
    found
}

fn apply(change: &Change, root: &Path, changes: &Path) {
    match change {
        Copy(from, to) => drop(fs::copy(root.join(from), root.join(to)).expect("both are there")),
        Move(from, to) => fs::rename(root.join(from), root.join(to)).expect("both are there"),
        Edit(path, old, new) => {
            let path = root.join(path);
            let text = fs::read_to_string(&path).expect("a file");
            assert_eq!(text.matches(old).count(), 1, "{}", path.display());
            fs::write(&path, text.replace(old, new)).expect("a file");
        }
        Cut(path, start) => {
            let path = root.join(path);
            let text = fs::read_to_string(&path).expect("a file");
            let kept: Vec<&str> = text.split_inclusive('\n').filter(|line| !line.trim().starts_with(start)).collect();
            assert_eq!(kept.len() + 1, text.lines().count(), "{}", path.display());
            fs::write(&path, kept.concat()).expect("a file");
        }
        Remove(path) => {
            let path = root.join(path);
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.expect("it is there");
        }
        Add(from, to) => {
            let to = root.join(to);
            fs::create_dir_all(to.parent().expect("it is below the folder")).expect("a folder");
            fs::copy(changes.join(from), &to).expect("a file");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path: PathBuf = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file");
        }
    }
}

fn options(root: &Path) -> Options {
    let root = root.to_path_buf();
    Options { ignored: Box::new(move |paths| Some(source::ignored_below(&root, false, paths))), ..Options::for_tests() }
}
