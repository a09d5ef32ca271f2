//! `workflows`: names of the workflows.

use super::prelude::*;
use crate::config::text::label;

pub(crate) const WORKFLOWS: Key<Listed<String>> = Key {
    name: "workflows",
    scopes: &[Scope::Root],
    summary: "Names of the workflows.",
    default: "inferred from paths and namespaces",
    read: |reader, key, node| reader.texts(key, "names", node, label),
    schema: |_| shapes::one_or_more(&shapes::shared("label")),
    ..NAMES
};
