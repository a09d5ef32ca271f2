//! `json` and `jsonl`: the same objects, as one document or one a line. The shape is an interface: `version` changes
//! when a key changes its meaning.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::text::is_active;
use super::{Context, Reporter, is_complete};
use crate::coverage::{self, Coverage};
use crate::finding::{self, Outcome};

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

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
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

#[derive(Serialize)]
struct Skipped<'a> {
    path: &'a str,
    reason: String,
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
        let list = |list: &'a [coverage::Skipped]| {
            list.iter().map(|skipped| Skipped { path: &skipped.path, reason: skipped.reason.to_string() }).collect()
        };
        Self {
            files: from.files,
            bytes: from.bytes,
            commits: from.commits,
            accepted: from.accepted,
            unverified: from.unverified,
            skipped: list(&from.skipped),
            errors: list(&from.errors),
        }
    }
}

/// `json`.
pub(super) struct Json;

impl Reporter for Json {
    fn write(&self, outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
        let report = Report {
            version: VERSION,
            tool: Tool { name: "mlguard", version: context.version },
            findings: outcome.findings.iter().map(Finding::from).collect(),
            coverage: Covered::from(&outcome.coverage),
            complete: is_complete(outcome),
        };
        pretty(&report, out)
    }
}

/// `jsonl`.
pub(super) struct Jsonl;

impl Reporter for Jsonl {
    fn write(&self, outcome: &Outcome, _: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
        for finding in &outcome.findings {
            line(&Finding::from(finding), out)?;
        }
        line(&Closing { coverage: Covered::from(&outcome.coverage), complete: is_complete(outcome) }, out)
    }
}

/// Writes `value` over several lines, with a final line break.
pub(super) fn pretty<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    with(value, PrettyFormatter::new(), out)
}

fn line<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    with(value, CompactFormatter, out)
}

fn with<T: Serialize>(value: &T, inner: impl Formatter, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Tame(inner));
    // `From` gives back the I/O error with its kind, which tells a broken pipe from a full disk.
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Escapes what a terminal, or GitHub Actions in a log (`##[`), would act on; what a parser reads stays the same.
struct Tame<F>(F);

/// Where the first character to escape stands in `text`.
fn to_escape(text: &str) -> Option<(usize, char)> {
    let active = text.char_indices().find(|(_, character)| is_active(*character));
    let command = text.find("##[").map(|at| (at, '#'));
    active.into_iter().chain(command).min()
}

impl<F: Formatter> Formatter for Tame<F> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, character)) = to_escape(rest) {
            let (before, after) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = after.get(character.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}
