//! The inventory as a picture: workflow, environment, Secret, keys, and who uses them.
//!
//! Sorted and without values. What the files do not say is none here: a namespace that is not known is a group of its
//! own, and no Secret of another group is taken for one of it.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Stated;
use super::convention::{Convention, fits};
use super::facts::{Maker, Reference, Usage};
use super::index::{At, Defined, Inventory, Used};

/// What of an inventory is shown. Patterns are names in which `*` is any characters; an empty list is everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Names of namespaces.
    pub namespaces: Vec<String>,
    /// Names of workflows.
    pub workflows: Vec<String>,
    /// Names of Secrets.
    pub secrets: Vec<String>,
    /// Files of which one must define or use the Secret; none where it does not matter.
    pub paths: Option<BTreeSet<Arc<str>>>,
}

/// The picture.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Map {
    /// Those of workflows first, by workflow and in the order of the environments; the unknown one last. None is empty.
    pub namespaces: Vec<Namespace>,
    /// Secrets of an unknown namespace that a filter of namespaces or workflows left out.
    pub unplaced: usize,
}

/// A namespace with its Secrets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Namespace {
    /// Its name, where it is known.
    pub name: Option<String>,
    /// The workflow that the name means.
    pub workflow: Option<String>,
    /// The environment that the name means.
    pub environment: Option<String>,
    /// Its Secrets, by name; those without a known name first.
    pub secrets: Vec<Secret>,
}

/// A Secret in one namespace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Secret {
    /// Its name, where it is known.
    pub name: Option<String>,
    /// Whether kustomize ends the name with a hash.
    pub hashed: bool,
    /// How it comes to exist.
    pub status: Status,
    /// Its type, where definitions state one and agree.
    pub secret_type: Option<String>,
    /// The keys that definitions or the declaration name, sorted.
    pub keys: Vec<String>,
    /// Whether these are all keys.
    pub complete: bool,
    /// What makes it, by file and line.
    pub definitions: Vec<Definition>,
    /// What uses it, by kind, name and file.
    pub consumers: Vec<Consumer>,
}

/// How a Secret comes to exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// The repository defines it in this namespace.
    Defined,
    /// The configuration declares it.
    Declared,
    /// A platform or registry Secret that is delivered to every namespace.
    Delivered,
    /// Something may define it: a namespace, or a name that kustomize changes, is not known.
    Uncertain,
    /// Something needs it, and nothing defines it.
    Undefined,
    /// Nothing defines it, and nothing breaks without it.
    Optional,
}

/// What makes a Secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    /// What it is.
    pub maker: Maker,
    /// The file.
    pub path: Arc<str>,
    /// One-based line of the name.
    pub line: usize,
}

/// A use of a Secret by an object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Consumer {
    /// Kind of the object.
    pub kind: String,
    /// Its name, where it is known.
    pub name: Option<String>,
    /// Its namespace, where it is known; not that of the Secret where a reference crosses namespaces.
    pub namespace: Option<String>,
    /// The file of the reference.
    pub path: Arc<str>,
    /// One-based line of the first reference.
    pub line: usize,
    /// What for.
    pub usage: Usage,
    /// The keys that it asks for, sorted; none where it takes all.
    pub keys: Vec<String>,
    /// Whether it works without the Secret.
    pub optional: bool,
    /// The object, to distinguish those of one name.
    pub object: At,
}

impl Status {
    /// The word of reports.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Defined => "defined",
            Self::Declared => "declared",
            Self::Delivered => "delivered",
            Self::Uncertain => "uncertain",
            Self::Undefined => "undefined",
            Self::Optional => "optional",
        }
    }
}

impl Filter {
    /// Whether something may be left out because of its namespace.
    fn places(&self) -> bool {
        !self.namespaces.is_empty() || !self.workflows.is_empty()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        !self.places() && self.secrets.is_empty() && self.paths.is_none()
    }
}

/// Whether one of `patterns` fits a name; any where there is no pattern.
fn wanted(patterns: &[String], name: Option<&str>) -> bool {
    patterns.is_empty() || name.is_some_and(|name| patterns.iter().any(|pattern| fits(pattern, name)))
}

impl Map {
    /// The picture of an inventory. `shown` makes of a name what may be printed of it.
    pub(crate) fn new(inventory: &Inventory<'_>, filter: &Filter, shown: &dyn Fn(&str) -> String) -> Self {
        let mut map = Self { namespaces: Vec::new(), unplaced: 0 };
        let reader = MapReader { inventory, shown };
        let mut groups: Vec<_> = reader.collect().into_iter().collect();
        groups.sort_by_cached_key(|(name, _)| order(inventory, *name));
        for (name, found) in groups {
            let read = name.and_then(|name| inventory.convention.read(name, &inventory.workflows));
            let found = found.into_iter().filter(|(secret, entry)| {
                let path = |path: &Arc<str>| filter.paths.as_ref().is_none_or(|paths| paths.contains(path));
                let touched = filter.paths.is_none() || reader.paths(entry).any(path);
                wanted(&filter.secrets, secret.known()) && touched
            });
            if filter.places() && name.is_none() {
                map.unplaced = found.count();
                continue;
            }
            if !wanted(&filter.namespaces, name) || !wanted(&filter.workflows, read.map(|(workflow, _)| workflow)) {
                continue;
            }
            let secrets: Vec<Secret> = found.map(|(secret, entry)| reader.secret(name, &secret, &entry)).collect();
            if !secrets.is_empty() {
                map.namespaces.push(Namespace {
                    name: name.map(shown),
                    workflow: read.map(|(workflow, _)| shown(workflow)),
                    environment: read.map(|(_, environment)| shown(environment)),
                    secrets,
                });
            }
        }
        map
    }
}

/// Where a namespace is in the picture.
fn order<'n>(inventory: &Inventory<'_>, name: Option<&'n str>) -> (u8, String, usize, Option<&'n str>) {
    let Some(known) = name else { return (2, String::new(), 0, None) };
    let convention = inventory.convention;
    match convention.read(known, &inventory.workflows) {
        Some((workflow, environment)) => {
            let place = convention.environments.iter().position(|(name, _)| name == environment);
            (0, workflow.to_owned(), place.unwrap_or_default(), name)
        }
        None => (1, String::new(), 0, name),
    }
}

/// What distinguishes Secrets of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Name<'i> {
    /// Not known: by file and start of the definition, since two of these may be two Secrets.
    Unknown(usize, usize),
    /// The name, and whether kustomize adds a hash.
    Known(&'i str, bool),
}

impl<'i> Name<'i> {
    fn known(self) -> Option<&'i str> {
        match self {
            Self::Known(name, _) => Some(name),
            Self::Unknown(..) => None,
        }
    }
}

/// What mentions one Secret.
#[derive(Default)]
struct MapEntry<'i> {
    defined: Vec<&'i Defined<'i>>,
    used: Vec<&'i Used<'i>>,
}

type Groups<'i> = BTreeMap<Option<&'i str>, BTreeMap<Name<'i>, MapEntry<'i>>>;

struct MapReader<'i> {
    inventory: &'i Inventory<'i>,
    shown: &'i dyn Fn(&str) -> String,
}

impl<'i> MapReader<'i> {
    /// Everything by namespace and name.
    fn collect(&self) -> Groups<'i> {
        let inventory = self.inventory;
        let mut groups: Groups<'i> = BTreeMap::new();
        // Secrets with a hash, by build and the name in front of kustomize's changes.
        let mut hashed: BTreeMap<(Option<usize>, &str), Vec<&Defined<'_>>> = BTreeMap::new();
        for defined in &inventory.defined {
            let name = match defined.name.known() {
                Some(name) => Name::Known(name, defined.hashed),
                None => Name::Unknown(defined.file, defined.place().span.start),
            };
            let group = groups.entry(defined.namespace.known()).or_default();
            group.entry(name).or_default().defined.push(defined);
            if let Some(written) = defined.definition.name.known().filter(|_| defined.hashed) {
                hashed.entry((defined.build, written)).or_default().push(defined);
            }
        }
        for used in &inventory.used {
            let name = Self::followed(used, &hashed).unwrap_or(Name::Known(&used.name, false));
            groups.entry(used.namespace.known()).or_default().entry(name).or_default().used.push(used);
        }
        for declared in &inventory.convention.declared {
            let name = Name::Known(&declared.name, false);
            // One of all namespaces is in those that use it.
            let used = || groups.values().any(|group| group.contains_key(&name));
            if declared.namespace.is_some() || !used() {
                groups.entry(declared.namespace.as_deref()).or_default().entry(name).or_default();
            }
        }
        groups
    }

    /// The Secret with a hash that a reference follows.
    fn followed(
        used: &Used<'_>,
        hashed: &BTreeMap<(Option<usize>, &'i str), Vec<&'i Defined<'i>>>,
    ) -> Option<Name<'i>> {
        let found = hashed.get(&(used.build, &*used.reference.name)).filter(|_| used.follows)?;
        let own = found.iter().find(|defined| defined.namespace == used.namespace)?;
        Some(Name::Known(own.name.known()?, true))
    }

    /// The files that mention a Secret.
    fn paths<'e>(&'e self, entry: &'e MapEntry<'i>) -> impl Iterator<Item = &'i Arc<str>> + use<'e, 'i> {
        let defined = entry.defined.iter().map(|defined| defined.file);
        let used = entry.used.iter().flat_map(|used| [used.file, used.user.0]);
        defined.chain(used).map(|file| self.inventory.path(file))
    }

    fn secret(&self, namespace: Option<&str>, name: &Name<'i>, entry: &MapEntry<'i>) -> Secret {
        let status = self.status(namespace, *name, entry);
        let definitions = entry.defined.iter().map(|defined| defined.definition);
        let mut keys: BTreeSet<&str> = definitions.clone().flat_map(|made| &made.keys).map(|(key, _)| &**key).collect();
        let mut complete = !entry.defined.is_empty() && definitions.clone().all(|made| made.complete);
        if status == Status::Declared {
            let declared = name.known().and_then(|name| self.inventory.convention.declared(name, namespace));
            let declared = declared.and_then(|declared| declared.keys.as_ref());
            keys.extend(declared.into_iter().flatten().map(String::as_str));
            complete = declared.is_some();
        }
        let types: BTreeSet<&str> = definitions.filter_map(|made| made.secret_type.as_deref()).collect();
        let one = if types.len() == 1 { types.first() } else { None };
        Secret {
            name: name.known().map(self.shown),
            hashed: matches!(name, Name::Known(_, true)),
            status,
            secret_type: one.map(|one| (self.shown)(one)),
            keys: keys.into_iter().map(self.shown).collect(),
            complete,
            definitions: self.definitions(&entry.defined),
            consumers: self.consumers(&entry.used),
        }
    }

    fn status(&self, namespace: Option<&str>, name: Name<'_>, entry: &MapEntry<'_>) -> Status {
        let convention: &Convention = self.inventory.convention;
        if !entry.defined.is_empty() {
            return Status::Defined;
        }
        let Some(name) = name.known() else { return Status::Uncertain };
        let declared = convention.declared(name, namespace);
        if declared.is_some_and(|declared| declared.namespace.is_none() || declared.namespace.as_deref() == namespace) {
            return Status::Declared;
        }
        if convention.is_delivered(name) {
            return Status::Delivered;
        }
        let place = namespace.map_or(Stated::Unknown, Stated::from);
        let maybe = || self.inventory.definitions(name, &place).any(|defined| !defined.hashed);
        if declared.is_some() || entry.used.iter().any(|used| used.follows) || maybe() {
            Status::Uncertain
        } else if entry.used.iter().any(|used| used.is_needed()) {
            Status::Undefined
        } else {
            Status::Optional
        }
    }

    fn definitions(&self, defined: &[&Defined<'_>]) -> Vec<Definition> {
        // One definition may be part of several builds that give it the same name and namespace.
        let made: BTreeSet<(&Arc<str>, usize, Maker)> = defined
            .iter()
            .map(|defined| {
                let line = defined.place().region.start.line;
                (self.inventory.path(defined.file), line, defined.definition.maker)
            })
            .collect();
        made.into_iter().map(|(path, line, maker)| Definition { maker, path: path.clone(), line }).collect()
    }

    fn consumers(&self, used: &[&'i Used<'i>]) -> Vec<Consumer> {
        let mut found: BTreeMap<_, Vec<&Reference>> = BTreeMap::new();
        for used in used {
            let (name, namespace) = self.user(used);
            let kind = &*self.inventory.object(used.user).kind;
            let path = self.inventory.path(used.file);
            let key = (kind, name, namespace, path, used.user, used.reference.usage);
            found.entry(key).or_default().push(used.reference);
        }
        let consumer = |((kind, name, namespace, path, object, usage), references): (_, Vec<&Reference>)| {
            let kind: &str = kind;
            let name: Option<&str> = name;
            let namespace: Option<&str> = namespace;
            let path: &Arc<str> = path;
            // Where one reference takes all keys, so does the consumer.
            let all = references.iter().any(|reference| reference.keys.is_empty());
            let keys: BTreeSet<&str> =
                references.iter().filter(|_| !all).flat_map(|one| &one.keys).map(|(key, _)| &**key).collect();
            Consumer {
                kind: (self.shown)(kind),
                name: name.map(self.shown),
                namespace: namespace.map(self.shown),
                path: path.clone(),
                line: references.iter().map(|one| one.place.region.start.line).min().unwrap_or_default(),
                usage,
                keys: keys.into_iter().map(self.shown).collect(),
                optional: references.iter().all(|reference| reference.optional),
                object,
            }
        };
        found.into_iter().map(consumer).collect()
    }

    /// Name and namespace of the object that uses a Secret, as the build lands it that the use is of.
    fn user(&self, used: &'i Used<'i>) -> (Option<&'i str>, Option<&'i str>) {
        let crosses = used.reference.namespace != Stated::Absent;
        let same = |landing: &&super::landing::Landing| {
            landing.build == used.build && (crosses || landing.namespace == used.namespace)
        };
        let landing = self.inventory.landings(used.user).iter().find(same);
        landing.map_or((None, None), |landing| (landing.name.known(), landing.namespace.known()))
    }
}
