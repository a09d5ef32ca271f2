//! `controller-key`: the private key of the Sealed Secrets controller, with which every SealedSecret can be opened.

use crate::checks::common::{Context, Weight};
use crate::document::object::Object;
use crate::value::Sensitive;

const LABEL: &str = "sealedsecrets.bitnami.com/sealed-secrets-key";

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.objects.iter().filter(|object| object.kind == "Secret" && is_sealing_key(object)) {
        for section in ["data", "stringData"] {
            let Some(key) = object.node.at(&[section, "tls.key"]) else { continue };
            if key.value().is_none_or(Sensitive::is_placeholder) || object.unit.is_templated(key.span()) {
                continue;
            }
            let message = format!(
                "{} contains a private key of the Sealed Secrets controller; anyone who reads it can decrypt every SealedSecret.",
                object.title()
            );
            cx.report_in(object, &format!(".{section}['tls.key']"), key, message).weight = Weight::Special;
        }
    }
}

/// The label that the controller gives its keys, or the name that it generates (`docs/facts/sealed-secrets.md#keys-and-renewal`).
pub(super) fn is_sealing_key(object: &Object<'_>) -> bool {
    let labelled = object.node.at(&["metadata", "labels", LABEL]).is_some();
    let generated =
        object.name.and_then(|name| name.strip_prefix("sealed-secrets-key")).is_some_and(|rest| rest.len() <= 5);
    labelled || generated
}
