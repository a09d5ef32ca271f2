//! What a repository holds: objects, definitions of Secrets, references to them, kustomizations, namespaces.
//!
//! Two phases. [`read::read`] tells what one file holds, from its bytes alone, so that files are read in parallel and a
//! file's facts hold for whoever asks (a working tree, an index, a commit). [`index::Inventory`] joins the facts of all
//! files and answers questions across them. Nothing here reads a file or prints, and no value of a Secret is kept.

pub(crate) mod convention;
pub(crate) mod external;
pub(crate) mod facts;
pub(crate) mod helm;
pub(crate) mod index;
pub(crate) mod kustomization;
pub(crate) mod kustomize;
pub(crate) mod landing;
pub(crate) mod map;
pub(crate) mod near;
pub(crate) mod read;
pub(crate) mod reference;
pub(crate) mod secret_file;
pub(crate) mod sops;

use crate::span::{LineCursor, Region, Span};

/// A text of a manifest, as far as the file tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stated {
    /// It is not there.
    #[default]
    Absent,
    /// It stands there.
    Known(Box<str>),
    /// A template or an expression writes it.
    Unknown,
}

impl Stated {
    /// The text, where it is known.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for Stated {
    fn from(text: &str) -> Self {
        Self::Known(text.into())
    }
}

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
        let start = crate::span::Position { line: 1, column: 1 };
        Self { span: Span { start: 0, end: 0 }, region: Region { start, end: start } }
    };
}

/// Makes places of spans of one text; lines are counted only where a place is asked for.
pub(crate) struct Places<'t>(LineCursor<'t>);

impl<'t> Places<'t> {
    /// For spans of `text`.
    #[must_use]
    pub(crate) fn new(text: &'t str) -> Self {
        Self(LineCursor::new(text))
    }

    /// The place of `span`, bytes of the text.
    pub(crate) fn at(&self, span: Span) -> Place {
        Place { span, region: self.0.region(span) }
    }
}
