//! Every rule on its fixtures, in-process: `tests/fixtures/README.md` says how these are laid out and marked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mlguard::api::checks::{self, Run};
use mlguard::api::engine::{self, Input, Options};
use mlguard::api::finding::{DigestKey, Finding, Outcome};
use mlguard::api::finding::{Edit, FixKind, apply};
use mlguard::api::inventory::Convention;
use mlguard::api::rule::{self, Family, Fixable, Rule};
use mlguard::api::source;

/// Rules about findings of other rules, which therefore have to be on: comments that allow them, and files that hold
/// credentials by what others say.
const ABOUT_OTHERS: [&str; 4] = ["allow-without-reason", "sops-plaintext", "sops-uncovered", "unused-allow"];

#[test]
fn rules_find_what_is_marked_and_nothing_else() {
    let mut faults = String::new();
    for rule in manifest_rules() {
        for folder in ["fail", "pass"] {
            for tree in trees(&rule.id, folder) {
                compare(&tree, Some(&rule.id), &mut faults);
            }
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
        for tree in trees(&rule, "fail") {
            let marked = files(&tree).iter().any(|path| !expected(path).is_empty());
            assert!(marked, "no finding is expected below {}", tree.display());
        }
        assert!(!trees(&rule, "pass").is_empty(), "{rule} has no case that passes");
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
fn fixes_by_edits_give_what_stands_in_fixed() {
    let mut faults = String::new();
    for rule in manifest_rules() {
        for tree in trees(&rule.id, "fail") {
            fix(&tree, &rule.id, &mut faults);
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// The word of a rule about fixes is the best that any of its fixtures gets.
#[test]
fn rules_promise_the_fixes_that_they_offer() {
    for rule in manifest_rules() {
        let found = trees(&rule.id, "fail").into_iter().flat_map(|tree| run_folder(&tree, Some(&rule.id)).findings);
        let offered: Vec<Fixable> = found.filter(|found| found.rule == rule.id).map(|found| found.fixable()).collect();
        let best = [Fixable::Safe, Fixable::Unsafe].into_iter().find(|best| offered.contains(best));
        assert_eq!(rule.fixable, best.unwrap_or(Fixable::No), "{}", rule.id);
    }
}

#[test]
fn examples_of_rules_are_right() {
    let mut faults = String::new();
    for rule in manifest_rules() {
        let (bad, good) = rule.example.as_ref().expect("a rule that is code has an example");
        let (bad, good) = (with_ciphertexts(bad), with_ciphertexts(good));
        let found = run_text(&bad);
        if !found.iter().any(|finding| finding.rule == rule.id) {
            let _ = writeln!(faults, "{}: the bad example is not found", rule.id);
        }
        // An example shows one fault; what stands around it is right.
        let about_others = ABOUT_OTHERS.contains(&&*rule.id);
        let others = found.iter().filter(|finding| finding.rule != rule.id && !about_others);
        for (which, finding) in
            others.map(|finding| ("bad", finding)).chain(run_text(&good).iter().map(|f| ("good", f)))
        {
            let _ = writeln!(faults, "{}: the {which} example is found by {}", rule.id, said(finding));
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// An example with a made-up sealed value for each `{{sealed}}`, `{{sealed-2}}`, …: one for a key of 4096 bits.
fn with_ciphertexts(example: &str) -> String {
    let mut text = example.to_owned();
    for number in 1..=9_u64 {
        let name = if number == 1 { "{{sealed}}".to_owned() } else { format!("{{{{sealed-{number}}}}}") };
        let mut state = number;
        let random = std::iter::repeat_with(|| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            state.to_be_bytes()[0]
        });
        let bytes: Vec<u8> = [2, 0].into_iter().chain(random.take(512 + 8 + 16)).collect();
        text = text.replace(&name, &STANDARD.encode(bytes));
    }
    assert!(!text.contains("{{sealed"), "sealed values are numbered from 1 to 9:\n{text}");
    text
}

/// A rule about two versions of a file has no fixture of one; `tests/git` has its cases.
const ABOUT_CHANGES: [&str; 1] = ["policy-change"];

fn manifest_rules() -> impl Iterator<Item = &'static Rule> {
    let of_files = |rule: &&Rule| rule.family == Family::Manifest && !ABOUT_CHANGES.contains(&&*rule.id);
    rule::builtin().iter().filter(of_files)
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Whether a rule's check looks at the whole repository.
fn looks_across(rule: &str) -> bool {
    checks::ALL.iter().any(|check| check.rule == rule && matches!(check.run, Run::Repository(_)))
}

/// The folders of a rule's fixtures that are run as a tree: `fail` or `pass` itself, or for a check of the whole
/// repository each case in it.
fn trees(rule: &str, folder: &str) -> Vec<PathBuf> {
    let folder = fixtures().join("rules").join(rule).join(folder);
    if !looks_across(rule) {
        return vec![folder];
    }
    let cases: Vec<PathBuf> = names(&folder).iter().map(|name| folder.join(name)).collect();
    assert!(!cases.is_empty(), "{} has no cases", folder.display());
    for case in &cases {
        assert!(case.is_dir(), "{} is no folder: each case of this rule is one", case.display());
    }
    cases
}

/// Options of a run with every rule, or with `only` one that speaks, in a repository at `root`.
fn options(only: Option<&str>, root: Option<PathBuf>) -> Options {
    let only = only.filter(|id| !ABOUT_OTHERS.contains(id)).map(str::to_owned);
    Options {
        rules: rule::builtin().to_vec(),
        level: Box::new(move |rule, _| only.as_ref().is_none_or(|id| rule.id == *id).then_some(rule.level)),
        max_size: 1 << 20,
        accept_missing: false,
        digest_key: DigestKey::of_this_run(),
        line_hashes: false,
        allow_comments: true,
        interrupted: Arc::new(AtomicBool::new(false)),
        today: jiff::civil::date(2026, 6, 1),
        convention: Arc::new(Convention::default()),
        past: Box::new(|_, _| None),
        ignored: Box::new(move |paths| Some(source::ignored_below(root.as_deref()?, false, paths))),
    }
}

/// Runs over a folder as if it were the root of a tree.
fn run_folder(folder: &Path, only: Option<&str>) -> Outcome {
    let mut listing = source::list(&[folder.to_path_buf()], &|path| !path.ends_with(".expect")).expect("a listing");
    let folder = folder.canonicalize().expect("a folder");
    for file in &mut listing.files {
        file.path = relative(&file.location, &folder).into();
        // Whether the fixtures are committed already, or packed without Git, decides nothing.
        file.tracked = !file.path.split('/').any(|part| part == "untracked");
    }
    listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    engine::run(Input { listing, context: &Vec::new }, &options(only, Some(folder)))
}

/// Runs over an example. Its first line may say its path, and further files begin with such a line behind `---`.
fn run_text(text: &str) -> Vec<Finding> {
    let mut files: Vec<(String, String)> = Vec::new();
    for document in text.split("\n---\n") {
        match (path_of(document), files.last_mut()) {
            (None, Some((_, file))) => {
                file.push_str("\n---\n");
                file.push_str(document);
            }
            (path, _) => files.push((path.unwrap_or("manifest.yaml").to_owned(), document.to_owned())),
        }
    }
    if let [(path, text)] = files.as_slice() {
        return engine::run_bytes(path, text.as_bytes(), &Vec::new, &options(None, None)).findings;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in &files {
        let path = folder.path().join(path);
        write(&path, text.as_bytes());
    }
    run_folder(folder.path(), None).findings
}

/// The path that the first line of an example says, or that its kind asks for.
fn path_of(text: &str) -> Option<&str> {
    let named = text.strip_prefix("# ").and_then(|rest| rest.split([':', '\n']).next());
    let named = named.filter(|path| path.contains('.') && !path.contains(' '));
    named.or(text.contains("kind: Kustomization").then_some("kustomization.yaml"))
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
        // Shapes of many repositories stand in one folder, which therefore is no repository.
        .filter(|finding| only.map_or_else(|| !looks_across(&finding.rule), |id| finding.rule == id))
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

/// Applies all fixes by edits in a case of `fail`, and adds what differs from the files of the same case in `fixed`, which
/// are those that change. Then runs again over the whole.
fn fix(tree: &Path, rule: &str, faults: &mut String) {
    let shown = relative(tree, &fixtures());
    let folder = shown.replacen("/fail", "/fixed", 1);
    let wanted = fixtures().join(&folder);
    let copy = tempfile::tempdir().expect("a temporary folder");
    for path in files(tree) {
        write(&copy.path().join(relative(&path, tree)), &fs::read(&path).expect("a fixture"));
    }
    let before = run_folder(copy.path(), Some(rule)).findings;
    let made = apply_edits(copy.path(), &before, rule);
    let there = if wanted.is_dir() { files(&wanted) } else { Vec::new() };
    let there: BTreeSet<String> = there.iter().map(|path| relative(path, &wanted)).collect();
    let changed: BTreeSet<String> = made.keys().cloned().collect();
    for path in there.symmetric_difference(&changed) {
        let _ = writeln!(
            faults,
            "{folder}/{path}: is there {}, is changed {}",
            there.contains(path),
            changed.contains(path)
        );
    }
    for (path, text) in made.iter().filter(|(path, _)| there.contains(*path)) {
        if fs::read(wanted.join(path)).expect("a fixture") != text.as_bytes() {
            let _ = writeln!(faults, "{folder}/{path}: the fixes give\n{text}");
        }
    }
    let after = run_folder(copy.path(), Some(rule)).findings;
    let left = |finding: &&Finding| {
        // One fault in two files has one fingerprint.
        let same = |old: &Finding| old.path == finding.path && old.fingerprint == finding.fingerprint;
        before.iter().any(|old| edited(old) && old.rule == rule && same(old))
    };
    for finding in after.iter().filter(left) {
        let _ = writeln!(faults, "{folder}/{}:{}: is still found", finding.path, finding.region.start.line);
    }
    for path in apply_edits(copy.path(), &after, rule).keys() {
        let _ = writeln!(faults, "{folder}/{path}: fixing it again changes it");
    }
}

fn edited(finding: &Finding) -> bool {
    finding.fix.as_ref().is_some_and(|fix| matches!(fix.kind, FixKind::Edits { .. }))
}

/// Applies the edits of a rule's findings to the files of a folder, equal fixes once; the files that change.
fn apply_edits(folder: &Path, findings: &[Finding], rule: &str) -> BTreeMap<String, String> {
    let mut fixes = Vec::new();
    for finding in findings.iter().filter(|finding| finding.rule == rule) {
        let fix = finding.fix.clone().map(|fix| fix.kind);
        if let Some(FixKind::Edits { path, edits }) = fix {
            let fix = (path.unwrap_or_else(|| finding.path.clone()).to_string(), edits);
            if !fixes.contains(&fix) {
                fixes.push(fix);
            }
        }
    }
    let mut by_path: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
    for (path, edits) in fixes {
        by_path.entry(path).or_default().extend(edits);
    }
    let apply = |(path, edits): (String, Vec<Edit>)| {
        let old = fs::read(folder.join(&path)).unwrap_or_default();
        let old = String::from_utf8(old).expect("fixtures are UTF-8");
        let new = apply(&old, &edits).expect("fixes of a fixture do not meet");
        write(&folder.join(&path), new.as_bytes());
        (new != old).then_some((path, new))
    };
    by_path.into_iter().filter_map(apply).collect()
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("it is below a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
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
