//! `plaintext-secret`: a Kubernetes Secret with real values, in whatever document it stands.

use crate::checks::common::{Context, Draft, Weight};
use crate::document::fragment::Host;
use crate::document::lines::Recovered;
use crate::document::object::{Object, title, with_key};
use crate::document::sealable::sealable;
use crate::document::shell::CreateSecret;
use crate::document::yaml::Node;
use crate::finding::edit::{Fix, FixKind};
use crate::rule::Fixable;
use crate::span::Span;
use crate::value::key::classify;
use crate::value::{Confidence, Decoded, KeyClass, Sensitive};

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.objects.iter().filter(|object| object.kind == "Secret" && object.group().is_empty()) {
        let first = cx.drafts.len();
        object_values(cx, object);
        if cx.drafts.len() > first {
            seal(view.text, object, &mut cx.drafts[first..]);
        }
        if object.unit.host() == Host::BlockString {
            // The check of the object around the string sees the same value and knows less.
            cx.drafts[first..].iter_mut().for_each(|draft| draft.weight = Weight::Special);
        }
    }
    let is_secret = |object: &&Recovered| object.kind.as_ref().is_some_and(|(kind, _)| kind == "Secret");
    for object in view.parsed.recovered.iter().filter(is_secret) {
        recovered_values(cx, object);
    }
    for command in &view.parsed.create_secrets {
        command_values(cx, command);
    }
}

/// Offers to seal the document, all values of it at once, or says why not.
fn seal(text: &str, object: &Object<'_>, drafts: &mut [Draft]) {
    match sealable(text, object.unit, object) {
        Ok(document) => {
            let title = "replace the Secret with a SealedSecret".to_owned();
            let fix = Fix { applicability: Fixable::Safe, title, kind: FixKind::Seal { document } };
            drafts.iter_mut().for_each(|draft| draft.fix = Some(fix.clone()));
        }
        Err(reason) => {
            let help = format!("Seal it by hand, because `mlguard fix` cannot do it here: {reason}.");
            drafts.iter_mut().for_each(|draft| draft.help = Some(help.clone()));
        }
    }
}

fn object_values<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>) {
    let sealing_key = super::controller_key::is_sealing_key(object);
    for section in ["data", "stringData"] {
        let Some(entries) = object.node.get(section) else { continue };
        for (key, node) in entries.entries() {
            let name = key.name().unwrap_or_default();
            if sealing_key && name == "tls.key" {
                continue;
            }
            for value in values(cx, object, key, node) {
                // A literal of a template is plain text; what encodes it stands in the template too.
                let section = if value.action { "stringData" } else { section };
                let telling = !value.action || classify(name) != KeyClass::None || value.text.is_strong();
                match look(cx, section, name, value.text) {
                    Some(seen) if telling || seen.looks.is_some() => {
                        report(cx, &object.title(), section, name, value.span, &seen);
                    }
                    _ => cx.quiet(value.span),
                }
            }
        }
    }
}

/// The literal texts of an entry: the scalar itself, or the literals of the template actions in its place.
fn values<'v>(cx: &Context<'_, 'v>, object: &Object<'v>, key: Node<'v>, node: Node<'v>) -> Vec<Literal<'v>> {
    let unit = object.unit;
    let value = node.resolve();
    // A whole value that is an action was blanked: the actions then stand behind the key, on its line.
    let reach = if value.value().is_some() { node.span() } else { unit.rest_of_line(key.span().end) };
    if unit.is_templated(reach) {
        let literals = unit.actions(reach).flat_map(|action| action.literals.iter().copied());
        return literals.map(|span| Literal { span, text: cx.value_at(span), action: true }).collect();
    }
    let Some(text) = value.value() else { return Vec::new() };
    if value.tag().is_some_and(|tag| tag.starts_with("!vault")) && text.is_ansible_vault() {
        return Vec::new();
    }
    vec![Literal { span: unit.outer(value.span()), text, action: false }]
}

/// A text that becomes the value of a key, or part of it.
struct Literal<'v> {
    span: Span,
    text: Sensitive<'v>,
    /// Whether it stands in a template action.
    action: bool,
}

/// What is known of a plaintext value.
struct Seen {
    base64: bool,
    looks: Option<String>,
}

/// Whether a value of a Secret is a real one, and what it looks like.
fn look(cx: &Context<'_, '_>, section: &str, key: &str, raw: Sensitive<'_>) -> Option<Seen> {
    let raw = raw.trim();
    if raw.is_placeholder() || raw.is_ciphertext() {
        return None;
    }
    if section != "data" {
        return look_at_text(cx, key, raw, false);
    }
    raw.with_base64(|decoded| match decoded {
        Decoded::NotBase64 if is_elided(raw) => None,
        Decoded::NotBase64 => Some(Seen { base64: false, looks: cx.identify(raw) }),
        Decoded::Binary => Some(Seen { base64: true, looks: None }),
        Decoded::Text(text) => look_at_text(cx, key, text, true),
    })
}

fn look_at_text(cx: &Context<'_, '_>, key: &str, text: Sensitive<'_>, base64: bool) -> Option<Seen> {
    if text.is_placeholder() || text.is_ciphertext() || text.is_public(key) {
        return None;
    }
    let looks = cx.identify(text);
    (looks.is_some() || !text.is_setting(key)).then_some(Seen { base64, looks })
}

/// Text that shows the shape of base64 and is none: `base64(...)`, `<base64>`, with words between.
fn is_elided(raw: Sensitive<'_>) -> bool {
    raw.contains("base64") || raw.words() > 3
}

fn report(cx: &mut Context<'_, '_>, title: &str, section: &str, key: &str, span: Span, seen: &Seen) {
    let place = with_key(format!("{title} .{section}"), key);
    let how = if seen.base64 { " (base64 is not encryption)" } else { "" };
    let looks = seen.looks.as_deref().unwrap_or_default();
    cx.report(span, Some(place), format!("{title} contains a plaintext value under `{key}`{how}.{looks}"));
}

fn recovered_values(cx: &mut Context<'_, '_>, object: &Recovered) {
    let [namespace, name] = [&object.namespace, &object.name].map(|part| part.as_ref().map(|(text, _)| &**text));
    let title = title("Secret", namespace, name);
    for entry in &object.entries {
        let text = cx.value_at(entry.value_span);
        if text.contains("{{") || text.contains("{%") {
            continue;
        }
        if let Some(seen) = look(cx, entry.section, &entry.key, text) {
            report(cx, &title, entry.section, &entry.key, entry.value_span, &seen);
        }
    }
}

fn command_values(cx: &mut Context<'_, '_>, command: &CreateSecret) {
    let title = title("Secret", command.namespace.as_deref(), command.name.as_deref());
    for literal in command.literals.iter().filter(|literal| !literal.expands) {
        let text = cx.value_at(literal.value);
        let key = &literal.key;
        let Some(seen) = look(cx, "stringData", key, text) else { continue };
        // A command leaves only itself in Git, not a Secret: the names in it (users, databases) are no fault.
        let random = text.judge(KeyClass::Weak) == Some(Confidence::High);
        if classify(key) == KeyClass::None && seen.looks.is_none() && !random {
            continue;
        }
        let place = with_key(format!("{title} .data"), key);
        let message = format!("A `create secret` command sets `{key}` of {title} to a plaintext value.");
        let help = "Read the value from the environment or from a file outside Git (`--from-literal=KEY=\"$VALUE\"`), or keep a SealedSecret.";
        cx.report(literal.value, Some(place), message).help = Some(help.to_owned());
    }
}
