//! Finds the actions of a template text in one pass.

use memchr::memmem::Finder;

use super::action::ActionKind;
use super::token::{first_word, string_end};
use crate::span::Span;

/// An action before its literals are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FoundAction {
    /// The whole action, delimiters and a GitHub `$` included.
    pub span: Span,
    /// What is between the delimiters and trim marks.
    pub body: Span,
    pub kind: ActionKind,
}

/// Delimiters of one family of actions.
struct Syntax {
    close: &'static str,
    /// Strings and nested braces are respected when the end is looked for.
    code: bool,
}

const MUSTACHE: Syntax = Syntax { close: "}}", code: true };
const STATEMENT: Syntax = Syntax { close: "%}", code: true };
const JINJA_COMMENT: Syntax = Syntax { close: "#}", code: false };
const ERB: Syntax = Syntax { close: "%>", code: false };

/// Every action of `text`, in order, without overlaps.
pub(super) fn actions(text: &str) -> Vec<FoundAction> {
    let bytes = text.as_bytes();
    let mut scanner = ActionScanner { text, patience: 4 * bytes.len() + 4096, exhausted: [false; 4] };
    let mut found: Vec<FoundAction> = Vec::new();
    let mut from = 0;
    for at in memchr::memchr2_iter(b'{', b'<', bytes) {
        if at < from {
            continue;
        }
        if let Some(action) = terraform_directive(text, at).filter(|action| action.span.start >= from) {
            from = action.span.end;
            found.push(action);
        } else if let Some(mut action) = scanner.action(at) {
            from = action.span.end;
            let dollar = at > 0 && bytes.get(at - 1) == Some(&b'$') && bytes.get(at + 1) == Some(&b'{');
            if dollar && found.last().is_none_or(|last| last.span.end < at) {
                action.span.start = at - 1;
            }
            found.push(action);
        }
    }
    found
}

/// `%{ if … ~}` of Terraform's `templatefile`, with its brace at byte `at`. Other programs write `%{name}` too, so only the
/// words of Terraform count.
fn terraform_directive(text: &str, at: usize) -> Option<FoundAction> {
    const WORDS: [&str; 5] = ["if", "else", "endif", "for", "endfor"];
    let bytes = text.as_bytes();
    let start = at.checked_sub(1).filter(|before| bytes[*before] == b'%')?;
    // `%%{` stands for itself.
    let escaped = start > 0 && bytes[start - 1] == b'%';
    let inside = text.get(at + 1..).filter(|_| bytes[at] == b'{' && !escaped)?;
    let words = inside.trim_start_matches('~').trim_start_matches([' ', '\t']);
    let end = words.find(|c: char| !c.is_ascii_lowercase()).filter(|end| WORDS.contains(&&words[..*end]))?;
    let rest = &words[end..];
    if !rest.starts_with([' ', '\t', '~', '}']) {
        return None;
    }
    // An expression may have braces of its own, on its line.
    let mut depth = 0_usize;
    let mut quoted = false;
    let body = at + 1 + (inside.len() - words.len());
    for (offset, byte) in rest.bytes().enumerate() {
        match byte {
            b'\n' | b'\r' => return None,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted && depth > 0 => depth -= 1,
            b'}' if !quoted => {
                let close = body + end + offset;
                return Some(FoundAction {
                    span: Span::new(start, close + 1),
                    body: Span::new(body, close),
                    kind: ActionKind::Control,
                });
            }
            _ => {}
        }
    }
    None
}

struct ActionScanner<'a> {
    text: &'a str,
    /// Bytes that searches which fail may still cost, so that hostile text stays linear.
    patience: usize,
    /// Closers of which no more follow.
    exhausted: [bool; 4],
}

impl ActionScanner<'_> {
    fn action(&mut self, at: usize) -> Option<FoundAction> {
        let bytes = self.text.as_bytes();
        let (slot, syntax) = match (bytes.get(at)?, bytes.get(at + 1)?) {
            (b'{', b'{') => (0, MUSTACHE),
            (b'{', b'%') => (1, STATEMENT),
            // `${#array[@]}` is shell.
            (b'{', b'#') if at == 0 || bytes.get(at - 1) != Some(&b'$') => (2, JINJA_COMMENT),
            (b'<', b'%') => (3, ERB),
            _ => return None,
        };
        if self.exhausted[slot] {
            return None;
        }
        let inside = at + 2;
        let comment = slot == 0 && is_go_comment(self.text.get(inside..).unwrap_or_default());
        let end = if comment {
            self.go_comment_end(inside).or_else(|| self.plain_end(inside, syntax.close))
        } else if syntax.code {
            self.code_end(inside, syntax.close).or_else(|| self.plain_end(inside, syntax.close))
        } else {
            self.plain_end(inside, syntax.close)
        };
        let Some(end) = end else {
            self.exhausted[slot] = true;
            return None;
        };
        let body = trimmed_body(self.text, Span::new(inside, end - 2));
        let kind = match slot {
            0 if comment => ActionKind::Comment,
            0 => mustache_kind(body.slice(self.text)),
            1 => ActionKind::Control,
            2 => ActionKind::Comment,
            _ => erb_kind(body.slice(self.text)),
        };
        Some(FoundAction { span: Span::new(at, end), body, kind })
    }

    /// End of the first `close` at or after `from`.
    fn plain_end(&self, from: usize, close: &str) -> Option<usize> {
        let rest = self.text.as_bytes().get(from..)?;
        Finder::new(close).find(rest).map(|at| from + at + close.len())
    }

    fn go_comment_end(&mut self, from: usize) -> Option<usize> {
        let limit = self.text.len().min(from.saturating_add(self.patience));
        let window = self.text.as_bytes().get(from..limit)?;
        let found = Finder::new("*/").find(window).and_then(|at| {
            let end = from + at + 2;
            let rest = self.text.get(end..)?;
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n', '-']);
            trimmed.starts_with("}}").then(|| end + (rest.len() - trimmed.len()) + 2)
        });
        if found.is_none() {
            self.patience = self.patience.saturating_sub(window.len());
        }
        found
    }

    /// End of the first `close` outside strings and nested braces; none if a string stays open.
    fn code_end(&mut self, from: usize, close: &str) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let close = close.as_bytes();
        let limit = bytes.len().min(from.saturating_add(self.patience));
        let mut at = from;
        let mut depth = 0_usize;
        while at < limit {
            let byte = bytes[at];
            match byte {
                // An apostrophe inside a word opens no string.
                b'\'' if at > from && bytes[at - 1].is_ascii_alphanumeric() => {}
                b'"' | b'\'' | b'`' => match string_end(bytes, at, limit) {
                    Some(end) => {
                        at = end;
                        continue;
                    }
                    // An apostrophe in prose, such as in an `{% if %}` message: no string.
                    None if byte == b'\'' => {}
                    None => {
                        at = limit;
                        break;
                    }
                },
                _ if depth == 0 && bytes.get(at..at + 2) == Some(close) => return Some(at + 2),
                b'{' => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += 1;
        }
        self.patience = self.patience.saturating_sub(at.max(from + 1) - from);
        None
    }
}

fn is_go_comment(inside: &str) -> bool {
    let inside = inside.strip_prefix('-').unwrap_or(inside);
    inside.trim_start().starts_with("/*")
}

/// Body without trim marks and outer white space.
fn trimmed_body(text: &str, span: Span) -> Span {
    let body = span.slice(text);
    let rest = body.strip_prefix(['-', '+']).unwrap_or(body).trim_start();
    let from = span.start + (body.len() - rest.len());
    Span::new(from, from + rest.strip_suffix(['-', '+']).unwrap_or(rest).trim_end().len())
}

fn mustache_kind(body: &str) -> ActionKind {
    let word = first_word(body);
    let rest = &body[word.len()..];
    let clean = !rest.starts_with(['.', '[', '|', ',']);
    let control = ["if", "else", "end", "range", "with", "define", "block", "break", "continue"];
    if clean && control.contains(&word) || is_assignment(body) { ActionKind::Control } else { ActionKind::Output }
}

/// `$x := …`, `$x, $y = …`.
fn is_assignment(body: &str) -> bool {
    let Some(rest) = body.strip_prefix('$') else { return false };
    let rest = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').trim_start();
    rest.starts_with(":=") || rest.starts_with('=') && !rest.starts_with("==")
}

fn erb_kind(body: &str) -> ActionKind {
    match body.as_bytes().first() {
        Some(b'=') => ActionKind::Output,
        Some(b'#') => ActionKind::Comment,
        _ => ActionKind::Control,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<(&str, ActionKind)> {
        actions(text).into_iter().map(|a| (a.span.slice(text), a.kind)).collect()
    }

    #[test]
    fn families_and_kinds() {
        let text =
            "{{- if .a -}} {{ .b }} {{/* }} \" */}} {% set x = 1 %} {# c #} <%= d %> ${{ secrets.E }} {{ $x := 1 }}";
        assert_eq!(
            spans(text),
            [
                ("{{- if .a -}}", ActionKind::Control),
                ("{{ .b }}", ActionKind::Output),
                ("{{/* }} \" */}}", ActionKind::Comment),
                ("{% set x = 1 %}", ActionKind::Control),
                ("{# c #}", ActionKind::Comment),
                ("<%= d %>", ActionKind::Output),
                ("${{ secrets.E }}", ActionKind::Output),
                ("{{ $x := 1 }}", ActionKind::Control),
            ]
        );
    }

    #[test]
    fn strings_and_braces_hide_the_end() {
        let text = "{{ \"}}\" }}{{ `{{ $labels.x }}` }}{{ {'a': {'b': 1}} }}{{ \"a\\\"}}\" }}";
        let found = spans(text);
        assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>().concat(), text);
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn an_open_string_falls_back_to_the_first_end() {
        assert_eq!(spans("{{ \"a }} b"), [("{{ \"a }}", ActionKind::Output)]);
        assert_eq!(spans("{{ don't }} isn't }}"), [("{{ don't }}", ActionKind::Output)]);
        assert!(spans("{{ a \n ${#a[@]} x#}").is_empty());
    }

    #[test]
    fn hostile_text_stays_linear() {
        for unit in ["{{ {", "{{ \"", "{{ ` }}", "{% \"", "{{ { }}", "{#", "<%", "{{/*", "{{/* }}"] {
            let text = unit.repeat(100_000);
            assert!(actions(&text).len() <= 100_000);
        }
    }
}
