//! What the files of keys have in common.

pub(super) use serde_json::json;

use crate::config::text::subdomain;

pub(super) use crate::config::key::{Bound, Key, Scope};
pub(super) use crate::config::node::{Node, Value};
pub(super) use crate::config::reader::Reader;
pub(super) use crate::config::shapes;
pub(super) use crate::config::shown::{Shown, flow, flow_map, quote};
pub(super) use crate::config::text::{Invalid, LONGEST, checked};
pub(super) use crate::config::values::{Listed, Valued, built_in_list};

/// Most keys may be set by the file at the root and by a policy.
pub(super) const ROOT_AND_POLICY: &[Scope] = &[Scope::Root, Scope::Policy];

/// A key that is a list of names of objects.
pub(super) const NAMES: Key<Listed<String>> = Key {
    name: "",
    scopes: ROOT_AND_POLICY,
    summary: "",
    default: "none",
    built_in: || built_in_list([]),
    read: |reader, label, node| reader.texts(label, "names", node, subdomain),
    bound: Bound::Free,
    schema: |_| shapes::shared("names"),
    show: Shown::names,
};

/// A key that is a list of globs of files.
pub(super) const GLOBS: Key<Listed<String>> =
    Key { read: |reader, label, node| reader.globs(label, node), schema: |_| shapes::shared("globs"), ..NAMES };
