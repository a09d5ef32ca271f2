//! What kustomize makes of the manifests: for each kustomization the objects of its build with their final names and
//! namespaces, without rendering them.
//!
//! Semantics are those of kustomize 5.5 (`docs/facts/kustomize.md`): resources are collected, each base with all that it
//! does itself, then generators run, then components act on what is there, then the kustomization's own steps. Hashes
//! end names at the very end. `tests/it/kustomize.rs` compares the outcome with that of kustomize itself.
//!
//! What is not known is never guessed: it becomes [`Text::Unknown`], and a [`Gap`] says where. Work is bounded whatever
//! the files say: bases are built once, and cycles, depth and numbers of objects end in gaps.

mod apply;
mod builder;
mod context;
mod generate;
mod item;
mod layer;
mod names;
mod referral;
mod replace;
mod scope;
mod select;
mod text;
mod tree;

pub use builder::Builder;
pub use item::{Aspect, Built};
pub(crate) use item::{Content, Origin};
pub use referral::Referral;
pub(crate) use scope::is_cluster_scoped;
pub use text::Text;
pub use tree::Tree;

use crate::inventory::Place;

/// What a kustomization builds.
#[derive(Debug)]
pub struct Build<'a> {
    /// Index of the kustomization.
    pub file: u32,
    /// Its objects, in the order of kustomize before it sorts them.
    pub objects: Vec<Built<'a>>,
    /// What is not known of it. Where there are none, `objects` are all that it builds.
    pub gaps: Vec<Gap<'a>>,
    /// Whether a configuration makes kustomize follow references besides those that it follows by itself, so that nothing
    /// can be said of references to objects that the build renames.
    pub follows_more: bool,
    /// Its Secrets by the names that they had, by index.
    secrets: names::NameIndex,
}

/// Something that a build does not know, or that makes kustomize fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gap<'a> {
    /// Index of the file that says it.
    pub file: u32,
    /// Where.
    pub place: Place,
    /// What.
    pub kind: GapKind,
    /// The text that it is about: a path, a name, a kind.
    pub text: &'a str,
}

/// Kinds of gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapKind {
    /// A path leads to nothing among the files; kustomize fails.
    Missing,
    /// A path leads to another repository or a URL, which is not followed.
    Remote,
    /// A path leads out of the repository.
    Outside,
    /// A file is outside the folder of the kustomization, so that kustomize fails unless it is told to load it.
    Restricted,
    /// A kustomization includes itself; kustomize fails.
    Cycle,
    /// A component is where a base must be, or the reverse; kustomize fails.
    Misplaced,
    /// A file could not be parsed as a whole, so that objects of it may be missing.
    Partial,
    /// A Helm chart or a function, which is not run.
    Unsupported,
    /// A patch whose content was not understood.
    Content,
    /// A patch that names an object which is not there, or several; kustomize fails.
    Target,
    /// Whether a patch or a replacement is for an object could not be decided.
    Undecided,
    /// Two objects of a build are the same; kustomize fails.
    Conflict,
    /// Too much to build.
    TooLarge,
}

impl GapKind {
    /// Whether the kustomization itself is broken, so that kustomize does not build it.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Missing | Self::Restricted | Self::Cycle | Self::Misplaced | Self::Target | Self::Conflict)
    }
}
