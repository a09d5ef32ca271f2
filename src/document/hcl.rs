//! HCL, as Terraform writes it: blocks, attributes and the literals among their values, with true spans.
//!
//! A tolerant reader: what it does not understand becomes [`Value::Other`], and it never fails. Expressions are not computed;
//! a string counts as a literal only where it is the whole value, or the argument of a function that hands it on.

use crate::span::Span;

/// Deepest nesting that is read.
const DEPTH: usize = 48;
/// Longest name of a here-document's end.
const MARK: usize = 64;

/// What stands between braces, or in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    /// `key = value`, in order.
    pub attributes: Vec<Attribute>,
    /// `kind "label" { … }`, in order.
    pub blocks: Vec<Block>,
}

/// A key and its value, of a body or an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// The key, without quotes.
    pub key: Span,
    /// Its value.
    pub value: Value,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Its kind: `resource`.
    pub kind: Span,
    /// Its labels, without quotes.
    pub labels: Vec<Span>,
    /// What stands in it.
    pub body: Body,
}

/// A value, as far as it is written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A string: what stands between its quotes, escapes as written.
    Text(Span),
    /// A string in which something is filled in (`${…}`, `%{…}`).
    Template(Span),
    /// The lines of a here-document, and whether something is filled in.
    Heredoc(Span, bool),
    /// `{ key = value }`.
    Object(Vec<Attribute>),
    /// `[value, …]`.
    List(Vec<Value>),
    /// `name(argument, …)`.
    Call(Span, Vec<Value>),
    /// Anything else: a reference, a number, an operation.
    Other,
}

impl Body {
    /// The value of a key.
    #[must_use]
    pub(crate) fn get(&self, text: &str, key: &str) -> Option<&Value> {
        find(&self.attributes, text, key)
    }
}

/// What a block, a label, an attribute or a function is called: what may be shown.
#[must_use]
pub(crate) fn name(text: &str, span: Span) -> &str {
    span.slice(text)
}

/// The value of a key among attributes.
#[must_use]
pub(crate) fn find<'a>(attributes: &'a [Attribute], text: &str, key: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key.slice(text) == key).map(|attribute| &attribute.value)
}

/// Reads a file.
#[must_use]
pub(crate) fn parse(text: &str) -> Body {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0 };
    let mut body = Body::default();
    // A brace too many ends nothing.
    while reader.at < reader.bytes.len() {
        reader.body(&mut body, 0);
        reader.at += 1;
    }
    body
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || byte >= 0x80
}

impl Reader<'_> {
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

    /// A string; whether something is filled in. The quote stands here; none where it does not end on its line.
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
                // A bracket that closes something else: the text is no HCL.
                Some(b']' | b'}' | b')') => return values,
                Some(_) => values.push(self.value(true, depth)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every literal with the path of keys to it.
    fn literals(text: &str) -> Vec<String> {
        fn value(text: &str, path: &str, of: &Value, out: &mut Vec<String>) {
            match of {
                Value::Text(span) => out.push(format!("{path} = {}", span.slice(text))),
                Value::Template(span) => out.push(format!("{path} ~ {}", span.slice(text))),
                Value::Heredoc(span, filled) => out.push(format!("{path} < {:?} {filled}", span.slice(text))),
                Value::Object(entries) => {
                    entries
                        .iter()
                        .for_each(|entry| value(text, &format!("{path}.{}", entry.key.slice(text)), &entry.value, out));
                }
                Value::List(items) => items.iter().for_each(|item| value(text, &format!("{path}[]"), item, out)),
                Value::Call(name, items) => {
                    items.iter().for_each(|item| value(text, &format!("{path}:{}", name.slice(text)), item, out));
                }
                Value::Other => out.push(format!("{path} ?")),
            }
        }
        fn body(text: &str, path: &str, of: &Body, out: &mut Vec<String>) {
            of.attributes
                .iter()
                .for_each(|entry| value(text, &format!("{path}.{}", entry.key.slice(text)), &entry.value, out));
            for block in &of.blocks {
                let labels: Vec<&str> = block.labels.iter().map(|label| label.slice(text)).collect();
                body(text, &format!("{path}/{}({})", block.kind.slice(text), labels.join(",")), &block.body, out);
            }
        }
        let mut out = Vec::new();
        body(text, "", &parse(text), &mut out);
        out
    }

    #[test]
    fn literals_and_what_is_none() {
        let text = "# a = \"no\"\nregion = \"eu\" // end\nn = 3\n/* b = \"no\" */ c = [\"x\", var.y, \"z\"]\n\
                    d = { \"k 1\" = \"v\", e: \"w\"\n f = var.x }\ng = \"a${var.h[\"i\"]}b\"\nj = \"$${k}\"\n\
                    l = var.m ? \"yes\" : \"no\"\no = jsonencode({ p = \"q\" })\nr = \"s\" == \"t\"\nu = (\"v\")\n\
                    w = [for x in y : \"z\"]\naa = { for k, v in b : k => \"c\" }\nlast = \"l\"";
        assert_eq!(
            literals(text),
            [
                ".region = eu",
                ".n ?",
                ".c[] = x",
                ".c[] ?",
                ".c[] = z",
                ".d.k 1 = v",
                ".d.e = w",
                ".d.f ?",
                ".g ~ a${var.h[\"i\"]}b",
                ".j = $${k}",
                ".l ?",
                ".o:jsonencode.p = q",
                ".r ?",
                ".u = v",
                ".w ?",
                ".aa ?",
                ".last = l",
            ]
        );
    }

    #[test]
    fn blocks_and_heredocs() {
        let text = "resource \"helm_release\" \"r\" {\n  set {\n    name = \"a.b\"\r\n    value = \"c\"\n  }\n  dynamic \"set\" { for_each = x }\n\
                    \x20 values = [<<-EOT\n    a: 1\n    EOT\n    , \"d\"]\n}\nlocals { e = <<EOF\nf ${g}\nEOF\n  h = \"i\" }\nvariable v {}\n";
        assert_eq!(
            literals(text),
            [
                "/resource(helm_release,r).values[] < \"    a: 1\\n\" false",
                "/resource(helm_release,r).values[] = d",
                "/resource(helm_release,r)/set().name = a.b",
                "/resource(helm_release,r)/set().value = c",
                "/resource(helm_release,r)/dynamic(set).for_each ?",
                "/locals().e < \"f ${g}\\n\" true",
                "/locals().h = i",
            ]
        );
    }

    #[test]
    fn hostile_text_stays_linear() {
        for unit in ["{", "[", "(", "a{", "a=[", "a=f(", "\"${", "<<A\n", "\"", "}", "a=\"", "a=<<", "/*", "a = {b="] {
            let _ = parse(&unit.repeat(60_000));
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(parts in proptest::collection::vec(
            prop_oneof![
                Just("a"), Just("="), Just("\""), Just("${"), Just("}"), Just("{"), Just("["), Just("]"), Just("("), Just(")"),
                Just("<<E\n"), Just("E\n"), Just("\n"), Just("é"), Just("\\"), Just("#"), Just("/*"), Just("*/"), Just(","),
                Just(" "), Just("for "), Just("%{"), Just("<<-"), Just("\r\n"), Just("?"), Just(":"), Just("=="),
            ],
            0..60,
        )) {
            let text = parts.concat();
            let _ = literals(&text);
        }
    }
}
