//! Kustomization files, and files that they name: what these say, before anything is built of it.
//!
//! What a kustomization does to objects is kept as a list of [`Step`]s in the order in which kustomize runs them. The
//! fields of the file and transformers that it names come down to the same steps, so that a build knows one form only.

use super::object::{Definition, Object};
use crate::document::object::push_key;
use crate::inventory::{Place, Stated};

/// A text of a kustomization with its place.
#[derive(Clone, Debug)]
pub struct Located {
    pub text: Box<str>,
    /// Where.
    pub place: Place,
}

/// A kustomization file (`KZ` api/types/kustomization.go), as far as it decides names, namespaces and references.
#[derive(Debug, Default)]
pub struct Kustomization {
    /// Whether it is a `Component`.
    pub component: bool,
    /// `resources`, then `bases`.
    pub resources: Vec<Located>,
    pub components: Vec<Located>,
    /// `secretGenerator` and `configMapGenerator`, in the order in which kustomize runs them.
    pub generators: Vec<Generator>,
    /// `generators`: paths.
    pub generator_files: Vec<Located>,
    /// What it does to the objects, in order.
    pub steps: Vec<Step>,
    /// `configurations` and `crds`, which may add fields that kustomize follows as references.
    pub configurations: Vec<Located>,
    /// Whether `vars` write texts of the form `$(NAME)`.
    pub variables: bool,
    /// What adds objects that are not followed (Helm charts, generator functions), in words, with places.
    pub unknown: Vec<Located>,
}

impl Kustomization {
    /// The namespace that it states for its objects, and where.
    #[must_use]
    pub fn namespace(&self) -> Option<(&str, Place)> {
        self.steps.iter().find_map(|step| match step {
            Step::Namespace(rewrite) => Some((rewrite.text.known()?, rewrite.place)),
            _ => None,
        })
    }

    /// The annotations that it adds to its objects; keys come with their places.
    pub fn annotations(&self) -> impl Iterator<Item = &(Located, Stated)> {
        self.steps.iter().flat_map(|step| match step {
            Step::Annotations(pairs) => pairs.as_slice(),
            _ => &[],
        })
    }
}

/// What a file holds for kustomizations that name it in another field than `resources`.
#[derive(Debug, Default)]
pub struct Parts {
    /// Lists of JSON patch operations (RFC 6902).
    pub patches: Vec<JsonPatch>,
    /// Transformers, each with the number of its document in the file.
    pub steps: Vec<(u32, Step)>,
    pub replacements: Vec<Replacement>,
    /// Generators, each with the number of its document in the file.
    pub generators: Vec<(u32, Generator)>,
    /// Whether it is a configuration that adds fields which kustomize follows as references (`nameReference`).
    pub name_references: bool,
}

impl Parts {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let lists = self.patches.is_empty() && self.steps.is_empty() && self.replacements.is_empty();
        lists && self.generators.is_empty() && !self.name_references
    }
}

/// A generator of Secrets or ConfigMaps.
#[derive(Debug)]
pub struct Generator {
    /// Whether it makes a Secret, else a ConfigMap.
    pub secret: bool,
    pub name: Stated,
    pub namespace: Stated,
    /// Whether it makes an object or changes one.
    pub behavior: Behavior,
    /// Whether a hash of its content ends the name.
    pub hashed: bool,
    /// What it defines. Its place is that of the name.
    pub definition: Definition,
    /// Paths of env files, whose keys it takes too.
    pub env_files: Vec<Located>,
    /// Labels of the object, those of `generatorOptions` included.
    pub labels: Vec<(Box<str>, Stated)>,
    /// Annotations of the object, those of `generatorOptions` included.
    pub annotations: Vec<(Box<str>, Stated)>,
}

/// `behavior` of a generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behavior {
    /// It makes an object.
    Create,
    /// It adds to the content of an object that is there.
    Merge,
    /// It replaces the content of an object that is there.
    Replace,
}

/// One thing that a kustomization does to its objects.
#[derive(Debug)]
pub enum Step {
    /// A patch.
    Patch(Patch),
    /// It writes `metadata.namespace`, and the name of Namespaces.
    Namespace(Rewrite),
    /// It writes the start of `metadata.name`.
    Prefix(Rewrite),
    /// It writes the end of `metadata.name`.
    Suffix(Rewrite),
    /// It adds labels to `metadata`.
    Labels(Vec<(Box<str>, Stated)>),
    /// It adds annotations to `metadata`; keys come with their places.
    Annotations(Vec<(Located, Stated)>),
    /// It copies fields between objects.
    Replacement(Replacement),
    /// The same, as a file says.
    ReplacementFile(Located),
    /// What the transformers in a file or a folder do, by its path from the kustomization's folder.
    File(Located),
    /// A transformer that is not known: it may do anything. Its kind is the text.
    Unknown(Located),
}

/// What a namespace, prefix or suffix transformer writes.
#[derive(Debug)]
pub struct Rewrite {
    /// The namespace, prefix or suffix.
    pub text: Stated,
    /// Where.
    pub place: Place,
    /// `unsetOnly`: objects that state a namespace keep it.
    pub unset_only: bool,
    /// `fieldSpecs`, where a transformer of its own states these in place of the built-in ones.
    pub fields: Option<Vec<FieldSpec>>,
}

/// Which field of which kinds a transformer writes. Empty texts are any.
#[derive(Clone, Debug, Default)]
pub struct FieldSpec {
    pub group: Box<str>,
    pub version: Box<str>,
    pub kind: Box<str>,
    /// Path, with `/`.
    pub path: Box<str>,
}

/// A patch of a kustomization.
#[derive(Debug)]
pub struct Patch {
    /// Which objects it is for; none where the patch itself names one.
    pub target: Option<Selector>,
    /// What it does.
    pub content: PatchContent,
    /// Whether it may change the name (`options.allowNameChange`).
    pub renames: bool,
    /// Whether it may change the kind (`options.allowKindChange`).
    pub rekinds: bool,
    /// Of the patch or of its path.
    pub place: Place,
}

/// Where a patch's content is.
#[derive(Debug)]
pub enum PatchContent {
    /// In a file, by its path from the kustomization's folder.
    File(Box<str>),
    /// In the kustomization: strategic merge patches.
    Merge(Vec<Object>),
    /// In the kustomization: operations.
    Json(JsonPatch),
    /// In the kustomization, and not understood.
    Unknown,
}

/// A target of patches and replacements. Texts are regular expressions, anchored, in patches. Empty texts are any.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    pub group: Box<str>,
    pub version: Box<str>,
    pub kind: Box<str>,
    pub name: Box<str>,
    pub namespace: Box<str>,
    /// Label selector.
    pub labels: Box<str>,
    /// Annotation selector.
    pub annotations: Box<str>,
    /// Whether a template writes parts of it, so that it may select anything.
    pub unknown: bool,
}

/// A list of JSON patch operations.
#[derive(Debug, Default)]
pub struct JsonPatch {
    /// Number of the document in the file.
    pub document: u32,
    /// What they do, in order.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// `add`, `replace`, `remove`, `move`, `copy` or `test`.
    pub op: Box<str>,
    /// JSON pointer.
    pub path: Box<str>,
    /// The same as references write their paths.
    pub symbolic: Box<str>,
    /// `from` of `move` and `copy`: a JSON pointer.
    pub from: Option<Box<str>>,
    /// The value, where it is a scalar; not known where it is none.
    pub value: Stated,
    /// Texts of the value, where it is a mapping. What is not text is not known.
    pub pairs: Option<Vec<(Box<str>, Stated)>>,
    /// Of the value, else of the operation.
    pub place: Place,
}

/// One `replacements` entry.
#[derive(Debug)]
pub struct Replacement {
    /// Where the value comes from.
    pub source: ReplacementSource,
    /// Objects and fields that it is written to.
    pub targets: Vec<ReplacementTarget>,
    /// Where.
    pub place: Place,
}

/// Where the value of a replacement comes from.
#[derive(Debug)]
pub enum ReplacementSource {
    /// The kustomization states it (`sourceValue`).
    Value(Stated),
    /// A field of an object.
    Field {
        object: Selector,
        /// The field: `metadata.name` where none is stated.
        path: Box<str>,
        /// Which part of it.
        part: Option<FieldPart>,
    },
}

/// `options` of a field: which part of its text is meant.
#[derive(Clone, Debug)]
pub struct FieldPart {
    /// What the parts stand between.
    pub delimiter: Box<str>,
    /// Which one; before the first and after the last adds one.
    pub index: i64,
}

/// A `targets` entry of a replacement.
#[derive(Debug)]
pub struct ReplacementTarget {
    /// Which objects.
    pub select: Selector,
    /// Which of these not.
    pub reject: Vec<Selector>,
    /// Their fields, with `.`.
    pub paths: Vec<Box<str>>,
    /// Which part of these.
    pub part: Option<FieldPart>,
    /// Whether a field that is not there is made.
    pub creates: bool,
}

/// Steps of a JSON pointer or a field path as references write their paths. `-` stands for the list that gets an item.
pub(crate) fn symbolic_path<'p>(steps: impl Iterator<Item = &'p str>) -> String {
    let mut path = String::new();
    for step in steps {
        if !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()) {
            path.extend(["[", step, "]"]);
        } else if step != "-" {
            push_key(&mut path, &step.replace("~1", "/").replace("~0", "~"));
        }
    }
    path
}

/// Names of kustomization files, the one that kustomize prefers first.
pub(crate) const KUSTOMIZATION_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Whether kustomize takes the file at `path` for a kustomization.
pub(crate) fn is_kustomization(path: &str) -> bool {
    KUSTOMIZATION_NAMES.contains(&crate::path::name(path))
}
