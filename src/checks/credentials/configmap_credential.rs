//! `configmap-credential`: a credential in a ConfigMap.

use crate::checks::common::{Context, keyed};
use crate::document::object::with_key;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.objects.iter().filter(|object| object.kind == "ConfigMap") {
        let what = format!("The {}", object.title());
        for section in ["data", "binaryData"] {
            let Some(entries) = object.node.get(section) else { continue };
            for (key, value) in entries.entries() {
                let name = key.name().unwrap_or_default();
                let place = with_key(format!("{} .{section}", object.title()), name);
                keyed::scalar(cx, object.unit, &what, &place, name, value);
            }
        }
    }
}
