//! Documents inside strings of a kustomization, patches and transformers; and CustomResourceDefinitions, which are not
//! parsed.

use crate::document::view::Unit;
use crate::document::yaml::Node;
use crate::inventory::facts::kustomization::{JsonPatch, Operation, symbolic_path};
use crate::inventory::facts::{Object, Role};
use crate::inventory::read::head::head;
use crate::inventory::stated::stated;
use crate::inventory::{Places, Stated};
use crate::span::Span;

/// An object's identity and what selectors ask of it, without its definitions and references.
pub(super) fn plain_object(unit: &Unit, node: Node<'_>, document: u32, places: &Places<'_>) -> Object {
    let mut object = head(unit, node, Role::Resource, places, |_| true);
    object.document = document;
    object
}

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
    // Other mappings may contain values of Secrets.
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
            symbolic: symbolic_path(path.split('/').skip(1)).into(),
            path,
            from: item.get("from").and_then(Node::as_str).map(Into::into),
            value: if collection.is_some() { Stated::Unknown } else { stated(unit, value) },
            pairs: collection.filter(|value| value.is_mapping() && metadata(item)).map(pairs),
            place: places.at(unit.outer(value.unwrap_or(item).span())),
        }
    };
    JsonPatch { document, operations: root.items().map(operation).collect() }
}

/// The name of a CustomResourceDefinition, from the lines of its text.
///
/// Such documents are long and are not parsed; the name is in the block `metadata:` without indentation.
fn definition_of_kind_name(text: &str) -> Option<&str> {
    let start = if text.starts_with("metadata:") {
        0
    } else {
        memchr::memmem::find(text.as_bytes(), b"\nmetadata:").map(|at| at + 1)?
    };
    let block = text.get(start..)?.lines().skip(1);
    let block = block.take_while(|line| line.starts_with([' ', '#']) || line.trim().is_empty());
    let mut indentation = None;
    for line in block {
        let inner = line.trim_start_matches(' ');
        if inner.trim().is_empty() || inner.starts_with('#') {
            continue;
        }
        let depth = *indentation.get_or_insert(line.len() - inner.len());
        if line.len() - inner.len() == depth
            && let Some(value) = inner.strip_prefix("name:")
        {
            let value = value.split(" #").next().unwrap_or_default().trim();
            return Some(value.trim_matches(['"', '\''])).filter(|name| !name.is_empty());
        }
    }
    None
}

/// The CustomResourceDefinition that is unparsed at `span` of `text`.
pub(in crate::inventory::read) fn definition_of_kind(text: &str, span: Span, places: &Places<'_>) -> Option<Object> {
    let body = span.slice(text);
    let name = definition_of_kind_name(body)?;
    let at = span.start + (name.as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
    let beta = memchr::memmem::find(body.as_bytes(), b"apiextensions.k8s.io/v1beta1").is_some();
    Some(Object {
        group: "apiextensions.k8s.io".into(),
        version: if beta { "v1beta1" } else { "v1" }.into(),
        kind: "CustomResourceDefinition".into(),
        name: name.into(),
        place: places.at(Span::new(at, at + name.len())),
        document: u32::MAX,
        deletes: memchr::memmem::find(body.as_bytes(), b"\n$patch: delete").is_some(),
        ..Object::default()
    })
}
