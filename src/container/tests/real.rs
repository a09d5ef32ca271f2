//! Files that real tools made: `tests/fixtures/containers/make.py`.

use std::fs;
use std::path::PathBuf;

use super::{Seen, open_with, paths};
use crate::container::Limits;

fn read(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/containers").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The token in each file, and the one in the archives in it.
fn tokens() -> (String, String) {
    let text = String::from_utf8(read("tokens.txt")).expect("text");
    let (first, second) = text.trim().split_once('\n').expect("two lines");
    (first.to_owned(), second.to_owned())
}

fn open(name: &str) -> Vec<Seen> {
    let (seen, faults) = open_with(name, &read(name), &Limits::default());
    assert_eq!(faults, [], "{name}");
    seen
}

/// Member and one-based line of each place of a token that is a word there.
fn places(seen: &[Seen], token: &str) -> Vec<String> {
    let mut places = Vec::new();
    for seen in seen {
        for (line, text) in seen.text().lines().enumerate() {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if text.split(|c| !word(c)).any(|found| found == token) {
                places.push(format!("{}:{}", seen.path, seen.lines_before + line + 1));
            }
        }
    }
    places
}

#[test]
fn files_of_archives_are_found_at_both_depths() {
    let (first, second) = tokens();
    for (name, at_first, at_second) in [
        ("archive.zip", &["x/values.yaml:4"][..], &["inner.zip!a.env:2"][..]),
        ("acme-1.0-py3-none-any.whl", &["acme/__init__.py:1"], &["acme/inner.zip!a.env:2"]),
        ("model.mar", &["handler.py:1"], &["extra/inner.zip!a.env:2"]),
        ("x-0.1.0.tgz", &["x/values.yaml:4"], &["x/charts/y-0.2.0.tgz!y/values.yaml:4"]),
        ("v7.tar", &["values.yaml:4"], &["inner.zip!a.env:2"]),
        ("ustar.tar", &["values.yaml:4"], &["inner.zip!a.env:2"]),
        ("values.yaml.gz", &["values.yaml:4"], &[]),
        ("values.yaml.zst", &["values.yaml:4"], &[]),
    ] {
        let seen = open(name);
        assert_eq!(places(&seen, &first), at_first, "{name}");
        assert_eq!(places(&seen, &second), at_second, "{name}");
    }
}

#[test]
fn long_names_and_links_of_tar_are_read() {
    let (first, second) = tokens();
    let long = format!("{}long.yaml:4", "a-folder-with-a-long-name/".repeat(6));
    for name in ["gnu.tar", "pax.tar", "tree.tar.zst"] {
        let seen = open(name);
        assert_eq!(places(&seen, &first), [&long, "values.yaml:4"], "{name}");
        assert_eq!(places(&seen, &second), ["inner.zip!a.env:2"], "{name}");
        assert_eq!(paths(&seen).len(), 3, "{name}: no member for the link and the folders");
    }
}

/// Where each file with text has its token.
const DATA: &[(&str, &[&str])] = &[
    ("model-0.pkl", &[":2"]),
    ("model-1.pkl", &[":2"]),
    ("model-2.pkl", &[":2"]),
    ("model-3.pkl", &[":2"]),
    ("model-4.pkl", &[":2"]),
    ("model-5.pkl", &[":2"]),
    ("model.joblib", &["model.joblib:2"]),
    ("model.pt", &["archive/data.pkl:2"]),
    ("objects.npy", &[":11"]),
    ("names.npy", &[":3"]),
    ("arrays.npz", &["names.npy:3", "ascii.npy:3"]),
    ("model.safetensors", &["header.json:1"]),
    ("model.gguf", &[":2"]),
    ("model.onnx", &[":9"]),
    ("none.parquet", &[":6"]),
    ("snappy.parquet", &[":6"]),
    ("gzip.parquet", &[":6"]),
    ("zstd.parquet", &[":6"]),
    ("second-version.parquet", &[":6"]),
    ("metadata.parquet", &[":2"]),
    ("mlflow.db", &["tags:122", "params:3", "settings:1", "deleted:8"]),
    ("utf16.db", &["users:2"]),
];

#[test]
fn texts_of_data_files_are_found() {
    let (first, _) = tokens();
    for (name, at) in DATA {
        assert_eq!(places(&open(&format!("data/{name}")), &first), *at, "{name}");
    }
}

#[test]
fn texts_of_data_files_are_found_in_archives() {
    let (_, second) = tokens();
    let found = places(&open("bundle.tar.gz"), &second);
    let mut expected: Vec<String> = Vec::new();
    for (name, at) in DATA {
        expected.extend(
            at.iter().map(|at| if at.starts_with(':') { format!("{name}{at}") } else { format!("{name}!{at}") }),
        );
    }
    expected.sort();
    let mut found: Vec<String> = found.into_iter().collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn keys_are_in_front_of_their_values() {
    let (first, _) = tokens();
    let exempt = ["names.npy", "arrays.npz", "model.safetensors"];
    for (name, _) in DATA.iter().filter(|(name, _)| !exempt.contains(name)) {
        let pair = format!("registry_token = {first}");
        assert!(
            open(&format!("data/{name}")).iter().any(|seen| seen.text().lines().any(|line| line.ends_with(&pair))),
            "{name}"
        );
    }
}
