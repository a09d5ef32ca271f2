//! Places in files, good after the text is gone.

use crate::span::{LineCursor, Position, Region, Span};

/// A place in a file, good after the file's text is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Bytes of the decoded text.
    pub span: Span,
    /// The same as lines and columns.
    pub region: Region,
}

impl Place {
    /// The start of a file.
    pub(crate) const START: Self = {
        let start = Position { line: 1, column: 1 };
        Self { span: Span { start: 0, end: 0 }, region: Region { start, end: start } }
    };
}

/// Makes places of spans of one text; lines are counted only where a place is asked for.
pub(crate) struct Places<'t>(LineCursor<'t>);

impl<'t> Places<'t> {
    /// For spans of `text`.
    pub(crate) fn new(text: &'t str) -> Self {
        Self(LineCursor::new(text))
    }

    /// The place of `span`, bytes of the text.
    pub(crate) fn at(&self, span: Span) -> Place {
        Place { span, region: self.0.region(span) }
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::START
    }
}
