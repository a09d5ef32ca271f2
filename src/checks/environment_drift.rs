//! `environment-drift`: environments of one workflow that differ in the names or keys of their Secrets.

use std::collections::{BTreeMap, BTreeSet};

use super::across::{Across, listed, title};
use super::secret_sprawl;
use crate::inventory::facts::{Maker, Role};
use crate::inventory::index::{Defined, Inventory};

/// A Secret in each environment that has it.
type Environments<'i> = BTreeMap<&'i str, Vec<&'i Defined<'i>>>;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let mut workflows: BTreeMap<&str, BTreeMap<&str, Environments<'_>>> = BTreeMap::new();
    let mut environments: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    // A Secret that should not be there at all is told of elsewhere.
    let sprawl = cx.is_on("secret-sprawl");
    let sprawls = |defined: &Defined<'_>| sprawl && secret_sprawl::sprawls(inventory, defined).is_some();
    for defined in inventory.defined.iter().filter(|defined| counts(inventory, defined) && !sprawls(defined)) {
        let Some(name) = defined.name.known() else { continue };
        for (workflow, environment) in homes(inventory, defined) {
            environments.entry(workflow).or_default().insert(environment);
            let secret = workflows.entry(workflow).or_default().entry(name).or_default();
            secret.entry(environment).or_default().push(defined);
        }
    }
    for (workflow, secrets) in &workflows {
        let Some(all) = environments.get(workflow).filter(|all| all.len() > 1) else { continue };
        for (name, found) in secrets {
            let lacking: Vec<String> = all
                .iter()
                .filter(|environment| !found.contains_key(*environment))
                .map(|name| format!("'{name}'"))
                .collect();
            if lacking.is_empty() {
                keys(cx, workflow, name, found);
            } else if let Some(first) = found.values().flatten().next() {
                let there: Vec<String> = found.keys().map(|name| format!("'{name}'")).collect();
                let message = format!(
                    "The workflow '{workflow}' has the Secret '{name}' in {} and not in {}.",
                    listed(&there),
                    listed(&lacking)
                );
                report(cx, first, message, Vec::new());
            }
        }
    }
}

/// Compares the keys of one Secret over the environments.
fn keys(cx: &mut Across<'_>, workflow: &str, name: &str, found: &Environments<'_>) {
    if !found.values().flatten().all(|defined| defined.definition.complete) {
        return;
    }
    let of = |defined: &[&Defined<'_>]| -> BTreeSet<String> {
        defined.iter().flat_map(|defined| &defined.definition.keys).map(|(key, _)| key.to_string()).collect()
    };
    let all: BTreeSet<String> = found.values().flat_map(|defined| of(defined)).collect();
    for (environment, defined) in found {
        let own = of(defined);
        let lacking: Vec<String> = all.difference(&own).map(|key| format!("'{key}'")).collect();
        let Some(first) = defined.first().filter(|_| !lacking.is_empty()) else { continue };
        let message = format!(
            "The Secret '{name}' of the workflow '{workflow}' lacks {} in '{environment}', which another environment has.",
            listed(&lacking)
        );
        let other = found.values().flatten().find(|other| of(&[other]).len() > own.len());
        let related = other.map(|other| cx.related(other.file, other.place(), "has them".to_owned()));
        report(cx, first, message, related.into_iter().collect());
    }
}

fn report(cx: &mut Across<'_>, at: &Defined<'_>, message: String, related: Vec<crate::finding::Related>) {
    let symbolic = at.object.map(|object| title(cx.inventory.object((at.file, object))));
    cx.report(at.file, at.place(), symbolic, message).related = related;
}

fn counts(inventory: &Inventory<'_>, defined: &Defined<'_>) -> bool {
    let object = defined.object.map(|object| inventory.object((defined.file, object)));
    object.is_some_and(|object| object.role == Role::Resource && !object.templated)
        && matches!(defined.definition.maker, Maker::Secret | Maker::SealedSecret | Maker::ExternalSecret)
}

/// The workflow and environment that a definition is for: by its namespace, and by its path, which differ where it is
/// sealed for the wrong one; that is told elsewhere, and not a second time as drift.
fn homes<'i>(inventory: &'i Inventory<'i>, defined: &'i Defined<'i>) -> Vec<(&'i str, &'i str)> {
    let read = |namespace: &str| inventory.convention.read(namespace, &inventory.workflows);
    let mut homes: Vec<(&str, &str)> = defined.namespace.known().and_then(read).into_iter().collect();
    if defined.definition.maker == Maker::SealedSecret {
        let stated = defined.object.and_then(|object| inventory.object((defined.file, object)).namespace.known());
        homes.extend(stated.and_then(read));
        let expected = inventory.convention.expected(inventory.path(defined.file));
        homes.extend(expected.and_then(|expected| expected.namespace).as_deref().and_then(read));
    }
    homes.sort_unstable();
    homes.dedup();
    homes
}
