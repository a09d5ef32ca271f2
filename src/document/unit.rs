//! One parsed document of a source.

use std::sync::Arc;

use super::fragment::{Host, Lang};
use super::offset::OffsetMap;
use super::scalar::scalar_text;
use super::template::Action;
use super::yaml::{self, Node, Tree};
use crate::span::{Span, lines_of};

/// Bytes of a line in which its end is searched for.
const LINE: usize = 4096;

/// One parsed document and where it is in the source.
#[derive(Debug)]
pub struct Unit {
    pub(super) tree: Tree,
    /// From the document's text to the source's.
    pub(super) map: OffsetMap,
    pub(super) host: Host,
    pub(super) lang: Lang,
    /// Template actions of the source, sorted, in bytes of the source's text; shared by all its documents.
    pub(super) actions: Arc<[Action]>,
}

impl Unit {
    /// The parsed document.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// What contains the document.
    #[must_use]
    pub fn host(&self) -> Host {
        self.host
    }

    /// How the text around the document is written.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// A span of the document as bytes of the source's text.
    #[must_use]
    pub fn outer(&self, span: Span) -> Span {
        self.map.outer(span)
    }

    /// The rest of the line from `start`, both in bytes of the document; of a very long line, its next bytes.
    pub(crate) fn rest_of_line(&self, start: usize) -> Span {
        let rest = self.tree.text().as_bytes().get(start..).unwrap_or_default();
        let rest = &rest[..rest.len().min(LINE)];
        Span::new(start, start + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len()))
    }

    /// Template actions that meet a span of the document.
    pub fn actions(&self, span: Span) -> impl Iterator<Item = &Action> {
        let outer = self.outer(span);
        let first = self.actions.partition_point(|action| action.span.end <= outer.start);
        self.actions[first..].iter().take_while(move |action| action.span.start < outer.end)
    }

    /// All template actions of the source, in their order.
    pub(crate) fn all_actions(&self) -> &[Action] {
        &self.actions
    }

    /// The documents in a string of the document, whatever they hold; none where one of them is not YAML.
    ///
    /// Checks find objects in strings by themselves. This is for strings that a program reads as documents because of
    /// where they are, such as the patches of a kustomization, which need not look like objects.
    pub(crate) fn documents_in(&self, node: Node<'_>) -> Option<Vec<Self>> {
        let style = node.style()?;
        let node = node.resolve();
        let (text, map) = scalar_text(node.tree().text(), node.quoted_span(), style)?;
        let mut found = Vec::new();
        for span in indented_documents(&text) {
            let tree = yaml::parse(span.slice(&text)).ok()?;
            let map = OffsetMap::linear(span.start).then(&map).then(&self.map);
            let actions = self.actions.clone();
            found.push(Self { tree, map, host: Host::BlockString, lang: self.lang, actions });
        }
        Some(found)
    }

    /// Whether a template action meets a span of the document.
    pub(crate) fn is_templated(&self, span: Span) -> bool {
        self.actions(span).next().is_some()
    }
}

/// The documents of a text whose lines are all indented alike: separators have that indentation too.
fn indented_documents(text: &str) -> Vec<Span> {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let indentation = first.len() - first.trim_start_matches(' ').len();
    let mut found = Vec::new();
    let mut start = 0;
    for line in lines_of(text) {
        let marker = line.slice(text).get(indentation..).and_then(|rest| rest.strip_prefix("---"));
        if marker.is_some_and(|rest| rest.trim().is_empty() || rest.trim_start().starts_with('#')) {
            found.push(Span::new(start, line.start));
            start = line.end;
        }
    }
    found.push(Span::new(start, text.len()));
    found
}
