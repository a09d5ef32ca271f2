//! `markdown`: for the summary of a job, or a comment of a pull or merge request.
//!
//! Names in it come from scanned files, and the page is shown with the rights of whoever posts it: no character of them is
//! left that Markdown, HTML, or what hosts add to it (mentions, numbers of issues, formulas) would act on.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use super::human::{covered, incomplete, verdict};
use super::text::{brought, count, cut, neutral, spot};
use super::{Context, worst_first};
use crate::finding::{Finding, Outcome};
use crate::rule::Rule;

/// Bytes of the page. GitHub takes 65,536 characters in a comment, and 1 MiB in the summary of a step.
const MOST: usize = 60_000;
/// Bytes of the list of what could not be searched.
const MOST_ERRORS: usize = 15_000;
/// Characters of one text from outside.
const MOST_TEXT: usize = 500;
/// Characters of the line about coverage.
const MOST_COVERED: usize = 1_500;
/// Bytes that the sentence on what is left out may take.
const ROOM: usize = 200;
/// A space without width. It keeps hosts from reading a name or a number behind a sign as a mention or reference.
const BREAK: &str = "&#8203;";

pub(super) fn write(outcome: &Outcome, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut head = format!("### mlguard\n\n**{}**\n", inert(&verdict(outcome)));
    if let Some(what) = incomplete(outcome) {
        write!(head, "\n**{}**\n{}", inert(&what), errors(outcome)).unwrap_or_default();
    }
    let foot = format!("\n{}\n", inert(&cut(&covered(&outcome.coverage), MOST_COVERED)));
    let (table, left_out) = table(outcome, context, MOST.saturating_sub(head.len() + foot.len() + ROOM));
    out.write_all(head.as_bytes())?;
    out.write_all(table.as_bytes())?;
    if left_out > 0 {
        let more = count(left_out, "more finding");
        writeln!(
            out,
            "\n{more} left out here, so that the page fits; these are the worst. The other formats have all."
        )?;
    }
    out.write_all(foot.as_bytes())
}

/// What could not be searched, as a list.
fn errors(outcome: &Outcome) -> String {
    let mut list = String::new();
    for (index, error) in outcome.coverage.errors.iter().enumerate() {
        let item = format!("- {}: {}\n", code(&error.path), inert(&cut(&error.reason.to_string(), MOST_TEXT)));
        if list.len() + item.len() > MOST_ERRORS {
            let more = count(outcome.coverage.errors.len() - index, "more file");
            writeln!(list, "- and {more}").unwrap_or_default();
            break;
        }
        list.push_str(&item);
    }
    if list.is_empty() { list } else { format!("\n{list}") }
}

/// The worst findings that fit into `room` bytes, in the order of the report, and how many do not.
fn table(outcome: &Outcome, context: &Context<'_>, room: usize) -> (String, usize) {
    if outcome.findings.is_empty() {
        return (String::new(), 0);
    }
    let rules = context.rules_by_id();
    let mut text = "\n| level | rule | where | what is wrong | what to do |\n|---|---|---|---|---|\n".to_owned();
    let mut size = text.len();
    let mut fitting: HashSet<*const Finding> = HashSet::new();
    for finding in worst_first(outcome, context) {
        size += row(finding, &rules).len();
        if size > room {
            break;
        }
        fitting.insert(std::ptr::from_ref(finding));
    }
    let shown = outcome.findings.iter().filter(|finding| fitting.contains(&std::ptr::from_ref(*finding)));
    shown.for_each(|finding| text.push_str(&row(finding, &rules)));
    (text, outcome.findings.len() - fitting.len())
}

fn row(finding: &Finding, rules: &HashMap<&str, &Rule>) -> String {
    let rule = code(&finding.rule);
    let link = rules.get(finding.rule.as_ref()).and_then(|rule| rule.references.first()).filter(|link| is_plain(link));
    let rule = link.map_or_else(|| rule.clone(), |link| format!("[{rule}]({link})"));
    let mut place = code(&spot(finding));
    if let Some(symbolic) = &finding.place {
        place.push_str("<br>");
        place.push_str(&code(symbolic));
    }
    if let Some(commit) = &finding.commit {
        place.push_str("<br>");
        place.push_str(&inert(&brought(commit)));
    }
    let (level, message) = (finding.level.as_str(), inert(&cut(&finding.message, MOST_TEXT)));
    format!("| {level} | {rule} | {place} | {message} | {} |\n", help(&cut(&finding.help, MOST_TEXT)))
}

/// The help, its code between backticks as code. The last of an odd number of them is text.
fn help(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, (inside, after))) =
        rest.split_once('`').and_then(|(before, rest)| Some((before, rest.split_once('`')?)))
    {
        html.push_str(&inert(before));
        html.push_str(&code(inside));
        rest = after;
    }
    html + &inert(rest)
}

/// Whether the address can stand in a link as it is.
fn is_plain(link: &str) -> bool {
    let kept = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#=%+,;@".contains(c);
    link.starts_with("https://") && link.chars().all(kept)
}

/// A name as code. HTML, because what stands between backticks cannot be escaped, and a `|` would end the cell. The end
/// of a long one tells more than its start.
fn code(name: &str) -> String {
    let name = neutral(name);
    let over = name.chars().count().saturating_sub(MOST_TEXT);
    let start = name.char_indices().nth(over).map_or(0, |(at, _)| at);
    let kept = name.get(start..).unwrap_or_default();
    let cut = if start > 0 { "…" } else { "" };
    format!("<code>{cut}{}</code>", escaped(kept, false))
}

/// `text` on one line, so that a reader sees it as it is and nothing acts on it.
fn inert(text: &str) -> String {
    escaped(&neutral(text), true)
}

/// `text` with what means something to Markdown or HTML as references. `breaks` is for text that is not code: hosts look for
/// mentions and numbers in what the reader sees, where references are resolved already. They leave code alone, except that
/// they make links of addresses of mail in it.
fn escaped(text: &str, breaks: bool) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    let mut before = ' ';
    while let Some(character) = characters.next() {
        let harmless = match character {
            // `www.` begins an address.
            '.' => !before.eq_ignore_ascii_case(&'w'),
            _ => !character.is_ascii_punctuation() || "/,'\"()-;=?+".contains(character),
        };
        if harmless {
            escaped.push(character);
        } else {
            write!(escaped, "&#{};", u32::from(character)).unwrap_or_default();
        }
        let next = characters.peek().copied().unwrap_or(' ');
        let marks = if breaks { "@#!~%$&^" } else { "@" };
        if marks.contains(character) && (next.is_alphanumeric() || "\"{[_".contains(next)) {
            escaped.push_str(BREAK);
        }
        before = character;
    }
    escaped
}
