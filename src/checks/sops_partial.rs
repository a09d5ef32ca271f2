//! `sops-partial`: a value in clear in a file that SOPS encrypted, which by the file's own rules must be encrypted.

use regex::Regex;

use super::Context;
use crate::document::fragment::Host;
use crate::document::object::walk;
use crate::document::yaml::Node;
use crate::value::ciphertext::is_sops;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for unit in view.parsed.units.iter().filter(|unit| unit.host() == Host::File) {
        let Some(root) = unit.tree().root() else { continue };
        let Some(rule) = root.get("sops").and_then(Selector::read) else { continue };
        let mut clear: Vec<(String, Node<'_>)> = Vec::new();
        let mut keys: Vec<String> = Vec::new();
        for (key, value) in root.entries() {
            let Some(name) = key.as_str().filter(|name| *name != "sops") else { continue };
            keys.clear();
            keys.push(name.to_owned());
            collect(&rule, &keys, value, &mut clear);
        }
        for (path, value) in clear {
            let key = path.rsplit('.').next().unwrap_or_default();
            let message = format!("The file is encrypted by SOPS, but the value of '{key}' stands in it in clear.");
            cx.report(unit.outer(value.span()), Some(path.clone()), message).weight = super::Weight::Special;
        }
    }
}

/// Leaves that must be encrypted and are not. List indices are no part of SOPS's paths.
fn collect<'v>(rule: &Selector, keys: &[String], node: Node<'v>, clear: &mut Vec<(String, Node<'v>)>) {
    let place = |keys: &[String]| format!(".{}", keys.join("."));
    let leaf = |keys: &[String], node: Node<'v>, clear: &mut Vec<(String, Node<'v>)>| {
        let text = node.as_str().unwrap_or_default();
        if rule.must_encrypt(keys) && !text.is_empty() && !node.is_null() && !is_sops(text) {
            clear.push((place(keys), node));
        }
    };
    if node.as_str().is_some() {
        leaf(keys, node, clear);
        return;
    }
    walk(node, &mut |path, _, value| {
        if value.as_str().is_some() && !value.is_alias() {
            let below = path.split(['.', '[']).filter(|part| !part.is_empty() && !part.ends_with(']'));
            let mut whole = keys.to_vec();
            whole.extend(below.map(str::to_owned));
            leaf(&whole, value, clear);
        }
        true
    });
}

/// Which leaves SOPS encrypts in a file, from the file's own metadata (`secrets-surface.md` 8.2).
enum Selector {
    UnencryptedSuffix(String),
    EncryptedSuffix(String),
    UnencryptedRegex(Regex),
    EncryptedRegex(Regex),
    /// Comment selectors depend on comments; nothing is said then.
    Unknown,
}

impl Selector {
    /// Reads metadata; none where SOPS itself would not call the file encrypted (no version or no MAC).
    fn read(metadata: Node<'_>) -> Option<Self> {
        let text = |key: &str| metadata.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
        text("mac").filter(|mac| is_sops(mac))?;
        text("version")?;
        let regex = |key: &str| text(key).map(|pattern| Regex::new(pattern).ok());
        if text("encrypted_comment_regex").is_some() || text("unencrypted_comment_regex").is_some() {
            return Some(Self::Unknown);
        }
        Some(if let Some(suffix) = text("encrypted_suffix") {
            Self::EncryptedSuffix(suffix.to_owned())
        } else if let Some(regex) = regex("encrypted_regex") {
            regex.map_or(Self::Unknown, Self::EncryptedRegex)
        } else if let Some(regex) = regex("unencrypted_regex") {
            regex.map_or(Self::Unknown, Self::UnencryptedRegex)
        } else {
            Self::UnencryptedSuffix(text("unencrypted_suffix").unwrap_or("_unencrypted").to_owned())
        })
    }

    fn must_encrypt(&self, keys: &[String]) -> bool {
        match self {
            Self::UnencryptedSuffix(suffix) => !keys.iter().any(|key| key.ends_with(suffix)),
            Self::EncryptedSuffix(suffix) => keys.iter().any(|key| key.ends_with(suffix)),
            Self::UnencryptedRegex(regex) => !keys.iter().any(|key| regex.is_match(key)),
            Self::EncryptedRegex(regex) => keys.iter().any(|key| regex.is_match(key)),
            Self::Unknown => false,
        }
    }
}
