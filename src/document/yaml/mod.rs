//! A spanned tree of one YAML (or JSON) document.
//!
//! The tree keeps what a fixer and a report need and a deserialiser throws away: the span of every node, comments,
//! styles, tags, aliases as aliases. Aliases are never copied, so that a bomb of them costs nothing; [`Node`] follows
//! them, and merge keys, when it looks up a key.

use std::fmt;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};
use zeroize::Zeroize as _;

use crate::span::Span;
use crate::yaml_scalar;

mod split;
#[cfg(test)]
mod tests;

pub(crate) use split::documents;

/// Deepest nesting that is read; deeper documents are reported as unparsable. Kubernetes objects stay below 30.
pub(crate) const MAX_DEPTH: usize = 128;
/// Most nodes that a document may have after its aliases are followed; more is reported as unparsable.
pub(crate) const MAX_EXPANDED: u64 = 10_000_000;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// Block scalar `|`.
    Literal,
    /// Block scalar `>`.
    Folded,
}

/// Why a document is no YAML. The text never quotes the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Byte offset into the text that was parsed.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

#[derive(Clone)]
enum Scalar {
    /// The value stands in the text as it is.
    InText(Span),
    /// The value differs from its source (escapes, folding, indentation).
    Owned(Box<str>),
}

#[derive(Clone)]
enum Kind {
    Null,
    Scalar {
        value: Scalar,
        style: Style,
    },
    Sequence {
        first: u32,
        count: u32,
    },
    /// Keys and values alternate in the child list.
    Mapping {
        first: u32,
        count: u32,
    },
    Alias {
        target: u32,
    },
}

struct Entry {
    span: Span,
    kind: Kind,
    tag: Option<Box<str>>,
    flow: bool,
    anchored: bool,
}

/// One parsed document with a copy of its text.
pub struct Tree {
    text: Box<str>,
    entries: Vec<Entry>,
    children: Vec<u32>,
    comments: Vec<Span>,
    root: Option<u32>,
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree({} nodes)", self.entries.len())
    }
}

/// A node of a [`Tree`]: cheap to copy, follows aliases by itself.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    id: u32,
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({:?})", self.span())
    }
}

/// Parses one document. Spans are bytes of `text`.
///
/// # Errors
/// Where the text is no YAML, nests deeper than [`MAX_DEPTH`], or its aliases stand for more than [`MAX_EXPANDED`] nodes.
pub fn parse(text: &str) -> Result<Tree, SyntaxError> {
    let options = granit_parser::options! { max_buffered_comment_events: usize::MAX };
    let mut builder = Builder::new(text);
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| SyntaxError {
            offset: error.marker().byte_offset().unwrap_or(0).min(text.len()),
            message: error.kind().to_string(),
        })?;
        let span = span.byte_range().map_or_else(Span::default, Span::from);
        builder.event(event, span)?;
    }
    Ok(builder.finish())
}

struct Open {
    id: u32,
    children: Vec<u32>,
    weight: u64,
}

struct Builder<'a> {
    text: &'a str,
    entries: Vec<Entry>,
    children: Vec<u32>,
    comments: Vec<Span>,
    open: Vec<Open>,
    root: Option<u32>,
    /// Node and weight by anchor id, which the parser counts from 1.
    anchors: Vec<(u32, u64)>,
    weight: u64,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            entries: Vec::with_capacity(text.len() / 24),
            children: Vec::with_capacity(text.len() / 24),
            comments: Vec::new(),
            open: Vec::new(),
            root: None,
            anchors: Vec::new(),
            weight: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let tag = tag.map(|tag| tag.original().into());
                let entry = self.scalar(&value, style, span, tag, anchor != 0);
                let id = self.push(entry);
                self.remember(anchor, id);
                self.close(id, 1, span)
            }
            Event::SequenceStart(style, anchor, tag) => {
                let kind = Kind::Sequence { first: 0, count: 0 };
                self.enter(kind, style, anchor, tag.map(|tag| tag.original().into()), span)
            }
            Event::MappingStart(style, anchor, tag) => {
                let kind = Kind::Mapping { first: 0, count: 0 };
                self.enter(kind, style, anchor, tag.map(|tag| tag.original().into()), span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(span),
            Event::Alias(anchor) => {
                let (target, weight) = self.anchors.get(anchor).copied().unwrap_or((u32::MAX, 1));
                let kind = if target == u32::MAX { Kind::Null } else { Kind::Alias { target } };
                let id = self.push(Entry { span, kind, tag: None, flow: false, anchored: true });
                self.close(id, weight, span)
            }
            Event::Comment(..) => {
                self.comments.push(span);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn scalar(&self, value: &str, style: ScalarStyle, span: Span, tag: Option<Box<str>>, anchored: bool) -> Entry {
        let style = match style {
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
            _ => Style::Plain,
        };
        if style == Style::Plain && span.is_empty() {
            return Entry { span, kind: Kind::Null, tag, flow: false, anchored };
        }
        let inner = match style {
            Style::Single | Style::Double if span.len() >= 2 => Span::new(span.start + 1, span.end - 1),
            Style::Literal | Style::Folded => {
                let body = span.slice(self.text).trim_end_matches(['\n', '\r']);
                Span::new(span.start, span.start + body.len())
            }
            _ => span,
        };
        let value = if inner.slice(self.text) == value { Scalar::InText(inner) } else { Scalar::Owned(value.into()) };
        Entry { span: inner, kind: Kind::Scalar { value, style }, tag, flow: false, anchored }
    }

    fn push(&mut self, entry: Entry) -> u32 {
        self.entries.push(entry);
        u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
    }

    fn remember(&mut self, anchor: usize, id: u32) {
        if anchor == 0 {
            return;
        }
        if self.anchors.len() <= anchor {
            self.anchors.resize(anchor + 1, (u32::MAX, 1));
        }
        self.anchors[anchor] = (id, 1);
    }

    fn enter(
        &mut self,
        kind: Kind,
        style: StructureStyle,
        anchor: usize,
        tag: Option<Box<str>>,
        span: Span,
    ) -> Result<(), SyntaxError> {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            return Err(SyntaxError { offset: span.start, message });
        }
        let flow = matches!(style, StructureStyle::Flow);
        let id = self.push(Entry { span, kind, tag, flow, anchored: anchor != 0 });
        self.remember(anchor, id);
        self.open.push(Open { id, children: Vec::new(), weight: 1 });
        Ok(())
    }

    fn leave(&mut self, span: Span) -> Result<(), SyntaxError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let first = u32::try_from(self.children.len()).unwrap_or(u32::MAX);
        let count = u32::try_from(open.children.len()).unwrap_or(u32::MAX);
        let end = open.children.last().map_or(span.end, |&last| self.entries[last as usize].span.end.max(span.end));
        self.children.extend(open.children);
        let entry = &mut self.entries[open.id as usize];
        entry.span = Span::new(entry.span.start, end);
        entry.kind = match entry.kind {
            Kind::Sequence { .. } => Kind::Sequence { first, count },
            _ => Kind::Mapping { first, count },
        };
        if entry.anchored {
            // Anchors are numbered in the order of their nodes, unknown ones stand for the number 0.
            let at = self.anchors.partition_point(|anchor| anchor.0 == u32::MAX || anchor.0 < open.id);
            if let Some(anchor) = self.anchors.get_mut(at).filter(|anchor| anchor.0 == open.id) {
                anchor.1 = open.weight;
            }
        }
        self.close(open.id, open.weight, span)
    }

    /// Hands a finished node to its parent and accounts for its expanded size.
    fn close(&mut self, id: u32, weight: u64, span: Span) -> Result<(), SyntaxError> {
        let total = if let Some(parent) = self.open.last_mut() {
            parent.children.push(id);
            parent.weight = parent.weight.saturating_add(weight);
            parent.weight
        } else {
            self.root = self.root.or(Some(id));
            self.weight = self.weight.saturating_add(weight);
            self.weight
        };
        if total > MAX_EXPANDED {
            let message = format!("its aliases stand for more than {MAX_EXPANDED} nodes");
            return Err(SyntaxError { offset: span.start, message });
        }
        Ok(())
    }

    fn finish(self) -> Tree {
        Tree {
            text: self.text.into(),
            entries: self.entries,
            children: self.children,
            comments: self.comments,
            root: self.root,
        }
    }
}

impl Tree {
    /// The root node; none in an empty document.
    #[must_use]
    pub fn root(&self) -> Option<Node<'_>> {
        self.root.map(|id| Node { tree: self, id })
    }

    /// The text that was parsed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Spans of the comments, from `#` to the end of the line.
    #[must_use]
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// Drops the tree and wipes its copies of the text, which may hold secrets in plain text.
    pub fn wipe(mut self) {
        self.text.zeroize();
        for entry in &mut self.entries {
            if let Kind::Scalar { value: Scalar::Owned(text), .. } = &mut entry.kind {
                text.zeroize();
            }
        }
    }

    /// Every node in document order, aliases not followed. Linear in the size of the text, whatever the aliases.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.entries.len()).map(|id| Node { tree: self, id: u32::try_from(id).unwrap_or(u32::MAX) })
    }
}

impl<'t> Node<'t> {
    fn entry(self) -> &'t Entry {
        &self.tree.entries[self.id as usize]
    }

    /// The node that an alias stands for, or the node itself.
    #[must_use]
    pub fn resolve(self) -> Self {
        match self.entry().kind {
            Kind::Alias { target } => Self { tree: self.tree, id: target },
            _ => self,
        }
    }

    /// Where the node stands, bytes of the parsed text; quotes and block headers are not part of it.
    #[must_use]
    pub fn span(self) -> Span {
        self.entry().span
    }

    /// The tree that holds the node.
    #[must_use]
    pub fn tree(self) -> &'t Tree {
        self.tree
    }

    /// Whether two nodes are the same one.
    #[must_use]
    pub fn is(self, other: Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.id == other.id
    }

    /// Whether the node is empty, `~`, or `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        let node = self.resolve();
        match &node.entry().kind {
            Kind::Null => true,
            Kind::Scalar { style: Style::Plain, .. } => {
                matches!(node.as_str(), Some("" | "~" | "null" | "Null" | "NULL"))
            }
            _ => false,
        }
    }

    /// Whether the node is written as an alias (`*name`).
    #[must_use]
    pub fn is_alias(self) -> bool {
        matches!(self.entry().kind, Kind::Alias { .. })
    }

    /// Whether an alias, or a node that an alias may name; edits must not pass through these.
    #[must_use]
    pub fn is_anchored(self) -> bool {
        self.entry().anchored
    }

    /// Whether a collection is written in flow style.
    #[must_use]
    pub fn is_flow(self) -> bool {
        self.entry().flow
    }

    /// The tag as written (`!vault`), if any.
    #[must_use]
    pub fn tag(self) -> Option<&'t str> {
        self.resolve().entry().tag.as_deref()
    }

    /// The text of a scalar, escapes resolved. None for collections and empty nodes.
    #[must_use]
    pub fn as_str(self) -> Option<&'t str> {
        match &self.resolve().entry().kind {
            Kind::Scalar { value: Scalar::InText(span), .. } => Some(span.slice(&self.tree.text)),
            Kind::Scalar { value: Scalar::Owned(text), .. } => Some(text),
            _ => None,
        }
    }

    /// How a scalar is written.
    #[must_use]
    pub fn style(self) -> Option<Style> {
        match self.resolve().entry().kind {
            Kind::Scalar { style, .. } => Some(style),
            _ => None,
        }
    }

    /// Whether YAML reads the scalar as a string: quoted, block, or plain and neither null, boolean nor number.
    #[must_use]
    pub fn is_string(self) -> bool {
        match self.style() {
            None => false,
            Some(Style::Plain) => !self.is_null() && !is_core_schema_other(self.as_str().unwrap_or_default()),
            Some(_) => true,
        }
    }

    /// Whether the node is a mapping.
    #[must_use]
    pub fn is_mapping(self) -> bool {
        matches!(self.resolve().entry().kind, Kind::Mapping { .. })
    }

    /// Whether the node is a sequence.
    #[must_use]
    pub fn is_sequence(self) -> bool {
        matches!(self.resolve().entry().kind, Kind::Sequence { .. })
    }

    /// Items of a sequence; nothing for other nodes.
    pub fn items(self) -> impl Iterator<Item = Node<'t>> {
        let tree = self.tree;
        let ids = match self.resolve().entry().kind {
            Kind::Sequence { first, count } => tree.children.get(first as usize..(first + count) as usize),
            _ => None,
        };
        ids.unwrap_or_default().iter().map(move |&id| Node { tree, id })
    }

    /// Key and value of each entry of a mapping as written, merge keys included; nothing for other nodes.
    pub fn entries(self) -> impl Iterator<Item = (Node<'t>, Node<'t>)> {
        let tree = self.tree;
        let ids = match self.resolve().entry().kind {
            Kind::Mapping { first, count } => tree.children.get(first as usize..(first + count) as usize),
            _ => None,
        };
        let node = move |id: u32| Node { tree, id };
        ids.unwrap_or_default().chunks_exact(2).map(move |pair| (node(pair[0]), node(pair[1])))
    }

    /// The item or value of a collection that holds `span`, bytes of the parsed text, with its key in a mapping.
    #[must_use]
    pub fn child_at(self, span: Span) -> Option<(Option<Self>, Self)> {
        let tree = self.tree;
        let (first, count, step) = match self.resolve().entry().kind {
            Kind::Sequence { first, count } => (first, count, 1),
            Kind::Mapping { first, count } => (first, count, 2),
            _ => return None,
        };
        let children = tree.children.get(first as usize..(first + count) as usize)?;
        let node = |id: u32| Node { tree, id };
        // They stand in the order of the text.
        let (mut low, mut high) = (0, children.len() / step);
        while low < high {
            let middle = usize::midpoint(low, high);
            if node(children[middle * step + step - 1]).span().start <= span.start {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let at = low.checked_sub(1)? * step;
        let child = node(children[at + step - 1]);
        child.span().contains(span).then(|| ((step == 2).then(|| node(children[at])), child))
    }

    /// The value of `key` in a mapping. The last of repeated keys wins, as in `kubectl`; merge keys are followed.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Node<'t>> {
        self.lookup(key, 8, &mut 64)
    }

    /// The node at the end of a path of keys.
    #[must_use]
    pub fn at(self, path: &[&str]) -> Option<Node<'t>> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// `merges` is how deep merge keys are followed, `budget` how many of them in all: mappings that merge each other many
    /// times over would cost more than anyone waits for.
    fn lookup(self, key: &str, merges: u8, budget: &mut u32) -> Option<Node<'t>> {
        let (mut own, mut merged) = (None, None);
        for (name, value) in self.entries() {
            match name.as_str() {
                Some(text) if text == key => own = Some(value),
                Some("<<") if merged.is_none() && name.style() == Some(Style::Plain) => merged = Some(value),
                _ => {}
            }
        }
        if own.is_some() {
            return own;
        }
        let merged = merged?;
        let merges = merges.checked_sub(1)?;
        *budget = budget.checked_sub(1)?;
        if merged.is_sequence() {
            return merged.items().find_map(|item| item.lookup(key, merges, budget));
        }
        merged.lookup(key, merges, budget)
    }
}

/// Whether the YAML 1.1/1.2 rules that Kubernetes uses read a plain scalar as boolean or number.
fn is_core_schema_other(text: &str) -> bool {
    yaml_scalar::boolean(text).is_some() || text.parse::<f64>().is_ok()
}
