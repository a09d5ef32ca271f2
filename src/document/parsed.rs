//! What parsing a source gives.

use super::fragment::Lang;
use super::lines::Recovered;
use super::offset::OffsetMap;
use super::shell::{CreateSecret, StoreSecret};
use super::unit::Unit;
use crate::span::Span;

/// A document that could not be parsed.
#[derive(Debug)]
pub struct Fault {
    /// Where the parser stopped, bytes of the source's text.
    pub offset: usize,
    /// What it says; never text of the document.
    pub message: String,
    /// Whether the document looks like Kubernetes objects.
    pub kubernetes: bool,
    /// Whether the line reader made enough of it.
    pub recovered: bool,
}

/// What a source holds, parsed.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Parsed documents: those of the source first, then embedded ones.
    pub units: Vec<Unit>,
    /// Documents that did not parse.
    pub faults: Vec<Fault>,
    /// What the line reader made of these, spans in bytes of the source's text.
    pub recovered: Vec<Recovered>,
    /// Texts whose characters differ from the source's (notebook cells, escaped strings): to be searched on their own.
    pub rewritten: Vec<(String, OffsetMap, Lang)>,
    /// Stretches of the source in another language than the source itself, sorted.
    pub stretches: Vec<(Span, Lang)>,
    /// `kubectl create secret` commands, spans in bytes of the source's text.
    pub create_secrets: Vec<CreateSecret>,
    /// Commands that put a secret into a store, spans in bytes of the source's text.
    pub store_secrets: Vec<StoreSecret>,
    /// CustomResourceDefinitions, which are left unparsed, in bytes of the source's text.
    pub definitions_of_kinds: Vec<Span>,
}
