//! Stand-in, replaced at merge.
use std::io::{self, Write};
use std::path::PathBuf;
use crate::finding::Outcome;
use crate::rule::Rule;
/// Stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format { /** . */ Human, /** . */ Json, /** . */ Jsonl, /** . */ Sarif, /** . */ Github }
impl Format {
    /// Stand-in.
    pub const ALL: &'static [Self] = &[Self::Human, Self::Json, Self::Jsonl, Self::Sarif, Self::Github];
    /// Stand-in.
    pub fn as_str(self) -> &'static str { match self { Self::Human => "human", Self::Json => "json", Self::Jsonl => "jsonl", Self::Sarif => "sarif", Self::Github => "github" } }
    /// Stand-in.
    pub fn about(self) -> &'static str { "stand-in" }
}
/// Stand-in.
#[derive(Clone, Debug)]
pub struct Target { /** . */ pub format: Format, /** . */ pub path: Option<PathBuf> }
/// Stand-in.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TargetError(String);
impl std::str::FromStr for Target {
    type Err = TargetError;
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let (format, path) = text.split_once('=').map_or((text, None), |(f, p)| (f, Some(PathBuf::from(p))));
        let format = Format::ALL.iter().find(|known| known.as_str() == format).ok_or_else(|| TargetError("there is no such format".into()))?;
        Ok(Self { format: *format, path })
    }
}
impl Target {
    /// Stand-in.
    pub fn check(targets: &[Self]) -> Result<(), TargetError> {
        if targets.iter().filter(|target| target.path.is_none()).count() > 1 { return Err(TargetError("two reports would go to standard output".into())); }
        Ok(())
    }
}
/// Stand-in.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report: {0}")]
pub struct WriteError(io::Error);
/// Stand-in.
pub struct Context<'a> { /** . */ pub rules: &'a [Rule], /** . */ pub version: &'a str, /** . */ pub color: bool, /** . */ pub width: Option<usize>, /** . */ pub repository: Option<Repository<'a>> }
/// Stand-in.
pub struct Repository<'a> { /** . */ pub address: &'a str }
/// Stand-in.
pub fn write_all(targets: &[Target], outcome: &Outcome, _context: &Context<'_>, stdout: &mut dyn Write) -> Vec<WriteError> {
    let mut failed = Vec::new();
    for target in targets {
        let text: String = outcome.findings.iter().map(|f| format!("{}:{}: {} {}\n", f.path, f.region.start.line, f.level.as_str(), f.rule)).collect();
        let text = format!("{text}{} files, {} errors, complete: {}\n", outcome.coverage.files, outcome.coverage.errors.len(), outcome.complete);
        let done = match &target.path { Some(path) => std::fs::write(path, text), None => stdout.write_all(text.as_bytes()) };
        match done { Err(error) if error.kind() != io::ErrorKind::BrokenPipe => failed.push(WriteError(error)), _ => {} }
    }
    failed
}
/// Stand-in.
pub fn rule_markdown(rule: &Rule) -> String { format!("# {}\n\n{}\n\n{}\n\n{}\n", rule.id, rule.title, rule.why, rule.remedy) }
