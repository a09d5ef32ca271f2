//! The rules of a run, and the search for what they describe.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::assignment::{self, Endless, Syntax};
use super::hit::{Hit, TextHits};
use super::prefilter::Prefilter;
use super::{decode, verify};
use crate::rule::{Level, Matcher, Rule};
use crate::span::Span;
use crate::value::{Confidence, Sensitive};

/// Bytes before and behind a keyword that a rule looks at, at most.
const BEFORE: usize = 256;
const BEHIND: usize = 1024;
const BEHIND_MULTILINE: usize = 16 * 1024;

/// The rules of a run, ready to search.
pub(crate) struct Engine {
    rules: Vec<Compiled>,
    prefilter: Prefilter,
    /// By number in the prefilter.
    keywords: Vec<Keyword>,
    weak: Option<usize>,
}

struct Compiled {
    rule: Rule,
    regex: OnceLock<Option<Regex>>,
}

/// What a word of the prefilter means.
#[derive(Default)]
struct Keyword {
    /// The rule of assignments, where it is part of a key's name.
    assignment: Option<usize>,
    /// Rules whose expression is tried.
    patterns: Vec<usize>,
    /// Whether it begins an allow comment.
    allow: bool,
}

/// The expression of a rule does not compile.
#[derive(Debug, thiserror::Error)]
#[error("rule {rule}: the pattern is not a regular expression that can be used: {message}")]
pub(crate) struct EngineError {
    rule: String,
    message: String,
}

impl Engine {
    /// Makes an engine of the credential rules among `rules`.
    /// Expressions are compiled on first need; see [`Engine::compile_all`].
    pub(crate) fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let rules: Vec<Compiled> = rules
            .into_iter()
            .filter(|rule| rule.pattern.is_some())
            .map(|rule| Compiled { rule, regex: OnceLock::new() })
            .collect();
        let mut table: BTreeMap<String, Keyword> = BTreeMap::new();
        for (index, compiled) in rules.iter().enumerate() {
            let Some(pattern) = &compiled.rule.pattern else { continue };
            for keyword in pattern.keywords.iter() {
                let entry = table.entry(keyword.to_ascii_lowercase()).or_default();
                match pattern.matcher {
                    Matcher::Assignment => _ = entry.assignment.get_or_insert(index),
                    Matcher::Pattern => entry.patterns.push(index),
                }
            }
        }
        table.insert("mlguard:".to_owned(), Keyword { allow: true, ..Keyword::default() });
        let (literals, keywords): (Vec<String>, Vec<Keyword>) = table.into_iter().unzip();
        let prefilter = Prefilter::new(literals.iter().map(String::as_str).zip(0..));
        let of = |level| {
            rules.iter().position(|c| {
                c.rule.level == level && c.rule.pattern.as_ref().is_some_and(|p| p.matcher == Matcher::Assignment)
            })
        };
        let weak = of(Level::Warning).or_else(|| of(Level::Error));
        Self { rules, prefilter, keywords, weak }
    }

    /// The rule of a [`Hit`].
    pub(crate) fn rule(&self, hit: &Hit) -> &Rule {
        &self.rules[hit.rule].rule
    }

    /// The id of a rule, by its index.
    pub(crate) fn rule_at(&self, rule: usize) -> &str {
        &self.rules[rule].rule.id
    }

    /// Compiles every expression now.
    ///
    /// # Errors
    /// The first that does not compile.
    pub(crate) fn compile_all(&self) -> Result<(), EngineError> {
        for compiled in &self.rules {
            let Some(text) = compiled.rule.pattern.as_ref().and_then(|pattern| pattern.regex.as_ref()) else {
                continue;
            };
            let rule = || compiled.rule.id.to_string();
            compile(text).map_err(|error| EngineError { rule: rule(), message: fault(&error) })?;
        }
        Ok(())
    }

    /// Searches `text`. `syntax` says how assignments are written at a byte offset.
    pub(crate) fn search(&self, text: &str, syntax: &dyn Fn(usize) -> Syntax) -> TextHits {
        let mut found = self.search_plain(text, syntax);
        decode::search(text, &|decoded| self.search_decoded(decoded), &mut found.hits);
        found
    }

    fn search_plain(&self, text: &str, syntax: &dyn Fn(usize) -> Syntax) -> TextHits {
        let count = self.rules.len();
        let mut search =
            Search { engine: self, text, found: TextHits::default(), counts: vec![0; count], tried: vec![0; count] };
        search.keywords(syntax);
        search.found
    }

    /// Searches text that was decoded from an encoding: formats, and only sure assignments.
    fn search_decoded(&self, text: &str) -> Vec<Hit> {
        let mut hits = self.search_plain(text, &|_| Syntax::Config).hits;
        hits.retain(|hit| hit.specific || hit.level == Level::Error);
        hits
    }

    /// The most telling hit in one value that stands alone, for checks that know the key: only formats count.
    pub(crate) fn identify(&self, value: Sensitive<'_>) -> Option<Hit> {
        let hits = self.search(value.expose_value(), &|_| Syntax::Config).hits;
        hits.into_iter().filter(|hit| hit.specific).min_by_key(|hit| (std::cmp::Reverse(hit.level), hit.span, hit.rule))
    }

    /// Where credentials of a known format are in a text for people. The spans come in no order and may overlap.
    pub(crate) fn formats(&self, text: &str) -> Vec<Span> {
        let hits = self.search(text, &|_| Syntax::Config).hits;
        hits.into_iter().filter(|hit| hit.specific).map(|hit| hit.span).collect()
    }

    fn regex(&self, rule: usize) -> Option<&Regex> {
        let compiled = &self.rules[rule];
        let text = compiled.rule.pattern.as_ref().and_then(|pattern| pattern.regex.as_ref());
        compiled.regex.get_or_init(|| text.and_then(|text| compile(text).ok())).as_ref()
    }
}

/// The last line of the library's words: the fault without the drawing of the whole expression.
fn fault(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
}

fn compile(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).unicode(false).multi_line(true).size_limit(2 << 20).dfa_size_limit(1 << 20).build()
}

/// One pass over one text.
struct Search<'e, 't> {
    engine: &'e Engine,
    text: &'t str,
    found: TextHits,
    /// By rule: how many hits there are.
    counts: Vec<usize>,
    /// By rule: up to where its expression was run.
    tried: Vec<usize>,
}

impl Search<'_, '_> {
    fn keywords(&mut self, syntax: &dyn Fn(usize) -> Syntax) {
        let mut assigned = 0;
        let mut endless = Endless::default();
        let engine = self.engine;
        engine.prefilter.find(self.text.as_bytes(), &mut |keyword, span| {
            let keyword = &engine.keywords[keyword];
            self.found.allow |= keyword.allow;
            keyword.patterns.iter().for_each(|&rule| self.pattern(rule, span));
            if let Some(rule) = keyword.assignment
                && span.start >= assigned
                && let Some(found) = assignment::read(self.text, span, syntax(span.start), &mut endless)
            {
                assigned = found.key.end;
                self.assignment(rule, &found);
            }
        });
    }

    fn assignment(&mut self, rule: usize, found: &assignment::Assignment) {
        let Some(confidence) = found.judge(self.text) else { return };
        let weak = self.engine.weak.unwrap_or(rule);
        let rule = if confidence == Confidence::High { rule } else { weak };
        let hit = Hit {
            rule,
            span: found.value,
            key: Some(found.key),
            level: self.engine.rules[rule].rule.level,
            encoding: None,
            specific: false,
            checksum_failed: false,
        };
        self.found.add(hit, &mut self.counts);
    }

    /// Runs a rule's expression around the keyword at `at`, unless that stretch was looked at already.
    fn pattern(&mut self, rule: usize, at: Span) {
        if at.start < self.tried[rule] {
            return;
        }
        let Some(pattern) = &self.engine.rules[rule].rule.pattern else { return };
        let Some(regex) = self.engine.regex(rule) else { return };
        let window = window(self.text, at, pattern.multiline);
        let from = window.start.max(self.tried[rule].min(at.start));
        let bytes = &self.text.as_bytes()[from..window.end];
        for found in regex.captures_iter(bytes) {
            let Some(secret) = found.name("secret").or_else(|| found.get(0)) else { continue };
            let span = Span::new(from + secret.start(), from + secret.end());
            let part =
                |name| found.name(name).map(|part| Span::new(from + part.start(), from + part.end()).slice(self.text));
            if let (Some(user), Some(host)) = (part("user"), part("host"))
                && Sensitive::in_text(self.text, span).is_sample_password(user, host)
            {
                continue;
            }
            self.judge_match(rule, span);
        }
        self.tried[rule] = window.end;
    }

    fn judge_match(&mut self, rule: usize, span: Span) {
        let compiled = &self.engine.rules[rule].rule;
        let Some(pattern) = &compiled.pattern else { return };
        let value = span.slice(self.text);
        let rest = self.text.get(span.end..).unwrap_or_default().trim_start();
        let cut = rest.starts_with("...") || rest.starts_with('…');
        if cut
            || value.is_empty()
            || Sensitive::new(value).entropy() < pattern.min_entropy
            || Sensitive::new(value).is_placeholder()
        {
            return;
        }
        let checked = pattern.checksum.is_none_or(|kind| verify::holds(kind, value));
        let level = if checked { compiled.level } else { compiled.level.min(Level::Warning) };
        let hit = Hit { rule, span, key: None, level, encoding: None, specific: true, checksum_failed: !checked };
        self.found.add(hit, &mut self.counts);
    }
}

/// The line of the keyword, or a longer stretch for rules over several lines; clipped on very long lines, and at character
/// boundaries.
fn window(text: &str, at: Span, multiline: bool) -> Span {
    let bytes = text.as_bytes();
    let (mut start, mut end) = if multiline {
        (at.start.saturating_sub(64), (at.end + BEHIND_MULTILINE).min(text.len()))
    } else {
        let low = at.start.saturating_sub(BEFORE);
        let high = (at.end + BEHIND).min(text.len());
        let start = memchr::memrchr2(b'\n', b'\r', &bytes[low..at.start]).map_or(low, |found| low + found + 1);
        let end = memchr::memchr2(b'\n', b'\r', &bytes[at.end..high]).map_or(high, |found| at.end + found);
        (start, end)
    };
    while !text.is_char_boundary(start) {
        start += 1;
    }
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Span::new(start, end)
}
