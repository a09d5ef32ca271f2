//! Reports: an [`Outcome`] as text, for people and for programs. Reads no file and decides nothing.
//!
//! A format is one file with one [`Writer`] and one entry in [`Format`]; where the output goes is in [`target`].

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use crate::finding::{Finding, Outcome};
use crate::rule::{Level, Rule};

mod github;
mod gitlab;
mod human;
mod json;
mod junit;
pub(crate) mod map;
mod markdown;
mod rule_text;
pub(crate) mod sarif;
pub(crate) mod target;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use human::covered;
pub use rule_text::rule_markdown;
pub(crate) use target::Target;

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people at a terminal.
    Human,
    /// One JSON object.
    Json,
    /// One JSON object a line: every finding, then the coverage.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands, which GitHub Actions shows as annotations.
    Github,
    /// A Code Quality report, which GitLab shows in merge requests.
    Gitlab,
    /// JUnit XML, which most CI systems show as tests.
    Junit,
    /// A page for the summary of a job, or a comment of a pull or merge request.
    Markdown,
}

impl Format {
    /// Every format, in the order of the documentation.
    pub const ALL: &'static [Self] =
        &[Self::Human, Self::Json, Self::Jsonl, Self::Sarif, Self::Github, Self::Gitlab, Self::Junit, Self::Markdown];

    /// The name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.entry().0
    }

    fn entry(self) -> (&'static str, Writer) {
        match self {
            Self::Human => ("human", human::write),
            Self::Json => ("json", json::write),
            Self::Jsonl => ("jsonl", json::write_lines),
            Self::Sarif => ("sarif", sarif::write),
            Self::Github => ("github", github::write),
            Self::Gitlab => ("gitlab", gitlab::write),
            Self::Junit => ("junit", junit::write),
            Self::Markdown => ("markdown", markdown::write),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A format that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no format `{}`; did you mean `{nearest}`? Formats: {}", text::neutral(&crate::mask::masked(given)), names())]
pub struct UnknownFormat {
    given: String,
    nearest: Format,
}

fn names() -> String {
    Format::ALL.iter().map(|format| format.as_str()).collect::<Vec<_>>().join(", ")
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if let Some(format) = Self::ALL.iter().find(|format| format.as_str() == name) {
            return Ok(*format);
        }
        let lower: String = name.to_lowercase().chars().take(64).collect();
        let nearest = Self::ALL.iter().min_by_key(|format| strsim::levenshtein(&lower, format.as_str()));
        Err(UnknownFormat { given: name.to_owned(), nearest: nearest.copied().unwrap_or(Self::Human) })
    }
}

/// What a report needs besides the outcome.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// The rules that were active, in any order.
    pub rules: &'a [Rule],
    /// Version of the program, semantic versioning.
    pub version: &'a str,
    /// Lowest level that causes exit status 1.
    pub fail_on: Level,
    /// Whether the output understands terminal colours.
    pub color: bool,
    /// Columns of the terminal, where there is one.
    pub width: Option<usize>,
    /// The repository that was searched, where it is known and may be named.
    pub repository: Option<Repository<'a>>,
}

/// What names a version of a repository.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repository<'a> {
    /// Address of the remote. Names, passwords and tokens in it are taken off in reports.
    pub address: &'a str,
    /// Id of the commit.
    pub commit: Option<&'a str>,
    /// Name of the branch.
    pub branch: Option<&'a str>,
}

impl<'a> Context<'a> {
    fn rules_by_id(&self) -> HashMap<&'a str, &'a Rule> {
        self.rules.iter().map(|rule| (rule.id.as_ref(), rule)).collect()
    }
}

/// What writes the whole report of one format.
type Writer = fn(&Outcome, &Context<'_>, &mut dyn Write) -> io::Result<()>;

/// Writes `outcome` to `out`.
///
/// # Errors
/// Where `out` cannot be written.
pub(crate) fn write(format: Format, outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    format.entry().1(outcome, context, out)
}

/// Whether everything that was asked for was searched.
fn is_complete(outcome: &Outcome) -> bool {
    outcome.complete && outcome.coverage.errors.is_empty()
}

/// The findings, worst first: by level, then by the severity of the rule, then in the order of the report.
fn worst_first<'a>(outcome: &'a Outcome, context: &Context<'_>) -> Vec<&'a Finding> {
    let rules = context.rules_by_id();
    let severity = |finding: &Finding| rules.get(finding.rule.as_ref()).map_or(0.0, |rule| rule.severity);
    let mut findings: Vec<&Finding> = outcome.findings.iter().collect();
    findings.sort_by(|a, b| b.level.cmp(&a.level).then_with(|| severity(b).total_cmp(&severity(a))));
    findings
}
