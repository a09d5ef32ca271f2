//! What a SealedSecret was sealed for, against where it lands: shared by the checks of its identity, so that one mistake
//! gives one finding.

use crate::inventory::facts::{Object, Role, Scope, Sealed};
use crate::inventory::index::{At, Inventory};
use crate::inventory::landing::Landing;
use crate::inventory::{Place, Stated};

/// What is wrong with the identity of a SealedSecret, the most telling first.
pub(super) enum Fault<'i> {
    /// Its path, or the environment that its path names, says another namespace than it was sealed for.
    WrongNamespace {
        sealed: &'i str,
        /// The right namespace.
        expected: String,
        template: String,
    },
    /// Kustomizations change name or namespace.
    BrokenByKustomize {
        /// The lines that do it, each with what it makes of the SealedSecret.
        by: Vec<((usize, Place), &'i Landing)>,
        /// Namespace and name that it was sealed for, as far as they are known.
        sealed: (Option<&'i str>, Option<&'i str>),
    },
    /// The template names another identity than the object itself.
    TemplateMismatch {
        /// Each of `namespace` and `name` that differs, with its own and the template's.
        differing: Vec<(&'static str, &'i str, &'i str)>,
    },
    /// It states no namespace, and nothing else does.
    NoNamespace,
}

/// A SealedSecret.
type Found<'i> = (At, &'i Object, &'i Sealed);

/// Every SealedSecret of a manifest.
pub(super) fn all<'i>(inventory: &'i Inventory<'i>) -> impl Iterator<Item = Found<'i>> {
    inventory.manifests().filter_map(|(at, object)| Some((at, object, object.sealed.as_deref()?)))
}

/// The first fault of a SealedSecret's identity.
pub(super) fn fault<'i>(inventory: &'i Inventory<'i>, found: Found<'i>) -> Option<Fault<'i>> {
    let (at, object, sealed) = found;
    // A cluster-wide ciphertext is bound to nothing; a patch is not an object.
    if sealed.scope == Scope::ClusterWide || inventory.landings(at).is_empty() {
        return None;
    }
    wrong_namespace(inventory, found)
        .or_else(|| broken(inventory, found))
        .or_else(|| mismatch(inventory, found))
        .or_else(|| no_namespace(inventory, at, object))
}

fn wrong_namespace<'i>(inventory: &'i Inventory<'i>, (at, object, sealed): Found<'i>) -> Option<Fault<'i>> {
    let expected = inventory.convention.expected(inventory.path(at.0))?;
    let own = object.namespace.known().or(sealed.namespace.known())?;
    if let Some(namespace) = &expected.namespace {
        let lands = |landing: &Landing| landing.namespace.known() == Some(namespace);
        if sealed.namespace.known() == Some(namespace) && inventory.landings(at).iter().all(lands) {
            return None;
        }
        let (expected, template) = (namespace.clone(), expected.template);
        return (*own != *expected).then_some(Fault::WrongNamespace { sealed: own, expected, template });
    }
    let environment = expected.environment?;
    let (workflow, other) = inventory.convention.read(own, &inventory.workflows)?;
    let (right, template) = (inventory.convention.spell(workflow, &environment)?, expected.template);
    (other != environment).then_some(Fault::WrongNamespace { sealed: own, expected: right, template })
}

fn broken<'i>(inventory: &'i Inventory<'i>, (at, object, sealed): Found<'i>) -> Option<Fault<'i>> {
    let namespace = sealed.namespace.known().or(object.namespace.known());
    let name = sealed.name.known().or(object.name.known());
    let broken = inventory.landings(at).iter().filter_map(|landing| {
        let differs = |own: Option<&str>, built: &Stated| own.zip(built.known()).is_some_and(|(a, b)| a != b);
        let moved = differs(namespace, &landing.namespace).then_some(landing.namespace_by).flatten();
        let renamed = sealed.scope == Scope::Strict && differs(name, &landing.name);
        let by = moved.or_else(|| renamed.then_some(landing.name_by).flatten())?;
        Some((by, landing))
    });
    let by: Vec<_> = broken.collect();
    (!by.is_empty()).then_some(Fault::BrokenByKustomize { by, sealed: (namespace, name) })
}

fn mismatch<'i>(inventory: &Inventory<'_>, (at, object, sealed): Found<'i>) -> Option<Fault<'i>> {
    // What a kustomization makes of it counts, where there is one.
    let landings = inventory.landings(at);
    let moved = landings.iter().any(|landing| landing.namespace_by.is_some());
    let renamed = landings.iter().any(|landing| landing.name_by.is_some());
    let differs = |what, own: &'i Stated, template: &'i Stated| match (own.known(), template.known()) {
        (Some(own), Some(template)) if own != template => Some((what, own, template)),
        _ => None,
    };
    let namespace = if moved { None } else { differs("namespace", &object.namespace, &sealed.namespace) };
    let bound = sealed.scope == Scope::Strict && !renamed;
    let name = if bound { differs("name", &object.name, &sealed.name) } else { None };
    let differing: Vec<_> = namespace.into_iter().chain(name).collect();
    (!differing.is_empty()).then_some(Fault::TemplateMismatch { differing })
}

fn no_namespace<'i>(inventory: &Inventory<'_>, at: At, object: &Object) -> Option<Fault<'i>> {
    let given = |landing: &Landing| {
        landing.namespace.known().is_some() || landing.namespace_by.is_some() || inventory.has_gaps(landing)
    };
    let none = object.namespace == Stated::Absent && !object.templated && object.role == Role::Resource;
    (none && !inventory.landings(at).iter().any(given)).then_some(Fault::NoNamespace)
}
