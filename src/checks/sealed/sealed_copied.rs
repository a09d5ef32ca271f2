//! `sealed-copied`: one ciphertext under two names or namespaces, of which it was sealed for one at most.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::identity::{all, fault};
use crate::checks::common::{Across, title};
use crate::inventory::Place;
use crate::inventory::facts::{Object, Scope, Sealed};
use crate::inventory::index::{At, Inventory};
use crate::inventory::landing::Landing;

/// A ciphertext at one place.
struct Copy<'i> {
    at: At,
    object: &'i Object,
    key: &'i str,
    place: Place,
    labels: Rc<BTreeSet<String>>,
}

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let mut copies: BTreeMap<u64, Vec<Copy<'_>>> = BTreeMap::new();
    for (at, object, sealed) in all(inventory) {
        // What is wrong with one SealedSecret by itself is reported by another check.
        if fault(inventory, (at, object, sealed)).is_some() {
            continue;
        }
        let labels = Rc::new(labels(inventory, at, sealed));
        for (key, digest, place) in &sealed.entries {
            let copy = Copy { at, object, key, place: *place, labels: labels.clone() };
            copies.entry(*digest).or_default().push(copy);
        }
    }
    let mut reported = BTreeSet::new();
    // In the order of the files, so that the first entry of an object is reported.
    let mut copies: Vec<Vec<Copy<'_>>> = copies.into_values().filter(|found| found.len() > 1).collect();
    copies.sort_by_key(|found| found.iter().map(|copy| (copy.at, copy.place)).next_back());
    for found in &copies {
        let Some((first, rest)) = found.split_first() else { continue };
        for copy in rest {
            let known = !first.labels.is_empty() && !copy.labels.is_empty();
            if !known || first.labels == copy.labels || !reported.insert((copy.at, first.at)) {
                continue;
            }
            let message = format!(
                "The ciphertext of `{}` is also that of {}; it was sealed for one of them and cannot be decrypted in the other.",
                copy.key,
                title(first.object)
            );
            let related = vec![cx.related(first.at.0, first.place, "same ciphertext")];
            let path = format!(".spec.encryptedData.{}", copy.key);
            cx.report_in((copy.at.0, copy.place), copy.object, &path, message).related = related;
        }
    }
}

/// What a ciphertext is bound to where it lands (`docs/facts/sealed-secrets.md#oaep-label-by-scope`); nothing where that is not known.
fn labels(inventory: &Inventory<'_>, at: At, sealed: &Sealed) -> BTreeSet<String> {
    let label = |landing: &Landing| {
        let (namespace, name) = (landing.namespace.known()?, landing.name.known()?);
        match sealed.scope {
            Scope::Strict => Some(format!("{namespace}/{name}")),
            Scope::NamespaceWide => Some(namespace.to_owned()),
            Scope::ClusterWide => None,
        }
    };
    inventory.landings(at).iter().filter_map(label).collect()
}
