//! What SOPS writes beside the values: who can decrypt them, which they are, and the message authentication code.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::selector::{Selector, selectors};
use crate::document::yaml::Node;
use crate::span::Span;

/// A key that a file is encrypted for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient {
    /// What it is, as metadata call it: `age`, `pgp`, `kms`.
    pub kind: &'static str,
    /// What names it: an age recipient, a fingerprint, an ARN, an address.
    pub id: Box<str>,
}

/// Recipients that can do the same.
pub(crate) type Group = BTreeSet<Recipient>;

/// A value of the metadata by its flattened key (`age__list_0__map_recipient`).
pub(super) struct MetadataEntry<'t> {
    pub(super) key: String,
    pub(super) text: &'t str,
    pub(super) span: Span,
}

/// Metadata of a file.
#[derive(Debug)]
pub(crate) struct Metadata {
    /// Of their name, bytes of the source's text.
    pub span: Span,
    /// What keeps SOPS from reading them, in words.
    pub faults: Vec<&'static str>,
    /// The message authentication code, where it is not an encrypted value.
    pub bad_mac: Option<Span>,
    /// The selectors that are written, each with its place.
    pub selectors: Vec<(Selector, Span)>,
    /// For whom.
    pub groups: Vec<Group>,
    /// How many of the groups it takes, where that is written.
    pub shamir: u32,
}

/// The kinds of recipients, with the fields that name one.
const KINDS: [(&str, &[&str]); 7] = [
    ("kms", &["arn", "role"]),
    ("gcp_kms", &["resource_id"]),
    ("hckms", &["key_id"]),
    ("azure_kv", &["vault_url", "name"]),
    ("hc_vault", &["vault_address", "engine_path", "key_name"]),
    ("age", &["recipient"]),
    ("pgp", &["fp"]),
];

impl Recipient {
    /// A recipient by the fields that name it, as `ToString` of SOPS writes them.
    #[must_use]
    pub fn new(kind: &'static str, fields: &[&str]) -> Self {
        let joined = match (kind, fields) {
            ("kms", [arn, role]) if !role.is_empty() => format!("{arn}+{role}"),
            ("azure_kv", [vault, name, ..]) => format!("{}/keys/{name}", vault.trim_end_matches('/')),
            ("hc_vault", [address, engine, key]) => {
                format!("{}/v1/{}/keys/{key}", address.trim_end_matches('/'), engine.trim_matches('/'))
            }
            ("pgp", [fingerprint, ..]) => fingerprint.to_ascii_uppercase(),
            (_, fields) => fields.first().copied().unwrap_or_default().to_owned(),
        };
        let spaced = matches!(kind, "kms" | "pgp");
        let id: String = joined.chars().filter(|c| !(spaced && *c == ' ')).collect();
        Self { kind, id: id.trim().into() }
    }
}

impl Metadata {
    /// Reads metadata; none where they are somebody else's settings under the same name.
    pub(super) fn read(entries: &[MetadataEntry<'_>], span: Span) -> Option<Self> {
        let get = |key: &str| entries.iter().find(|entry| entry.key == key);
        let text = |key: &str| get(key).map(|entry| entry.text.trim()).filter(|text| !text.is_empty());
        let mac = text("mac");
        let sealed = |entry: &MetadataEntry<'_>| {
            KINDS.iter().any(|(kind, _)| entry.key.starts_with(kind) || entry.key.starts_with("key_groups__list_"))
                && entry.key.ends_with("__map_enc")
        };
        let is_mac = mac.is_some_and(|mac| mac.starts_with("ENC["));
        let known = entries.iter().any(sealed) || is_mac || mac.is_some() && text("lastmodified").is_some();
        if !known {
            return None;
        }
        let texts = texts(entries);
        let top = group(&texts, "");
        let groups = if top.is_empty() {
            let groups = (0..).map(|index| group(&texts, &format!("key_groups__list_{index}__map_")));
            groups.take_while(|group| !group.is_empty()).collect()
        } else {
            vec![top]
        };
        let anonymous = !entries.iter().any(|entry| is_of_recipient(&entry.key));
        let faults = [
            (mac.is_none(), "no message authentication code (`mac`)"),
            (text("version").is_none(), "no `version`"),
            (text("lastmodified").is_none(), "no `lastmodified`"),
            (anonymous, "no recipient that could decrypt it (age, pgp, kms, …)"),
        ];
        let bad_mac = get("mac").filter(|entry| {
            !entry.text.is_empty() && !matches!(super::Value::of(entry.text), super::Value::Encrypted(_))
        });
        Some(Self {
            span,
            faults: faults.into_iter().filter(|(is_so, _)| *is_so).map(|(_, words)| words).collect(),
            bad_mac: bad_mac.map(|entry| entry.span),
            selectors: selectors(|key| get(key).map(|entry| (entry.text, entry.span))),
            groups,
            shamir: text("shamir_threshold").and_then(|text| text.parse().ok()).unwrap_or_default(),
        })
    }

    /// The selector that holds for the file; none where SOPS refuses several.
    pub(crate) fn selector(&self) -> Option<Selector> {
        match self.selectors.as_slice() {
            [] => Some(Selector::default()),
            [(one, _)] => Some(one.clone()),
            _ => None,
        }
    }
}

/// Whether a key is of an entry of a list of recipients.
fn is_of_recipient(key: &str) -> bool {
    let of_kind = |key: &str| {
        KINDS.iter().any(|(kind, _)| key.strip_prefix(kind).is_some_and(|rest| rest.starts_with("__list_")))
    };
    let grouped = key.strip_prefix("key_groups__list_").and_then(|rest| rest.split_once("__map_"));
    of_kind(key) || grouped.is_some_and(|(_, rest)| of_kind(rest))
}

/// The texts of entries by their keys; of two alike the first counts.
fn texts<'e>(entries: &'e [MetadataEntry<'_>]) -> BTreeMap<&'e str, &'e str> {
    entries.iter().rev().map(|entry| (&*entry.key, entry.text)).collect()
}

fn group(texts: &BTreeMap<&str, &str>, prefix: &str) -> Group {
    let mut group = Group::new();
    for (kind, fields) in KINDS {
        for index in 0.. {
            let head = format!("{prefix}{kind}__list_{index}__map_");
            let first = texts.range::<str, _>((Bound::Included(&*head), Bound::Unbounded)).next();
            if !first.is_some_and(|(key, _)| key.starts_with(&head)) {
                break;
            }
            let field = |name: &&str| texts.get(&*format!("{head}{name}")).copied().unwrap_or_default();
            let values: Vec<&str> = fields.iter().map(field).collect();
            group.insert(Recipient::new(kind, &values));
        }
    }
    group
}

/// Flattens metadata that are a tree.
pub(super) fn flatten<'t>(node: Node<'t>, prefix: &str, found: &mut Vec<MetadataEntry<'t>>) {
    if node.is_alias() {
        return;
    }
    let join = |key: &str| if prefix.is_empty() { key.to_owned() } else { format!("{prefix}__map_{key}") };
    for (key, value) in node.entries() {
        flatten(value, &join(key.as_str().unwrap_or_default()), found);
    }
    for (index, item) in node.items().enumerate() {
        flatten(item, &format!("{prefix}__list_{index}"), found);
    }
    if let Some(text) = node.as_str().filter(|_| !node.is_null()) {
        found.push(MetadataEntry { key: prefix.to_owned(), text, span: node.span() });
    }
}
