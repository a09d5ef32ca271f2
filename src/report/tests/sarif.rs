//! SARIF: the schema, and what code scanning needs.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{finding, incomplete, outcome, region, report, skipped};
use crate::finding::{Outcome, Related};
use crate::report::Format;
use crate::rule::Level;

/// The official schema (OASIS, SARIF 2.1.0), as the crate `serde-sarif` carries it.
const SCHEMA: &str = include_str!("../../../tests/data/sarif-schema-2.1.0.json");

fn valid(outcome: &Outcome) -> Value {
    // The official text has an unmatched bracket in the pattern of `language`, which only a lenient engine takes.
    let schema = SCHEMA.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is one");
    let value: Value = serde_json::from_str(&report(Format::Sarif, outcome)).expect("JSON");
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    value
}

#[test]
fn the_log_is_what_github_reads() {
    let log = valid(&outcome());
    assert_eq!(log["$schema"], "https://json.schemastore.org/sarif-2.1.0.json");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    assert_eq!(run["automationDetails"]["id"], "mlguard/");
    assert_eq!(run["tool"]["driver"]["semanticVersion"], "1.2.3");
    let provenance = json!([{
        "repositoryUri": "https://github.com/jtayl222/ml%20platform.git", "revisionId": "0123abcd", "branch": "main",
        "mappedTo": { "uriBaseId": "SRCROOT" },
    }]);
    assert_eq!(run["versionControlProvenance"], provenance);
    let expected = json!({
        "ruleId": "github-token",
        "ruleIndex": 0,
        "level": "warning",
        "message": { "text": "A GitHub token stands here. Revoke it." },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": "docs/%C3%BC%20b.md", "uriBaseId": "SRCROOT" },
            "region": { "startLine": 1, "startColumn": 14, "endLine": 1, "endColumn": 54 },
        } }],
        "relatedLocations": [{ "id": 1, "message": { "text": "The same value." }, "physicalLocation": {
            "artifactLocation": { "uri": "a.yml", "uriBaseId": "SRCROOT" },
            "region": { "startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 5 },
        } }],
        "partialFingerprints": {
            "mlguard/v1": "00112233445566778899aabbccddeeff",
            "primaryLocationLineHash": "9535ce9650985f42:1",
        },
    });
    assert_eq!(run["results"][1], expected);
    assert_eq!(
        run["results"][0]["message"]["text"],
        "The key 'password' of a Secret is in plain text. It stands in 'Secret mlflow/mlflow-db .stringData.password'. \
         Seal it: mlguard fix."
    );
}

#[test]
fn rules_are_sorted_and_described() {
    let log = valid(&outcome());
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("a list");
    let ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap_or_default()).collect();
    assert_eq!(ids, ["github-token", "plaintext-secret", "unparsable"]);
    let rule = &rules[1];
    assert_eq!(rule["name"], "PlaintextSecret");
    assert_eq!(rules[2]["name"], "UnparsableFinding");
    assert_eq!(rule["shortDescription"]["text"], "Secret with plaintext values.");
    assert_eq!(
        rule["fullDescription"]["text"],
        "Whoever reads the repository reads the value. Base64 is no encryption."
    );
    assert_eq!(rule["defaultConfiguration"]["level"], "error");
    let security = json!({ "tags": ["security", "secrets"], "precision": "very-high", "security-severity": "9.0" });
    assert_eq!(rule["properties"], security);
    let hygiene = json!({ "tags": ["secrets"], "precision": "very-high", "problem.severity": "warning" });
    assert_eq!(rules[2]["properties"], hygiene);
    assert!(rule["help"]["markdown"].as_str().is_some_and(|text| text.contains("## How to fix it")));
    assert!(
        rule["help"]["text"].as_str().is_some_and(|text| text.contains("How to fix it: Seal it with mlguard fix."))
    );
    assert!(!rules[0].to_string().contains("abcdefgh"), "no example value in a report");
}

#[test]
fn a_rule_that_is_not_listed_still_has_a_descriptor() {
    let outcome = Outcome { findings: vec![finding("unused-allow", Level::Note, "a")], complete: true, ..outcome() };
    let log = valid(&outcome);
    let index = log["runs"][0]["results"][0]["ruleIndex"].as_u64().expect("a number");
    let at = usize::try_from(index).expect("small");
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][at]["id"], "unused-allow");
}

#[test]
fn an_incomplete_run_is_not_successful() {
    let mut outcome = incomplete();
    outcome.coverage.errors.push(skipped("/home/someone/x", "gone"));
    let log = valid(&outcome);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notifications = invocation["toolExecutionNotifications"].as_array().expect("a list");
    assert_eq!(notifications[0]["message"]["text"], "'locked.yml' was not searched: permission denied.");
    assert_eq!(notifications[0]["level"], "error");
    let text = json!(notifications).to_string();
    assert!(text.contains("2 binary files left out.") && !text.contains("logo.png"), "{text}");
    assert!(!text.contains("file://"), "{text}");
    let log = valid(&super::outcome());
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn the_worst_five_thousand_are_kept_in_order() {
    let mut findings: Vec<_> = (0..5_001).map(|n| finding("unparsable", Level::Note, &format!("f{n:04}"))).collect();
    findings.push(finding("plaintext-secret", Level::Error, "z"));
    let outcome = Outcome { findings, complete: true, ..Outcome::default() };
    let log: Value = serde_json::from_str(&report(Format::Sarif, &outcome)).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("a list");
    assert_eq!(results.len(), 5_000);
    let uri = |at: usize| &results[at]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!([uri(0), uri(4_998), uri(4_999)], ["f0000", "f4998", "z"]);
    let note = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert!(note.as_str().is_some_and(|text| text.starts_with("5,000 of 5,002 findings")), "{note}");
}

#[test]
fn unusual_text_stays_valid() {
    let mut odd = finding("plaintext-secret", Level::Error, "a b\n\u{1b}[1m%/ü:{0}.yml");
    odd.message = "The key '[x](1) {0}' is \u{202e}odd".to_owned();
    odd.line_hash = String::new();
    odd.related = (0..200)
        .map(|_| Related { path: Arc::from("x"), region: region(1, 1, 1, 1), message: String::new() })
        .collect();
    let log = valid(&Outcome { findings: vec![odd], complete: true, ..Outcome::default() });
    let result = &log["runs"][0]["results"][0];
    assert!(result["message"]["text"].as_str().is_some_and(|text| text.contains("'[x] (1) {{0}' is \\u{202e}odd.")));
    assert_eq!(result["relatedLocations"].as_array().map(Vec::len), Some(100));
    assert_eq!(result["partialFingerprints"].as_object().map(serde_json::Map::len), Some(1));
}

/// Writes samples for a validator that is no part of a test run: `MLGUARD_SAMPLES=folder cargo test --lib report`, then
/// `Sarif.Multitool validate FILE --rule-kind 'Sarif;Ghas' -c tests/data/sarif-multitool.xml --level 'Error;Warning;Note'`.
/// Expected are 2002, 2009, 2010 and 2011, and 2006 (addresses that cannot be reached) without a network.
#[test]
#[expect(clippy::disallowed_methods, reason = "a switch of this test alone")]
fn samples_for_the_validator() {
    let Some(folder) = std::env::var_os("MLGUARD_SAMPLES") else { return };
    let mut odd = finding("unused-allow", Level::Note, "a b\n\u{1b}[1m%/ü:{0}/../$&'.yml");
    odd.message = "The key '[x](1) {0}' is \u{202e}odd".to_owned();
    let odd = Outcome { findings: vec![odd], ..incomplete() };
    let empty = Outcome::default();
    let samples = [
        ("plain", outcome()),
        ("incomplete", incomplete()),
        ("empty", empty),
        ("odd", odd),
        ("history", super::history()),
    ];
    for (name, outcome) in samples {
        let path = std::path::Path::new(&folder).join(format!("{name}.sarif"));
        std::fs::write(path, report(Format::Sarif, &outcome)).expect("written");
    }
}
