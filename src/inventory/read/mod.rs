//! From a parsed file to its facts.

mod access;
pub(super) mod around;
mod certificate;
mod definition;
mod deploy;
mod head;
mod helm;
mod kustomization;
mod sealed;
mod sops;
mod terraform;

use self::around::Around;
use super::annotation::{VAULT, is_decisive};
use super::convention::OwnKind;
use super::facts::kustomization::is_kustomization;
use super::facts::{Facts, NOWHERE, Object, Role};
use super::judged::{external, vault};
use super::{Places, reference, secret_file};
use crate::document::fragment::{Host, Lang};
use crate::document::object;
use crate::document::sops::name as sops_name;
use crate::document::view::{Unit, View};
use crate::document::yaml::Node;
use crate::path;

pub(crate) use super::stated::is_expression;
pub(crate) use certificate::is_sealing;

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
    let (text, people) = (view.text, view.is_for_people());
    let reader = ObjectReader { text, places: &places, own, people, vault: vault::may_be_in(text) };
    let mut sources = Vec::new();
    let mut units = (0..).zip(&view.parsed.units).peekable();
    for object in &view.objects {
        // Objects come in the order of their units.
        while units.next_if(|(_, unit)| !std::ptr::eq(*unit, object.unit)).is_some() {}
        let document = units.peek().map_or(0, |(document, _)| *document);
        // A list is its items.
        if object.kind.ends_with("List") && object.node.get("items").is_some() {
            continue;
        }
        facts.objects.push(reader.object(object, document));
        sources.push(object);
    }
    parents(&sources, &mut facts.objects);
    for_kustomize(view, &reader, &mut facts);
    let commands = view.parsed.create_secrets.iter();
    facts.commands = commands.filter_map(|made| definition::of_command(made, &places)).collect();
    facts
}

/// What the file is to kustomize: a kustomization, or what one names, and CustomResourceDefinitions, which are objects too.
fn for_kustomize(view: &View<'_>, reader: &ObjectReader<'_>, facts: &mut Facts) {
    if reader.people {
        return;
    }
    let objects = |unit: &Unit| object::objects(unit).iter().take(1).map(|object| reader.object(object, 0)).collect();
    let kustomize = kustomization::KustomizationReader::new(reader.places, &objects);
    if is_kustomization(view.path) {
        facts.kustomization = view.file_units().find_map(|unit| kustomize.kustomization(unit)).map(Box::new);
    } else {
        let own = (0..).zip(&view.parsed.units).filter(|(_, unit)| unit.host() == Host::File);
        own.for_each(|(document, unit)| kustomize.part(unit, document, &mut facts.parts));
    }
    for &span in &view.parsed.definitions_of_kinds {
        facts.objects.extend(kustomization::definition_of_kind(view.text, span, reader.places));
    }
}

/// Whether a file of this name may contain facts, so that it is worth reading.
pub(crate) fn may_hold(path: &str) -> bool {
    let name = path::name(path);
    match Lang::of_path(path, "") {
        Lang::Yaml | Lang::Json | Lang::JsonLines | Lang::Markdown | Lang::Notebook | Lang::Shell => true,
        // Without an extension the first line decides.
        Lang::Other if !name.contains('.') || certificate::is_named(path) => true,
        Lang::Terraform if terraform::is_code(path) => true,
        Lang::Dockerfile | Lang::Groovy => true,
        _ => is_of_sops(path) || is_template(path),
    }
}

/// Whether a text may contain facts, so that it is worth parsing. Cheap, and true rather than false where it is not sure.
pub(crate) fn may_tell(path: &str, lang: Lang, text: &str) -> bool {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    if is_of_sops(path) || is_template(path) {
        return true;
    }
    match lang {
        Lang::Yaml | Lang::Json | Lang::JsonLines => {
            has("kind") || has("op:") || has("\"op\"") || has("create secret") || is_kustomization(path)
        }
        Lang::Shell => has("kind") || has("create") && has("secret"),
        // Objects in texts for people are examples; commands count.
        Lang::Markdown | Lang::Notebook | Lang::Dockerfile | Lang::Groovy => has("create") && has("secret"),
        Lang::Terraform => terraform::of_file(path, text).is_some(),
        _ => certificate::is_named(path),
    }
}

/// Whether the name says that the file says something of SOPS: its configuration, and files that it encrypted.
pub(crate) fn is_of_sops(path: &str) -> bool {
    sops_name::is_config(path) || sops_name::announced(path).is_some()
}

/// Whether the name says that a file with secrets is made beside this one (`.env.example`): whether that file is ignored is
/// told by others.
pub(crate) fn is_template(path: &str) -> bool {
    template_of(path).is_some()
}

/// Whether what a text says may matter to another file: it names a Secret, a namespace, a right, or an image of a registry that
/// wants a Secret. Objects that a kustomization may include always do.
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

/// Finds the object that contains each one, by where they are in the file.
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

/// Reads the objects of one file.
struct ObjectReader<'r> {
    /// Of the file, as it is written.
    text: &'r str,
    places: &'r Places<'r>,
    own: &'r [OwnKind],
    /// Whether the file is for people, so that its objects are examples.
    people: bool,
    /// Whether something in the file may be for the Vault Agent injector.
    vault: bool,
}

impl ObjectReader<'_> {
    fn object(&self, source: &object::Object<'_>, document: u32) -> Object {
        let (unit, node) = (source.unit, source.node);
        let name = node.get("metadata").and_then(|metadata| metadata.get("name"));
        let first = name.or_else(|| node.get("kind")).map_or(NOWHERE, |node| unit.outer(node.span()));
        let (group, version) = source.api_version.rsplit_once('/').unwrap_or(("", source.api_version));
        // An item of a list has the kind and version of the list.
        let object = Object {
            group: group.into(),
            version: version.into(),
            kind: source.kind.into(),
            place: self.places.at(first),
            document,
            ..head::head(unit, node, self.role(source), self.places, is_decisive)
        };
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

/// Whether `list` is a list of objects that contains `node`, in itself or in a list of it.
fn is_listed(list: Node<'_>, node: Node<'_>, depth: usize) -> bool {
    let kind = list.get("kind").and_then(Node::as_str).unwrap_or_default();
    let items = || list.get("items").into_iter().flat_map(Node::items);
    kind.ends_with("List") && items().any(|item| item.is(node) || depth > 0 && is_listed(item, node, depth - 1))
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
