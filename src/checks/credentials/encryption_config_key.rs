//! `encryption-config-key`: key material in an API server's EncryptionConfiguration.

use crate::checks::common::Context;
use crate::document::object::walk;
use crate::document::yaml::Node;
use crate::value::Sensitive;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    let kinds = ["EncryptionConfiguration", "EncryptionConfig"];
    for object in view.objects.iter().filter(|object| kinds.contains(&object.kind)) {
        let mut found: Vec<(String, Node<'_>)> = Vec::new();
        walk(object.node, &mut |path, key, value| {
            if path.contains(".keys[") && key.and_then(Node::name) == Some("secret") {
                found.push((path.to_owned(), value));
            }
            true
        });
        for (path, value) in found {
            if value.value().is_none_or(Sensitive::is_placeholder) || object.unit.is_templated(value.span()) {
                continue;
            }
            let message = format!("{} contains the key that encrypts the cluster's Secrets at rest.", object.title());
            cx.report_in(object, &path, value, message);
        }
    }
}
