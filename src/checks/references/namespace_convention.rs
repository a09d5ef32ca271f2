//! `namespace-convention`: a namespace that no workflow and environment spells, though it is one by its name.

use std::collections::BTreeMap;

use crate::checks::common::Across;
use crate::inventory::Place;
use crate::inventory::kustomization::Kustomization;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    // One finding a file and namespace, at the first place.
    let mut stated: BTreeMap<(usize, &str), Place> = BTreeMap::new();
    for ((file, _), object) in inventory.manifests() {
        let own = object.namespace.known().zip(object.namespace_place);
        let is_namespace = &*object.kind == "Namespace" && object.group.is_empty();
        let made = object.name.known().filter(|_| is_namespace).map(|name| (name, object.place));
        let deploys = object.deploys.iter();
        let deployed = deploys.filter_map(|deploy| Some((deploy.namespace.known()?, deploy.namespace_place)));
        for (namespace, place) in own.into_iter().chain(made).chain(deployed) {
            stated.entry((file, namespace)).or_insert(place);
        }
    }
    for (file, (_, facts)) in inventory.files().iter().enumerate() {
        if let Some((namespace, place)) = facts.kustomization.as_deref().and_then(Kustomization::namespace) {
            stated.entry((file, namespace)).or_insert(place);
        }
    }
    let spellings = inventory.convention.spellings(&inventory.workflows);
    let mut known = BTreeMap::new();
    for ((file, namespace), place) in stated {
        let misspelt = known.entry(namespace).or_insert_with(|| spellings.misspelt(namespace));
        let Some(misspelt) = misspelt else { continue };
        let hint = misspelt.meant.as_ref().map(|meant| format!(" Did you mean `{meant}`?")).unwrap_or_default();
        let message = format!(
            "Namespace `{namespace}` does not match any environment configured for workflow `{}`.{hint}",
            misspelt.workflow
        );
        cx.report(file, place, None, message);
    }
}
