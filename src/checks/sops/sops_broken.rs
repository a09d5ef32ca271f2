//! `sops-broken`: a file that SOPS does not decrypt any more, or a configuration that it refuses.

use std::collections::BTreeMap;

use crate::checks::common::{Context, Weight, listed};
use crate::document::sops::{self, File, Leaf, Value, config, name};
use crate::finding::Related;
use crate::go_regex::GoRegex;
use crate::path;
use crate::rule::Level;
use crate::span::{LineIndex, Span};

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    let name = path::name(view.path);
    if name::is_config(view.path) || name == ".sops.yml" {
        configuration(cx, name);
        return;
    }
    let Some(file) = sops::read(view) else {
        conflict(cx);
        return;
    };
    metadata(cx, &file);
    // It stops at the first.
    if let Some((span, what)) = file.refused.first() {
        let message = format!("SOPS cannot read the file: {what}. A merge may have left it.");
        cx.structure(*span, None, message);
    }
    values(cx, &file);
    copies(cx, &file);
}

/// A rule that SOPS stops at, and a configuration that it does not read.
fn configuration(cx: &mut Context<'_, '_>, name: &str) {
    let view = cx.view;
    let Some(unit) = view.file_units().next() else { return };
    let Some(rules) = config::read(unit) else { return };
    if name == ".sops.yml" {
        let key = unit.tree().root().and_then(|root| root.entries().next());
        let span = key.map_or(Span::new(0, 0), |(key, _)| unit.outer(key.span()));
        let message = "SOPS does not read `.sops.yml`; its configuration file is `.sops.yaml`.";
        cx.structure(span, None, message).at_most = Level::Warning;
        return;
    }
    for (number, rule) in rules.iter().enumerate() {
        let place = format!(".creation_rules[{number}]");
        if let Some((_, GoRegex::Invalid)) = &rule.path {
            let message = "SOPS rejects its configuration: `path_regex` is not a Go regular expression.";
            let help = "Use Go regular expression syntax: `.*\\.yaml$` for `*.yaml`; lookahead and lookbehind are not supported.";
            cx.structure(rule.span, Some(format!("{place}.path_regex")), message).help = Some(help.to_owned());
        }
        if let [(first, _), (second, span), ..] = rule.selectors.as_slice() {
            let (a, b) = (first.kind.word(), second.kind.word());
            let message = format!("SOPS rejects every file of this rule: it has both `{a}` and `{b}`.");
            let help = "Keep one of them: a rule has at most one selector.";
            cx.structure(*span, Some(place), message).help = Some(help.to_owned());
        }
    }
}

/// Marks of a merge in a file that does not parse, where nothing else tells it.
fn conflict(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    let faults = &view.parsed.faults;
    let reported = faults.iter().any(|fault| !fault.recovered);
    if faults.is_empty() || reported || memchr::memmem::find(view.text.as_bytes(), b"ENC[AES256_GCM,").is_none() {
        return;
    }
    let start = match view.text.find("\n<<<<<<< ") {
        Some(at) => at + 1,
        None if view.text.starts_with("<<<<<<< ") => 0,
        None => return,
    };
    let message = "SOPS cannot read the file: it contains merge conflict markers.";
    cx.structure(Span::new(start, start + 7), None, message);
}

fn metadata(cx: &mut Context<'_, '_>, file: &File) {
    let metadata = &file.metadata;
    let mut rejected = |span, place: &str, why: &str| {
        cx.structure(span, Some(place.to_owned()), format!("SOPS rejects the file: {why}."));
    };
    if !metadata.faults.is_empty() {
        let faults: Vec<String> = metadata.faults.iter().map(|&fault| fault.to_owned()).collect();
        rejected(metadata.span, ".sops", &format!("its metadata have {}", listed(&faults)));
    }
    if let Some(span) = metadata.bad_mac {
        rejected(span, ".sops.mac", "its message authentication code is not an encrypted value");
    }
    if let [(first, _), (second, span), ..] = metadata.selectors.as_slice() {
        let (a, b) = (first.kind.word(), second.kind.word());
        rejected(*span, ".sops", &format!("its metadata have both `{a}` and `{b}`"));
    }
    if file.first > 0 && file.documents.iter().all(|document| document.kind.is_none()) {
        let number = file.first + 1;
        let why = format!("it reads the metadata of the first document, but only document {number} has any");
        rejected(metadata.span, ".sops", &why);
    }
}

fn values(cx: &mut Context<'_, '_>, file: &File) {
    for leaf in &file.leaves {
        let key = leaf.key();
        let message = match (leaf.value, leaf.must) {
            (Value::Broken(why), Some(true)) => format!("SOPS cannot decrypt the value of `{key}`: {why}."),
            (Value::Encrypted(_), Some(false)) => {
                let selector = file.documents.get(leaf.document).and_then(|document| document.selector.as_ref());
                let by = selector.map(|selector| format!(", by {}", selector.title())).unwrap_or_default();
                format!("SOPS does not decrypt the value of `{key}`: nothing is encrypted at that place{by}.")
            }
            _ => continue,
        };
        cx.report(leaf.span, Some(leaf.place.clone()), message).weight = Weight::Special;
    }
}

/// A value is bound to its path, so that a copy under another one never decrypts.
fn copies(cx: &mut Context<'_, '_>, file: &File) {
    let mut seen: BTreeMap<u64, &Leaf> = BTreeMap::new();
    let mut lines = None;
    for leaf in &file.leaves {
        let (Value::Encrypted(digest), Some(true)) = (leaf.value, leaf.must) else { continue };
        let Some(first) = seen.get(&digest) else {
            seen.insert(digest, leaf);
            continue;
        };
        // In a list all items have one path, and the message authentication code alone tells that.
        if first.keys == leaf.keys {
            continue;
        }
        let lines = lines.get_or_insert_with(|| LineIndex::new(cx.view.text));
        let region = lines.region(cx.view.text, first.span);
        let (here, there) = (leaf.key(), &first.place);
        let message = format!(
            "SOPS cannot decrypt one of two values: `{here}` has the ciphertext of `{there}`, which is only valid for its own path."
        );
        let path = std::sync::Arc::from(cx.view.path);
        let related = Related { path, region, message: "same ciphertext".to_owned() };
        let draft = cx.report(leaf.span, Some(leaf.place.clone()), message);
        draft.weight = Weight::Special;
        draft.related.push(related);
    }
}
