//! `exclude`: paths that are not searched. The lists of all files add up.

use super::prelude::*;

pub(crate) const EXCLUDE: Key<Listed<String>> = Key {
    name: "exclude",
    scopes: &[Scope::Root, Scope::Nested, Scope::Policy],
    summary: "Globs of paths that are not searched, relative to the folder of the file. The summary counts them.",
    ..GLOBS
};
