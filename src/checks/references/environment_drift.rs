//! `environment-drift`: environments of one workflow that differ in the names or keys of their Secrets.

use std::collections::{BTreeMap, BTreeSet};

use super::secret_sprawl;
use super::secret_type_mismatch;
use super::undefined_secret::is_satisfied;
use crate::checks::common::{Across, listed, listed_names};
use crate::inventory::facts::{Maker, Role};
use crate::inventory::index::{Defined, Inventory, Used};
use crate::rule::id;

/// A Secret in each environment that has it.
type Environments<'i> = BTreeMap<&'i str, Vec<&'i Defined<'i>>>;

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let mut workflows: BTreeMap<&str, BTreeMap<&str, Environments<'_>>> = BTreeMap::new();
    let mut environments: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    // A Secret that should not be there at all is reported elsewhere.
    let sprawl = cx.yields_to(id::SECRET_SPRAWL);
    let sprawls = |defined: &Defined<'_>| sprawl && secret_sprawl::sprawls(inventory, defined).is_some();
    for defined in inventory.defined.iter().filter(|defined| counts(inventory, defined) && !sprawls(defined)) {
        // A ciphertext under a new name does not open, which is reported elsewhere.
        let sealed = defined.definition.maker == Maker::SealedSecret;
        let name = if sealed { &defined.definition.name } else { &defined.name };
        let Some(name) = name.known() else { continue };
        for (index, (workflow, environment)) in homes(inventory, defined).into_iter().enumerate() {
            // Where it only seems to be for another environment, that need not be one of the repository's.
            if index == 0 {
                environments.entry(workflow).or_default().insert(environment);
            }
            let secret = workflows.entry(workflow).or_default().entry(name).or_default();
            secret.entry(environment).or_default().push(defined);
        }
    }
    for (workflow, secrets) in &workflows {
        let Some(all) = environments.get(workflow).filter(|all| all.len() > 1) else { continue };
        for (name, found) in secrets {
            let lacking: Vec<&str> =
                all.iter().filter(|environment| !found.contains_key(*environment)).copied().collect();
            if lacking.is_empty() {
                keys(cx, workflow, name, found);
                continue;
            }
            let wanted = |environment: &&str| wants(cx, workflow, environment, name);
            let lacking: Vec<&str> = lacking.into_iter().filter(|environment| !wanted(environment)).collect();
            if let Some(first) = found.values().flatten().next().filter(|_| !lacking.is_empty()) {
                let (there, lacking) = (listed_names(found.keys()), listed_names(lacking));
                let message =
                    format!("Workflow `{workflow}` has the Secret `{name}` in {there}, but not in {lacking}.");
                cx.report_definition(first, message);
            }
        }
    }
}

/// Compares the keys of one Secret over the environments. One finding, since a key with another name is missing in both.
fn keys(cx: &mut Across<'_>, workflow: &str, name: &str, found: &Environments<'_>) {
    let typed = cx.yields_to(id::SECRET_TYPE_MISMATCH);
    let comparable = |defined: &Defined<'_>| {
        defined.definition.complete && !(typed && secret_type_mismatch::fault(cx.inventory, defined).is_some())
    };
    if !found.values().flatten().all(|defined| comparable(defined)) {
        return;
    }
    let of = |defined: &[&Defined<'_>]| -> BTreeSet<String> {
        defined.iter().flat_map(|defined| &defined.definition.keys).map(|(key, _)| key.to_string()).collect()
    };
    let all: BTreeSet<String> = found.values().flat_map(|defined| of(defined)).collect();
    let mut differing = Vec::new();
    for (environment, defined) in found {
        let own = of(defined);
        let wanted = wanted_keys(cx, workflow, environment, name);
        let lacking: Vec<_> = all.difference(&own).filter(|key| !wanted.contains(key.as_str())).collect();
        if let Some(first) = defined.first().filter(|_| !lacking.is_empty()) {
            let position = cx.inventory.convention.environments.iter().position(|(name, _)| name == environment);
            let rank = (lacking.len(), position);
            differing.push((*first, format!("{} in `{environment}`", listed_names(lacking)), rank));
        }
    }
    // Where most is missing is the likeliest place of the mistake, and then where things arrive last.
    let Some((at, _)) = differing.iter().enumerate().max_by_key(|(_, (.., rank))| *rank) else { return };
    let (first, ..) = differing[at];
    let mut related: Vec<_> =
        differing.iter().map(|(defined, lacks, _)| (*defined, format!("lacks {lacks}"))).collect();
    related.remove(at);
    let full = |defined: &&&Defined<'_>| differing.iter().all(|(other, ..)| !std::ptr::eq(*other, **defined));
    related.extend(found.values().flatten().find(full).map(|defined| (*defined, "has all keys".to_owned())));
    let related =
        related.into_iter().map(|(defined, words)| cx.related(defined.file, defined.place(), words)).collect();
    let lacks: Vec<String> = differing.into_iter().map(|(_, lacks, _)| lacks).collect();
    let message = format!(
        "The Secret `{name}` of workflow `{workflow}` lacks keys that it has in another environment: {}.",
        listed(&lacks)
    );
    cx.report_definition(first, message).related = related;
}

/// Whether a workload of an environment asks for a Secret that is not there, which is reported at the workload.
fn wants(cx: &Across<'_>, workflow: &str, environment: &str, name: &str) -> bool {
    let inventory = cx.inventory;
    let asks = |used: &&Used<'_>| used.is_needed() && !is_satisfied(inventory, used);
    cx.yields_to(id::UNDEFINED_SECRET) && uses(inventory, workflow, environment, name).any(|used| asks(&used))
}

/// The keys for which that holds.
fn wanted_keys<'i>(cx: &Across<'i>, workflow: &str, environment: &str, name: &str) -> BTreeSet<&'i str> {
    if !cx.yields_to(id::UNDEFINED_SECRET_KEY) {
        return BTreeSet::new();
    }
    let asking = uses(cx.inventory, workflow, environment, name).filter(|used| used.is_needed());
    asking.flat_map(|used| &used.reference.keys).map(|(key, _)| &**key).collect()
}

/// Uses of a Secret in the namespace of an environment.
fn uses<'i>(
    inventory: &'i Inventory<'i>,
    workflow: &str,
    environment: &str,
    name: &str,
) -> impl Iterator<Item = &'i Used<'i>> {
    let namespace = inventory.convention.spell(workflow, environment);
    namespace.into_iter().flat_map(move |namespace| inventory.uses(name, &namespace))
}

fn counts(inventory: &Inventory<'_>, defined: &Defined<'_>) -> bool {
    inventory.object_of(defined).is_some_and(|object| object.role == Role::Resource && !object.templated)
        && matches!(defined.definition.maker, Maker::Secret | Maker::SealedSecret | Maker::ExternalSecret)
}

/// The workflow and environment that a definition is for, first the one that it belongs to: by its path, by the
/// namespace where it lands, and by the one that its file states. These differ where it is sealed for the wrong one; that
/// is reported elsewhere, and not a second time as drift.
fn homes<'i>(inventory: &'i Inventory<'i>, defined: &'i Defined<'i>) -> Vec<(&'i str, &'i str)> {
    let read = |namespace: &str| inventory.convention.read(namespace, &inventory.workflows);
    let lands = defined.namespace.known().and_then(read);
    let (mut path, mut stated) = (None, None);
    if defined.definition.maker == Maker::SealedSecret {
        let expected = inventory.convention.expected(inventory.path(defined.file));
        path = expected.and_then(|expected| expected.namespace).as_deref().and_then(read);
        stated = inventory.object_of(defined).and_then(|object| object.namespace.known()).and_then(read);
    }
    let mut homes: Vec<(&str, &str)> = Vec::new();
    for home in [path, lands, stated].into_iter().flatten() {
        if !homes.contains(&home) {
            homes.push(home);
        }
    }
    homes
}
