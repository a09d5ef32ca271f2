//! Credentials in archives and data files, which the tools that people use made (`tests/fixtures/containers/make.py`).

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::cli::harness::{Run, Tree};
use crate::git::rig::{Repo, has_git};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/containers").join(name)
}

/// A tree that contains the fixtures of these names, and nothing else.
fn with(names: &[&str]) -> Tree {
    let tree = Tree::new(&[]);
    for name in names {
        fs::copy(fixture(name), tree.path(name.rsplit('/').next().expect("a name"))).expect("a fixture");
    }
    tree
}

fn report(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.out).expect("a report")
}

/// The findings, as `path:line:column`.
fn places(run: &Run) -> Vec<String> {
    let report = report(run);
    let findings = report["findings"].as_array().expect("findings").iter();
    let shown = |finding: &serde_json::Value| {
        let path = finding["path"].as_str().expect("a path");
        format!("{path}:{}:{}", finding["line"], finding["column"])
    };
    findings.map(shown).collect()
}

#[test]
fn members_of_archives_are_searched_at_any_depth() {
    let deep = ["a-folder-with-a-long-name"; 6].join("/");
    let cases: [(&str, &[&str]); 11] = [
        ("archive.zip", &["inner.zip!a.env:2:16", "x/values.yaml:4:16"]),
        ("model.mar", &["extra/inner.zip!a.env:2:16", "handler.py:1:10"]),
        ("acme-1.0-py3-none-any.whl", &["acme/__init__.py:1:19", "acme/inner.zip!a.env:2:16"]),
        ("x-0.1.0.tgz", &["x/charts/y-0.2.0.tgz!y/values.yaml:4:16", "x/values.yaml:4:16"]),
        ("gnu.tar", &[&format!("{deep}/long.yaml:4:16"), "inner.zip!a.env:2:16", "values.yaml:4:16"]),
        ("pax.tar", &[&format!("{deep}/long.yaml:4:16"), "inner.zip!a.env:2:16", "values.yaml:4:16"]),
        ("tree.tar.zst", &[&format!("{deep}/long.yaml:4:16"), "inner.zip!a.env:2:16", "values.yaml:4:16"]),
        ("ustar.tar", &["inner.zip!a.env:2:16", "values.yaml:4:16"]),
        ("v7.tar", &["inner.zip!a.env:2:16", "values.yaml:4:16"]),
        ("values.yaml.gz", &["values.yaml:4:16"]),
        ("values.yaml.zst", &["values.yaml:4:16"]),
    ];
    for (name, inner) in cases {
        let run = with(&[name]).run(&["check", "--format", "json"]);
        let expected: Vec<String> = inner.iter().map(|inner| format!("{name}!{inner}")).collect();
        assert_eq!(places(&run), expected, "{name}: {run:?}");
        assert_eq!(run.code, 1, "{name}");
    }
}

#[test]
fn texts_in_data_files_are_searched() {
    let names = [
        "arrays.npz",
        "gzip.parquet",
        "metadata.parquet",
        "mlflow.db",
        "model-0.pkl",
        "model-1.pkl",
        "model-2.pkl",
        "model-3.pkl",
        "model-4.pkl",
        "model-5.pkl",
        "model.gguf",
        "model.joblib",
        "model.onnx",
        "model.pt",
        "model.safetensors",
        "names.npy",
        "none.parquet",
        "objects.npy",
        "second-version.parquet",
        "snappy.parquet",
        "zstd.parquet",
    ];
    for name in names {
        let run = with(&[&format!("data/{name}")]).run(&["check", "--format", "json"]);
        let found = places(&run);
        assert!(run.code == 1 && !found.is_empty(), "{name}: {run:?}");
        assert!(found.iter().all(|place| place.starts_with(name)), "{name}: {found:?}");
    }
    // The same in an archive.
    let run = with(&["bundle.tar.gz"]).run(&["check", "--format", "json"]);
    let found = places(&run).join("\n");
    for name in names {
        assert!(found.contains(name), "{name}: {found}");
    }
}

#[test]
fn reports_lead_to_the_file_that_git_has() {
    let tree = with(&["x-0.1.0.tgz"]);
    let run = tree.run(&["check", "--format", "sarif"]);
    let results = report(&run)["runs"][0]["results"].clone();
    let results = results.as_array().expect("results");
    assert_eq!(results.len(), 2, "{run:?}");
    for result in results {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "x-0.1.0.tgz");
        assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&1.into(), &1.into()));
        let message = result["message"]["text"].as_str().expect("a message");
        assert!(message.contains("x-0.1.0.tgz!x/"), "{message}");
    }
    let run = tree.run(&["check", "--format", "github"]);
    assert!(run.out.lines().any(|line| line.starts_with("::error file=x-0.1.0.tgz,title=")), "{}", run.out);
    assert!(run.out.contains("x-0.1.0.tgz!x/values.yaml:4"), "{}", run.out);
    let run = tree.run(&["check", "--format", "gitlab"]);
    assert!(
        run.out.contains(r#""path": "x-0.1.0.tgz""#) && !run.out.contains(r#""path": "x-0.1.0.tgz!"#),
        "{}",
        run.out
    );
    let run = tree.run(&["check", "--format", "human"]);
    assert!(run.out.contains("x-0.1.0.tgz!x/values.yaml:4:16"), "{}", run.out);
    // Nothing in an archive can be repaired.
    let run = tree.run(&["fix"]);
    assert_eq!(run.code, 1, "{run:?}");
}

#[test]
fn archives_of_commits_are_searched() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("README.md", "x\n");
    repo.commit("first");
    fs::copy(fixture("archive.zip"), repo.path.join("a.zip")).expect("a fixture");
    repo.git(&["add", "-A"]);
    let is_found = |arguments: &[&str]| {
        let run = repo.run(&[arguments, &["--format", "json"]].concat());
        assert!(run.code == 1 && run.out.contains("a.zip!inner.zip!a.env"), "{arguments:?}: {run:?}");
    };
    is_found(&["check", "--staged"]);
    repo.commit("second");
    is_found(&["check", "--diff=HEAD~1"]);
    is_found(&["check", "--history"]);
    fs::rename(repo.path.join("a.zip"), repo.path.join("b.zip")).expect("a file");
    repo.commit("third");
    // What was there before is not news, whatever its name is now.
    let run = repo.run(&["check", "--diff=HEAD~1", "--format", "json"]);
    assert_eq!(run.code, 0, "{run:?}");
}

/// `bytes` in `levels` gzip files inside each other.
fn gzip(bytes: &[u8], levels: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..levels {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&bytes).expect("memory");
        bytes = encoder.finish().expect("memory");
    }
    bytes
}

#[test]
fn a_bomb_is_a_finding_and_costs_little() {
    let secret = fs::read(fixture("values.yaml.gz")).expect("a fixture");
    let zeros = vec![0; 64 << 20];
    for (name, bytes) in
        [("zeros.gz", gzip(&zeros, 1)), ("zeros.gz.gz", gzip(&zeros, 2)), ("deep.gz", gzip(&secret, 12))]
    {
        let tree = Tree::new(&[]);
        fs::write(tree.path(name), bytes).expect("a file");
        let run = tree.run_bounded(&["check", "--format", "json"]);
        assert_eq!((run.code, places(&run).len(), run.out.contains("archive-bomb")), (1, 1, true), "{name}: {run:?}");
    }
}

#[test]
fn nothing_hides_behind_a_bomb_that_was_there() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    fs::write(repo.path.join("deep.gz"), gzip(b"A=1\n", 12)).expect("a file");
    repo.commit("first");
    let baseline = repo.run(&["baseline", "write"]);
    assert_eq!(baseline.code, 0, "{baseline:?}");
    repo.git(&["add", "-A"]);
    repo.commit("accepted");
    let run = repo.run(&["check", "--format", "json"]);
    assert!(run.code == 0 && run.out.contains("archives are nested too deeply"), "{run:?}");
    fs::write(repo.path.join("deep.gz"), gzip(b"B=2\n", 12)).expect("a file");
    repo.git(&["add", "-A"]);
    repo.commit("changed");
    for arguments in [&["check", "--format", "json"][..], &["check", "--diff=HEAD~1", "--format", "json"]] {
        let run = repo.run(arguments);
        assert!(run.code == 1 && run.out.contains("archive-bomb"), "{arguments:?}: {run:?}");
    }
}

#[test]
fn what_of_an_archive_was_not_searched_is_named() {
    let tree = with(&["archive.zip", "x-0.1.0.tgz"]);
    for (name, keep) in [("archive.zip", 150), ("x-0.1.0.tgz", 200)] {
        let bytes = fs::read(tree.path(name)).expect("a file");
        fs::write(tree.path(name), &bytes[..keep]).expect("a file");
    }
    let run = tree.run(&["check", "--format", "json"]);
    let skipped = report(&run)["coverage"]["skipped"].to_string();
    assert!(skipped.contains("archive.zip") && skipped.contains("x-0.1.0.tgz"), "{run:?}");
    assert!(skipped.contains("damaged or incomplete; only its readable parts were searched"), "{skipped}");
}
