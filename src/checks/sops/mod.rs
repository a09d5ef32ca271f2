//! Files that SOPS encrypts, and its configuration.

use crate::checks::common::Subject::{Ciphertext, Structure, Value};
use crate::checks::common::{Check, Need};
use crate::rule::id;

mod sops_broken;
mod sops_partial;
mod sops_plaintext;
mod sops_rule_drift;
mod sops_uncovered;

pub(super) const CHECKS: &[Check] = &[
    Check::source(id::SOPS_BROKEN, Ciphertext, sops_broken::check),
    Check::source(id::SOPS_PARTIAL, Value, sops_partial::check),
    Check::repository(id::SOPS_PLAINTEXT, Structure, sops_plaintext::check).needing(&[Need::Credentials]),
    Check::repository(id::SOPS_RULE_DRIFT, Structure, sops_rule_drift::check),
    Check::repository(id::SOPS_UNCOVERED, Structure, sops_uncovered::check)
        .needing(&[Need::Credentials])
        .yielding_to(&[id::SOPS_PLAINTEXT]),
];
