//! Allow comments: `# mlguard: allow RULE -- why`, on the line of a finding, the line above it, or at the head of its
//! document; optionally `until 2026-12-31`.

use jiff::civil::Date;

use super::Scanner;
use crate::checks::{Draft, Weight};
use crate::document::view::View;
use crate::document::yaml;
use crate::rule::Level;
use crate::span::{LineIndex, Span};

/// One allow comment.
pub(super) struct Comment {
    /// From `mlguard:` to the end of the line.
    span: Span,
    rules: Vec<String>,
    until: Option<Result<Date, ()>>,
    reason: bool,
    /// The lines (zero-based, inclusive) that it covers.
    lines: (usize, usize),
}

/// Reads every allow comment of a source. A comment needs a comment mark (`#`, `//`, `/*`, `<!--`, `--`, `;`) before it.
pub(super) fn read(view: &View<'_>, lines: &LineIndex) -> Vec<Comment> {
    let text = view.text;
    let mut comments = Vec::new();
    for at in memchr::memmem::find_iter(text.as_bytes(), "mlguard:") {
        let index = lines.line_of(at);
        let line = lines.line_span(text, index);
        let before = Span::new(line.start, at).slice(text);
        if !["#", "//", "/*", "<!--", "--", ";", "{{/*", "%"].iter().any(|mark| before.trim_end().ends_with(mark)) {
            continue;
        }
        let rest = Span::new(at + "mlguard:".len(), line.end).slice(text).trim();
        let Some(words) =
            rest.strip_prefix("allow").filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        else {
            continue;
        };
        let (head, reason) = words.split_once("--").unwrap_or((words, ""));
        let reason = reason.trim().trim_end_matches("-->").trim_end_matches("*/").trim_end_matches("}}").trim();
        let (rules, until) = rules_and_date(head, reason);
        let covered = if !is_mark_only(before) {
            (index, with_block(text, lines, index))
        } else if at_head(view, line.start) {
            document_lines(view, lines, at)
        } else {
            (index, with_block(text, lines, line_below(text, lines, index)))
        };
        comments.push(Comment {
            span: Span::new(at, line.end),
            rules,
            until,
            reason: has_words(reason),
            lines: covered,
        });
    }
    comments
}

/// Whether nothing but a comment's mark stands before the words.
fn is_mark_only(before: &str) -> bool {
    let mark = before.trim();
    mark.len() <= 5 && mark.chars().all(|c| !c.is_alphanumeric())
}

/// The line that a comment on line `index` speaks of: the next one that is not such a comment too.
fn line_below(text: &str, lines: &LineIndex, index: usize) -> usize {
    let last = lines.line_of(text.len());
    let comment = |line: usize| {
        lines.line_span(text, line).slice(text).split_once("mlguard:").is_some_and(|(before, _)| is_mark_only(before))
    };
    (index + 1..=last).find(|&line| !comment(line)).unwrap_or(index + 1)
}

/// The line `index`, or the one below it where its value is a block scalar (`key: |`), whose text starts there.
fn with_block(text: &str, lines: &LineIndex, index: usize) -> usize {
    if index > lines.line_of(text.len()) {
        return index;
    }
    let line = lines.line_span(text, index).slice(text);
    let code = line.split_once(" #").map_or(line, |(code, _)| code);
    let header = |word: &str| word.len() <= 3 && word.starts_with(['|', '>']);
    index + usize::from(code.split_whitespace().next_back().is_some_and(header))
}

fn has_words(reason: &str) -> bool {
    let rest = reason.strip_prefix("until ").map_or(reason, |rest| rest.split_once(' ').map_or("", |(_, rest)| rest));
    rest.chars().filter(|c| c.is_alphabetic()).count() >= 3
}

/// Rule ids before `--`, and the date behind `until` on either side of it.
fn rules_and_date(head: &str, reason: &str) -> (Vec<String>, Option<Result<Date, ()>>) {
    let mut rules = Vec::new();
    let mut until = None;
    let mut words = head.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        if word == "until" {
            until = Some(words.next().unwrap_or_default());
        } else {
            rules.push(word.to_owned());
        }
    }
    let in_reason = reason.rsplit_once("until ").map(|(_, date)| date.trim().trim_end_matches(['.', ')']));
    let dated = in_reason.filter(|date| date.starts_with(|c: char| c.is_ascii_digit()));
    let until = until.or(dated).map(|date| date.parse::<Date>().map_err(|_| ()));
    (rules, until)
}

/// Whether only comments, blank lines and document marks stand between the head of the document and `line`.
fn at_head(view: &View<'_>, line: usize) -> bool {
    let yaml = view.lang == crate::document::fragment::Lang::Yaml;
    for above in view.text[..line].lines().rev() {
        let above = above.trim();
        if yaml && above.starts_with("---") {
            return true;
        }
        let comment = ["#", "//", "/*", "<!--", ";", "{{/*", "*", "%"].iter().any(|mark| above.starts_with(mark));
        if !above.is_empty() && !comment {
            return false;
        }
    }
    true
}

/// The lines of the YAML document that holds `at`; of other files, all lines.
fn document_lines(view: &View<'_>, lines: &LineIndex, at: usize) -> (usize, usize) {
    let yaml = view.lang == crate::document::fragment::Lang::Yaml;
    let span =
        yaml.then(|| yaml::documents(view.text).into_iter().find(|span| span.start <= at && at < span.end)).flatten();
    let span = span.unwrap_or(Span::new(0, view.text.len()));
    (lines.line_of(span.start), lines.line_of(span.end))
}

/// Takes out of `kept` what a valid comment allows, and says what is wrong with the others.
pub(super) fn apply(
    comments: &[Comment],
    scanner: &Scanner<'_>,
    view: &View<'_>,
    lines: &LineIndex,
    kept: &mut Vec<(Draft, Level)>,
) -> Vec<Draft> {
    let mut said = Vec::new();
    for comment in comments {
        let Some(fault) = fault(comment, scanner) else {
            let before = kept.len();
            kept.retain(|(draft, _)| !covers(comment, draft, view, lines));
            if kept.len() == before {
                let rules = comment.rules.join(", ");
                said.push(draft(
                    "unused-allow",
                    comment,
                    format!("This comment allows '{rules}', but there is no such finding here."),
                ));
            }
            continue;
        };
        said.push(fault);
    }
    said
}

fn covers(comment: &Comment, draft: &Draft, view: &View<'_>, lines: &LineIndex) -> bool {
    let line = lines.line_of(draft.span.start.min(view.text.len()));
    comment.rules.iter().any(|rule| *rule == draft.rule) && (comment.lines.0..=comment.lines.1).contains(&line)
}

fn fault(comment: &Comment, scanner: &Scanner<'_>) -> Option<Draft> {
    let known = |id: &String| scanner.rule(id).is_some() || crate::rule::find(id).is_some();
    if let Some(unknown) = comment.rules.iter().find(|id| !known(id)) {
        let shown: String = unknown.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
        return Some(draft("unused-allow", comment, format!("This comment allows '{shown}', which is no rule.")));
    }
    if comment.rules.is_empty() {
        return Some(draft(
            "unused-allow",
            comment,
            "This comment allows no rule: write its id behind 'allow'.".to_owned(),
        ));
    }
    if !comment.reason {
        return Some(draft(
            "allow-without-reason",
            comment,
            "This comment allows a finding without saying why, so it does not count.".to_owned(),
        ));
    }
    match comment.until {
        Some(Err(())) => {
            Some(draft("unused-allow", comment, "The date behind 'until' is not written as 2026-12-31.".to_owned()))
        }
        Some(Ok(date)) if date < scanner.options.today => Some(draft(
            "unused-allow",
            comment,
            format!("This comment allowed a finding until {date} and no longer counts."),
        )),
        _ => None,
    }
}

fn draft(rule: &'static str, comment: &Comment, message: String) -> Draft {
    Draft {
        rule: rule.into(),
        at_most: Level::Error,
        span: comment.span,
        place: None,
        message,
        help: None,
        weight: Weight::Special,
        incomplete: false,
        refuted: false,
    }
}
