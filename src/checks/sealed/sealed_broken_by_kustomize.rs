//! `sealed-broken-by-kustomize`: a kustomization that renames or moves what a ciphertext is bound to, or changes how it
//! is read.

use std::collections::BTreeMap;

use super::identity::{Fault, all, fault};
use crate::checks::common::{Across, listed, title};
use crate::inventory::facts::{Object, Scope};
use crate::inventory::index::At;
use crate::inventory::landing::Line;

pub(super) fn check(cx: &mut Across<'_>) {
    moved(cx);
    annotated(cx);
}

/// One finding for each line of a kustomization, whatever the number of SealedSecrets that it moves.
fn moved(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let mut by_line: BTreeMap<Line, Vec<(At, &Object, String, String)>> = BTreeMap::new();
    for (at, object, sealed) in all(inventory) {
        let Some(Fault::BrokenByKustomize { by, sealed }) = fault(inventory, (at, object, sealed)) else { continue };
        let identity = |namespace: Option<&str>, name: Option<&str>| {
            format!("{}/{}", namespace.unwrap_or("?"), name.unwrap_or("?"))
        };
        for (line, landing) in by {
            let before = identity(sealed.0, sealed.1);
            let after = identity(landing.namespace.known(), landing.name.known());
            let moves = by_line.entry(line).or_default();
            // A base that several builds take in is moved once.
            if !moves.iter().any(|(other, _, _, to)| *other == at && *to == after) {
                moves.push((at, object, before, after));
            }
        }
    }
    for ((file, place), found) in by_line {
        let moves: Vec<String> =
            found.iter().map(|(_, _, before, after)| format!("`{before}` becomes `{after}`")).collect();
        let message = format!(
            "This line changes what {} sealed for, so {} cannot be decrypted: {}.",
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

/// Annotations that a build adds and that change the scope by which the controller reads SealedSecrets
/// (`docs/facts/kustomize.md#composition-and-order`).
fn annotated(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let mut by_line: BTreeMap<Line, Vec<(At, &Object, Scope)>> = BTreeMap::new();
    for (at, object, _) in all(inventory) {
        for (line, scope) in inventory.landings(at).iter().filter_map(|landing| landing.scope_by) {
            by_line.entry(line).or_default().push((at, object, scope));
        }
    }
    for ((file, place), found) in by_line {
        let Some((_, _, scope)) = found.first() else { continue };
        let scope = match scope {
            Scope::Strict => "strict",
            Scope::NamespaceWide => "namespace-wide",
            Scope::ClusterWide => "cluster-wide",
        };
        let message = format!(
            "This annotation makes the controller read SealedSecrets of the build as {scope}, but they were sealed with another \
             scope and cannot be decrypted."
        );
        let objects = found.iter();
        let mut related: Vec<_> =
            objects.map(|(at, object, _)| cx.related(at.0, object.place, "sealed with another scope")).collect();
        related.dedup_by(|a, b| (&a.path, a.region) == (&b.path, b.region));
        cx.report(file, place, None, message).related = related;
    }
}
