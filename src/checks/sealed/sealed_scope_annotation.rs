//! `sealed-scope-annotation`: a Sealed Secrets annotation that the controller does not read where, or as, it is written.

use super::sealed_secrets;
use crate::checks::common::{Context, Draft};
use crate::document::object::Object;
use crate::document::yaml::Node;
use crate::inventory::annotation::SEALED;
use crate::rule::Level;
use crate::span::Span;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in sealed_secrets(view) {
        let own = object.node.at(&["metadata", "annotations"]);
        let template = object.node.at(&["spec", "template", "metadata", "annotations"]);
        for (key, value) in own.into_iter().flat_map(Node::entries) {
            if let Some(name) = name_of(key) {
                on_object(cx, object, name, key, value);
            }
        }
        for (key, value) in template.into_iter().flat_map(Node::entries) {
            let Some(name @ ("cluster-wide" | "namespace-wide")) = name_of(key) else { continue };
            let both = own.is_some_and(|own| own.get(&format!("{SEALED}{name}")).is_some());
            if !both && value.as_str() == Some("true") && !is_templated(object, key, value) {
                let message = format!(
                    "The annotation `{name}` is only in the template, where the controller does not look for it: it \
                     reads this SealedSecret as strict."
                );
                report(cx, object, key, "spec.template.metadata", message);
            }
        }
    }
}

fn name_of(key: Node<'_>) -> Option<&str> {
    key.as_str()?.strip_prefix(SEALED)
}

/// Whether a template writes the value, which is then blank: its action stands before the end of the key's line.
fn is_templated(object: &Object<'_>, key: Node<'_>, value: Node<'_>) -> bool {
    let line = object.unit.rest_of_line(key.span().end);
    object.unit.is_templated(Span::new(line.start, line.end.max(value.span().end)))
}

fn report<'c>(
    cx: &'c mut Context<'_, '_>,
    object: &Object<'_>,
    key: Node<'_>,
    parent: &str,
    message: String,
) -> &'c mut Draft {
    let name = key.as_str().unwrap_or_default();
    cx.report_in(object, &format!(".{parent}.annotations[`{name}`]"), key, message)
}

/// An annotation of the SealedSecret itself (`docs/facts/sealed-secrets.md#scope-annotations`, `docs/facts/sealed-secrets.md#other-annotations`).
fn on_object(cx: &mut Context<'_, '_>, object: &Object<'_>, name: &str, key: Node<'_>, value: Node<'_>) {
    if is_templated(object, key, value) {
        return;
    }
    let text = value.as_str().unwrap_or_default();
    let message = match name {
        "cluster-wide" | "namespace-wide" if !value.is_string() => format!(
            "The annotation `{name}` must be a string, or the cluster rejects or ignores it; write \"true\" in quotes."
        ),
        "cluster-wide" | "namespace-wide" if !matches!(text, "true" | "false") => {
            format!(
                "The annotation `{name}` only has an effect with the value \"true\"; the controller reads this SealedSecret as strict."
            )
        }
        "scope" | "strict" => format!("There is no annotation `{SEALED}{name}`; the controller ignores it."),
        "managed" | "patch" | "skip-set-owner-references" => format!(
            "The annotation `{name}` does nothing on the SealedSecret: it is read from the Secret, so it belongs in \
             spec.template.metadata.annotations."
        ),
        _ => return,
    };
    let level = if matches!(name, "cluster-wide" | "namespace-wide") { Level::Error } else { Level::Warning };
    report(cx, object, key, "metadata", message).at_most = level;
}
