//! `generator-credential`: a credential in a kustomize `secretGenerator`, or in an env file that one reads.

use crate::checks::common::Context;
use crate::document::fragment::Host;
use crate::document::yaml::Node;
use crate::dotenv;
use crate::inventory::kustomization::is_kustomization;
use crate::span::Span;
use crate::value::Sensitive;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    if !is_kustomization(view.path) {
        return;
    }
    for unit in view.parsed.units.iter().filter(|unit| unit.host() == Host::File) {
        let Some(root) = unit.tree().root() else { continue };
        for (list, secret) in [("secretGenerator", true), ("configMapGenerator", false)] {
            let Some(generators) = root.get(list) else { continue };
            for (index, generator) in generators.items().enumerate() {
                let Some(literals) = generator.get("literals") else { continue };
                let name = generator.get("name").and_then(Node::name).unwrap_or("?");
                for (number, item) in literals.items().enumerate() {
                    let place = format!("{list} {name} .{list}[{index}].literals[{number}]");
                    literal(cx, unit, &place, item, secret);
                }
            }
        }
    }
}

fn literal<'v>(
    cx: &mut Context<'_, 'v>,
    unit: &'v crate::document::view::Unit,
    place: &str,
    item: Node<'v>,
    secret: bool,
) {
    let Some(text) = item.value() else { return };
    let Some((key, value)) = text.assignment() else { return };
    let plain = text.len() == item.span().len();
    let start = item.span().end.saturating_sub(value.len());
    let inner = if plain { Span::new(start, item.span().end) } else { item.span() };
    let (value, inner) = match value.unquoted().filter(|_| plain) {
        Some(value) => (value, Span::new(inner.start + 1, inner.end - 1)),
        None => (value, inner),
    };
    if unit.is_templated(inner) {
        return;
    }
    if !secret {
        cx.judge("A configMapGenerator", place, key, value, unit.outer(inner));
        return;
    }
    if is_real(key, value) {
        let message = format!("A secretGenerator contains a plaintext value under `{key}`.");
        cx.report(unit.outer(inner), Some(place.to_owned()), message);
    }
}

/// Whether a value that becomes part of a Secret is a real one.
fn is_real(key: &str, value: Sensitive<'_>) -> bool {
    !value.is_placeholder() && !value.is_ciphertext() && !value.is_setting(key)
}

/// Paths, relative to the kustomization's folder, of the env files that its secret generators read.
#[must_use]
pub(crate) fn env_files(view: &crate::document::view::View<'_>) -> Vec<(String, String)> {
    let mut files = Vec::new();
    if !is_kustomization(view.path) {
        return files;
    }
    for root in view.parsed.units.iter().filter(|unit| unit.host() == Host::File).filter_map(|unit| unit.tree().root())
    {
        for generator in root.get("secretGenerator").into_iter().flat_map(Node::items) {
            let name = generator.get("name").and_then(Node::name).unwrap_or("?");
            let single = generator.get("env").and_then(Node::name);
            let many = generator.get("envs").into_iter().flat_map(Node::items).filter_map(Node::name);
            files.extend(single.into_iter().chain(many).map(|file| (file.to_owned(), name.to_owned())));
        }
    }
    files
}

/// The real values of an env file that a secret generator reads (`KZ` api/kv/kv.go: `KEY=value` lines, values verbatim,
/// `#` starts a comment line). Spans are bytes of `text`.
#[must_use]
pub(crate) fn env_file_values(text: &str) -> Vec<(String, Span)> {
    let real = dotenv::assignments(text, true).filter(|line| is_real(line.key, Sensitive::new(line.value)));
    real.map(|line| (line.key.to_owned(), line.value_span)).collect()
}
