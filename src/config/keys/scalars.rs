//! Keys that are one value: `allow-*`, `fail-on`, `max-size`, `rotation.max-age` and `strength.*`.

use super::prelude::*;
use super::rules::level;
use crate::config::values::{DEFAULT_MAX_SIZE, LEVELS, parse_age, parse_size, show_size};
use crate::inventory::convention::Convention;
use crate::rule::Level;
use crate::seal::strength::Policy as Strength;

/// Most characters that can be required of a value.
const LONGEST_VALUE: usize = 1024;

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

pub(crate) const FAIL_ON: Key<Valued<Level>> = Key {
    name: "fail-on",
    scopes: ROOT_AND_POLICY,
    summary: "Lowest level of a finding that causes exit status 1.",
    default: "`error`",
    built_in: || Valued::built_in(Level::Error),
    read: |reader, label, node| {
        let Valued { value, origin } = level(reader, label, node, &LEVELS[1..])?;
        value.map(|value| Valued { value, origin })
    },
    bound: Bound::Limit(|own, floor| own.value > floor.value),
    schema: |_| json!({ "enum": LEVELS[1..] }),
    show: |value| Shown::scalar(value, |level| level.as_str().to_owned()),
};

pub(crate) const MAX_SIZE: Key<Valued<u64>> = Key {
    name: "max-size",
    scopes: ROOT_AND_POLICY,
    summary: "Larger files are not parsed, only searched for credentials, and named in the report: bytes, or a size such as `512KiB`, `32MiB` or `1GB`.",
    default: "`32MiB`",
    built_in: || Valued::built_in(DEFAULT_MAX_SIZE),
    read: |reader, label, node| reader.measure(label, "a size such as 32MiB", node, parse_size),
    // Skipping more files is weaker.
    bound: Bound::Limit(|own, floor| own.value < floor.value),
    schema: |_| json!({ "type": ["string", "integer"], "pattern": "^[0-9]+ *([kKmMgG]([iI]?[bB])?|[bB])?$", "minimum": 1 }),
    show: |value| Shown::scalar(value, |size| show_size(*size)),
};

/// Days.
pub(crate) const MAX_AGE: Key<Valued<u32>> = Key {
    name: "rotation.max-age",
    scopes: ROOT_AND_POLICY,
    summary: "Age at which a sealed Secret should be re-sealed with a new credential, in days (`90d`) or weeks (`12w`).",
    default: "`90d`",
    built_in: || Valued::built_in(Convention::default().max_age_days),
    read: |reader, label, node| reader.measure(label, "a number of days or weeks such as 90d or 12w", node, parse_age),
    bound: Bound::Limit(|own, floor| own.value > floor.value),
    schema: |_| json!({ "type": "string", "pattern": "^[0-9]+ *[dw]$" }),
    show: |value| Shown::scalar(value, |days| format!("{days}d")),
};

pub(crate) const MIN_LENGTH: Key<Valued<usize>> = Key {
    name: "strength.min-length",
    scopes: ROOT_AND_POLICY,
    summary: "Smallest number of characters of a value, 1 to 1024.",
    default: "`12`",
    built_in: || Valued::built_in(Strength::default().min_length),
    read: |reader, _, node| {
        let number = if let Value::Number(text) = node.value() { text.parse().ok() } else { None };
        let number = number.filter(|number| (1..=LONGEST_VALUE).contains(number));
        if number.is_none() {
            reader.mistyped(node, "`min-length` must be a number of characters from 1 to 1024");
        }
        Some(reader.valued(node.at(), number?))
    },
    bound: Bound::Limit(|own, floor| own.value < floor.value),
    schema: |_| json!({ "type": "integer", "minimum": 1, "maximum": LONGEST_VALUE }),
    show: |value| Shown::scalar(value, usize::to_string),
};

pub(crate) const RANDOM: Key<Valued<bool>> = Key {
    name: "strength.random",
    scopes: ROOT_AND_POLICY,
    summary: "Whether words, repetitions and sequences (`12345`) make a value weak, however long it is.",
    default: "`false`",
    built_in: || Valued::built_in(Strength::default().random),
    bound: Bound::Limit(|own, floor| !own.value && floor.value),
    ..ALLOW_BASELINE
};
