//! `sealed-wrong-namespace`: a SealedSecret for another namespace than its place in the repository says.

use super::identity::{Fault, all, fault};
use crate::checks::common::Across;
use crate::checks::common::repair::Repair;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for (at, object, sealed) in all(inventory) {
        let fault = fault(inventory, (at, object, sealed));
        let Some(Fault::WrongNamespace { sealed: own, expected, template }) = fault else { continue };
        let place = object.namespace_place.or(sealed.template_place).unwrap_or(object.place);
        let message = format!(
            "Sealed for namespace `{own}`, but its path ({template}) belongs to `{expected}`, where it cannot be decrypted."
        );
        let repair = Repair::Reseal { name: object.place.span, namespace: expected };
        cx.report_in((at.0, place), object, ".metadata.namespace", message).repair = Some(repair);
    }
}
