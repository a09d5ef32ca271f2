//! `github`: workflow commands, which GitHub Actions shows as annotations of the run and of the changed lines.
//!
//! GitHub keeps ten errors, ten warnings and ten notices of a step and drops the rest without a word. So the worst come
//! first, the rest is left out here, and a last notice says how many that were.

use std::io::{self, Write};

use super::text::{brought, count, cut, is_past, neutral, sentence, spot, unsearched};
use super::{Context, is_complete, worst_first};
use crate::finding::{Finding, Outcome};
use crate::rule::Level;

/// Annotations of one level that GitHub shows for a step.
const SHOWN: usize = 10;
/// Characters of a title that GitHub takes.
const MOST_TITLE: usize = 255;
/// Characters of a message. GitHub takes 64 KB, and a character has four bytes at most.
const MOST_TEXT: usize = 16_000;
/// How many of the errors may be about files that could not be searched, so that findings are shown too.
const FAILURES: usize = 5;

pub(super) fn write(outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let failures = failures(outcome, out)?;
    // One notice is kept for the closing one.
    let (mut errors, mut warnings, mut notes) = (SHOWN - failures, SHOWN, SHOWN - 1);
    let mut left_out = 0;
    for finding in worst_first(outcome, context) {
        let budget = match finding.level {
            Level::Error => &mut errors,
            Level::Warning => &mut warnings,
            Level::Note => &mut notes,
        };
        match budget.checked_sub(1) {
            Some(rest) => {
                *budget = rest;
                annotation(finding, out)?;
            }
            None => left_out += 1,
        }
    }
    if left_out > 0 {
        let rest = match outcome.coverage.not_listed().map(|(_, count)| count).sum() {
            0 => "The other formats have all.".to_owned(),
            more => format!("The other formats have these; no format lists {}.", count(more, "further finding")),
        };
        let left_out = count(left_out, "more finding");
        let message =
            format!("{left_out} left out here, because GitHub shows {SHOWN} annotations of a level for a step. {rest}");
        command("notice", &[("title", "mlguard".to_owned())], &message, out)?;
    }
    Ok(())
}

/// Says what could not be searched, and returns how many commands that took.
fn failures(outcome: &Outcome, out: &mut dyn Write) -> io::Result<usize> {
    if is_complete(outcome) {
        return Ok(0);
    }
    let title = || ("title", "mlguard: the scan is incomplete".to_owned());
    let errors = &outcome.coverage.errors;
    let named = if errors.len() > FAILURES { FAILURES - 1 } else { errors.len() };
    for error in errors.iter().take(named) {
        let message = sentence(&unsearched(error));
        command("error", &[("file", error.path.to_string()), title()], &message, out)?;
    }
    let rest = errors.len() - named;
    if rest > 0 || errors.is_empty() {
        let message = match rest {
            0 => "Not everything could be searched.".to_owned(),
            _ => format!("{} could not be searched.", count(rest, "more file")),
        };
        command("error", &[title()], &message, out)?;
        return Ok(named + 1);
    }
    Ok(named)
}

fn annotation(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let kind = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut properties = if is_past(finding) { Vec::new() } else { place(finding) };
    let title = format!("mlguard: {}", neutral(&finding.rule));
    properties.push(("title", cut(&title, MOST_TITLE).into_owned()));
    let mut message = vec![neutral(&finding.message).into_owned()];
    if is_past(finding) || finding.container.is_some() {
        message.insert(0, format!("{}:", spot(finding)));
    }
    message.extend(finding.commit.as_ref().map(|commit| format!("Commit: {}", brought(commit))));
    message.extend(finding.place.as_ref().map(|place| format!("In: {}", neutral(place))));
    if !finding.help.is_empty() {
        message.push(format!("Help: {}", neutral(&finding.help)));
    }
    command(kind, &properties, &message.join("\n"), out)
}

/// Where the annotation goes: of a place in a container, the container. What HEAD does not hold has no place: the file is another one now, or gone.
fn place(finding: &Finding) -> Vec<(&'static str, String)> {
    if let Some(container) = &finding.container {
        return vec![("file", container.to_string())];
    }
    let (start, end) = (finding.region.start, finding.region.end);
    let mut properties = vec![("file", finding.path.to_string()), ("line", start.line.to_string())];
    // GitHub takes columns only where the annotation stands on one line.
    if start.line == end.line {
        properties.push(("col", start.column.to_string()));
    }
    properties.push(("endLine", end.line.to_string()));
    if start.line == end.line {
        properties.push(("endColumn", end.column.to_string()));
    }
    properties
}

fn command(kind: &str, properties: &[(&str, String)], message: &str, out: &mut dyn Write) -> io::Result<()> {
    let properties: Vec<String> = properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    writeln!(out, "::{kind} {}::{}", properties.join(","), data(&cut(message, MOST_TEXT)))
}

/// Escapes the message of a command. Line breaks are data, other control characters are not.
fn data(text: &str) -> String {
    let lines: Vec<_> =
        text.split('\n').map(|line| line.split('\r').map(neutral).collect::<Vec<_>>().join("\r")).collect();
    lines.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
