//! `undefined-secret`: a reference that no definition satisfies in the namespace where the cluster looks for it.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::common::{Across, listed_names};
use crate::inventory::external::{GENERATORS, GROUP};
use crate::inventory::facts::{Maker, Usage};
use crate::inventory::index::{At, Defined, Inventory, Used};
use crate::inventory::near::{Near, is_within};
use crate::path;
use crate::rule::{Level, id};

/// Uses of one missing name by one object.
struct Missing<'i> {
    uses: Vec<&'i Used<'i>>,
    /// Namespaces in which it is missing, where known.
    namespaces: BTreeSet<&'i str>,
}

pub(super) fn check(cx: &mut Across<'_>) {
    let inventory = cx.inventory;
    let mut missing: BTreeMap<(usize, At, &str), Missing<'_>> = BTreeMap::new();
    // That the name should be another one is reported by these rules, where the convention applies.
    let others = [(Usage::EnvFrom, id::UNEXPECTED_ENV_FROM), (Usage::ImagePull, id::UNEXPECTED_PULL_SECRET)];
    let others = others.map(|(usage, rule)| (usage, cx.yields_to(rule)));
    let is_others = |used: &Used<'_>| {
        others.contains(&(used.reference.usage, true)) && inventory.convention_applies(&used.namespace)
    };
    let wanted = |used: &&Used<'_>| used.is_needed() && !is_satisfied(inventory, used) && !is_others(used);
    for used in inventory.used.iter().filter(wanted) {
        let entry = missing.entry((used.file, used.user, &used.name));
        let found = entry.or_insert_with(|| Missing { uses: Vec::new(), namespaces: BTreeSet::new() });
        found.namespaces.extend(used.namespace.known());
        found.uses.push(used);
    }
    if missing.is_empty() {
        return;
    }
    let known = Known::new(inventory);
    for ((_, user, name), found) in &missing {
        report(cx, &known, *user, name, found);
    }
}

/// What the repository has, so that many missing names are compared with it in one pass.
struct Known<'i> {
    names: Near<'i>,
    /// Namespaces for which it defines Secrets of its own.
    defining: BTreeSet<&'i str>,
    /// Folders with a kustomization.
    folders: BTreeSet<&'i str>,
}

impl<'i> Known<'i> {
    fn new(inventory: &'i Inventory<'_>) -> Self {
        let own = inventory.defined.iter().filter(|defined| {
            !matches!(defined.definition.maker, Maker::Certificate | Maker::Controller | Maker::Command)
        });
        let kustomizations = inventory.files().iter().filter(|(_, facts)| facts.kustomization.is_some());
        Self {
            names: Near::new(inventory.names()),
            defining: own.filter_map(|defined| defined.namespace.known()).collect(),
            folders: kustomizations.map(|(path, _)| path::folder(path)).collect(),
        }
    }

    /// Whether the kustomization of the object's own folder leaves its file out, so that it is likely never applied.
    fn is_left_out(&self, inventory: &Inventory<'_>, user: At) -> bool {
        inventory.landings(user).iter().all(|landing| landing.build.is_none())
            && self.folders.contains(path::folder(inventory.path(user.0)))
    }
}

/// Whether something makes the Secret exist, or may.
pub(super) fn is_satisfied(inventory: &Inventory<'_>, used: &Used<'_>) -> bool {
    let convention = inventory.convention;
    used.follows
        || convention.is_delivered(&used.name)
        || inventory.definitions(&used.name, &used.namespace).any(|defined| !defined.hashed)
        || convention.declared(&used.name, used.namespace.known()).is_some()
}

fn report(cx: &mut Across<'_>, known: &Known<'_>, user: At, name: &str, found: &Missing<'_>) {
    let Some(first) = found.uses.first() else { return };
    let inventory = cx.inventory;
    let defines = found.namespaces.iter().any(|namespace| known.defining.contains(namespace));
    let of_store = is_of_store(&inventory.object(user).group);
    let made_at_run_time = of_store || first.reference.usage == Usage::Tls || looks_like_certificate(name);
    let mut strong = defines && !made_at_run_time;
    let mut slips = known.names.slips(name).filter_map(|other| inventory.definitions(other, &first.namespace).next());
    // Many stores have a Secret of a short name; only a single slip counts there.
    let is_near = |near: &&Defined<'_>| !of_store || near.name.known().is_some_and(|near| is_within(name, near, 1));
    let (hint, mut related) = if let Some(hashed) = inventory.definitions(name, &first.namespace).find(|one| one.hashed)
    {
        strong = true;
        let related = cx.related(hashed.file, hashed.place(), "generated here");
        (" kustomize appends a hash to its name, but does not change this reference.".to_owned(), vec![related])
    } else if let Some(near) = slips.next().filter(is_near) {
        strong = true;
        let related = cx.related(near.file, near.place(), "similar name defined here");
        (format!(" Did you mean `{}`?", near.name.known().unwrap_or_default()), vec![related])
    } else if let Some(other) = inventory.named(name).find(|defined| defined.namespace.known().is_some()) {
        // One that teams take from namespace to namespace is missing; of others nothing says that they belong together.
        strong |= !made_at_run_time && inventory.convention_applies(&first.namespace);
        let namespace = other.namespace.known().unwrap_or_default();
        let related = cx.related(other.file, other.place(), format!("defined here, in `{namespace}`"));
        (format!(" It is defined only in the namespace `{namespace}`."), vec![related])
    } else if of_store {
        return;
    } else {
        (String::new(), Vec::new())
    };
    strong &= !known.is_left_out(inventory, user);
    let others = found.uses.iter().filter(|other| other.reference.place != first.reference.place);
    related.extend(others.map(|other| cx.related(other.file, other.reference.place, "also referenced here")));
    related.dedup_by(|a, b| (&a.path, a.region) == (&b.path, b.region));
    let namespaces = listed_names(&found.namespaces);
    let place = match found.namespaces.len() {
        0 => format!("Nothing in this repository defines the Secret `{name}`."),
        1 => format!("Nothing defines the Secret `{name}` in the namespace {namespaces}."),
        _ => format!("Nothing defines the Secret `{name}` in the namespaces {namespaces}."),
    };
    let draft = cx.report_use(first, format!("{place}{hint}"));
    draft.at_most = if strong { Level::Error } else { Level::Warning };
    draft.help = Some(if strong { STRONG } else { WEAK }.to_owned());
    draft.related = related;
}

const STRONG: &str = "Correct the name, or define the Secret for that namespace. If it is created outside this repository, \
                      list it under `declared-secrets` in .mlguard.yaml.";
const WEAK: &str = "It may be created outside this repository: list it under `declared-secrets` in .mlguard.yaml, or \
                    define it here.";

/// The credential of a store is what other Secrets are fetched with, so that people make it by hand, and what is pushed to a
/// store is often made by what runs. Neither is missed where nothing tells of a slip.
fn is_of_store(group: &str) -> bool {
    matches!(group, GROUP | GENERATORS)
}

/// Certificates are often written by what starts up (webhooks, operators).
fn looks_like_certificate(name: &str) -> bool {
    name.split(['-', '.', '_']).any(|word| matches!(word, "tls" | "cert" | "certs" | "certificate" | "ca" | "webhook"))
}
