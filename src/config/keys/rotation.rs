//! `rotation.max-age`: the age at which a credential has to be rotated.

use super::prelude::*;
use crate::config::values::parse_age;
use crate::inventory::convention::Convention;

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
