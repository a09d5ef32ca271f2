//! `sealed-wrong-namespace`: a SealedSecret for another namespace than its place in the repository says.

use super::identity::{Fault, all, fault};
use crate::checks::common::repair::Repair;
use crate::checks::common::{Across, title};

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for (at, object, sealed) in all(inventory) {
        let Some(Fault::WrongNamespace { sealed: own, expected, template }) = fault(inventory, at, object, sealed)
        else {
            continue;
        };
        let place = object.namespace_place.or(sealed.template_place).unwrap_or(object.place);
        let message = format!(
            "Sealed for namespace `{own}`, but its path ({template}) belongs to `{expected}`, where it cannot be decrypted."
        );
        let draft = cx.report(at.0, place, Some(format!("{} .metadata.namespace", title(object))), message);
        draft.repair = Some(Repair::Reseal { name: object.place.span, namespace: expected });
    }
}
