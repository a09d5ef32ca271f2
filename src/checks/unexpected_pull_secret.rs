//! `unexpected-pull-secret`: `imagePullSecrets` with another Secret than the registry's, or with one twice.

use std::collections::{BTreeMap, BTreeSet};

use super::across::{Across, listed, title};
use crate::inventory::Place;
use crate::inventory::facts::{Reference, Usage};
use crate::inventory::index::At;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let convention = inventory.convention;
    let allowed: Vec<String> = convention.image_pull.iter().map(|name| format!("'{name}'")).collect();
    // By object, list and name: the places that name it.
    let mut lists: BTreeMap<(usize, At, &str, &str), BTreeSet<Place>> = BTreeMap::new();
    let mut spoken = BTreeSet::new();
    for used in inventory.used.iter().filter(|used| used.reference.usage == Usage::ImagePull) {
        let key = (used.file, used.user, list_of(used.reference), &*used.reference.name);
        lists.entry(key).or_default().insert(used.reference.place);
        if inventory.speaks(&used.namespace) && !convention.allows_image_pull(&used.name) {
            spoken.insert(key);
        }
    }
    for (key @ (file, user, list, name), places) in &lists {
        let twice = places.len() > 1;
        let unexpected = spoken.contains(key);
        let mut places = places.iter();
        let Some(&first) = places.next() else { continue };
        let message = match (twice, unexpected) {
            (false, false) => continue,
            (true, false) => format!("The pull secret '{name}' is listed more than once."),
            (false, true) => {
                format!("The pull secret '{name}' is none of the registry Secrets here: {}.", listed(&allowed))
            }
            (true, true) => format!(
                "The pull secret '{name}' is listed more than once, and is none of the registry Secrets here: {}.",
                listed(&allowed)
            ),
        };
        let at = places.next().copied().unwrap_or(first);
        let related = if twice { vec![cx.related(*file, first, "listed first here".to_owned())] } else { Vec::new() };
        let symbolic = format!("{} {list}", title(inventory.object(*user)));
        cx.report(*file, at, Some(symbolic), message).related = related;
    }
}

/// The list that holds a reference: its path up to the last index.
fn list_of(reference: &Reference) -> &str {
    reference.path.rfind('[').map_or(&*reference.path, |end| &reference.path[..end])
}
