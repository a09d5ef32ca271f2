//! Recovers the objects of a text that no YAML parser takes, from its lines and their indentation alone.
//!
//! Only what the checks of Secrets need: kind, apiVersion, name and namespace, and the entries of `data` and
//! `stringData`. Accepts anything, and gives spans of what it was given.

use super::yaml::Style;
use crate::span::{Span, lines_of};

/// An object as far as its lines show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// `kind`, without quotes.
    pub kind: Option<(String, Span)>,
    /// `apiVersion`.
    pub api_version: Option<(String, Span)>,
    /// `metadata.name`.
    pub name: Option<(String, Span)>,
    /// `metadata.namespace`.
    pub namespace: Option<(String, Span)>,
    /// Entries of `data` and `stringData`, in order.
    pub entries: Vec<RecoveredEntry>,
}

/// One key of `data` or `stringData`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveredEntry {
    /// `data` or `stringData`.
    pub section: &'static str,
    /// The key, without quotes.
    pub key: String,
    /// Where it is.
    pub key_span: Span,
    /// The value without quotes; of a block scalar all its lines.
    pub value_span: Span,
    /// How the value is written.
    pub style: Style,
}

/// The objects of one document: at the left margin (or the smallest indentation), and those that are items of a list.
pub(crate) fn recover(text: &str) -> Vec<Recovered> {
    let mut reader = LineReader { text, ..LineReader::default() };
    lines_of(text).for_each(|line| reader.line(line));
    reader.finish_block(text.len());
    reader.finish_object();
    reader.found
}

#[derive(Default)]
struct LineReader<'a> {
    text: &'a str,
    found: Vec<Recovered>,
    object: Recovered,
    /// Column of the keys of the object that is read.
    column: Option<usize>,
    /// The key of the object that is open, and the column of the keys in it once one was seen.
    section: Option<(Section, Option<usize>)>,
    /// An open block scalar: column of its key, and the entry (if it is one of ours) it belongs to.
    block: Option<(usize, bool, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Metadata,
    Data(&'static str),
}

/// `key: value` of a line.
struct Pair {
    column: usize,
    key: Span,
    value: Span,
    style: Style,
}

impl LineReader<'_> {
    fn line(&mut self, span: Span) {
        let line = span.slice(self.text);
        let body = line.trim_end();
        let blanks = body.len() - body.trim_start_matches([' ', '\t']).len();
        if body.is_empty() {
            return;
        }
        if let Some((column, _, _)) = self.block {
            if blanks > column {
                if let Some((_, _, end)) = &mut self.block {
                    *end = span.start + body.len();
                }
                return;
            }
            self.finish_block(span.start);
        }
        if body.starts_with("---") || body.starts_with("...") {
            self.finish_object();
            return;
        }
        if body.trim_start().starts_with('#') {
            return;
        }
        let (column, item) = dashes(body, blanks);
        if item && self.column.is_none_or(|known| column != known || blanks < known) && self.starts_object(body, column)
        {
            self.finish_object();
        }
        if let Some(pair) = pair(self.text, Span::new(span.start, span.start + body.len()), column) {
            self.pair(&pair);
        }
    }

    /// Whether a list item at `column` is an object: it begins with a key that only objects have.
    fn starts_object(&self, body: &str, column: usize) -> bool {
        let rest = body.get(column..).unwrap_or_default().trim_start_matches(['"', '\'']);
        let deeper = matches!((self.column, self.section), (Some(known), Some(_)) if column > known);
        !deeper && ["apiVersion", "kind", "metadata"].iter().any(|key| rest.starts_with(key))
    }

    fn pair(&mut self, pair: &Pair) {
        let key = pair.key.slice(self.text);
        let known = *self.column.get_or_insert(pair.column);
        if pair.column < known {
            // An object at a smaller indentation: what was read so far was inside something else.
            if self.object.kind.is_some() || !self.object.entries.is_empty() {
                self.finish_object();
            }
            self.section = None;
            self.column = Some(pair.column);
        }
        if pair.column <= known {
            self.top(key, pair);
        } else if let Some((section, inner)) = self.section {
            let inner = inner.unwrap_or(pair.column);
            self.section = Some((section, Some(inner)));
            if pair.column == inner {
                self.nested(section, pair);
            }
        }
        if matches!(pair.style, Style::Literal | Style::Folded) && self.block.is_none() {
            self.block = Some((pair.column, false, pair.value.end));
        }
    }

    fn top(&mut self, key: &str, pair: &Pair) {
        let value = || (pair.value.slice(self.text).to_owned(), pair.value);
        self.section = None;
        match key {
            "kind" if self.object.kind.is_none() => self.object.kind = Some(value()),
            "apiVersion" if self.object.api_version.is_none() => self.object.api_version = Some(value()),
            "metadata" => self.section = Some((Section::Metadata, None)),
            "data" => self.section = Some((Section::Data("data"), None)),
            "stringData" => self.section = Some((Section::Data("stringData"), None)),
            _ => {}
        }
    }

    fn nested(&mut self, section: Section, pair: &Pair) {
        let key = pair.key.slice(self.text);
        let value = || (pair.value.slice(self.text).to_owned(), pair.value);
        match section {
            Section::Metadata if key == "name" => self.object.name = Some(value()),
            Section::Metadata if key == "namespace" => self.object.namespace = Some(value()),
            Section::Metadata => {}
            Section::Data(section) => {
                self.object.entries.push(RecoveredEntry {
                    section,
                    key: key.to_owned(),
                    key_span: pair.key,
                    value_span: pair.value,
                    style: pair.style,
                });
                if matches!(pair.style, Style::Literal | Style::Folded) {
                    self.block = Some((pair.column, true, pair.value.end));
                }
            }
        }
    }

    /// Ends an open block scalar before the line that starts at `next`.
    fn finish_block(&mut self, next: usize) {
        let Some((_, ours, end)) = self.block.take() else { return };
        if let (true, Some(entry)) = (ours, self.object.entries.last_mut()) {
            entry.value_span = Span::new(entry.value_span.start, end.min(next).max(entry.value_span.start));
        }
    }

    fn finish_object(&mut self) {
        let object = std::mem::take(&mut self.object);
        if object.kind.is_some() || !object.entries.is_empty() {
            self.found.push(object);
        }
        self.column = None;
        self.section = None;
    }
}

/// Column of the content after list marks, and whether there was one.
fn dashes(body: &str, blanks: usize) -> (usize, bool) {
    let mut column = blanks;
    while let Some(rest) = body.get(column..).and_then(|rest| rest.strip_prefix("- ")) {
        column += 2 + (rest.len() - rest.trim_start_matches(' ').len());
    }
    (column, column > blanks)
}

fn pair(text: &str, line: Span, column: usize) -> Option<Pair> {
    let start = line.start + column;
    let body = text.get(start..line.end)?;
    let (key, after) = match body.chars().next()? {
        quote @ ('"' | '\'') => {
            let end = body.get(1..)?.find(quote)? + 1;
            (Span::new(start + 1, start + end), end + 1)
        }
        _ => {
            let end = body
                .match_indices(':')
                .map(|found| found.0)
                .find(|&at| body.as_bytes().get(at + 1).is_none_or(|next| matches!(next, b' ' | b'\t')))?;
            (Span::new(start, start + body.get(..end)?.trim_end().len()), end)
        }
    };
    let rest = body.get(after..)?;
    let colon = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let rest = rest.get(colon..)?.strip_prefix(':')?;
    let value = rest.trim_start_matches([' ', '\t']);
    let from = line.end - value.len();
    let (value, style) = scalar(value, from);
    Some(Pair { column, key, value, style })
}

/// The value at the end of a line, without quotes, tag and comment.
fn scalar(raw: &str, from: usize) -> (Span, Style) {
    let mut value = raw;
    while value.starts_with(['!', '&']) {
        let end = value.find([' ', '\t']).unwrap_or(value.len());
        value = value.get(end..).unwrap_or_default().trim_start_matches([' ', '\t']);
    }
    let start = from + (raw.len() - value.len());
    match value.chars().next() {
        Some('|' | '>') => {
            let style = if value.starts_with('|') { Style::Literal } else { Style::Folded };
            // The body begins on the next line.
            (Span::new(start + value.len(), start + value.len()), style)
        }
        Some(quote @ ('"' | '\'')) => {
            let style = if quote == '"' { Style::Double } else { Style::Single };
            let end = closing(value, quote).unwrap_or(value.len());
            (Span::new(start + 1, start + end), style)
        }
        Some('#') | None => (Span::new(start, start), Style::Plain),
        Some(_) => {
            let end = value
                .match_indices('#')
                .map(|found| found.0)
                .find(|&at| at > 0 && matches!(value.as_bytes().get(at - 1), Some(b' ' | b'\t')));
            let kept = value.get(..end.unwrap_or(value.len())).unwrap_or_default().trim_end();
            (Span::new(start, start + kept.len()), Style::Plain)
        }
    }
}

/// Offset of the quote that closes the one `value` begins with.
fn closing(value: &str, quote: char) -> Option<usize> {
    let mut chars = value.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            if quote == '\'' && chars.peek().is_some_and(|next| next.1 == '\'') {
                chars.next();
                continue;
            }
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries<'a>(text: &'a str, object: &Recovered) -> Vec<(&'static str, String, &'a str)> {
        object.entries.iter().map(|e| (e.section, e.key.clone(), e.value_span.slice(text))).collect()
    }

    #[test]
    fn a_broken_secret_is_read() {
        let text = "apiVersion: v1\r\nkind: \"Secret\" # why\r\n  bad: : indent\r\nmetadata:\r\n  labels:\r\n    name: no\r\n  \
                    name: 'mlflow-db'\r\n  namespace: mlflow\r\n\"stringData\":\r\n  'password': \"hunter2\"   # note\r\n  \
                    user: mlflow # note\r\n  conf: |\r\n    a: 1\r\n\r\n    b: 2\r\n  it: 'a''b'\r\ndata:\r\n    k: aHVudGVyMg==\r\ntype: Opaque\r\n]\r\n";
        let found = recover(text);
        assert_eq!(found.len(), 1);
        let object = &found[0];
        assert_eq!(object.kind.as_ref().map(|kind| (kind.0.as_str(), kind.1.slice(text))), Some(("Secret", "Secret")));
        assert_eq!(object.name.as_ref().map(|name| name.0.as_str()), Some("mlflow-db"));
        assert_eq!(object.namespace.as_ref().map(|name| name.0.as_str()), Some("mlflow"));
        let read = entries(text, object);
        assert_eq!(read[0], ("stringData", "password".into(), "hunter2"));
        assert_eq!(read[1], ("stringData", "user".into(), "mlflow"));
        assert_eq!(read[2].2.trim(), "a: 1\r\n\r\n    b: 2");
        assert_eq!(read[3].2, "a''b");
        assert_eq!(read[4], ("data", "k".into(), "aHVudGVyMg=="));
        assert_eq!(read.len(), 5);
    }

    #[test]
    fn items_and_documents_are_apart() {
        let text = "kind: List\nitems:\n- kind: Secret\n  data:\n    a: b\n  metadata:\n    name: x\n- apiVersion: v1\n  kind: Secret\n  \
                    stringData:\n    c: d\n---\nkind: Secret\nstringData: {\n---\nkind: ConfigMap\ndata:\n  e: f\n";
        let found = recover(text);
        let kinds: Vec<_> = found.iter().map(|o| o.kind.as_ref().map_or("", |kind| kind.0.as_str())).collect();
        assert_eq!(kinds, ["List", "Secret", "Secret", "Secret", "ConfigMap"]);
        assert_eq!(entries(text, &found[1]), [("data", "a".to_owned(), "b")]);
        assert_eq!(found[1].name.as_ref().map(|name| name.0.as_str()), Some("x"));
        assert_eq!(entries(text, &found[2]), [("stringData", "c".to_owned(), "d")]);
        assert_eq!(entries(text, &found[4]), [("data", "e".to_owned(), "f")]);
    }

    #[test]
    fn data_before_kind_and_an_indented_whole() {
        let text = "  data:\n    a: b\n  kind: Secret\n";
        let found = recover(text);
        assert_eq!(entries(text, &found[0]), [("data", "a".to_owned(), "b")]);
        assert_eq!(found[0].kind.as_ref().map(|kind| kind.1.slice(text)), Some("Secret"));
    }
}
