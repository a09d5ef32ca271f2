//! `external-template-credential`: a literal credential in the template of an ExternalSecret, PushSecret or the like.

use crate::checks::common::{Context, keyed};

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.objects.iter().filter(|object| object.group() == "external-secrets.io") {
        // `secretKey` is the name of a key, and `remoteRef` where its value is kept.
        for list in [&["spec", "data"][..], &["spec", "externalSecretSpec", "data"]] {
            if let Some(data) = object.node.at(list) {
                cx.quiet(object.unit.outer(data.span()));
            }
        }
        let template: &[&str] = match object.kind {
            "ExternalSecret" => &["spec", "target", "template"],
            "ClusterExternalSecret" => &["spec", "externalSecretSpec", "target", "template"],
            "PushSecret" => &["spec", "template"],
            _ => continue,
        };
        let Some(node) = object.node.at(template) else { continue };
        keyed::template(cx, object, node, &template.join("."));
    }
}
