//! Changes of a SealedSecret in place: only the ciphertexts, names and annotations that change are written, in the existing
//! style; everything else of the document is kept to the byte.

use std::collections::BTreeMap;

use serde_json::Value;

use super::identity::{CLUSTER_WIDE, NAMESPACE_WIDE, annotation};
use super::{SealedSecret, json};
use crate::document::spot;
use crate::document::yaml::{self, Node, Style, Tree};
use crate::finding::edit::{self, Edit};
use crate::span::{Span, line_end, line_start};
use crate::yaml_scalar::scalar;

/// Why a document cannot be changed in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatchError {
    #[error("it uses YAML anchors, aliases or merge keys; write out their values")]
    Anchors,
    /// The new document would not be read as intended.
    #[error("its layout cannot be changed safely; rewrite it as kubeseal does (-o yaml)")]
    Unusual,
}

/// Where in a document an object is: index of the item of a `List`, or nothing for the document itself.
pub(crate) type Item = Option<usize>;

fn find(tree: &Tree, item: Item) -> Option<Node<'_>> {
    let root = tree.root()?;
    match item {
        None => Some(root),
        Some(index) => root.get("items")?.items().nth(index),
    }
}

/// Makes the SealedSecret at `item` of `text` the one that `wanted` is; `ciphertexts` are the entries of it that change or
/// are new. Returns the new text.
pub(crate) fn apply(
    text: &str,
    item: Item,
    wanted: &SealedSecret,
    ciphertexts: &BTreeMap<String, String>,
) -> Result<String, PatchError> {
    let mut doc = Doc { text: text.to_owned(), item };
    doc.ciphertexts(ciphertexts)?;
    let names = [Some(("name", &wanted.identity.name)), wanted.identity.namespace.as_ref().map(|ns| ("namespace", ns))];
    for (key, value) in names.into_iter().flatten() {
        doc.set(&["metadata", key], value)?;
        doc.set(&["spec", "template", "metadata", key], value)?;
    }
    for metadata in [&["metadata"][..], &["spec", "template", "metadata"]] {
        let at = |key| [metadata, &["annotations", key]].concat();
        let keep = annotation(wanted.identity.scope);
        for key in [CLUSTER_WIDE, NAMESPACE_WIDE].into_iter().filter(|key| Some(*key) != keep) {
            doc.unset(&at(key))?;
        }
        if let Some(key) = keep {
            doc.set(&at(key), "true")?;
        }
    }
    for (section, entries) in &wanted.metadata {
        let Value::Object(entries) = entries else { continue };
        for (key, value) in entries {
            if let Some(value) = value.as_str() {
                doc.set(&["spec", "template", "metadata", section, key], value)?;
            }
        }
    }
    doc.says(wanted)
}

struct Doc {
    text: String,
    item: Item,
}

impl Doc {
    fn parse(&self) -> Result<Tree, PatchError> {
        yaml::parse(&self.text).map_err(|_| PatchError::Unusual)
    }

    /// Writes the ciphertexts, those of keys that are there in their places.
    fn ciphertexts(&mut self, ciphertexts: &BTreeMap<String, String>) -> Result<(), PatchError> {
        let tree = self.parse()?;
        let root = find(&tree, self.item).ok_or(PatchError::Unusual)?;
        let data = root.at(&["spec", "encryptedData"]);
        let mut edits = Vec::new();
        let mut new = Vec::new();
        for (key, ciphertext) in ciphertexts {
            let entry = data.and_then(|data| data.entries().find(|(own, _)| own.as_str() == Some(key)));
            match entry {
                Some((own, value)) => edits.push(write_value(&self.text, own, value, ciphertext)?),
                None => new.push((key, ciphertext)),
            }
        }
        self.change(&edits)?;
        new.into_iter().try_for_each(|(key, ciphertext)| self.set(&["spec", "encryptedData", key], ciphertext))
    }

    /// Sets the scalar at `path` to `value`.
    fn set(&mut self, path: &[&str], value: &str) -> Result<(), PatchError> {
        let tree = self.parse()?;
        let mut node = find(&tree, self.item).ok_or(PatchError::Unusual)?;
        let mut owner = None;
        for (depth, key) in path.iter().enumerate() {
            if node.is_anchored() || node.tag().is_some() {
                return Err(PatchError::Anchors);
            }
            match node.entries().find(|(own, _)| own.as_str() == Some(key)) {
                Some((own, inner)) => {
                    owner = Some(own);
                    node = inner;
                }
                None => {
                    let edit = insert(&self.text, owner, node, &path[depth..], value)?;
                    return self.change(&[edit]);
                }
            }
        }
        if json::value(node).as_str() == Some(value) {
            return Ok(());
        }
        let edit = write_value(&self.text, owner.ok_or(PatchError::Unusual)?, node, value)?;
        self.change(&[edit])
    }

    /// Removes the entry at `path`, and the mapping around it where it becomes empty.
    fn unset(&mut self, path: &[&str]) -> Result<(), PatchError> {
        let tree = self.parse()?;
        let mut node = find(&tree, self.item).ok_or(PatchError::Unusual)?;
        let mut above: Vec<(Node<'_>, Node<'_>, Node<'_>)> = Vec::new();
        for key in path {
            let Some((own, inner)) = node.entries().find(|(own, _)| own.as_str() == Some(key)) else { return Ok(()) };
            if node.is_anchored() || inner.is_anchored() {
                return Err(PatchError::Anchors);
            }
            above.push((node, own, inner));
            node = inner;
        }
        let Some((mut mapping, mut key, mut value)) = above.pop() else { return Ok(()) };
        if mapping.entries().count() == 1
            && let Some(outer) = above.pop()
        {
            (mapping, key, value) = outer;
        }
        let span = entry_span(&self.text, mapping, key, value).ok_or(PatchError::Unusual)?;
        self.change(&[Edit::remove(span)])
    }

    fn change(&mut self, edits: &[Edit]) -> Result<(), PatchError> {
        self.text = edit::apply(&self.text, edits).map_err(|_| PatchError::Unusual)?;
        Ok(())
    }

    /// The text, where it is read as `wanted`.
    fn says(self, wanted: &SealedSecret) -> Result<String, PatchError> {
        let tree = self.parse()?;
        let read = find(&tree, self.item).and_then(|root| SealedSecret::read(root).ok());
        if read.as_ref() == Some(wanted) { Ok(self.text) } else { Err(PatchError::Unusual) }
    }
}

/// All of a node, its quotes too.
fn whole(node: Node<'_>) -> Span {
    spot::whole(node).unwrap_or(node.span())
}

/// Offset after the colon of an entry.
fn after_colon(text: &str, key: Node<'_>) -> Result<usize, PatchError> {
    let from = whole(key).end;
    let colon = text[from..].find(':').ok_or(PatchError::Unusual)?;
    if text[from..from + colon].trim().is_empty() { Ok(from + colon + 1) } else { Err(PatchError::Unusual) }
}

/// Writes `new` as the value of `key`, in quotes where the old value had them.
fn write_value(text: &str, key: Node<'_>, value: Node<'_>, new: &str) -> Result<Edit, PatchError> {
    if value.is_anchored() || key.is_anchored() || value.tag().is_some() {
        return Err(PatchError::Anchors);
    }
    let from = after_colon(text, key)?;
    let quoted = Value::from(new).to_string();
    let written = match value.style() {
        None if !value.is_null() => return Err(PatchError::Unusual),
        Some(Style::Double) => quoted,
        Some(Style::Single) if !new.contains(['\'', '\n']) => format!("'{new}'"),
        _ => scalar(new),
    };
    let old = whole(value);
    let empty =
        value.as_str().is_none_or(str::is_empty) && !matches!(value.style(), Some(Style::Single | Style::Double));
    let span = if empty { Span::new(from, from) } else { Span::new(from, old.end.max(from)) };
    Ok(Edit::replace(span, format!(" {written}")))
}

/// Adds `path: value` to `mapping`, which is the value of `owner`.
fn insert(
    text: &str,
    owner: Option<Node<'_>>,
    mapping: Node<'_>,
    path: &[&str],
    value: &str,
) -> Result<Edit, PatchError> {
    let eol = if memchr::memmem::find(text.as_bytes(), b"\r\n").is_some() { "\r\n" } else { "\n" };
    let last = mapping.entries().last();
    if mapping.is_mapping() && mapping.is_flow() {
        let quote = last.is_none_or(|(key, _)| key.style() == Some(Style::Double));
        let word = |text: &str| if quote { Value::from(text).to_string() } else { scalar(text) };
        let (first, rest) = path.split_first().ok_or(PatchError::Unusual)?;
        let inner =
            rest.iter().rev().fold(Value::from(value).to_string(), |made, key| format!("{{{}: {made}}}", word(key)));
        let entry = format!("{}: {inner}", word(first));
        return Ok(match last {
            Some((_, value)) => Edit::insert(whole(value).end, format!(", {entry}")),
            None => Edit::insert(mapping.span().start + 1, entry),
        });
    }
    let lines = |indent: usize| -> String {
        let line = |(depth, key): (usize, &&str)| {
            let end = if depth + 1 == path.len() { format!(" {}", scalar(value)) } else { String::new() };
            format!("{}{}{}:{end}", eol, " ".repeat(indent + 2 * depth), scalar(key))
        };
        path.iter().enumerate().map(line).collect()
    };
    match (last, owner) {
        (Some((key, value)), _) => {
            let at = whole(key).start;
            let indent = at - line_start(text, at);
            let end = whole(value).end.max(after_colon(text, key)?);
            Ok(Edit::insert(line_end(text, end), lines(indent)))
        }
        (None, Some(owner)) if mapping.is_null() => {
            let at = whole(owner).start;
            let indent = at - line_start(text, at);
            let from = after_colon(text, owner)?;
            let end = mapping.as_str().map_or(from, |_| whole(mapping).end.max(from));
            Ok(Edit::replace(Span::new(from, end), lines(indent + 2)))
        }
        _ => Err(PatchError::Unusual),
    }
}

/// All that has to go with an entry: its lines, or in flow style the comma too.
fn entry_span(text: &str, mapping: Node<'_>, key: Node<'_>, value: Node<'_>) -> Option<Span> {
    let start = whole(key).start;
    let end = whole(value).end.max(whole(key).end + 1);
    if mapping.is_flow() {
        let after = &text[end..];
        let comma = after.trim_start();
        if let Some(rest) = comma.strip_prefix(',') {
            return Some(Span::new(start, text.len() - rest.trim_start().len()));
        }
        let before = text[..start].trim_end();
        return Some(Span::new(before.strip_suffix(',').map_or(start, str::len), end));
    }
    let line = line_start(text, start);
    text[line..start].bytes().all(|byte| byte == b' ').then_some(())?;
    let end = line_end(text, end);
    let next = memchr::memchr(b'\n', &text.as_bytes()[end..]).map_or(text.len(), |found| end + found + 1);
    Some(Span::new(line, next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::facts::Scope;

    /// `text` with the namespace `new`, the given scope, and the ciphertexts of `x` and `z` rewritten.
    fn changed(text: &str, item: Item, scope: Scope) -> Result<String, PatchError> {
        let tree = yaml::parse(text).expect("it is YAML");
        let mut wanted = SealedSecret::read(find(&tree, item).expect("the object")).expect("a SealedSecret");
        let new: BTreeMap<String, String> = [("x", "AgX"), ("z", "AgZ")].map(|(k, v)| (k.into(), v.into())).into();
        wanted.encrypted.extend(new.clone());
        wanted.identity.namespace = Some("new".into());
        wanted.identity.scope = scope;
        super::super::identity::annotate(&mut wanted.metadata, scope);
        apply(text, item, &wanted, &new)
    }

    #[test]
    fn only_what_changes_is_written() {
        let text = "\
# head
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  namespace: \"old\" # where
  name: a
  labels: {team: ml}
spec:
  encryptedData:
    x: >-
      AgOne
    # y is another
    y: AgY # c
  template:
    metadata:
      name: a
      namespace: old
";
        let wanted = "\
# head
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  namespace: \"new\" # where
  name: a
  labels: {team: ml}
  annotations:
    sealedsecrets.bitnami.com/namespace-wide: \"true\"
spec:
  encryptedData:
    x: AgX
    # y is another
    y: AgY # c
    z: AgZ
  template:
    metadata:
      name: a
      namespace: new
      annotations:
        sealedsecrets.bitnami.com/namespace-wide: \"true\"
";
        assert_eq!(changed(text, None, Scope::NamespaceWide).as_deref(), Ok(wanted));
        let crlf = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(changed(&crlf(text), None, Scope::NamespaceWide), Ok(crlf(wanted)));
        // And back: the annotations go with the mapping that they leave empty.
        let back = changed(wanted, None, Scope::Strict).expect("it changes");
        assert!(!back.contains("annotations") && back.contains("  labels: {team: ml}\nspec:"), "{back}");
    }

    #[test]
    fn json_and_items_of_lists_stay_what_they_are() {
        let text = "{\"kind\": \"List\", \"items\": [{\"kind\": \"SealedSecret\", \"apiVersion\": \"bitnami.com/v1alpha1\",\n \"metadata\": {\"name\": \"a\", \"namespace\": \"old\"}, \"spec\": {\"encryptedData\": {\"x\": \"AgOne\"}}}]}";
        let wanted = "{\"kind\": \"List\", \"items\": [{\"kind\": \"SealedSecret\", \"apiVersion\": \"bitnami.com/v1alpha1\",\n \"metadata\": {\"name\": \"a\", \"namespace\": \"new\", \"annotations\": {\"sealedsecrets.bitnami.com/cluster-wide\": \"true\"}}, \"spec\": {\"encryptedData\": {\"x\": \"AgX\", \"z\": \"AgZ\"}, \"template\": {\"metadata\": {\"name\": \"a\", \"namespace\": \"new\", \"annotations\": {\"sealedsecrets.bitnami.com/cluster-wide\": \"true\"}}}}}]}";
        assert_eq!(changed(text, Some(0), Scope::ClusterWide).as_deref(), Ok(wanted));
    }

    #[test]
    fn what_is_shared_with_another_place_is_refused() {
        let text = "\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: &m
  namespace: old
  name: a
spec:
  encryptedData: {x: AgOne}
  template:
    metadata: *m
";
        assert_eq!(changed(text, None, Scope::Strict), Err(PatchError::Anchors));
    }
}
