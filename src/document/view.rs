//! One source as checks see it: its text, every YAML or JSON document in it (also those embedded in other texts), the
//! Kubernetes objects of these, and what could not be read.

use super::fragment::{Host, Lang};
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

    /// The documents that are the file's own, not those in strings and fences.
    pub(crate) fn file_units(&self) -> impl Iterator<Item = &'a Unit> + Clone + use<'a> {
        self.parsed.units.iter().filter(|unit| unit.host() == Host::File)
    }

    /// Whether it is a text for people, whose objects are examples: parts of one, and what not to do.
    pub(crate) fn is_for_people(&self) -> bool {
        matches!(self.lang, Lang::Markdown | Lang::Notebook)
    }

    /// All objects but those of texts for people.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = &Object<'a>> {
        self.objects.iter().filter(|_| !self.is_for_people())
    }

    /// The same of a text that contains `word`.
    pub(crate) fn manifests_with(&self, word: &str) -> impl Iterator<Item = &Object<'a>> + use<'_, 'a> {
        let text = self.text.as_bytes();
        let found = self.manifests().next().is_some() && memchr::memmem::find(text, word.as_bytes()).is_some();
        self.objects.iter().filter(move |_| found)
    }

    /// The innermost language at a byte of the text.
    pub(crate) fn lang_at(&self, offset: usize) -> Lang {
        lang_at(&self.parsed.stretches, offset).unwrap_or(self.lang)
    }
}

/// The language of the innermost stretch that holds `offset`.
pub(crate) fn lang_at(stretches: &[(Span, Lang)], offset: usize) -> Option<Lang> {
    let after = stretches.partition_point(|(span, _)| span.start <= offset);
    stretches[..after].iter().rev().take(8).find(|(span, _)| offset < span.end).map(|&(_, lang)| lang)
}
