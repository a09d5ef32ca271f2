//! Code Quality reports: what GitLab's page on them asks for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{finding, history, incomplete, outcome, report};
use crate::finding::Outcome;
use crate::report::Format;
use crate::rule::Level;

/// The table of properties in GitLab's documentation (*Code Quality*, "Code Quality report format").
fn valid(outcome: &Outcome) -> Vec<Value> {
    let text = json!({ "type": "string", "minLength": 1 });
    let schema = json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "additionalProperties": false,
            "properties": {
                "description": text, "check_name": text, "fingerprint": { "type": "string", "pattern": "^[0-9a-f]{32}$" },
                "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
                "location": {
                    "type": "object", "required": ["path", "lines"], "additionalProperties": false,
                    "properties": {
                        "path": { "type": "string", "pattern": "^(?!\\./)" },
                        "lines": {
                            "type": "object", "required": ["begin"], "additionalProperties": false,
                            "properties": { "begin": { "type": "integer", "minimum": 1 } },
                        },
                    },
                },
            },
        },
    });
    let text = report(Format::Gitlab, outcome);
    assert!(text.starts_with('['), "no byte order mark");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let issues = value.as_array().expect("a list").clone();
    let fingerprints: BTreeSet<_> = issues.iter().map(|issue| issue["fingerprint"].to_string()).collect();
    assert_eq!(fingerprints.len(), issues.len(), "GitLab drops all but the first of equal fingerprints");
    issues
}

#[test]
fn issues_are_as_gitlab_documents_them() {
    // The first 16 bytes of SHA-256 over path, fingerprint, NUL after each, and the number of the repeat: by Python.
    let expected = json!([
        {
            "description": "The key 'password' of a Secret is in plain text. It stands in 'Secret mlflow/mlflow-db \
                            .stringData.password'. Seal it: mlguard fix.",
            "check_name": "plaintext-secret",
            "fingerprint": "739c4d45e615921850d84857135fc7e2",
            "severity": "blocker",
            "location": { "path": "apps/db.yml", "lines": { "begin": 7 } },
        },
        {
            "description": "A GitHub token stands here. Revoke it.",
            "check_name": "github-token",
            "fingerprint": "5153b5d70418edd98915496c312d1111",
            "severity": "major",
            "location": { "path": "docs/ü b.md", "lines": { "begin": 1 } },
        },
    ]);
    assert_eq!(json!(valid(&outcome())), expected);
    assert_eq!(report(Format::Gitlab, &Outcome { complete: true, ..Outcome::default() }), "[]\n");
}

#[test]
fn no_two_issues_have_one_fingerprint() {
    // The same fault twice in one file, as in two commits, and in another file.
    let paths = ["a.yml", "a.yml", "b.yml"];
    let findings = || paths.iter().map(|path| finding("plaintext-secret", Level::Error, path));
    let issues = valid(&Outcome { findings: findings().collect(), complete: true, ..Outcome::default() });
    let mut moved: Vec<_> = findings().collect();
    moved.iter_mut().for_each(|finding| finding.region.start.line += 40);
    let again = valid(&Outcome { findings: moved, complete: true, ..Outcome::default() });
    let all = |issues: &[Value]| issues.iter().map(|issue| issue["fingerprint"].clone()).collect::<Vec<_>>();
    assert_eq!(all(&issues), all(&again), "lines may move");
}

#[test]
fn severity_follows_the_level_first_and_the_rule_second() {
    let of = |rule, level| {
        let findings = vec![finding(rule, level, "a.yml")];
        valid(&Outcome { findings, complete: true, ..Outcome::default() })[0]["severity"].clone()
    };
    // `plaintext-secret` has severity 9.0, `unparsable` none, and the third is no rule of the run.
    let levels = [Level::Error, Level::Warning, Level::Note];
    assert_eq!(levels.map(|level| of("plaintext-secret", level)), ["blocker", "major", "info"]);
    assert_eq!(levels.map(|level| of("unparsable", level)), ["major", "minor", "info"]);
    assert_eq!(of("unknown", Level::Error), "major");
}

#[test]
fn an_incomplete_scan_is_an_issue() {
    let issues = valid(&incomplete());
    let expected = json!({
        "description": "locked.yml was not searched: permission denied.",
        "check_name": "incomplete-scan",
        "fingerprint": "8388bd34b203df209af9a604f8f3d16a",
        "severity": "blocker",
        "location": { "path": "locked.yml", "lines": { "begin": 1 } },
    });
    assert_eq!((issues.len(), &issues[0]), (3, &expected));
    let silent = valid(&Outcome::default());
    assert_eq!(silent[0]["description"], "The scan is incomplete: not everything was searched.");
}

#[test]
fn the_description_names_the_commit() {
    let issues = valid(&history());
    let said = |at: usize| issues[at]["description"].as_str().unwrap_or_default().to_owned();
    assert!(said(0).ends_with(" It was brought by 1a2b3c4d5e of 2024-03-01, still in HEAD."), "{}", said(0));
    let past = " It was brought by 1a2b3c4d5e of 2024-03-01, no longer in HEAD, still in the history: rotate it.";
    assert!(said(1).ends_with(past), "{}", said(1));
}
