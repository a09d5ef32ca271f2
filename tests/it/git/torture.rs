//! Generated histories: what the program reports is held against what Git itself says of every object.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::generate::{History, Random, history, render, token};
use super::rig::{At, Repo, has_git};

/// How many histories are made.
const HISTORIES: u64 = 300;

/// Which of the planted tokens stand in `text`.
fn planted(text: &str, tokens: usize) -> impl Iterator<Item = usize> + '_ {
    (1..=tokens).filter(move |number| text.contains(&token(*number)))
}

/// The number that a finding's place names: the key of a token has its number.
fn number(finding: &Value) -> usize {
    let place = finding["place"].as_str().expect("a place");
    let digits = place.rsplit("key-").next().and_then(|digits| digits.parse().ok());
    assert!(digits.is_some(), "{place}");
    digits.unwrap_or_default()
}

/// The content of objects, without what replaces them.
fn contents(repo: &Repo, ids: &str) -> Vec<(String, String)> {
    let output = repo.git_on(&["--no-replace-objects", "cat-file", "--batch"], ids.as_bytes());
    let (mut found, mut at) = (Vec::new(), 0);
    while at < output.len() {
        let end = at + output[at..].iter().position(|byte| *byte == b'\n').expect("a header");
        let header = String::from_utf8_lossy(&output[at..end]).into_owned();
        let words: Vec<&str> = header.split(' ').collect();
        if words.len() < 3 {
            at = end + 1;
            continue;
        }
        let size: usize = words[2].parse().expect("a size");
        let content = &output[end + 1..end + 1 + size];
        if words[1] == "blob" {
            found.push((words[0].to_owned(), String::from_utf8_lossy(content).into_owned()));
        }
        at = end + 1 + size + 1;
    }
    found
}

fn tokens_of(repo: &Repo, ids: &str, tokens: usize) -> BTreeSet<usize> {
    contents(repo, ids).iter().flat_map(|(_, text)| planted(text, tokens)).collect()
}

/// The tokens in all objects that can be reached from `tips`.
fn reachable(history: &History, more: &[&str]) -> BTreeSet<usize> {
    let repo = &history.repo;
    let mut arguments = vec!["--no-replace-objects", "rev-list", "--objects", "--all"];
    arguments.extend(more);
    let mut ids: BTreeSet<String> = objects(&repo.git(&arguments));
    // Older stashes are named by a reflog alone.
    if let Some(stashes) =
        repo.try_git(&["reflog", "show", "--format=%H", "refs/stash"]).filter(|text| !text.is_empty())
    {
        let mut arguments = vec!["--no-replace-objects", "rev-list", "--objects"];
        arguments.extend(stashes.lines());
        ids.extend(objects(&repo.git(&arguments)));
    }
    tokens_of(repo, &ids.into_iter().fold(String::new(), |all, id| all + &id + "\n"), history.tokens)
}

fn objects(listed: &str) -> BTreeSet<String> {
    listed.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn reported(history: &History, arguments: &[&str]) -> Vec<Value> {
    let run = history.repo.run(arguments);
    assert!(run.code <= 1, "{arguments:?}: {run:?}");
    run.findings()
}

/// The tokens in the tree of a commit.
fn tree_tokens(history: &History, commit: &str) -> BTreeSet<usize> {
    let listed = history.repo.git(&["ls-tree", "-r", "--format=%(objecttype) %(objectname)", commit]);
    let ids =
        listed.lines().filter_map(|line| line.strip_prefix("blob ")).fold(String::new(), |all, id| all + id + "\n");
    tokens_of(&history.repo, &ids, history.tokens)
}

fn check_history(seed: u64, history: &History) {
    let base = ["check", "--history", "--format", "json"];
    let with = |more: &[&str]| -> Vec<Value> {
        let arguments: Vec<&str> = base.iter().chain(more).copied().collect();
        reported(history, &arguments)
    };
    let findings = with(&[]);
    let found: Vec<usize> = findings.iter().map(number).collect();
    let distinct: BTreeSet<usize> = found.iter().copied().collect();
    assert_eq!(found.len(), distinct.len(), "{seed}: each secret once");
    assert_eq!(distinct, reachable(history, &[]), "{seed}: what references lead to");
    let remembered: BTreeSet<usize> = with(&["--reflog"]).iter().map(number).collect();
    assert_eq!(remembered, reachable(history, &["--reflog"]), "{seed}: what reflogs remember");
    let everything: BTreeSet<usize> = with(&["--all-objects"]).iter().map(number).collect();
    let all = history.repo.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname)", "--unordered"]);
    assert_eq!(everything, tokens_of(&history.repo, &all, history.tokens), "{seed}: every object");
    let head = tree_tokens(history, "HEAD");
    let git = |arguments: &[&str]| {
        let mut all = vec!["--no-replace-objects"];
        all.extend(arguments);
        history.repo.git(&all)
    };
    for finding in &findings {
        let Some(commit) = finding["commit"]["id"].as_str() else { continue };
        let number = number(finding);
        let path = finding["path"].as_str().expect("a path");
        assert!(git(&["cat-file", "-p", &format!("{commit}:{path}")]).contains(&token(number)), "{seed}: {finding}");
        for parent in git(&["rev-list", "--parents", "-n1", commit]).split(' ').skip(1) {
            let listed = git(&["ls-tree", "-r", "--format=%(objecttype) %(objectname)", parent]);
            let ids = listed
                .lines()
                .filter_map(|line| line.strip_prefix("blob "))
                .fold(String::new(), |all, id| all + id + "\n");
            assert!(!tokens_of(&history.repo, &ids, history.tokens).contains(&number), "{seed}: older: {finding}");
        }
        assert_eq!(finding["commit"]["in_head"].as_bool(), Some(head.contains(&number)), "{seed}: {finding}");
    }
}

/// What a check of a folder says: rule and value of everything, how often.
fn told(run: &At<'_>, folder: &Path) -> BTreeMap<(String, String), usize> {
    let done = run.run(&["check", ".", "--format", "json"]);
    assert!(done.code <= 1 || done.err.contains("no file to check"), "{done:?}");
    let mut told = BTreeMap::new();
    if done.code <= 1 {
        for finding in done.findings() {
            let text =
                std::fs::read_to_string(folder.join(finding["path"].as_str().expect("a path"))).expect("the file");
            *told.entry(key(&finding, &text)).or_default() += 1;
        }
    }
    told
}

fn key(finding: &Value, text: &str) -> (String, String) {
    let number = |name: &str| usize::try_from(finding[name].as_u64().expect("a number")).expect("small");
    let line = text.lines().nth(number("line") - 1).expect("the line");
    let value: String = line.chars().skip(number("column") - 1).take(number("end_column") - number("column")).collect();
    (finding["rule"].as_str().expect("a rule").to_owned(), value)
}

/// `new` without what `old` has as often.
fn difference(
    mut new: BTreeMap<(String, String), usize>,
    old: &BTreeMap<(String, String), usize>,
) -> BTreeMap<(String, String), usize> {
    for (key, count) in old {
        if let Some(left) = new.get_mut(key) {
            *left = left.saturating_sub(*count);
        }
    }
    new.retain(|_, count| *count > 0);
    new
}

/// The files of a tree, in a folder of their own.
fn checked_out(repo: &Repo, name: &str, tree: &str) -> std::path::PathBuf {
    let folder = repo.beside(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    let index = repo.beside(&format!("{name}.index")).display().to_string();
    let variables = [("GIT_INDEX_FILE", index.as_str())];
    repo.git_with(&["read-tree", tree], &variables);
    repo.git_with(&["checkout-index", "-a", "-f", &format!("--prefix={}/", folder.display())], &variables);
    folder
}

fn check_staged(seed: u64, history: &mut History) {
    let repo = &history.repo;
    repo.git(&["reset", "-q", "--hard"]);
    let old = checked_out(repo, "head", "HEAD");
    let fresh = history.tokens + 100;
    let mut random = Random::new(seed + 77);
    change_work_tree(repo, &mut random, fresh);
    let new = repo.beside("index");
    std::fs::create_dir_all(&new).expect("a folder");
    repo.git(&["checkout-index", "-a", "-f", &format!("--prefix={}/", new.display())]);
    let run = repo.run(&["check", "--staged", "--format", "json"]);
    assert!(run.code <= 1, "{seed}: {run:?}");
    let mut brought = BTreeMap::new();
    for finding in run.findings() {
        let text = repo.git(&["cat-file", "-p", &format!(":{}", finding["path"].as_str().expect("a path"))]);
        *brought.entry(key(&finding, &text)).or_default() += 1;
    }
    let expected = difference(told(&repo.at(&new), &new), &told(&repo.at(&old), &old));
    assert_eq!(brought, expected, "{seed}: staged");
    for folder in [&old, &new] {
        std::fs::remove_dir_all(folder).expect("it goes");
    }
    repo.git(&["reset", "-q", "--hard"]);
}

/// Stages some changes, and makes others that are not staged.
fn change_work_tree(repo: &Repo, random: &mut Random, mut fresh: usize) {
    let listed = repo.git(&["-c", "core.quotePath=false", "ls-files", "--format=%(objectmode) %(path)"]);
    let files: Vec<&str> = listed.lines().filter_map(|line| line.strip_prefix("100644 ")).collect();
    for _ in 0..=random.below(4) {
        let file = files.get(random.below(files.len())).copied();
        match (random.below(7), file) {
            (0, Some(file)) => drop(repo.try_git(&["rm", "-q", "-f", file])),
            (1, Some(file)) => drop(repo.try_git(&["mv", file, &format!("renamed-{fresh}.yaml")])),
            (2, Some(file)) => {
                // Staged, and then changed again without staging.
                fresh += 1;
                repo.write(file, &render(file, &[fresh]));
                repo.git(&["add", "-f", "--", file]);
                fresh += 1;
                repo.write(file, &render(file, &[fresh]));
            }
            (3, Some(file)) => drop(repo.try_git(&["update-index", "--chmod=+x", file])),
            (4, _) => {
                let name = format!("later-{fresh}.yaml");
                fresh += 1;
                repo.write(&name, &render(&name, &[fresh]));
                repo.git(&["add", "-N", "--", &name]);
            }
            (5, Some(file)) => {
                if let Ok(text) = std::fs::read_to_string(repo.path.join(file)) {
                    let text = text.replace("  key", "    key");
                    repo.write(file, &text);
                    repo.git(&["add", "-f", "--", file]);
                }
            }
            _ => {
                fresh += 1;
                let name = format!("new {fresh}/x.yaml");
                repo.write(&name, &render(&name, &[fresh, fresh + 1]));
                fresh += 1;
                repo.git(&["add", "-f", "--", &name]);
            }
        }
    }
}

fn check_diff(seed: u64, history: &mut History) {
    let repo = &history.repo;
    let all = repo.git(&["rev-list", "--all"]);
    let commits: Vec<&str> = all.lines().collect();
    let (base, tip) = (commits[history.random.below(commits.len())], commits[history.random.below(commits.len())]);
    let range = format!("{base}..{tip}");
    // Git's own ranges hold too much where clocks went back; what a commit has below it is always right.
    let below = |id: &str| -> BTreeSet<String> { repo.git(&["rev-list", id]).lines().map(str::to_owned).collect() };
    let (from_base, from_tip) = (below(base), below(tip));
    let inside: BTreeSet<&String> = from_tip.difference(&from_base).collect();
    let run = repo.run(&["check", "--diff", &range, "--format", "json"]);
    if inside.is_empty() {
        assert_eq!(run.code, 2, "{seed}: an empty range: {run:?}");
        return;
    }
    assert!(run.code <= 1, "{seed}: {run:?}");
    let found: BTreeSet<usize> = run.findings().iter().map(number).collect();
    // What a commit of the range has, and none that it goes on from.
    let parents = |id: &str| repo.git(&["rev-list", "--parents", "-n1", id]);
    let boundary: BTreeSet<String> = inside
        .iter()
        .flat_map(|id| parents(id).split(' ').skip(1).map(str::to_owned).collect::<Vec<_>>())
        .filter(|id| !inside.contains(id))
        .collect();
    let before: BTreeSet<usize> = boundary.iter().flat_map(|id| tree_tokens(history, id)).collect();
    let brought: BTreeSet<usize> =
        inside.iter().flat_map(|id| tree_tokens(history, id)).filter(|number| !before.contains(number)).collect();
    let base_tree = repo.try_git(&["merge-base", base, tip]).map(|id| tree_tokens(history, &id)).unwrap_or_default();
    let tip_tree = tree_tokens(history, tip);
    // And what the tip has and the merge base does not, which a merge of older commits can bring.
    let expected: BTreeSet<usize> = brought.into_iter().chain(tip_tree.difference(&base_tree).copied()).collect();
    assert_eq!(found, expected, "{seed}: {range}");
}

fn torture(seeds: impl Iterator<Item = u64>) {
    for seed in seeds {
        let mut history = history(seed);
        check_history(seed, &history);
        check_staged(seed, &mut history);
        check_diff(seed, &mut history);
    }
}

#[test]
fn generated_histories_one() {
    if has_git() {
        torture((0..HISTORIES).step_by(2));
    }
}

#[test]
fn generated_histories_two() {
    if has_git() {
        torture((1..HISTORIES).step_by(2));
    }
}
