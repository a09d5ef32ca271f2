//! Files beside the Action that must agree with it: workflows, the template for GitLab, what is built for releases.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::place::{Place, Script, tools};
use super::runner::{program, root};

/// `action.yml` and the workflows.
fn files() -> Vec<PathBuf> {
    let workflows = fs::read_dir(root().join(".github/workflows")).expect("workflows");
    let mut files: Vec<PathBuf> = workflows.map(|entry| entry.expect("an entry").path()).collect();
    files.push(root().join("action.yml"));
    files
}

#[test]
fn every_action_is_pinned_by_its_commit() {
    for file in files() {
        let text = fs::read_to_string(&file).expect("the file");
        for line in text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: ")) {
            let (commit, version) = line
                .split_once(" # v")
                .map_or((line, ""), |(uses, version)| (uses.split_once('@').map_or("", |(_, commit)| commit), version));
            let pinned = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            let exact = version.split('.').count() == 3;
            assert!(line == "./" || pinned && exact, "{}: {line}", file.display());
        }
    }
}

#[test]
fn every_archive_that_the_action_asks_for_is_built() {
    let install = fs::read_to_string(root().join("ci/action/install.sh")).expect("the script");
    let release = fs::read_to_string(root().join(".github/workflows/release.yml")).expect("the workflow");
    let archives = release.split_once("\n  archives:\n").and_then(|(_, rest)| rest.split_once("\n  wheels:\n"));
    let (archives, _) = archives.expect("the job that builds them");
    let targets: Vec<&str> =
        install.lines().filter_map(|line| line.trim().split_once(") echo ")).map(|(_, target)| target).collect();
    assert_eq!(targets.len(), 5);
    for target in targets.iter().map(|target| target.trim_end_matches(" ;;")) {
        assert!(archives.contains(&format!("target: {target},")), "{target}");
    }
}

/// The script of the job, run with a program that writes its arguments, and what these were.
fn gitlab(variables: &[(&str, &str)]) -> (bool, Vec<Vec<String>>) {
    let text = fs::read_to_string(root().join("ci/gitlab.yml")).expect("the template");
    let template: Value = serde_saphyr::from_str(&text).expect("YAML");
    let script = template["mlguard"]["script"][0].as_str().expect("a script").to_owned();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (bin, calls) = (folder.path().join("bin"), folder.path().join("calls"));
    fs::create_dir(&bin).expect("a folder");
    Script { calls: Some(calls.clone()), ..Script::default() }.write(&bin.join("mlguard"));
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = program("sh", folder.path());
    command.args(["-c", &script]).env("PATH", format!("{}:{path}", bin.display()));
    let done = command.envs(variables.iter().copied()).output().expect("sh starts");
    (done.status.success(), Place::read_calls(&calls))
}

#[test]
fn gitlab_searches_the_commits_of_a_merge_request() {
    if !tools() {
        return;
    }
    let request = [("CI_PIPELINE_SOURCE", "merge_request_event"), ("CI_COMMIT_SHA", "cccc")];
    let base = ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "bbbb");
    let (passed, calls) = gitlab(&[&request[..], &[base]].concat());
    assert!(passed && calls[0].contains(&"--diff=bbbb..cccc".to_owned()), "{calls:?}");
    let head = ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "aaaa");
    let (_, calls) = gitlab(&[&request[..], &[base, head]].concat());
    assert!(calls[0].contains(&"--diff=bbbb..aaaa".to_owned()), "{calls:?}");
    // Without a base it is not the tree, and not green.
    let (passed, calls) = gitlab(&request);
    assert!(!passed && calls.is_empty(), "{calls:?}");
}

#[test]
fn gitlab_searches_the_tree_of_a_branch() {
    if !tools() {
        return;
    }
    let paths = ("MLGUARD_PATHS", "k8s\nwith space/*.yaml\n-rf");
    let (passed, calls) = gitlab(&[("CI_PIPELINE_SOURCE", "push"), paths, ("MLGUARD_FAIL_ON", "note")]);
    assert!(passed);
    assert_eq!(calls[0].iter().filter(|argument| argument.starts_with("--diff")).count(), 0);
    assert!(calls[0].contains(&"--fail-on=note".to_owned()));
    let paths: Vec<&String> = calls[0].iter().skip_while(|argument| *argument != "--").skip(1).collect();
    assert_eq!(paths, ["k8s", "with space/*.yaml", "-rf"]);
}
