//! One object on its way through a build.

use std::borrow::Cow;

use super::scope::is_cluster_scoped;
use super::text::{Match, Text};
use crate::inventory::annotation::{SEALED, is_decisive};
use crate::inventory::facts::kustomization::symbolic_path;
use crate::inventory::facts::kustomization::{FieldSpec, Generator, JsonPatch};
use crate::inventory::facts::{Object, Reference};
use crate::inventory::{Place, Stated};

/// Where an object of a build comes from.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// An object of a file.
    Object {
        /// Index of the file.
        file: u32,
        /// Index of the object in the file's facts.
        index: u32,
        object: &'a Object,
    },
    /// A generator.
    Generator {
        /// Index of the file that states it: the kustomization, or one that it names.
        file: u32,
        generator: &'a Generator,
    },
}

/// What a change of a build wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// `metadata.namespace`.
    Namespace,
    /// `metadata.name`.
    Name,
    /// An annotation that decides how a SealedSecret is read.
    Annotation,
}

/// A line that changed an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it wrote.
    pub aspect: Aspect,
    /// Index of the file where it is.
    pub file: u32,
    /// Where.
    pub place: Place,
}

/// What changed fields of an object that a build does not follow by itself.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    /// Index of the file that contains it.
    pub file: u32,
    /// Index of the kustomization that applied it.
    pub by: u32,
    /// Whether it is sure that it was applied to this object.
    pub certain: bool,
    /// What it is.
    pub content: Content<'a>,
}

impl Applied<'_> {
    /// Whether it puts something else, or nothing, where a reference of the object is.
    pub(crate) fn overrides(&self, reference: &Reference) -> bool {
        let below = |path: &str, above: &str| {
            path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        match self.content {
            Content::Merge(patch) => {
                patch.removes.iter().any(|slot| below(&reference.slot, slot))
                    || patch.references.iter().any(|other| other.slot == reference.slot)
            }
            Content::Json(patch) => patch.operations.iter().any(|operation| {
                // `-` adds an item to a list, and leaves the others.
                let writes = &*operation.op != "test" && !operation.path.ends_with("/-");
                writes && below(&reference.path, &operation.symbolic)
            }),
            Content::Replacement(path) => below(&reference.path, &symbolic_path(path.split('.'))),
            Content::Merged(_) | Content::Replaced(_) => false,
        }
    }
}

/// What was applied.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// A strategic merge patch.
    Merge(&'a Object),
    /// JSON patch operations.
    Json(&'a JsonPatch),
    /// A replacement wrote the field at this path.
    Replacement(&'a str),
    /// A generator added to the content.
    Merged(&'a Generator),
    /// A generator took the place of the content.
    Replaced(&'a Generator),
}

/// An identity that an object had earlier in the build; references and patches may still use it.
#[derive(Clone, Debug)]
pub(super) struct Earlier<'a> {
    pub(super) kind: &'a str,
    pub(super) name: Text<'a>,
    pub(super) namespace: Text<'a>,
}

/// An object of a build.
#[derive(Clone, Debug)]
pub struct Built<'a> {
    /// Where it comes from.
    pub origin: Origin<'a>,
    /// Group of `apiVersion`, empty for core.
    pub group: &'a str,
    /// Version of `apiVersion`.
    pub version: &'a str,
    /// `kind`.
    pub kind: &'a str,
    /// `metadata.name`, without the hash.
    pub name: Text<'a>,
    /// `metadata.namespace`. Kinds without namespace may state one nevertheless, as kustomize leaves it there.
    pub namespace: Text<'a>,
    /// Whether `-` and a hash of ten characters follow the name.
    pub hashed: bool,
    /// Whether it is not sure that the build has the object: something that was not decided may delete it.
    pub doubtful: bool,
    /// The lines that changed its namespace, its name and its annotations, in order.
    pub changes: Vec<Change>,
    /// What changed other fields, in order.
    pub applied: Vec<Applied<'a>>,
    /// Annotations that the build added or changed, the last of a key wins.
    pub annotations: Vec<(Cow<'a, str>, Text<'a>)>,
    pub(super) labels: Vec<(Cow<'a, str>, Text<'a>)>,
    pub(super) earlier: Vec<Earlier<'a>>,
    pub(super) prefixes: Vec<&'a str>,
    pub(super) suffixes: Vec<&'a str>,
}

/// Stands for every key where a patch wrote a mapping whose content is not known.
pub(super) const ANY_KEY: &str = "*";

impl<'a> Built<'a> {
    pub(super) fn of_object(file: u32, index: u32, object: &'a Object) -> Self {
        let identity = (&*object.group, &*object.version, &*object.kind);
        Self::new(Origin::Object { file, index, object }, identity, &object.name, &object.namespace, false)
    }

    pub(super) fn of_generator(file: u32, generator: &'a Generator) -> Self {
        let identity = ("", "v1", if generator.secret { "Secret" } else { "ConfigMap" });
        let origin = Origin::Generator { file, generator };
        Self::new(origin, identity, &generator.name, &generator.namespace, generator.hashed)
    }

    fn new(
        origin: Origin<'a>,
        (group, version, kind): (&'a str, &'a str, &'a str),
        name: &'a Stated,
        namespace: &'a Stated,
        hashed: bool,
    ) -> Self {
        Self {
            origin,
            group,
            version,
            kind,
            name: Text::of(name),
            namespace: Text::of(namespace),
            hashed,
            doubtful: false,
            changes: Vec::new(),
            applied: Vec::new(),
            annotations: Vec::new(),
            labels: Vec::new(),
            earlier: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
        }
    }

    /// The object of a file that it was, if it was one.
    #[must_use]
    pub fn object(&self) -> Option<&'a Object> {
        match self.origin {
            Origin::Object { object, .. } => Some(object),
            Origin::Generator { .. } => None,
        }
    }

    /// The last line that wrote `aspect`; none where the object kept what its own file says.
    #[must_use]
    pub fn changed_by(&self, aspect: Aspect) -> Option<Change> {
        self.changes.iter().rev().find(|change| change.aspect == aspect).copied()
    }

    /// The references that the object has after the build, each with the file that contains it: its own, and those of merge
    /// patches, but for those in whose place something later puts something else.
    #[must_use]
    pub fn references(&self) -> Vec<(u32, &'a Reference)> {
        let kept = |reference: &Reference, from: usize| {
            !self.applied[from..].iter().any(|applied| applied.overrides(reference))
        };
        let mut found = Vec::new();
        if let Origin::Object { file, object, .. } = self.origin {
            let own = object.references.iter().filter(|reference| kept(reference, 0));
            found.extend(own.map(|reference| (file, reference)));
        }
        for (at, applied) in self.applied.iter().enumerate() {
            if let Content::Merge(patch) = applied.content {
                let own = patch.references.iter().filter(|reference| kept(reference, at + 1));
                found.extend(own.map(|reference| (applied.file, reference)));
            }
        }
        found
    }

    /// The annotation `key` after the build; not known where facts do not keep it.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Text<'a> {
        if let Some(text) = last(&self.annotations, key) {
            return text;
        }
        match self.origin {
            Origin::Object { object, .. } => {
                let found = object.annotations.iter().rev().find(|(name, _)| **name == *key);
                match found {
                    Some((_, value)) => Text::of(value),
                    None if is_decisive(key) => Text::Absent,
                    None => Text::Unknown,
                }
            }
            // Options of the generator stand before those of the kustomization, and win.
            Origin::Generator { generator, .. } => first(&generator.annotations, key),
        }
    }

    pub(super) fn label(&self, key: &str) -> Text<'a> {
        if let Some(text) = last(&self.labels, key) {
            return text;
        }
        match self.origin {
            Origin::Object { object, .. } => {
                let found = object.labels.iter().rev().find(|(name, _)| **name == *key);
                found.map_or(Text::Absent, |(_, value)| Text::Known(Cow::Borrowed(value)))
            }
            Origin::Generator { generator, .. } => first(&generator.labels, key),
        }
    }

    /// The number of changes that it carries along.
    pub(super) fn changed(&self) -> usize {
        let lists = [self.changes.len(), self.applied.len(), self.annotations.len(), self.labels.len()];
        lists.iter().sum::<usize>() + self.earlier.len() + self.prefixes.len() + self.suffixes.len()
    }

    /// Whether kustomize takes it for an object without namespace.
    pub(crate) fn is_cluster_scoped(&self) -> bool {
        is_cluster_scoped(self.group, self.version, self.kind)
    }

    /// Keeps what the object is called now for those who look for it under that name.
    pub(super) fn remember(&mut self) {
        let same = |earlier: &Earlier<'a>| {
            earlier.kind == self.kind && earlier.name == self.name && earlier.namespace == self.namespace
        };
        if !self.earlier.last().is_some_and(same) {
            let (name, namespace) = (self.name.clone(), self.namespace.clone());
            self.earlier.push(Earlier { kind: self.kind, name, namespace });
        }
    }

    /// Kind, name and namespace at first.
    pub(super) fn original(&self) -> (&'a str, &Text<'a>, &Text<'a>) {
        let first = self.earlier.first().map(|id| (id.kind, &id.name, &id.namespace));
        first.unwrap_or((self.kind, &self.name, &self.namespace))
    }

    /// Every kind, name and namespace that it has and had.
    pub(super) fn identities(&self) -> impl Iterator<Item = (&'a str, &Text<'a>, &Text<'a>)> {
        let now = std::iter::once((self.kind, &self.name, &self.namespace));
        self.earlier.iter().map(|id| (id.kind, &id.name, &id.namespace)).chain(now)
    }

    /// Whether a field of this group, version and kind is one of the original object.
    pub(super) fn has_field(&self, field: &FieldSpec) -> bool {
        let (kind, _, _) = self.original();
        let selected = |want: &str, have: &str| want.is_empty() || want == have;
        selected(&field.group, self.group) && selected(&field.version, self.version) && selected(&field.kind, kind)
    }

    pub(super) fn write(&mut self, aspect: Aspect, text: Text<'a>, certain: Match, file: u32, place: Place) {
        let field = if aspect == Aspect::Name { &mut self.name } else { &mut self.namespace };
        if *field == text && text != Text::Unknown {
            return;
        }
        *field = if certain == Match::Yes { text } else { Text::Unknown };
        self.changes.push(Change { aspect, file, place });
    }

    pub(super) fn annotate(&mut self, key: Cow<'a, str>, text: Text<'a>, file: u32, place: Place) {
        if key.starts_with(SEALED) {
            self.changes.push(Change { aspect: Aspect::Annotation, file, place });
        }
        self.annotations.push((key, text));
    }

    /// Forgets name and namespace: something that is not known may have changed them.
    pub(super) fn blur(&mut self, file: u32, place: Place) {
        self.remember();
        self.write(Aspect::Name, Text::Unknown, Match::Maybe, file, place);
        self.write(Aspect::Namespace, Text::Unknown, Match::Maybe, file, place);
        self.annotations.push((ANY_KEY.into(), Text::Unknown));
        self.labels.push((ANY_KEY.into(), Text::Unknown));
    }
}

fn last<'a>(pairs: &[(Cow<'a, str>, Text<'a>)], key: &str) -> Option<Text<'a>> {
    pairs.iter().rev().find(|(name, _)| *name == key || *name == ANY_KEY).map(|(_, text)| text.clone())
}

fn first<'a>(pairs: &'a [(Box<str>, Stated)], key: &str) -> Text<'a> {
    pairs.iter().find(|(name, _)| **name == *key).map_or(Text::Absent, |(_, value)| Text::of(value))
}
