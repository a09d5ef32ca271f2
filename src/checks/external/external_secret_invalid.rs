//! `external-secret-invalid`: what the External Secrets operator refuses, or can never make a Secret of.
//!
//! What is wrong is judged in `inventory/judged/external.rs`, while the text is there; here what patches mend is left out.

use super::named;
use crate::checks::common::Across;
use crate::inventory::external::{Fault, MendedBy};
use crate::inventory::facts::Role;

pub(super) fn check(cx: &mut Across<'_>) {
    for named in named::objects(cx) {
        // An object inside another one is often a patch, or completed by what holds it.
        let partial = named.object.role != Role::Resource;
        let mended = |fault: &Fault| match fault.mended_by {
            MendedBy::Nothing => false,
            MendedBy::ObjectAround => partial,
            MendedBy::Patch => partial || named.patched,
        };
        for fault in named.external.faults.iter().filter(|fault| !mended(fault)) {
            cx.report_in((named.at.0, fault.place), named.object, &fault.path, fault.message.to_string());
        }
    }
}
