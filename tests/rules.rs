//! Every rule on its fixtures, in-process: `tests/fixtures/README.md` says how these are laid out and marked.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use mlguard::engine::{self, Options};
use mlguard::finding::{Finding, Outcome};
use mlguard::rule::{self, Family, Level, Rule};
use mlguard::source;

/// Rules about comments that allow findings of other rules, which therefore have to be on.
const ABOUT_OTHERS: [&str; 2] = ["allow-without-reason", "unused-allow"];

#[test]
fn rules_find_what_is_marked_and_nothing_else() {
    let mut faults = String::new();
    for rule in manifest_rules() {
        for folder in ["fail", "pass"] {
            compare(&fixtures().join("rules").join(&*rule.id).join(folder), Some(&rule.id), &mut faults);
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn shapes_are_found_or_left_alone_with_all_rules() {
    let mut faults = String::new();
    for folder in ["found", "quiet"] {
        compare(&fixtures().join("shapes").join(folder), None, &mut faults);
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn every_rule_has_fixtures_and_every_fixture_a_rule() {
    let folders: BTreeSet<String> = names(&fixtures().join("rules"));
    let rules: BTreeSet<String> = manifest_rules().map(|rule| rule.id.to_string()).collect();
    assert_eq!(folders, rules);
    for rule in rules {
        let fail = fixtures().join("rules").join(&rule).join("fail");
        let marked = files(&fail).iter().any(|path| !expected(path).is_empty());
        assert!(marked, "no finding is expected below {}", fail.display());
    }
}

#[test]
fn quiet_fixtures_expect_nothing() {
    let quiet = manifest_rules().map(|rule| fixtures().join("rules").join(&*rule.id).join("pass"));
    for folder in quiet.chain([fixtures().join("shapes/quiet")]) {
        let paths = files(&folder);
        assert!(!paths.is_empty(), "{} is empty", folder.display());
        for path in paths {
            assert!(expected(&path).is_empty(), "{}", path.display());
        }
    }
}

#[test]
fn examples_of_rules_are_right() {
    for rule in manifest_rules() {
        let (bad, good) = rule.example.as_ref().expect("a rule that is code has an example");
        let found = run_text(bad);
        assert!(found.iter().any(|finding| finding.rule == rule.id), "{}: the bad example is not found", rule.id);
        let wrong: Vec<_> = run_text(good).into_iter().filter(|finding| finding.level == Level::Error).collect();
        assert!(wrong.is_empty(), "{}: the good example is found by {}", rule.id, wrong[0].rule);
    }
}

fn manifest_rules() -> impl Iterator<Item = &'static Rule> {
    rule::builtin().iter().filter(|rule| rule.family == Family::Manifest)
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Options of a run with every rule, or with `only` one that speaks.
fn options(only: Option<&str>) -> Options {
    let only = only.filter(|id| !ABOUT_OTHERS.contains(id)).map(str::to_owned);
    Options {
        rules: rule::builtin().to_vec(),
        level: Box::new(move |rule, _| only.as_ref().is_none_or(|id| rule.id == *id).then_some(rule.level)),
        max_size: 1 << 20,
        line_hashes: false,
        allow_comments: true,
        interrupted: Arc::new(AtomicBool::new(false)),
        today: jiff::civil::date(2026, 6, 1),
    }
}

/// Runs over a folder as if it were the root of a tree.
fn run_folder(folder: &Path, only: Option<&str>) -> Outcome {
    let mut listing = source::list(&[folder.to_path_buf()], &|path| !path.ends_with(".expect")).expect("a listing");
    let folder = folder.canonicalize().expect("a folder");
    for file in &mut listing.files {
        file.path = relative(&file.location, &folder).into();
    }
    listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    engine::run(listing, &options(only))
}

/// Runs over an example, whose first line may say its path.
fn run_text(text: &str) -> Vec<Finding> {
    let named = text.strip_prefix("# ").and_then(|rest| rest.split([':', '\n']).next());
    let path = match named {
        Some(path) if path.contains('.') && !path.contains(' ') => path,
        _ if text.contains("kind: Kustomization") => "kustomization.yaml",
        _ => "manifest.yaml",
    };
    engine::run_bytes(path, text.as_bytes(), &options(None)).findings
}

/// Adds what differs between the marks of a folder's files and the findings in them.
fn compare(folder: &Path, only: Option<&str>, faults: &mut String) {
    let outcome = run_folder(folder, only);
    for error in &outcome.coverage.errors {
        let _ = writeln!(faults, "{}: {}: {}", folder.display(), error.path, error.reason);
    }
    let found: BTreeSet<(String, usize, String)> = outcome
        .findings
        .iter()
        .filter(|finding| only.is_none_or(|id| finding.rule == id))
        .map(|finding| (finding.path.to_string(), finding.region.start.line, said(finding)))
        .collect();
    let mut marked = BTreeSet::new();
    for path in files(folder) {
        let name = relative(&path, folder);
        marked.extend(expected(&path).into_iter().map(|(line, rule)| (name.clone(), line, rule)));
    }
    let shown = relative(folder, &fixtures());
    for (path, line, rule) in marked.difference(&found) {
        let _ = writeln!(faults, "missed: {shown}/{path}:{line}: {rule}");
    }
    for (path, line, rule) in found.difference(&marked) {
        let _ = writeln!(faults, "noise:  {shown}/{path}:{line}: {rule}");
    }
}

/// A finding as marks write it: the rule, with the level behind it where that is not the rule's own.
fn said(finding: &Finding) -> String {
    let usual = rule::find(&finding.rule).expect("a built-in rule").level;
    let lowered = if finding.level == usual { String::new() } else { format!(" ({})", finding.level.as_str()) };
    format!("{}{lowered}", finding.rule)
}

/// The findings that a file's marks announce, as (line, rule).
fn expected(path: &Path) -> BTreeSet<(usize, String)> {
    let mut sidecar = path.as_os_str().to_owned();
    sidecar.push(".expect");
    if let Ok(text) = fs::read_to_string(&sidecar) {
        let entry = |line: &str| line.split_once(' ').map(|(at, rule)| (at.parse().expect("a line"), rule.to_owned()));
        return text.lines().filter_map(entry).collect();
    }
    let bytes = fs::read(path).expect("a fixture");
    let text = String::from_utf8_lossy(&bytes);
    let mut marks = BTreeSet::new();
    let mut waiting = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((before, rules)) = mark(line) else {
            marks.extend(waiting.drain(..).map(|rule| (index + 1, rule)));
            continue;
        };
        if before.trim().is_empty() {
            waiting.extend(rules);
        } else {
            marks.extend(waiting.drain(..).chain(rules).map(|rule| (index + 1, rule)));
        }
    }
    marks
}

/// What stands before a mark, and its rules.
fn mark(line: &str) -> Option<(&str, Vec<String>)> {
    let (before, rules) = line.split_once("expect: ")?;
    let before = before.trim_end();
    let open = ["#", "//", "<!--", ";", "--", "/*"].iter().find(|open| before.ends_with(**open))?;
    let rules = rules.trim_end_matches(['*', '/']).trim_end_matches("--> ").trim_end_matches("-->").trim();
    Some((before.trim_end_matches(*open), rules.split(", ").map(str::to_owned).collect()))
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

/// Every fixture below a folder, without sidecars.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            found.extend(files(&path));
        } else if !name.ends_with(".expect") {
            found.push(path);
        }
    }
    found
}

fn relative(path: &Path, folder: &Path) -> String {
    let rest = path.strip_prefix(folder).expect("it is below the folder");
    rest.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
