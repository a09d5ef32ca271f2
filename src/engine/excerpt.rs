//! Masking: lines for people without any value in them.

use crate::finding::{Excerpt, MASK};
use crate::span::{LineIndex, Span};
use crate::value::looks_random;

/// Bytes shown before and behind a masked value, at most.
const BEFORE: usize = 72;
const BEHIND: usize = 8;
/// Values shorter than this are too common as words to be hidden in names.
const LEAST_HIDDEN: usize = 8;

/// The first line of `span` with its value, every other known value and every random-looking word masked.
pub(super) fn of(text: &str, lines: &LineIndex, span: Span, all: &[Span]) -> Excerpt {
    let index = lines.line_of(span.start.min(text.len()));
    let line = lines.line_span(text, index);
    let start = span.start.clamp(line.start, line.end);
    let end = span.end.clamp(start, line.end);
    let head = masked(text, Span::new(line.start, start), all);
    let tail = Span::new(end, line.end).slice(text);
    let closers = tail.find(|c: char| !"\"'`,;)}]".contains(c)).unwrap_or(tail.len());
    let mut shown = keep_end(&head, BEFORE);
    let at = shown.len();
    if !span.is_empty() {
        shown.push_str(MASK);
    }
    let marked = Span::new(at, shown.len());
    // What stands behind a value may explain it ("# hunter2"), so only what closes it is shown.
    shown.push_str(&tail[..closers.min(BEHIND)]);
    if !tail[closers..].trim().is_empty() {
        shown.push_str(" …");
    }
    Excerpt { first_line: index + 1, text: shown, marked }
}

/// A stretch of a line with known values and random-looking words masked.
fn masked(text: &str, stretch: Span, all: &[Span]) -> String {
    let mut hidden: Vec<Span> = all.iter().copied().filter(|span| span.overlaps(stretch)).collect();
    hidden.sort_unstable();
    let mut shown = String::new();
    let mut from = stretch.start;
    for span in hidden {
        if span.end <= from {
            continue;
        }
        if span.start > from {
            shown.push_str(&hide_words(Span::new(from, span.start).slice(text)));
        }
        if !shown.ends_with(MASK) {
            shown.push_str(MASK);
        }
        from = span.end.min(stretch.end);
    }
    shown.push_str(&hide_words(Span::new(from, stretch.end).slice(text)));
    shown
}

/// Replaces words that no person would choose: they may be a value that no rule knows.
fn hide_words(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || "+/_=-".contains(c);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(end);
        let hide = head.len() >= 12 && looks_random(head) || head.len() >= 40;
        shown.push_str(if hide { MASK } else { head });
        let other = tail.find(word).unwrap_or(tail.len());
        shown.push_str(&tail[..other]);
        rest = &tail[other..];
    }
    shown
}

fn keep_end(text: &str, most: usize) -> String {
    let mut from = text.len().saturating_sub(most);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    if from == 0 { text.to_owned() } else { format!("…{}", &text[from..]) }
}

/// The values of a source that may not stand in any name or message.
pub(super) fn values<'t>(text: &'t str, all: &[Span]) -> Vec<&'t str> {
    let mut values: Vec<&str> =
        all.iter().map(|span| span.slice(text).trim()).filter(|value| value.len() >= LEAST_HIDDEN).collect();
    values.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
    values.dedup();
    values
}

/// A name or message with every value masked that it may have picked up from a key or an object's name.
pub(super) fn scrub(text: &str, values: &[&str]) -> String {
    let mut text = text.to_owned();
    for value in values {
        if looks_random(value) && text.contains(value) {
            text = text.replace(value, MASK);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_and_its_neighbours_are_masked() {
        let text = "a: 1\nuser: bob, password: hunter2, other: q8ZrT3vLw0XbN5kYp2Jd # x\n";
        let at = text.find("hunter2").expect("it is there");
        let excerpt = of(text, &LineIndex::new(text), Span::new(at, at + 7), &[]);
        assert_eq!(excerpt.text, "user: bob, password: ********, …");
        assert_eq!(excerpt.marked.slice(&excerpt.text), MASK);
        assert_eq!(excerpt.first_line, 2);
    }

    #[test]
    fn other_values_on_the_line_are_masked_too() {
        let text = "{a: first, b: second}";
        let spans = [Span::new(4, 9), Span::new(14, 20)];
        let excerpt = of(text, &LineIndex::new(text), spans[1], &spans);
        assert_eq!(excerpt.text, "{a: ********, b: ********}");
    }
}
