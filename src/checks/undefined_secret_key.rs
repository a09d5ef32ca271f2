//! `undefined-secret-key`: a reference to a key that the definition of its Secret lacks.

use std::collections::BTreeMap;

use super::across::{Across, listed, title};
use crate::inventory::facts::Usage;
use crate::inventory::index::{Defined, Inventory, Used};
use crate::inventory::{Place, Stated};

/// A missing key: who asks for it, what lacks it, and in which namespaces.
struct Missing<'i> {
    used: &'i Used<'i>,
    key: &'i str,
    found: Vec<&'i Defined<'i>>,
    namespaces: Vec<String>,
}

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    // One finding a place, whatever the number of namespaces that its object lands in.
    let mut missing: BTreeMap<(usize, Place), Missing<'_>> = BTreeMap::new();
    for used in inventory.used.iter().filter(|used| used.is_needed()) {
        let found = meant(inventory, used);
        let declared = inventory.convention.declared(&used.name, used.namespace.known());
        let known = |key: &str| {
            let declares = declared.is_some_and(|declared| {
                declared.keys.as_ref().is_none_or(|keys| keys.iter().any(|other| other == key))
            });
            declares || found.iter().any(|defined| has(defined, key))
        };
        if found.is_empty() && declared.is_none() {
            continue;
        }
        for (key, place) in used.reference.keys.iter().filter(|(key, _)| !known(key)) {
            let new = || Missing { used, key, found: found.clone(), namespaces: Vec::new() };
            let entry = missing.entry((used.file, *place)).or_insert_with(new);
            entry.namespaces.extend(used.namespace.known().map(|namespace| format!("'{namespace}'")));
        }
    }
    for ((file, place), Missing { used, key, found, mut namespaces }) in missing {
        namespaces.sort();
        namespaces.dedup();
        let keys = found.iter().flat_map(|defined| &defined.definition.keys);
        let near = keys.clone().find(|(other, _)| is_near(key, other)).map(|(other, _)| &**other);
        let place_words = if namespaces.is_empty() { String::new() } else { format!(" in {}", listed(&namespaces)) };
        let hint = near.map(|near| format!(" Did you mean '{near}'?")).unwrap_or_default();
        let message = format!("The Secret '{}'{place_words} has no key '{key}'.{hint}", used.name);
        let symbolic = format!("{} {}", title(inventory.object(used.user)), used.reference.path);
        let mut related: Vec<_> = Vec::new();
        for defined in found.iter().take(3) {
            let keys: Vec<&str> = defined.definition.keys.iter().map(|(key, _)| &**key).take(12).collect();
            let more = if defined.definition.keys.len() > keys.len() { ", …" } else { "" };
            let words = match keys.as_slice() {
                [] => "defined here, without keys".to_owned(),
                keys => format!("defined here, with {}{more}", keys.join(", ")),
            };
            related.push(cx.related(defined.file, defined.place(), words));
        }
        related.dedup_by(|a, b| (&a.path, a.region) == (&b.path, b.region));
        cx.report(file, place, Some(symbolic), message).related = related;
    }
}

/// The definitions that a use means: those of its namespace, else those that may be of it.
fn meant<'i>(inventory: &'i Inventory<'i>, used: &'i Used<'i>) -> Vec<&'i Defined<'i>> {
    if used.reference.usage == Usage::Access {
        return Vec::new();
    }
    let all: Vec<&Defined<'_>> = inventory.definitions(&used.name, &used.namespace).collect();
    let exact = |defined: &&&Defined<'_>| matches!((&defined.namespace, &used.namespace), (Stated::Known(a), Stated::Known(b)) if a == b);
    let own: Vec<&Defined<'_>> = all.iter().filter(exact).copied().collect();
    if own.is_empty() { all } else { own }
}

fn has(defined: &Defined<'_>, key: &str) -> bool {
    !defined.definition.complete || defined.definition.keys.iter().any(|(other, _)| &**other == key)
}

fn is_near(key: &str, other: &str) -> bool {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    plain(key) == plain(other) || key.len() >= 5 && strsim::osa_distance(key, other) <= 2
}
