//! JUnit XML: its structure, read with a parser of XML.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{context, finding, history, incomplete, outcome, report, rules};
use crate::finding::Outcome;
use crate::report::{Format, write};
use crate::rule::Level;

/// The elements in order, with their depth: `2 testcase classname=… name=…`, and texts: `3 "…"`.
fn outline(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let (mut depth, mut lines) = (0_usize, Vec::new());
    loop {
        let event = reader.read_event().expect("well-formed XML");
        match &event {
            Event::Start(element) | Event::Empty(element) => {
                let mut line = format!("{depth} {}", element.name().as_ref());
                for attribute in element.attributes() {
                    let attribute = attribute.expect("an attribute, once");
                    let value = quick_xml::escape::unescape(&attribute.value).expect("known references").into_owned();
                    write!(line, " {}={value}", attribute.key.as_ref()).expect("a string");
                }
                lines.push(line);
                depth += usize::from(matches!(event, Event::Start(_)));
            }
            Event::End(_) => depth -= 1,
            Event::Text(text) if !text.trim().is_empty() => lines.push(format!("{depth} {:?}", &**text)),
            Event::GeneralRef(reference) => lines.push(format!("{depth} &{};", &**reference)),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "every element is closed");
    lines
}

/// Checks what every XML reader checks, and the characters that XML 1.0 does not have.
pub(super) fn well_formed(xml: &str) {
    outline(xml);
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert_eq!(xml.chars().find(|c| !allowed(*c)), None, "{xml:?}");
    assert!(!xml.contains("]]>"), "{xml}");
    let output = xml.split("<system-out>").nth(1).expect("it is always there");
    assert!(!output.contains("[[ATTACHMENT"), "GitLab attaches what is named so: {xml}");
}

#[test]
fn a_finding_is_a_failed_test_of_its_file() {
    let expected = [
        "0 testsuites name=mlguard tests=3 failures=1 errors=0",
        "1 testsuite name=apps/db.yml tests=1 failures=1 errors=0 skipped=0",
        "2 testcase classname=mlguard.plaintext-secret \
         name=apps/db.yml: Secret mlflow/mlflow-db .stringData.password file=apps/db.yml",
        "3 failure message=The key 'password' of a Secret is in plain text. type=error",
        r#"4 "apps/db.yml:7:13\nerror: The key ""#,
        "4 &apos;",
        r#"4 "password""#,
        "4 &apos;",
        r#"4 " of a Secret is in plain text.\nIn: Secret mlflow/mlflow-db .stringData.password\nHelp: Seal it: mlguard fix""#,
        "1 testsuite name=docs/ü b.md tests=1 failures=0 errors=0 skipped=1",
        "2 testcase classname=mlguard.github-token name=docs/ü b.md file=docs/ü b.md",
        "3 skipped message=A GitHub token stands here.",
        r#"4 "docs/ü b.md:1:14\nwarning: A GitHub token stands here.\nHelp: Revoke it.\nSee: a.yml:3: The same value""#,
        "1 testsuite name=mlguard tests=1 failures=0 errors=0 skipped=0",
        "2 testcase classname=mlguard name=everything was searched",
        "3 system-out",
        r#"4 "checked 1,339 files, 29.1 MB; left out: 2 binary files, 1 file larger than the limit (big.csv)""#,
    ];
    let xml = report(Format::Junit, &outcome());
    well_formed(&xml);
    assert_eq!(outline(&xml), expected);
    assert!(
        xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites ") && xml.ends_with("</testsuites>\n")
    );
}

#[test]
fn tests_fail_where_the_exit_status_is_one() {
    let rules = rules();
    for (fail_on, failures) in [(Level::Error, 1), (Level::Warning, 2), (Level::Note, 2)] {
        let mut out = Vec::new();
        let context = super::Context { fail_on, ..context(&rules) };
        write(Format::Junit, &outcome(), &context, &mut out).expect("writing to memory");
        let xml = String::from_utf8(out).expect("UTF-8");
        assert_eq!(xml.matches("<failure ").count(), failures, "{fail_on:?}");
        assert!(xml.contains(&format!("tests=\"3\" failures=\"{failures}\" errors=\"0\">")), "{xml}");
    }
}

#[test]
fn a_clean_run_is_one_passed_test() {
    let clean = report(Format::Junit, &Outcome { complete: true, ..Outcome::default() });
    let expected = [
        "0 testsuites name=mlguard tests=1 failures=0 errors=0",
        "1 testsuite name=mlguard tests=1 failures=0 errors=0 skipped=0",
        "2 testcase classname=mlguard name=everything was searched",
        "3 system-out",
        r#"4 "checked 0 files, 0 bytes""#,
    ];
    assert_eq!(outline(&clean), expected);
}

#[test]
fn an_incomplete_scan_is_an_error() {
    let lines = outline(&report(Format::Junit, &incomplete()));
    let at = lines.iter().position(|line| line.starts_with("3 error ")).expect("an error");
    let told = "the scan is incomplete: 1 file not searched (exit status 2)";
    assert_eq!(lines[at], format!("3 error message={told} type=error"));
    assert_eq!(lines[at + 1], format!("4 \"{told}\\nlocked.yml was not searched: permission denied\""));
    assert_eq!(lines[0], "0 testsuites name=mlguard tests=3 failures=1 errors=1");
    let silent = report(Format::Junit, &Outcome::default());
    assert!(silent.contains("errors=\"1\"") && silent.contains("<error "), "{silent}");
}

#[test]
fn no_two_tests_have_one_name_and_names_hold_no_line() {
    let mut findings: Vec<_> = (0..3).map(|_| finding("plaintext-secret", Level::Error, "a.yml")).collect();
    // A name that looks like a repeat of another one.
    findings[1].place = findings[0].place.as_ref().map(|place| format!("{place} (2)"));
    let names = |findings: &[crate::finding::Finding]| {
        let outcome = Outcome { findings: findings.to_vec(), complete: true, ..Outcome::default() };
        let lines = outline(&report(Format::Junit, &outcome));
        lines.into_iter().filter(|line| line.starts_with("2 testcase ")).collect::<Vec<_>>()
    };
    let before = names(&findings);
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), 4, "GitLab keeps the first of equal names: {before:?}");
    findings.iter_mut().for_each(|finding| finding.region.start.line += 40);
    assert_eq!(names(&findings), before, "lines may move");
}

#[test]
fn the_commit_is_named() {
    let lines = outline(&report(Format::Junit, &history()));
    let text = lines.join("\n");
    for part in [
        "name=docs/ü b.md in commit 1a2b3c4d5e file=",
        r"\nCommit: brought by 1a2b3c4d5e of 2024-03-01, still in HEAD\n",
        r"\nCommit: brought by 1a2b3c4d5e of 2024-03-01, no longer in HEAD, still in the history: rotate it\n",
        "searched the history: 12 files, 34.1 kB in 5 commits",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("name=apps/db.yml in commit"), "a file of HEAD keeps its name: {text}");
}
