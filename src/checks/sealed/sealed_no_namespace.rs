//! `sealed-no-namespace`: a SealedSecret whose ciphertext is bound to a namespace that nothing states.

use super::identity::{Fault, all, fault};
use crate::checks::common::repair::Repair;
use crate::checks::common::{Across, title};

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for (at, object, sealed) in all(inventory) {
        if let Some(Fault::NoNamespace) = fault(inventory, (at, object, sealed)) {
            let sealed_for = sealed.namespace.known();
            let hint = sealed_for.map(|namespace| format!(" Its template says `{namespace}`.")).unwrap_or_default();
            let message = format!(
                "This SealedSecret has no namespace, and no kustomization sets one; its ciphertext can only be decrypted in \
                 the one it was sealed for.{hint}"
            );
            let name = object.place.span;
            let repair = sealed_for.map(|namespace| Repair::Namespace { name, namespace: namespace.to_owned() });
            cx.report(at.0, object.place, Some(title(object)), message).repair = repair;
        }
    }
}
