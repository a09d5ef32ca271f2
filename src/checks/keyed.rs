//! Trees of settings (Helm values, Ansible variables): every scalar judged by its key.

use super::Context;
use crate::document::object::walk;
use crate::document::view::Unit;
use crate::document::yaml::Node;
use crate::span::Span;
use crate::value;

/// Judges every scalar below `node`. `what` names the place in words, `prefix` starts the symbolic place.
pub(super) fn settings<'v>(cx: &mut Context<'_, 'v>, unit: &'v Unit, node: Node<'v>, what: &str, prefix: &str) {
    let mut values: Vec<(String, String, Node<'v>)> = Vec::new();
    walk(node, &mut |path, key, value| {
        if is_object(value) || key.is_some_and(|key| key.as_str() == Some("valueFrom")) {
            return false;
        }
        if let Some((name, value)) = pair(value) {
            values.push((path.to_owned(), name.to_owned(), value));
            return false;
        }
        if value.as_str().is_some() && !value.is_alias() {
            let name = key.and_then(Node::as_str).unwrap_or_default();
            values.push((path.to_owned(), name.to_owned(), value));
        }
        true
    });
    for (path, key, value) in values {
        scalar(cx, unit, what, &format!("{prefix}{path}"), &key, value);
    }
}

/// Judges one scalar. A value with a template action counts by the literals that reach the output.
pub(super) fn scalar<'v>(
    cx: &mut Context<'_, 'v>,
    unit: &'v Unit,
    what: &str,
    place: &str,
    key: &str,
    value: Node<'v>,
) {
    let Some(text) = value.as_str() else { return };
    if value.tag().is_some_and(|tag| tag.starts_with("!vault")) && (value::ciphertext::is_ansible_vault(text)) {
        cx.quiet(unit.outer(value.span()));
        return;
    }
    let span = unit.outer(value.span());
    if unit.is_templated(value.span()) {
        let literals: Vec<Span> =
            unit.actions(value.span()).flat_map(|action| action.literals.iter().copied()).collect();
        for literal in literals {
            let text = literal.slice(cx.view.text);
            cx.judge(what, place, key, text, literal);
        }
        return;
    }
    cx.judge(what, place, key, text, span);
}

/// A list item `{name: X, value: Y}`: an environment variable or a parameter.
pub(super) fn pair<'v>(node: Node<'v>) -> Option<(&'v str, Node<'v>)> {
    if !node.is_mapping() || node.is_alias() {
        return None;
    }
    let name = node.get("name").or_else(|| node.get("key"))?.as_str()?;
    let value = node.get("value")?;
    value.as_str().is_some().then_some((name, value))
}

fn is_object(node: Node<'_>) -> bool {
    node.is_mapping() && node.get("kind").is_some() && node.get("apiVersion").is_some()
}
