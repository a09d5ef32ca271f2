//! Reports: an [`Outcome`] as text, for people and for programs. Reads no file and decides nothing.
//!
//! A format is one file with one [`Writer`] and one entry in [`Format`]; where the output goes is in [`target`].

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;
use std::sync::Arc;

use crate::finding::{Finding, Outcome};
use crate::gate;
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
    format.entry().1(&without_named_credentials(outcome), context, out)
}

/// `outcome` with credentials masked in the paths of files that are named after them. No program finds such a file by its
/// path then, and no reader finds the credential.
fn without_named_credentials(outcome: &Outcome) -> Cow<'_, Outcome> {
    let masked = |path: &Arc<str>| match gate::without_credentials(path) {
        Cow::Borrowed(_) => None,
        Cow::Owned(masked) => Some(Arc::from(masked)),
    };
    let coverage = &outcome.coverage;
    let mut paths: Vec<&Arc<str>> = coverage.skipped.iter().chain(&coverage.errors).map(|entry| &entry.path).collect();
    for finding in &outcome.findings {
        paths.push(&finding.path);
        paths.extend(&finding.container);
        paths.extend(finding.related.iter().map(|related| &related.path));
    }
    paths.sort_unstable();
    paths.dedup();
    let masked: HashMap<Arc<str>, Arc<str>> =
        paths.into_iter().filter_map(|path| Some((path.clone(), masked(path)?))).collect();
    if masked.is_empty() {
        return Cow::Borrowed(outcome);
    }
    let mut outcome = outcome.clone();
    let mask = |path: &mut Arc<str>| {
        if let Some(masked) = masked.get(path) {
            *path = masked.clone();
        }
    };
    for finding in &mut outcome.findings {
        mask(&mut finding.path);
        finding.container.iter_mut().for_each(mask);
        finding.related.iter_mut().for_each(|related| mask(&mut related.path));
    }
    let coverage = &mut outcome.coverage;
    coverage.skipped.iter_mut().chain(&mut coverage.errors).for_each(|entry| mask(&mut entry.path));
    Cow::Owned(outcome)
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
