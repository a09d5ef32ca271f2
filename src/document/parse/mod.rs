//! From the text of a source to its documents, also those that are embedded in other texts.

mod manifest;
mod script;

use std::borrow::Cow;
use std::sync::Arc;

use super::fragment::{Fragment, Host, Lang};
use super::offset::OffsetMap;
use super::parsed::Parsed;
use super::template::Action;
use super::{markdown, notebook, shell};
use crate::span::Span;

/// Deepest embedding of documents in strings of documents.
const MAX_EMBEDDING: usize = 4;

/// Reads a text into what is found in it.
type Reader = fn(&Input<'_>, &mut Found<'_>);

/// The languages that are read, each with its reader. Others are searched for credentials only.
const READERS: [(Lang, Reader); 8] = [
    (Lang::Yaml, manifest::yaml),
    (Lang::Json, manifest::json),
    (Lang::JsonLines, manifest::json_lines),
    (Lang::Markdown, |input, found| found.fragments(input, markdown::fragments(&input.fragment.text))),
    (Lang::Notebook, |input, found| found.fragments(input, notebook::read(&input.fragment.text))),
    (Lang::Shell, |input, found| {
        found.fragments(input, shell::fragments(&input.fragment.text));
        script::shell(input, found);
    }),
    (Lang::Dockerfile, script::shell),
    (Lang::Groovy, script::groovy),
];

/// A text to read.
struct Input<'t> {
    /// Report path of the source.
    path: &'t str,
    /// Its map leads to the source's text.
    fragment: Fragment<'t>,
    /// The actions of the template that the text is in, which are blank in it.
    around: Arc<[Action]>,
}

/// What was found, in the order of the text. Spans are bytes of the source's text.
struct Found<'p> {
    parsed: &'p mut Parsed,
    depth: usize,
}

/// Parses what in `text` is worth parsing. `path` is a report path, `lang` the language of the whole text.
#[must_use]
pub fn parse(path: &str, text: &str, lang: Lang) -> Parsed {
    let fragment = Fragment { text: Cow::Borrowed(text), map: OffsetMap::linear(0), lang, host: Host::File };
    let mut parsed = Parsed::default();
    Found { parsed: &mut parsed, depth: 0 }.read(&Input { path, fragment, around: Arc::default() });
    parsed.stretches.sort_unstable_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    parsed
}

impl Found<'_> {
    fn read(&mut self, input: &Input<'_>) {
        let reader = READERS.iter().find(|(lang, _)| *lang == input.fragment.lang);
        if let Some((_, reader)) = reader.filter(|_| self.depth <= MAX_EMBEDDING) {
            reader(input, self);
        }
    }

    /// Reads a text inside the one that is being read.
    fn inner(&mut self, input: &Input<'_>) {
        note_language(&input.fragment, self.parsed);
        self.depth += 1;
        self.read(input);
        self.depth -= 1;
    }

    /// Reads fragments of a text.
    fn fragments(&mut self, input: &Input<'_>, fragments: Vec<Fragment<'_>>) {
        for fragment in fragments {
            let map = fragment.map.then(&input.fragment.map);
            self.inner(&Input { path: input.path, fragment: Fragment { map, ..fragment }, around: Arc::default() });
        }
    }
}

/// Notes an embedded text for the search for credentials. Strings of a document are searched with it.
fn note_language(fragment: &Fragment<'_>, parsed: &mut Parsed) {
    match fragment.host {
        Host::File | Host::BlockString => {}
        Host::Cell(_) | Host::Output(_) => {
            parsed.rewritten.push((fragment.text.to_string(), fragment.map.clone(), fragment.lang));
        }
        Host::Fence | Host::Heredoc => {
            let whole = fragment.map.outer(Span::new(0, fragment.text.len()));
            parsed.stretches.push((whole, fragment.lang));
        }
    }
}
