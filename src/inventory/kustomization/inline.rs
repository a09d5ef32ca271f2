//! Documents inside strings of a kustomization: patches and transformers.

use super::{JsonPatch, Operation, definition_of_kind_name, symbolic};
use crate::document::object::push_key;
use crate::document::view::Unit;
use crate::document::yaml::Node;
use crate::inventory::facts::{Object, Role};
use crate::inventory::read::stated;
use crate::inventory::{Places, Stated};
use crate::path;
use crate::span::Span;

/// Whether a document is a list of JSON patch operations.
pub(super) fn is_json_patch(root: Node<'_>) -> bool {
    let mut items = root.items().peekable();
    let operation = |item: Node<'_>| {
        let op = item.get("op").and_then(Node::as_str);
        let known = matches!(op, Some("add" | "replace" | "remove" | "move" | "copy" | "test"));
        known && item.get("path").is_some_and(|path| path.as_str().is_some())
    };
    root.is_sequence() && items.peek().is_some() && items.all(operation)
}

/// Reads a list of JSON patch operations.
pub(super) fn json_patch(unit: &Unit, root: Node<'_>, document: u32, places: &Places<'_>) -> JsonPatch {
    let text = |node: Option<Node<'_>>| node.and_then(Node::as_str).unwrap_or_default().into();
    // Other mappings may hold values of Secrets.
    let metadata =
        |item: Node<'_>| item.get("path").and_then(Node::as_str).is_some_and(|path| path.starts_with("/metadata"));
    let operation = |item: Node<'_>| {
        let value = item.get("value").filter(|value| value.as_str().is_some());
        let collection = item.get("value").filter(|value| value.is_mapping() || value.is_sequence());
        let known = |value: Node<'_>| {
            if value.as_str().is_some() || value.is_null() { stated(unit, Some(value)) } else { Stated::Unknown }
        };
        let pairs = |value: Node<'_>| {
            value.entries().filter_map(|(key, value)| Some((key.as_str()?.into(), known(value)))).collect()
        };
        let path: Box<str> = text(item.get("path"));
        Operation {
            op: text(item.get("op")),
            symbolic: symbolic(path.split('/').skip(1)).into(),
            path,
            from: item.get("from").and_then(Node::as_str).map(Into::into),
            value: if collection.is_some() { Stated::Unknown } else { stated(unit, value) },
            pairs: collection.filter(|value| value.is_mapping() && metadata(item)).map(pairs),
            place: places.at(unit.outer(value.unwrap_or(item).span())),
        }
    };
    JsonPatch { document, operations: root.items().map(operation).collect() }
}

/// An object's identity and what selectors ask of it, without its definitions and references.
#[must_use]
pub(crate) fn plain_object(unit: &Unit, node: Node<'_>, document: u32, places: &Places<'_>) -> Object {
    let api_version = node.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
    let (group, version) = path::split(api_version);
    let name = node.at(&["metadata", "name"]);
    let namespace = node.at(&["metadata", "namespace"]);
    let labels = node.at(&["metadata", "labels"]).into_iter().flat_map(Node::entries);
    let annotations = node.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
    let known = |(key, value): (Node<'_>, Node<'_>)| Some((key.as_str()?.into(), value.as_str()?.into()));
    Object {
        group: group.into(),
        version: version.into(),
        kind: node.get("kind").and_then(Node::as_str).unwrap_or_default().into(),
        name: stated(unit, name),
        namespace: stated(unit, namespace),
        place: places.at(unit.outer(name.unwrap_or(node).span())),
        namespace_place: namespace.map(|node| places.at(unit.outer(node.span()))),
        role: Role::Resource,
        document,
        parent: None,
        templated: unit.is_templated(node.span()),
        definitions: Vec::new(),
        references: Vec::new(),
        sealed: None,
        pods: Vec::new(),
        mounts: Vec::new(),
        access: None,
        vault: None,
        deploys: Vec::new(),
        external: None,
        deletes: node.get("$patch").and_then(Node::as_str) == Some("delete"),
        removes: removals(node),
        labels: labels.filter_map(known).collect(),
        annotations: annotations
            .filter_map(|(key, value)| Some((key.as_str()?.into(), stated(unit, Some(value)))))
            .collect(),
    }
}

/// Lists of pods that a strategic merge patch replaces as a whole, as their items have no key to merge by.
const REPLACED: [&str; 2] = ["envFrom", "sources"];

/// Keys of items of lists without which the item refers to nothing.
const DECIDING: [&str; 3] = ["valueFrom", "secret", "csi"];

/// Where an object, as a strategic merge patch, takes away what is there.
#[must_use]
pub(crate) fn removals(object: Node<'_>) -> Vec<Box<str>> {
    let text = object.tree().text().as_bytes();
    let holds = |word: &[u8]| memchr::memmem::find(text, word).is_some();
    // Most objects hold none of these, and are not walked.
    let mut found = Vec::new();
    if holds(b"$patch") || holds(b"envFrom") || holds(b"sources:") || holds(b": null") || holds(b": ~") {
        let mut path = String::new();
        removals_below(object, &mut path, &mut found);
    }
    found
}

fn removals_below(node: Node<'_>, path: &mut String, found: &mut Vec<Box<str>>) {
    let replaces = |node: Node<'_>| matches!(node.get("$patch").and_then(Node::as_str), Some("replace" | "delete"));
    let length = path.len();
    for (key, value) in node.entries() {
        let Some(key) = key.as_str() else { continue };
        push_key(path, key);
        if value.is_null() && !path.starts_with(".metadata") || REPLACED.contains(&key) && value.is_sequence() {
            // A slot ends at the item that refers, whatever of it does so.
            let of_item = DECIDING.contains(&key) && path[..length].ends_with(']');
            found.push(path[..if of_item { length } else { path.len() }].into());
        } else if !value.is_alias() {
            removals_below(value, path, found);
        }
        path.truncate(length);
    }
    for item in node.items().filter(|item| item.is_mapping() && !item.is_alias()) {
        match item.get("name").and_then(Node::as_str) {
            Some(name) => path.extend(["[name=", name, "]"]),
            // It stands for the whole list.
            None if replaces(item) => found.push(path.as_str().into()),
            None => continue,
        }
        removals_below(item, path, found);
        path.truncate(length);
    }
    if !path.is_empty() && !node.is_sequence() && replaces(node) {
        found.push(path.as_str().into());
    }
}

/// The CustomResourceDefinition that stands unparsed at `span` of `text`.
#[must_use]
pub(crate) fn definition_of_kind(text: &str, span: Span, places: &Places<'_>) -> Option<Object> {
    let body = span.slice(text);
    let name = definition_of_kind_name(body)?;
    let at = span.start + (name.as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
    let beta = memchr::memmem::find(body.as_bytes(), b"apiextensions.k8s.io/v1beta1").is_some();
    Some(Object {
        group: "apiextensions.k8s.io".into(),
        version: if beta { "v1beta1" } else { "v1" }.into(),
        kind: "CustomResourceDefinition".into(),
        name: name.into(),
        namespace: Stated::Absent,
        place: places.at(Span::new(at, at + name.len())),
        namespace_place: None,
        role: Role::Resource,
        document: u32::MAX,
        parent: None,
        templated: false,
        definitions: Vec::new(),
        references: Vec::new(),
        sealed: None,
        pods: Vec::new(),
        mounts: Vec::new(),
        access: None,
        vault: None,
        deploys: Vec::new(),
        external: None,
        removes: Vec::new(),
        deletes: memchr::memmem::find(body.as_bytes(), b"\n$patch: delete").is_some(),
        labels: Vec::new(),
        annotations: Vec::new(),
    })
}
