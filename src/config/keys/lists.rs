//! What keys have in common whose values are lists.

use crate::config::key::{Bound, Key, Scope};
use crate::config::shapes;
use crate::config::shown::Shown;
use crate::config::text::subdomain;
use crate::config::values::{Listed, built_in_list};

/// Most keys may be set by the file at the root and by a policy.
pub(crate) const ROOT_AND_POLICY: &[Scope] = &[Scope::Root, Scope::Policy];

/// A key that is a list of names of objects.
pub(crate) const NAMES: Key<Listed<String>> = Key {
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
pub(crate) const GLOBS: Key<Listed<String>> =
    Key { read: |reader, label, node| reader.globs(label, node), schema: |_| shapes::shared("globs"), ..NAMES };
