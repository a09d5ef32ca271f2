//! Trees of settings (Helm values, Ansible variables): every scalar judged by its key.

use super::context::Context;
use crate::document::object::{Object, walk, with_key};
use crate::document::view::Unit;
use crate::document::yaml::Node;
use crate::span::Span;

/// Judges every scalar below `node`. `what` names the place in words, `prefix` starts the symbolic place.
pub(in crate::checks) fn settings<'v>(
    cx: &mut Context<'_, 'v>,
    unit: &'v Unit,
    node: Node<'v>,
    what: &str,
    prefix: &str,
) {
    let mut values: Vec<(String, String, Node<'v>)> = Vec::new();
    walk(node, &mut |path, key, value| {
        if is_object(value) || key.is_some_and(|key| key.name() == Some("valueFrom")) {
            return false;
        }
        if let Some((name, value)) = pair(value) {
            values.push((path.to_owned(), name.to_owned(), value));
            return false;
        }
        if value.value().is_some() && !value.is_alias() {
            let name = key.and_then(Node::name).unwrap_or_default();
            values.push((path.to_owned(), name.to_owned(), value));
        }
        true
    });
    for (path, key, value) in values {
        scalar(cx, unit, what, &format!("{prefix}{path}"), &key, value);
    }
}

/// Judges the template of a Secret that an operator makes, at `path` of `object`: its data, and what is copied besides.
pub(in crate::checks) fn template<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>, template: Node<'v>, path: &str) {
    let what = format!("The template of {}", object.title());
    let sections: [&[&str]; 4] = [&["data"], &["stringData"], &["metadata", "annotations"], &["metadata", "labels"]];
    for section in sections {
        let Some(entries) = template.at(section) else { continue };
        for (key, value) in entries.entries() {
            let name = key.name().unwrap_or_default();
            let place = with_key(format!("{} .{path}.{}", object.title(), section.join(".")), name);
            scalar(cx, object.unit, &what, &place, name, value);
        }
    }
}

/// Judges one scalar. A value with a template action counts by the literals that reach the output.
pub(in crate::checks) fn scalar<'v>(
    cx: &mut Context<'_, 'v>,
    unit: &'v Unit,
    what: &str,
    place: &str,
    key: &str,
    value: Node<'v>,
) {
    let Some(content) = value.value() else {
        if value.is_null() {
            literals(cx, unit, what, place, key, unit.rest_of_line(value.span().start));
        }
        return;
    };
    if value.tag().is_some_and(|tag| tag.starts_with("!vault")) && content.is_ansible_vault() {
        cx.quiet(unit.outer(value.span()));
        return;
    }
    let span = unit.outer(value.span());
    if unit.is_templated(value.span()) {
        literals(cx, unit, what, place, key, value.span());
        cx.formats(what, place, key, span);
        return;
    }
    cx.judge(what, place, key, content, span);
}

/// Judges the literals of the template actions in `reach` that become a value, or part of it.
fn literals(cx: &mut Context<'_, '_>, unit: &Unit, what: &str, place: &str, key: &str, reach: Span) {
    let literals: Vec<Span> = unit.actions(reach).flat_map(|action| action.literals.iter().copied()).collect();
    for literal in literals {
        cx.judge(what, place, key, cx.value_at(literal), literal);
    }
}

/// A list item `{name: X, value: Y}`: an environment variable or a parameter.
pub(in crate::checks) fn pair<'v>(node: Node<'v>) -> Option<(&'v str, Node<'v>)> {
    if !node.is_mapping() || node.is_alias() {
        return None;
    }
    let name = node.get("name").or_else(|| node.get("key"))?.name()?;
    let value = node.get("value")?;
    (value.value().is_some() || value.is_null()).then_some((name, value))
}

fn is_object(node: Node<'_>) -> bool {
    node.is_mapping() && node.get("kind").is_some() && node.get("apiVersion").is_some()
}
