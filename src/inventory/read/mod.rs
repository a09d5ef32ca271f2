//! From a parsed file to its facts.

mod access;
mod certificate;
mod definition;
mod deploy;
mod external;
mod helm;
mod sealed;
mod sops;
mod terraform;
mod vault;

pub(crate) use certificate::is_sealing;
pub(crate) use vault::PREFIX as VAULT;

use super::convention::OwnKind;
use super::facts::{Facts, NOWHERE, Object, Role};
use super::{Places, Stated, kustomization, reference, secret_file};
use crate::document::fragment::{Host, Lang};
use crate::document::object;
use crate::document::sops::name as sops_name;
use crate::document::view::{Unit, View};
use crate::document::yaml::Node;
use crate::path;

/// Prefixes of annotations that decide how others read an object.
const TELLING: [&str; 5] = [
    "sealedsecrets.bitnami.com/",
    "config.kubernetes.io/",
    "config.k8s.io/",
    "kustomize.config.k8s.io/",
    "internal.config.kubernetes.io/",
];

/// Whether facts keep an annotation.
#[must_use]
pub(crate) fn is_telling(key: &str) -> bool {
    TELLING.iter().any(|prefix| key.starts_with(prefix))
}

/// The facts of a file. `own` are the fields of a user's own kinds that name Secrets.
#[must_use]
pub fn read(view: &View<'_>, own: &[OwnKind]) -> Facts {
    let places = Places::new(view.text);
    let mut facts = Facts { partial: !view.parsed.faults.is_empty(), ..Facts::default() };
    facts.certificates = certificate::of_file(view.path, view.text, &places);
    facts.template_of = template_of(view.path).map(Box::from);
    facts.secret_file = secret_file::of_text(view);
    facts.terraform = terraform::of_file(view.path, view.text);
    facts.sops = sops::of_file(view, &places).map(Box::new);
    facts.helm = helm::of_file(view, &places);
    let people = matches!(view.lang, Lang::Markdown | Lang::Notebook);
    let reader = Reader { text: view.text, places: &places, own, people, vault: vault::may_be_in(view.text) };
    let mut sources = Vec::new();
    for object in &view.objects {
        // A list is its items.
        if object.kind.ends_with("List") && object.node.get("items").is_some() {
            continue;
        }
        facts.objects.push(reader.object(object, document_of(view, object.unit)));
        sources.push(object);
    }
    parents(&sources, &mut facts.objects);
    for_kustomize(view, &reader, &mut facts);
    let commands = view.parsed.create_secrets.iter();
    facts.commands = commands.filter_map(|made| definition::of_command(made, &places)).collect();
    facts
}

/// What the file is to kustomize: a kustomization, or what one names, and CustomResourceDefinitions, which are objects too.
fn for_kustomize(view: &View<'_>, reader: &Reader<'_>, facts: &mut Facts) {
    if reader.people {
        return;
    }
    let objects = |unit: &Unit| object::objects(unit).iter().take(1).map(|object| reader.object(object, 0)).collect();
    let kustomize = kustomization::Reader::new(reader.places, &objects);
    let units = view.parsed.units.iter().filter(|unit| unit.host() == Host::File);
    if kustomization::is_kustomization(view.path) {
        facts.kustomization = units.clone().find_map(|unit| kustomize.kustomization(unit)).map(Box::new);
    } else {
        for unit in units {
            kustomize.part(unit, document_of(view, unit), &mut facts.parts);
        }
    }
    for &span in &view.parsed.definitions_of_kinds {
        facts.objects.extend(kustomization::definition_of_kind(view.text, span, reader.places));
    }
}

/// Whether a file of this name may hold facts, so that it is worth reading.
#[must_use]
pub(crate) fn may_hold(path: &str) -> bool {
    let name = path::name(path);
    match Lang::of_path(path, "") {
        Lang::Yaml | Lang::Json | Lang::JsonLines | Lang::Markdown | Lang::Notebook | Lang::Shell => true,
        // Without an ending the first line tells.
        Lang::Other if !name.contains('.') || certificate::is_named(path) => true,
        Lang::Terraform if terraform::is_code(path) => true,
        Lang::Dockerfile | Lang::Groovy => true,
        _ => is_of_sops(path) || is_template(path),
    }
}

/// Whether a text may hold facts, so that it is worth parsing. Cheap, and true rather than false where it is not sure.
#[must_use]
pub(crate) fn may_tell(path: &str, lang: Lang, text: &str) -> bool {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    if is_of_sops(path) || is_template(path) {
        return true;
    }
    match lang {
        Lang::Yaml | Lang::Json | Lang::JsonLines => {
            has("kind") || has("op:") || has("\"op\"") || has("create secret") || kustomization::is_kustomization(path)
        }
        Lang::Shell => has("kind") || has("create") && has("secret"),
        // Objects in texts for people are examples; commands count.
        Lang::Markdown | Lang::Notebook | Lang::Dockerfile | Lang::Groovy => has("create") && has("secret"),
        Lang::Terraform => terraform::of_file(path, text).is_some(),
        _ => certificate::is_named(path),
    }
}

/// Whether the name says that the file tells something of SOPS: its configuration, and files that it encrypted.
#[must_use]
pub(crate) fn is_of_sops(path: &str) -> bool {
    sops_name::is_config(path) || sops_name::announced(path).is_some()
}

/// Whether the name says that a file with secrets is made beside this one (`.env.example`): whether that file is ignored is
/// told by others.
#[must_use]
pub(crate) fn is_template(path: &str) -> bool {
    template_of(path).is_some()
}

/// Whether what a text tells may matter to another file: it names a Secret, a namespace, a right, or an image of a registry that
/// wants a Secret. Objects that a kustomization may include always do.
#[must_use]
pub(crate) fn may_matter(text: &str, registries: &[String]) -> bool {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let rights = || has("roleRef") || has("utomountServiceAccountToken") || has(VAULT);
    let named = || has("backend \"") || registries.iter().any(|registry| has(registry));
    has("ecret") || has("amespace") || rights() || named()
}

/// The name of the secret file of which people copy the file at `path`.
fn template_of(path: &str) -> Option<&str> {
    let name = path::name(path);
    let stem = [".example", ".template", ".sample"].iter().find_map(|ending| name.strip_suffix(ending))?;
    let plain = stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    match stem {
        // Python's virtual environments are called `env` too, which nobody wants in Git either.
        "env" => Some(".env"),
        ".env" => Some(stem),
        _ if plain && (stem.starts_with(".env.") || stem.ends_with(".tfvars") && stem != ".tfvars") => Some(stem),
        _ => None,
    }
}

/// The number of a unit among those of its file.
fn document_of(view: &View<'_>, unit: &Unit) -> u32 {
    let found = view.parsed.units.iter().position(|other| std::ptr::eq(other, unit));
    u32::try_from(found.unwrap_or_default()).unwrap_or(u32::MAX)
}

/// Finds the object that holds each one, by where they stand in the file.
fn parents(sources: &[&object::Object<'_>], objects: &mut [Object]) {
    let mut order: Vec<usize> = (0..sources.len()).collect();
    let spans: Vec<_> = sources.iter().map(|source| source.span()).collect();
    order.sort_by_key(|&at| (spans[at].start, std::cmp::Reverse(spans[at].end), at));
    let mut open: Vec<usize> = Vec::new();
    for at in order {
        while open.last().is_some_and(|&outer| !spans[outer].contains(spans[at])) {
            open.pop();
        }
        if objects[at].role != Role::Resource {
            objects[at].parent = open.last().and_then(|&outer| u32::try_from(outer).ok());
        }
        open.push(at);
    }
}

/// What a text of a document states; nothing where its node is not there or holds no text.
pub(super) fn stated(unit: &Unit, node: Option<Node<'_>>) -> Stated {
    let Some(node) = node else { return Stated::Absent };
    if unit.is_templated(unit_reach(unit, node)) {
        return Stated::Unknown;
    }
    match node.as_str().map(str::trim) {
        None | Some("") => Stated::Absent,
        Some(_) if node.is_null() => Stated::Absent,
        Some(text) if is_expression(text) => Stated::Unknown,
        Some(text) => Stated::from(text),
    }
}

/// The document's span of a node, for asking whether a template writes it. What a template wrote alone was blanked, and
/// its action then stands before the end of the line.
fn unit_reach(unit: &Unit, node: Node<'_>) -> crate::span::Span {
    let span = node.span();
    if !span.is_empty() {
        return span;
    }
    let rest = unit.tree().text().get(span.end..).unwrap_or_default();
    let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
    crate::span::Span::new(span.start, span.end + line)
}

/// Whether something fills in the text before it reaches the cluster: Argo, Flux, a shell, Ansible, or a person (`<name>`).
#[must_use]
pub(crate) fn is_expression(text: &str) -> bool {
    let gap = text.starts_with('<') && text.ends_with('>');
    gap || ["{{", "${", "$("].iter().any(|open| text.contains(open)) || text.starts_with('$')
}

/// Reads the objects of one file.
pub(super) struct Reader<'r> {
    /// Of the file, as it is written.
    text: &'r str,
    places: &'r Places<'r>,
    own: &'r [OwnKind],
    /// Whether the file is for people, so that its objects are examples.
    people: bool,
    /// Whether something in the file may speak to the Vault Agent injector.
    vault: bool,
}

impl Reader<'_> {
    fn object(&self, source: &object::Object<'_>, document: u32) -> Object {
        let (unit, node) = (source.unit, source.node);
        let metadata = node.get("metadata");
        let name = metadata.and_then(|metadata| metadata.get("name"));
        let namespace = metadata.and_then(|metadata| metadata.get("namespace"));
        let role = self.role(source);
        let place = |node: Node<'_>| self.places.at(unit.outer(node.span()));
        let head = name.or_else(|| node.get("kind")).map_or(NOWHERE, |node| unit.outer(node.span()));
        let (version, group) = match source.api_version.rsplit_once('/') {
            Some((group, version)) => (version, group),
            None => (source.api_version, ""),
        };
        let mut object = Object {
            group: group.into(),
            version: version.into(),
            kind: source.kind.into(),
            name: stated(unit, name),
            namespace: stated(unit, namespace),
            place: self.places.at(head),
            namespace_place: namespace.map(place),
            role,
            document,
            parent: None,
            templated: unit.is_templated(node.span()),
            definitions: Vec::new(),
            references: Vec::new(),
            sealed: None,
            pods: Vec::new(),
            mounts: Vec::new(),
            access: None,
            vault: None,
            deploys: Vec::new(),
            external: None,
            deletes: node.get("$patch").and_then(Node::as_str) == Some("delete"),
            removes: if role == Role::Resource { kustomization::removals(node) } else { Vec::new() },
            labels: Vec::new(),
            annotations: Vec::new(),
        };
        if let Some(metadata) = metadata {
            if role == Role::Resource {
                let labels = metadata.get("labels").into_iter().flat_map(Node::entries);
                let known = labels.filter_map(|(key, value)| Some((key.as_str()?.into(), value.as_str()?.into())));
                object.labels = known.collect();
            }
            for (key, value) in metadata.get("annotations").into_iter().flat_map(Node::entries) {
                let Some(key) = key.as_str() else { continue };
                if is_telling(key) {
                    object.annotations.push((key.into(), stated(unit, Some(value))));
                }
            }
        }
        let around = Around { text: self.text, source, object: &object, places: self.places };
        let definitions = definition::of_object(&around);
        let sealed = sealed::of_object(&around).map(Box::new);
        let deploys = deploy::of_object(&around);
        let access = access::of_object(&around).map(Box::new);
        let vault = if self.vault { vault::of_object(&around).map(Box::new) } else { None };
        let external = external::of_object(&around).map(Box::new);
        let (references, pods, mounts) = reference::references(source, self.places, self.own);
        Object { definitions, references, sealed, pods, mounts, access, vault, deploys, external, ..object }
    }

    fn role(&self, source: &object::Object<'_>) -> Role {
        if self.people {
            return Role::Example;
        }
        match source.unit.host() {
            Host::File => {
                let root = source.unit.tree().root();
                let whole = root.is_some_and(|root| root.is(source.node) || is_listed(root, source.node, 4));
                if whole { Role::Resource } else { Role::Embedded }
            }
            Host::Heredoc | Host::BlockString => Role::Embedded,
            Host::Fence | Host::Cell(_) | Host::Output(_) => Role::Example,
        }
    }
}

/// Whether `list` is a list of objects that holds `node`, in itself or in a list of it.
fn is_listed(list: Node<'_>, node: Node<'_>, depth: usize) -> bool {
    let kind = list.get("kind").and_then(Node::as_str).unwrap_or_default();
    let items = || list.get("items").into_iter().flat_map(Node::items);
    kind.ends_with("List") && items().any(|item| item.is(node) || depth > 0 && is_listed(item, node, depth - 1))
}

/// An object while its facts are read.
pub(super) struct Around<'a> {
    /// Of the file, as it is written; a document's own text is blank where a template acts.
    pub(super) text: &'a str,
    /// The object in its document.
    pub(super) source: &'a object::Object<'a>,
    /// What is known already.
    pub(super) object: &'a Object,
    /// Makes places.
    pub(super) places: &'a Places<'a>,
}

impl<'a> Around<'a> {
    /// The node at a path of keys.
    pub(super) fn at(&self, path: &[&str]) -> Option<Node<'a>> {
        self.source.node.at(path)
    }

    /// The text of a node.
    pub(super) fn stated(&self, node: Option<Node<'_>>) -> Stated {
        stated(self.source.unit, node)
    }

    /// The place of a node.
    pub(super) fn place(&self, node: Node<'_>) -> super::Place {
        self.places.at(self.source.unit.outer(node.span()))
    }

    /// Whether the object is of this group and kind.
    pub(super) fn is(&self, group: &str, kind: &str) -> bool {
        &*self.object.kind == kind && &*self.object.group == group
    }

    /// Whether a template decides which keys and items there are below a node, and not only values of what stands there.
    pub(super) fn is_shaped(&self, node: Node<'_>) -> bool {
        let unit = self.source.unit;
        let text = unit.tree().text();
        // What a template wrote alone is blank, also behind the last key.
        let after = text.get(node.span().end..).unwrap_or_default();
        let end = text.len() - after.trim_start().len();
        let mut values = Vec::new();
        reaches(text, node, &mut values);
        let values: Vec<_> = values.into_iter().map(|value| unit.outer(value)).collect();
        let whole = crate::span::Span::new(node.span().start, end.max(node.span().end));
        unit.actions(whole).any(|action| !values.iter().any(|value| value.contains(action.span)))
    }

    /// Whether a template writes something of a node.
    pub(super) fn is_templated(&self, node: Node<'_>) -> bool {
        self.source.unit.is_templated(node.span())
    }
}

/// Where the values of keys, and items that are values, stand below a node: to the end of the line at least.
fn reaches(text: &str, node: Node<'_>, found: &mut Vec<crate::span::Span>) {
    let mut value = |from: usize, node: Node<'_>| {
        if node.is_mapping() || node.is_sequence() {
            reaches(text, node, found);
        } else {
            let rest = text.get(from..).unwrap_or_default();
            let line = from + rest.find(['\n', '\r']).unwrap_or(rest.len());
            found.push(crate::span::Span::new(from, line.max(node.span().end)));
        }
    };
    node.entries().for_each(|(key, node)| value(key.span().end, node));
    node.items().for_each(|node| value(node.span().start, node));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_of_secret_files_are_known_by_their_names() {
        for (path, of) in [
            (".env.example", Some(".env")),
            ("a/b/.env.template", Some(".env")),
            ("env.template", Some(".env")),
            (".env.production.sample", Some(".env.production")),
            ("infra/terraform.tfvars.example", Some("terraform.tfvars")),
            ("x.auto.tfvars.example", Some("x.auto.tfvars")),
            ("a*.tfvars.example", None),
            (".env", None),
            ("values.yaml.example", None),
            ("example", None),
            (".envrc.example", None),
            ("a.env.example/b", None),
        ] {
            assert_eq!(template_of(path), of, "{path}");
        }
    }

    #[test]
    fn files_without_facts_are_not_worth_reading() {
        for path in [
            "a.yaml",
            "a.yml.j2",
            "b/Kustomization",
            "deploy.sh",
            "README.md",
            "deploy",
            "c/d.pem",
            "a.json",
            ".env.example",
        ] {
            assert!(may_hold(path), "{path}");
        }
        for path in ["main.go", "train.py", "a.png", "a.hcl", "a.tar.gz", "a.toml"] {
            assert!(!may_hold(path), "{path}");
        }
    }

    #[test]
    fn what_tells_of_rights_matters_to_others() {
        for text in [
            "kind: ClusterRoleBinding\nroleRef: {kind: ClusterRole, name: a}\n",
            "kind: ServiceAccount\nautomountServiceAccountToken: false\n",
            "kind: Deployment\n    vault.hashicorp.com/role: a\n",
            "csi: {driver: secrets-store.csi.k8s.io}\n",
        ] {
            assert!(may_matter(text, &[]), "{text}");
        }
        assert!(!may_matter("kind: Service\nspec: {ports: []}\n", &[]));
    }

    #[test]
    fn texts_without_facts_are_not_worth_parsing() {
        for (path, text) in [
            ("a.yaml", "kind: Secret"),
            ("p.yaml", "- op: add\n  path: /metadata/namespace\n"),
            ("p.json", "[{\"op\": \"add\"}]"),
            ("kustomization.yaml", "resources: [a.yaml]\n"),
            ("a.sh", "oc create secret generic x"),
            ("README.md", "```bash\nkubectl create secret generic x\n```"),
            ("c.pem", "-----BEGIN CERTIFICATE-----"),
        ] {
            assert!(may_tell(path, Lang::of_path(path, text), text), "{path}");
        }
        for (path, text) in
            [("values.yaml", "image: x\n"), ("README.md", "```yaml\nkind: Secret\n```"), ("a.sh", "echo secret")]
        {
            assert!(!may_tell(path, Lang::of_path(path, text), text), "{path}");
        }
    }
}
