//! The words of one rule: Markdown for `mlguard explain` and for SARIF's `help.markdown`, and its plain text.

use std::borrow::Cow;
use std::fmt::Write as _;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use regex::Regex;

use super::text::{neutral, sentence};
use crate::checks;
use crate::finding::MASK;
use crate::rule::{Fixable, Matcher, Pattern, Rule};

/// Everything about one rule, as Markdown under fixed headings. Values of examples are masked.
#[must_use]
pub fn rule_markdown(rule: &Rule) -> String {
    let mut text = format!("# `{}`\n\n", rule.id);
    section(&mut text, "What it finds", &finds(rule));
    section(&mut text, "Why it matters", &rule.why);
    section(&mut text, "When it applies", &applies(rule));
    section(&mut text, "How to fix it", &remedy(rule));
    if let Some(example) = example(rule) {
        section(&mut text, "Example", &example);
    }
    if !rule.references.is_empty() {
        let links: Vec<String> = rule.references.iter().map(|link| format!("- <{link}>")).collect();
        section(&mut text, "References", &links.join("\n"));
    }
    section(&mut text, "How to allow or configure it", &configure(rule));
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The same for readers without Markdown.
pub(super) fn rule_plain(rule: &Rule) -> String {
    let mut text = plain(&rule.why);
    for part in [rule.scope.as_sentences(), &rule.when].into_iter().filter(|part| !part.is_empty()) {
        write!(text, "\n\n{}", plain(part)).unwrap_or_default();
    }
    write!(text, "\n\nHow to fix it: {}", plain(&rule.remedy)).unwrap_or_default();
    for link in rule.references.iter() {
        write!(text, "\n{link}").unwrap_or_default();
    }
    text
}

/// Markdown as plain text, a blank line between paragraphs.
pub(super) fn plain(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    for event in Parser::new(markdown) {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(&part),
            Event::SoftBreak => text.push(' '),
            Event::Start(Tag::Item) => text.push_str("- "),
            Event::HardBreak | Event::End(TagEnd::Item) => text.push('\n'),
            Event::End(TagEnd::Paragraph | TagEnd::CodeBlock | TagEnd::Heading(_) | TagEnd::List(_)) => {
                text.push_str("\n\n");
            }
            _ => {}
        }
    }
    text.trim().to_owned()
}

fn section(text: &mut String, heading: &str, body: &str) {
    write!(text, "## {heading}\n\n{}\n\n", body.trim()).unwrap_or_default();
}

fn finds(rule: &Rule) -> String {
    let mut text = sentence(&rule.title);
    if let Some(pattern) = &rule.pattern {
        let words: Vec<String> = pattern.keywords.iter().map(|word| code(word)).collect();
        let how = match pattern.matcher {
            Matcher::Pattern => "Found near",
            Matcher::Assignment => "Found as the value of keys that contain",
        };
        if !words.is_empty() {
            write!(text, " {how} {}, including in base64 and other encodings.", words.join(", ")).unwrap_or_default();
        }
        if pattern.checksum.is_some() {
            text.push_str(" The checksum of the format is verified.");
        }
    }
    text
}

fn applies(rule: &Rule) -> String {
    let level = format!("Default level: {}.", rule.level.as_str());
    let others = yields_to(rule);
    let parts = [rule.scope.as_sentences(), rule.when.trim(), &others, &level];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// The rules that report a mistake in the place of this one, in words; nothing where there are none.
fn yields_to(rule: &Rule) -> String {
    let check = checks::all().find(|check| rule.id == check.rule);
    let others: Vec<String> = check.into_iter().flat_map(|check| check.yields_to).map(|id| format!("`{id}`")).collect();
    match others.as_slice() {
        [] => String::new(),
        [one] => format!("Mistakes that {one} reports are not reported again."),
        [head @ .., last] => format!("Mistakes that {} or {last} reports are not reported again.", head.join(", ")),
    }
}

fn remedy(rule: &Rule) -> String {
    let fix = match rule.fixable {
        Fixable::No => "",
        Fixable::Safe => "\n\n`mlguard fix` repairs it where the edit is unambiguous.",
        Fixable::Unsafe => "\n\n`mlguard fix --unsafe` repairs it where the edit is unambiguous; review the change.",
    };
    format!("{}{fix}", rule.remedy.trim())
}

fn example(rule: &Rule) -> Option<String> {
    if let Some((bad, good)) = &rule.example {
        let note = if bad.contains("{{sealed") { " (sealed values are shortened here)" } else { "" };
        let [bad, good] = [bad, good].map(|example| fenced(&with_short_ciphertexts(example)));
        return Some(format!("Reported{note}:\n\n{bad}\n\nNot reported:\n\n{good}"));
    }
    let masked = masked_example(rule, rule.pattern.as_ref()?)?;
    Some(format!("Reported (the value is masked here):\n\n{}", fenced(&masked)))
}

/// An example with the beginning of a sealed value for each `{{sealed}}`, a different one for each number.
fn with_short_ciphertexts(example: &str) -> String {
    let short = |captures: &regex::Captures<'_>| {
        let number = captures.get(1).and_then(|number| number.as_str().parse().ok()).unwrap_or(1_usize);
        let letter = b"ByKwQfRmZt".get(number % 10).copied().map_or('x', char::from);
        format!("AgB{letter}V{number}hZ4…")
    };
    Regex::new(r"\{\{sealed(?:-(\d+))?\}\}")
        .map_or_else(|_| example.to_owned(), |placeholder| placeholder.replace_all(example, short).into_owned())
}

/// The first example of a built-in credential rule without its value, so that a report that quotes it is not itself a
/// finding for this or another scanner. Examples of rule packs may hold real values and are never shown.
fn masked_example(rule: &Rule, pattern: &Pattern) -> Option<String> {
    let (Cow::Borrowed(_), Some(expression), Some(text)) = (&rule.id, &pattern.regex, pattern.matches.first()) else {
        return None;
    };
    let expression = Regex::new(expression).ok()?;
    let found = expression.captures(text)?;
    let value = found.name("secret").or_else(|| found.get(0))?;
    let (before, after) = (text.get(..value.start())?, text.get(value.end()..)?);
    Some(format!("{before}{MASK}{after}"))
}

fn configure(rule: &Rule) -> String {
    let id = &rule.id;
    format!(
        "In one place, by a comment on the line, on the line above, or at the head of the document. The reason is \
         required; an expiry date (`until 2026-12-31`) is optional:\n\n\
         ```yaml\n# mlguard: allow {id} -- why it is acceptable here\n```\n\n\
         Everywhere or for some paths, in `.mlguard.yaml` (`off`, `note`, `warning` or `error`):\n\n\
         ```yaml\nrules:\n  {id}: {{ level: warning, paths: [\"examples/**\"] }}\n```"
    )
}

/// `text` as a code block, with a fence longer than any in it.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}yaml\n{}\n{fence}", text.trim_end())
}

/// `text` as a code span.
fn code(text: &str) -> String {
    let text = neutral(text);
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}
