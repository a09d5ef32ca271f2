//! What objects of External Secrets name outside the cluster: stores, generators, keys (`docs/facts/external-secrets.md`).

use crate::inventory::{Place, Stated};

/// Group of stores, ExternalSecrets and PushSecrets.
pub(crate) const GROUP: &str = "external-secrets.io";
/// Group of generators.
pub(crate) const GENERATORS: &str = "generators.external-secrets.io";
/// The kind of store that a reference means where it states none.
pub(crate) const STORE: &str = "SecretStore";
/// The kind of store that every namespace may use.
pub(crate) const CLUSTER_STORE: &str = "ClusterSecretStore";
/// The kind of generator that every namespace may use.
pub(crate) const CLUSTER_GENERATOR: &str = "ClusterGenerator";

/// What an ExternalSecret, a PushSecret or the like names, and what is wrong with it.
#[derive(Debug, Default)]
pub struct External {
    /// Stores and generators, in the order of the object.
    pub sources: Vec<SourceName>,
    /// Names of what a store contains.
    pub keys: Vec<RemoteKey>,
    /// Namespaces that a cluster-scoped object chooses; none where a selector does, or it has its own.
    pub namespaces: Vec<Stated>,
    /// What the operator refuses, or can never do.
    pub faults: Vec<Fault>,
}

/// A reference to a store or a generator.
#[derive(Debug)]
pub struct SourceName {
    /// Its kind, as written or by default; unknown where a template writes it.
    pub kind: Stated,
    /// Whether the kind is there.
    pub explicit: bool,
    /// Whether it is a generator.
    pub generator: bool,
    pub name: Box<str>,
    /// Symbolic path of the name in the object.
    pub path: Box<str>,
    /// Of the name.
    pub place: Place,
}

/// The name of a value in a store.
#[derive(Debug)]
pub struct RemoteKey {
    /// The name as written.
    pub key: Box<str>,
    /// Kind and name of the store, where known.
    pub store: Option<(Box<str>, Box<str>)>,
    /// Symbolic path in the object.
    pub path: Box<str>,
    /// Of the name.
    pub place: Place,
}

/// Something that the operator or the schema of its kinds refuses.
#[derive(Debug)]
pub struct Fault {
    /// What, as a sentence.
    pub message: Box<str>,
    /// What may mend it.
    pub mended_by: MendedBy,
    /// Symbolic path in the object.
    pub path: Box<str>,
    /// Where.
    pub place: Place,
}

/// What may add that which is missing.
#[derive(Clone, Copy, Debug)]
pub enum MendedBy {
    /// Nothing: something else is wrong.
    Nothing,
    /// The object around, where the object is inside another one.
    ObjectAround,
    /// That, or a patch that adds fields.
    Patch,
}
