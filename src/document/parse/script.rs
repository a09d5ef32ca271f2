//! Scripts: commands that make Secrets or give them to stores.

use super::{Found, Input};
use crate::document::offset::OffsetMap;
use crate::document::shell;
use crate::document::template::Action;

pub(super) fn shell(input: &Input<'_>, found: &mut Found<'_>) {
    commands(&input.fragment.text, &input.fragment.map, &[], found);
}

pub(super) fn groovy(input: &Input<'_>, found: &mut Found<'_>) {
    for span in shell::groovy_scripts(&input.fragment.text) {
        let map = OffsetMap::linear(span.start).then(&input.fragment.map);
        commands(span.slice(&input.fragment.text), &map, &[], found);
    }
}

/// The commands of a script that `map` leads out of. What one of `actions` writes is not a literal.
pub(super) fn commands(text: &str, map: &OffsetMap, actions: &[Action], found: &mut Found<'_>) {
    let creates = memchr::memmem::find(text.as_bytes(), b"create").is_some();
    if !creates && !shell::may_store(text) {
        return;
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
        found.parsed.create_secrets.push(command);
    }
    for mut command in shell::stored(text, &commands) {
        command.literals.iter_mut().for_each(outer);
        found.parsed.store_secrets.push(command);
    }
}
