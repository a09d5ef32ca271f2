//! Builds trees from the events of the parser.

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use super::tree::{NodeKind, ScalarText, Style, Tree, TreeEntry};
use crate::span::Span;

/// Deepest nesting that is read; deeper documents are reported as unparsable. Kubernetes objects stay below 30.
pub(crate) const MAX_DEPTH: usize = 128;
/// Most nodes that a document may have after its aliases are followed; more is reported as unparsable.
pub(crate) const MAX_EXPANDED: u64 = 10_000_000;

/// Why a document is not YAML. The text never quotes the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Byte offset into the text that was parsed.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

/// Parses one document. Spans are bytes of `text`.
///
/// # Errors
/// Where the text is not YAML, nests deeper than [`MAX_DEPTH`], or its aliases stand for more than [`MAX_EXPANDED`] nodes.
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
    entries: Vec<TreeEntry>,
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
                let kind = NodeKind::Sequence { first: 0, count: 0 };
                self.enter(kind, style, anchor, tag.map(|tag| tag.original().into()), span)
            }
            Event::MappingStart(style, anchor, tag) => {
                let kind = NodeKind::Mapping { first: 0, count: 0 };
                self.enter(kind, style, anchor, tag.map(|tag| tag.original().into()), span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(span),
            Event::Alias(anchor) => {
                let (target, weight) = self.anchors.get(anchor).copied().unwrap_or((u32::MAX, 1));
                let kind = if target == u32::MAX { NodeKind::Null } else { NodeKind::Alias { target } };
                let id = self.push(TreeEntry { span, kind, tag: None, flow: false, anchored: true });
                self.close(id, weight, span)
            }
            Event::Comment(..) => {
                self.comments.push(span);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn scalar(&self, value: &str, style: ScalarStyle, span: Span, tag: Option<Box<str>>, anchored: bool) -> TreeEntry {
        let style = match style {
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
            _ => Style::Plain,
        };
        if style == Style::Plain && span.is_empty() {
            return TreeEntry { span, kind: NodeKind::Null, tag, flow: false, anchored };
        }
        let inner = match style {
            Style::Single | Style::Double if span.len() >= 2 => Span::new(span.start + 1, span.end - 1),
            Style::Literal | Style::Folded => {
                let body = span.slice(self.text).trim_end_matches(['\n', '\r']);
                Span::new(span.start, span.start + body.len())
            }
            _ => span,
        };
        let value =
            if inner.slice(self.text) == value { ScalarText::InText(inner) } else { ScalarText::Owned(value.into()) };
        TreeEntry { span: inner, kind: NodeKind::Scalar { value, style }, tag, flow: false, anchored }
    }

    fn push(&mut self, entry: TreeEntry) -> u32 {
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
        kind: NodeKind,
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
        let id = self.push(TreeEntry { span, kind, tag, flow, anchored: anchor != 0 });
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
            NodeKind::Sequence { .. } => NodeKind::Sequence { first, count },
            _ => NodeKind::Mapping { first, count },
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
            expanded: self.weight,
        }
    }
}
