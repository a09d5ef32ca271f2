//! `plaintext-secret`: a Kubernetes Secret with real values, in whatever document it stands.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use crate::checks::common::{Context, Draft, Weight};
use crate::document::fragment::Host;
use crate::document::lines::Recovered;
use crate::document::object::{Object, push_key};
use crate::document::sealable::sealable;
use crate::document::shell::CreateSecret;
use crate::document::yaml::Node;
use crate::finding::edit::{Fix, FixKind};
use crate::rule::Fixable;
use crate::span::Span;
use crate::value::setting::{is_public, is_setting, is_strong};
use crate::value::{self, Confidence, KeyClass, ciphertext, is_placeholder};

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
    for object in
        view.parsed.recovered.iter().filter(|object| object.kind.as_ref().is_some_and(|(kind, _)| kind == "Secret"))
    {
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
            let title = "replace the Secret by its SealedSecret".to_owned();
            let fix = Fix { applicability: Fixable::Safe, title, kind: FixKind::Seal { document } };
            drafts.iter_mut().for_each(|draft| draft.fix = Some(fix.clone()));
        }
        Err(reason) => {
            let help = format!("Seal it; `mlguard fix` does not do it here: {reason}.");
            drafts.iter_mut().for_each(|draft| draft.help = Some(help.clone()));
        }
    }
}

fn object_values<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>) {
    let sealing_key = super::controller_key::is_sealing_key(object);
    for section in ["data", "stringData"] {
        let Some(entries) = object.node.get(section) else { continue };
        for (key, node) in entries.entries() {
            let name = key.as_str().unwrap_or_default();
            if sealing_key && name == "tls.key" {
                continue;
            }
            for value in values(cx, object, key, node) {
                // A literal of a template is plain text; what encodes it stands in the template too.
                let section = if value.action { "stringData" } else { section };
                let telling = !value.action || value::key::classify(name) != KeyClass::None || is_strong(&value.text);
                match look(cx, section, name, &value.text) {
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
fn values<'v>(cx: &Context<'_, 'v>, object: &Object<'v>, key: Node<'v>, node: Node<'v>) -> Vec<Literal> {
    let text = cx.view.text;
    let unit = object.unit;
    let value = node.resolve();
    // A whole value that is an action was blanked: the actions then stand behind the key, on its line.
    let reach = if value.as_str().is_some() {
        node.span()
    } else {
        let rest = unit.tree().text().get(key.span().end..).unwrap_or_default();
        let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
        Span::new(key.span().end, key.span().end + line)
    };
    if unit.is_templated(reach) {
        let literals = unit.actions(reach).flat_map(|action| action.literals.iter().copied());
        return literals.map(|span| Literal { span, text: span.slice(text).to_owned(), action: true }).collect();
    }
    let Some(scalar) = value.as_str() else { return Vec::new() };
    if value.tag().is_some_and(|tag| tag.starts_with("!vault")) && ciphertext::is_ansible_vault(scalar) {
        return Vec::new();
    }
    vec![Literal { span: unit.outer(value.span()), text: scalar.to_owned(), action: false }]
}

/// A text that becomes the value of a key, or part of it.
struct Literal {
    span: Span,
    text: String,
    /// Whether it stands in a template action.
    action: bool,
}

/// What is known of a plaintext value.
struct Seen {
    base64: bool,
    looks: Option<String>,
}

/// Whether a value of a Secret is a real one, and what it looks like.
fn look(cx: &Context<'_, '_>, section: &str, key: &str, raw: &str) -> Option<Seen> {
    let raw = raw.trim();
    if is_placeholder(raw) || ciphertext::is_ciphertext(raw) {
        return None;
    }
    let mut plain = None;
    if section == "data" {
        let joined: String = raw.chars().filter(|c| !c.is_whitespace()).collect();
        let bytes = STANDARD.decode(&joined).or_else(|_| STANDARD_NO_PAD.decode(&joined)).ok();
        let Some(bytes) = bytes else {
            return (!is_elided(raw)).then(|| Seen { base64: false, looks: cx.identify(raw).map(str::to_owned) });
        };
        match String::from_utf8(bytes) {
            Ok(text) => plain = Some(text),
            Err(_) => return Some(Seen { base64: true, looks: None }),
        }
    }
    let base64 = plain.is_some();
    let text = plain.as_deref().unwrap_or(raw);
    if is_placeholder(text) || ciphertext::is_ciphertext(text) || is_public(key, text) {
        return None;
    }
    let looks = cx.identify(text).map(str::to_owned);
    (looks.is_some() || !is_setting(key, text)).then_some(Seen { base64, looks })
}

/// Text that shows the shape of base64 and is none: `base64(...)`, `<base64>`, with words between.
fn is_elided(raw: &str) -> bool {
    raw.contains("base64") || raw.split_whitespace().count() > 3
}

fn report(cx: &mut Context<'_, '_>, title: &str, section: &str, key: &str, span: Span, seen: &Seen) {
    let mut place = format!("{title} .{section}");
    push_key(&mut place, key);
    let how = if seen.base64 { "in plain text (base64 is no encryption)" } else { "in plain text" };
    let looks = seen.looks.as_ref().map(|title| format!(" It looks like: {title}.")).unwrap_or_default();
    cx.report(span, Some(place), format!("{title} holds the key '{key}' {how}.{looks}"));
}

fn recovered_values(cx: &mut Context<'_, '_>, object: &Recovered) {
    let name = object.name.as_ref().map_or("?", |(name, _)| name);
    let title = match &object.namespace {
        Some((namespace, _)) => format!("Secret {namespace}/{name}"),
        None => format!("Secret {name}"),
    };
    for entry in &object.entries {
        let text = entry.value_span.slice(cx.view.text).to_owned();
        if text.contains("{{") || text.contains("{%") {
            continue;
        }
        if let Some(seen) = look(cx, entry.section, &entry.key, &text) {
            report(cx, &title, entry.section, &entry.key, entry.value_span, &seen);
        }
    }
}

fn command_values(cx: &mut Context<'_, '_>, command: &CreateSecret) {
    let name = command.name.as_deref().unwrap_or("?");
    let title = match &command.namespace {
        Some(namespace) => format!("Secret {namespace}/{name}"),
        None => format!("Secret {name}"),
    };
    for literal in command.literals.iter().filter(|literal| !literal.expands) {
        let text = literal.value.slice(cx.view.text).to_owned();
        let key = &literal.key;
        let Some(seen) = look(cx, "stringData", key, &text) else { continue };
        // A command leaves only itself in Git, not a Secret: the names in it (users, databases) are no fault.
        let random = value::judge(KeyClass::Weak, &text) == Some(Confidence::High);
        if value::key::classify(key) == KeyClass::None && seen.looks.is_none() && !random {
            continue;
        }
        let mut place = format!("{title} .data");
        push_key(&mut place, key);
        let message = format!("A 'create secret' command gives {title} the key '{key}' in plain text.");
        let help = "Read the value from the environment or a file outside Git (--from-literal=KEY=\"$VALUE\"), or keep a SealedSecret.";
        cx.report(literal.value, Some(place), message).help = Some(help.to_owned());
    }
}
