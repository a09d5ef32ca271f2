//! Formats for programs: json, jsonl, github.

use serde_json::{Value, json};

use super::{finding, incomplete, outcome, report, rules, skipped};
use crate::coverage::{Reason, Skipped};
use crate::finding::Outcome;
use crate::report::{Format, rule_markdown};
use crate::rule::Level;

fn expected_token() -> Value {
    json!({
        "rule": "github-token", "level": "warning", "path": "docs/ü b.md",
        "line": 1, "column": 14, "end_line": 1, "end_column": 54,
        "message": "A GitHub token stands here", "help": "Revoke it.", "fixable": "no",
        "fingerprint": "00112233445566778899aabbccddeeff",
        "related": [{ "path": "a.yml", "line": 3, "message": "The same value" }],
    })
}

#[test]
fn json_is_as_the_product_page_says() {
    let text = report(Format::Json, &incomplete());
    assert!(text.ends_with("}\n") && !text.ends_with("\n\n"));
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let expected = json!({
        "version": 1,
        "tool": { "name": "mlguard", "version": "1.2.3" },
        "findings": [
            {
                "rule": "plaintext-secret", "level": "error", "path": "apps/db.yml",
                "line": 7, "column": 13, "end_line": 7, "end_column": 20,
                "place": "Secret mlflow/mlflow-db .stringData.password",
                "message": "The key 'password' of a Secret is in plain text.",
                "help": "Seal it: mlguard fix", "fixable": "safe",
                "fingerprint": "00112233445566778899aabbccddeeff", "related": [],
            },
            expected_token(),
        ],
        "coverage": {
            "files": 1339, "bytes": 29_149_999, "commits": 0, "accepted": 0, "unverified": 0,
            "skipped": [
                { "path": "big.csv", "reason": "larger than the limit" },
                { "path": "logo.png", "reason": "binary file" },
                { "path": "photo.jpg", "reason": "binary file" },
            ],
            "errors": [{ "path": "locked.yml", "reason": "permission denied" }],
        },
        "complete": false,
    });
    assert_eq!(value, expected);
    let keys = ["\"version\"", "\"tool\"", "\"findings\"", "\"place\"", "\"coverage\"", "\"complete\""];
    let places: Vec<_> = keys.iter().map(|key| text.find(key).expect("the key is there")).collect();
    assert!(places.is_sorted(), "the order of keys is fixed");
}

/// The shape is an interface: what is not on the page is not promised.
#[test]
fn the_page_of_formats_names_every_format_and_key() {
    const PAGE: &str = include_str!("../../../docs/formats.md");
    for format in Format::ALL {
        assert!(PAGE.contains(&format!("`{format}`")), "{format}");
    }
    let value: Value = serde_json::from_str(&report(Format::Json, &super::history())).expect("JSON");
    let objects = [&value, &value["findings"][0], &value["findings"][0]["commit"], &value["coverage"]];
    for (key, _) in objects.iter().flat_map(|object| object.as_object().expect("an object")) {
        assert!(PAGE.contains(&format!("`{key}`")), "{key}");
    }
    assert_eq!(value["version"], 1);
}

#[test]
fn jsonl_is_one_finding_a_line_and_the_coverage_last() {
    let text = report(Format::Jsonl, &outcome());
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1], expected_token());
    assert_eq!(lines[2]["coverage"]["files"], 1339);
    assert_eq!(lines[2]["complete"], true);
    assert!(lines[2].get("rule").is_none());
}

#[test]
fn the_line_hash_is_in_sarif_only() {
    for format in Format::ALL {
        let has = report(*format, &outcome()).contains("9535ce9650985f42");
        assert_eq!(has, *format == Format::Sarif, "{format}");
    }
}

#[test]
fn github_commands_are_escaped_and_columns_stand_on_one_line_only() {
    let mut odd = finding("plaintext-secret", Level::Note, "a,b:c%d.yml");
    odd.region = super::region(2, 3, 4, 5);
    odd.message = "50% of\nit.".to_owned();
    odd.place = None;
    let mut outcome = incomplete();
    outcome.findings.push(odd);
    let expected = "\
::error file=locked.yml,title=mlguard%3A the scan is incomplete::locked.yml was not searched: permission denied.
::error file=apps/db.yml,line=7,col=13,endLine=7,endColumn=20,title=mlguard%3A plaintext-secret::The key 'password' of a Secret is in plain text.%0AIn: Secret mlflow/mlflow-db .stringData.password%0AHelp: Seal it: mlguard fix
::warning file=docs/ü b.md,line=1,col=14,endLine=1,endColumn=54,title=mlguard%3A github-token::A GitHub token stands here%0AHelp: Revoke it.
::notice file=a%2Cb%3Ac%25d.yml,line=2,endLine=4,title=mlguard%3A plaintext-secret::50%25 of\\u{a}it.%0AHelp: Seal it: mlguard fix
";
    assert_eq!(report(Format::Github, &outcome), expected);
}

#[test]
fn github_gets_no_more_than_it_shows() {
    let levels = [Level::Note, Level::Warning, Level::Error];
    let findings = levels.iter().flat_map(|level| (0..12).map(|_| finding("plaintext-secret", *level, "a.yml")));
    let mut outcome = Outcome { findings: findings.collect(), complete: true, ..Outcome::default() };
    let counts = |text: &str| {
        ["::error ", "::warning ", "::notice "].map(|start| text.lines().filter(|line| line.starts_with(start)).count())
    };
    let text = report(Format::Github, &outcome);
    assert_eq!(counts(&text), [10, 10, 10]);
    assert!(text.starts_with("::error ") && text.contains("::7 more findings left out here"), "{text}");
    outcome.coverage.errors = (0..30).map(|n| skipped(&format!("f{n}"), "gone")).collect();
    let text = report(Format::Github, &outcome);
    assert_eq!(counts(&text), [10, 10, 10]);
    assert!(text.contains("26 more files could not be searched."), "{text}");
    let lasts: Vec<&str> = text.lines().filter(|line| line.starts_with("::notice ")).collect();
    assert_eq!(text.lines().last(), lasts.last().copied(), "the count of what is left out comes last");
    let silent = Outcome::default();
    assert!(report(Format::Github, &silent).starts_with("::error title="), "an incomplete run is never silent");
}

#[test]
fn github_gets_the_worst_first_and_no_longer_texts_than_it_takes() {
    let mut findings: Vec<_> = (0..10).map(|_| finding("unparsable", Level::Error, "a.yml")).collect();
    findings.push(finding("plaintext-secret", Level::Error, "z.yml"));
    findings[0].message = "€".repeat(100_000);
    let text = report(Format::Github, &Outcome { findings, complete: true, ..Outcome::default() });
    assert!(text.starts_with("::error file=z.yml,"), "severity 9.0 comes before 0.0: {text}");
    assert!(text.lines().all(|line| line.len() < 65_536) && text.contains("€…"), "64 KB of a message");
    assert!(text.ends_with("::1 more finding left out here, because GitHub shows 10 annotations of a level for a step. The other formats have all.\n"), "{text}");
}

#[test]
fn a_wrong_format_gets_the_nearest_one() {
    let error = "sarfi".parse::<Format>().expect_err("no such format").to_string();
    assert_eq!(
        error,
        "there is no format `sarfi`; did you mean `sarif`? \
         Formats: human, json, jsonl, sarif, github, gitlab, junit, markdown"
    );
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(*format));
    }
}

#[test]
fn the_markdown_of_a_rule_has_every_heading_and_no_value() {
    let rules = rules();
    let text = rule_markdown(&rules[0]);
    let headings: Vec<_> = text.lines().filter(|line| line.starts_with('#') && !line.contains("allow p")).collect();
    let expected = [
        "# `plaintext-secret`",
        "## What it finds",
        "## Why it matters",
        "## When it applies",
        "## How to fix it",
        "## Example",
        "## References",
        "## How to allow or configure it",
    ];
    assert_eq!(headings, expected);
    let text = rule_markdown(&rules[2]);
    assert!(text.contains("token = ******** # made up") && !text.contains("abcdefgh"), "{text}");
    let mut pack = rules[2].clone();
    pack.id = "github-token".to_owned().into();
    assert!(!rule_markdown(&pack).contains("made up"), "examples of a pack may hold real values");
}

#[test]
fn every_format_counts_findings_that_are_not_listed() {
    let listed = vec![finding("generic-password", Level::Error, "a.env"); 50];
    let mut outcome = Outcome { findings: listed, complete: true, ..Outcome::default() };
    let reason = Reason::MoreFindings { rule: "generic-password".into(), count: 1_234 };
    outcome.coverage.skipped.push(Skipped::new("a.env", reason));
    for &format in Format::ALL {
        let text = report(format, &outcome);
        assert!(text.contains("1234 more") || text.contains("1,234 further"), "{}: {text}", format.as_str());
    }
}
