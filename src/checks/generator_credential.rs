//! `generator-credential`: a credential in a kustomize `secretGenerator`, or in an env file that one reads.

use super::Context;
use crate::document::fragment::Host;
use crate::document::yaml::Node;
use crate::dotenv;
use crate::path;
use crate::span::Span;
use crate::value;
use crate::value::setting::is_setting;

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
                let name = generator.get("name").and_then(Node::as_str).unwrap_or("?");
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
    let Some((key, value)) = item.as_str().and_then(|text| text.split_once('=')) else { return };
    let plain = item.as_str().map(str::len) == Some(item.span().len());
    let start = item.span().end.saturating_sub(value.len());
    let inner = if plain { Span::new(start, item.span().end) } else { item.span() };
    let quotes = value.len() >= 2
        && [b'"', b'\''].iter().any(|&q| value.as_bytes()[0] == q && value.as_bytes()[value.len() - 1] == q);
    let (value, inner) = if quotes && plain {
        (&value[1..value.len() - 1], Span::new(inner.start + 1, inner.end - 1))
    } else {
        (value, inner)
    };
    if unit.is_templated(inner) {
        return;
    }
    if !secret {
        cx.judge("A configMapGenerator", place, key, value, unit.outer(inner));
        return;
    }
    if is_real(key, value) {
        let message = format!("A secretGenerator holds the key '{key}' in plain text.");
        cx.report(unit.outer(inner), Some(place.to_owned()), message);
    }
}

/// Whether a value that becomes part of a Secret is a real one.
fn is_real(key: &str, value: &str) -> bool {
    !value::is_placeholder(value) && !value::ciphertext::is_ciphertext(value) && !is_setting(key, value)
}

/// Whether a path is a kustomization (`KZ`: the three names that kustomize accepts).
#[must_use]
pub(crate) fn is_kustomization(path: &str) -> bool {
    matches!(path::name(path), "kustomization.yaml" | "kustomization.yml" | "Kustomization")
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
            let name = generator.get("name").and_then(Node::as_str).unwrap_or("?");
            let single = generator.get("env").and_then(Node::as_str);
            let many = generator.get("envs").into_iter().flat_map(Node::items).filter_map(Node::as_str);
            files.extend(single.into_iter().chain(many).map(|file| (file.to_owned(), name.to_owned())));
        }
    }
    files
}

/// The real values of an env file that a secret generator reads (`KZ` api/kv/kv.go: `KEY=value` lines, values verbatim,
/// `#` starts a comment line). Spans are bytes of `text`.
#[must_use]
pub(crate) fn env_file_values(text: &str) -> Vec<(String, Span)> {
    let real = dotenv::assignments(text, true).filter(|line| is_real(line.key, line.value));
    real.map(|line| (line.key.to_owned(), line.value_span)).collect()
}
