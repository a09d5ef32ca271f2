//! Whether a file whose name says that it is encrypted contains anything in plaintext.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::flat;
use super::name::plain_ending;
use crate::document::fragment::Host;
use crate::document::object::walk;
use crate::document::view::{Unit, View};
use crate::document::yaml::{self, Node};
use crate::span::Span;
use crate::value::Sensitive;

/// Fields of a Kubernetes object that are not values.
const FRAME: [&str; 5] = ["apiVersion", "kind", "metadata", "type", "immutable"];
/// Kinds that hold no values, or encrypted ones, and say which program reads the file.
const OTHERS: [&str; 7] = [
    "SealedSecret",
    "ExternalSecret",
    "ClusterExternalSecret",
    "SecretStore",
    "ClusterSecretStore",
    "Kustomization",
    "SecretProviderClass",
];

/// The key of the first value that is neither a placeholder nor encrypted in some way, bytes of the text. For a file
/// without metadata of SOPS.
pub(crate) fn first(view: &View<'_>) -> Option<Span> {
    match plain_ending(view.path) {
        "yaml" | "yml" => {
            let mut units = view.parsed.units.iter().filter(|unit| unit.host() == Host::File);
            if units.clone().next().is_some() {
                return units.find_map(|unit| of_tree(unit.tree().root()?, Some(unit)));
            }
            // Under another name it was not parsed. What is not YAML is reported elsewhere.
            let whole = view.parsed.faults.is_empty().then(|| yaml::parse(view.text).ok()).flatten()?;
            of_tree(whole.root()?, None)
        }
        "json" => of_tree(yaml::parse(view.text).ok()?.root()?, None),
        "env" => of_lines(&flat::dotenv(view.text)),
        _ => of_lines(&flat::ini(view.text)),
    }
}

fn of_lines(lines: &flat::FlatLines<'_>) -> Option<Span> {
    let is_name = |key: &str| {
        let key = key.trim().trim_start_matches("export ");
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    // One line that is none says that the file is something else.
    if !lines.refused.is_empty() || lines.entries.iter().any(|entry| !is_name(entry.key)) {
        return None;
    }
    let found = lines.entries.iter().find(|entry| is_value(entry.value.trim().trim_matches(['"', '\''])));
    found.map(|entry| entry.key_span)
}

fn of_tree(root: Node<'_>, unit: Option<&Unit>) -> Option<Span> {
    if !root.is_mapping() {
        return None;
    }
    let object = root.get("apiVersion").and(root.get("kind")).and_then(Node::as_str);
    if object.is_some_and(|kind| OTHERS.contains(&kind)) {
        return None;
    }
    let mut found: Option<Span> = None;
    for (key, value) in root.entries() {
        let name = key.as_str().unwrap_or_default();
        // Templates of objects leave out the one or the other.
        let framed = object.is_some() && FRAME.contains(&name) || matches!(name, "apiVersion" | "kind");
        if found.is_some() || framed {
            continue;
        }
        let encoded = object == Some("Secret") && name == "data";
        let mut look = |key: Node<'_>, node: Node<'_>| {
            let text = node.as_str().filter(|_| node.is_string() && !node.is_alias());
            let templated = unit.is_some_and(|unit| unit.is_templated(node.span()));
            if found.is_none() && !templated && text.is_some_and(|text| is_plain(text, encoded)) {
                found = Some(unit.map_or(key.span(), |unit| unit.outer(key.span())));
            }
        };
        look(key, value);
        let mut last = key;
        walk(value, &mut |_, inner, node| {
            last = inner.unwrap_or(last);
            look(last, node);
            true
        });
    }
    found
}

fn is_plain(text: &str, encoded: bool) -> bool {
    if encoded {
        let decoded = STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if decoded.is_some_and(|text| !is_value(&text)) {
            return false;
        }
    }
    is_value(text)
}

fn is_value(text: &str) -> bool {
    let value = Sensitive::new(text);
    !value.is_placeholder() && !value.is_ciphertext()
}
