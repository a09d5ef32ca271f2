//! `gitlab`: a Code Quality report, which GitLab shows in merge requests (`artifacts:reports:codequality`).
//!
//! GitLab reads a list of issues and nothing else, so a file that could not be searched is an issue too. Of several issues
//! with one fingerprint it keeps the first.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::text::{self, prose, sentence};
use super::{Context, is_complete, json};
use crate::finding::{Finding, Outcome};
use crate::rule::Level;

/// `check_name` of what could not be searched.
const INCOMPLETE: &str = "incomplete-scan";
/// What is said of findings that are not listed.
const NOT_LISTED: &str = "more-findings";

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

impl<'a> Issue<'a> {
    fn new(description: String, check_name: &'a str, fingerprint: String, severity: &'static str) -> Self {
        let location = Location { path: ".", lines: Lines { begin: 1 } };
        Self { description, check_name, fingerprint, severity, location }
    }

    fn at(self, path: &'a str, begin: usize) -> Self {
        Self { location: Location { path, lines: Lines { begin } }, ..self }
    }
}

pub(super) fn write(outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rules = context.rules_by_id();
    let mut fingerprints = Fingerprints::default();
    let mut issues = unsearched(outcome, &mut fingerprints);
    issues.extend(outcome.findings.iter().map(|finding| {
        let harm = rules.get(finding.rule.as_ref()).map_or(0.0, |rule| rule.severity);
        let fingerprint = fingerprints.of([&finding.path, &finding.fingerprint]);
        Issue::new(prose(finding), &finding.rule, fingerprint, severity(finding, harm))
            .at(finding.file(), if finding.container.is_some() { 1 } else { finding.region.start.line })
    }));
    issues.extend(outcome.coverage.not_listed().map(|(entry, _)| {
        let text = sentence(&format!("{} {}", text::neutral(&entry.path), text::neutral(&entry.reason.to_string())));
        let fingerprint = fingerprints.of([&entry.path, NOT_LISTED]);
        Issue::new(text, NOT_LISTED, fingerprint, "info").at(&entry.path, 1)
    }));
    out.write_all(json::pretty(&issues)?.as_bytes())
}

/// What keeps the run from being complete. It blocks: nothing is known about these files.
fn unsearched<'a>(outcome: &'a Outcome, fingerprints: &mut Fingerprints<'a>) -> Vec<Issue<'a>> {
    let mut issues: Vec<Issue<'a>> = Vec::new();
    for error in &outcome.coverage.errors {
        let text = sentence(&text::unsearched(error));
        let fingerprint = fingerprints.of([&error.path, INCOMPLETE]);
        issues.push(Issue::new(text, INCOMPLETE, fingerprint, "blocker").at(&error.path, 1));
    }
    if issues.is_empty() && !is_complete(outcome) {
        let text = "The scan is incomplete: not everything was searched.".to_owned();
        issues.push(Issue::new(text, INCOMPLETE, fingerprints.of([".", INCOMPLETE]), "blocker"));
    }
    issues
}

/// The level that the user chose decides about what is an error; within it, the rule's severity tells a key of a cloud
/// account from untidiness. The limits are those that GitHub shows the severity by: critical from 9, high from 7.
fn severity(finding: &Finding, harm: f64) -> &'static str {
    match finding.level {
        Level::Error if harm >= 9.0 => "blocker",
        Level::Error if harm >= 7.0 => "critical",
        Level::Error => "major",
        Level::Warning if harm >= 7.0 => "major",
        Level::Warning => "minor",
        Level::Note => "info",
    }
}

/// Makes fingerprints that no other issue of the report has: the path goes in, since the finding's own one is the same
/// for the same fault in another file, and a number where one file has it again, as in two commits.
#[derive(Default)]
struct Fingerprints<'a>(HashMap<[&'a str; 2], usize>);

impl<'a> Fingerprints<'a> {
    fn of(&mut self, parts: [&'a str; 2]) -> String {
        let repeats = self.0.entry(parts).or_default();
        let mut hash = Sha256::new();
        for part in parts {
            // A path has no NUL in it, so that no two lists of parts are the same bytes.
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hash.update(repeats.to_string().as_bytes());
        *repeats += 1;
        hash.finalize().iter().take(16).fold(String::with_capacity(32), |text, byte| text + &format!("{byte:02x}"))
    }
}
