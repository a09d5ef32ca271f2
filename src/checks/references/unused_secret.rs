//! `unused-secret`: a Secret that the repository defines and nothing in it names.

use std::collections::BTreeSet;

use super::undefined_secret::is_satisfied;
use crate::checks::common::Across;
use crate::inventory::annotation::SEALED;
use crate::inventory::facts::{Maker, Role};
use crate::inventory::index::{Defined, Inventory};
use crate::inventory::near::Near;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let used: BTreeSet<&str> = inventory.used.iter().flat_map(|used| [&*used.name, &*used.reference.name]).collect();
    // What a reference misspells is used; the reference is reported elsewhere.
    let dangling: BTreeSet<&str> =
        inventory.used.iter().filter(|used| !is_satisfied(inventory, used)).map(|used| &*used.name).collect();
    let dangling = Near::new(dangling.into_iter());
    let misspelt = |name: &str| dangling.slips(name).next().is_some();
    let inhabited: BTreeSet<&str> = inventory.used.iter().filter_map(|used| used.namespace.known()).collect();
    for defined in &inventory.defined {
        let Some(name) = defined.name.known() else { continue };
        let original = defined.definition.name.known().unwrap_or(name);
        let counts = is_of_workloads(inventory, &inhabited, defined) && !inventory.convention.is_delivered(name);
        if counts && !used.contains(name) && !used.contains(original) && !misspelt(name) && !cx.has_reported(defined) {
            cx.report_definition(defined, format!("Nothing in this repository references the Secret `{name}`."));
        }
    }
}

/// Whether workloads of the repository would name the Secret: it is made for a namespace that has any, and not for a
/// controller that finds it by type or label.
fn is_of_workloads(inventory: &Inventory<'_>, inhabited: &BTreeSet<&str>, defined: &Defined<'_>) -> bool {
    let made = matches!(defined.definition.maker, Maker::Secret | Maker::SealedSecret | Maker::ExternalSecret);
    let plain = !matches!(
        defined.definition.secret_type.as_deref(),
        Some("kubernetes.io/service-account-token" | "bootstrap.kubernetes.io/token" | "helm.sh/release.v1")
    );
    let Some(object) = inventory.object_of(defined) else { return false };
    let found_by_label = object
        .labels
        .iter()
        .any(|(key, _)| key.starts_with("argocd.argoproj.io/") || key.starts_with(SEALED) || &**key == "owner");
    let uses = defined.namespace.known().is_some_and(|namespace| inhabited.contains(namespace));
    // Whoever fills in an empty Secret reads it too.
    let filled = !defined.definition.keys.is_empty() || !defined.definition.complete;
    made && plain && filled && object.role == Role::Resource && !object.templated && !found_by_label && uses
}
