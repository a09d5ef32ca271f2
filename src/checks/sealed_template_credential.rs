//! `sealed-template-credential`: plaintext in the template of a SealedSecret, which stands in Git as it is.

use super::{Context, keyed};
use crate::document::object::{Object, push_key};
use crate::value::ciphertext;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.objects.iter().filter(|object| object.kind == "SealedSecret") {
        sealed_values(cx, object);
        let what = format!("The template of {}", object.title());
        for (section, path) in [
            ("data", &["spec", "template", "data"][..]),
            ("stringData", &["spec", "template", "stringData"]),
            ("metadata.annotations", &["spec", "template", "metadata", "annotations"]),
        ] {
            let Some(entries) = object.node.at(path) else { continue };
            for (key, value) in entries.entries() {
                let name = key.as_str().unwrap_or_default();
                let mut place = format!("{} .spec.template.{section}", object.title());
                push_key(&mut place, name);
                keyed::scalar(cx, object.unit, &what, &place, name, value);
            }
        }
    }
}

/// Ciphertext says nothing to the credential rules; that was verified by its bytes, or by its start where a text cut it.
fn sealed_values(cx: &mut Context<'_, '_>, object: &Object<'_>) {
    let Some(entries) = object.node.at(&["spec", "encryptedData"]) else { return };
    for (_, value) in entries.entries() {
        let text = value.as_str().unwrap_or_default();
        if ciphertext::is_sealed(text) || ciphertext::is_sealed_prefix(text) {
            cx.quiet(object.unit.outer(value.span()));
        }
    }
}
