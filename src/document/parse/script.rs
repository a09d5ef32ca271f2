//! Scripts: here-documents that hold manifests, and commands that make Secrets or give them to stores.

use super::content::{Content, Input};
use super::embedded::inner;
use crate::document::offset::OffsetMap;
use crate::document::shell;
use crate::document::template::Action;

pub(super) fn shell<'t>(input: &'t Input<'t>) -> Vec<Content<'t>> {
    let mut found: Vec<_> = inner(input, shell::fragments(&input.fragment.text)).collect();
    found.extend(dockerfile(input));
    found
}

pub(super) fn dockerfile<'t>(input: &'t Input<'t>) -> Vec<Content<'t>> {
    commands(&input.fragment.text, &input.fragment.map, &[])
}

pub(super) fn groovy<'t>(input: &'t Input<'t>) -> Vec<Content<'t>> {
    let scripts = shell::groovy_scripts(&input.fragment.text).into_iter();
    let of_script = |span: crate::span::Span| {
        let map = OffsetMap::linear(span.start).then(&input.fragment.map);
        commands(span.slice(&input.fragment.text), &map, &[])
    };
    scripts.flat_map(of_script).collect()
}

/// The commands of a script that `map` leads out of. What one of `actions` writes is no literal.
pub(super) fn commands<'t>(text: &str, map: &OffsetMap, actions: &[Action]) -> Vec<Content<'t>> {
    let mut found = Vec::new();
    let creates = memchr::memmem::find(text.as_bytes(), b"create").is_some();
    if !creates && !shell::may_store(text) {
        return found;
    }
    let commands = shell::commands(text);
    let outer = |literal: &mut shell::Literal| {
        literal.value = map.outer(literal.value);
        literal.expands |= actions.iter().any(|action| action.span.overlaps(literal.value));
    };
    for mut command in commands.iter().filter(|_| creates).filter_map(shell::create_secret) {
        command.literals.iter_mut().for_each(outer);
        command.name_span = map.outer(command.name_span);
        for (_, span) in &mut command.file_keys {
            *span = map.outer(*span);
        }
        found.push(Content::CreateSecret(command));
    }
    for mut command in shell::stored(text, &commands) {
        command.literals.iter_mut().for_each(outer);
        found.push(Content::StoreSecret(command));
    }
    found
}
