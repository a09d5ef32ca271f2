//! What the reader of a language finds in one text.

use std::sync::Arc;

use crate::document::fragment::Fragment;
use crate::document::lines::Recovered;
use crate::document::parsed::Fault;
use crate::document::shell::{CreateSecret, StoreSecret};
use crate::document::template::Action;
use crate::document::unit::Unit;
use crate::span::Span;

/// A text to read.
#[derive(Clone)]
pub(super) struct Input<'t> {
    /// Report path of the source.
    pub(super) path: &'t str,
    /// Its map leads to the source's text.
    pub(super) fragment: Fragment<'t>,
    /// The actions of the template that the text is in, which are blank in it.
    pub(super) around: Arc<[Action]>,
}

/// One finding of a reader, in the order of the text. Spans are bytes of the source's text.
pub(super) enum Content<'t> {
    Unit(Unit),
    Fault(Fault),
    Recovered(Recovered),
    CreateSecret(CreateSecret),
    StoreSecret(StoreSecret),
    DefinitionOfKind(Span),
    /// A text of its own.
    Inner(Input<'t>),
}

/// Reads a text of one language.
pub(super) type LanguageReader = for<'t> fn(&'t Input<'t>) -> Vec<Content<'t>>;
