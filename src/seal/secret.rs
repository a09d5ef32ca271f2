//! A plaintext Secret as a document contains it, and why it cannot be sealed.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::cipher;
use super::identity::{annotate, is_key, scope_of};
use super::json;
use super::{Identity, Plaintext};
use crate::document::yaml::{Node, Style};
use crate::error::nearest;
use crate::inventory::convention::{is_label, is_subdomain};
use crate::inventory::facts::Scope;
use crate::mask::{MASK, masked};
use crate::span::Span;

/// Most bytes that the values of a Secret may have together (MaxSecretSize, core/v1/types.go).
pub(crate) const MAX_SIZE: usize = 1 << 20;

/// What sealing leaves out of `metadata` (`docs/facts/sealed-secrets.md#what-sealing-copies-and-strips`).
pub(super) const STRIPPED: &[&str] = &[
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];
/// Annotations that contain the whole Secret in plaintext.
pub(super) const STRIPPED_ANNOTATIONS: &[&str] =
    &["kubectl.kubernetes.io/last-applied-configuration", "kubecfg.ksonnet.io/last-applied-configuration"];
/// How deep merge keys are followed.
const MERGES: u8 = 4;
const KEPT: &[&str] = &["annotations", "finalizers", "generateName", "labels", "managedFields", "name", "namespace"];
const FIELDS: &[&str] = &["apiVersion", "data", "immutable", "kind", "metadata", "stringData", "type"];

/// One key and its value.
pub struct Entry {
    /// Key of `data` or `stringData`.
    pub key: String,
    /// The value, decoded.
    pub value: Plaintext,
}

/// A Secret with its values.
pub struct Secret {
    /// `metadata.name`.
    pub name: Option<String>,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// Scope by its annotations.
    pub scope: Scope,
    /// What else of `metadata` goes to the template.
    pub metadata: Map<String, Value>,
    /// `type`.
    pub secret_type: Option<String>,
    /// `immutable`.
    pub immutable: Option<bool>,
    /// In the order of the document; keys are there once.
    pub entries: Vec<Entry>,
}

/// Why a document cannot be sealed, and where in it.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    pub span: Span,
    /// What is wrong. Never a value.
    pub why: Why,
}

/// What is wrong with a Secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("it is not a Kubernetes object")]
    NoObject,
    #[error("it is a {0}, not a Secret")]
    Kind(String),
    #[error("its apiVersion is not `v1`")]
    ApiVersion,
    #[error("{0} is not a field of a Secret and would be lost; remove it")]
    Unknown(String),
    #[error("`{place}` must be {wanted}")]
    Shape { place: String, wanted: &'static str },
    #[error("the key `{0}` is repeated")]
    Twice(String),
    #[error("`{0}` is not a valid key: use letters, digits, `-`, `_` and `.`")]
    Key(String),
    #[error("`data.{0}` is not standard base64; encode it, or move it to `stringData`")]
    NotBase64(String),
    #[error("it has no keys; use --allow-empty-data to seal it anyway")]
    Empty,
    #[error("its values have {0} bytes in total; the limit of a Secret is {MAX_SIZE}")]
    TooLarge(usize),
    #[error("it has no `metadata.name`; add it, or use --name")]
    NoName,
    #[error("it has no `metadata.namespace`, to which its scope binds it; add it, or use --namespace")]
    NoNamespace,
    #[error("`{0}` is not a valid name for a {1}: use lowercase letters, digits and `-`")]
    Name(String, &'static str),
    #[error("its namespace is `{own}`, but --namespace is `{given}`")]
    OtherNamespace { own: String, given: String },
    #[error("its values are encrypted with SOPS; decrypt it first, or leave it as it is")]
    Sops,
    #[error("`{0}` has a custom YAML tag; write the value without it")]
    Tag(String),
}

/// What the command line asks for all Secrets of a run.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Replaces `metadata.name`.
    pub name: Option<String>,
    /// `metadata.namespace` where there is none.
    pub namespace: Option<String>,
    /// Replaces the scope by annotations.
    pub scope: Option<Scope>,
    pub allow_empty: bool,
}

impl Secret {
    /// Reads the object at `root`.
    ///
    /// # Errors
    /// Where it is not a Secret, or something in it would be lost, changed or refused by the API server.
    pub fn read(root: Node<'_>) -> Result<Self, Refusal> {
        is_secret(root)?;
        for (key, _) in root.entries() {
            let name = key.as_str().unwrap_or_default();
            if name == "sops" {
                return Err(refuse(key, Why::Sops));
            }
            if !FIELDS.contains(&name) && name != "<<" {
                return Err(refuse(key, Why::Unknown(unknown("", name))));
            }
        }
        let mut metadata = metadata(root)?;
        let take = |metadata: &mut Map<String, Value>, key: &str| match metadata.remove(key) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            _ => None,
        };
        let (name, namespace) = (take(&mut metadata, "name"), take(&mut metadata, "namespace"));
        let scope = scope_of(metadata.get("annotations"));
        let secret_type = root.get("type").map(|node| string(node, &|| "type".to_owned())).transpose()?.flatten();
        let secret_type = secret_type.filter(|text| !text.is_empty()).map(str::to_owned);
        let immutable = match root.get("immutable") {
            None => None,
            Some(node) => match json::value(node) {
                Value::Null => None,
                Value::Bool(value) => Some(value),
                _ => return Err(shape(node, "immutable", "true or false")),
            },
        };
        let entries = entries(root)?;
        Ok(Self { name, namespace, scope, metadata, secret_type, immutable, entries })
    }

    /// Makes its annotations say the scope that `request` gives. As kubeseal does it, a wider scope leaves no other annotation
    /// of a scope beside its own (UpdateScopeAnnotations in sealedsecret_expansion.go).
    pub fn ask(&mut self, request: &Request) {
        if let Some(scope) = request.scope.filter(|scope| *scope != Scope::Strict || self.scope != Scope::Strict) {
            annotate(&mut self.metadata, scope);
            self.scope = scope;
        }
    }

    /// The entries, each with its key as messages may show it: not where it is a value as well.
    pub(crate) fn named_entries(&self) -> Vec<(String, &Entry)> {
        let values: BTreeSet<&[u8]> = self.entries.iter().map(|entry| entry.value.expose().trim_ascii()).collect();
        let name = |key: &str| if values.contains(key.as_bytes()) { MASK.to_owned() } else { shown(key) };
        self.entries.iter().map(|entry| (name(&entry.key), entry)).collect()
    }

    /// Whom it is to be sealed for. `root` is the object that it was read from.
    ///
    /// # Errors
    /// Where name or namespace are missing, wrong, or contradict `request`; where there is nothing to seal.
    pub fn identity(&self, request: &Request, root: Node<'_>) -> Result<Identity, Refusal> {
        let at = |key: &str| root.at(&["metadata", key]).or_else(|| root.get("metadata")).unwrap_or(root);
        let scope = request.scope.unwrap_or(self.scope);
        let name = request.name.clone().or_else(|| self.name.clone());
        let name = name.ok_or_else(|| refuse(at("name"), Why::NoName))?;
        if !is_subdomain(&name) {
            return Err(refuse(at("name"), Why::Name(shown(&name), "Secret")));
        }
        if let (Some(own), Some(given)) = (&self.namespace, &request.namespace)
            && own != given
        {
            let why = Why::OtherNamespace { own: shown(own), given: shown(given) };
            return Err(refuse(at("namespace"), why));
        }
        let namespace = self.namespace.clone().or_else(|| request.namespace.clone());
        match &namespace {
            Some(namespace) if !is_label(namespace) => {
                return Err(refuse(at("namespace"), Why::Name(shown(namespace), "namespace")));
            }
            None if scope != Scope::ClusterWide => return Err(refuse(at("namespace"), Why::NoNamespace)),
            _ => {}
        }
        if self.entries.is_empty() && !request.allow_empty {
            return Err(refuse(root, Why::Empty));
        }
        Ok(Identity { name, namespace, scope })
    }
}

/// Whether the object is a core Secret.
fn is_secret(root: Node<'_>) -> Result<(), Refusal> {
    if !root.is_mapping() {
        return Err(refuse(root, Why::NoObject));
    }
    let kind = root.get("kind").and_then(Node::as_str).ok_or_else(|| refuse(root, Why::NoObject))?;
    if kind != "Secret" {
        return Err(refuse(root, Why::Kind(shown(kind))));
    }
    // A Secret without apiVersion is refused by the API server, but whoever wrote it meant a Secret.
    match root.get("apiVersion") {
        Some(node) if node.as_str() != Some("v1") => Err(refuse(node, Why::ApiVersion)),
        _ => Ok(()),
    }
}

/// What of `metadata` goes into the template, name and namespace among it.
fn metadata(root: Node<'_>) -> Result<Map<String, Value>, Refusal> {
    let Some(node) = root.get("metadata").filter(|node| !node.is_null()) else { return Ok(Map::new()) };
    if !node.is_mapping() {
        return Err(shape(node, "metadata", "a mapping"));
    }
    let Value::Object(all) = json::value(node) else { return Ok(Map::new()) };
    let mut kept = Map::new();
    for (key, mut value) in all {
        let at = node.get(&key).unwrap_or(node);
        match key.as_str() {
            stripped if STRIPPED.contains(&stripped) => continue,
            "labels" | "annotations" => {
                let place = format!("metadata.{key}");
                strings(&mut value, &place).map_err(|place| shape(at, &place, "a string; put it in quotes"))?;
                if let Value::Object(map) = &mut value {
                    STRIPPED_ANNOTATIONS.iter().for_each(|stripped| drop(map.remove(*stripped)));
                }
                if value.as_object().is_none_or(Map::is_empty) {
                    continue;
                }
            }
            "name" | "namespace" | "generateName" => match value {
                Value::Null => continue,
                Value::String(_) => {}
                _ => return Err(shape(at, &format!("metadata.{key}"), "a string; put it in quotes")),
            },
            known if KEPT.contains(&known) => {}
            other => return Err(refuse(at, Why::Unknown(unknown("metadata.", other)))),
        }
        kept.insert(key, value);
    }
    Ok(kept)
}

/// Makes `value` a mapping of strings, or names what is not one. An empty entry is an empty string, as Go reads it.
fn strings(value: &mut Value, place: &str) -> Result<(), String> {
    match value {
        Value::Null => Ok(()),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match value {
                    Value::String(_) => {}
                    Value::Null => *value = Value::String(String::new()),
                    _ => return Err(format!("{place}.{}", shown(key))),
                }
            }
            Ok(())
        }
        _ => Err(place.to_owned()),
    }
}

/// The values of `data` and `stringData`; the latter take precedence (`docs/facts/kubernetes.md#rules-for-secrets`).
fn entries(root: Node<'_>) -> Result<Vec<Entry>, Refusal> {
    let mut found: Vec<Entry> = Vec::new();
    for section in ["data", "stringData"] {
        let Some(mapping) = root.get(section).filter(|node| !node.is_null()) else { continue };
        if !mapping.is_mapping() {
            return Err(shape(mapping, section, "a mapping"));
        }
        let mut seen = Vec::new();
        let shown = |name: &str| shown_key(mapping, name);
        for (key, node) in flat(mapping, MERGES)
            .ok_or_else(|| shape(mapping, section, "a mapping without deeply nested merge keys"))?
        {
            let name = key.as_str().unwrap_or_default();
            if !is_key(name) {
                return Err(refuse(key, Why::Key(shown(name))));
            }
            if seen.contains(&name) {
                return Err(refuse(key, Why::Twice(shown(name))));
            }
            seen.push(name);
            let value = if section == "data" { decoded(name, node, &shown)? } else { text(name, node, &shown)? };
            match found.iter_mut().find(|entry| entry.key == name) {
                Some(entry) => entry.value = value,
                None => found.push(Entry { key: name.to_owned(), value }),
            }
        }
    }
    let size = found.iter().map(|entry| entry.value.len()).sum();
    if size > MAX_SIZE { Err(refuse(root, Why::TooLarge(size))) } else { Ok(found) }
}

/// The entries of a mapping with those that it merges, which its own ones hide. None where mappings merge each other
/// deeper than anyone writes.
fn flat<'n>(mapping: Node<'n>, depth: u8) -> Option<Vec<(Node<'n>, Node<'n>)>> {
    let depth = depth.checked_sub(1)?;
    let merge = |key: &Node<'_>| key.as_str() == Some("<<") && key.style() == Some(Style::Plain);
    let mut all: Vec<(Node<'n>, Node<'n>)> = mapping.entries().filter(|(key, _)| !merge(key)).collect();
    for (_, source) in mapping.entries().filter(|(key, _)| merge(key)) {
        let sources: Vec<Node<'n>> = if source.is_sequence() { source.items().collect() } else { vec![source] };
        for source in sources {
            for (key, value) in flat(source, depth)? {
                if !all.iter().any(|(known, _)| known.as_str() == key.as_str()) {
                    all.push((key, value));
                }
            }
        }
    }
    Some(all)
}

fn decoded(key: &str, node: Node<'_>, shown: &dyn Fn(&str) -> String) -> Result<Plaintext, Refusal> {
    let place = || format!("data.{}", shown(key));
    no_tag(&place, node)?;
    if node.is_null() {
        return Ok(Plaintext::default());
    }
    if !node.is_string() {
        return Err(shape(node, &place(), "a base64 string; put it in quotes"));
    }
    let bytes = node.as_str().and_then(cipher::decode).ok_or_else(|| refuse(node, Why::NotBase64(shown(key))))?;
    Ok(Plaintext::new(bytes.to_vec()))
}

fn text(key: &str, node: Node<'_>, shown: &dyn Fn(&str) -> String) -> Result<Plaintext, Refusal> {
    let place = || format!("stringData.{}", shown(key));
    no_tag(&place, node)?;
    Ok(string(node, &place)?.map_or_else(Plaintext::default, Plaintext::from))
}

fn no_tag(place: &dyn Fn() -> String, node: Node<'_>) -> Result<(), Refusal> {
    match node.tag() {
        Some(tag) if tag != "!!str" && tag != "!" => Err(refuse(node, Why::Tag(place()))),
        _ => Ok(()),
    }
}

/// The text of a node; nothing where that is null.
fn string<'n>(node: Node<'n>, place: &dyn Fn() -> String) -> Result<Option<&'n str>, Refusal> {
    match node.as_str().filter(|_| node.is_string()) {
        _ if node.is_null() => Ok(None),
        Some(text) => Ok(Some(text)),
        None => Err(shape(node, &place(), "a string; put it in quotes")),
    }
}

fn refuse(node: Node<'_>, why: Why) -> Refusal {
    Refusal { span: node.span(), why }
}

fn shape(node: Node<'_>, place: &str, wanted: &'static str) -> Refusal {
    refuse(node, Why::Shape { place: place.to_owned(), wanted })
}

/// A key that no Secret has, as messages may show it: a name close to one that it has, or of another object. Any other may
/// be a value in the wrong place.
fn unknown(place: &str, name: &str) -> String {
    const ELSEWHERE: [&str; 4] = ["binaryData", "items", "spec", "status"];
    let known = FIELDS.iter().chain(KEPT).copied();
    if ELSEWHERE.contains(&name) || nearest(name, known).is_some() {
        format!("`{place}{}`", shown(name))
    } else {
        format!(
            "a key of {} (not repeated: it may be a secret)",
            if place.is_empty() { "the object" } else { "`metadata`" }
        )
    }
}

/// A key of a section as messages may show it: not where it is a value as well.
fn shown_key(section: Node<'_>, name: &str) -> String {
    let is_it =
        |text: &str| text.trim() == name || cipher::decode(text).is_some_and(|bytes| *bytes == *name.as_bytes());
    let is_value = !name.is_empty() && section.entries().any(|(_, node)| node.as_str().is_some_and(is_it));
    if is_value { MASK.to_owned() } else { shown(name) }
}

/// A name from the document as messages may show it.
fn shown(name: &str) -> String {
    masked(name).into_owned()
}
