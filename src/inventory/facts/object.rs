//! A Kubernetes object as its file states it: identity, and the aspects that checks and other files ask for.
//!
//! To add an aspect, add a field here, with an empty default, and one line where `read` fills it in.

use super::access::Access;
use super::external::External;
use super::usage::Usage;
use super::vault::Vault;
use crate::inventory::annotation::SEALED;
use crate::inventory::{Place, Stated};

/// Where in a file an object is, which decides what it counts for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// A document of a manifest, or an item of a `List` that is one: what `kubectl apply` and kustomize read.
    #[default]
    Resource,
    /// Inside another object, a string of one, or an Ansible task: it is made when that one runs.
    Embedded,
    /// A document of a text for people (Markdown, a notebook).
    Example,
}

/// A Kubernetes object.
#[derive(Debug, Default)]
pub struct Object {
    /// Group of `apiVersion`, empty for core.
    pub group: Box<str>,
    /// Version of `apiVersion`.
    pub version: Box<str>,
    pub kind: Box<str>,
    /// `metadata.name`.
    pub name: Stated,
    /// `metadata.namespace`.
    pub namespace: Stated,
    /// Of the name, else of the whole object's first line.
    pub place: Place,
    /// Of the namespace, where it is stated.
    pub namespace_place: Option<Place>,
    /// What it counts for.
    pub role: Role,
    /// Number of the document in the file.
    pub document: u32,
    /// The object that contains this one, by index.
    pub parent: Option<u32>,
    /// Whether a template writes parts of the file.
    pub templated: bool,
    /// Secrets that it makes exist.
    pub definitions: Vec<Definition>,
    /// Secrets that it names.
    pub references: Vec<Reference>,
    /// What a SealedSecret was sealed for.
    pub sealed: Option<Box<Sealed>>,
    /// What a pod specification in it pulls.
    pub pods: Vec<Pod>,
    /// What volumes of pods mount with the Secrets Store CSI driver.
    pub mounts: Vec<Mount>,
    /// What the object is to the rights to Secrets.
    pub access: Option<Box<Access>>,
    /// What it asks of the Vault Agent injector.
    pub vault: Option<Box<Vault>>,
    /// What an Argo CD or Flux object deploys, and how.
    pub deploys: Vec<Deploy>,
    /// What an ExternalSecret, a PushSecret or the like names outside the cluster, and what is wrong with it.
    pub external: Option<Box<External>>,
    /// As a strategic merge patch: whether it deletes its target (`$patch: delete`).
    pub deletes: bool,
    /// As a strategic merge patch: where it puts something in the place of what is there, or nothing, as slots of
    /// [`Reference`] begin.
    pub removes: Vec<Box<str>>,
    /// Labels, for selectors of patches.
    pub labels: Vec<(Box<str>, Box<str>)>,
    /// Annotations that decide how others read the object: those of Sealed Secrets, kustomize and Helm.
    pub annotations: Vec<(Box<str>, Stated)>,
}

/// What makes a Secret exist (`docs/facts/references.md#what-creates-secrets`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Maker {
    /// `kind: Secret`.
    Secret,
    /// A SealedSecret.
    SealedSecret,
    /// An ExternalSecret's target.
    ExternalSecret,
    /// The same in namespaces that a selector chooses.
    ClusterExternalSecret,
    /// Keys that an ExternalSecret adds to a Secret that something else makes, or may make (`creationPolicy: Merge` and
    /// `CreateOrMerge`).
    MergedExternalSecret,
    /// `secretObjects` of a SecretProviderClass.
    SecretProviderClass,
    /// A cert-manager Certificate.
    Certificate,
    /// Another object whose controller writes the Secret (an Issuer's account key).
    Controller,
    /// A kustomize `secretGenerator`.
    SecretGenerator,
    /// `kubectl create secret` in a script.
    Command,
    /// `declared-secrets` of the configuration.
    Declared,
}

impl Maker {
    /// What it is called.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::SealedSecret => "SealedSecret",
            Self::ExternalSecret | Self::MergedExternalSecret => "ExternalSecret",
            Self::ClusterExternalSecret => "ClusterExternalSecret",
            Self::SecretProviderClass => "SecretProviderClass",
            Self::Certificate => "Certificate",
            Self::Controller => "controller",
            Self::SecretGenerator => "secretGenerator",
            Self::Command => "command",
            Self::Declared => "configuration",
        }
    }
}

/// One Secret that something makes exist.
#[derive(Clone, Debug)]
pub struct Definition {
    /// What makes it.
    pub maker: Maker,
    /// Its name, before kustomize.
    pub name: Stated,
    /// Whether the name is the object's own, so that kustomize's changes of that hold for it too.
    pub own_name: bool,
    /// Its namespace where the maker states one other than its own object's.
    pub namespace: Stated,
    pub keys: Vec<(Box<str>, Place)>,
    /// Whether these are all keys.
    pub complete: bool,
    /// Its type, where stated.
    pub secret_type: Option<Box<str>>,
    /// Where.
    pub place: Place,
}

impl Usage {
    /// Every usage, as the configuration and reports write it.
    pub(crate) const NAMES: [(&'static str, Self); 7] = [
        ("env", Self::Env),
        ("env-from", Self::EnvFrom),
        ("volume", Self::Volume),
        ("image-pull", Self::ImagePull),
        ("tls", Self::Tls),
        ("credential", Self::Credential),
        ("access", Self::Access),
    ];

    /// Its name.
    pub(crate) fn as_str(self) -> &'static str {
        Self::NAMES.into_iter().find(|(_, usage)| *usage == self).map(|(name, _)| name).unwrap_or_default()
    }
}

/// A place that names a Secret.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The name as written.
    pub name: Box<str>,
    /// Its namespace, where the reference states one.
    pub namespace: Stated,
    /// The keys that it asks for, with their places; none where it takes all.
    pub keys: Vec<(Box<str>, Place)>,
    /// What for.
    pub usage: Usage,
    /// Whether it may be absent.
    pub optional: bool,
    /// Whether kustomize changes this place when it renames the Secret (`docs/facts/kustomize.md#references-that-kustomize-updates`).
    pub renamed: bool,
    /// Symbolic path in the object: `.spec.template.spec.containers[0].envFrom[1].secretRef.name`.
    pub path: Box<str>,
    /// The same with items of lists named as a strategic merge patch matches them
    /// (`.spec.template.spec.containers[name=web].env[name=A]`), without what is below the place that decides.
    pub slot: Box<str>,
    /// Of the name.
    pub place: Place,
}

impl Reference {
    /// The list that contains the reference: its path up to the last index.
    #[must_use]
    pub fn list(&self) -> &str {
        self.path.rfind('[').map_or(&*self.path, |end| &self.path[..end])
    }
}

/// What a SealedSecret was sealed for, as far as the file tells (`docs/facts/sealed-secrets.md`, `docs/facts/kustomize.md#why-strict-sealedsecrets-break`).
#[derive(Debug)]
pub struct Sealed {
    /// Scope by the annotations of the object's own metadata.
    pub scope: Scope,
    /// `spec.template.metadata.name`.
    pub name: Stated,
    /// `spec.template.metadata.namespace`.
    pub namespace: Stated,
    /// Of the template's namespace, else of its name.
    pub template_place: Option<Place>,
    /// Of the template's name.
    pub name_place: Option<Place>,
    /// Each entry's key, a digest of its ciphertext, and its place. A digest of a ciphertext says nothing of the value.
    pub entries: Vec<(Box<str>, u64, Place)>,
    /// When it was sealed, where an annotation says so: `YYYY-MM-DD` as far as it was understood.
    pub sealed_on: Option<jiff::civil::Date>,
}

/// What a ciphertext is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Scope {
    /// Name and namespace.
    Strict,
    /// The namespace.
    NamespaceWide,
    /// Nothing.
    ClusterWide,
}

impl Scope {
    /// The scope that annotations give: `is_true` says whether one has the value "true". The widest wins.
    pub(crate) fn of_annotations(is_true: impl Fn(&str) -> bool) -> Self {
        let is_on = |name: &str| is_true(&format!("{SEALED}{name}"));
        if is_on("cluster-wide") {
            Self::ClusterWide
        } else if is_on("namespace-wide") {
            Self::NamespaceWide
        } else {
            Self::Strict
        }
    }
}

/// What a pod specification pulls.
#[derive(Debug)]
pub struct Pod {
    /// Symbolic path of the specification in its object.
    pub path: Box<str>,
    /// Images of its containers that are literal, with their places.
    pub images: Vec<(Box<str>, Place)>,
    /// `serviceAccountName`.
    pub service_account: Stated,
    /// Whether it names pull secrets, literal or not.
    pub pulls: bool,
    /// `automountServiceAccountToken`.
    pub token: Stated,
    /// Of the first field of the specification, or of that field.
    pub place: Place,
}

/// A volume of the Secrets Store CSI driver.
#[derive(Debug)]
pub struct Mount {
    /// Name of its SecretProviderClass.
    pub class: Stated,
    /// Symbolic path of the name.
    pub path: Box<str>,
    /// Of the name, else of the volume's driver.
    pub place: Place,
}

/// What an Argo CD or Flux object deploys.
#[derive(Debug)]
pub struct Deploy {
    /// Path of the folder, from the root of the repository that it names.
    pub path: Box<str>,
    /// The repository's address, where stated.
    pub repository: Stated,
    /// The namespace that it gives to objects: to those without one (Argo CD's destination), or to all.
    pub namespace: Stated,
    /// Whether the namespace replaces what objects state.
    pub overrides: bool,
    /// `namePrefix` that it adds.
    pub prefix: Option<Box<str>>,
    /// `nameSuffix` that it adds.
    pub suffix: Option<Box<str>>,
    /// Of the namespace, else of the path.
    pub namespace_place: Place,
    /// Of the prefix, else of the suffix, else of the path.
    pub name_place: Place,
}
