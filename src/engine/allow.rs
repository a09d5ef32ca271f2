//! Allow comments: `# mlguard: allow RULE -- why`, on the line of a finding, the line above it, or at the head of its
//! document; optionally `until 2026-12-31`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::scan::Scanner;
use crate::checks::{Draft, Subject};
use crate::document::fragment::Lang;
use crate::document::view::View;
use crate::document::yaml;
use crate::error::quoted;
use crate::rule::{Level, RuleId, id};
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
    let yaml = view.lang == Lang::Yaml;
    let mut heads = Heads { text, yaml, at: 0, head: true };
    let mut documents = None;
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
        } else if heads.at_head(line.start) {
            document_lines(view, lines, &mut documents, at)
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

/// Whether nothing but a comment's mark comes before the words.
fn is_mark_only(before: &str) -> bool {
    let mark = before.trim();
    mark.len() <= 5 && mark.chars().all(|c| !c.is_alphanumeric())
}

/// Most comments that may follow each other.
const STACKED: usize = 32;

/// The line that a comment on line `index` is about: the next one that is not such a comment too.
fn line_below(text: &str, lines: &LineIndex, index: usize) -> usize {
    let last = lines.line_of(text.len());
    let comment = |line: usize| {
        lines.line_span(text, line).slice(text).split_once("mlguard:").is_some_and(|(before, _)| is_mark_only(before))
    };
    (index + 1..=last).take(STACKED).find(|&line| !comment(line)).unwrap_or(index + 1)
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

/// Goes through the lines of a text once and knows whether only comments, blank lines and document marks came since the
/// head of the document.
struct Heads<'t> {
    text: &'t str,
    /// Only in YAML `---` starts a document.
    yaml: bool,
    at: usize,
    head: bool,
}

impl Heads<'_> {
    /// Asked for line starts in ascending order.
    fn at_head(&mut self, line: usize) -> bool {
        let above = self.text.get(self.at..line).unwrap_or_default();
        for above in above.lines().map(str::trim) {
            let comment = ["#", "//", "/*", "<!--", ";", "{{/*", "*", "%"].iter().any(|mark| above.starts_with(mark));
            self.head = self.yaml && above.starts_with("---") || self.head && (above.is_empty() || comment);
        }
        self.at = line;
        self.head
    }
}

/// The lines of the YAML document that contains `at`; of other files, all lines.
fn document_lines(view: &View<'_>, lines: &LineIndex, documents: &mut Option<Vec<Span>>, at: usize) -> (usize, usize) {
    let whole = Span::new(0, view.text.len());
    let documents = documents.get_or_insert_with(|| match view.lang {
        Lang::Yaml => yaml::documents(view.text),
        _ => Vec::new(),
    });
    let after = documents.partition_point(|span| span.start <= at);
    let span = after.checked_sub(1).map(|last| documents[last]).filter(|span| at < span.end).unwrap_or(whole);
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
    let mut reports = Vec::new();
    let mut places: BTreeMap<(String, usize), Vec<usize>> = BTreeMap::new();
    for (index, (draft, _)) in kept.iter().enumerate() {
        let line = lines.line_of(draft.span.start.min(view.text.len()));
        places.entry((draft.rule.to_string(), line)).or_default().push(index);
    }
    let mut allowed = BTreeSet::new();
    for comment in comments {
        if let Some(fault) = fault(comment, scanner) {
            reports.push(fault);
            continue;
        }
        let rules = comment.rules.join(", ");
        if scanner.compares {
            // A moved comment is the same in both versions; so is one whose reason was not touched.
            let message = format!("A comment is added that allows `{rules}`.");
            reports.push(Draft { place: Some(format!("allow {rules}")), ..draft(id::NEW_ALLOW, comment, message) });
        }
        let before = allowed.len();
        for rule in &comment.rules {
            let covered = (rule.clone(), comment.lines.0)..=(rule.clone(), comment.lines.1);
            // Taken out of the map, so that a finding is looked at for one comment only.
            let lines: Vec<_> = places.range(covered).map(|(place, _)| place.clone()).collect();
            allowed.extend(lines.iter().filter_map(|place| places.remove(place)).flatten());
        }
        if allowed.len() == before {
            let message = format!("This comment allows `{rules}`, but there is no such finding here.");
            reports.push(draft(id::UNUSED_ALLOW, comment, message));
        }
    }
    let mut index = 0;
    kept.retain(|_| {
        index += 1;
        !allowed.contains(&(index - 1))
    });
    reports
}

fn fault(comment: &Comment, scanner: &Scanner<'_>) -> Option<Draft> {
    let known = |id: &String| scanner.rule(id).is_some() || crate::rule::find(id).is_some();
    let (rule, message) = if let Some(unknown) = comment.rules.iter().find(|id| !known(id)) {
        let shown = quoted(unknown).replace('`', "'");
        (id::UNUSED_ALLOW, format!("This comment allows {shown}, which is not a rule."))
    } else if comment.rules.is_empty() {
        (id::UNUSED_ALLOW, "This comment allows no rule: name the rule after `allow`.".to_owned())
    } else if !comment.reason {
        let message = "This comment allows a finding without saying why, so it does not count.";
        (id::ALLOW_WITHOUT_REASON, message.to_owned())
    } else {
        match comment.until? {
            Err(()) => (id::UNUSED_ALLOW, "The date after `until` must be YYYY-MM-DD.".to_owned()),
            Ok(date) if date < scanner.options.today => {
                (id::UNUSED_ALLOW, format!("This comment allowed a finding until {date} and no longer counts."))
            }
            Ok(_) => return None,
        }
    };
    Some(draft(rule, comment, message))
}

fn draft(rule: RuleId, comment: &Comment, message: String) -> Draft {
    Draft::new(rule, Subject::Comment, comment.span, message)
}
