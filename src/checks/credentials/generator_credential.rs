//! `generator-credential`: a credential in a kustomize `secretGenerator`, or in an env file that one reads.

use crate::checks::common::{Across, Context, Draft, Subject};
use crate::document::view::Unit;
use crate::document::yaml::Node;
use crate::dotenv;
use crate::inventory::Place;
use crate::inventory::facts::Facts;
use crate::inventory::kustomization::is_kustomization;
use crate::path;
use crate::rule::id;
use crate::span::Span;
use crate::value::Sensitive;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    if !is_kustomization(view.path) {
        return;
    }
    for unit in view.file_units() {
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

fn literal<'v>(cx: &mut Context<'_, 'v>, unit: &'v Unit, place: &str, item: Node<'v>, secret: bool) {
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
        let message = format!("A secretGenerator holds the key '{key}' in plain text.");
        cx.report(unit.outer(inner), Some(place.to_owned()), message);
    }
}

/// Whether a value that becomes part of a Secret is a real one.
fn is_real(key: &str, value: Sensitive<'_>) -> bool {
    !value.is_placeholder() && !value.is_ciphertext() && !value.is_setting(key)
}

/// Reports the env files of secret generators, at whose values the engine makes the findings.
pub(super) fn check_env_files(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for (path, facts) in inventory.files() {
        for (env_file, generator) in env_files(path, facts) {
            if let Some(file) = inventory.file_at(&env_file) {
                let draft = cx.report(file, Place::START, None, String::new());
                draft.env_file_of = Some(generator.to_owned());
            }
        }
    }
}

/// The env files that the secret generators of a kustomization read: report path and name of the generator.
pub(crate) fn env_files<'f>(path: &'f str, facts: &'f Facts) -> impl Iterator<Item = (String, &'f str)> {
    let generators = facts.kustomization.iter().flat_map(|kustomization| &kustomization.generators);
    generators.filter(|generator| generator.secret).flat_map(move |generator| {
        let name = generator.name.known().unwrap_or("?");
        let files = generator.env_files.iter();
        files.filter_map(move |file| Some((path::join(path::folder(path), &file.text)?, name)))
    })
}

/// The report about the value of `key` in an env file that `generator` reads.
pub(crate) fn env_file_value(generator: &str, key: &str, span: Span) -> Draft {
    let message = format!("The secretGenerator '{generator}' reads the key '{key}' in plain text from this file.");
    let place = Some(format!("secretGenerator {generator} .{key}"));
    Draft { place, ..Draft::new(id::GENERATOR_CREDENTIAL, Subject::Value, span, message) }
}

/// The real values of an env file that a secret generator reads (`KZ` api/kv/kv.go: `KEY=value` lines, values verbatim,
/// `#` starts a comment line). Spans are bytes of `text`.
pub(crate) fn env_file_values(text: &str) -> Vec<(String, Span)> {
    let real = dotenv::assignments(text, true).filter(|line| is_real(line.key, Sensitive::new(line.value)));
    real.map(|line| (line.key.to_owned(), line.value_span)).collect()
}
