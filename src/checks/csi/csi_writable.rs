//! `csi-writable`: a volume of the Secrets Store CSI driver that is not read-only, which the driver refuses.

use crate::checks::common::Context;
use crate::document::object::{Object, walk};
use crate::document::spot::Spot;
use crate::document::yaml::Node;
use crate::finding::edit::Fix;
use crate::rule::Fixable;
use crate::yaml_scalar;

/// The driver of the volumes.
const DRIVER: &str = "secrets-store.csi.k8s.io";

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.manifests_with(DRIVER) {
        let mut found = Vec::new();
        walk(object.node, &mut |path, key, node| {
            // Objects inside the object are objects of their own.
            if node.get("apiVersion").is_some() && node.get("kind").is_some() {
                return false;
            }
            let volume = key.is_some_and(|key| key.as_str() == Some("csi")) && path.contains("olumes[");
            if volume && node.get("driver").and_then(Node::as_str) == Some(DRIVER) {
                found.push((path.to_owned(), node));
            }
            true
        });
        for (path, node) in found {
            volume(cx, object, &path, node);
        }
    }
}

fn volume(cx: &mut Context<'_, '_>, object: &Object<'_>, path: &str, node: Node<'_>) {
    let (view, unit) = (cx.view, object.unit);
    let written = node.get("readOnly");
    // What a template writes is not known; what it writes whole is blank, and may be the entry.
    let shaped = unit.is_templated(node.span()) && written.is_none();
    let is_true = written.is_some_and(|node| node.as_str().and_then(yaml_scalar::boolean) == Some(true));
    if is_true || shaped || written.is_some_and(|node| unit.is_templated(node.span()) || node.as_str().is_none()) {
        return;
    }
    let Some(driver) = node.get("driver") else { return };
    let span = unit.outer(written.unwrap_or(driver).span());
    let edit = Spot::at(view, span).and_then(|spot| match written {
        Some(_) => spot.set_true(),
        None => spot.add_true("readOnly"),
    });
    let message = "The volume is not read-only, so the driver refuses to mount it and the pod does not start.";
    let draft = cx.report(span, Some(format!("{} {path}.readOnly", object.title())), message);
    draft.fix = edit.map(|edit| Fix::edits(Fixable::Safe, "write `readOnly: true`", vec![edit]));
}
