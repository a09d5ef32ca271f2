//! `external-template-credential`: a literal credential in the template of an ExternalSecret, PushSecret or the like.

use super::{Context, keyed};
use crate::document::object::push_key;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.objects.iter().filter(|object| object.group() == "external-secrets.io") {
        let path: &[&str] = match object.kind {
            "ExternalSecret" => &["spec", "target", "template", "data"],
            "ClusterExternalSecret" => &["spec", "externalSecretSpec", "target", "template", "data"],
            "PushSecret" => &["spec", "template", "data"],
            _ => continue,
        };
        let what = format!("The template of {}", object.title());
        let Some(entries) = object.node.at(path) else { continue };
        for (key, value) in entries.entries() {
            let name = key.as_str().unwrap_or_default();
            let mut place = format!("{} .{}", object.title(), path.join("."));
            push_key(&mut place, name);
            keyed::scalar(cx, object.unit, &what, &place, name, value);
        }
    }
}
