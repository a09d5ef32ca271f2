//! `sealed-template-credential`: plaintext in the template of a SealedSecret, which stands in Git as it is.

use crate::checks::common::{Context, keyed};
use crate::document::yaml::Node;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.objects.iter().filter(|object| object.kind == "SealedSecret") {
        // Ciphertext says nothing to the credential rules; that was verified by its bytes, or by its start where a text cut it.
        let entries = object.node.at(&["spec", "encryptedData"]).into_iter().flat_map(Node::entries);
        for (_, value) in entries {
            if value.value().is_some_and(|value| value.is_sealed() || value.is_sealed_prefix()) {
                cx.quiet(object.unit.outer(value.span()));
            }
        }
        let Some(template) = object.node.at(&["spec", "template"]) else { continue };
        keyed::template(cx, object, template, "spec.template");
    }
}
