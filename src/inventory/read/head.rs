//! What identifies an object, and where it takes something away as a patch.

use crate::document::object::push_key;
use crate::document::view::Unit;
use crate::document::yaml::Node;
use crate::inventory::Places;
use crate::inventory::facts::{Object, Role};
use crate::inventory::stated::stated;

/// The object at `node` without its aspects: identity, labels, and the annotations whose keys `keeps` takes.
pub(super) fn head(
    unit: &Unit,
    node: Node<'_>,
    role: Role,
    places: &Places<'_>,
    keeps: impl Fn(&str) -> bool,
) -> Object {
    let metadata = |key| node.at(&["metadata", key]);
    let pairs = |key| metadata(key).into_iter().flat_map(Node::entries);
    let (name, namespace) = (metadata("name"), metadata("namespace"));
    let api_version = node.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let mut object = Object {
        group: group.into(),
        version: version.into(),
        kind: node.get("kind").and_then(Node::as_str).unwrap_or_default().into(),
        name: stated(unit, name),
        namespace: stated(unit, namespace),
        place: places.at(unit.outer(name.unwrap_or(node).span())),
        namespace_place: namespace.map(|node| places.at(unit.outer(node.span()))),
        role,
        templated: unit.is_templated(node.span()),
        deletes: node.get("$patch").and_then(Node::as_str) == Some("delete"),
        ..Object::default()
    };
    if role == Role::Resource {
        let known = pairs("labels").filter_map(|(key, value)| Some((key.as_str()?.into(), value.as_str()?.into())));
        object.labels = known.collect();
        object.removes = removals(node);
    }
    let kept = pairs("annotations").filter_map(|(key, value)| Some((key.as_str().filter(|key| keeps(key))?, value)));
    object.annotations = kept.map(|(key, value)| (key.into(), stated(unit, Some(value)))).collect();
    object
}

/// Lists of pods that a strategic merge patch replaces as a whole, as their items have no key to merge by.
const REPLACED: [&str; 2] = ["envFrom", "sources"];

/// Keys of items of lists without which the item refers to nothing.
const DECIDING: [&str; 3] = ["valueFrom", "secret", "csi"];

/// Where an object, as a strategic merge patch, takes away what is there.
fn removals(object: Node<'_>) -> Vec<Box<str>> {
    let text = object.tree().text().as_bytes();
    let holds = |word: &[u8]| memchr::memmem::find(text, word).is_some();
    // Most objects contain none of these, and are not walked.
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
