//! `sealed-template-credential`: plaintext in the template of a SealedSecret, which stands in Git as it is.

use crate::checks::common::{Context, keyed};
use crate::document::object::Object;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.objects.iter().filter(|object| object.kind == "SealedSecret") {
        sealed_values(cx, object);
        let Some(template) = object.node.at(&["spec", "template"]) else { continue };
        keyed::template(cx, object, template, "spec.template");
    }
}

/// Ciphertext says nothing to the credential rules; that was verified by its bytes, or by its start where a text cut it.
fn sealed_values(cx: &mut Context<'_, '_>, object: &Object<'_>) {
    let Some(entries) = object.node.at(&["spec", "encryptedData"]) else { return };
    for (_, value) in entries.entries() {
        if value.value().is_some_and(|value| value.is_sealed() || value.is_sealed_prefix()) {
            cx.quiet(object.unit.outer(value.span()));
        }
    }
}
