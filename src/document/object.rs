//! Kubernetes objects, wherever in a document they are.

use super::unit::Unit;
use super::yaml::Node;
use crate::span::Span;

/// A mapping with `kind` and (but for Secrets) `apiVersion`: a Kubernetes object at any depth of any document.
#[derive(Clone)]
pub struct Object<'v> {
    /// The unit that holds it.
    pub unit: &'v Unit,
    /// The mapping.
    pub node: Node<'v>,
    /// `kind`.
    pub kind: &'v str,
    /// `apiVersion`, or empty.
    pub api_version: &'v str,
    /// `metadata.name`, where it is a literal.
    pub name: Option<&'v str>,
    /// `metadata.namespace`, where it is a literal.
    pub namespace: Option<&'v str>,
}

impl<'v> Object<'v> {
    fn read(unit: &'v Unit, node: Node<'v>) -> Option<Self> {
        Self::of_kind(unit, node, node.get("kind")?.as_str()?)
    }

    /// The items of a `SecretList` and its likes, which name no kind of their own.
    fn listed(&self) -> Vec<Self> {
        let Some(kind) = self.kind.strip_suffix("List").filter(|kind| !kind.is_empty()) else { return Vec::new() };
        let items = self.node.get("items").into_iter().flat_map(Node::items);
        let untyped = items.filter(|item| item.is_mapping() && !item.is_alias() && item.get("kind").is_none());
        let made = untyped.filter_map(|item| Self::of_kind(self.unit, item, kind));
        made.map(|item| Self { api_version: self.api_version, ..item }).collect()
    }

    fn of_kind(unit: &'v Unit, node: Node<'v>, kind: &'v str) -> Option<Self> {
        let api_version = node.get("apiVersion").and_then(Node::as_str);
        let secret = kind == "Secret" && (node.get("data").is_some() || node.get("stringData").is_some());
        if api_version.is_none() && !secret && node.get("kind").is_some() {
            return None;
        }
        let metadata = node.get("metadata");
        let literal = |key| {
            let value = metadata?.get(key)?;
            (!unit.is_templated(value.span())).then(|| value.as_str()).flatten()
        };
        Some(Self {
            unit,
            node,
            kind,
            api_version: api_version.unwrap_or_default(),
            name: literal("name"),
            namespace: literal("namespace"),
        })
    }

    /// See [`title`].
    #[must_use]
    pub fn title(&self) -> String {
        title(self.kind, self.namespace, self.name)
    }

    /// The group of `apiVersion`, empty for core objects.
    #[must_use]
    pub fn group(&self) -> &'v str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// Where the object is, bytes of the document's text.
    #[must_use]
    pub fn span(&self) -> Span {
        self.unit.outer(self.node.span())
    }
}

/// An object in words: `Secret mlflow/mlflow-db`; a namespace that is not known is left out.
pub(crate) fn title(kind: &str, namespace: Option<&str>, name: Option<&str>) -> String {
    let name = name.unwrap_or("?");
    namespace.map_or_else(|| format!("{kind} {name}"), |namespace| format!("{kind} {namespace}/{name}"))
}

/// Every object of `unit`, outer ones before those inside them.
pub(crate) fn objects(unit: &Unit) -> Vec<Object<'_>> {
    let mut found: Vec<Object<'_>> = unit
        .tree()
        .nodes()
        .filter(|node| node.is_mapping() && !node.is_alias())
        .filter_map(|node| Object::read(unit, node))
        .collect();
    let listed: Vec<Object<'_>> = found.iter().flat_map(Object::listed).collect();
    found.extend(listed);
    found
}

/// Walks what is below `node`, aliases not followed, and calls `visit` with the path (`.spec.containers[0]`), the key
/// where the node is a mapping's value, and the node. `visit` returns whether to go deeper.
pub(crate) fn walk<'v>(node: Node<'v>, visit: &mut dyn FnMut(&str, Option<Node<'v>>, Node<'v>) -> bool) {
    let mut path = String::new();
    walk_below(node, &mut path, visit);
}

fn walk_below<'v>(node: Node<'v>, path: &mut String, visit: &mut dyn FnMut(&str, Option<Node<'v>>, Node<'v>) -> bool) {
    if node.is_alias() {
        return;
    }
    let length = path.len();
    for (key, value) in node.entries() {
        push_key(path, key.as_str().unwrap_or("?"));
        if visit(path, Some(key), value) {
            walk_below(value, path, visit);
        }
        path.truncate(length);
    }
    for (index, item) in node.items().enumerate() {
        path.extend(["[", &index.to_string(), "]"]);
        if visit(path, None, item) {
            walk_below(item, path, visit);
        }
        path.truncate(length);
    }
}

/// The symbolic place of a key at `path`: `Secret a/b .data.password`.
pub(crate) fn with_key(mut path: String, key: &str) -> String {
    push_key(&mut path, key);
    path
}

/// Appends a key to a symbolic path: `.password`, or `['tls.key']` where the key holds other characters.
pub(crate) fn push_key(path: &mut String, key: &str) {
    let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if plain {
        path.push('.');
        path.push_str(key);
    } else {
        path.extend(["['", key, "']"]);
    }
}
