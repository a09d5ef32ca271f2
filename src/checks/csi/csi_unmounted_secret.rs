//! `csi-unmounted-secret`: a use of a Secret that exists only while a pod mounts a SecretProviderClass, which none does.

use std::collections::BTreeSet;

use crate::checks::common::Across;
use crate::inventory::Stated;
use crate::inventory::facts::Maker;
use crate::inventory::index::{At, Defined, Inventory, Used};

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    if !inventory.defined.iter().any(|defined| defined.definition.maker == Maker::SecretProviderClass) {
        return;
    }
    let mounts = mounts(inventory);
    let mut seen: BTreeSet<(At, &str)> = BTreeSet::new();
    for used in inventory.used.iter().filter(|used| used.is_needed() && used.namespace.known().is_some()) {
        let Some(class) = only_class(inventory, used) else { continue };
        // One that is not known may be this one.
        let names = [&class.0, &Stated::Unknown, &Stated::Absent];
        let namespaces = [&used.namespace, &Stated::Unknown, &Stated::Absent];
        let may_be =
            |name: &Stated| namespaces.iter().any(|&namespace| mounts.contains(&(name.clone(), namespace.clone())));
        let mounted = names.into_iter().any(may_be);
        if !mounted && seen.insert((used.user, &used.name)) {
            report(cx, used, class.0, class.1);
        }
    }
}

/// What pods mount, and where. What patches mount may be anywhere.
fn mounts(inventory: &Inventory<'_>) -> BTreeSet<(Stated, Stated)> {
    let mut found = BTreeSet::new();
    for (at, object) in inventory.manifests() {
        let landings = inventory.landings(at);
        let classes = || object.mounts.iter().map(|mount| &mount.class);
        if landings.is_empty() {
            found.extend(classes().map(|class| (class.clone(), Stated::Unknown)));
        }
        for landing in landings {
            let patched = landing.patched.mounts.iter();
            found.extend(classes().chain(patched).map(|class| (class.clone(), landing.namespace.clone())));
        }
    }
    found
}

/// The class that makes the Secret, by its name in the cluster, where nothing else does.
fn only_class<'i>(inventory: &'i Inventory<'_>, used: &Used<'_>) -> Option<(Stated, &'i Defined<'i>)> {
    if used.follows || inventory.convention.declared(&used.name, used.namespace.known()).is_some() {
        return None;
    }
    let mut definitions = inventory.definitions(&used.name, &used.namespace);
    let first = definitions.next()?;
    let same = |other: &Defined<'_>| (other.file, other.object) == (first.file, first.object);
    if first.definition.maker != Maker::SecretProviderClass || !definitions.all(same) {
        return None;
    }
    let at = (first.file, first.object?);
    let landing = inventory.landings(at).iter().find(|landing| landing.build == first.build)?;
    Some((landing.name.clone(), first))
}

fn report(cx: &mut Across<'_>, used: &Used<'_>, class: Stated, defined: &Defined<'_>) {
    let Stated::Known(class) = class else { return };
    let namespace = used.namespace.known().unwrap_or_default();
    let message = format!(
        "The Secret `{}` exists only while a pod mounts the SecretProviderClass `{class}`, and no pod in this repository \
         does so in the namespace `{namespace}`.",
        used.name
    );
    let related = vec![cx.related(defined.file, defined.place(), "created here")];
    cx.report_use(used, message).related = related;
}
