//! Turns `rules/secrets/*.yml` and `rules/manifests/*.yml` into one static table, sorted by id, and
//! `rules/references/*.yml` into another one; each id becomes a constant.
//!
//! Doing it here means that the program starts without parsing a rule, and that a broken rule file, an unknown key or
//! a repeated id fails the build with the file's name.

#![expect(clippy::panic, clippy::disallowed_methods, reason = "a build script fails by panicking, and reads OUT_DIR")]
#![expect(unreachable_pub, reason = "the library exports some of what it shares with this script")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "build/manifest.rs"]
mod manifest;
#[path = "src/inventory/reference/path.rs"]
mod path;
#[path = "build/references.rs"]
mod references;
#[path = "src/rule/schema.rs"]
mod schema;
#[path = "src/inventory/facts/usage.rs"]
mod usage;

use manifest::ManifestRuleFile;
use schema::SecretRuleFile;

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=src/rule/schema.rs");
    println!("cargo::rerun-if-changed=src/inventory/reference/path.rs");
    println!("cargo::rerun-if-changed=src/inventory/facts/usage.rs");
    println!("cargo::rerun-if-changed=build");
    let mut ids = BTreeSet::new();
    let mut table = String::from("pub(super) static RULES: &[Rule] = &[\n");
    for (id, text, path) in files("rules/manifests") {
        assert!(ids.insert(id.clone()), "{}: the id {id} is used twice", path.display());
        manifest_rule(&mut table, &id, &parse(&path, &text));
    }
    for (id, text, path) in files("rules/secrets") {
        assert!(ids.insert(id.clone()), "{}: the id {id} is used twice", path.display());
        secret_rule(&mut table, &id, &path, &parse(&path, &text));
    }
    table.push_str("];\n");
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("rules.rs"), table).expect("OUT_DIR can be written");
    fs::write(Path::new(&out).join("rule_ids.rs"), constants(&ids)).expect("OUT_DIR can be written");
    let texts: Vec<_> =
        files("rules/references").into_iter().map(|(_, text, path)| (path.display().to_string(), text)).collect();
    let table = references::table(&texts).unwrap_or_else(|error| panic!("{error}"));
    fs::write(Path::new(&out).join("references.rs"), table).expect("OUT_DIR can be written");
}

/// `pub const SEALED_STALE: RuleId = RuleId("sealed-stale");` for each id.
fn constants(ids: &BTreeSet<String>) -> String {
    let mut text = String::new();
    for id in ids {
        let name = id.replace('-', "_").to_ascii_uppercase();
        writeln!(text, "/// `{id}`.\npub const {name}: RuleId = RuleId({id:?});").expect("writing to a string");
    }
    text
}

fn files(folder: &str) -> Vec<(String, String, PathBuf)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        assert!(path.extension().is_some_and(|end| end == "yml"), "{}: rule files end in .yml", path.display());
        let id = path.file_stem().and_then(|stem| stem.to_str()).expect("a UTF-8 file name").to_owned();
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (id, text, path)
    };
    paths.into_iter().map(read).collect()
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> T {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn manifest_rule(table: &mut String, id: &str, file: &ManifestRuleFile) {
    head(table, id, "Manifest", &file.title, file.level);
    writeln!(
        table,
        "fixable: Fixable::{:?}, severity: {:?}, scope: Scope::{:?}, why: Borrowed({:?}), when: Borrowed({:?}), \
         remedy: Borrowed({:?}), example: Some((Borrowed({:?}), Borrowed({:?}))), references: {}, pattern: None }},",
        file.fixable,
        file.severity,
        file.scope,
        file.why.trim(),
        file.when.trim(),
        file.remedy.trim(),
        file.bad,
        file.good,
        texts(&file.references),
    )
    .expect("writing to a string");
}

fn secret_rule(table: &mut String, id: &str, path: &Path, file: &SecretRuleFile) {
    let expression = file.expression().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let regex = expression.map_or("None".to_owned(), |text| format!("Some(Borrowed({text:?}))"));
    let checksum = file.checksum.map_or("None".to_owned(), |name| format!("Some(Checksum::{name:?})"));
    head(table, id, "Secret", &file.title, file.level);
    writeln!(
        table,
        "fixable: Fixable::No, severity: {:?}, scope: Scope::Everywhere, why: Borrowed({:?}), when: Borrowed(\"\"), \
         remedy: Borrowed({:?}), example: None, references: {}, pattern: Some(Pattern {{ keywords: {}, regex: {regex}, matcher: Matcher::{:?}, \
         min_entropy: {:?}, checksum: {checksum}, multiline: {}, matches: {}, non_matches: {} }}) }},",
        file.severity,
        file.why.trim(),
        file.remedy.trim(),
        texts(&file.references),
        texts(&file.keywords),
        file.matcher,
        file.min_entropy,
        file.is_multiline(),
        texts(&file.matches),
        texts(&file.non_matches),
    )
    .expect("writing to a string");
}

fn head(table: &mut String, id: &str, family: &str, title: &str, level: schema::LevelName) {
    write!(
        table,
        "Rule {{ id: Borrowed({id:?}), family: Family::{family}, title: Borrowed({title:?}), level: Level::{level:?}, ",
    )
    .expect("writing to a string");
}

fn texts(list: &[String]) -> String {
    let items: Vec<String> = list.iter().map(|text| format!("Borrowed({text:?})")).collect();
    format!("Borrowed(&[{}])", items.join(", "))
}
