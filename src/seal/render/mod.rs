//! A SealedSecret written over the Secret that it was made of: comments, order, quotes and line ends of the document stay.
//!
//! Lines are moved as they are wherever that has the same meaning; the result is parsed and compared with what was intended.
//! Where it differs, or the layout of the document leaves no lines to move, the object is rewritten with the comments above
//! it.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

use super::identity::annotation;
use super::secret::{STRIPPED, STRIPPED_ANNOTATIONS};
use super::{SealedSecret, emit, json};
use crate::document::yaml::{self, Node, Style};
use crate::finding::edit::Edit;
use crate::span::{Span, line_start};
use crate::yaml_scalar::scalar;

/// The edit that makes a SealedSecret of a Secret.
#[derive(Clone, Debug)]
pub(crate) struct Sealing {
    /// Replaces the object, from its first key to the end of its last line, bytes of the document's text.
    pub edit: Edit,
    /// Whether all comments kept their place, relative to their neighbours.
    pub in_place: bool,
}

/// What to write over the Secret at `root` to make `sealed` of it. The object begins at its first key, so it may be an item of
/// a list.
pub(crate) fn over(root: Node<'_>, sealed: &SealedSecret) -> Sealing {
    let text = root.tree().text();
    if text[..start(root)].trim_end().is_empty() && text[start(root)..].starts_with('{') && is_json(text) {
        let span = Span::new(start(root), text.trim_end().len());
        let indent = indentation(span.slice(text));
        let eol = line_end(text);
        let text = emit::json(&sealed.to_value(), indent.as_deref()).replace('\n', eol);
        return Sealing { edit: Edit::replace(span, text), in_place: true };
    }
    let source = SecretLines::new(root);
    let span = source.region;
    let made = source.rewrite(sealed).filter(|made| says(made, source.column, sealed));
    let in_place = made.is_some();
    let text = made.unwrap_or_else(|| source.write_whole(sealed));
    Sealing { edit: Edit::replace(span, text), in_place }
}

/// Whether `text` is read as exactly `sealed`.
fn says(text: &str, column: usize, sealed: &SealedSecret) -> bool {
    let text = format!("{}{text}\n", " ".repeat(column));
    yaml::parse(&text).is_ok_and(|tree| tree.root().is_some_and(|root| json::value(root) == sealed.to_value()))
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text.trim()).is_ok()
}

/// What the second line of a JSON text is indented by; none where it is all on one line.
fn indentation(text: &str) -> Option<String> {
    let second = text.lines().skip(1).find(|line| !line.trim().is_empty())?;
    Some(second[..second.len() - second.trim_start_matches([' ', '\t']).len()].to_owned())
}

fn line_end(text: &str) -> &'static str {
    if memchr::memchr(b'\n', text.as_bytes()).is_some_and(|at| text[..at].ends_with('\r')) { "\r\n" } else { "\n" }
}

/// Where a node begins, its quote included.
fn start(node: Node<'_>) -> usize {
    let quotes = usize::from(matches!(node.style(), Some(Style::Single | Style::Double)));
    node.span().start.saturating_sub(quotes)
}

/// A line of the document without its line break.
#[derive(Clone, Copy)]
struct Line<'t> {
    /// Where it starts, bytes of the document's text; the first line of the object starts at its first key.
    at: usize,
    text: &'t str,
}

impl Line<'_> {
    fn end(self) -> usize {
        self.at + self.text.len()
    }
}

/// One entry of a block mapping, as lines.
struct EntryLines<'t> {
    key: &'t str,
    value: Node<'t>,
    /// Comments and blank lines above it.
    lead: Vec<Line<'t>>,
    /// Its lines; the first begins at the key.
    body: Vec<Line<'t>>,
    /// Comments inside the body, without those in the text of block scalars.
    comments: Vec<&'t str>,
}

impl<'t> EntryLines<'t> {
    /// The comment on the line of its key.
    fn header_comment(&self) -> Option<&'t str> {
        let first = self.body.first()?.text;
        self.comments.iter().copied().find(|comment| first.ends_with(comment))
    }

    /// The end of its body, bytes of the text.
    fn end(&self) -> usize {
        self.body.last().map(|line| line.end()).unwrap_or_default()
    }
}

/// A document around one object.
struct SecretLines<'t> {
    text: &'t str,
    root: Node<'t>,
    /// Offsets at which comments start.
    comments: BTreeSet<usize>,
    /// Of the first key: spaces before it, or before the dash and it.
    column: usize,
    /// What is replaced: from the first key to the end of the last line with content.
    region: Span,
    eol: &'static str,
}

impl<'t> SecretLines<'t> {
    fn new(root: Node<'t>) -> Self {
        let text = root.tree().text();
        let comments: BTreeSet<usize> = root.tree().comments().iter().map(|span| span.start).collect();
        let first = root.entries().next().map_or(root.span().start, |(key, _)| start(key));
        let first = if root.is_flow() { root.span().start.min(first) } else { first };
        let line = line_start(text, first);
        let mut source = Self {
            text,
            root,
            comments,
            column: first - line,
            region: Span::new(first, root.span().end.max(first)),
            eol: line_end(text),
        };
        source.region.end = source.last_content();
        source
    }

    /// The end of the last line of the object that is neither blank nor a comment.
    fn last_content(&self) -> usize {
        if self.root.is_flow() {
            return self.root.span().end.max(self.region.start);
        }
        // The parser ends a block mapping where the next token begins, which may be after comments.
        let mut end = self.line_end_after(self.root.span().end.saturating_sub(1).max(self.region.start));
        loop {
            let line = line_start(self.text, end).max(self.region.start);
            let nothing = line > self.region.start && self.is_lead(Line { at: line, text: &self.text[line..end] });
            let less = line > self.region.start && column_of(&self.text[line..end]) < self.column;
            if !(nothing || less) {
                return end;
            }
            end = line - 1 - usize::from(self.text[..line - 1].ends_with('\r'));
        }
    }

    fn line_end_after(&self, at: usize) -> usize {
        let end = memchr::memchr(b'\n', &self.text.as_bytes()[at..]).map_or(self.text.len(), |found| at + found);
        // `at` may be between the two.
        if self.text[..end].ends_with('\r') && end > self.region.start { end - 1 } else { end }
    }

    /// Whether a line is blank or nothing but a comment.
    fn is_lead(&self, line: Line<'_>) -> bool {
        let inner = line.text.trim_start_matches([' ', '\t']);
        inner.trim().is_empty() || self.comments.contains(&(line.end() - inner.len()))
    }

    /// The entries of a block mapping that ends at `end`. None where they are not on lines of their own at one column.
    fn sections(&self, mapping: Node<'t>, end: usize) -> Option<Vec<EntryLines<'t>>> {
        if !mapping.is_mapping() || mapping.is_flow() || mapping.is_alias() || mapping.is_anchored() {
            return None;
        }
        let entries: Vec<(Node<'t>, Node<'t>)> = mapping.entries().collect();
        if entries.is_empty() {
            return Some(Vec::new());
        }
        let line_of = |key: Node<'_>| line_start(self.text, start(key)).max(self.region.start);
        let mut column = None;
        for (key, value) in &entries {
            let (at, line) = (start(*key), line_of(*key));
            let margin = if line == self.region.start { self.column } else { at - line };
            let alone = self.text[line..at].bytes().all(|byte| byte == b' ');
            let plain = key.as_str().is_some() && !key.is_anchored() && !value.is_anchored() && key.tag().is_none();
            if !alone || !plain || *column.get_or_insert(margin) != margin {
                return None;
            }
        }
        let mut found: Vec<EntryLines<'t>> = Vec::new();
        let mut lead = self.lead_above(line_of(entries.first()?.0));
        for (index, (key, value)) in entries.iter().enumerate() {
            let stop = entries.get(index + 1).map_or(end, |(next, _)| line_of(*next));
            let mut lines = self.lines(Span::new(line_of(*key), stop));
            let mut next = Vec::new();
            while lines.len() > 1 && lines.last().is_some_and(|line| self.is_lead(*line)) {
                next.extend(lines.pop());
            }
            next.reverse();
            let body = Span::new(lines.first()?.at, lines.last()?.end());
            let comments = self.root.tree().comments().iter().filter(|comment| body.contains(**comment));
            found.push(EntryLines {
                key: key.as_str()?,
                value: *value,
                lead: std::mem::replace(&mut lead, next),
                body: lines,
                comments: comments.map(|comment| comment.slice(self.text).trim_end()).collect(),
            });
        }
        // What follows the last entry belongs to it.
        if let Some(last) = found.last_mut() {
            last.body.extend(lead);
        }
        Some(found)
    }

    /// The comments and blank lines right above the line at `at`, inside the object.
    fn lead_above(&self, at: usize) -> Vec<Line<'t>> {
        let mut lines = self.lines(Span::new(self.region.start, at.max(self.region.start)));
        let first = lines.iter().rposition(|line| !self.is_lead(*line)).map_or(0, |last| last + 1);
        lines.split_off(first)
    }

    fn lines(&self, span: Span) -> Vec<Line<'t>> {
        let mut next = span.start;
        let all = span.slice(self.text).split_inclusive('\n').map(move |line| {
            let at = next;
            next += line.len();
            Line { at, text: line.trim_end_matches(['\n', '\r']) }
        });
        all.collect()
    }

    /// The object with the lines of the document. None where there are none to use.
    fn rewrite(&self, sealed: &SealedSecret) -> Option<String> {
        let top = self.sections(self.root, self.region.end)?;
        let find = |key: &str| top.iter().find(|section| section.key == key);
        let mut out = LineWriter { lines: Vec::new(), column: self.column };
        out.entry(0, find("apiVersion"), "apiVersion: bitnami.com/v1alpha1");
        out.entry(0, find("kind"), "kind: SealedSecret");
        let metadata = find("metadata");
        let inner = match metadata {
            Some(section) if section.value.is_mapping() && !section.value.is_flow() => {
                self.sections(section.value, section.end())?
            }
            // A flow mapping has no lines to move.
            Some(section) if !section.value.is_null() => return None,
            _ => Vec::new(),
        };
        out.header(metadata, "metadata:");
        let of = |key: &str| inner.iter().find(|section| section.key == key);
        out.entry(2, of("name"), &format!("name: {}", scalar(&sealed.identity.name)));
        if let Some(namespace) = &sealed.identity.namespace {
            out.entry(2, of("namespace"), &format!("namespace: {}", scalar(namespace)));
        }
        if let Some(key) = annotation(sealed.identity.scope) {
            out.line(2, "annotations:");
            out.line(4, &format!("{key}: \"true\""));
        }
        out.line(0, "spec:");
        self.values(&top, sealed, &mut out);
        out.line(2, "template:");
        self.template(&inner, sealed, &mut out);
        for section in top.iter().filter(|section| matches!(section.key, "type" | "immutable")) {
            if section.value.is_null() || section.value.as_str() == Some("") {
                out.comments(4, section);
            } else {
                out.moved(4, section, self.column);
            }
        }
        Some(out.lines.join(self.eol))
    }

    /// `encryptedData`, keys in the order of the document, each under the comments of its value.
    fn values(&self, top: &[EntryLines<'t>], sealed: &SealedSecret, out: &mut LineWriter) {
        let mut written = BTreeSet::new();
        let mut header = false;
        for section in top.iter().filter(|section| matches!(section.key, "data" | "stringData")) {
            let inner = self.sections(section.value, section.end());
            let column = if header { 4 } else { 2 };
            out.lead(column, &section.lead);
            // Those on the line of `data:` itself, or all of them where its values stand on one line.
            let own = section.comments.iter().filter(|comment| {
                inner.is_none() || section.body.first().is_some_and(|line| line.text.ends_with(**comment))
            });
            own.for_each(|comment| out.line(column, comment));
            if !header {
                out.line(2, if sealed.encrypted.is_empty() { "encryptedData: {}" } else { "encryptedData:" });
                header = true;
            }
            for value in inner.into_iter().flatten() {
                out.comments(4, &value);
                let ciphertext = sealed.encrypted.get(value.key).filter(|_| written.insert(value.key.to_owned()));
                if let Some(ciphertext) = ciphertext {
                    out.line(4, &format!("{}: {ciphertext}", scalar(value.key)));
                }
            }
            for (key, ciphertext) in &sealed.encrypted {
                let here = section.value.get(key).is_some() && written.insert(key.clone());
                if here {
                    out.line(4, &format!("{}: {ciphertext}", scalar(key)));
                }
            }
        }
        if !header {
            out.line(2, "encryptedData: {}");
        }
    }

    /// `template.metadata`: the Secret's, moved.
    fn template(&self, inner: &[EntryLines<'t>], sealed: &SealedSecret, out: &mut LineWriter) {
        let indent = inner.first().and_then(|section| self.key_column(section)).unwrap_or_default();
        out.line(4, "metadata:");
        out.line(6, &format!("name: {}", scalar(&sealed.identity.name)));
        if let Some(namespace) = &sealed.identity.namespace {
            out.line(6, &format!("namespace: {}", scalar(namespace)));
        }
        for section in inner.iter().filter(|section| !matches!(section.key, "name" | "namespace")) {
            let meant = sealed.metadata.get(section.key);
            if STRIPPED.contains(&section.key) || meant.is_none() {
                continue;
            }
            let says = json::value(section.value);
            let same = meant == Some(&says) && !contains_stripped(&says);
            match meant {
                Some(_) if same => out.moved(6, section, indent),
                Some(value) => {
                    out.comments(6, section);
                    out.value(6, section.key, value);
                }
                None => {}
            }
        }
        let new = sealed.metadata.iter().filter(|(key, _)| !inner.iter().any(|section| section.key == key.as_str()));
        new.for_each(|(key, value)| out.value(6, key, value));
    }

    fn key_column(&self, section: &EntryLines<'t>) -> Option<usize> {
        let line = section.body.first()?;
        Some(if line.at == self.region.start { self.column } else { column_of(line.text) })
    }

    /// The object rewritten, with every comment of it above.
    fn write_whole(&self, sealed: &SealedSecret) -> String {
        let inside = self.root.tree().comments().iter().filter(|comment| self.region.contains(**comment));
        let mut lines: Vec<String> = inside.map(|comment| comment.slice(self.text).trim_end().to_owned()).collect();
        lines.extend(emit::yaml(&sealed.to_value()).lines().map(str::to_owned));
        let margin = " ".repeat(self.column);
        lines.iter_mut().skip(1).for_each(|line| line.insert_str(0, &margin));
        lines.join(self.eol)
    }
}

/// Blanks at the start of a line.
fn column_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn contains_stripped(value: &Value) -> bool {
    value.as_object().is_some_and(|map| STRIPPED_ANNOTATIONS.iter().any(|key| map.contains_key(*key)))
}

/// Lines of the new object; the first begins at the place of the old one's first key.
struct LineWriter {
    lines: Vec<String>,
    column: usize,
}

impl LineWriter {
    fn line(&mut self, indent: usize, line: &str) {
        let margin = if self.lines.is_empty() { 0 } else { self.column + indent };
        self.lines.push(if line.is_empty() { String::new() } else { format!("{}{line}", " ".repeat(margin)) });
    }

    fn lead(&mut self, indent: usize, lead: &[Line<'_>]) {
        // What is above the first line stays where it is.
        let Some(last) = self.lines.last() else { return };
        // No blank line between a key and what belongs to it.
        let blank =
            if last.ends_with(':') { lead.iter().take_while(|line| line.text.trim().is_empty()).count() } else { 0 };
        lead[blank..].iter().for_each(|line| self.line(indent, line.text.trim()));
    }

    /// The comments of a section whose lines are not used.
    fn comments(&mut self, indent: usize, section: &EntryLines<'_>) {
        self.lead(indent, &section.lead);
        section.comments.iter().for_each(|comment| self.line(indent, comment));
    }

    /// A line in the place of a section of one line, with its comments.
    fn entry(&mut self, indent: usize, section: Option<&EntryLines<'_>>, line: &str) {
        let comment = section.and_then(|section| section.comments.first().copied());
        self.commented(indent, section, line, comment);
    }

    /// The first line of a section whose body is written separately.
    fn header(&mut self, section: Option<&EntryLines<'_>>, line: &str) {
        self.commented(0, section, line, section.and_then(EntryLines::header_comment));
    }

    fn commented(&mut self, indent: usize, section: Option<&EntryLines<'_>>, line: &str, comment: Option<&str>) {
        if let Some(section) = section {
            self.lead(indent, &section.lead);
        }
        self.line(indent, &comment.map_or_else(|| line.to_owned(), |comment| format!("{line} {comment}")));
    }

    /// The lines of a section, moved from the column `from`.
    fn moved(&mut self, indent: usize, section: &EntryLines<'_>, from: usize) {
        self.lead(indent, &section.lead);
        for (index, line) in section.body.iter().map(|line| line.text).enumerate() {
            let margin = column_of(line);
            let cut = if index == 0 { margin } else { margin.min(from) };
            self.line(indent, &line[cut..]);
        }
    }

    fn value(&mut self, indent: usize, key: &str, value: &Value) {
        let one = Value::Object([(key.to_owned(), value.clone())].into_iter().collect());
        emit::yaml(&one).lines().for_each(|line| self.line(indent, line));
    }
}
