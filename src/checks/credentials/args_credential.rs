//! `args-credential`: a credential in the command or the arguments of a container.

use crate::checks::common::{Context, keyed, level_of, looks_like};
use crate::document::object::{Object, walk};
use crate::document::yaml::Node;
use crate::rule::Level;
use crate::span::Span;
use crate::value::Sensitive;
use crate::value::key::classify;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in &view.objects {
        let mut lists: Vec<(String, Node<'_>, bool)> = Vec::new();
        walk(object.node, &mut |path, key, value| {
            let parameters = match key.and_then(Node::name) {
                Some("args" | "command" | "extraArgs") => false,
                Some("parameters" | "params") if is_workflow(object) => true,
                _ => return true,
            };
            if value.is_sequence() {
                lists.push((path.to_owned(), value, parameters));
            }
            true
        });
        for (path, list, parameters) in lists {
            let one = if parameters { one_list_of_parameters } else { one_list };
            one(cx, object, &path, list);
        }
    }
}

/// Argo Workflows and Tekton hand parameters to containers as arguments. (Those of an Argo CD Application are Helm values.)
fn is_workflow(object: &Object<'_>) -> bool {
    match object.group() {
        "argoproj.io" => !object.kind.starts_with("Application"),
        group => group == "tekton.dev" || group.ends_with(".tekton.dev"),
    }
}

fn one_list_of_parameters<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>, path: &str, list: Node<'v>) {
    let what = format!("A parameter of {}", object.title());
    for (index, item) in list.items().enumerate() {
        let Some(name) = item.get("name").and_then(Node::name) else { continue };
        for field in ["value", "default"] {
            let Some(value) = item.get(field) else { continue };
            let place = format!("{} {path}[{index}].{field}", object.title());
            keyed::scalar(cx, object.unit, &what, &place, name, value);
        }
    }
}

fn one_list<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>, path: &str, list: Node<'v>) {
    let what = format!("The arguments of {}", object.title());
    let mut flag: Option<&str> = None;
    for (index, item) in list.items().enumerate() {
        let Some(text) = item.value() else {
            flag = None;
            continue;
        };
        let place = format!("{} {path}[{index}]", object.title());
        let span = object.unit.outer(item.span());
        if let Some(name) = flag.take().filter(|_| !text.starts_with("-")) {
            if !object.unit.is_templated(item.span()) {
                judge(cx, &what, &place, name, text, span);
            }
            continue;
        }
        match text.flag() {
            Some((name, None)) => flag = Some(name),
            Some((name, Some(value))) => {
                let start = text.len() - value.len();
                let plain = item.span().len() == text.len();
                let inner = if plain { Span::new(item.span().start + start, item.span().end) } else { item.span() };
                let span = object.unit.outer(inner);
                if !object.unit.is_templated(inner) {
                    judge(cx, &what, &place, name, value, span);
                }
            }
            None if !object.unit.is_templated(item.span()) => hits(cx, &what, &place, span),
            None => {}
        }
    }
}

fn judge(cx: &mut Context<'_, '_>, what: &str, place: &str, name: &str, value: Sensitive<'_>, span: Span) {
    let Some(level) = level_of(classify(name), value) else { return hits(cx, what, place, span) };
    let message = format!("{what} contain a plaintext credential: the value of `{name}`.");
    cx.report(span, Some(place.to_owned()), message).at_most = level;
}

fn hits(cx: &mut Context<'_, '_>, what: &str, place: &str, span: Span) {
    let found: Vec<(Span, Level, String)> =
        cx.hits_in(span).map(|hit| (hit.span, hit.level, cx.rule_of(hit).title.to_string())).collect();
    for (span, level, title) in found {
        let message = format!("{what} contain a plaintext credential.{}", looks_like(&title));
        cx.report(span, Some(place.to_owned()), message).at_most = level;
    }
}
