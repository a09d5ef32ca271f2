//! References to Secrets, their definitions, and the naming convention for both.

use crate::checks::common::{Check, Subject::Structure};
use crate::rule::id;

mod duplicate_definition;
mod environment_drift;
mod missing_pull_secret;
mod namespace_convention;
mod secret_sprawl;
mod secret_type_mismatch;
mod undefined_secret;
mod undefined_secret_key;
mod unexpected_env_from;
mod unexpected_pull_secret;
mod unused_secret;

pub(super) const CHECKS: &[Check] = &[
    Check::repository(id::DUPLICATE_DEFINITION, Structure, duplicate_definition::check),
    Check::repository(id::ENVIRONMENT_DRIFT, Structure, environment_drift::check).yielding_to(&[
        id::SECRET_SPRAWL,
        id::SECRET_TYPE_MISMATCH,
        id::UNDEFINED_SECRET,
        id::UNDEFINED_SECRET_KEY,
    ]),
    Check::repository(id::MISSING_PULL_SECRET, Structure, missing_pull_secret::check),
    Check::repository(id::NAMESPACE_CONVENTION, Structure, namespace_convention::check)
        .yielding_to(&[id::SEALED_WRONG_NAMESPACE, id::SEALED_BROKEN_BY_KUSTOMIZE]),
    Check::repository(id::SECRET_SPRAWL, Structure, secret_sprawl::check),
    Check::repository(id::SECRET_TYPE_MISMATCH, Structure, secret_type_mismatch::check),
    Check::repository(id::UNDEFINED_SECRET, Structure, undefined_secret::check)
        .yielding_to(&[id::UNEXPECTED_ENV_FROM, id::UNEXPECTED_PULL_SECRET]),
    Check::repository(id::UNDEFINED_SECRET_KEY, Structure, undefined_secret_key::check),
    Check::repository(id::UNEXPECTED_ENV_FROM, Structure, unexpected_env_from::check),
    Check::repository(id::UNEXPECTED_PULL_SECRET, Structure, unexpected_pull_secret::check),
    Check::repository(id::UNUSED_SECRET, Structure, unused_secret::check).yielding_to(&[id::SECRET_SPRAWL]),
];
