//! The Secrets Store CSI driver: SecretProviderClasses and the pods that mount them.

use crate::checks::common::{Check, Subject::Structure};
use crate::rule::id;

mod class;
pub(in crate::checks) mod csi_credential;
mod csi_parameters;
mod csi_undefined_class;
mod csi_undefined_object;
mod csi_unmounted_secret;
mod csi_writable;

pub(super) const CHECKS: &[Check] = &[
    Check::source(id::CSI_PARAMETERS, Structure, csi_parameters::check),
    Check::repository(id::CSI_UNDEFINED_CLASS, Structure, csi_undefined_class::check),
    Check::source(id::CSI_UNDEFINED_OBJECT, Structure, csi_undefined_object::check),
    Check::repository(id::CSI_UNMOUNTED_SECRET, Structure, csi_unmounted_secret::check),
    Check::source(id::CSI_WRITABLE, Structure, csi_writable::check),
];
