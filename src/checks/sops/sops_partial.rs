//! `sops-partial`: a value in plaintext in a file that SOPS encrypted, which by the file's own rules must be encrypted.

use crate::checks::common::{Context, Weight};
use crate::document::sops::{self, Document, File, Leaf, Value};
use crate::rule::Level;

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let Some(file) = sops::read(cx.view) else { return };
    for (number, document) in file.documents.iter().enumerate() {
        let leaves: Vec<&Leaf> = file.leaves.iter().filter(|leaf| leaf.document == number).collect();
        if document.sealed {
            of_document(cx, &leaves);
        } else if number > file.first {
            appended(cx, number, document, &leaves);
        }
    }
    nothing(cx, &file);
}

fn is_clear(leaf: &Leaf) -> bool {
    leaf.must == Some(true) && leaf.value == Value::Clear
}

fn of_document(cx: &mut Context<'_, '_>, leaves: &[&Leaf]) {
    for leaf in leaves.iter().filter(|leaf| is_clear(leaf)) {
        let key = leaf.key();
        let message = format!("The file is encrypted by SOPS, but the value of `{key}` is unencrypted.");
        cx.report(leaf.span, Some(leaf.place.clone()), message).weight = Weight::Special;
    }
}

/// A document behind the ones that SOPS encrypted. `sops` refuses the file then; Flux decrypts objects one by one, and takes
/// those in plaintext as they are.
fn appended(cx: &mut Context<'_, '_>, number: usize, document: &Document, leaves: &[&Leaf]) {
    let is_secret = document.kind.as_deref() == Some("Secret");
    let in_data = |leaf: &Leaf| leaf.keys.first().is_some_and(|key| matches!(&**key, "data" | "stringData"));
    // The first one represents the document, unless that is a Secret.
    let most = if is_secret { leaves.len() } else { 1 };
    let clear = leaves.iter().filter(|leaf| is_clear(leaf) && (!is_secret || in_data(leaf)));
    for leaf in clear.take(most) {
        let message = format!(
            "Document {} of the file was never encrypted, unlike the one before: the value of `{}` is unencrypted.",
            number + 1,
            leaf.key()
        );
        let draft = cx.report(leaf.span, Some(leaf.place.clone()), message);
        draft.weight = Weight::Special;
        if !is_secret && document.kind.is_some() {
            draft.at_most = Level::Warning;
        }
    }
}

/// A file of which SOPS encrypted nothing, because its selector meets no key.
fn nothing(cx: &mut Context<'_, '_>, file: &File) {
    let Some(document) = file.documents.get(file.first) else { return };
    let Some(selector) = &document.selector else { return };
    // Those that were never encrypted are reported above.
    let leaves = || file.leaves.iter().filter(|leaf| file.documents.get(leaf.document).is_some_and(|one| one.sealed));
    let frame = |leaf: &Leaf| {
        let fields = ["apiVersion", "kind", "metadata", "type", "immutable"];
        document.kind.is_some() && leaf.keys.first().is_some_and(|key| fields.contains(&&**key))
    };
    if leaves().any(|leaf| leaf.value.is_encrypted() || leaf.must != Some(false)) {
        return;
    }
    let values = leaves().filter(|leaf| leaf.value == Value::Clear && !frame(leaf)).count();
    if values == 0 || !cx.view.parsed.faults.is_empty() {
        return;
    }
    let span = file.metadata.selectors.first().map_or(file.metadata.span, |(_, span)| *span);
    let stand = if values == 1 { "its value is".to_owned() } else { format!("all {values} values are") };
    let message = format!(
        "The file has SOPS metadata, but nothing in it is encrypted: by {} {stand} unencrypted.",
        selector.title()
    );
    cx.structure(span, Some(".sops".to_owned()), message);
}
