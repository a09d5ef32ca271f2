//! Annotations of the Vault agent injector.

use crate::checks::common::Check;
use crate::checks::common::Subject::Structure;
use crate::rule::id;

mod vault_annotation;

/// The checks of this family. The order decides nothing.
pub(super) const CHECKS: &[Check] = &[Check::repository(id::VAULT_ANNOTATION, Structure, vault_annotation::check)];
