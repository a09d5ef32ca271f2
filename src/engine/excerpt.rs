//! Masking: lines for people without any value in them.

use crate::finding::{Excerpt, MASK};
use crate::mask;
use crate::span::{LineIndex, Span};
use crate::value::Sensitive;

/// Bytes shown before and behind a masked value, at most.
const BEFORE: usize = 72;
const BEHIND: usize = 8;
/// Bytes before a value that are looked at.
const WINDOW: usize = 512;
/// Values shorter than this are too common as words to be hidden in names.
const LEAST_HIDDEN: usize = 8;
/// Words that programs and files are made of, shown wherever they are.
const WORDS: &str = "-H -e -p -u ADD ARG Authorization Basic Bearer COPY ENV RUN Values apply auth aws b64enc \
                     b64encode const create curl def default docker echo env export final generic helm import \
                     install kubectl let login oc os.environ private public quote return run secret self set \
                     static string sudo val value var";

/// The spans of a source in which values are: sorted, and none meets another.
pub(super) struct Hidden(Vec<Span>);

impl Hidden {
    pub(super) fn new(mut spans: Vec<Span>) -> Self {
        spans.sort_unstable();
        let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match merged.last_mut() {
                Some(last) if span.start < last.end => last.end = last.end.max(span.end),
                _ => merged.push(span),
            }
        }
        Self(merged)
    }

    pub(super) fn meeting(&self, stretch: Span) -> impl Iterator<Item = Span> {
        let first = self.0.partition_point(|span| span.end <= stretch.start);
        self.0[first..].iter().copied().take_while(move |span| span.start < stretch.end)
    }
}

/// The first line of `span`: the value masked, and before it only the names that it is assigned to. What is marked as
/// `plain` is shown where it is a name and no known value is in it.
pub(super) fn of(text: &str, lines: &LineIndex, span: Span, plain: bool, hidden: &Hidden) -> Excerpt {
    let index = lines.line_of(span.start.min(text.len()));
    let line = lines.line_span(text, index);
    let start = span.start.clamp(line.start, line.end);
    let end = span.end.clamp(start, line.end);
    let mut from = start.saturating_sub(WINDOW).max(line.start);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let head = masked(text, Span::new(from, start), hidden);
    let mut shown = keep_end(&head, BEFORE);
    let at = shown.len();
    let written = Span::new(start, end).slice(text);
    if plain && hidden.meeting(Span::new(start, end)).next().is_none() && mask::is_plain_name(written) {
        shown.push_str(written);
    } else if !span.is_empty() {
        shown.push_str(MASK);
    }
    let marked = Span::new(at, shown.len());
    // What follows a value may explain it ("# hunter2"), so only what closes it is shown.
    let tail = Span::new(end, line.end).slice(text);
    let closers = tail.find(|c: char| !"\"'`,;)}]".contains(c)).unwrap_or(tail.len());
    shown.push_str(&tail[..closers.min(BEHIND)]);
    if closers < tail.len() && tail[closers..].contains(|c: char| !c.is_whitespace()) {
        shown.push_str(" …");
    }
    Excerpt { first_line: index + 1, text: shown, marked }
}

/// A stretch of a line with known values and everything that is no name masked.
fn masked(text: &str, stretch: Span, hidden: &Hidden) -> String {
    let mut shown = String::new();
    let mut from = stretch.start;
    for span in hidden.meeting(stretch) {
        if span.start > from {
            names_only(Span::new(from, span.start).slice(text), &mut shown);
        }
        hide(&mut shown);
        from = span.end.clamp(from, stretch.end);
    }
    names_only(Span::new(from, stretch.end).slice(text), &mut shown);
    shown
}

fn hide(shown: &mut String) {
    if !shown.ends_with(MASK) {
        shown.push_str(MASK);
    }
}

/// Appends `text` with every word masked but those that something is assigned to, flags, and words of programs: any
/// other may be a value that no rule knows.
fn names_only(text: &str, shown: &mut String) {
    let word = |c: char| !c.is_whitespace() && !"\"'`,;()[]{}<>:=".contains(c);
    // Behind `:` or `=` is a value, up to the next comma, bracket or space behind which a name can come again.
    let mut is_value = false;
    // Whether the word follows a space, or the `=` of a flag, and so may be a name although it is a value.
    let (mut is_apart, mut is_flag) = (true, false);
    let mut rest = text;
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(rest.find(|c| !word(c)).unwrap_or(rest.len()));
        let (gap, after) = tail.split_at(tail.find(word).unwrap_or(tail.len()));
        if !head.is_empty() {
            let closed = gap.trim_start_matches(['"', '\'', '`', ')', ']', '\\']).trim_start();
            // The last name before the mask is the value's own key, also in `--from-literal=KEY=`.
            let own = after.is_empty() && (is_apart || is_flag);
            let assigned = (own || !is_value) && closed.starts_with([':', '=']) || tail.starts_with("://");
            let template = head.starts_with(".Values.") && mask::is_plain_name(&head[1..]);
            let known = WORDS.split(' ').any(|known| known == head)
                || head.bytes().all(|byte| b"-.*#/$%&|\\!?+".contains(&byte));
            if known || template || assigned && mask::is_plain_name(head.trim_start_matches('-')) {
                shown.push_str(head);
            } else {
                hide(shown);
            }
        }
        is_apart = gap.contains(char::is_whitespace);
        is_flag = head.starts_with('-');
        if let Some(at) = gap.rfind([':', '=', ',', '{', '[', '(', ';']) {
            is_value = gap[at..].starts_with([':', '=']);
        }
        shown.push_str(gap);
        rest = after;
    }
}

fn keep_end(text: &str, most: usize) -> String {
    let mut from = text.len().saturating_sub(most);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    if from == 0 { text.to_owned() } else { format!("…{}", &text[from..]) }
}

/// The values of a source that must not appear in any name or message, sorted.
pub(super) struct Values<'t>(Vec<&'t str>);

impl<'t> Values<'t> {
    pub(super) fn new(text: &'t str, all: &[Span]) -> Self {
        let telling = |value: &&str| {
            value.len() >= LEAST_HIDDEN
                && !Sensitive::new(value).is_name()
                && value.bytes().any(|byte| !byte.is_ascii_lowercase())
        };
        let mut values: Vec<&str> = all.iter().map(|span| span.slice(text).trim()).filter(telling).collect();
        values.sort_unstable();
        values.dedup();
        Self(values)
    }

    /// Length of the longest value that `text` starts with.
    fn at_start(&self, text: &str) -> Option<usize> {
        let mut text = text.as_bytes();
        while text.len() >= LEAST_HIDDEN {
            let before = self.0.partition_point(|value| value.as_bytes() <= text).checked_sub(1)?;
            let value = self.0[before].as_bytes();
            let common = value.iter().zip(text).take_while(|(a, b)| a == b).count();
            if common == value.len() {
                return Some(common);
            }
            text = &text[..common];
        }
        None
    }

    /// A name or message with every value masked that it may have picked up from a key or an object's name, and every
    /// word that nobody would choose as a name.
    pub(super) fn scrub(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let step = match self.at_start(rest) {
                Some(length) => {
                    shown.push_str(MASK);
                    length
                }
                None => {
                    shown.push(first);
                    first.len_utf8()
                }
            };
            rest = rest.get(step..).unwrap_or_default();
        }
        mask::masked(&shown).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_and_its_neighbours_are_masked() {
        let text = "a: 1\nuser: bob, password: hunter2, other: q8ZrT3vLw0XbN5kYp2Jd # x\n";
        let at = text.find("hunter2").expect("it is there");
        let excerpt = of(text, &LineIndex::new(text), Span::new(at, at + 7), false, &Hidden::new(Vec::new()));
        assert_eq!(excerpt.text, "user: ********, password: ********, …");
        assert_eq!(excerpt.marked.slice(&excerpt.text), MASK);
        assert_eq!(excerpt.first_line, 2);
    }

    #[test]
    fn other_values_on_the_line_are_masked_too() {
        let text = "{a: first, b: second}";
        let spans = [Span::new(4, 9), Span::new(14, 20)];
        let excerpt = of(text, &LineIndex::new(text), spans[1], false, &Hidden::new(spans.to_vec()));
        assert_eq!(excerpt.text, "{a: ********, b: ********}");
    }

    #[test]
    fn before_a_value_only_names_are_shown() {
        for (line, shown) in [
            (
                "curl -u admin:pw1 -H \"Authorization: Bearer X",
                "curl -u admin:******** -H \"Authorization: Bearer ********",
            ),
            ("DB=postgres://user:X", "DB=postgres:********:********"),
            ("  - name: q8ZrT3vLw0XbN5kYp2Jd: X", "  - name: ********: ********"),
            ("aaa1=Zm9vYmFy==, token = X", "aaa1=********==, token = ********"),
            ("db:5432:ml:bot:Wintertime:X", "db:********:********:********:********:********"),
            ("db:5432:\"bot\":\"Wintertime\":X", "db:********:\"********\":\"********\":********"),
            ("{\"env\":{\"a\":1,\"KEY\":\"X", "{\"env\":{\"a\":********,\"KEY\":\"********"),
            ("make --from-literal=KEY=X", "******** --from-literal=KEY=********"),
        ] {
            let at = line.len() - 1;
            let excerpt = of(line, &LineIndex::new(line), Span::new(at, at + 1), false, &Hidden::new(Vec::new()));
            assert_eq!(excerpt.text, shown);
        }
    }

    #[test]
    fn a_value_in_a_name_is_masked() {
        let text = "hunter2-Zebra hunter2-Zebra9 other";
        let values = Values::new(text, &[Span::new(0, 13), Span::new(14, 28), Span::new(29, 34)]);
        assert_eq!(values.scrub("Secret a/hunter2-Zebra9-x .other"), "Secret a/********-x .other");
        assert_eq!(values.scrub("'hunter2-ZebraX'"), "'********X'");
        assert_eq!(values.scrub("hunter2-Z é"), "hunter2-Z é");
    }
}
