//! `sealed-not-ciphertext`: an entry of a SealedSecret that the controller cannot decrypt, whoever holds the key.

use super::sealed_secrets;
use crate::checks::common::{Context, Weight};
use crate::document::object::{Object, with_key};
use crate::document::yaml::Node;
use crate::span::Span;
use crate::value::{SealedFault, Sensitive};

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in sealed_secrets(view) {
        let Some(entries) = object.node.at(&["spec", "encryptedData"]) else { continue };
        for (key, value) in entries.entries().filter(|(key, value)| !is_left_open(object, *key, *value)) {
            if let Some(fault) = fault(value) {
                let name = key.name().unwrap_or("?");
                let path = with_key(".spec.encryptedData".to_owned(), name);
                let at = if object.unit.outer(value.span()).is_empty() { key } else { value };
                let looks = value.value().and_then(|value| cx.identify(value)).unwrap_or_default();
                let message = format!("The sealed entry `{name}` {fault}.{looks}");
                cx.report_in(object, &path, at, message).weight = Weight::Special;
            }
        }
    }
}

/// Whether a template, a person or another tool has yet to put the value there.
fn is_left_open(object: &Object<'_>, key: Node<'_>, value: Node<'_>) -> bool {
    let line = object.unit.rest_of_line(key.span().end);
    let reach = Span::new(line.start, value.span().end.max(line.end));
    let open = |value: Sensitive<'_>| {
        let cut = value.is_sealed_prefix() && value.len() >= 8;
        !value.is_empty() && (value.is_placeholder() && !cut || value.is_sops())
    };
    object.unit.is_templated(reach) || value.value().is_some_and(open)
}

/// Why the controller refuses an entry (`docs/facts/sealed-secrets.md`); nothing where it has the form of a ciphertext.
fn fault(value: Node<'_>) -> Option<&'static str> {
    let Some(text) = value.value().filter(|_| !value.is_null()) else {
        return Some(if value.is_mapping() || value.is_sequence() { "is not a string" } else { "is empty" });
    };
    if !value.is_string() {
        return Some("is a number or a boolean, which the controller drops; a ciphertext is a string");
    }
    if text.is_empty() {
        return Some("is empty; even an empty value has a ciphertext, and one bad entry blocks the whole Secret");
    }
    Some(match text.sealed_fault()? {
        SealedFault::WhiteSpace => {
            "contains whitespace, which base64 does not allow; a folded block (`>`) turns line breaks into spaces"
        }
        SealedFault::OtherBase64 => {
            "is base64 without padding or URL-safe base64; the controller reads standard, padded base64"
        }
        SealedFault::Damaged => "starts like a ciphertext but is damaged or truncated",
        SealedFault::Plaintext => "is plaintext, not a ciphertext",
        SealedFault::CutShort => "starts like a ciphertext but is truncated",
        SealedFault::PlainBase64 => "is plain base64, not a ciphertext: anyone can read it",
    })
}
