//! `external-secret-refresh`: an ExternalSecret that never fetches a rotated value.

use crate::checks::common::Context;
use crate::document::object::Object;
use crate::document::yaml::Node;
use crate::inventory::external::GROUP;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.manifests().filter(|object| object.group() == GROUP) {
        let root: &[&str] = match object.kind {
            "ExternalSecret" => &["spec"],
            "ClusterExternalSecret" => &["spec", "externalSecretSpec"],
            _ => continue,
        };
        if let Some(spec) = object.node.at(root).filter(|spec| !is_generated(*spec)) {
            judge(cx, object, spec, &root.join("."));
        }
    }
}

/// Whether all of it comes from generators, which make a new value each time: that is wanted once.
fn is_generated(spec: Node<'_>) -> bool {
    let mut from = spec.get("dataFrom").into_iter().flat_map(Node::items).peekable();
    let fetches = spec.get("data").is_some_and(|data| data.items().next().is_some());
    let some = from.peek().is_some();
    some && !fetches && from.all(|item| item.at(&["sourceRef", "generatorRef"]).is_some())
}

fn judge(cx: &mut Context<'_, '_>, object: &Object<'_>, spec: Node<'_>, path: &str) {
    let policy = spec.get("refreshPolicy");
    let (node, field, message) = match (policy, policy.and_then(Node::as_str)) {
        (Some(node), Some("CreatedOnce")) => (
            node,
            "refreshPolicy",
            "This is fetched only once (`refreshPolicy: CreatedOnce`); a rotated value never arrives.",
        ),
        (Some(node), Some("OnChange")) => (
            node,
            "refreshPolicy",
            "This is fetched only when the object itself changes (`refreshPolicy: OnChange`); a rotated value does not \
             arrive by itself.",
        ),
        (_, None | Some("Periodic")) => {
            let Some(node) = spec.get("refreshInterval") else { return };
            if !node.as_str().is_some_and(is_zero) {
                return;
            }
            let message = "This is fetched only once (`refreshInterval` is zero); a rotated value never arrives.";
            (node, "refreshInterval", message)
        }
        _ => return,
    };
    if object.unit.is_templated(node.span()) {
        return;
    }
    cx.report_in(object, &format!(".{path}.{field}"), node, message);
}

/// Whether a duration of Go is zero: `0`, `0s`, `0h0m0s`.
fn is_zero(text: &str) -> bool {
    let digits = text.bytes().any(|byte| byte == b'0');
    digits && text.bytes().all(|byte| byte == b'0' || byte == b'.' || byte.is_ascii_alphabetic())
}
