//! Every rule on its fixtures, in-process: `tests/fixtures/README.md` says how these are laid out and marked.
//!
//! Each rule is a test: `cargo test --test rules -- RULE` runs one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libtest_mimic::{Arguments, Trial};
use mlguard::api::checks::{self, Need};
use mlguard::api::engine::{self, Input, Options};
use mlguard::api::finding::{Edit, FixKind, apply};
use mlguard::api::finding::{Finding, Outcome};
use mlguard::api::rule::{self, Family, Fixable, Rule, RuleId, id};
use mlguard::api::source;

/// Rules about findings of other rules, which therefore have to be on: comments that allow them, and files that hold
/// credentials by what others say.
fn is_about_others(rule: &str) -> bool {
    let about_comments = [id::ALLOW_WITHOUT_REASON, id::UNUSED_ALLOW].iter().any(|id| id.as_str() == rule);
    let needs = |check: &checks::Check| check.rule.as_str() == rule && check.needs.contains(&Need::Credentials);
    about_comments || checks::all().any(needs)
}

fn main() -> std::process::ExitCode {
    let mut trials: Vec<Trial> = manifest_rules().map(|rule| trial(&rule.id, move || check(rule))).collect();
    trials.extend(["found", "quiet"].map(|folder| {
        let tree = fixtures().join("shapes").join(folder);
        trial(&format!("shapes/{folder}"), move || [compare(&tree, None), expect_nothing(&tree)].concat())
    }));
    trials.push(trial("every_fixture_has_a_rule", || {
        let rules: BTreeSet<String> = manifest_rules().map(|rule| rule.id.to_string()).collect();
        let others = names(&fixtures().join("rules")).into_iter().filter(|name| !rules.contains(name));
        others.map(|name| name + " is no rule\n").collect()
    }));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A test that gives what is wrong, a line each.
fn trial(name: &str, test: impl FnOnce() -> String + Send + 'static) -> Trial {
    Trial::test(name, move || {
        let faults = test();
        if faults.is_empty() { Ok(()) } else { Err(format!("\n{faults}").into()) }
    })
}

/// What is wrong about a rule: its fixtures, its fixes and its examples.
fn check(rule: &Rule) -> String {
    if !fixtures().join("rules").join(&*rule.id).is_dir() {
        return "it has no fixtures\n".to_owned();
    }
    let mut faults = String::new();
    let mut offered = Vec::new();
    for tree in trees(&rule.id, "fail") {
        faults += &compare(&tree, Some(&rule.id));
        if !files(&tree).iter().any(|path| !expected(path).is_empty()) {
            let _ = writeln!(faults, "no finding is expected below {}", tree.display());
        }
        fix(&tree, &rule.id, &mut faults);
        let found = run_folder(&tree, Some(&rule.id)).findings.into_iter().filter(|found| found.rule == rule.id);
        offered.extend(found.map(|found| found.fixable()));
    }
    for tree in trees(&rule.id, "pass") {
        faults += &compare(&tree, Some(&rule.id));
    }
    faults += &expect_nothing(&fixtures().join("rules").join(&*rule.id).join("pass"));
    // The word of a rule about fixes is the best that any of its fixtures gets.
    let best = [Fixable::Safe, Fixable::Unsafe].into_iter().find(|best| offered.contains(best));
    if rule.fixable != best.unwrap_or(Fixable::No) {
        let _ = writeln!(faults, "it says {:?} of its fixes, and {best:?} is the best in its fixtures", rule.fixable);
    }
    faults + &check_example(rule)
}

/// Fixtures that pass are there, and carry no marks.
fn expect_nothing(folder: &Path) -> String {
    if folder.ends_with("found") {
        return String::new();
    }
    let paths = files(folder);
    let marked = paths.iter().filter(|path| !expected(path).is_empty());
    let mut faults: String = marked.map(|path| path.display().to_string() + " has a mark\n").collect();
    if paths.is_empty() {
        let _ = writeln!(faults, "{} is empty", folder.display());
    }
    faults
}

fn check_example(rule: &Rule) -> String {
    let mut faults = String::new();
    let (bad, good) = rule.example.as_ref().expect("a rule that is code has an example");
    let (bad, good) = (with_ciphertexts(bad), with_ciphertexts(good));
    let found = run_text(&bad);
    if !found.iter().any(|finding| finding.rule == rule.id) {
        let _ = writeln!(faults, "the bad example is not found");
    }
    // An example shows one fault; what stands around it is right.
    let about_others = is_about_others(&rule.id);
    let others = found.iter().filter(|finding| finding.rule != rule.id && !about_others);
    for (which, finding) in others.map(|finding| ("bad", finding)).chain(run_text(&good).iter().map(|f| ("good", f))) {
        let _ = writeln!(faults, "the {which} example is found by {}", shown(finding));
    }
    faults
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

/// Rules about two versions of a file have no fixture of one (`tests/it/git` has their cases), and one about files that are not
/// text has none that marks can be written in (`tests/it/containers.rs`).
const WITHOUT_FIXTURES: [RuleId; 3] = [id::POLICY_CHANGE, id::NEW_ALLOW, id::ARCHIVE_BOMB];

fn manifest_rules() -> impl Iterator<Item = &'static Rule> {
    let of_files = |rule: &&Rule| rule.family == Family::Manifest && !WITHOUT_FIXTURES.iter().any(|id| rule.id == *id);
    rule::builtin().iter().filter(of_files)
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Whether a rule's check looks at the whole repository.
fn looks_across(rule: &str) -> bool {
    checks::all().any(|check| check.rule.as_str() == rule && check.source.is_none())
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
    let only = only.filter(|id| !is_about_others(id)).map(str::to_owned);
    Options {
        level: Box::new(move |rule, _| only.as_ref().is_none_or(|id| rule.id == *id).then_some(rule.level)),
        ignored: Box::new(move |paths| Some(source::ignored_below(root.as_deref()?, false, paths))),
        ..Options::for_tests()
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

/// What differs between the marks of a folder's files and the findings in them.
fn compare(folder: &Path, only: Option<&str>) -> String {
    let mut faults = String::new();
    let outcome = run_folder(folder, only);
    for error in &outcome.coverage.errors {
        let _ = writeln!(faults, "{}: {}: {}", folder.display(), error.path, error.reason);
    }
    // Shapes of many repositories stand in one folder, which therefore is no repository.
    let counts = |finding: &&Finding| only.map_or_else(|| !looks_across(&finding.rule), |id| finding.rule == id);
    let found: Vec<&Finding> = outcome.findings.iter().filter(counts).collect();
    let paths = files(folder).into_iter().map(|path| (relative(&path, folder), expected(&path)));
    let marks: Vec<(String, Mark)> =
        paths.flat_map(|(name, marks)| marks.into_iter().map(move |mark| (name.clone(), mark))).collect();
    let tree = relative(folder, &fixtures());
    for (path, mark) in &marks {
        if !found.iter().any(|finding| *finding.path == **path && mark.fits(finding)) {
            let _ = writeln!(faults, "missed: {tree}/{path}:{}: {mark:?}", mark.line);
        }
    }
    for finding in found {
        if !marks.iter().any(|(path, mark)| *finding.path == **path && mark.fits(finding)) {
            let (start, end) = (finding.region.start, finding.region.end);
            let place = finding.place.as_deref().unwrap_or("-");
            let at = format!("{tree}/{}:{}", finding.path, start.line);
            let shown = shown(finding);
            let _ = writeln!(
                faults,
                "noise:  {at}: {shown} @{}-{} {{{place}}} \"{}\"",
                start.column, end.column, finding.message
            );
        }
    }
    faults
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
fn shown(finding: &Finding) -> String {
    let usual = rule::find(&finding.rule).expect("a built-in rule").level;
    let lowered = if finding.level == usual { String::new() } else { format!(" ({})", finding.level.as_str()) };
    format!("{}{lowered}", finding.rule)
}

/// A finding that a fixture announces: `RULE (LEVEL) @COLUMN-END {PLACE} "MESSAGE"`, all but the rule as needed.
#[derive(Debug, Default)]
struct Mark {
    line: usize,
    /// The rule, and the level where it is not the rule's own.
    rule: String,
    /// The first column and the one past the last, one-based.
    columns: Option<(usize, usize)>,
    /// How the symbolic place ends.
    place: Option<String>,
    /// A part of the message.
    message: Option<String>,
}

impl Mark {
    fn fits(&self, finding: &Finding) -> bool {
        let (start, end) = (finding.region.start, finding.region.end);
        let place = finding.place.as_deref().unwrap_or_default();
        start.line == self.line
            && shown(finding) == self.rule
            && self.columns.is_none_or(|columns| columns == (start.column, end.column))
            && self.place.as_ref().is_none_or(|wanted| place.ends_with(wanted.as_str()))
            && self.message.as_ref().is_none_or(|part| finding.message.contains(part.as_str()))
    }

    /// Reads one mark; what is left begins behind it.
    fn read(text: &str) -> (Self, &str) {
        let end = text.find([',', '@', '{', '"']).unwrap_or(text.len());
        let mut mark = Self { rule: text[..end].trim().to_owned(), ..Self::default() };
        let mut rest = &text[end..];
        loop {
            let quoted = |open: char, close: char| rest.strip_prefix(open).and_then(|rest| rest.split_once(close));
            if let Some((place, after)) = quoted('{', '}') {
                mark.place = Some(place.to_owned());
                rest = after.trim_start();
            } else if let Some((message, after)) = quoted('"', '"') {
                mark.message = Some(message.to_owned());
                rest = after.trim_start();
            } else if let Some(columns) = rest.strip_prefix('@') {
                let end = columns.find([' ', ',']).unwrap_or(columns.len());
                let (first, last) = columns[..end].split_once('-').expect("columns are START-END");
                mark.columns = Some((first.parse().expect("a column"), last.parse().expect("a column")));
                rest = columns[end..].trim_start();
            } else {
                return (mark, rest.strip_prefix(", ").unwrap_or(rest));
            }
        }
    }

    fn read_all(mut text: &str) -> Vec<Self> {
        let mut marks = Vec::new();
        while !text.is_empty() {
            let (mark, rest) = Self::read(text);
            assert!(rest.len() < text.len(), "not a mark: {text}");
            marks.push(mark);
            text = rest;
        }
        marks
    }
}

/// The findings that a file's marks announce.
fn expected(path: &Path) -> Vec<Mark> {
    let at = |line: usize| move |mark: Mark| Mark { line, ..mark };
    let mut sidecar = path.as_os_str().to_owned();
    sidecar.push(".expect");
    if let Ok(text) = fs::read_to_string(&sidecar) {
        let entries = text.lines().filter_map(|line| line.split_once(' '));
        return entries
            .flat_map(|(line, mark)| Mark::read_all(mark).into_iter().map(at(line.parse().expect("a line"))))
            .collect();
    }
    let bytes = fs::read(path).expect("a fixture");
    let text = String::from_utf8_lossy(&bytes);
    let mut marks = Vec::new();
    let mut waiting = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let found = marks_in(line);
        let alone = found.as_ref().is_some_and(|(before, _)| before.trim().is_empty());
        waiting.extend(found.map(|(_, marks)| marks).unwrap_or_default());
        if !alone {
            marks.extend(waiting.drain(..).map(at(index + 1)));
        }
    }
    marks
}

/// What stands before the marks of a line, and these.
fn marks_in(line: &str) -> Option<(&str, Vec<Mark>)> {
    let (before, marks) = line.split_once("expect: ")?;
    let before = before.trim_end();
    let open = ["#", "//", "<!--", ";", "--", "/*"].iter().find(|open| before.ends_with(**open))?;
    let marks = marks.trim_end_matches(['*', '/']).trim_end_matches("--> ").trim_end_matches("-->").trim();
    Some((before.trim_end_matches(*open), Mark::read_all(marks)))
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
