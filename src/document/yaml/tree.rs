//! The tree of a document, and its nodes.

use std::fmt;

use zeroize::Zeroize as _;

use crate::span::Span;
use crate::value::Sensitive;
use crate::yaml_scalar;

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

#[derive(Clone)]
pub(super) enum ScalarText {
    /// The value is in the text as it is.
    InText(Span),
    /// The value differs from its source (escapes, folding, indentation).
    Owned(Box<str>),
}

#[derive(Clone)]
pub(super) enum NodeKind {
    Null,
    Scalar {
        value: ScalarText,
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

pub(super) struct TreeEntry {
    pub(super) span: Span,
    pub(super) kind: NodeKind,
    pub(super) tag: Option<Box<str>>,
    pub(super) flow: bool,
    pub(super) anchored: bool,
}

/// One parsed document with a copy of its text.
pub struct Tree {
    pub(super) text: Box<str>,
    pub(super) entries: Vec<TreeEntry>,
    pub(super) children: Vec<u32>,
    pub(super) comments: Vec<Span>,
    pub(super) root: Option<u32>,
    pub(super) expanded: u64,
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

    /// How many nodes the document would have with a copy of its target for each alias.
    pub(crate) fn expanded(&self) -> u64 {
        self.expanded
    }

    /// Spans of the comments, from `#` to the end of the line.
    #[must_use]
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// Drops the tree and wipes its copies of the text, which may contain plaintext secrets.
    pub(crate) fn wipe(mut self) {
        self.text.zeroize();
        for entry in &mut self.entries {
            if let NodeKind::Scalar { value: ScalarText::Owned(text), .. } = &mut entry.kind {
                text.zeroize();
            }
        }
    }

    /// Every node in document order, aliases not followed. Linear in the size of the text, whatever the aliases.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.entries.len()).map(|id| Node { tree: self, id: u32::try_from(id).unwrap_or(u32::MAX) })
    }
}

impl<'t> Node<'t> {
    fn entry(self) -> &'t TreeEntry {
        &self.tree.entries[self.id as usize]
    }

    /// The node that an alias stands for, or the node itself.
    #[must_use]
    pub fn resolve(self) -> Self {
        match self.entry().kind {
            NodeKind::Alias { target } => Self { tree: self.tree, id: target },
            _ => self,
        }
    }

    /// Where the node is, bytes of the parsed text; quotes and block headers are not part of it.
    #[must_use]
    pub fn span(self) -> Span {
        self.entry().span
    }

    /// The span of a scalar with its quotes.
    pub(crate) fn quoted_span(self) -> Span {
        let node = self.resolve();
        let quotes = usize::from(matches!(node.style(), Some(Style::Single | Style::Double)));
        Span::new(node.span().start.saturating_sub(quotes), node.span().end + quotes)
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
            NodeKind::Null => true,
            NodeKind::Scalar { style: Style::Plain, .. } => node.as_str().is_some_and(yaml_scalar::is_null),
            _ => false,
        }
    }

    /// Whether the node is written as an alias (`*name`).
    pub(crate) fn is_alias(self) -> bool {
        matches!(self.entry().kind, NodeKind::Alias { .. })
    }

    /// Whether an alias, or a node that an alias may name; edits must not pass through these.
    pub(crate) fn is_anchored(self) -> bool {
        self.entry().anchored
    }

    /// Whether a collection is written in flow style.
    pub(crate) fn is_flow(self) -> bool {
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
            NodeKind::Scalar { value: ScalarText::InText(span), .. } => Some(span.slice(&self.tree.text)),
            NodeKind::Scalar { value: ScalarText::Owned(text), .. } => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar that names something, as a key does: what may be shown.
    pub(crate) fn name(self) -> Option<&'t str> {
        self.as_str()
    }

    /// The text of a scalar that may be a secret.
    pub(crate) fn value(self) -> Option<Sensitive<'t>> {
        self.as_str().map(Sensitive::new)
    }

    /// How a scalar is written.
    #[must_use]
    pub fn style(self) -> Option<Style> {
        match self.resolve().entry().kind {
            NodeKind::Scalar { style, .. } => Some(style),
            _ => None,
        }
    }

    /// Whether YAML reads the scalar as a string: quoted, block, or plain and neither null, boolean nor number.
    pub(crate) fn is_string(self) -> bool {
        match self.style() {
            None => false,
            Some(Style::Plain) => !self.is_null() && !is_core_schema_other(self.as_str().unwrap_or_default()),
            Some(_) => true,
        }
    }

    /// Whether the node is a mapping.
    pub(crate) fn is_mapping(self) -> bool {
        matches!(self.resolve().entry().kind, NodeKind::Mapping { .. })
    }

    /// Whether the node is a sequence.
    pub(crate) fn is_sequence(self) -> bool {
        matches!(self.resolve().entry().kind, NodeKind::Sequence { .. })
    }

    /// What is in a collection, and how many nodes make an item of it; nothing for other nodes.
    fn children(self) -> (&'t [u32], usize) {
        let (first, count, step) = match self.resolve().entry().kind {
            NodeKind::Sequence { first, count } => (first, count, 1),
            NodeKind::Mapping { first, count } => (first, count, 2),
            _ => (0, 0, 0),
        };
        (self.tree.children.get(first as usize..(first + count) as usize).unwrap_or_default(), step)
    }

    /// Items of a sequence; nothing for other nodes.
    pub fn items(self) -> impl Iterator<Item = Node<'t>> {
        let ids = match self.children() {
            (ids, 1) => ids,
            _ => &[],
        };
        ids.iter().map(move |&id| Node { tree: self.tree, id })
    }

    /// Key and value of each entry of a mapping as written, merge keys included; nothing for other nodes.
    pub fn entries(self) -> impl Iterator<Item = (Node<'t>, Node<'t>)> {
        let ids = match self.children() {
            (ids, 2) => ids,
            _ => &[],
        };
        let node = move |id: u32| Node { tree: self.tree, id };
        ids.chunks_exact(2).map(move |pair| (node(pair[0]), node(pair[1])))
    }

    /// The item or value of a collection that holds `span`, bytes of the parsed text, with its key in a mapping.
    pub(crate) fn child_at(self, span: Span) -> Option<(Option<Self>, Self)> {
        let tree = self.tree;
        let (children, step) = self.children();
        let node = |id: u32| Node { tree, id };
        // They are in the order of the text.
        let (mut low, mut high) = (0, children.len().checked_div(step)?);
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

    /// The value of `key` in a mapping. The last of repeated keys counts, as in `kubectl`; merge keys are followed.
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
