//! Texts that hold texts of other languages.

use std::sync::Arc;

use super::content::{Content, Input};
use crate::document::fragment::Fragment;
use crate::document::{markdown, notebook};

pub(super) fn markdown<'t>(input: &'t Input<'t>) -> Vec<Content<'t>> {
    inner(input, markdown::fragments(&input.fragment.text)).collect()
}

pub(super) fn notebook<'t>(input: &'t Input<'t>) -> Vec<Content<'t>> {
    inner(input, notebook::read(&input.fragment.text).fragments).collect()
}

/// Fragments of the input's text as inputs of their own.
pub(super) fn inner<'t>(input: &'t Input<'t>, found: Vec<Fragment<'t>>) -> impl Iterator<Item = Content<'t>> {
    found.into_iter().map(|fragment| {
        let map = fragment.map.then(&input.fragment.map);
        Content::Inner(Input { path: input.path, fragment: Fragment { map, ..fragment }, around: Arc::default() })
    })
}
