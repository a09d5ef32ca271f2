//! `mlguard package`: what is written, what opens, what is refused, and that no value is said anywhere.

#![expect(clippy::disallowed_methods, reason = "tar, git and kubectl, with which packages are used")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mlguard::api::seal::{Randomness, unseal};
use rsa::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa::rand_core::OsRng;
use rsa::{RsaPrivateKey, RsaPublicKey};

use super::harness::{Run, Tree};
use crate::tools::on_path;

/// Keys of two clusters.
static KEYS: LazyLock<[RsaPrivateKey; 2]> =
    LazyLock::new(|| [(); 2].map(|()| RsaPrivateKey::new(&mut OsRng, 2048).expect("a key can be made")));

fn pem(key: &RsaPrivateKey) -> String {
    RsaPublicKey::from(key).to_public_key_pem(LineEnding::LF).expect("PEM")
}

/// Made-up credentials.
const GOOD: [(&str, &str); 8] = [
    ("MINIO_ACCESS_KEY", "mlreader"),
    ("MINIO_SECRET_KEY", "q8ZrT3vLw0XbN5kYp2Jd"),
    ("MLFLOW_USERNAME", "trainer"),
    ("MLFLOW_PASSWORD", "w2Kf7RmPz4VtQ9sHc6Ly"),
    ("PRODUCTION_MLFLOW_PASSWORD", "m3Qd8LfUx5JrO1wEk7Gz"),
    ("MLFLOW_SECRET_KEY", "b5NxG8jDe3WuA7oTi1Mq"),
    ("GITHUB_USERNAME", "platform-bot"),
    ("GITHUB_PAT", "u6YhC9kSv2ZaB4gFr8Xp"),
];

const CONFIG: &str = "\
clusters:
  lab: { cert: certs/lab.pem, environments: [dev] }
  main: { cert: certs/main.pem, environments: [staging, production] }
";

const PACKAGE: [&str; 4] = ["package", "financial-ml", "--env", "dev,production"];
const ARCHIVE: &str = "packages/financial-ml-ml-secrets-20250704.tar.gz";

fn tree() -> Tree {
    tree_with(CONFIG)
}

fn tree_with(config: &str) -> Tree {
    let [lab, main] = &*KEYS;
    Tree::new(&[(".mlguard.yaml", config), ("certs/lab.pem", &pem(lab)), ("certs/main.pem", &pem(main))])
}

/// Runs with credentials in the environment, on a fixed day, and without other programs.
fn run(tree: &Tree, more: &[&str]) -> Run {
    run_with(tree, more, &[])
}

fn run_with(tree: &Tree, more: &[&str], variables: &[(&str, &str)]) -> Run {
    let arguments: Vec<&str> =
        PACKAGE.iter().chain(&["--date", "2025-07-04", "--no-kustomize"]).chain(more).copied().collect();
    tree.run_with(&arguments, &[&GOOD[..], variables].concat())
}

/// Every file below a folder with its bytes, by path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").to_string_lossy().replace('\\', "/");
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

/// No credential, plain or in base64, in what was said and written.
fn silent(run: &Run, tree: &Tree) {
    let mut texts = vec![("stdout".to_owned(), run.out.clone()), ("stderr".to_owned(), run.err.clone())];
    let written = files(&tree.path("packages")).into_iter().filter(|(name, _)| !name.ends_with(".gz"));
    texts.extend(written.map(|(name, bytes)| (name, String::from_utf8(bytes).expect("text"))));
    for (name, text) in &texts {
        for (variable, value) in GOOD {
            assert!(!text.contains(value), "{variable} is in {name}: {text}");
            assert!(!text.contains(&STANDARD.encode(value)), "{variable} is in {name} in base64: {text}");
        }
    }
}

/// What a sealed file holds.
fn opened(text: &str, key: &RsaPrivateKey) -> BTreeMap<String, String> {
    let (plain, _) = unseal(text, &[key], None, Randomness::default()).expect("it opens");
    let data = plain.split_once("\ndata:\n").expect("data").1.lines();
    let value = |text: &str| String::from_utf8(STANDARD.decode(text.trim_matches('"')).expect("base64")).expect("text");
    let pairs = data.map(|line| line.trim().split_once(": ").expect("an entry"));
    pairs.map(|(key, text)| (key.trim_matches('"').to_owned(), value(text))).collect()
}

#[test]
fn a_package_is_written_and_opens_with_the_keys_of_its_clusters() {
    let tree = tree();
    let run = run(&tree, &["--approved-by", "team@company.com"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    silent(&run, &tree);
    let files = files(&tree.path("packages"));
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let wanted = [
        "financial-ml-ml-secrets-20250704.tar.gz",
        "financial-ml/README.md",
        "financial-ml/dev/ghcr-sealed-secret.yaml",
        "financial-ml/dev/kustomization.yaml",
        "financial-ml/dev/ml-platform-sealed-secret.yaml",
        "financial-ml/production/ghcr-sealed-secret.yaml",
        "financial-ml/production/kustomization.yaml",
        "financial-ml/production/ml-platform-sealed-secret.yaml",
        "financial-ml/secret-reference-template.yaml",
    ];
    assert_eq!(names, wanted);
    let text = |name: &str| String::from_utf8(files[&format!("financial-ml/{name}")].clone()).expect("text");
    for (environment, key, password) in [("dev", &KEYS[0], GOOD[3].1), ("production", &KEYS[1], GOOD[4].1)] {
        let platform = opened(&text(&format!("{environment}/ml-platform-sealed-secret.yaml")), key);
        let minio = "http://minio.minio.svc.cluster.local:9000";
        let wanted = [
            ("AWS_ACCESS_KEY_ID", "mlreader"),
            ("AWS_ENDPOINT_URL", minio),
            ("AWS_SECRET_ACCESS_KEY", GOOD[1].1),
            ("MLFLOW_FLASK_SERVER_SECRET_KEY", GOOD[5].1),
            ("MLFLOW_S3_ENDPOINT_URL", minio),
            ("MLFLOW_TRACKING_PASSWORD", password),
            ("MLFLOW_TRACKING_URI", "http://mlflow.mlflow.svc.cluster.local:5000"),
            ("MLFLOW_TRACKING_USERNAME", "trainer"),
            ("RCLONE_CONFIG_S3_ACCESS_KEY_ID", "mlreader"),
            ("RCLONE_CONFIG_S3_SECRET_ACCESS_KEY", GOOD[1].1),
        ];
        let platform: Vec<(&str, &str)> = platform.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(platform, wanted, "{environment}");
        let login = opened(&text(&format!("{environment}/ghcr-sealed-secret.yaml")), key);
        let login: serde_json::Value = serde_json::from_str(&login[".dockerconfigjson"]).expect("JSON");
        let auth = STANDARD.encode(format!("{}:{}", GOOD[6].1, GOOD[7].1));
        let wanted = serde_json::json!({ "username": GOOD[6].1, "password": GOOD[7].1, "auth": auth });
        assert_eq!(login["auths"]["ghcr.io"], wanted, "{environment}");
    }
    let other = unseal(&text("dev/ghcr-sealed-secret.yaml"), &[&KEYS[1]], None, Randomness::default());
    assert!(other.is_err(), "sealed for the cluster of dev only");
    for line in [
        "environment dev: namespace financial-ml-dev\n",
        "               cluster lab, certs/lab.pem\n",
        "  ml-platform  10 keys\n",
        "  ghcr         1 key\n",
        "archive        packages/financial-ml-ml-secrets-20250704.tar.gz\n",
    ] {
        assert!(run.out.contains(line), "{line} is not in {}", run.out);
    }
    let check = tree.run(&["check", "--fail-on", "note"]);
    // The day is long ago, which is what `sealed-stale` is for.
    assert_eq!(tree.run(&["check", "--fail-on", "error"]).code, 0, "{check:?}");
    let stale = check.out.matches("sealed-stale").count();
    assert!(stale > 0 && check.out.matches("[sealed-").count() <= stale, "{}", check.out);
}

#[test]
fn two_runs_differ_in_ciphertext_only_and_with_a_seed_in_nothing() {
    let bare = |tree: &Tree| -> BTreeMap<String, String> {
        let files = files(&tree.path("packages/financial-ml")).into_iter();
        files
            .map(|(name, bytes)| {
                let text = String::from_utf8(bytes).expect("text");
                // A ciphertext for 2048 bits has 400 characters at least.
                let line = |line: &str| {
                    if line.len() > 300 {
                        line.split(':').next().unwrap_or_default().to_owned()
                    } else {
                        line.to_owned()
                    }
                };
                (name, text.lines().map(line).collect::<Vec<_>>().join("\n"))
            })
            .collect()
    };
    let trees = [(); 2].map(|()| tree());
    let runs = trees.each_ref().map(|tree| run(tree, &[]));
    assert_eq!((runs[0].code, &runs[0].out), (0, &runs[1].out));
    assert_eq!(bare(&trees[0]), bare(&trees[1]));
    assert_ne!(files(&trees[0].path("packages")), files(&trees[1].path("packages")));
    let seeded = |seed: &str| {
        let tree = tree();
        let run = run_with(&tree, &[], &[("MLGUARD_TEST_SEED", seed)]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
        files(&tree.path("packages"))
    };
    if cfg!(debug_assertions) {
        assert_eq!(seeded("7"), seeded("7"));
        assert_ne!(seeded("7"), seeded("8"));
    }
}

#[test]
fn the_archive_unpacks_to_the_folder() {
    let Some(tar) = on_path("tar") else { return };
    let tree = tree();
    assert_eq!(run(&tree, &[]).code, 0);
    let list = Command::new(&tar).args(["-tzf"]).arg(tree.path(ARCHIVE)).output().expect("tar starts");
    let listed = String::from_utf8(list.stdout).expect("text");
    let held = files(&tree.path("packages/financial-ml"));
    assert_eq!(listed.lines().collect::<Vec<_>>(), held.keys().map(String::as_str).collect::<Vec<_>>());
    let out = tree.path("unpacked");
    fs::create_dir(&out).expect("a folder");
    let done = Command::new(&tar).arg("-xzf").arg(tree.path(ARCHIVE)).current_dir(&out).status().expect("tar starts");
    assert!(done.success());
    assert_eq!(files(&out), held);
}

#[test]
fn kubectl_builds_every_environment() {
    let Some(kubectl) = on_path("kubectl") else { return };
    let tree = tree();
    let path = kubectl.parent().expect("a folder").to_str().expect("text").to_owned();
    let arguments: Vec<&str> = PACKAGE.to_vec();
    let run = tree.run_with(&arguments, &[&GOOD[..], &[("PATH", &path), ("SOURCE_DATE_EPOCH", "1751600000")]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("checked with   mlguard check, kubectl kustomize\n"), "{}", run.out);
    for (environment, namespace) in [("dev", "financial-ml-dev"), ("production", "financial-ml")] {
        let folder = tree.path("packages/financial-ml").join(environment);
        let built = Command::new(&kubectl).arg("kustomize").arg(folder).output().expect("kubectl starts");
        let text = String::from_utf8(built.stdout).expect("text");
        assert!(built.status.success(), "{environment}");
        assert_eq!(text.matches("kind: SealedSecret\n").count(), 2, "{text}");
        let places = text.lines().filter(|line| line.trim_start().starts_with("namespace: "));
        assert!(
            places.clone().count() == 4 && places.clone().all(|line| line.trim() == format!("namespace: {namespace}")),
            "{text}"
        );
    }
}

/// The program that is started gets neither credentials nor a say after it failed.
#[cfg(unix)]
#[test]
fn a_builder_sees_no_credential_and_can_refuse() {
    use std::os::unix::fs::PermissionsExt as _;

    let tree = tree();
    let fake = |script: &str| {
        let path = tree.path("bin/kubectl");
        fs::create_dir_all(tree.path("bin")).expect("a folder");
        fs::write(&path, script).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("permissions");
    };
    let bin = tree.path("bin").to_str().expect("text").to_owned();
    let seen = tree.path("seen").to_str().expect("text").to_owned();
    let run = || tree.run_with(&PACKAGE, &[&GOOD[..], &[("PATH", &bin), ("SEEN", &seen)]].concat());
    fake("#!/bin/sh\n{ echo \"$@\"; export -p; } >> \"$SEEN\"\n");
    let done = run();
    assert_eq!(done.code, 0, "{done:?}");
    let text = fs::read_to_string(&seen).expect("it ran");
    assert_eq!(text.matches("kustomize ").count(), 2, "{text}");
    for (name, value) in GOOD {
        assert!(!text.contains(value) && !text.contains(&format!("{name}=")), "{name}: {text}");
    }
    let before = files(&tree.path("packages"));
    fake("#!/bin/sh\necho no such resource >&2\nexit 1\n");
    let done = run();
    assert_eq!(done.code, 2);
    assert!(
        done.err.contains("`kubectl kustomize dev/` rejects the package: no such resource; nothing was written"),
        "{}",
        done.err
    );
    assert_eq!(files(&tree.path("packages")), before);
    fs::remove_file(tree.path("bin/kubectl")).expect("removed");
    let done = run();
    assert!(done.code == 0 && done.out.contains("neither kubectl nor kustomize is installed"), "{done:?}");
}

#[test]
fn missing_and_weak_values_are_named_and_nothing_is_written() {
    let tree = tree();
    let arguments: Vec<&str> = PACKAGE.iter().chain(&["--no-kustomize"]).copied().collect();
    let run = tree.run(&arguments);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(
        run.err.contains("error: dev, Secret ghcr, password: neither DEV_GITHUB_PAT nor GITHUB_PAT is set\n"),
        "{}",
        run.err
    );
    assert!(run.err.contains("error: 18 values are missing or weak; nothing was written\n"), "{}", run.err);
    let weak = [("MLFLOW_PASSWORD", "minioadmin123"), ("GITHUB_PAT", "changeme"), ("MLFLOW_SECRET_KEY", "zk4-Wm9q")];
    let run = run_with(&tree, &[], &weak);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    for line in [
        "error: dev, Secret ml-platform, MLFLOW_TRACKING_PASSWORD: MLFLOW_PASSWORD is a common password, or one with few characters added",
        "error: production, Secret ml-platform, MLFLOW_FLASK_SERVER_SECRET_KEY: MLFLOW_SECRET_KEY is shorter than 12 characters\n",
        "error: production, Secret ghcr, password: GITHUB_PAT is a placeholder, not a value\n",
        "error: 5 values are missing or weak; nothing was written\n",
    ] {
        assert!(run.err.contains(line), "{line} is not in {}", run.err);
    }
    assert!(weak.iter().all(|(_, value)| !run.err.contains(value)), "{}", run.err);
    silent(&run, &tree);
    assert!(!tree.path("packages").exists());
}

#[test]
fn the_configuration_says_how_strong_values_are() {
    let tree = tree();
    let path = tree.path(".mlguard.yaml");
    let file = fs::read_to_string(&path).unwrap_or_default();
    fs::write(&path, format!("{file}strength: {{ min-length: 24 }}\n")).expect("written");
    let run = run_with(&tree, &[], &[]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    let line = "error: dev, Secret ghcr, password: GITHUB_PAT is shorter than 24 characters\n";
    assert!(run.err.contains(line) && run.err.contains("nothing was written"), "{}", run.err);
    silent(&run, &tree);
}

#[test]
fn files_of_credentials_are_sources_too() {
    let dotenv: String =
        GOOD.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect::<Vec<_>>().concat();
    let entries: Vec<String> =
        GOOD.iter().map(|(name, value)| format!("  {name}: {}\n", STANDARD.encode(value))).collect();
    let secret = format!("apiVersion: v1\nkind: Secret\nmetadata: {{ name: source }}\ndata:\n{}", entries.concat());
    for (flag, text) in [("--from-env-file", &dotenv), ("--from-secret", &secret)] {
        let tree = tree();
        fs::write(tree.path("source"), text).expect("a file");
        let base = [&PACKAGE[..], &["--no-kustomize", "--dry-run", flag]].concat();
        let run = tree.run(&[&base[..], &["source"]].concat());
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
        silent(&run, &tree);
        let run = tree.run_on(&[&base[..], &["-"]].concat(), text);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
        let run = tree.run_on(
            &[&base[..], &["-"]].concat(),
            &text.replacen(GOOD[1].1, "a'b", 1).replacen(&entries[1], "  A B: eA==\n", 1),
        );
        assert!(run.code == 2 && run.err.contains("standard input:"), "{run:?}");
        silent(&run, &tree);
    }
}

#[test]
fn a_file_that_git_holds_is_no_source() {
    let Some(git) = on_path("git") else { return };
    let tree = tree();
    let git = |arguments: &[&str]| {
        let done = Command::new(&git).args(arguments).current_dir(tree.path("")).stdout(Stdio::null()).status();
        assert!(done.expect("git starts").success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    let text: Vec<String> = GOOD.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    fs::write(tree.path("credentials.env"), text.concat()).expect("a file");
    let run =
        || tree.run(&[&PACKAGE[..], &["--no-kustomize", "--dry-run", "--from-env-file", "credentials.env"]].concat());
    let untracked = run();
    assert_eq!(untracked.code, 0, "{untracked:?}");
    assert!(untracked.err.starts_with("warning: credentials.env: is not ignored by Git"), "{}", untracked.err);
    fs::write(tree.path(".gitignore"), "*.env\n").expect("a file");
    assert_eq!(run().err, "");
    git(&["add", "-f", "credentials.env"]);
    let tracked = run();
    assert_eq!(tracked.code, 2);
    assert!(tracked.err.contains("this file is tracked by Git, and with it every credential in it"), "{}", tracked.err);
}

#[test]
fn names_and_clusters_that_cannot_be_meant_are_refused() {
    let tree = tree();
    let said = |arguments: &[&str]| {
        let run = tree.run_with(&[&["package"], arguments, &["--no-kustomize"]].concat(), &GOOD);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments:?}: {run:?}");
        silent(&run, &tree);
        run.err
    };
    for (arguments, wanted) in [
        (
            &["financial-ml", "--env", "prodution"][..],
            "unknown environment `prodution`\n  help: did you mean `production`?",
        ),
        (&["Financial", "--env", "dev"], "`Financial` is not a valid name of a workflow"),
        (&["a".repeat(60).as_str(), "--env", "dev"], "would have 64 characters"),
        (&["financial-ml", "--env", "dev", "--cluster", "man"], "no cluster `man`\n  help: did you mean `main`?"),
        (&["financial-ml", "--env", "dev", "--cluster", "main"], "cluster `main` does not run environment `dev`"),
        (&["financial-ml", "--env", "dev", "--cluster", "production=main"], "which is not in --env"),
        (&["financial-ml", "--env", "dev", "--cluster", "lab", "--cluster", "main"], "--cluster is used twice"),
        (&["financial-ml", "--env", "dev", "--cluster", "lab", "--cert", "certs/lab.pem"], "cannot be used with"),
        (&["financial-ml", "--env", "dev", "--cert", "gone.pem"], "gone.pem: cannot be read"),
        (&["financial-ml", "--env", "dev", "--date", "04.07.2025"], "a day such as 2025-07-04"),
        (&["financial-ml"], "--env"),
        (&["financial-ml", "--env", "dev", "--from-secret", "gone.yaml"], "gone.yaml: cannot be read"),
    ] {
        let err = said(arguments);
        assert!(err.contains(wanted), "{arguments:?}: {err}");
    }
    assert!(!tree.path("packages").exists());
    let several = tree_with("clusters: { lab: { cert: certs/lab.pem }, main: { cert: certs/main.pem } }\n");
    let run = run(&several, &[]);
    assert!(run.code == 2 && run.err.contains("environment `dev` runs in several clusters: lab, main"), "{run:?}");
    let run = self::run(&several, &["--cluster", "main", "--cluster", "dev=lab"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.out.contains("cluster lab, certs/lab.pem\n") && run.out.contains("cluster main, certs/main.pem\n"),
        "{}",
        run.out
    );
    let none = tree_with("");
    let run = self::run(&none, &[]);
    assert!(run.code == 2 && run.err.contains("no certificate is configured for environment `dev`"), "{run:?}");
    assert_eq!(self::run(&none, &["--cert", "certs/lab.pem"]).code, 0);
    assert_eq!(run_with(&none, &[], &[("MLGUARD_CERT", "certs/lab.pem")]).code, 0);
}

#[test]
fn credentials_in_the_configuration_are_refused() {
    let secret = "k9Xp4ZbN7vQw2LrT";
    let config = format!(
        "{CONFIG}package:\n  secrets:\n    - name: harbor\n      registry: {{ server: h, username: {{ value: admin }}, password: {{ value: {secret} }} }}\n"
    );
    let tree = tree_with(&config);
    let run = run(&tree, &[]);
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains(".mlguard.yaml:7:77: Secret `harbor`, `password`: this value is a credential"),
        "{}",
        run.err
    );
    assert!(!run.err.contains(secret) && !tree.path("packages").exists());
}

#[test]
fn an_earlier_package_is_replaced_as_a_whole_and_other_work_is_not() {
    let tree = tree();
    assert_eq!(run(&tree, &[]).code, 0);
    let before = files(&tree.path("packages/financial-ml"));
    let dry = run(&tree, &["--dry-run"]);
    assert!(
        dry.code == 0 && dry.out.starts_with("Package of financial-ml, 2025-07-04 (would be written)\n"),
        "{dry:?}"
    );
    assert_eq!(files(&tree.path("packages/financial-ml")), before);
    let dev = tree.run_with(&["package", "financial-ml", "--env", "dev", "--no-kustomize"], &GOOD);
    assert_eq!(dev.code, 0, "{dev:?}");
    assert_eq!(
        dev.err,
        "note: the previous package in packages/financial-ml was replaced; it also contained production\n"
    );
    let names: Vec<String> = files(&tree.path("packages/financial-ml")).into_keys().collect();
    assert!(names.len() == 5 && !names.iter().any(|name| name.starts_with("production/")), "{names:?}");
    let left: Vec<String> = fs::read_dir(tree.path("packages"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(left.iter().all(|name| name.starts_with("financial-ml")), "nothing temporary is left: {left:?}");
    fs::write(tree.path("packages/financial-ml/dev/notes.txt"), "mine").expect("a file");
    let before = files(&tree.path("packages"));
    let run = run(&tree, &[]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("packages/financial-ml/dev/notes.txt: is not part of a package"), "{}", run.err);
    assert_eq!(files(&tree.path("packages")), before);
}

/// Where the archive cannot take its place, the folder does not change either.
#[test]
fn a_package_is_not_half_replaced() {
    let tree = tree();
    assert_eq!(run(&tree, &[]).code, 0);
    fs::remove_file(tree.path(ARCHIVE)).expect("removed");
    fs::create_dir_all(tree.path(ARCHIVE).join("x")).expect("a folder");
    let before = files(&tree.path("packages"));
    let run = run(&tree, &[]);
    assert!(run.code == 2 && run.err.contains("financial-ml-ml-secrets-20250704.tar.gz: cannot be written"), "{run:?}");
    assert_eq!(files(&tree.path("packages")), before);
}

#[test]
fn a_package_that_check_would_refuse_is_not_written() {
    let rule = "title: Own word\nlevel: warning\nkeywords: [kustomization]\npattern: 'kind: (Kustomization)'\nwhy: w\nremedy: r\n\
                references: []\nmatches: ['kind: Kustomization']\nnon-matches: []\n";
    let tree = tree_with(&format!("{CONFIG}rule-packs: [ci/*.yml]\n"));
    fs::create_dir(tree.path("ci")).expect("a folder");
    fs::write(tree.path("ci/own-word.yml"), rule).expect("a file");
    let run = run(&tree, &[]);
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{run:?}");
    assert!(
        run.err.contains("warning: packages/financial-ml/dev/kustomization.yaml:2:1: Own word")
            && run.err.contains("(own-word)"),
        "{}",
        run.err
    );
    assert!(run.err.contains("this package does not pass `mlguard check`; nothing was written"), "{}", run.err);
    assert!(!tree.path("packages").exists());
}

/// The further Secrets of the documentation.
#[test]
fn further_secrets_are_configured() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/package.md")).expect("the page");
    let page = page.replace("\r\n", "\n");
    let example = page.split("```yaml\n").find(|text| text.contains("seldon-rclone-gs-public")).expect("an example");
    let tree = tree_with(&format!("{CONFIG}{}", example.split_once("```").expect("its end").0));
    let harbor = [("HARBOR_USERNAME", "robot"), ("HARBOR_PASSWORD", "v1TgB6nHy8UjM3kIo9Lp")];
    let run = run_with(&tree, &[], &harbor);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    silent(&run, &tree);
    let path = tree.path("packages/financial-ml/dev/seldon-rclone-gs-public-sealed-secret.yaml");
    let held = opened(&fs::read_to_string(path).expect("a file"), &KEYS[0]);
    let config: serde_json::Value = serde_json::from_str(&held["rclone.conf"]).expect("JSON");
    assert_eq!(config["parameters"]["secret_access_key"], GOOD[1].1);
    let template =
        fs::read_to_string(tree.path("packages/financial-ml/secret-reference-template.yaml")).expect("a file");
    assert!(template.contains("      imagePullSecrets:\n      - name: ghcr\n      - name: harbor\n"), "{template}");
    let check = tree.run(&["check", "--fail-on", "error"]);
    assert_eq!(check.code, 0, "{check:?}");
    let shown = tree.run(&["check", "--show-config"]);
    assert!(
        shown.out.contains("  approved-by: \"infrastructure-team@company.com\"  # .mlguard.yaml:"),
        "{}",
        shown.out
    );
}

#[test]
fn no_argument_takes_a_value() {
    let tree = tree();
    let help = tree.run(&["package", "--help"]).out;
    for word in ["--password", "--token", "--from-literal", "--value"] {
        assert!(!help.contains(word), "{word}");
        assert_eq!(tree.run(&["package", "financial-ml", "--env", "dev", word, "x"]).code, 2);
    }
}
