//! `namespace-convention`: a namespace that no workflow and environment spells, though it is one by its name.

use std::collections::BTreeMap;

use crate::checks::common::Across;
use crate::inventory::Place;
use crate::inventory::facts::Role;
use crate::inventory::kustomization::Kustomization;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    // One finding a file and namespace, at the first place.
    let mut stated: BTreeMap<(usize, &str), Place> = BTreeMap::new();
    for ((file, _), object) in inventory.objects().filter(|(_, object)| object.role != Role::Example) {
        if let (Some(namespace), Some(place)) = (object.namespace.known(), object.namespace_place) {
            stated.entry((file, namespace)).or_insert(place);
        }
        if &*object.kind == "Namespace"
            && object.group.is_empty()
            && let Some(name) = object.name.known()
        {
            stated.entry((file, name)).or_insert(object.place);
        }
        for deploy in &object.deploys {
            if let Some(namespace) = deploy.namespace.known() {
                stated.entry((file, namespace)).or_insert(deploy.namespace_place);
            }
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
