//! What is searched: the commits that an event is about, fetched where the checkout lacks them, or the tree.

use serde_json::{Value, json};

use super::place::{CLEAN, GONE, Place, ZEROS, git, pull_request, push, schedule};
use super::runner::Ran;

/// More commits than a clone is deepened by at first.
const MANY: usize = 70;

/// Files of a topic branch that is longer than that.
fn long() -> Vec<(String, String)> {
    (0..MANY).map(|number| (format!("k8s/{number}.yaml"), CLEAN.to_owned())).collect()
}

fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

/// The gate's run was told to search this, and nothing failed.
fn assert_searched(place: &Place, ran: &Ran, mode: &str, flag: Option<&str>) {
    assert_eq!((ran.code, ran.output("exit-status"), ran.output("mode")), (0, "0", mode), "{}", ran.log);
    let calls = place.calls();
    let scopes: Vec<&str> = calls[0]
        .iter()
        .map(String::as_str)
        .filter(|argument| ["--diff", "--history", "--staged"].iter().any(|flag| argument.starts_with(flag)))
        .collect();
    assert_eq!(scopes, flag.into_iter().collect::<Vec<_>>());
}

/// It failed with 2, said why, and the program was not even started.
fn assert_refused(place: &Place, ran: &Ran, reason: &str) {
    assert_eq!(ran.code, 2, "{}", ran.log);
    assert_eq!(ran.output("exit-status"), "");
    assert!(ran.log.lines().any(|line| line.starts_with("::error ") && line.contains(reason)), "{}", ran.log);
    assert!(place.calls().is_empty());
    assert_eq!(ran.upload, None);
}

#[test]
fn commits_of_a_pull_request_are_fetched_down_to_where_it_left() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN), ("b.yaml", CLEAN)]) else { return };
    let files = long();
    let (left, head) = place.topic(&borrowed(&files));
    place.git(&["checkout", "--quiet", "main"]);
    let base = place.commit(&[("c.yaml", CLEAN)]);
    // What actions/checkout takes for a pull request: its merge, and nothing of what was merged.
    place.git(&["merge", "--quiet", "--no-ff", "--no-edit", "topic"]);
    place.checkout("main");
    for event in ["pull_request", "pull_request_target"] {
        let ran = place.recorded(event, pull_request(&base, &head, "team/app")).run();
        assert_searched(&place, &ran, "diff", Some(&format!("--diff={base}..{head}")));
    }
    assert_eq!(git(&place.clone(), &["merge-base", &base, &head]), left);
    assert_eq!(git(&place.clone(), &["rev-list", "--count", &format!("{left}..{head}")]), MANY.to_string());
}

#[test]
fn a_merge_group_is_what_it_adds() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN)]) else { return };
    let (base, head) = place.topic(&[("b.yaml", CLEAN)]);
    place.checkout("topic");
    let event = json!({ "action": "checks_requested", "merge_group": { "base_sha": base, "head_sha": head } });
    let ran = place.recorded("merge_group", event).run();
    assert_searched(&place, &ran, "diff", Some(&format!("--diff={base}..{head}")));
}

#[test]
fn a_pull_request_without_its_commits_is_not_green() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN)]) else { return };
    let (base, head) = place.topic(&[("b.yaml", CLEAN)]);
    place.checkout("topic");
    let cases = [
        ("pull_request", pull_request(GONE, &head, "team/app"), "fetch-depth: 0"),
        ("pull_request", json!({ "pull_request": {} }), "which commits"),
        ("merge_group", json!({}), "which commits"),
    ];
    for (event, payload, reason) in cases {
        let ran = place.recorded(event, payload).input("upload", "true").input("fail", "false").run();
        assert_refused(&place, &ran, reason);
    }
    place.cut_off();
    let ran = place.recorded("pull_request", pull_request(&base, &head, "team/app")).run();
    assert_refused(&place, &ran, "fetch-depth: 0");
}

#[test]
fn histories_that_never_met_are_no_pull_request() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN)]) else { return };
    let base = place.git(&["rev-parse", "main"]);
    place.git(&["checkout", "--quiet", "--orphan", "topic"]);
    let head = place.commit(&[("b.yaml", CLEAN)]);
    place.checkout("topic");
    let ran = place.recorded("pull_request", pull_request(&base, &head, "team/app")).run();
    assert_refused(&place, &ran, "cannot be had");
}

#[test]
fn a_push_is_what_it_adds() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN)]) else { return };
    let (before, after) = place.topic(&[("b.yaml", CLEAN), ("c.yaml", CLEAN)]);
    place.checkout("topic");
    let ran = place.recorded("push", push(&before, &after)).run();
    assert_searched(&place, &ran, "diff", Some(&format!("--diff={before}..{after}")));
}

#[test]
fn a_new_branch_is_what_the_default_branch_has_not() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN)]) else { return };
    let (base, after) = place.topic(&[("b.yaml", CLEAN)]);
    place.checkout("topic");
    let ran = place.recorded("push", push(ZEROS, &after)).run();
    assert_searched(&place, &ran, "diff", Some(&format!("--diff={base}..{after}")));
}

#[test]
fn a_tag_is_compared_by_its_commit() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN)]) else { return };
    let (base, after) = place.topic(&[("b.yaml", CLEAN)]);
    place.git(&["tag", "-a", "-m", "one", "v1", "topic"]);
    let tag = place.git(&["rev-parse", "v1"]);
    place.checkout("refs/tags/v1");
    let ran = place.recorded("push", push(ZEROS, &tag)).run();
    assert_searched(&place, &ran, "diff", Some(&format!("--diff={base}..{after}")));
}

#[test]
fn pushes_without_commits_to_compare_are_the_whole_tree() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN), ("b.yaml", CLEAN)]) else { return };
    let (first, last) = (place.git(&["rev-parse", "main~"]), place.git(&["rev-parse", "main"]));
    place.checkout("main");
    // A forced push of which the old commits are gone, one that goes back, the first of the default branch, a deletion.
    for (before, after) in [(GONE, last.as_str()), (&last, &first), (ZEROS, &last), (&last, ZEROS)] {
        let ran = place.recorded("push", push(before, after)).run();
        assert_searched(&place, &ran, "tree", None);
        assert!(ran.log.contains("Searching the whole tree: "), "{}", ran.log);
    }
    let Some(place) = Place::new(&[("a.yaml", CLEAN), ("b.yaml", CLEAN)]) else { return };
    let (first, last) = (place.git(&["rev-parse", "main~"]), place.git(&["rev-parse", "main"]));
    place.checkout("main");
    place.cut_off();
    for before in [first.as_str(), ZEROS] {
        let ran = place.recorded("push", push(before, &last)).run();
        assert_searched(&place, &ran, "tree", None);
    }
}

#[test]
fn events_without_commits_are_the_whole_tree() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN)]) else { return };
    place.checkout("main");
    for (event, payload) in [("schedule", schedule()), ("workflow_dispatch", Value::Null)] {
        let ran = place.recorded(event, payload).run();
        assert_searched(&place, &ran, "tree", None);
    }
    // Code scanning has the same files, so that there is one run.
    assert_eq!(place.calls().len(), 2);
}

#[test]
fn mode_goes_before_the_event() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN)]) else { return };
    let (base, head) = place.topic(&[("b.yaml", CLEAN)]);
    place.checkout("topic");
    let event = || pull_request(&base, &head, "team/app");
    let ran = place.recorded("pull_request", event()).input("mode", "tree").run();
    assert_searched(&place, &ran, "tree", None);
    for (mode, reason) in [("staged", "auto, tree, diff or history"), ("diff", "Give the input 'base'")] {
        let Some(other) = Place::new(&[("a.yaml", CLEAN)]) else { return };
        other.checkout("main");
        assert_refused(&other, &other.recorded("schedule", schedule()).input("mode", mode).run(), reason);
    }
}

#[test]
fn history_is_fetched_whole() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN), ("b.yaml", CLEAN), ("c.yaml", CLEAN)]) else { return };
    place.topic(&[("d.yaml", CLEAN)]);
    place.git(&["tag", "start", "main~2"]);
    place.checkout("main");
    let ran = place.recorded("schedule", schedule()).input("mode", "history").run();
    assert_searched(&place, &ran, "history", Some("--history"));
    assert_eq!(git(&place.clone(), &["rev-list", "--count", "HEAD"]), "3");
    assert_eq!(git(&place.clone(), &["rev-list", "--count", "refs/remotes/origin/topic", "refs/tags/start"]), "4");
    let Some(place) = Place::new(&[("a.yaml", CLEAN), ("b.yaml", CLEAN)]) else { return };
    place.checkout("main");
    place.cut_off();
    let ran = place.recorded("schedule", schedule()).input("mode", "history").run();
    assert_refused(&place, &ran, "fetch-depth: 0");
}

#[test]
fn base_is_a_branch_a_commit_or_a_tag() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN)]) else { return };
    place.git(&["tag", "start"]);
    let (base, head) = place.topic(&[("b.yaml", CLEAN)]);
    place.checkout("topic");
    for name in ["main", "start", &base] {
        let ran = place.recorded("workflow_dispatch", schedule()).input("base", name).run();
        assert_searched(&place, &ran, "diff", Some(&format!("--diff={base}..{head}")));
    }
}

#[test]
fn a_base_that_is_none_is_refused() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN)]) else { return };
    place.topic(&[("b.yaml", CLEAN)]);
    place.checkout("topic");
    for name in ["no-such-branch", GONE, "--upload-pack=touch pwned", "main..topic", "main:refs/heads/x", "ma in"] {
        let ran = place.recorded("push", push(ZEROS, GONE)).input("base", name).run();
        assert_refused(&place, &ran, if name == GONE { "cannot be had" } else { "'base'" });
    }
}

#[test]
fn a_folder_outside_git_is_a_tree_and_no_pull_request() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN)]) else { return };
    std::fs::create_dir(place.clone()).expect("a folder");
    assert_refused(&place, &place.recorded("pull_request", pull_request(GONE, GONE, "team/app")).run(), "not a Git");
    let ran = place.recorded("schedule", schedule()).run();
    assert_searched(&place, &ran, "tree", None);
}

#[test]
fn a_repository_in_a_folder_of_its_own_is_entered() {
    let Some(place) = Place::new(&[("a.yaml", CLEAN)]) else { return };
    let (base, head) = place.topic(&[("b.yaml", CLEAN)]);
    place.checkout("topic");
    let mut job = place.recorded("pull_request", pull_request(&base, &head, "team/app"));
    job.workspace = place.clone().parent().expect("a parent").to_owned();
    let job = job.input("working-directory", "clone").input("upload", "true");
    let ran = job.run();
    assert_searched(&place, &ran, "diff", Some(&format!("--diff={base}..{head}")));
    let root = ran.upload.expect("an upload")["checkout_path"].clone();
    assert_eq!(std::fs::canonicalize(root).ok(), std::fs::canonicalize(place.clone()).ok());
}
