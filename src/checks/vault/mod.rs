//! Annotations of the Vault agent injector.

use crate::checks::common::{Check, Subject::Structure};
use crate::rule::id;

mod vault_annotation;

pub(super) const CHECKS: &[Check] = &[Check::repository(id::VAULT_ANNOTATION, Structure, vault_annotation::check)];
