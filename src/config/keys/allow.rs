//! `allow-baseline`, `allow-comments` and `allow-exclude`: what a policy lets a repository do.

use super::prelude::*;

pub(crate) const ALLOW_BASELINE: Key<Valued<bool>> = Key {
    name: "allow-baseline",
    scopes: &[Scope::Policy],
    summary: "Whether a baseline counts under this policy.",
    default: "`true`",
    built_in: || Valued::built_in(true),
    read: |reader, label, node| reader.boolean(label, node),
    bound: Bound::Free,
    schema: |_| shapes::boolean(),
    show: |value| Shown::scalar(value, bool::to_string),
};

pub(crate) const ALLOW_COMMENTS: Key<Valued<bool>> = Key {
    name: "allow-comments",
    summary: "Whether `mlguard: allow` comments count under this policy.",
    ..ALLOW_BASELINE
};

pub(crate) const ALLOW_EXCLUDE: Key<Valued<bool>> = Key {
    name: "allow-exclude",
    summary: "Whether a repository may exclude paths under this policy.",
    default: "`false`",
    built_in: || Valued::built_in(false),
    ..ALLOW_BASELINE
};
