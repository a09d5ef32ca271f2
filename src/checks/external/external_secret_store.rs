//! `external-secret-store`: a store or a generator that is not there where an ExternalSecret or a PushSecret looks for it.

use std::collections::{BTreeMap, BTreeSet};

use super::named::{self, Named};
use crate::checks::common::Across;
use crate::inventory::external::{CLUSTER_GENERATOR, CLUSTER_STORE, GENERATORS, GROUP, STORE, SourceName};
use crate::inventory::near::Near;
use crate::inventory::{Place, Stated};
use crate::rule::Level;

/// A store or a generator of the repository, where it lands.
struct Source<'i> {
    kind: &'i str,
    name: Stated,
    namespace: Stated,
    /// Its name before kustomize, where that changes it.
    original: Option<&'i str>,
    generator: bool,
    file: usize,
    place: Place,
}

/// The same by name, so that many references are held against them in one pass.
struct Known<'i> {
    by_name: BTreeMap<&'i str, Vec<&'i Source<'i>>>,
    /// By the name before kustomize.
    renamed: BTreeMap<&'i str, Vec<&'i Source<'i>>>,
    /// Those whose name a template writes.
    unnamed: Vec<&'i Source<'i>>,
    kinds: BTreeSet<&'i str>,
    near: Near<'i>,
}

impl<'i> Known<'i> {
    fn new(sources: &'i [Source<'i>]) -> Self {
        let (mut by_name, mut renamed): (BTreeMap<&str, Vec<_>>, BTreeMap<&str, Vec<_>>) = Default::default();
        for source in sources {
            if let Some(name) = source.name.known() {
                by_name.entry(name).or_default().push(source);
            }
            if let Some(original) = source.original {
                renamed.entry(original).or_default().push(source);
            }
        }
        let near = Near::new(by_name.keys().copied().collect::<Vec<_>>().into_iter());
        let unnamed = sources.iter().filter(|source| source.name.known().is_none()).collect();
        let kinds = sources.iter().map(|source| source.kind).collect();
        Self { by_name, renamed, unnamed, kinds, near }
    }

    /// Those of a name, generators or stores.
    fn named<'k>(&'k self, name: &str, generator: bool) -> impl Iterator<Item = &'i Source<'i>> + use<'k, 'i> {
        let found = self.by_name.get(name).into_iter().flatten();
        found.copied().filter(move |source| source.generator == generator)
    }
}

pub(super) fn check(cx: &mut Across<'_>) {
    let sources = sources(cx);
    if sources.is_empty() {
        return;
    }
    let known = Known::new(&sources);
    for named in named::objects(cx).into_iter().filter(|named| !named.patched) {
        let mut reported = BTreeSet::new();
        for wanted in &named.external.sources {
            let Some(kind) = wanted.kind.known() else { continue };
            if cx.inventory.convention.stores.iter().any(|store| **store == *wanted.name) && !wanted.generator {
                continue;
            }
            if reported.insert((kind, &*wanted.name)) {
                judge(cx, &known, &named, wanted, kind);
            }
        }
    }
}

/// What the repository has. Examples make nothing.
fn sources<'i>(cx: &Across<'i>) -> Vec<Source<'i>> {
    let mut found = Vec::new();
    for (at, object) in cx.inventory.manifests() {
        let generator = &*object.group == GENERATORS;
        let store = &*object.group == GROUP && matches!(&*object.kind, STORE | CLUSTER_STORE);
        if !generator && !store {
            continue;
        }
        // What a `generatorRef` says looks like an object without a name.
        let landings = cx.inventory.landings(at).iter();
        for landing in landings.filter(|landing| landing.name != Stated::Absent) {
            found.push(Source {
                kind: &object.kind,
                name: landing.name.clone(),
                namespace: landing.namespace.clone(),
                original: object.name.known().filter(|original| landing.name.known() != Some(original)),
                generator,
                file: at.0,
                place: object.place,
            });
        }
    }
    found
}

fn is_of_cluster(kind: &str) -> bool {
    matches!(kind, CLUSTER_STORE | CLUSTER_GENERATOR)
}

/// The namespaces in which the operator looks for what an object names.
fn namespaces(cx: &Across<'_>, named: &Named<'_>) -> Vec<Stated> {
    if named.object.kind.starts_with("Cluster") {
        let chosen = named.external.namespaces.clone();
        return if chosen.is_empty() { vec![Stated::Unknown] } else { chosen };
    }
    let landings = cx.inventory.landings(named.at).iter();
    let mut namespaces: Vec<Stated> = landings.map(|landing| landing.namespace.clone()).collect();
    namespaces.sort();
    namespaces.dedup();
    namespaces
}

fn judge(cx: &mut Across<'_>, known: &Known<'_>, named: &Named<'_>, wanted: &SourceName, kind: &str) {
    let (name, generator) = (&*wanted.name, wanted.generator);
    let reaches =
        |source: &Source<'_>, namespace: &Stated| is_of_cluster(source.kind) || source.namespace.may_be(namespace);
    let missing = |namespace: &Stated| {
        !known.named(name, generator).any(|source| source.kind == kind && reaches(source, namespace))
    };
    let Some(namespace) = namespaces(cx, named).into_iter().find(missing) else { return };
    let same = |source: &&Source<'_>| source.kind == kind && reaches(source, &namespace);
    // One whose name a template writes may be the one.
    let perhaps = known.unnamed.iter().any(&same);
    let renamed = known.renamed.get(name).into_iter().flatten().copied().find(same);
    let other = known.named(name, generator).find(|source| source.kind != kind && reaches(source, &namespace));
    let elsewhere = known.named(name, generator).find(|source| source.kind == kind);
    let (level, hint, found) = if let Some(renamed) = renamed {
        let new = renamed.name.known().unwrap_or("?");
        let hint = format!("; kustomize renames it to `{new}`, but does not change this reference.");
        let follows = cx.inventory.files().iter().any(|(_, facts)| facts.parts.name_references);
        (if follows { Level::Warning } else { Level::Error }, hint, Some(renamed))
    } else if let Some(other) = other {
        let default = if wanted.explicit { "" } else { ", the default where `kind` is not set" };
        let hint = format!("{default}; the repository has a {} of that name.", other.kind);
        (Level::Error, hint, Some(other))
    } else if let Some(elsewhere) = elsewhere {
        let namespace = elsewhere.namespace.known().unwrap_or_default();
        (Level::Error, format!("; it is defined only in the namespace `{namespace}`."), Some(elsewhere))
    } else if let Some(near) = known.near.slips(name).find_map(|near| known.named(near, generator).find(same)) {
        (Level::Error, format!(". Did you mean `{}`?", near.name.known().unwrap_or_default()), Some(near))
    } else if known.kinds.contains(kind) && !perhaps {
        (Level::Warning, ".".to_owned(), None)
    } else {
        return;
    };
    let level = if perhaps { Level::Warning } else { level };
    let place = match namespace.known() {
        Some(namespace) if !is_of_cluster(kind) => format!(" in the namespace `{namespace}`"),
        _ => String::new(),
    };
    let message = format!("Nothing defines the {kind} `{name}`{place}{hint}");
    let related = found.map(|found| cx.related(found.file, found.place, "defined here"));
    let draft = cx.report_in((named.at.0, wanted.place), named.object, &wanted.path, message);
    draft.at_most = level;
    if level == Level::Warning {
        draft.help = Some(WEAK.to_owned());
    }
    draft.related.extend(related);
}

const WEAK: &str = "It may be created outside this repository: list it under `external-secrets.stores` in .mlguard.yaml, or \
                    define it here.";
