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
    /// Its name.
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
    /// What.
    pub what: FaultKind,
    /// Whether a patch that adds fields could mend it.
    pub open: bool,
    /// Symbolic path in the object.
    pub path: Box<str>,
    /// Where.
    pub place: Place,
}

/// What is wrong.
#[derive(Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Neither `data` nor `dataFrom`.
    NoData,
    /// An entry without a store, where the object names none either.
    NoStore,
    /// Two of `extract`, `find` and `generatorRef` in one entry.
    Combined,
    /// None of `extract`, `find` and `sourceRef`.
    NoSource,
    /// A `sourceRef` without `storeRef` and `generatorRef`, or with both.
    BadSourceRef,
    /// `deletionPolicy: Delete` with a `creationPolicy` under which the Secret is not the operator's.
    DeletesOthers(&'static str),
    /// `deletionPolicy: Merge` with `creationPolicy: None`.
    MergesNothing,
    /// A repeated `secretKey`.
    Duplicate(Box<str>),
    /// A field that must be there.
    Missing(&'static str),
    /// A field that belongs elsewhere: which, and where.
    Misplaced(&'static str, &'static str),
    /// A field with a value that is none of these.
    NoChoice(&'static str, &'static [&'static str]),
    /// A `secretKey` that no Secret can have.
    BadKey,
    /// A duration that is not one of Go.
    BadDuration(&'static str),
    /// A type of Secret that gives access to the cluster.
    Privileged,
    /// `templateFrom[].target` that is not part of a Secret.
    BadTarget,
    /// A PushSecret that selects both or nothing.
    BadSelector,
}
