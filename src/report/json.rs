//! `json` and `jsonl`: the same objects, as one document or one a line. The shape is an interface: `version` changes
//! when a key changes its meaning.

use std::io::{self, Write};

use serde::Serialize;

use super::{Context, is_complete};
use crate::coverage::{self, Coverage};
use crate::finding::{self, Outcome};
use crate::gate;

/// Version of the shape.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    tool: Tool<'a>,
    findings: Vec<Finding<'a>>,
    coverage: Covered<'a>,
    complete: bool,
}

/// The program.
#[derive(Serialize)]
pub(super) struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

impl<'a> From<&'a str> for Tool<'a> {
    fn from(version: &'a str) -> Self {
        Self { name: "mlguard", version }
    }
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    level: &'static str,
    path: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    message: &'a str,
    help: &'a str,
    fixable: &'static str,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<Commit<'a>>,
    related: Vec<Related<'a>>,
}

/// Without the author: reports for programs are uploaded and kept.
#[derive(Serialize)]
struct Commit<'a> {
    id: &'a str,
    author_date: &'a str,
    in_head: bool,
}

#[derive(Serialize)]
struct Related<'a> {
    path: &'a str,
    line: usize,
    message: &'a str,
}

#[derive(Serialize)]
struct Covered<'a> {
    files: usize,
    bytes: u64,
    commits: usize,
    accepted: usize,
    unverified: usize,
    skipped: Vec<Skipped<'a>>,
    errors: Vec<Skipped<'a>>,
}

/// A file that was not searched.
#[derive(Serialize)]
pub(super) struct Skipped<'a> {
    path: &'a str,
    reason: String,
}

impl<'a> From<&'a coverage::Skipped> for Skipped<'a> {
    fn from(from: &'a coverage::Skipped) -> Self {
        Self { path: &from.path, reason: gate::without_credentials(&from.reason.to_string()).into_owned() }
    }
}

/// The last line of `jsonl`.
#[derive(Serialize)]
struct Closing<'a> {
    coverage: Covered<'a>,
    complete: bool,
}

impl<'a> From<&'a finding::Finding> for Finding<'a> {
    fn from(from: &'a finding::Finding) -> Self {
        let related = |related: &'a finding::Related| Related {
            path: &related.path,
            line: related.region.start.line,
            message: &related.message,
        };
        let commit =
            |commit: &'a finding::Commit| Commit { id: &commit.id, author_date: &commit.date, in_head: commit.in_head };
        Self {
            rule: &from.rule,
            level: from.level.as_str(),
            path: &from.path,
            line: from.region.start.line,
            column: from.region.start.column,
            end_line: from.region.end.line,
            end_column: from.region.end.column,
            container: from.container.as_deref(),
            place: from.place.as_deref(),
            message: &from.message,
            help: &from.help,
            fixable: from.fixable().as_str(),
            fingerprint: &from.fingerprint,
            commit: from.commit.as_ref().map(commit),
            related: from.related.iter().map(related).collect(),
        }
    }
}

impl<'a> From<&'a Coverage> for Covered<'a> {
    fn from(from: &'a Coverage) -> Self {
        Self {
            files: from.files,
            bytes: from.bytes,
            commits: from.commits,
            accepted: from.accepted,
            unverified: from.unverified,
            skipped: from.skipped.iter().map(Skipped::from).collect(),
            errors: from.errors.iter().map(Skipped::from).collect(),
        }
    }
}

pub(super) fn write(outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = Report {
        version: VERSION,
        tool: context.version.into(),
        findings: outcome.findings.iter().map(Finding::from).collect(),
        coverage: Covered::from(&outcome.coverage),
        complete: is_complete(outcome),
    };
    out.write_all(pretty(&report)?.as_bytes())
}

pub(super) fn write_lines(outcome: &Outcome, _: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in &outcome.findings {
        out.write_all(gate::json(&serde_json::to_string(&Finding::from(finding))?).as_bytes())?;
    }
    let closing = Closing { coverage: Covered::from(&outcome.coverage), complete: is_complete(outcome) };
    out.write_all(gate::json(&serde_json::to_string(&closing)?).as_bytes())
}

/// `value` over several lines, with a final line break.
pub(super) fn pretty<T: Serialize>(value: &T) -> io::Result<String> {
    Ok(gate::json(&serde_json::to_string_pretty(value)?))
}
