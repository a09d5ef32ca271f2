//! `sealed-broken-by-kustomize`: a kustomization that renames or moves what a ciphertext is bound to, or changes how it
//! is read.

use std::collections::BTreeMap;

use super::across::{Across, listed, title};
use super::sealed::{Fault, all, fault};
use crate::inventory::facts::{Object, Scope};
use crate::inventory::index::At;
use crate::inventory::{Place, Stated};

pub(super) fn check(cx: &mut Across<'_>) {
    moved(cx);
    annotated(cx);
}

/// One finding for each line of a kustomization, whatever the number of SealedSecrets that it moves.
fn moved(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let mut by_line: BTreeMap<(usize, Place), Vec<(At, &Object, String, String)>> = BTreeMap::new();
    for (at, object, sealed) in all(inventory) {
        if let Some(Fault::BrokenByKustomize { by, landing, sealed }) = fault(inventory, at, object, sealed) {
            let identity = |namespace: Option<&str>, name: Option<&str>| {
                format!("{}/{}", namespace.unwrap_or("?"), name.unwrap_or("?"))
            };
            let before = identity(sealed.0, sealed.1);
            let after = identity(landing.namespace.known(), landing.name.known());
            by_line.entry(by).or_default().push((at, object, before, after));
        }
    }
    for ((file, place), found) in by_line {
        let moves: Vec<String> =
            found.iter().map(|(_, _, before, after)| format!("'{before}' becomes '{after}'")).collect();
        let message = format!(
            "This line changes what {} sealed for, so that {} cannot be decrypted: {}.",
            if found.len() == 1 { "a SealedSecret was" } else { "SealedSecrets were" },
            if found.len() == 1 { "it" } else { "they" },
            listed(&moves)
        );
        let related =
            found.iter().map(|(at, object, before, _)| cx.related(at.0, object.place, format!("sealed for {before}")));
        let related = related.collect();
        let symbolic = found.first().map(|(_, object, ..)| format!("Kustomization of {}", title(object)));
        cx.report(file, place, symbolic, message).related = related;
    }
}

/// `commonAnnotations` that change the scope by which the controller reads every SealedSecret (`secrets-surface.md` 9.5).
fn annotated(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    for (file, (_, facts)) in inventory.files().iter().enumerate() {
        let annotations = facts.kustomization.iter().flat_map(|kustomization| kustomization.annotations());
        for (key, value) in annotations {
            let Some(name @ ("cluster-wide" | "namespace-wide")) = key.text.strip_prefix("sealedsecrets.bitnami.com/")
            else {
                continue;
            };
            if value != &Stated::from("true") {
                continue;
            }
            let bound = all(inventory).find(|(at, _, sealed)| {
                let scope = if name == "cluster-wide" { Scope::ClusterWide } else { Scope::NamespaceWide };
                let built = inventory.landings(*at).iter().any(|landing| landing.build == Some(file));
                built && sealed.scope != scope
            });
            let Some((at, object, _)) = bound else { continue };
            let message = format!(
                "This annotation makes the controller read every SealedSecret of the build as {name}, also those that were \
                 sealed otherwise, which then cannot be decrypted."
            );
            let related = vec![cx.related(at.0, object.place, "sealed with another scope".to_owned())];
            cx.report(file, key.place, None, message).related = related;
        }
    }
}
