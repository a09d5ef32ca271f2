//! YAML, templates of it, and JSON: documents as trees, and what can be recovered of those that do not parse.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Found, Input, script};
use crate::document::fragment::{self, Fragment, Host};
use crate::document::lines::{self, Recovered};
use crate::document::offset::OffsetMap;
use crate::document::parsed::Fault;
use crate::document::scalar::{scalar_fragment, scalar_text};
use crate::document::shell;
use crate::document::template::{self, Action};
use crate::document::unit::Unit;
use crate::document::yaml::{self, Tree};
use crate::span::{Span, lines_of};

/// Least length of a string that can hold a command which gives away a secret.
const SCRIPT: usize = 24;

pub(super) fn yaml(input: &Input<'_>, found: &mut Found<'_>) {
    let text = input.fragment.text.as_ref();
    if !is_definition_of_kinds(text) {
        return documents(input, &input.fragment, found);
    }
    // Templates are looked for in each document by itself, since the definitions are most of such a file.
    for span in yaml::documents(text) {
        if is_definition_of_kinds(span.slice(text)) {
            found.parsed.definitions_of_kinds.push(input.fragment.map.outer(span));
        } else {
            let map = OffsetMap::linear(span.start).then(&input.fragment.map);
            let part = Fragment { text: Cow::Borrowed(span.slice(text)), map, ..input.fragment };
            documents(input, &part, found);
        }
    }
}

pub(super) fn json(input: &Input<'_>, found: &mut Found<'_>) {
    json_document(input, Span::new(0, input.fragment.text.len()), found);
}

pub(super) fn json_lines(input: &Input<'_>, found: &mut Found<'_>) {
    lines_of(&input.fragment.text).for_each(|line| json_document(input, line, found));
}

fn documents(input: &Input<'_>, fragment: &Fragment<'_>, found: &mut Found<'_>) {
    let text = fragment.text.as_ref();
    let templated = template::blank(text);
    let source = templated.as_ref().map_or(text, |templated| templated.text.as_str());
    let actions: Arc<[Action]> = match &templated {
        Some(templated) => templated.actions.iter().map(|action| outer_action(action, &fragment.map)).collect(),
        None => input.around.clone(),
    };
    for span in yaml::documents(source) {
        let body = span.slice(source);
        let map = OffsetMap::linear(span.start).then(&fragment.map);
        match yaml::parse(body) {
            Ok(tree) => unit(input, tree, map, &actions, found),
            // What a template makes of other formats (configuration files of programs) need not be YAML.
            Err(_) if templated.is_some() && !fragment::looks_like_manifest(body) => {}
            Err(error) => fault(input, body, &map, !actions.is_empty(), error, found),
        }
    }
}

fn json_document(input: &Input<'_>, span: Span, found: &mut Found<'_>) {
    let text = span.slice(&input.fragment.text);
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    // Without the quotes: a string of the document may hold a manifest.
    let kubernetes = has("kind") && (has("apiVersion") || has("\"Secret\""));
    let sops = || has("\"sops\"") && has("ENC[");
    // What kustomize takes for a patch.
    let patch = || text.trim_start().starts_with('[') && has("\"op\"") && has("\"path\"");
    if !(kubernetes || sops() || patch()) || is_schema(text) {
        return;
    }
    let map = OffsetMap::linear(span.start).then(&input.fragment.map);
    match yaml::parse(text) {
        Ok(tree) => unit(input, tree, map, &input.around, found),
        Err(error) => fault(input, text, &map, !input.around.is_empty(), error, found),
    }
}

/// Adds a document, then what its strings hold.
fn unit(input: &Input<'_>, tree: Tree, map: OffsetMap, actions: &Arc<[Action]>, found: &mut Found<'_>) {
    let mut inner = Vec::new();
    let scripts = shell::may_store(tree.text());
    for node in tree.nodes().filter(|node| !node.is_alias()) {
        let (Some(value), Some(style)) = (node.as_str(), node.style()) else { continue };
        if scripts
            && value.len() >= SCRIPT
            && shell::may_store(value)
            && let Some((text, inner)) = scalar_text(tree.text(), node.quoted_span(), style)
        {
            script::commands(&text, &inner.then(&map), actions, found);
        }
        if value.contains("kind")
            && value.contains("apiVersion")
            && let Some(fragment) = scalar_fragment(tree.text(), node.quoted_span(), style)
        {
            let (text, map) = (Cow::Owned(fragment.text.into_owned()), fragment.map.then(&map));
            let fragment = Fragment { text, map, ..fragment };
            inner.push(Input { path: input.path, fragment, around: actions.clone() });
        }
    }
    let Fragment { host, lang, .. } = input.fragment;
    found.parsed.units.push(Unit { tree, map, host, lang, actions: actions.clone() });
    inner.iter().for_each(|inner| found.inner(inner));
}

fn fault(
    input: &Input<'_>,
    body: &str,
    map: &OffsetMap,
    templated: bool,
    error: yaml::SyntaxError,
    found: &mut Found<'_>,
) {
    let kubernetes = has_line(body, "apiVersion:") && has_line(body, "kind:")
        || body.contains("\"apiVersion\"") && body.contains("\"kind\"");
    let mut objects = lines::recover(body);
    objects.retain(|object| object.kind.is_some());
    // Lines never say everything, so the fault is reported even where they said something; but in a template, where the
    // blanking may be what is not YAML, they are the best reading there is.
    let recovered = templated && !objects.is_empty();
    found.parsed.recovered.extend(objects.into_iter().map(|object| outer_object(object, map)));
    let named = input.path.ends_with(".yaml") || input.path.ends_with(".yml") || kubernetes;
    if input.fragment.host == Host::File && named {
        let offset = map.outer(Span::new(error.offset, error.offset)).start;
        found.parsed.faults.push(Fault { offset, message: error.message, kubernetes, recovered });
    }
}

/// A recovered object with the spans of the source's text.
fn outer_object(mut object: Recovered, map: &OffsetMap) -> Recovered {
    let named = [&mut object.kind, &mut object.api_version, &mut object.name, &mut object.namespace];
    for (_, span) in named.into_iter().flatten() {
        *span = map.outer(*span);
    }
    for entry in &mut object.entries {
        entry.key_span = map.outer(entry.key_span);
        entry.value_span = map.outer(entry.value_span);
    }
    object
}

fn outer_action(action: &Action, map: &OffsetMap) -> Action {
    Action {
        span: map.outer(action.span),
        literals: action.literals.iter().map(|&span| map.outer(span)).collect(),
        kind: action.kind,
    }
}

fn has_line(text: &str, head: &str) -> bool {
    text.lines().any(|line| line.trim_start_matches([' ', '-', '"']).starts_with(head))
}

/// A CustomResourceDefinition holds schemas and no values; these are most of the bytes of many repositories.
fn is_definition_of_kinds(body: &str) -> bool {
    memchr::memmem::find(body.as_bytes(), b"\nkind: CustomResourceDefinition").is_some()
        || body.starts_with("kind: CustomResourceDefinition")
}

/// OpenAPI and JSON Schema documents describe objects.
fn is_schema(text: &str) -> bool {
    let mut head = text.len().min(512);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    let head = &text[..head];
    head.contains("\"swagger\"") || head.contains("\"openapi\"") || head.contains("\"$schema\"")
}
