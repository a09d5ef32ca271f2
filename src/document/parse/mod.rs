//! From the text of a source to its documents, also those that are embedded in other texts.

mod content;
mod embedded;
mod manifest;
mod script;

use std::borrow::Cow;
use std::sync::Arc;

use self::content::{Content, Input, LanguageReader};
use super::fragment::{Fragment, Host, Lang};
use super::offset::OffsetMap;
use super::parsed::Parsed;
use crate::span::Span;

/// Deepest embedding of documents in strings of documents.
const MAX_EMBEDDING: usize = 4;

/// The languages that are read, each with its reader. Others are searched for credentials only.
const READERS: [(Lang, LanguageReader); 8] = [
    (Lang::Yaml, manifest::yaml),
    (Lang::Json, manifest::json),
    (Lang::JsonLines, manifest::json_lines),
    (Lang::Markdown, embedded::markdown),
    (Lang::Notebook, embedded::notebook),
    (Lang::Shell, script::shell),
    (Lang::Dockerfile, script::dockerfile),
    (Lang::Groovy, script::groovy),
];

/// Parses what in `text` is worth parsing. `path` is a report path, `lang` the language of the whole text.
#[must_use]
pub fn parse(path: &str, text: &str, lang: Lang) -> Parsed {
    let fragment = Fragment { text: Cow::Borrowed(text), map: OffsetMap::linear(0), lang, host: Host::File };
    let mut parsed = Parsed::default();
    read(&Input { path, fragment, around: Arc::default() }, &mut parsed, 0);
    parsed.stretches.sort_unstable_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    parsed
}

fn read(input: &Input<'_>, parsed: &mut Parsed, depth: usize) {
    let reader = READERS.iter().find(|(lang, _)| *lang == input.fragment.lang);
    let Some((_, reader)) = reader.filter(|_| depth <= MAX_EMBEDDING) else { return };
    for content in reader(input) {
        match content {
            Content::Unit(unit) => parsed.units.push(unit),
            Content::Fault(fault) => parsed.faults.push(fault),
            Content::Recovered(object) => parsed.recovered.push(object),
            Content::CreateSecret(command) => parsed.create_secrets.push(command),
            Content::StoreSecret(command) => parsed.store_secrets.push(command),
            Content::DefinitionOfKind(span) => parsed.definitions_of_kinds.push(span),
            Content::Inner(inner) => {
                note_language(&inner.fragment, parsed);
                read(&inner, parsed, depth + 1);
            }
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
