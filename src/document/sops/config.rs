//! `.sops.yaml`: which rule SOPS takes for a file, and what that says (`config/config.go`).

use super::metadata::{Group, Recipient};
use super::selector::{Selector, selectors};
use crate::document::view::Unit;
use crate::document::yaml::Node;
use crate::go_regex::GoRegex;
use crate::span::Span;

/// A creation rule.
#[derive(Debug)]
pub struct Rule {
    /// `path_regex`, where it has one.
    pub path: Option<(Box<str>, GoRegex)>,
    /// Of `path_regex`, else of the rule's first key, bytes of the source's text.
    pub span: Span,
    /// Its selectors; SOPS refuses more than one.
    pub selectors: Vec<(Selector, Span)>,
    /// For whom; none where that is not understood.
    pub groups: Option<Vec<Group>>,
    /// How many of the groups it takes, where that is written.
    pub shamir: u32,
}

/// What SOPS does about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// It takes the rule of this number.
    Rule(usize),
    /// No rule is for the file: it refuses.
    Nothing,
    /// It refuses because the expression of this rule does not compile.
    Invalid(usize),
    /// That is not certain.
    Unknown,
}

/// The rule for the file at `path`, which is relative to the folder of `.sops.yaml`, with `/`. The first one that matches
/// is taken.
#[must_use]
pub fn rule_for<'r>(rules: impl IntoIterator<Item = &'r Rule>, path: &str) -> Match {
    for (index, rule) in rules.into_iter().enumerate() {
        let Some((_, pattern)) = &rule.path else { return Match::Rule(index) };
        match pattern.is_match(path) {
            _ if matches!(pattern, GoRegex::Invalid) => return Match::Invalid(index),
            Some(true) => return Match::Rule(index),
            Some(false) => {}
            None => return Match::Unknown,
        }
    }
    Match::Nothing
}

/// The creation rules of a `.sops.yaml`; none where it has none or a template writes it.
#[must_use]
pub fn read(unit: &Unit) -> Option<Vec<Rule>> {
    let root = unit.tree().root()?;
    let rules = root.get("creation_rules").filter(|rules| rules.is_sequence())?;
    if unit.is_templated(root.span()) {
        return None;
    }
    Some(rules.items().filter(|rule| rule.is_mapping()).map(|rule| read_rule(unit, rule)).collect())
}

fn read_rule(unit: &Unit, node: Node<'_>) -> Rule {
    let text = |key: &str| node.get(key).filter(|node| !node.is_null()).and_then(|node| Some((node, node.as_str()?)));
    let path = text("path_regex").filter(|(_, text)| !text.is_empty());
    let first = node.entries().next().map(|(key, _)| key);
    let place = path.map(|(node, _)| node).or(first).unwrap_or(node);
    Rule {
        path: path.map(|(_, text)| (text.into(), GoRegex::new(text))),
        span: unit.outer(place.span()),
        selectors: selectors(|key| text(key).map(|(node, text)| (text, unit.outer(node.span())))),
        groups: groups(node),
        shamir: text("shamir_threshold").and_then(|(_, text)| text.parse().ok()).unwrap_or_default(),
    }
}

/// The flat fields of a rule, each with the name that metadata give to the kind.
const FLAT: [(&str, &str); 7] = [
    ("kms", "kms"),
    ("age", "age"),
    ("pgp", "pgp"),
    ("gcp_kms", "gcp_kms"),
    ("hckms", "hckms"),
    ("azure_keyvault", "azure_kv"),
    ("hc_vault_transit_uri", "hc_vault"),
];

fn groups(rule: Node<'_>) -> Option<Vec<Group>> {
    let listed = rule.get("key_groups").filter(|groups| groups.is_sequence());
    if let Some(listed) = listed.filter(|groups| groups.items().next().is_some()) {
        return listed.items().map(|item| key_group(item, 4)).collect();
    }
    let mut group = Group::new();
    for (field, kind) in FLAT {
        let Some(node) = rule.get(field).filter(|node| !node.is_null()) else { continue };
        for text in texts(node)? {
            add(&mut group, kind, text);
        }
    }
    Some(vec![group])
}

/// Adds what a text names: several with commas between them.
fn add(group: &mut Group, kind: &'static str, text: &str) {
    let each = text.split(',').map(str::trim).filter(|text| !text.is_empty());
    group.extend(each.map(|text| match kind {
        "azure_kv" => {
            let name = text.split_once("/keys/");
            let (vault, rest) = name.unwrap_or((text, ""));
            Recipient::new(kind, &[vault, rest.split('/').next().unwrap_or_default()])
        }
        "hc_vault" => Recipient { kind, id: text.trim_end_matches('/').into() },
        _ => Recipient::new(kind, &[text]),
    }));
}

/// A text, or a list of texts.
fn texts(node: Node<'_>) -> Option<Vec<&str>> {
    match node.as_str() {
        Some(text) => Some(vec![text]),
        None => node.items().map(Node::as_str).collect(),
    }
}

/// One of `key_groups`. `depth` is how far `merge` is followed.
fn key_group(node: Node<'_>, depth: usize) -> Option<Group> {
    let mut group = Group::new();
    for merged in node.get("merge").into_iter().flat_map(Node::items) {
        group.extend(key_group(merged, depth.checked_sub(1)?)?);
    }
    for (field, kind) in [("age", "age"), ("pgp", "pgp"), ("hc_vault", "hc_vault")] {
        for item in node.get(field).into_iter().flat_map(Node::items) {
            add(&mut group, kind, item.as_str()?);
        }
    }
    let structured: [(&str, &'static str, &[&str]); 4] = [
        ("kms", "kms", &["arn", "role"]),
        ("gcp_kms", "gcp_kms", &["resource_id"]),
        ("hckms", "hckms", &["key_id"]),
        ("azure_keyvault", "azure_kv", &["vaultUrl", "key"]),
    ];
    for (field, kind, names) in structured {
        for item in node.get(field).into_iter().flat_map(Node::items) {
            let values: Vec<&str> =
                names.iter().map(|name| item.get(name).and_then(Node::as_str).unwrap_or_default()).collect();
            group.insert(Recipient::new(kind, &values));
        }
    }
    Some(group)
}
