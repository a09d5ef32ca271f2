//! Where objects land, and the Secrets that are defined and used there: what `landing` works out and `index` joins.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::facts::{Definition, Facts, Maker, Reference, Scope, Usage};
use super::{Place, Stated};

/// A file of the repository: report path and facts.
pub(crate) type Source = (Arc<str>, Facts);

/// Where in the inventory an object is: file and object.
pub(crate) type At = (usize, usize);

/// A line of a file: its index, and the place.
pub(crate) type Line = (usize, Place);

/// One landing of an object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Landing {
    /// Its name in the cluster.
    pub name: Stated,
    /// Its namespace in the cluster; never absent.
    pub namespace: Stated,
    /// The kustomization that is built, by file; none where the object is applied as it is.
    pub build: Option<usize>,
    /// The line that gave the namespace, where it is not the object's own.
    pub namespace_by: Option<Line>,
    /// The line that changed the name.
    pub name_by: Option<Line>,
    /// The line that changed how a SealedSecret is read, and how it is read then.
    pub scope_by: Option<(Line, Scope)>,
    /// Whether something that is not known may take the object out of the build.
    pub doubtful: bool,
    /// What patches wrote.
    pub patched: Patched,
    /// Names of Secrets that kustomize changes in the object's references; unknown where it cannot be known.
    pub(super) follows: BTreeMap<Box<str>, Stated>,
    /// Whether a configuration of the build makes kustomize change further references.
    pub(super) follows_more: bool,
}

/// What patches of a build wrote into an object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patched {
    /// SecretProviderClasses of volumes that they wrote; unknown where they wrote volumes in another way.
    pub mounts: Vec<Stated>,
    /// Paths below which they wrote pull secrets.
    pub(super) pulls: Vec<String>,
    /// Whether they wrote annotations of the Vault Agent injector.
    pub vault: bool,
    /// Whether they wrote what decides about the token of the pods' ServiceAccount.
    pub token: bool,
}

/// The list of a pod's pull secrets.
pub(super) const PULL_SECRETS: &str = "imagePullSecrets";

impl Patched {
    /// Takes note of a field that an operation or a replacement wrote, by its symbolic path.
    pub(super) fn note(&mut self, path: &str) {
        if path.contains("volumes") || path.contains("secretProviderClass") {
            self.mounts.push(Stated::Unknown);
        }
        if path.contains(PULL_SECRETS) {
            self.pulls.push(path.to_owned());
        }
        self.vault |= path.contains("nnotations");
        self.token |= path.contains("serviceAccount") || path.contains("ServiceAccount");
    }
}

/// What `landing::landings` gives.
pub(crate) struct Landed<'f> {
    /// By file and object.
    pub objects: Vec<Vec<Vec<Landing>>>,
    /// Secrets of generators.
    pub generated: Vec<Defined<'f>>,
    /// References of objects that are built, as patches leave them.
    pub used: Vec<Used<'f>>,
    /// Builds, by file of their kustomization, of which not everything could be followed.
    pub gaps: BTreeSet<usize>,
}

impl Landing {
    /// Whether a patch of the build wrote pull secrets below a symbolic path.
    pub(crate) fn pulls_below(&self, path: &str) -> bool {
        self.patched.pulls.iter().any(|written| written.starts_with(path))
    }

    /// Forgets in which namespace it lands.
    pub(super) fn forget(&mut self) {
        (self.namespace, self.namespace_by) = (Stated::Unknown, None);
    }

    /// The name that kustomize writes into a reference, where the build has a Secret of that name.
    pub(crate) fn follow(&self, reference: &Reference) -> Option<&Stated> {
        let follows = reference.renamed || self.follows_more;
        self.follows.get(&reference.name).filter(|_| follows)
    }
}

/// A Secret that something makes exist, in one namespace.
#[derive(Clone, Debug)]
pub struct Defined<'f> {
    /// Its name in the cluster.
    pub name: Stated,
    /// Its namespace in the cluster; never absent.
    pub namespace: Stated,
    /// Whether kustomize ends the name with a hash, so that only references which it changes meet it.
    pub hashed: bool,
    /// What makes it.
    pub definition: &'f Definition,
    pub file: usize,
    /// The object; none for commands and generators.
    pub object: Option<usize>,
    /// The kustomization that is built, by file.
    pub build: Option<usize>,
}

/// A use of a Secret by an object in one namespace.
#[derive(Clone, Debug)]
pub struct Used<'f> {
    /// The name that the cluster looks for.
    pub name: Box<str>,
    /// Where it looks; never absent.
    pub namespace: Stated,
    pub reference: &'f Reference,
    /// File of the reference, which is a patch's where that adds it.
    pub file: usize,
    /// The object that uses it.
    pub user: At,
    /// The kustomization that is built, by file.
    pub build: Option<usize>,
    /// Whether kustomize makes the reference follow a Secret of the same build.
    pub follows: bool,
}

impl Defined<'_> {
    /// Where it is.
    #[must_use]
    pub fn place(&self) -> Place {
        self.definition.place
    }

    /// What makes it, in words: `the SealedSecret`.
    #[must_use]
    pub fn maker(&self) -> String {
        match self.definition.maker {
            Maker::Controller => "the object whose controller writes it".to_owned(),
            maker => format!("the {}", maker.as_str()),
        }
    }
}

impl<'f> Used<'f> {
    /// A use of the object `user` where that lands.
    pub(super) fn new(reference: &'f Reference, file: usize, user: At, landing: &Landing) -> Self {
        let followed = landing.follow(reference);
        Self {
            follows: followed.is_some(),
            name: followed.and_then(Stated::known).unwrap_or(&reference.name).into(),
            namespace: match &reference.namespace {
                Stated::Absent => landing.namespace.clone(),
                stated => stated.clone(),
            },
            reference,
            file,
            user,
            build: landing.build,
        }
    }
}

impl Used<'_> {
    /// Whether something breaks where the Secret is missing.
    pub(crate) fn is_needed(&self) -> bool {
        !self.reference.optional && self.reference.usage != Usage::Access
    }
}
