//! Ctrl-C: a run ends at the next file, with what was found and status 2.
#![cfg(debug_assertions)]

use std::fmt::Write as _;

use super::generate::token;
use super::rig::{Repo, has_git};
use crate::pause::{at_pause, signal};

/// Commits, of a file each, with some findings.
const FILES: usize = 600;
/// The file at which runs are interrupted.
const FILE: usize = 100;

/// A history of many files.
fn long() -> Repo {
    let repo = Repo::new();
    let mut stream = String::new();
    for number in 0..FILES {
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
fn an_interrupted_history_ends_with_what_was_found() {
    if !has_git() {
        return;
    }
    let repo = long();
    let report = interrupted(&repo, &["check", "--history", "--format", "json", "-j1"]);
    assert!(!report["findings"].as_array().expect("findings").is_empty());
    interrupted(&repo, &["check", "--diff", "main~500", "--format", "json", "-j1"]);
}

/// The report of a run that is interrupted at a file.
fn interrupted(repo: &Repo, arguments: &[&str]) -> serde_json::Value {
    let mut command = repo.program(arguments);
    command.env("MLGUARD_TEST_PAUSE_AT", FILE.to_string());
    let (paused, output) = at_pause(&mut command, |child| signal(child, "-INT"));
    assert!(paused && output.status.code() == Some(2), "{arguments:?}: {output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a whole report");
    assert_eq!(report["complete"], false);
    let errors = report["coverage"]["errors"].to_string();
    assert!(errors.contains("interrupted"), "{errors}");
    let files = report["coverage"]["files"].as_u64().expect("a number");
    assert!((1..FILE as u64).contains(&files), "no file is begun after the signal, and {files} were searched");
    report
}
