//! One source as checks see it: its text, every YAML or JSON document in it (also those embedded in other texts), the
//! Kubernetes objects of these, and what could not be read.

use super::fragment::Lang;
use super::object::{Object, objects};
pub use super::parse::parse;
pub(crate) use super::parsed::Parsed;
pub(crate) use super::unit::Unit;
use crate::span::Span;

/// A source with everything that checks ask for.
pub struct View<'a> {
    /// Report path.
    pub path: &'a str,
    /// Decoded text.
    pub text: &'a str,
    /// Language of the source itself.
    pub lang: Lang,
    /// What was parsed.
    pub parsed: &'a Parsed,
    /// All Kubernetes objects.
    pub objects: Vec<Object<'a>>,
}

impl<'a> View<'a> {
    /// Looks at a parsed source.
    #[must_use]
    pub fn new(path: &'a str, text: &'a str, lang: Lang, parsed: &'a Parsed) -> Self {
        let objects = parsed.units.iter().flat_map(objects).collect();
        Self { path, text, lang, parsed, objects }
    }

    /// The innermost language at a byte of the text.
    #[must_use]
    pub(crate) fn lang_at(&self, offset: usize) -> Lang {
        lang_at(&self.parsed.stretches, offset).unwrap_or(self.lang)
    }
}

/// The language of the innermost stretch that holds `offset`.
#[must_use]
pub(crate) fn lang_at(stretches: &[(Span, Lang)], offset: usize) -> Option<Lang> {
    let after = stretches.partition_point(|(span, _)| span.start <= offset);
    stretches[..after].iter().rev().take(8).find(|(span, _)| offset < span.end).map(|&(_, lang)| lang)
}
