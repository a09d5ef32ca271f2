//! The facts of all files joined: where each object lands, which Secrets there are, and who uses them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::convention::Convention;
use super::facts::{Facts, Object, Role, Usage};
use super::landed::{Landed, Landing, Source};
use super::{Stated, landing};

pub(crate) use super::landed::{At, Defined, Used};

/// The repository.
pub struct Inventory<'f> {
    /// What the configuration says of names.
    pub convention: &'f Convention,
    /// Every Secret that something makes exist, in the order of the files.
    pub defined: Vec<Defined<'f>>,
    /// Every use of a Secret, in the order of the files.
    pub used: Vec<Used<'f>>,
    /// The workflows, declared or inferred.
    pub workflows: BTreeSet<String>,
    /// What stood in Git before the rotation period began, where that was asked for.
    pub past: Option<Past>,
    /// What the repository ignores, where that was asked for.
    pub ignores: Option<Ignores>,
    files: &'f [Source],
    landed: Landed<'f>,
    by_name: BTreeMap<Box<str>, Named>,
    /// Uses by name.
    uses: BTreeMap<Box<str>, Named>,
    /// Namespaces in which the platform or the registry Secret is defined or used.
    platform: BTreeSet<Box<str>>,
    /// Whether one of these occurs at all.
    platform_occurs: bool,
}

/// Indexes of what has one name, in order, and the same by namespace.
#[derive(Default)]
struct Named {
    all: Vec<usize>,
    known: BTreeMap<Box<str>, Vec<usize>>,
    unknown: Vec<usize>,
}

impl Named {
    fn add(&mut self, index: usize, namespace: &Stated) {
        self.all.push(index);
        match namespace.known() {
            Some(known) => self.known.entry(known.into()).or_default().push(index),
            None => self.unknown.push(index),
        }
    }

    /// What is in a namespace.
    fn of(&self, namespace: &str) -> &[usize] {
        self.known.get(namespace).map(Vec::as_slice).unwrap_or_default()
    }

    /// What may be in a namespace, in order.
    fn may_be(&self, namespace: &Stated) -> impl Iterator<Item = usize> + use<'_> {
        let (own, others) = match namespace.known() {
            Some(known) => (self.of(known), self.unknown.as_slice()),
            None => (self.all.as_slice(), &[][..]),
        };
        let (mut own, mut others) = (own.iter().copied().peekable(), others.iter().copied().peekable());
        std::iter::from_fn(move || match (own.peek(), others.peek()) {
            (Some(a), Some(b)) if b < a => others.next(),
            (None, _) => others.next(),
            _ => own.next(),
        })
    }
}

/// Ciphertexts of an earlier commit.
#[derive(Debug)]
pub struct Past {
    /// The day of the commit.
    pub day: jiff::civil::Date,
    /// Digests, as in [`super::facts::Sealed::entries`].
    pub ciphertexts: BTreeSet<u64>,
}

/// What a repository ignores.
#[derive(Debug)]
pub struct Ignores {
    /// Secret files that no pattern matches, each with the index of the file that is a template of it, or of itself.
    pub open: Vec<(usize, String)>,
    /// The same of secret files that Git tracks.
    pub tracked: Vec<(usize, String)>,
    /// The text of the `.gitignore` at the root, empty where there is none; none where it cannot be added to.
    pub text: Option<String>,
}

impl<'f> Inventory<'f> {
    /// Joins the facts of `files`, which are sorted by path.
    #[must_use]
    pub fn new(files: &'f [Source], convention: &'f Convention) -> Self {
        let landed = landing::landings(files);
        let mut inventory = Self {
            convention,
            defined: Vec::new(),
            used: Vec::new(),
            workflows: BTreeSet::new(),
            past: None,
            ignores: None,
            files,
            landed,
            by_name: BTreeMap::new(),
            uses: BTreeMap::new(),
            platform: BTreeSet::new(),
            platform_occurs: false,
        };
        inventory.define();
        inventory.use_all();
        inventory.know_convention();
        inventory
    }

    /// The path of a file.
    #[must_use]
    pub fn path(&self, file: usize) -> &'f Arc<str> {
        &self.files[file].0
    }

    /// All files.
    #[must_use]
    pub fn files(&self) -> &'f [Source] {
        self.files
    }

    /// The files of a folder, which ends in `/`, by their names.
    fn beside(&self, folder: &'f str) -> impl Iterator<Item = (&'f str, &'f Facts)> {
        let first = self.files.partition_point(|(other, _)| &**other < folder);
        let below =
            self.files[first..].iter().map_while(move |(other, facts)| Some((other.strip_prefix(folder)?, facts)));
        below.filter(|(name, _)| !name.contains('/'))
    }

    /// The facts of the file at a path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&'f Facts> {
        self.file_at(path).map(|file| &self.files[file].1)
    }

    /// The index of the file at a path.
    pub(crate) fn file_at(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|(other, _)| (**other).cmp(path)).ok()
    }

    /// An object.
    #[must_use]
    pub fn object(&self, (file, object): At) -> &'f Object {
        &self.files[file].1.objects[object]
    }

    /// The secret files that are there without being in Git, or that templates in the repository stand for, by path, each
    /// with its own index or that of a template.
    pub(crate) fn secret_files(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for (index, (path, facts)) in self.files.iter().enumerate() {
            if !facts.tracked && facts.secret_risk().is_some() {
                found.push((index, path.to_string()));
            }
            let Some(name) = &facts.template_of else { continue };
            let folder = path.rfind('/').map_or("", |end| &path[..=end]);
            found.push((index, format!("{folder}{name}")));
            if name.ends_with(".tfvars") && self.beside(folder).any(|(name, _)| name.ends_with(".tf")) {
                found.push((index, format!("{folder}terraform.tfstate")));
            }
        }
        for (index, (path, facts)) in self.files.iter().enumerate() {
            let Some(terraform) = &facts.terraform else { continue };
            let folder = path.rfind('/').map_or("", |end| &path[..=end]);
            // Terraform writes its state, with every secret that it knows of, beside its files, unless that is kept elsewhere.
            let remote = || self.beside(folder).any(|(_, facts)| facts.terraform.as_ref().is_some_and(|it| it.remote));
            if terraform.applied && !remote() {
                found.push((index, format!("{folder}terraform.tfstate")));
            }
            if let Some(name) = &terraform.variables {
                found.push((index, format!("{folder}{name}")));
            }
        }
        // What is in Git already is `tracked-secret-file`'s.
        found.retain(|(_, path)| !self.file(path).is_some_and(|facts| facts.tracked && facts.secret_risk().is_some()));
        found.sort_by(|(_, a), (_, b)| a.cmp(b));
        found.dedup_by(|(_, later), (_, first)| later == first);
        found
    }

    /// The secret files that Git tracks, each with its index.
    pub(crate) fn tracked_secret_files(&self) -> Vec<(usize, String)> {
        let files = self.files.iter().enumerate();
        let risky = files.filter(|(_, (_, facts))| facts.tracked && facts.secret_risk().is_some());
        risky.map(|(file, (path, _))| (file, path.to_string())).collect()
    }

    /// Every object with its place in the inventory, in the order of the files.
    pub fn objects(&self) -> impl Iterator<Item = (At, &'f Object)> + use<'f> {
        self.files.iter().enumerate().flat_map(|(file, (_, facts))| {
            facts.objects.iter().enumerate().map(move |(object, found)| ((file, object), found))
        })
    }

    /// The same without examples.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = (At, &'f Object)> + use<'f> {
        self.objects().filter(|(_, object)| object.role != Role::Example)
    }

    /// The object of a definition; none for commands and generators.
    pub(crate) fn object_of(&self, defined: &Defined<'_>) -> Option<&'f Object> {
        defined.object.map(|object| self.object((defined.file, object)))
    }

    /// Where an object lands: once for each build that it is part of, else as its file says. Nothing for patches.
    pub(crate) fn landings(&self, (file, object): At) -> &[Landing] {
        &self.landed.objects[file][object]
    }

    /// Whether not everything could be followed in the build that an object lands by.
    pub(crate) fn has_gaps(&self, landing: &Landing) -> bool {
        landing.build.is_some_and(|build| self.landed.gaps.contains(&build))
    }

    /// Definitions of a name that may be meant in a namespace: those there, and those whose namespace is unknown. All of
    /// the name where the namespace is unknown.
    pub fn definitions<'i>(
        &'i self,
        name: &str,
        namespace: &Stated,
    ) -> impl Iterator<Item = &'i Defined<'f>> + use<'i, 'f> {
        let found = self.by_name.get(name).map(|named| named.may_be(namespace));
        found.into_iter().flatten().map(|index| &self.defined[index])
    }

    /// Uses of a name in a namespace.
    pub fn uses<'i>(&'i self, name: &str, namespace: &str) -> impl Iterator<Item = &'i Used<'f>> + use<'i, 'f> {
        let found = self.uses.get(name).map(|named| named.of(namespace)).unwrap_or_default();
        found.iter().map(|&index| &self.used[index])
    }

    /// Every definition of a name, wherever it lands.
    pub fn named<'i>(&'i self, name: &str) -> impl Iterator<Item = &'i Defined<'f>> {
        let found = self.by_name.get(name).map(|named| named.all.as_slice()).unwrap_or_default();
        found.iter().map(|&index| &self.defined[index])
    }

    /// Names that are defined, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(AsRef::as_ref)
    }

    /// Whether the convention applies to a namespace: it is a workflow's, or the platform or registry Secret is defined or
    /// used there. Where the namespace is unknown, whether one of these occurs in the repository at all.
    pub(crate) fn convention_applies(&self, namespace: &Stated) -> bool {
        match namespace.known() {
            Some(known) => {
                !self.convention.is_system(known)
                    && (self.platform.contains(known) || self.convention.read(known, &self.workflows).is_some())
            }
            None => self.platform_occurs,
        }
    }

    fn define(&mut self) {
        let files = self.files;
        for (file, (_, facts)) in files.iter().enumerate() {
            for (at, object) in facts.objects.iter().enumerate().filter(|(_, object)| object.role != Role::Example) {
                for definition in &object.definitions {
                    for landing in &self.landed.objects[file][at] {
                        self.defined.push(Defined {
                            name: if definition.own_name { landing.name.clone() } else { definition.name.clone() },
                            namespace: match &definition.namespace {
                                Stated::Absent => landing.namespace.clone(),
                                stated => stated.clone(),
                            },
                            hashed: false,
                            definition,
                            file,
                            object: Some(at),
                            build: landing.build,
                        });
                    }
                }
            }
            for definition in &facts.commands {
                let (name, namespace) = (definition.name.clone(), definition.namespace.clone());
                let build = None;
                self.defined.push(Defined { name, namespace, hashed: false, definition, file, object: None, build });
            }
        }
        self.defined.append(&mut self.landed.generated);
        self.defined.sort_by_key(|defined| (defined.file, defined.definition.place, defined.build));
        for (index, defined) in self.defined.iter().enumerate() {
            if let Some(name) = defined.name.known() {
                self.by_name.entry(name.into()).or_default().add(index, &defined.namespace);
            }
        }
    }

    fn use_all(&mut self) {
        for (at, object) in self.manifests() {
            // Those of a build are known from it.
            let landings = self.landed.objects[at.0][at.1].iter();
            let alone = landings.filter(|landing| landing.build.is_none() || object.role != Role::Resource);
            for (landing, reference) in
                alone.flat_map(|landing| object.references.iter().map(move |one| (landing, one)))
            {
                self.used.push(Used::new(reference, at.0, at, landing));
            }
        }
        self.used.append(&mut self.landed.used);
        self.used.sort_by_key(|used| (used.file, used.reference.place, used.build));
        for (index, used) in self.used.iter().enumerate() {
            self.uses.entry(used.name.clone()).or_default().add(index, &used.namespace);
        }
    }

    fn know_convention(&mut self) {
        let convention = self.convention;
        // A registry Secret of a common name (`ghcr`) says only where pods pull with it.
        let defined = self.defined.iter().filter_map(|defined| Some((defined.name.known()?, &defined.namespace)));
        let defined = defined.filter(|(name, _)| convention.allows_env_from(name));
        let used = self.used.iter().filter(|used| {
            let pulls = used.reference.usage == Usage::ImagePull && convention.allows_image_pull(&used.name);
            pulls || convention.allows_env_from(&used.name)
        });
        let used = used.map(|used| (&*used.name, &used.namespace));
        let mut platform = BTreeSet::new();
        for (_, namespace) in defined.chain(used) {
            self.platform_occurs = true;
            platform.extend(namespace.known().map(Box::from));
        }
        self.platform = platform;
        let paths = self.files.iter().map(|(path, _)| &**path);
        let namespaces: BTreeSet<&str> = self.all_namespaces().collect();
        self.workflows = convention.workflows(paths, namespaces.into_iter());
    }

    /// Every namespace in which something lands, or that the repository makes.
    fn all_namespaces(&self) -> impl Iterator<Item = &str> {
        let landings = self.landed.objects.iter().flatten().flatten();
        let made = self.objects().filter(|(_, object)| {
            &*object.kind == "Namespace" && object.group.is_empty() && object.role != Role::Example
        });
        let made = made.flat_map(|(at, _)| self.landings(at)).filter_map(|landing| landing.name.known());
        landings.filter_map(|landing| landing.namespace.known()).chain(made)
    }
}
