//! `workflows`: names of the workflows.

use super::lists::NAMES;
use crate::config::key::{Key, Scope};
use crate::config::shapes;
use crate::config::text::label;
use crate::config::values::Listed;

pub(crate) const WORKFLOWS: Key<Listed<String>> = Key {
    name: "workflows",
    scopes: &[Scope::Root],
    summary: "Names of the workflows.",
    default: "inferred from paths and namespaces",
    read: |reader, key, node| reader.texts(key, "names", node, label),
    schema: |_| shapes::one_or_more(&shapes::shared("label")),
    ..NAMES
};
