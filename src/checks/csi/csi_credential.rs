//! `secret-store-credential`, as far as it is about SecretProviderClasses and annotations of the Vault Agent injector:
//! a literal credential where only names belong.

use super::class;
use crate::checks::common::{Context, keyed};
use crate::document::object::{Object, walk, with_key};
use crate::document::view::Unit;
use crate::document::yaml::Node;
use crate::inventory::annotation::VAULT;

/// Fields of what a class lists that name something in the store, or a file: `secretKey: password` is not a password.
const NAMES: &str =
    "extractJSONKey extractYAMLKey fileName objectAlias objectName objectType path resourceName secretKey secretPath";

/// Deepest documents in strings; those of azure stand two deep.
const DEEPEST: usize = 3;

pub(in crate::checks) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in class::classes(view) {
        class(cx, object);
    }
    for object in view.manifests_with(VAULT) {
        annotations(cx, object);
    }
}

fn class<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>) {
    // `objectName: db-password` and `key: password` name what they are about.
    if let Some(secrets) = object.node.at(&["spec", "secretObjects"]) {
        cx.quiet(object.unit.outer(secrets.span()));
    }
    let what = object.title();
    let Some(parameters) = object.node.at(&["spec", "parameters"]) else { return };
    for (key, value) in parameters.entries().filter(|(_, value)| !value.is_alias()) {
        let name = key.name().unwrap_or_default();
        let place = with_key(format!("{what} .spec.parameters"), name);
        setting(cx, object.unit, &what, &place, name, value, 0);
    }
}

/// Judges a scalar, or what stands in it where it is a document.
fn setting<'v>(
    cx: &mut Context<'_, 'v>,
    unit: &Unit,
    what: &str,
    place: &str,
    key: &str,
    value: Node<'_>,
    depth: usize,
) {
    let many = value.value().is_some_and(|text| text.contains(":") || text.contains("\n"));
    let documents = if many && depth < DEEPEST { unit.documents_in(value) } else { None };
    let is_tree = |node: Node<'_>| node.is_mapping() || node.is_sequence();
    let documents: Vec<Unit> = documents.into_iter().flatten().collect();
    let holds = documents.iter().any(|document| document.tree().root().is_some_and(is_tree));
    if !holds {
        scalar(cx, unit, what, place, key, value);
        return;
    }
    cx.quiet(unit.outer(value.span()));
    for document in &documents {
        let Some(root) = document.tree().root() else { continue };
        walk(root, &mut |path, key, node| {
            if node.value().is_some() && !node.is_alias() {
                let name = key.and_then(Node::name).unwrap_or_default();
                setting(cx, document, what, &format!("{place}{path}"), name, node, depth + 1);
            }
            true
        });
    }
}

fn scalar(cx: &mut Context<'_, '_>, unit: &Unit, what: &str, place: &str, key: &str, value: Node<'_>) {
    let Some(content) = value.value() else { return };
    let span = unit.outer(value.span());
    if NAMES.split(' ').any(|name| name == key) || unit.is_templated(value.span()) {
        cx.formats(what, place, key, span);
    } else {
        cx.judge(what, place, key, content, span);
    }
}

fn annotations<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>) {
    let mut found = Vec::new();
    walk(object.node, &mut |path, key, node| {
        if node.get("apiVersion").is_some() && node.get("kind").is_some() {
            return false;
        }
        if let Some(name) = key.and_then(Node::name).and_then(|key| key.strip_prefix(VAULT)) {
            found.push((path.to_owned(), name, node));
        }
        true
    });
    let what = format!("An annotation of {}", object.title());
    for (path, name, node) in found {
        let place = format!("{} {path}", object.title());
        let span = object.unit.outer(node.span());
        if let Some(parameter) = name.strip_prefix("auth-config-") {
            // Those of files and of names are no values: `auth-config-secret-id-file-path`.
            if !parameter.ends_with("path") {
                keyed::scalar(cx, object.unit, &what, &place, parameter, node);
            }
        } else {
            cx.formats(&what, &place, name, span);
        }
    }
}
