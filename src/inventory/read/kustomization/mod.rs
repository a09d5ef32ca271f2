//! From a parsed kustomization, or a file that one names, to what it says.

mod inline;
mod replacement;

use self::inline::{is_json_patch, json_patch, plain_object};
use crate::document::view::Unit;
use crate::document::yaml::Node;
use crate::inventory::facts::kustomization::{
    Behavior, FieldSpec, Generator, Kustomization, Located, Parts, Patch, PatchContent, Rewrite, Selector, Step,
};
use crate::inventory::facts::{Definition, Maker, Object};
use crate::inventory::stated::stated;
use crate::inventory::{Place, Places, Stated};
use crate::span::Span;

pub(super) use inline::definition_of_kind;

/// Reads the objects of a document that is in a string: what a merge patch contains besides its identity.
pub(crate) type ReadObjects<'r> = dyn Fn(&Unit) -> Vec<Object> + 'r;

/// Reads kustomizations and files that they name.
pub(crate) struct KustomizationReader<'r> {
    places: &'r Places<'r>,
    objects: &'r ReadObjects<'r>,
}

impl<'r> KustomizationReader<'r> {
    /// For spans of the text that `places` knows. `objects` reads the objects of inline merge patches.
    pub(crate) fn new(places: &'r Places<'r>, objects: &'r ReadObjects<'r>) -> Self {
        Self { places, objects }
    }

    /// Reads the kustomization that `unit` is; none where the document is of another kind.
    pub(crate) fn kustomization(&self, unit: &Unit) -> Option<Kustomization> {
        let root = unit.tree().root().filter(|root| root.is_mapping())?;
        let kind = root.get("kind").and_then(Node::as_str);
        if !matches!(kind, None | Some("Kustomization" | "Component" | "")) {
            return None;
        }
        Some(KustomizationDocument { reader: self, unit, root }.kustomization(kind == Some("Component")))
    }

    /// Adds what the document number `document` of a file is to kustomizations that name the file.
    pub(crate) fn part(&self, unit: &Unit, document: u32, parts: &mut Parts) {
        let Some(root) = unit.tree().root() else { return };
        let source = KustomizationDocument { reader: self, unit, root };
        if root.is_sequence() {
            if is_json_patch(root) {
                parts.patches.push(json_patch(unit, root, document, self.places));
            } else if root.items().all(|item| item.get("targets").is_some()) {
                parts.replacements.extend(root.items().map(|item| source.replacement(item)));
            }
        } else if root.is_mapping() {
            let builtin = root.get("apiVersion").and_then(Node::as_str).is_some_and(|version| version == "builtin");
            match root.get("kind").and_then(Node::as_str) {
                None if root.get("nameReference").is_some() => parts.name_references = true,
                None if root.get("targets").is_some() => parts.replacements.push(source.replacement(root)),
                None if root.get("replacements").is_some() => {
                    let found = root.get("replacements").into_iter().flat_map(Node::items);
                    parts.replacements.extend(found.map(|item| source.replacement(item)));
                }
                Some("SecretGenerator" | "ConfigMapGenerator") if builtin => {
                    let secret = root.get("kind").and_then(Node::as_str) == Some("SecretGenerator");
                    let generator = source.generator(root, secret);
                    parts.generators.extend(generator.map(|generator| (document, generator)));
                }
                Some(kind) if builtin || kind.ends_with("Transformer") => {
                    parts.steps.extend(source.transformer(kind).into_iter().map(|step| (document, step)));
                }
                _ => {}
            }
        }
    }
}

/// One document while it is read.
pub(super) struct KustomizationDocument<'s> {
    pub(super) reader: &'s KustomizationReader<'s>,
    pub(super) unit: &'s Unit,
    pub(super) root: Node<'s>,
}

impl<'s> KustomizationDocument<'s> {
    pub(super) fn place(&self, node: Node<'_>) -> Place {
        self.reader.places.at(self.unit.outer(node.span()))
    }

    fn items(&self, key: &str) -> impl Iterator<Item = Node<'s>> + use<'s> {
        self.root.get(key).into_iter().flat_map(Node::items)
    }

    fn located(&self, node: Node<'_>) -> Option<Located> {
        Some(Located { text: node.as_str()?.trim().into(), place: self.place(node) })
    }

    fn paths(&self, keys: &[&str]) -> Vec<Located> {
        keys.iter().flat_map(|key| self.items(key)).filter_map(|node| self.located(node)).collect()
    }

    /// Each entry of a mapping of texts.
    fn pairs(&self, node: Option<Node<'_>>) -> Vec<(Box<str>, Stated)> {
        let entries = node.into_iter().flat_map(Node::entries);
        entries.filter_map(|(key, value)| Some((key.as_str()?.into(), stated(self.unit, Some(value))))).collect()
    }

    fn kustomization(&self, component: bool) -> Kustomization {
        let mut made = Kustomization {
            component,
            resources: self.paths(&["resources", "bases"]),
            components: self.paths(&["components"]),
            configurations: self.paths(&["configurations", "crds"]),
            variables: self.items("vars").next().is_some(),
            ..Kustomization::default()
        };
        for (key, secret) in [("configMapGenerator", false), ("secretGenerator", true)] {
            made.generators.extend(self.items(key).filter_map(|node| self.generator(node, secret)));
        }
        for key in ["helmCharts", "helmChartInflationGenerator"] {
            for node in self.items(key) {
                let name = node.get("name").or_else(|| node.get("chartName")).unwrap_or(node);
                made.unknown.push(Located { text: "Helm chart".into(), place: self.place(name) });
            }
        }
        self.generators(&mut made);
        self.built_in_steps(&mut made.steps);
        for node in self.items("transformers") {
            self.transformers(node, &mut made.steps);
        }
        made
    }

    /// `generators`: paths, and objects that are in the kustomization.
    fn generators(&self, made: &mut Kustomization) {
        for node in self.items("generators") {
            let Some(documents) = self.objects_in(node) else {
                made.generator_files.extend(self.located(node));
                continue;
            };
            let mut parts = Parts::default();
            for (number, unit) in documents.iter().enumerate() {
                let before = parts.generators.len();
                self.reader.part(unit, u32::try_from(number).unwrap_or_default(), &mut parts);
                if parts.generators.len() == before {
                    made.unknown.push(Located { text: "generator function".into(), place: self.place(node) });
                }
            }
            made.generators.extend(parts.generators.into_iter().map(|(_, generator)| generator));
        }
    }

    /// The fields of the kustomization that change objects, in the order in which kustomize runs them.
    fn built_in_steps(&self, steps: &mut Vec<Step>) {
        for node in self.items("patchesStrategicMerge") {
            let content = match self.objects_in(node) {
                Some(documents) => PatchContent::Merge(self.merge_patches(&documents)),
                None => PatchContent::File(node.as_str().unwrap_or_default().trim().into()),
            };
            steps.push(Step::Patch(self.patch_with(None, content, node)));
        }
        steps.extend(self.items("patches").map(|node| Step::Patch(self.patch(node))));
        type ToStep = fn(Rewrite) -> Step;
        let rewrites: [(&str, ToStep); 3] =
            [("namespace", Step::Namespace), ("namePrefix", Step::Prefix), ("nameSuffix", Step::Suffix)];
        for (key, step) in rewrites {
            if let Some(node) = self.root.get(key)
                && let text @ (Stated::Known(_) | Stated::Unknown) = stated(self.unit, Some(node))
            {
                steps.push(step(Rewrite { text, place: self.place(node), unset_only: false, fields: None }));
            }
        }
        let labels = self.items("labels").filter_map(|node| node.get("pairs")).chain(self.root.get("commonLabels"));
        steps.extend(labels.map(|pairs| Step::Labels(self.pairs(Some(pairs)))));
        if let Some(pairs) = self.root.get("commonAnnotations") {
            steps.push(Step::Annotations(self.annotations(pairs)));
        }
        steps.extend(self.items("patchesJson6902").map(|node| Step::Patch(self.patch(node))));
        steps.extend(self.replacements());
    }

    fn replacements(&self) -> impl Iterator<Item = Step> {
        self.items("replacements").map(|node| match node.get("path") {
            Some(path) => self.located(path).map_or_else(
                || Step::Unknown(Located { text: "".into(), place: self.place(path) }),
                Step::ReplacementFile,
            ),
            None => Step::Replacement(self.replacement(node)),
        })
    }

    fn annotations(&self, pairs: Node<'_>) -> Vec<(Located, Stated)> {
        pairs.entries().filter_map(|(key, value)| Some((self.located(key)?, stated(self.unit, Some(value))))).collect()
    }

    /// One entry of `transformers`: a path, or objects.
    fn transformers(&self, node: Node<'_>, steps: &mut Vec<Step>) {
        let Some(documents) = self.objects_in(node) else {
            steps.extend(self.located(node).map(Step::File));
            return;
        };
        for unit in &documents {
            let Some(root) = unit.tree().root() else { continue };
            let kind = root.get("kind").and_then(Node::as_str).unwrap_or_default();
            steps.extend(KustomizationDocument { reader: self.reader, unit, root }.transformer(kind));
        }
    }

    /// What a transformer of its own does, the document being one.
    fn transformer(&self, kind: &str) -> Vec<Step> {
        let root = self.root;
        let named = Located { text: kind.into(), place: self.place(root.get("kind").unwrap_or(root)) };
        if root.get("apiVersion").and_then(Node::as_str) != Some("builtin") {
            return vec![Step::Unknown(named)];
        }
        let rewrite = |key: &[&str]| {
            let node = root.at(key)?;
            let unset_only = root.get("unsetOnly").and_then(Node::as_str) == Some("true");
            let fields = Some(self.field_specs());
            Some(Rewrite { text: stated(self.unit, Some(node)), place: self.place(node), unset_only, fields })
        };
        let step = match kind {
            "NamespaceTransformer" => rewrite(&["metadata", "namespace"]).map(Step::Namespace),
            "PrefixTransformer" => rewrite(&["prefix"]).map(Step::Prefix),
            "SuffixTransformer" => rewrite(&["suffix"]).map(Step::Suffix),
            "PrefixSuffixTransformer" => {
                let both = [rewrite(&["prefix"]).map(Step::Prefix), rewrite(&["suffix"]).map(Step::Suffix)];
                return both.into_iter().flatten().collect();
            }
            "LabelTransformer" => {
                let metadata = self.field_specs().iter().any(|field| &*field.path == "metadata/labels");
                metadata.then(|| Step::Labels(self.pairs(root.get("labels"))))
            }
            "AnnotationsTransformer" => {
                let metadata = self.field_specs().iter().any(|field| &*field.path == "metadata/annotations");
                root.get("annotations").filter(|_| metadata).map(|pairs| Step::Annotations(self.annotations(pairs)))
            }
            "PatchTransformer" | "PatchJson6902Transformer" => Some(Step::Patch(self.patch(root))),
            "PatchStrategicMergeTransformer" => {
                let file = |node: Node<'_>| {
                    self.patch_with(None, PatchContent::File(node.as_str().unwrap_or_default().into()), node)
                };
                let inline = root.get("patches").map(|node| self.patch_of(node, None));
                return self.items("paths").map(file).chain(inline).map(Step::Patch).collect();
            }
            "ReplacementTransformer" => return self.replacements().collect(),
            // These write neither names nor namespaces.
            "ImageTagTransformer" | "ReplicaCountTransformer" | "HashTransformer" | "SortOrderTransformer" => None,
            _ => Some(Step::Unknown(named)),
        };
        step.into_iter().collect()
    }

    fn field_specs(&self) -> Vec<FieldSpec> {
        let field = |node: Node<'_>| {
            let text = |key| node.get(key).and_then(Node::as_str).unwrap_or_default().into();
            FieldSpec { group: text("group"), version: text("version"), kind: text("kind"), path: text("path") }
        };
        self.items("fieldSpecs").map(field).collect()
    }

    /// One entry of `patches` or `patchesJson6902`.
    fn patch(&self, node: Node<'_>) -> Patch {
        let target = node.get("target").map(|target| self.selector(target));
        let inline = node.get("patch").or_else(|| node.get("jsonOp")).filter(|inline| !inline.is_null());
        let patch = match inline {
            Some(inline) => self.patch_of(inline, target),
            None => {
                let path = node.get("path");
                let text = path.and_then(Node::as_str);
                let content = text.map_or(PatchContent::Unknown, |path| PatchContent::File(path.trim().into()));
                self.patch_with(target, content, path.unwrap_or(node))
            }
        };
        let option = |key| node.at(&["options", key]).and_then(Node::as_str) == Some("true");
        Patch { renames: option("allowNameChange"), rekinds: option("allowKindChange"), ..patch }
    }

    /// A patch that is in the kustomization.
    fn patch_of(&self, node: Node<'_>, target: Option<Selector>) -> Patch {
        let documents = self.unit.documents_in(node).unwrap_or_default();
        let content = match documents.iter().find_map(|unit| Some((unit, unit.tree().root()?))) {
            Some((unit, root)) if is_json_patch(root) => {
                PatchContent::Json(json_patch(unit, root, 0, self.reader.places))
            }
            Some((_, root)) if root.is_mapping() => PatchContent::Merge(self.merge_patches(&documents)),
            _ => PatchContent::Unknown,
        };
        self.patch_with(target, content, node)
    }

    fn patch_with(&self, target: Option<Selector>, content: PatchContent, node: Node<'_>) -> Patch {
        Patch { target, content, renames: false, rekinds: false, place: self.place(node) }
    }

    fn merge_patches(&self, documents: &[Unit]) -> Vec<Object> {
        let mut patches = Vec::new();
        for unit in documents {
            let Some(root) = unit.tree().root().filter(|root| root.is_mapping()) else { continue };
            let mut found = (self.reader.objects)(unit);
            found.truncate(1);
            let plain = || plain_object(unit, root, 0, self.reader.places);
            let mut patch = found.pop().unwrap_or_else(plain);
            // All of its annotations and labels stand for something here, and it is what its document is.
            let identity = plain();
            (patch.labels, patch.annotations) = (identity.labels, identity.annotations);
            (patch.role, patch.removes) = (identity.role, identity.removes);
            patches.push(patch);
        }
        patches
    }

    /// The objects in a string; none where it is a path.
    fn objects_in(&self, node: Node<'_>) -> Option<Vec<Unit>> {
        let text = node.as_str()?;
        if !text.contains([':', '\n']) {
            return None;
        }
        let mut documents = self.unit.documents_in(node)?;
        documents.retain(|unit| unit.tree().root().is_some_and(|root| !root.is_null()));
        let mapping = |unit: &Unit| unit.tree().root().is_some_and(Node::is_mapping);
        (!documents.is_empty() && documents.iter().all(mapping)).then_some(documents)
    }

    pub(super) fn selector(&self, node: Node<'_>) -> Selector {
        let text = |key| node.get(key).and_then(Node::as_str).unwrap_or_default().into();
        Selector {
            group: text("group"),
            version: text("version"),
            kind: text("kind"),
            name: text("name"),
            namespace: text("namespace"),
            labels: text("labelSelector"),
            annotations: text("annotationSelector"),
            unknown: self.unit.is_templated(node.span()),
        }
    }

    fn generator(&self, node: Node<'_>, secret: bool) -> Option<Generator> {
        let name = node.get("name").or_else(|| node.at(&["metadata", "name"]))?;
        let namespace = node.get("namespace").or_else(|| node.at(&["metadata", "namespace"]));
        let behavior = match node.get("behavior").and_then(Node::as_str) {
            Some("merge") => Behavior::Merge,
            Some("replace") => Behavior::Replace,
            _ => Behavior::Create,
        };
        let options = [node.get("options"), self.root.get("generatorOptions")];
        let option = |key: &str| options.iter().flatten().filter_map(|options| options.get(key)).collect::<Vec<_>>();
        let unhashed = option("disableNameSuffixHash").iter().any(|node| node.as_str() == Some("true"));
        // Those of the generator come first and win.
        let both = |key| option(key).into_iter().flat_map(|node| self.pairs(Some(node))).collect();
        let env_files = node.get("envs").into_iter().flat_map(Node::items).chain(node.get("env"));
        let env_files: Vec<Located> = env_files.filter_map(|node| self.located(node)).collect();
        let list = |key| node.get(key).into_iter().flat_map(Node::items);
        let mut keys: Vec<(Box<str>, Place)> = list("literals").filter_map(|node| self.literal_key(node)).collect();
        keys.extend(list("files").filter_map(|node| self.file_key(node)));
        let namespace = stated(self.unit, namespace);
        let definition = Definition {
            maker: Maker::SecretGenerator,
            name: stated(self.unit, Some(name)),
            own_name: true,
            namespace: namespace.clone(),
            keys,
            complete: env_files.is_empty() && behavior != Behavior::Merge,
            secret_type: node.get("type").and_then(Node::as_str).map(Into::into),
            place: self.place(name),
        };
        Some(Generator {
            secret,
            name: stated(self.unit, Some(name)),
            namespace,
            behavior,
            hashed: !unhashed,
            definition,
            env_files,
            labels: both("labels"),
            annotations: both("annotations"),
        })
    }

    /// The key of `key=value`; the place does not reach over the value.
    fn literal_key(&self, node: Node<'_>) -> Option<(Box<str>, Place)> {
        let (key, _) = node.as_str()?.split_once('=')?;
        Some((key.into(), self.head(node, key)))
    }

    /// The key of `key=path`, or of `path`.
    fn file_key(&self, node: Node<'_>) -> Option<(Box<str>, Place)> {
        let text = node.as_str()?;
        if let Some((key, _)) = text.split_once('=') {
            return Some((key.into(), self.head(node, key)));
        }
        let name = text.trim_end_matches('/').rsplit_once('/').map_or(text, |(_, name)| name);
        Some((name.into(), self.place(node)))
    }

    /// The place of the start of a text, where it is in the file as it is.
    fn head(&self, node: Node<'_>, start: &str) -> Place {
        let span = node.resolve().span();
        let written = span.slice(self.unit.tree().text()).starts_with(start);
        let span = if written { Span::new(span.start, span.start + start.len()) } else { span };
        self.reader.places.at(self.unit.outer(span))
    }
}
