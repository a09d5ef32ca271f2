//! The reader: one pass over the bytes, which ends whatever the text is.

use super::tree::{Attribute, Block, Body, Value};
use crate::span::Span;

/// Deepest nesting that is read.
const DEPTH: usize = 48;
/// Longest name of a here-document's end.
const MARK: usize = 64;

/// Reads a file.
pub(crate) fn parse(text: &str) -> Body {
    let mut reader = HclReader { text, bytes: text.as_bytes(), at: 0 };
    let mut body = Body::default();
    // A brace too many ends nothing.
    while reader.at < reader.bytes.len() {
        reader.body(&mut body, 0);
        reader.at += 1;
    }
    body
}

struct HclReader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || byte >= 0x80
}

impl HclReader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn starts(&self, with: &[u8]) -> bool {
        self.bytes[self.at.min(self.bytes.len())..].starts_with(with)
    }

    /// To the end of the line, which stays.
    fn line(&mut self) {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// Skips blanks and comments, and line ends too where `lines`.
    fn blank(&mut self, lines: bool) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' if lines => self.at += 1,
                b'#' => self.line(),
                b'/' if self.starts(b"//") => self.line(),
                b'/' if self.starts(b"/*") => {
                    let end = memchr::memmem::find(&self.bytes[self.at..], b"*/");
                    self.at = end.map_or(self.bytes.len(), |end| self.at + end + 2);
                }
                _ => return,
            }
        }
    }

    fn name(&mut self) -> Option<Span> {
        let start = self.at;
        while self.peek().is_some_and(is_name) {
            self.at += 1;
        }
        (self.at > start).then(|| Span::new(start, self.at))
    }

    /// Up to the brace that closes it, which stays, or the end.
    fn body(&mut self, body: &mut Body, depth: usize) {
        loop {
            self.blank(true);
            let Some(byte) = self.peek() else { return };
            if byte == b'}' {
                return;
            }
            let key = if byte == b'"' { self.quoted().map(|(span, _)| span) } else { self.name() };
            let Some(key) = key else {
                self.at += 1;
                continue;
            };
            self.blank(false);
            if matches!(self.peek(), Some(b'=' | b':')) && !self.starts(b"==") {
                self.at += 1;
                let value = self.value(false, depth);
                body.attributes.push(Attribute { key, value });
            } else {
                self.block(key, body, depth);
            }
        }
    }

    fn block(&mut self, kind: Span, body: &mut Body, depth: usize) {
        let mut labels = Vec::new();
        loop {
            self.blank(false);
            match self.peek() {
                Some(b'"') => match self.quoted() {
                    Some((label, _)) => labels.push(label),
                    None => return self.line(),
                },
                Some(b'{') => break,
                Some(byte) if is_name(byte) => labels.extend(self.name()),
                _ => return self.line(),
            }
        }
        self.at += 1;
        let mut inner = Body::default();
        if depth < DEPTH {
            self.body(&mut inner, depth + 1);
        } else {
            self.close(b'}');
        }
        self.at += 1;
        body.blocks.push(Block { kind, labels, body: inner });
    }

    /// A string; whether something is filled in. It starts at its quote; none where it does not end on its line.
    fn quoted(&mut self) -> Option<(Span, bool)> {
        let start = self.at + 1;
        let mut at = start;
        let mut filled = false;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' => at += 2,
                b'"' => {
                    self.at = at + 1;
                    return Some((Span::new(start, at), filled));
                }
                b'\n' => break,
                b'$' | b'%' if self.bytes.get(at + 1) == Some(&byte) && self.bytes.get(at + 2) == Some(&b'{') => {
                    at += 3;
                }
                b'$' | b'%' if self.bytes.get(at + 1) == Some(&b'{') => {
                    filled = true;
                    at = self.filled(at + 2);
                }
                _ => at += 1,
            }
        }
        // No string, and nothing else either.
        self.at = at.max(start).min(self.bytes.len());
        None
    }

    /// Behind the brace that closes what is filled in from `at` on; strings in it may hold braces.
    fn filled(&self, at: usize) -> usize {
        let (mut at, mut depth, mut string) = (at, 1_usize, false);
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\n' => return at,
                b'\\' if string => at += 1,
                b'"' => string = !string,
                b'{' => depth += 1,
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return at + 1;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        at
    }

    /// Skips to the bracket that closes what was opened, which stays.
    fn close(&mut self, closer: u8) {
        let mut depth = 0_usize;
        loop {
            self.blank(true);
            match self.peek() {
                None => return,
                Some(b'"') => {
                    self.quoted();
                }
                Some(b'<') if self.starts(b"<<") => {
                    if self.heredoc().is_none() {
                        self.at += 1;
                    }
                }
                Some(byte) if byte == closer && depth == 0 => return,
                Some(b'{' | b'[' | b'(') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'}' | b']' | b')') => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn heredoc(&mut self) -> Option<Value> {
        let mut at = self.at + 2;
        at += usize::from(self.bytes.get(at) == Some(&b'-'));
        let end =
            at + self.bytes[at.min(self.bytes.len())..].iter().take(MARK).take_while(|&&byte| is_name(byte)).count();
        let mark = self.text.get(at..end).filter(|mark| !mark.is_empty())?;
        let blank = self.bytes[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        if self.bytes.get(end + blank) != Some(&b'\n') {
            return None;
        }
        let start = end + blank + 1;
        let mut from = start;
        for line in self.text.get(start..)?.split_inclusive('\n') {
            if line.trim() == mark {
                break;
            }
            from += line.len();
        }
        let body = Span::new(start, from);
        let text = body.slice(self.text);
        self.at = from;
        if from < self.bytes.len() {
            self.line();
        }
        Some(Value::Heredoc(body, text.contains("${") || text.contains("%{")))
    }

    /// A value, and all up to what ends it. Inside brackets (`lines`) a line end does not.
    fn value(&mut self, lines: bool, depth: usize) -> Value {
        self.blank(lines);
        let first = self.primary(depth);
        self.blank(lines);
        let mut whole = true;
        loop {
            match self.peek() {
                None | Some(b'\n' | b',' | b']' | b'}' | b')') => break,
                _ if matches!(first, Value::Heredoc(..)) => break,
                Some(_) => {
                    whole = false;
                    let before = self.at;
                    self.primary(depth);
                    if self.at == before {
                        self.at += 1;
                    }
                    self.blank(lines);
                }
            }
        }
        if whole { first } else { Value::Other }
    }

    fn primary(&mut self, depth: usize) -> Value {
        match self.peek() {
            Some(b'"') => match self.quoted() {
                Some((span, true)) => Value::Template(span),
                Some((span, false)) => Value::Text(span),
                None => Value::Other,
            },
            Some(b'<') if self.starts(b"<<") => self.heredoc().unwrap_or(Value::Other),
            Some(open @ (b'{' | b'[' | b'(')) => {
                self.at += 1;
                let value = self.bracket(open, depth + 1);
                self.at += 1;
                value
            }
            Some(byte) if is_name(byte) => {
                let start = self.at;
                while self.peek().is_some_and(|byte| is_name(byte) || matches!(byte, b'.' | b':' | b'*')) {
                    self.at += 1;
                }
                let name = Span::new(start, self.at);
                if self.peek() != Some(b'(') {
                    return Value::Other;
                }
                self.at += 1;
                let arguments = self.values(b')', depth + 1);
                self.at += 1;
                Value::Call(name, arguments)
            }
            _ => Value::Other,
        }
    }

    fn bracket(&mut self, open: u8, depth: usize) -> Value {
        let closer = match open {
            b'{' => b'}',
            b'[' => b']',
            _ => b')',
        };
        self.blank(true);
        let computed = self.starts(b"for ") || self.starts(b"for\t");
        if depth > DEPTH || computed {
            self.close(closer);
            return Value::Other;
        }
        match open {
            b'{' => self.object(depth),
            b'[' => Value::List(self.values(closer, depth)),
            _ => self.values(closer, depth).pop().unwrap_or(Value::Other),
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        let mut entries = Vec::new();
        loop {
            self.blank(true);
            let key = match self.peek() {
                None | Some(b'}') => break,
                Some(b'"') => self.quoted().map(|(span, _)| span),
                Some(_) => self.name(),
            };
            let Some(key) = key else {
                // A computed key, or a comma.
                if self.peek() == Some(b'(') {
                    self.at += 1;
                    self.close(b')');
                }
                self.at += 1;
                continue;
            };
            self.blank(false);
            if matches!(self.peek(), Some(b'=' | b':')) {
                self.at += 1;
                let value = self.value(false, depth);
                entries.push(Attribute { key, value });
            }
        }
        Value::Object(entries)
    }

    /// Values up to `closer`, which stays.
    fn values(&mut self, closer: u8, depth: usize) -> Vec<Value> {
        let mut values = Vec::new();
        if depth > DEPTH {
            self.close(closer);
            return values;
        }
        loop {
            self.blank(true);
            match self.peek() {
                None => return values,
                Some(byte) if byte == closer => return values,
                Some(b',') => self.at += 1,
                // A bracket that closes something else: the text is not HCL.
                Some(b']' | b'}' | b')') => return values,
                Some(_) => values.push(self.value(true, depth)),
            }
        }
    }
}
