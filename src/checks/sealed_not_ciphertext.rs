//! `sealed-not-ciphertext`: an entry of a SealedSecret that the controller cannot decrypt, whoever holds the key.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::{Context, Weight};
use crate::document::fragment::Lang;
use crate::document::object::{Object, push_key};
use crate::document::yaml::Node;
use crate::value::{ciphertext, is_placeholder};

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    // Texts for people show ciphertexts cut short.
    if matches!(view.lang, Lang::Markdown | Lang::Notebook) {
        return;
    }
    let sealed = |object: &&Object<'_>| object.kind == "SealedSecret" && object.group() == "bitnami.com";
    for object in view.objects.iter().filter(sealed) {
        let Some(entries) = object.node.at(&["spec", "encryptedData"]) else { continue };
        for (key, value) in entries.entries() {
            let name = key.as_str().unwrap_or("?");
            let mut place = format!("{} .spec.encryptedData", object.title());
            push_key(&mut place, name);
            let span = object.unit.outer(value.span());
            if is_left_open(object, key, value) {
                continue;
            }
            if let Some(fault) = fault(value) {
                let at = if span.is_empty() { object.unit.outer(key.span()) } else { span };
                let looks = value.as_str().and_then(|text| cx.identify(text));
                let looks = looks.map(|title| format!(" It looks like: {title}.")).unwrap_or_default();
                let message = format!("The sealed entry '{name}' {fault}.{looks}");
                cx.report(at, Some(place), message).weight = Weight::Special;
            }
        }
    }
}

/// Whether a template, a person or another tool has yet to put the value there.
fn is_left_open(object: &Object<'_>, key: Node<'_>, value: Node<'_>) -> bool {
    let text = object.unit.tree().text();
    let rest = text.get(key.span().end..).unwrap_or_default();
    let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
    let reach = crate::span::Span::new(key.span().end, value.span().end.max(key.span().end + line));
    let open = |text: &str| {
        let cut = ciphertext::is_sealed_prefix(text) && text.len() >= 8;
        is_placeholder(text) && !cut || ciphertext::is_sops(text)
    };
    object.unit.is_templated(reach)
        || value.as_str().is_some_and(open) && !value.as_str().unwrap_or_default().is_empty()
}

/// Why the controller refuses an entry (`docs/facts/sealed-secrets.md#bytes-of-a-ciphertext`, `docs/facts/sealed-secrets.md#recognising-a-ciphertext-without-a-key`); nothing where it has the form of a ciphertext.
fn fault(value: Node<'_>) -> Option<&'static str> {
    let Some(text) = value.as_str().filter(|_| !value.is_null()) else {
        return Some(if value.is_mapping() || value.is_sequence() { "is no text" } else { "is empty" });
    };
    if !value.is_string() {
        return Some("is a number or a boolean, which the controller drops; a ciphertext is text");
    }
    if text.is_empty() {
        return Some("is empty; an empty value has a ciphertext too, and one bad entry blocks the whole Secret");
    }
    if ciphertext::is_sealed(text) {
        return None;
    }
    let joined: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    if joined.contains(|c: char| c.is_whitespace()) {
        return Some("holds white space, which base64 refuses; a folded block ('>') turns line ends into spaces");
    }
    let Ok(raw) = STANDARD.decode(&joined) else {
        let close = STANDARD_NO_PAD.decode(&joined).is_ok()
            || URL_SAFE.decode(&joined).is_ok()
            || URL_SAFE_NO_PAD.decode(&joined).is_ok();
        return Some(if close {
            "is base64 without padding or of the URL-safe kind; the controller reads standard, padded base64"
        } else if ciphertext::is_sealed_prefix(&joined) {
            "starts like a ciphertext but is damaged or cut short"
        } else {
            "is plain text, not a ciphertext"
        });
    };
    let size = raw.first_chunk::<2>().map(|head| usize::from(u16::from_be_bytes(*head)));
    Some(if size.is_some_and(|size| matches!(size, 128 | 256 | 384 | 512 | 1024)) {
        "starts like a ciphertext but is cut short"
    } else {
        "is plain base64, not a ciphertext: anyone can read it"
    })
}
