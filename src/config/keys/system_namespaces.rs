//! `system-namespaces`: namespaces that belong to no workflow.

use super::prelude::*;
use crate::config::bounds::narrowed;
use crate::inventory::convention::{Convention, is_label};

pub(crate) const SYSTEM_NAMESPACES: Key<Listed<String>> = Key {
    name: "system-namespaces",
    summary: "Globs of the platform's own namespaces, which belong to no workflow.",
    default: "those of the platform, see below",
    built_in: || built_in_list(Convention::default().system_namespaces),
    read: |reader, label, node| reader.texts(label, "globs", node, namespace_glob),
    bound: Bound::Joined(narrowed),
    ..NAMES
};

fn namespace_glob(text: &str) -> Result<String, Invalid> {
    checked(text, is_label(&text.replace('*', "x")), || {
        Invalid::path("glob", text, "must be the name of a namespace, in which `*` matches any characters")
    })
}
