//! `fail-on`: the level from which findings make `check` fail.

use super::prelude::*;
use super::rules::level;
use crate::config::values::LEVELS;
use crate::rule::Level;

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
