//! What `build.rs` makes of `rules/references/*.yml`: which fields of which kinds name Secrets.

use super::path::Step;
use crate::inventory::facts::Usage;

mod data {
    use super::Step::{Each, Items, Key, Prefix};
    use super::Usage::{Access, Credential, Env, EnvFrom, ImagePull, Tls, Volume};
    use super::{Condition, Kind, Name, Rule, Shape, Take, Then};
    include!(concat!(env!("OUT_DIR"), "/references.rs"));
}

/// A kind with the fields of its objects that lead to Secrets.
#[derive(Debug)]
pub(super) struct Kind {
    /// `kind`.
    pub(super) name: &'static str,
    /// Groups that have it, empty for core.
    pub(super) groups: &'static [&'static str],
    /// Which objects of the kind.
    pub(super) when: &'static [Condition<'static>],
    /// Whether what it names is in a namespace that the object does not state.
    pub(super) elsewhere: bool,
    /// Its fields.
    pub(super) rules: &'static [Rule<'static>],
}

/// Fields that several places share.
#[derive(Debug)]
pub(super) struct Shape {
    /// Whether it is (or stands for) the specification of a pod.
    pub(super) pod: bool,
    /// Whether a patch that writes such a node decides which Secret it names, however it does so.
    pub(super) decides: bool,
    /// Its fields.
    pub(super) rules: &'static [Rule<'static>],
}

/// What a path leads to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule<'a> {
    /// From the node that the rule is for.
    pub(super) path: &'a [Step<'a>],
    /// Of the node at its end.
    pub(super) when: &'a [Condition<'a>],
    /// Whether kustomize knows the path (`docs/facts/kustomize.md#references-that-kustomize-updates`). It must know all of those that lead to a name.
    pub(super) kustomize: bool,
    /// Whether what is below names Secrets of a namespace that the object does not state.
    pub(super) elsewhere: bool,
    /// What is there.
    pub(super) then: Then<'a>,
}

/// What is at the end of a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Then<'a> {
    /// A shape.
    Shape(&'a Shape),
    /// A string that contains YAML of a shape.
    Parse(&'a Shape),
    /// A reference.
    Take(Take<'a>),
    /// Anything, in which each mapping of `name`, `key` and perhaps `optional` is a reference, but for fields whose
    /// name starts with one of these.
    Search(Take<'a>, &'a [&'a str]),
    /// An image of the pod.
    Image,
    /// The name of the pod's ServiceAccount.
    ServiceAccount,
    /// The list of the pod's pull secrets.
    Pulls,
    /// Whether the pod mounts the token of its ServiceAccount.
    Token,
    /// A volume of the Secrets Store CSI driver.
    Mount,
}

/// How a reference is written. Fields are of the node that the path leads to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Take<'a> {
    /// Where the name is.
    pub(super) name: Name<'a>,
    /// Field of the namespace.
    pub(super) namespace: Option<&'a str>,
    /// Path of the keys.
    pub(super) keys: &'a [Step<'a>],
    /// Keys that are taken where none is written.
    pub(super) implied: &'a [&'a str],
    /// What for.
    pub(super) usage: Usage,
    /// Whether a field `optional` is honoured.
    pub(super) honoured: bool,
    /// Whether it may always be absent.
    pub(super) optional: bool,
}

/// Where a name is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name<'a> {
    /// In a field.
    Field(&'a str),
    /// It is the string.
    Whole,
    /// `namespace/name`, or the name alone.
    Slash,
    /// `name:key`.
    Colon,
    /// `$name:key`, any number of times in a text.
    Dollar,
    /// The rest of the key, after the prefix.
    Rest,
    /// It is not written: this one, where a key of it is named.
    Fixed(&'a str),
}

/// What must hold of a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition<'a> {
    /// Keys to a field.
    pub(super) field: &'a [&'a str],
    /// What it must be, or contain where it is a list; none where it must be there.
    pub(super) is: Option<&'a str>,
    /// What it is where it is not there.
    pub(super) default: Option<&'a str>,
}

/// The entries of a kind, whatever its group.
pub(super) fn of_kind(kind: &str) -> &'static [Kind] {
    let start = data::KINDS.partition_point(|entry| entry.name < kind);
    let count = data::KINDS[start..].iter().take_while(|entry| entry.name == kind).count();
    &data::KINDS[start..start + count]
}

/// All entries, sorted by kind.
#[cfg(test)]
pub(super) fn all() -> &'static [Kind] {
    data::KINDS
}
