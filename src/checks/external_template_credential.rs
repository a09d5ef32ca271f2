//! `external-template-credential`: a literal credential in the template of an ExternalSecret, PushSecret or the like.

use super::{Context, keyed};

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.objects.iter().filter(|object| object.group() == "external-secrets.io") {
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
