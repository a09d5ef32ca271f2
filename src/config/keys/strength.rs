//! `strength.min-length` and `strength.random`: what is required of values when they are sealed.

use super::prelude::*;
use crate::seal::strength::Policy as Strength;

/// Most characters that can be required of a value.
const LONGEST_VALUE: usize = 1024;

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
    read: |reader, label, node| reader.boolean(label, node),
    bound: Bound::Limit(|own, floor| !own.value && floor.value),
    schema: |_| shapes::boolean(),
    show: |value| Shown::scalar(value, bool::to_string),
};
