//! The convention in `--show-config`: as keys of a file, the origin of each value beside it, in the order that counts.

use std::fmt::{self, Write as _};

use super::super::show::{quote, scalar};
use super::super::values::{Origin, Valued};
use super::read::USAGES;
use super::{Cluster, Joined, Listed};
use crate::inventory::convention::{Declared, OwnKind};

impl Joined {
    /// Writes all keys, sorted.
    pub(in super::super) fn show(&self, out: &mut String) -> fmt::Result {
        mapping(out, "clusters", &self.clusters, |cluster| (cluster.name.clone(), show_cluster(cluster)))?;
        list(out, "", "declared-secrets", &self.declared, show_declared)?;
        mapping(out, "environments", &self.environments, |(name, template)| (name.clone(), quote(template)))?;
        writeln!(out, "external-secrets:")?;
        list(out, "  ", "paths", &self.remote_paths, |path| quote(path))?;
        list(out, "  ", "stores", &self.stores, |name| quote(name))?;
        list(out, "", "paths", &self.paths, |path| quote(&path.template))?;
        writeln!(out, "references:")?;
        list(out, "  ", "env-from", &self.env_from, |name| quote(name))?;
        list(out, "  ", "image-pull", &self.image_pull, |name| quote(name))?;
        list(out, "  ", "kinds", &self.kinds, show_kind)?;
        list(out, "  ", "private-registries", &self.private_registries, |name| quote(name))?;
        writeln!(out, "rotation:")?;
        scalar(out, "  max-age", format!("{}d", self.max_age.value), &self.max_age.origin)?;
        writeln!(out, "strength:")?;
        scalar(out, "  min-length", self.min_length.value.to_string(), &self.min_length.origin)?;
        scalar(out, "  random", self.random.value.to_string(), &self.random.origin)?;
        list(out, "", "system-namespaces", &self.system_namespaces, |name| quote(name))?;
        list(out, "", "workflows", &self.workflows, |name| quote(name))
    }
}

fn list<T>(out: &mut String, indent: &str, key: &str, list: &Listed<T>, show: impl Fn(&T) -> String) -> fmt::Result {
    if list.value.is_empty() {
        return writeln!(out, "{indent}{key}: []  # {}", list.origin);
    }
    writeln!(out, "{indent}{key}:")?;
    let line = |Valued { value, origin }: &Valued<T>| writeln!(out, "{indent}  - {}  # {origin}", show(value));
    list.value.iter().try_for_each(line)
}

fn mapping<T>(out: &mut String, key: &str, list: &Listed<T>, show: impl Fn(&T) -> (String, String)) -> fmt::Result {
    if list.value.is_empty() {
        return writeln!(out, "{key}: {{}}  # {}", list.origin);
    }
    writeln!(out, "{key}:")?;
    let mut line = |value: &T, origin: &Origin| {
        let (name, value) = show(value);
        writeln!(out, "  {}: {value}  # {origin}", quote(&name))
    };
    list.value.iter().try_for_each(|item| line(&item.value, &item.origin))
}

fn flow<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    format!("[{}]", names.into_iter().map(quote).collect::<Vec<_>>().join(", "))
}

fn show_cluster(cluster: &Cluster) -> String {
    let environments = cluster.environments.iter().map(|names| {
        let names = names.iter().map(|name| name.value.as_str());
        format!(", environments: {}", flow(names))
    });
    format!("{{ cert: {}{} }}", quote(&cluster.certificate), environments.collect::<String>())
}

fn show_declared(declared: &Declared) -> String {
    let namespace = declared.namespace.iter().map(|namespace| format!(", namespace: {}", quote(namespace)));
    let keys = declared.keys.iter().map(|keys| format!(", keys: {}", flow(keys.iter().map(String::as_str))));
    format!("{{ name: {}{} }}", quote(&declared.name), namespace.chain(keys).collect::<String>())
}

fn show_kind(kind: &OwnKind) -> String {
    let mut text = format!("{{ kind: {}", quote(&kind.kind));
    let group = kind.group.iter().map(|group| ("group", group));
    let key = kind.key.iter().map(|key| ("key", key));
    for (name, value) in group.chain([("path", &kind.path)]).chain(key) {
        // Writing to a string does not fail.
        let _ = write!(text, ", {name}: {}", quote(value));
    }
    let usage = USAGES.into_iter().find(|(_, usage)| *usage == kind.usage).map_or("credential", |(name, _)| name);
    let _ = write!(text, ", usage: {usage}, optional: {} }}", kind.optional);
    text
}
