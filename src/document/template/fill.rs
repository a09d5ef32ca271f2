//! Decides what replaces each action so that the rest stays valid YAML.
//!
//! The reading is by logical line: the lines that the actions starting on one line cover. A small lexer follows the
//! text between the actions to know whether an action is where a token may start, inside a scalar, or after one.

use super::action::ActionKind;
use super::block::Blocks;
use super::scan::FoundAction;
use super::token::first_word;
use crate::span::Span;

/// What an action becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fill {
    Spaces,
    /// A plain scalar of the same length.
    Filler,
    /// `- ` and spaces: a list item follows the action on the same line.
    Dash,
    /// A document start: each `define` of a helper file is a text of its own.
    Document,
}

/// `text` with every action replaced; same length, same line breaks.
pub(super) fn fill(text: &str, found: &[FoundAction]) -> String {
    let mut out = text.as_bytes().to_vec();
    for action in found {
        for byte in out.get_mut(action.span.range()).unwrap_or_default() {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    let mut defines = Defines::default();
    let mut blocks = Blocks::default();
    let mut from = 0;
    let mut next = 0;
    while let Some(first) = found.get(next) {
        let start = line_start(text, first.span.start);
        blocks.read(&mut out, Span::new(from, start));
        let mut end = line_end(text, first.span.end);
        let mut last = next + 1;
        while let Some(more) = found.get(last).filter(|more| more.span.start < end) {
            end = line_end(text, more.span.end.max(end));
            last += 1;
        }
        let line = Line { text, span: Span::new(start, end), actions: &found[next..last] };
        let until = found.get(last).map_or(text.len(), |more| line_start(text, more.span.start));
        defines.skip(&line);
        let shallow = line.has_text() && blocks.hold(line.span.slice(text), Span::new(end, until).slice(text));
        for (action, fill) in line.actions.iter().zip(line.plan(shallow)) {
            write(&mut out, text, action.span, fill, line.span.start);
        }
        if line.has_text() {
            blocks.read(&mut out, line.span);
        } else if defines.bounds(&line) {
            write(&mut out, text, Span::new(start, end), Fill::Document, start);
            blocks.read(&mut out, line.span);
        } else {
            blocks.note_blank(line.span);
            if line.actions.iter().any(|action| action.body.slice(text).trim_start().starts_with("else")) {
                blank_empty_collection(&mut out, end, until);
            }
        }
        from = end;
        next = last;
    }
    blocks.read(&mut out, Span::new(from, text.len()));
    blocks.finish(&mut out);
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

fn write(out: &mut [u8], text: &str, span: Span, fill: Fill, line_start: usize) {
    let mut place = span;
    if let Some(at) = memchr::memchr(b'\n', span.slice(text).as_bytes()) {
        // The lines after the first stay spaces, except under a key that follows the action.
        place.end = span.start + at;
        let leads = Span::new(line_start, span.start).slice(text).trim().is_empty();
        if leads && fill == Fill::Filler {
            let tail = span.slice(text).rfind('\n').unwrap_or(at) + 1;
            let last = span.slice(text).get(tail..).unwrap_or_default();
            place = Span::new(span.start + tail + (last.len() - last.trim_start().len()), span.end);
        }
    }
    let Some(bytes) = out.get_mut(place.range()) else { return };
    match fill {
        Fill::Spaces => {}
        Fill::Filler => bytes.iter_mut().filter(|b| **b != b'\r').for_each(|b| *b = b'x'),
        Fill::Dash => bytes.iter_mut().take(1).for_each(|b| *b = b'-'),
        Fill::Document => bytes.iter_mut().take(3).for_each(|b| *b = b'-'),
    }
}

/// Follows the nesting of Go blocks to find where a `define` starts and ends.
#[derive(Default)]
struct Defines {
    /// Whether each open block is a `define`.
    open: Vec<bool>,
}

impl Defines {
    /// Reads a line with text, which bounds nothing.
    fn skip(&mut self, line: &Line<'_>) {
        if line.has_text() {
            self.bounds(line);
        }
    }

    /// Whether `line`, of actions alone, is a `define` or its `end` at the left margin.
    fn bounds(&mut self, line: &Line<'_>) -> bool {
        let mut bounds = false;
        for action in line.actions {
            if line.text.as_bytes().get(action.span.start + 1) != Some(&b'{') || action.kind != ActionKind::Control {
                continue;
            }
            match first_word(action.body.slice(line.text)) {
                "define" => {
                    bounds = true;
                    self.open.push(true);
                }
                "if" | "range" | "with" | "block" => self.open.push(false),
                "end" => bounds |= self.open.pop() == Some(true),
                _ => {}
            }
        }
        let single = memchr::memchr(b'\n', line.span.slice(line.text).as_bytes()).is_none();
        bounds && single && line.gap(0).is_empty()
    }
}

/// The `[]` or `{}` of an `else` branch would be next to the entries of the other branch. It means nothing, so it is removed.
fn blank_empty_collection(out: &mut [u8], from: usize, until: usize) {
    let Some(rest) = out.get_mut(from..until) else { return };
    let Some(start) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) else { return };
    let end = memchr::memchr(b'\n', &rest[start..]).map_or(rest.len(), |at| start + at);
    let line = &mut rest[start..end];
    if matches!(line.trim_ascii_end(), b"[]" | b"{}") {
        line.iter_mut().take(2).for_each(|byte| *byte = b' ');
    }
}

fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr(b'\n', text.as_bytes().get(..at).unwrap_or_default()).map_or(0, |at| at + 1)
}

/// Offset of the line break that ends the line of `at`, or the end of the text.
fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr(b'\n', text.as_bytes().get(at..).unwrap_or_default()).map_or(text.len(), |found| at + found)
}

/// A logical line and the actions that start on it.
struct Line<'a> {
    text: &'a str,
    span: Span,
    actions: &'a [FoundAction],
}

impl<'a> Line<'a> {
    /// The text before action `index`, or after the last one.
    fn gap(&self, index: usize) -> &'a str {
        let start = if index == 0 { self.span.start } else { self.actions[index - 1].span.end };
        let end = self.actions.get(index).map_or(self.span.end, |action| action.span.start);
        Span::new(start, end).slice(self.text)
    }

    /// Whether there is text other than actions, white space and a final comment.
    fn has_text(&self) -> bool {
        (0..=self.actions.len()).any(|index| !self.gap(index).trim().is_empty())
    }

    fn plan(&self, shallow_in_block: bool) -> Vec<Fill> {
        let count = self.actions.len();
        let mut fills = Vec::with_capacity(count);
        let rest = self.rests();
        let mut lexer = YamlLineLexer::default();
        for (index, action) in self.actions.iter().enumerate() {
            let gap = self.gap(index);
            lexer.read(gap, rest[index].blank);
            let follows = self.gap(index + 1);
            let leads = !lexer.seen_text;
            let fill = match lexer.state {
                YamlState::Double | YamlState::Single => Fill::Filler,
                YamlState::Comment | YamlState::Closed | YamlState::Header => Fill::Spaces,
                YamlState::Start if rest[index].blank => Fill::Spaces,
                YamlState::Start if leads && shallow_in_block => Fill::Spaces,
                YamlState::Start if leads && action.kind != ActionKind::Output && starts_item(follows) => Fill::Dash,
                YamlState::Start => start_fill(action.kind, leads, follows, &rest[index]),
                YamlState::Plain if rest[index].blank && action.kind != ActionKind::Output => Fill::Spaces,
                YamlState::Plain => Fill::Filler,
            };
            lexer.pass(fill);
            fills.push(fill);
        }
        fills
    }

    /// What follows each action on the line.
    fn rests(&self) -> Vec<Rest> {
        let mut rest = Rest { blank: true, pieces: 0, outputs: 0 };
        let mut rests = Vec::with_capacity(self.actions.len());
        for index in (0..self.actions.len()).rev() {
            let gap = self.gap(index + 1);
            let text = gap.trim_start();
            let comment = rest.blank && text.starts_with('#') && text.len() < gap.len();
            let blank = text.is_empty() || comment;
            rest =
                Rest { blank: rest.blank && blank, pieces: rest.pieces + usize::from(!blank), outputs: rest.outputs };
            rests.push(rest);
            rest.outputs += usize::from(self.actions[index].kind == ActionKind::Output);
        }
        rests.reverse();
        rests
    }
}

/// What follows an action on its line.
#[derive(Clone, Copy)]
struct Rest {
    /// Only actions, white space and a comment.
    blank: bool,
    /// Gaps with text.
    pieces: usize,
    /// Actions that write.
    outputs: usize,
}

fn starts_item(gap: &str) -> bool {
    let gap = gap.trim_start();
    gap.starts_with("- ") || gap.trim_end() == "-"
}

/// The fill of an action where a token may start and text follows on the line.
fn start_fill(kind: ActionKind, leads: bool, follows: &str, rest: &Rest) -> Fill {
    let follows = follows.trim();
    if kind == ActionKind::Output {
        return Fill::Filler;
    }
    let quoted = follows.starts_with(['"', '\'']);
    let comma = follows.ends_with(',') && !follows.ends_with("\",\"");
    let key = follows.ends_with(':') || follows.contains(": ");
    if leads && quoted && comma {
        return Fill::Spaces;
    }
    if leads && follows.starts_with([',', '}', ']', '{', '[']) {
        return Fill::Spaces;
    }
    if !leads && !key && rest.pieces == 1 && rest.outputs == 0 && !follows.starts_with(',') {
        return Fill::Spaces;
    }
    Fill::Filler
}

/// Where the lexer is within a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum YamlState {
    /// A token may start.
    #[default]
    Start,
    Plain,
    Double,
    Single,
    /// After a quoted scalar or a closing bracket.
    Closed,
    /// After the header of a block scalar.
    Header,
    Comment,
}

/// A tolerant YAML lexer of one line.
#[derive(Default)]
struct YamlLineLexer {
    state: YamlState,
    /// Anything but white space was read.
    seen_text: bool,
    /// A key was read, so that a further colon without a space belongs to the value.
    seen_key: bool,
    /// An action became filler.
    seen_filler: bool,
    flow: usize,
}

impl YamlLineLexer {
    /// Passes an action that becomes `fill`.
    fn pass(&mut self, fill: Fill) {
        if fill == Fill::Filler {
            self.seen_filler = true;
            if self.state == YamlState::Start {
                self.state = YamlState::Plain;
            }
        }
        self.seen_text |= fill != Fill::Spaces;
    }

    /// Reads `gap`; `last` says that nothing but actions and a comment follows it.
    fn read(&mut self, gap: &str, last: bool) {
        let bytes = gap.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let spaced_before = at == 0 || matches!(bytes[at - 1], b' ' | b'\t');
            let ends_after = bytes.get(at + 1).is_none_or(|next| matches!(next, b' ' | b'\t' | b'\r' | b'\n'));
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                self.seen_text = true;
            }
            at += match self.state {
                YamlState::Start => self.start(bytes, at, ends_after),
                YamlState::Double if byte == b'\\' => 2,
                YamlState::Double | YamlState::Single => {
                    let quote = if self.state == YamlState::Double { b'"' } else { b'\'' };
                    if byte == quote {
                        self.state = YamlState::Closed;
                    }
                    1
                }
                YamlState::Plain | YamlState::Closed => {
                    self.after_start(byte, spaced_before, ends_after, at + 1 == bytes.len(), last);
                    1
                }
                YamlState::Header | YamlState::Comment => return,
            };
        }
    }

    /// One step where a token may start; gives the number of bytes read.
    fn start(&mut self, bytes: &[u8], at: usize, ends_after: bool) -> usize {
        match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {}
            b'"' => self.state = YamlState::Double,
            b'\'' => self.state = YamlState::Single,
            b'[' | b'{' => self.flow += 1,
            b']' | b'}' => self.close(),
            b'-' | b'?' if ends_after => {}
            // `value: :{{ .port }}` goes on with its scalar.
            b':' if ends_after && (at + 1 < bytes.len() || !self.seen_key) => self.seen_key = true,
            b'#' => self.state = YamlState::Comment,
            b'|' | b'>' => self.state = YamlState::Header,
            b'&' | b'!' => {
                let rest = &bytes[at..];
                return memchr::memchr2(b' ', b',', rest).unwrap_or(rest.len());
            }
            _ => self.state = YamlState::Plain,
        }
        1
    }

    fn close(&mut self) {
        self.flow = self.flow.saturating_sub(1);
        self.state = YamlState::Closed;
    }

    /// One step inside a plain scalar or after a closed one.
    #[expect(clippy::fn_params_excessive_bools, reason = "what is around the byte, in its order")]
    fn after_start(&mut self, byte: u8, spaced_before: bool, ends_after: bool, gap_ends: bool, last: bool) {
        let closed = self.state == YamlState::Closed;
        match byte {
            b':' if ends_after => {
                // `image: {{ a }}:{{ b }}` goes on with its scalar, `key:{{ a }}` starts a value.
                let starts_value = !gap_ends || closed || last && !self.seen_key && !self.seen_filler;
                if starts_value {
                    self.state = YamlState::Start;
                    self.seen_key = true;
                }
            }
            b',' if closed || self.flow > 0 => self.state = YamlState::Start,
            b']' | b'}' if closed || self.flow > 0 => self.close(),
            b'#' if spaced_before => self.state = YamlState::Comment,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::template::scan;

    fn filled(text: &str) -> String {
        fill(text, &scan::actions(text))
    }

    /// Each pair is a line and what it becomes, trailing spaces aside.
    #[track_caller]
    fn becomes(pairs: &[(&str, &str)]) {
        for (text, wanted) in pairs {
            let got = filled(text);
            assert_eq!(got.len(), text.len(), "{text}");
            assert_eq!(got.trim_end(), *wanted, "{text}");
        }
    }

    #[test]
    fn whole_lines_and_values_become_spaces() {
        becomes(&[
            ("  {{- if .x }}", ""),
            ("a: {{ .x }}", "a:"),
            ("a:{{ .x }}", "a:"),
            ("a: {{ .x }} # why", "a:          # why"),
            ("- {{ . }}", "-"),
            ("a: |{{ .x }}", "a: |"),
            ("a: \"b\" {{- end }}", "a: \"b\""),
            ("a: {{ .x }}{{ .y }}", "a:"),
            ("a: {{ if .x }}hunter2{{ end }}", "a:            hunter2"),
        ]);
    }

    #[test]
    fn actions_inside_scalars_become_filler() {
        becomes(&[
            ("{{ .k }}: v", "xxxxxxxx: v"),
            ("a: b-{{ .x }}", "a: b-xxxxxxxx"),
            ("a: {{ .x }}:{{ .y }}", "a: xxxxxxxx:xxxxxxxx"),
            ("a: :{{ .x }}", "a: :xxxxxxxx"),
            ("a: \"{{ .x }}\"", "a: \"xxxxxxxx\""),
            ("a: [{{ .x }}, {{ .y }}]", "a: [xxxxxxxx, xxxxxxxx]"),
            ("a: [\"b\"{{ if .x }}, \"c\"{{ end }}]", "a: [\"b\"           , \"c\"         ]"),
            ("a: {{ if .x }}b{{ else }}c{{ end }}", "a: xxxxxxxxxxxbxxxxxxxxxxc"),
            ("{{ if .x }}- b{{ end }}", "-          - b"),
            ("{{ if .x }}a: b{{ end }}", "xxxxxxxxxxxa: b"),
            ("a: é{{ \"é€\" }}é", "a: éxxxxxxxxxxxxxé"),
        ]);
    }

    #[test]
    fn actions_over_lines_keep_their_breaks() {
        assert_eq!(filled("a: {{ b\r\n  c }}\nd: e"), "a:     \r\n      \nd: e");
        assert_eq!(filled("a: \"{{ b\n  c }}\"\n"), "a: \"xxxx\n      \"\n");
    }

    #[test]
    fn lines_before_the_content_of_a_block_scalar_are_marked() {
        let text = "a: |\n  {{- if .x }}\n  b\n  {{- end }}\nc: |\n{{ .Files.Get }}\nd: e\n";
        assert_eq!(filled(text), "a: |\n  #           \n  b\n            \nc: |\n #              \nd: e\n");
    }

    #[test]
    fn each_definition_is_a_document() {
        let text = "{{- define \"a\" -}}\nb\n{{- end -}}\n{{- define \"c\" }}\nd: e\n{{ end }}\n";
        let lines: Vec<_> = filled(text).lines().map(|line| line.trim_end().to_owned()).collect();
        assert_eq!(lines, ["---", "b", "---", "---", "d: e", "---"]);
    }

    #[test]
    fn the_empty_collection_of_an_else_branch_goes() {
        let text = "a:\n  {{- if .x }}\n  - b\n  {{- else }}\n  []\n  {{- end }}\n";
        assert!(!filled(text).contains("[]"));
    }
}
