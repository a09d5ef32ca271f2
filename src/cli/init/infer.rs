//! What a repository shows of the names and places that its configuration may say.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::inventory::convention::{Convention, fits, is_label};
use crate::inventory::facts::{Reference, Role, Usage};
use crate::inventory::index::{Inventory, Used};
use crate::path;

/// Registries that everybody pulls from without credentials, most of the time. Whose images need some is a matter of the
/// image there, so nothing is said of them.
const PUBLIC: [&str; 10] = [
    "docker.io",
    "*.docker.io",
    "gcr.io",
    "k8s.gcr.io",
    "mcr.microsoft.com",
    "nvcr.io",
    "public.ecr.aws",
    "quay.io",
    "registry.k8s.io",
    "localhost*",
];
/// Other words for the usual environments, as file names have them.
const ALIASES: [(&str, &str); 4] =
    [("prod", "production"), ("development", "dev"), ("stage", "staging"), ("prd", "production")];

/// What was seen. All names are fit to be shown; each stands with the first place that says it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub workflows: BTreeMap<String, String>,
    pub environments: BTreeMap<String, String>,
    /// Namespaces of no workflow, which are not the platform's.
    pub namespaces: BTreeMap<String, String>,
    pub certificates: Vec<Certificate>,
    /// Secrets of `envFrom` that the convention does not name.
    pub env_from: BTreeMap<String, String>,
    /// Secrets of `imagePullSecrets` that it does not name.
    pub image_pull: BTreeMap<String, String>,
    /// Registries from which each pod pulls with a Secret.
    pub registries: BTreeMap<String, String>,
    pub undefined: Vec<Undefined>,
    pub definitions: usize,
    pub references: usize,
}

/// A sealing certificate.
#[derive(Debug)]
pub(super) struct Certificate {
    pub path: String,
    pub expired: Option<Date>,
    /// What to call its cluster.
    pub name: String,
    /// Where its cluster's environments are certain; no environment is all.
    pub environments: Option<Vec<String>>,
}

/// A Secret that is named and that nothing defines.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Undefined {
    pub name: String,
    pub namespace: Option<String>,
    pub keys: BTreeSet<String>,
    pub place: String,
}

impl Seen {
    /// Looks through an inventory that was made with the default convention. `shown` makes names fit to be shown.
    pub(super) fn new(inventory: &Inventory<'_>, shown: &dyn Fn(&str) -> String, today: Date) -> Self {
        let mut seen = Self {
            definitions: inventory.defined.len(),
            references: inventory.used.len(),
            certificates: certificates(inventory, shown, today),
            registries: registries(inventory, shown),
            undefined: undefined(inventory, shown),
            ..Self::default()
        };
        seen.names(inventory, shown);
        for used in &inventory.used {
            let (allowed, list) = match used.reference.usage {
                Usage::EnvFrom => (inventory.convention.allows_env_from(&used.name), &mut seen.env_from),
                Usage::ImagePull => (inventory.convention.allows_image_pull(&used.name), &mut seen.image_pull),
                _ => continue,
            };
            if !allowed {
                list.entry(shown(&used.name)).or_insert_with(|| place(inventory, used.file, used.reference, shown));
            }
        }
        seen
    }

    fn names(&mut self, inventory: &Inventory<'_>, shown: &dyn Fn(&str) -> String) {
        let convention = inventory.convention;
        for (path, _) in inventory.files() {
            let Some(expected) = convention.expected(path) else { continue };
            let workflow = expected.workflow.filter(|workflow| inventory.workflows.contains(workflow));
            for (name, list) in [(workflow, &mut self.workflows), (expected.environment, &mut self.environments)] {
                if let Some(name) = name {
                    list.entry(shown(&name)).or_insert_with(|| shown(path));
                }
            }
        }
        let real = inventory.objects().filter(|(_, object)| object.role != Role::Example);
        for (at, _) in real {
            for namespace in inventory.landings(at).iter().filter_map(|landing| landing.namespace.known()) {
                let path = || shown(inventory.path(at.0));
                match convention.read(namespace, &inventory.workflows) {
                    Some((workflow, environment)) => {
                        self.workflows.entry(shown(workflow)).or_insert_with(path);
                        self.environments.entry(shown(environment)).or_insert_with(path);
                    }
                    None if !convention.is_system(namespace) => {
                        self.namespaces.entry(shown(namespace)).or_insert_with(path);
                    }
                    None => {}
                }
            }
        }
    }
}

fn place(inventory: &Inventory<'_>, file: usize, reference: &Reference, shown: &dyn Fn(&str) -> String) -> String {
    format!("{}:{}", shown(inventory.path(file)), reference.place.region.start.line)
}

/// The sealing certificates, each with the environments that its name or path says. Where two say the same, none does.
fn certificates(inventory: &Inventory<'_>, shown: &dyn Fn(&str) -> String, today: Date) -> Vec<Certificate> {
    let convention = inventory.convention;
    let mut found: Vec<(Certificate, Option<String>)> = Vec::new();
    for (path, facts) in inventory.files() {
        // A file of several is a chain, or a bundle of other certificates.
        let [certificate] = facts.certificates.as_slice() else { continue };
        // A path that must not be shown cannot be written either.
        if !certificate.sealing || shown(path) != **path {
            continue;
        }
        let expired = Some(certificate.expires).filter(|last| *last < today);
        let (stem, environment) = (stem(path), environment(convention, path));
        let name = environment.clone().unwrap_or(stem);
        let certificate = Certificate { path: path.to_string(), expired, name, environments: None };
        found.push((certificate, environment));
    }
    let alone = found.len() == 1;
    let said: Vec<Option<String>> = found.iter().map(|(_, environment)| environment.clone()).collect();
    for (certificate, environment) in &mut found {
        let once = said.iter().filter(|other| *other == environment).count() == 1;
        certificate.environments = match environment {
            _ if certificate.expired.is_some() => None,
            Some(environment) if once => Some(vec![environment.clone()]),
            // The only one there is.
            None if alone => Some(Vec::new()),
            _ => None,
        };
    }
    let mut certificates: Vec<Certificate> = found.into_iter().map(|(certificate, _)| certificate).collect();
    let mut names = BTreeSet::new();
    for certificate in &mut certificates {
        // A name stands once in the file.
        if !is_label(&certificate.name) || !names.insert(certificate.name.clone()) {
            certificate.environments = None;
        }
    }
    certificates
}

/// The file's name without its ending.
fn stem(path: &str) -> String {
    let name = path::name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_ascii_lowercase()
}

/// The environment that the file's place or name says; none where they say several.
fn environment(convention: &Convention, path: &str) -> Option<String> {
    if let Some(environment) = convention.expected(path).and_then(|expected| expected.environment) {
        return Some(environment);
    }
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    let name = stem(path);
    let said = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let names = words.map(|word| ALIASES.iter().find(|(alias, _)| *alias == word).map_or(word, |(_, name)| name));
        let known = names.filter(|name| convention.environments.iter().any(|(known, _)| known == name));
        known.map(str::to_owned).collect()
    };
    [name.as_str(), folder]
        .into_iter()
        .map(said)
        .find(|said| !said.is_empty())
        .filter(|said| said.len() == 1)?
        .pop_first()
}

/// Hosts of images from which every pod pulls with a Secret, so that naming them brings no finding today.
fn registries(inventory: &Inventory<'_>, shown: &dyn Fn(&str) -> String) -> BTreeMap<String, String> {
    let convention = inventory.convention;
    let mut hosts: BTreeMap<String, (String, bool)> = BTreeMap::new();
    for (at, object) in inventory.objects().filter(|(_, object)| object.role != Role::Example) {
        for pod in &object.pods {
            for (image, found) in &pod.images {
                let Some(host) = host(image).filter(|_| !convention.is_private_image(image)) else { continue };
                let place = || format!("{}:{}", shown(inventory.path(at.0)), found.region.start.line);
                let entry = hosts.entry(host).or_insert_with(|| (place(), true));
                entry.1 &= pod.pulls;
            }
        }
    }
    let wanted = |host: &str| !PUBLIC.iter().any(|public| fits(public, host)) && shown(host) == host;
    hosts
        .into_iter()
        .filter(|(host, (_, pulls))| *pulls && wanted(host))
        .map(|(host, (place, _))| (host, place))
        .collect()
}

/// The registry that an image names.
fn host(image: &str) -> Option<String> {
    let (first, _) = image.trim().split_once('/')?;
    let plain = first.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-".contains(&byte));
    (plain && first.contains(['.', ':'])).then(|| first.to_ascii_lowercase())
}

fn undefined(inventory: &Inventory<'_>, shown: &dyn Fn(&str) -> String) -> Vec<Undefined> {
    let mut found: BTreeMap<(String, Option<String>), Undefined> = BTreeMap::new();
    let convention = inventory.convention;
    let defined = |used: &Used<'_>| {
        used.follows
            || convention.is_delivered(&used.name)
            || inventory.definitions(&used.name, &used.namespace).next().is_some()
    };
    for used in inventory.used.iter().filter(|used| used.is_needed() && !defined(used)) {
        let namespace = used.namespace.known().map(shown);
        let name = shown(&used.name);
        let entry = found.entry((name.clone(), namespace.clone())).or_insert_with(|| {
            let place = place(inventory, used.file, used.reference, shown);
            Undefined { name, namespace, keys: BTreeSet::new(), place }
        });
        entry.keys.extend(used.reference.keys.iter().map(|(key, _)| shown(key)));
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_say_environments() {
        let convention = Convention::default();
        let of = |path| environment(&convention, path);
        for (path, said) in [
            ("certs/dev.pem", Some("dev")),
            ("certs/sealed-secrets-prod.crt", Some("production")),
            ("clusters/staging/tls.crt", Some("staging")),
            ("packages/financial-ml/dev/cert.pem", Some("dev")),
            ("certs/dev-and-staging.pem", None),
            ("certs/devops.pem", None),
            ("pub-cert.pem", None),
        ] {
            assert_eq!(of(path).as_deref(), said, "{path}");
        }
    }

    #[test]
    fn images_name_their_registry() {
        assert_eq!(host("registry.example.com/a/b:1").as_deref(), Some("registry.example.com"));
        assert_eq!(host("Registry:5000/a").as_deref(), Some("registry:5000"));
        assert_eq!([host("a/b"), host("python"), host("{{ .Values.a }}.b/c")], [None, None, None]);
    }
}
