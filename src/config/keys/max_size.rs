//! `max-size`: the largest files that are searched.

use super::prelude::*;
use crate::config::values::{DEFAULT_MAX_SIZE, parse_size, show_size};

pub(crate) const MAX_SIZE: Key<Valued<u64>> = Key {
    name: "max-size",
    scopes: ROOT_AND_POLICY,
    summary: "Larger files are skipped, and named in the report: bytes, or a size such as `512KiB`, `32MiB` or `1GB`.",
    default: "`32MiB`",
    built_in: || Valued::built_in(DEFAULT_MAX_SIZE),
    read: |reader, label, node| reader.measure(label, "a size such as 32MiB", node, parse_size),
    // Skipping more files is weaker.
    bound: Bound::Limit(|own, floor| own.value < floor.value),
    schema: |_| json!({ "type": ["string", "integer"], "pattern": "^[0-9]+ *([kKmMgG]([iI]?[bB])?|[bB])?$", "minimum": 1 }),
    show: |value| Shown::scalar(value, |size| show_size(*size)),
};
