//! Keys that are lists of texts: globs, names, templates.

use super::prelude::*;
use crate::config::bounds::{extended, narrowed};
use crate::config::text::{label, subdomain};
use crate::inventory::convention::{Convention, PathTemplate, RemotePath, is_label};

/// A key that is a list of names of objects.
const NAMES: Key<Listed<String>> = Key {
    name: "",
    scopes: ROOT_AND_POLICY,
    summary: "",
    default: "none",
    built_in: || built_in_list([]),
    read: |reader, label, node| reader.texts(label, "names", node, subdomain),
    bound: Bound::Free,
    schema: |_| shapes::shared("names"),
    show: Shown::names,
};

/// A key that is a list of globs of files.
const GLOBS: Key<Listed<String>> =
    Key { read: |reader, label, node| reader.globs(label, node), schema: |_| shapes::shared("globs"), ..NAMES };

/// The lists of all files add up.
pub(crate) const EXCLUDE: Key<Listed<String>> = Key {
    name: "exclude",
    scopes: &[Scope::Root, Scope::Nested, Scope::Policy],
    summary: "Globs of paths that are not searched, relative to the folder of the file. The summary counts them.",
    ..GLOBS
};

/// The lists of all files add up.
pub(crate) const RULE_PACKS: Key<Listed<String>> = Key {
    name: "rule-packs",
    summary: "Globs of rule files (`*.yml`) of your own, relative to the folder of the file.",
    ..GLOBS
};

pub(crate) const REMOTE_PATHS: Key<Listed<String>> = Key {
    name: "external-secrets.paths",
    summary: "Templates of the names that values have in stores (`remoteRef.key`).",
    default: "`/mllab/{service}/{secret}`, `/mllab/shared/{secret}`",
    built_in: || built_in_list(Convention::default().remote_paths.into_iter().map(|path| path.template)),
    read: |reader, label, node| reader.texts(label, "templates", node, remote_path),
    bound: Bound::Joined(narrowed),
    schema: |_| shapes::one_or_more(&json!({ "type": "string", "pattern": "\\{[-._A-Za-z0-9]+\\}", "maxLength": 256 })),
    ..NAMES
};

pub(crate) const STORES: Key<Listed<String>> = Key {
    name: "external-secrets.stores",
    summary: "Names of SecretStores and ClusterSecretStores that exist outside the repository.",
    bound: Bound::Joined(extended),
    ..NAMES
};

fn remote_path(text: &str) -> Result<String, Invalid> {
    RemotePath::new(text).map(|path| path.template).map_err(|why| Invalid::path("template", text, &why.to_string()))
}

pub(crate) const PATHS: Key<Listed<PathTemplate>> = Key {
    name: "paths",
    scopes: ROOT_AND_POLICY,
    summary: "Templates of paths that give the `{workflow}`, `{env}` or `{namespace}` of a file; the first that matches \
              counts.",
    default: "four, see below",
    built_in: || built_in_list(Convention::default().paths),
    read: |reader, label, node| reader.texts(label, "templates", node, template),
    bound: Bound::Joined(extended),
    schema: |_| {
        let pattern = "\\{(workflow|env|namespace)\\}";
        shapes::one_or_more(&json!({ "type": "string", "pattern": pattern, "maxLength": 256 }))
    },
    show: |value| Shown::list(value, |path| quote(&path.template)),
};

fn template(text: &str) -> Result<PathTemplate, Invalid> {
    PathTemplate::new(text).map_err(|why| Invalid::path("template", text, &why.to_string()))
}

pub(crate) const ENV_FROM: Key<Listed<String>> = Key {
    name: "references.env-from",
    summary: "Names of the Secrets that workloads may load as a whole with `envFrom`.",
    default: "`ml-platform`",
    built_in: || built_in_list(Convention::default().env_from),
    bound: Bound::Joined(narrowed),
    ..NAMES
};

pub(crate) const IMAGE_PULL: Key<Listed<String>> = Key {
    name: "references.image-pull",
    summary: "Names of the Secrets that may be used in `imagePullSecrets`.",
    default: "`ghcr`",
    built_in: || built_in_list(Convention::default().image_pull),
    bound: Bound::Joined(narrowed),
    ..NAMES
};

pub(crate) const PRIVATE_REGISTRIES: Key<Listed<String>> = Key {
    name: "references.private-registries",
    summary: "Registries whose images need a pull Secret, such as `ghcr.io/acme`.",
    default: "`ghcr.io`",
    built_in: || built_in_list(Convention::default().private_registries),
    read: |reader, label, node| reader.texts(label, "registries", node, registry),
    bound: Bound::Joined(extended),
    ..NAMES
};

/// `ghcr.io`, `ghcr.io/acme`, `registry:5000`, with `*` within a component.
fn registry(text: &str) -> Result<String, Invalid> {
    const EXPECTED: &str = "must be a host, with a port or the start of a path if needed: ghcr.io/acme";
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte);
    let (host, path) = text.split_once('/').unwrap_or((text, ""));
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let sound = text.len() <= LONGEST
        && !name.is_empty()
        && name.bytes().all(plain)
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && (text == host || path.split('/').all(|part| !part.is_empty() && part.bytes().all(plain)));
    checked(text, sound, || Invalid::path("registry", text, EXPECTED))
}

pub(crate) const SYSTEM_NAMESPACES: Key<Listed<String>> = Key {
    name: "system-namespaces",
    summary: "Globs of the platform's own namespaces, which belong to no workflow.",
    default: "those of the platform, see below",
    built_in: || built_in_list(Convention::default().system_namespaces),
    read: |reader, label, node| reader.texts(label, "globs", node, namespace_glob),
    bound: Bound::Joined(narrowed),
    ..NAMES
};

fn namespace_glob(text: &str) -> Result<String, Invalid> {
    checked(text, is_label(&text.replace('*', "x")), || {
        Invalid::path("glob", text, "must be the name of a namespace, in which `*` matches any characters")
    })
}

pub(crate) const WORKFLOWS: Key<Listed<String>> = Key {
    name: "workflows",
    scopes: &[Scope::Root],
    summary: "Names of the workflows.",
    default: "inferred from paths and namespaces",
    read: |reader, key, node| reader.texts(key, "names", node, label),
    schema: |_| shapes::one_or_more(&shapes::shared("label")),
    ..NAMES
};
