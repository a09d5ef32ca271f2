//! Ctrl-C: a run ends in a second, with what was found and status 2.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::generate::token;
use super::rig::{Repo, has_git};

/// A history that takes a while: many files.
fn long() -> Repo {
    let repo = Repo::new();
    let mut stream = String::new();
    for number in 0..6000 {
        let mut text = String::from("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n");
        for line in 0..20 {
            writeln!(text, "  password_{line}_{number}: {}", token(number * 20 + line)).expect("a string");
        }
        let time = 1_700_000_000 + number;
        let name = format!("d{}/f{number}.yaml", number / 50);
        writeln!(stream, "commit refs/heads/main\ncommitter J <j@example.com> {time} +0000\ndata 1\nx")
            .expect("a string");
        writeln!(stream, "M 100644 inline {name}\ndata {}\n{text}", text.len()).expect("a string");
    }
    repo.git_on(&["fast-import", "--quiet"], stream.as_bytes());
    repo
}

#[test]
fn an_interrupted_history_ends_soon_with_what_was_found() {
    if !has_git() {
        return;
    }
    let repo = long();
    let report = interrupted(&repo, &["check", "--history", "--format", "json", "-j1"]);
    assert!(!report["findings"].as_array().expect("findings").is_empty());
    interrupted(&repo, &["check", "--diff", "main~5000", "--format", "json", "-j1"]);
}

/// The report of a run that is interrupted after a while.
fn interrupted(repo: &Repo, arguments: &[&str]) -> serde_json::Value {
    let child = repo.start(arguments);
    std::thread::sleep(Duration::from_secs(3));
    let pid = child.id().to_string();
    Repo::signal(&pid);
    let asked = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    let took = asked.elapsed();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    // A second, and what a machine that is busy with other tests takes besides.
    assert!(took < Duration::from_secs(4), "{arguments:?}: {took:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a whole report");
    assert_eq!(report["complete"], false);
    let errors = report["coverage"]["errors"].to_string();
    assert!(errors.contains("interrupted"), "{errors}");
    report
}
