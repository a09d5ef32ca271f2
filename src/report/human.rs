//! `human`: every finding as a compiler shows an error, from the masked excerpt it carries, then what the run covered.

use std::fmt::Write as _;
use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level as Title, Origin, Renderer, Snippet};

use super::text::{brought_by, count, is_binary, neutral, size, unsearched};
use super::{Context, is_complete};
use crate::coverage::{Coverage, Reason, Scope, Skipped};
use crate::finding::{Excerpt, Finding, Outcome};
use crate::rule::{Fixable, Level};

/// Files that the closing lines name.
const NAMED: usize = 10;
/// Lines of an excerpt that are shown even where nothing is marked in them.
const WHOLE: usize = 12;
/// Columns of a line that are searched for a cut, where the output has no width of its own.
const WIDTH: usize = 140;

pub(super) fn write(outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let renderer = if context.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(context.width.unwrap_or(WIDTH));
    for finding in &outcome.findings {
        for line in renderer.render(&[group(finding)]).lines().filter(|line| !is_seam(line)) {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
    }
    for error in &outcome.coverage.errors {
        let title = Title::ERROR.primary_title(unsearched(error));
        writeln!(out, "{}", renderer.render(&[Group::with_title(title)]))?;
    }
    if !outcome.coverage.errors.is_empty() {
        writeln!(out)?;
    }
    closing(outcome, out)
}

/// Whether the line is the empty heading that the renderer puts between an origin and the lines it belongs to. No other
/// line can look like it: those of an excerpt begin with their number.
fn is_seam(line: &str) -> bool {
    anstream::adapter::strip_str(line).to_string().trim() == ":::"
}

fn group(finding: &Finding) -> Group<'_> {
    let level = match finding.level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
        Level::Note => Title::NOTE,
    };
    let title = level.primary_title(neutral(finding.message.trim_end_matches('.'))).id(neutral(&finding.rule));
    let start = finding.region.start;
    // The origin stands alone, because the column of the masked line is not the column in the file.
    let origin = Origin::path(neutral(&finding.path)).line(start.line).char_column(start.column);
    let mut group = Group::with_title(title).element(origin);
    if let Some(excerpt) = &finding.excerpt {
        group = group.element(snippet(excerpt));
    }
    if let Some(commit) = &finding.commit {
        group = group.element(Title::NOTE.with_name(Some("commit")).message(brought_by(commit, &commit.author)));
    }
    if let Some(place) = &finding.place {
        group = group.element(Title::NOTE.with_name(Some("in")).message(neutral(place)));
    }
    for related in &finding.related {
        let start = related.region.start;
        let text = format!("{}:{}:{}: {}", neutral(&related.path), start.line, start.column, neutral(&related.message));
        group = group.element(Title::NOTE.message(text));
    }
    if !finding.help.is_empty() {
        group = group.element(Title::HELP.message(neutral(&finding.help)));
    }
    if let Some(fix) = &finding.fix {
        let unseen = if fix.applicability == Fixable::Safe { "" } else { " --unsafe" };
        let text = format!("mlguard fix{unseen} ({})", neutral(&fix.title));
        group = group.element(Title::HELP.with_name(Some("fix")).message(text));
    }
    group
}

/// The excerpt with everything that a terminal would act on tamed, and the mark moved accordingly.
fn snippet(excerpt: &Excerpt) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let tame = |text: &str| text.replace("\r\n", "\n").split('\n').map(neutral).collect::<Vec<_>>().join("\n");
    let parts = (
        excerpt.text.get(..excerpt.marked.start),
        excerpt.text.get(excerpt.marked.range()),
        excerpt.text.get(excerpt.marked.end..),
    );
    let (Some(before), Some(marked), Some(after)) = parts else {
        return Snippet::source(tame(&excerpt.text)).line_start(excerpt.first_line).fold(false);
    };
    let mut text = tame(before);
    let start = text.len();
    text.push_str(&tame(marked));
    let end = text.len();
    text.push_str(&tame(after));
    let fold = text.lines().count() > WHOLE;
    let mark = AnnotationKind::Primary.span(start..end);
    Snippet::source(text).line_start(excerpt.first_line).fold(fold).annotation(mark)
}

fn closing(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let between = if outcome.findings.is_empty() { "; " } else { "\n" };
    writeln!(out, "{}{between}{}", verdict(outcome), covered(&outcome.coverage))?;
    if let Some(what) = incomplete(outcome) {
        writeln!(out, "{what}")?;
    }
    Ok(())
}

/// What came out, in some words.
pub(super) fn verdict(outcome: &Outcome) -> String {
    let nothing_read = outcome.coverage.files == 0 && outcome.coverage.commits == 0;
    match (outcome.findings.is_empty(), is_complete(outcome)) {
        (true, true) if nothing_read => "nothing was there to check".to_owned(),
        (true, true) if outcome.coverage.accepted > 0 => "clean: nothing new found".to_owned(),
        (true, true) => "clean: nothing found".to_owned(),
        (true, false) => "nothing found in what could be searched".to_owned(),
        (false, _) => found(&outcome.findings),
    }
}

/// What is to be said of a scan that did not search everything.
pub(super) fn incomplete(outcome: &Outcome) -> Option<String> {
    let failed = outcome.coverage.errors.len();
    let what = if failed == 0 { "not everything".to_owned() } else { format!("{} not", count(failed, "file")) };
    (!is_complete(outcome)).then(|| format!("the scan is incomplete: {what} searched (exit status 2)"))
}

/// `3 errors, 1 warning in 2 files`.
fn found(findings: &[Finding]) -> String {
    let of = |level: Level| findings.iter().filter(|finding| finding.level == level).count();
    let counts = [(of(Level::Error), "error"), (of(Level::Warning), "warning"), (of(Level::Note), "note")];
    let counts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| count(*n, noun)).collect();
    let mut paths: Vec<&str> = findings.iter().map(|finding| finding.path.as_ref()).collect();
    paths.sort_unstable();
    paths.dedup();
    format!("{} in {}", counts.join(", "), count(paths.len(), "file"))
}

/// `checked 1,339 files, 29.1 MB; left out: 5 binary files, 1 file larger than the limit (data.csv)`; of Git's versions
/// `searched the history: 12 files, 34.1 kB in 5 commits`.
pub(crate) fn covered(coverage: &Coverage) -> String {
    let what = match coverage.scope {
        Scope::Tree => "checked",
        Scope::Staged => "checked what the commit brings:",
        Scope::Range => "searched what BASE..HEAD brings:",
        Scope::History => "searched the history:",
    };
    let mut text = format!("{what} {}, {}", count(coverage.files, "file"), size(coverage.bytes));
    if coverage.commits > 0 {
        text.push_str(" in ");
        text.push_str(&count(coverage.commits, "commit"));
    }
    if coverage.accepted > 0 {
        write!(text, "; {} accepted by the baseline", count(coverage.accepted, "finding")).expect("a string");
    }
    if coverage.unverified > 0 {
        write!(text, ", {} by place alone", coverage.unverified).expect("a string");
    }
    let (binary, others): (Vec<_>, Vec<_>) = coverage.skipped.iter().partition(|skipped| is_binary(skipped));
    // Whoever excluded them knows them.
    let (excluded, others): (Vec<_>, Vec<_>) = others.iter().partition(|skipped| skipped.reason == Reason::Excluded);
    let mut left_out = Vec::new();
    if !binary.is_empty() {
        left_out.push(count(binary.len(), "binary file"));
    }
    if !excluded.is_empty() {
        left_out.push(format!("{} excluded by the configuration", count(excluded.len(), "file")));
    }
    left_out.extend(by_reason(&others));
    if !left_out.is_empty() {
        text.push_str("; left out: ");
        text.push_str(&left_out.join(", "));
    }
    text
}

/// One text for each reason, in the order in which they come first; the first files are named, the rest counted.
fn by_reason(skipped: &[&Skipped]) -> Vec<String> {
    let mut reasons: Vec<(&Reason, Vec<&str>)> = Vec::new();
    for entry in skipped {
        match reasons.iter().position(|(reason, _)| **reason == entry.reason) {
            Some(at) => reasons[at].1.push(&entry.path),
            None if reasons.len() < NAMED => reasons.push((&entry.reason, vec![&entry.path])),
            None => {}
        }
    }
    let mut room = NAMED;
    let mut told = 0;
    let mut texts: Vec<String> = reasons
        .iter()
        .map(|(reason, paths)| {
            let named = paths.len().min(room);
            room -= named;
            told += paths.len();
            let mut listed: Vec<String> = paths.iter().take(named).map(|path| neutral(path).into_owned()).collect();
            if named < paths.len() {
                let and = if named > 0 { "and " } else { "" };
                listed.push(format!("{and}{} more", paths.len() - named));
            }
            format!("{} {} ({})", count(paths.len(), "file"), neutral(&reason.to_string()), listed.join(", "))
        })
        .collect();
    if told < skipped.len() {
        texts.push(format!("and {}", count(skipped.len() - told, "more file")));
    }
    texts
}
