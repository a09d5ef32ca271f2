//! Reading the keys of the convention, every fault with its place.

use super::super::file::Reader;
use super::super::node::{Key, Node, Value};
use super::super::values::{Valued, parse_age};
use super::{Cluster, Listed};
use crate::error::{nearest, quoted, quoted_glob};
use crate::inventory::convention::{Declared, OwnKind, PathTemplate, RemotePath, WORKFLOW, is_label, is_subdomain};
use crate::inventory::facts::Usage;
use crate::span::Position;

/// What names of namespaces, workflows and environments are made of.
const LABEL: &str = "lower-case letters, digits and inner dashes, at most 63 (DNS-1123)";
/// What names of Secrets are made of.
const SUBDOMAIN: &str = "lower-case letters, digits, inner dashes and dots, at most 253 (DNS-1123)";
/// Most characters that can be asked of a value.
pub(super) const LONGEST_VALUE: usize = 1024;
/// Longest text of a free form.
const LONGEST: usize = 253;

/// How usages are written.
pub(super) const USAGES: [(&str, Usage); 7] = [
    ("env", Usage::Env),
    ("env-from", Usage::EnvFrom),
    ("volume", Usage::Volume),
    ("image-pull", Usage::ImagePull),
    ("tls", Usage::Tls),
    ("credential", Usage::Credential),
    ("access", Usage::Access),
];

impl Reader<'_> {
    /// Reads one key of the convention.
    pub(in super::super) fn convention(&mut self, name: &str, node: Node) {
        match name {
            "environments" => self.file.convention.environments = self.environments(node),
            "workflows" => self.file.convention.workflows = self.items(name, "names", node, label),
            "system-namespaces" => {
                self.file.convention.system_namespaces = self.items(name, "globs", node, namespace_glob);
            }
            "paths" => {
                let template = |text: &str| {
                    PathTemplate::new(text).map_err(|why| format!("bad template {}: {why}", quoted_glob(text)))
                };
                self.file.convention.paths = self.items(name, "templates", node, template);
            }
            "references" => self.references(node),
            "declared-secrets" => self.file.convention.declared = self.declared(node),
            "external-secrets" => self.external_secrets(node),
            "clusters" => self.file.convention.clusters = self.clusters(node),
            "rotation" => self.rotation(node),
            "strength" => self.strength(node),
            _ => {}
        }
    }

    /// A list of texts (or one alone), each of which `read` takes or refuses with what is wrong.
    fn items<T: PartialEq>(
        &mut self,
        name: &str,
        what: &str,
        node: Node,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Listed<T>> {
        let at = node.at;
        let nodes = match node.value {
            Value::List(nodes) => nodes,
            Value::Text(_) => vec![node],
            _ => {
                self.mistyped(&node, &format!("`{name}` is a list of {what}"));
                return None;
            }
        };
        let mut items: Vec<Valued<T>> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let Value::Text(text) = &node.value else {
                self.mistyped(&node, &format!("`{name}` is a list of {what}, each a text"));
                continue;
            };
            match read(text) {
                Ok(value) if items.iter().any(|item| item.value == value) => {
                    self.fault(node.at, format!("{} stands twice in `{name}`", quoted_glob(text)), None);
                }
                Ok(value) => items.push(self.valued(node.at, value)),
                Err(why) => self.fault(node.at, why, None),
            }
        }
        Some(self.valued(at, items))
    }

    /// The entries of a mapping that has only these keys.
    pub(in super::super) fn fields(
        &mut self,
        what: &str,
        node: Node,
        known: &[&'static str],
    ) -> Option<Vec<(Key, Node)>> {
        let Value::Map(mut entries) = node.value else {
            self.mistyped(&node, &format!("{what} is a mapping of {}", known.join(", ")));
            return None;
        };
        entries.retain(|(key, _)| {
            let is_known = known.contains(&key.name.as_str());
            if !is_known {
                self.unknown_inner(key, known);
            }
            is_known
        });
        Some(entries)
    }

    /// One text that `read` takes or refuses.
    pub(in super::super) fn text<T>(
        &mut self,
        key: &str,
        node: &Node,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let Value::Text(text) = &node.value else {
            self.mistyped(node, &format!("`{key}` is a text"));
            return None;
        };
        read(text).map_err(|why| self.fault(node.at, why, None)).ok()
    }

    /// Whether no fault was found since there were `before`; says that `key` is missing where that is all.
    pub(in super::super) fn complete(
        &mut self,
        before: usize,
        at: Position,
        what: &str,
        required: &[(&str, bool)],
    ) -> bool {
        if self.faults() > before {
            return false;
        }
        for (key, _) in required.iter().filter(|(_, given)| !given) {
            self.fault(at, format!("{what} has no `{key}`"), None);
        }
        self.faults() == before
    }

    fn environments(&mut self, node: Node) -> Option<Listed<(String, String)>> {
        let at = node.at;
        let Value::Map(entries) = node.value else {
            self.mistyped(&node, "`environments` is a mapping of names to templates of namespaces");
            return None;
        };
        let mut items: Vec<Valued<(String, String)>> = Vec::with_capacity(entries.len());
        for (key, node) in entries {
            let Ok(name) = label(&key.name) else {
                self.fault(key.at, format!("bad name {}: {LABEL}", quoted(&key.name)), None);
                continue;
            };
            let template = |text: &str| {
                let why = bad_spelling(text)?;
                Some(format!("the template of {} {why}", quoted(&name)))
            };
            let read = |text: &str| template(text).map_or_else(|| Ok(text.to_owned()), Err);
            let Some(template) = self.text(&key.name, &node, read) else { continue };
            if let Some(same) = items.iter().find(|item| item.value.1 == template) {
                let (name, other) = (quoted(&name), quoted(&same.value.0));
                self.fault(node.at, format!("{name} has the template of {other}, so a namespace would be both"), None);
                continue;
            }
            items.push(self.valued(key.at, (name, template)));
        }
        Some(self.valued(at, items))
    }

    fn references(&mut self, node: Node) {
        const KNOWN: [&str; 4] = ["env-from", "image-pull", "kinds", "private-registries"];
        for (key, node) in self.fields("`references`", node, &KNOWN).unwrap_or_default() {
            let name = key.name.as_str();
            match name {
                "env-from" => self.file.convention.env_from = self.items(name, "names", node, subdomain),
                "image-pull" => self.file.convention.image_pull = self.items(name, "names", node, subdomain),
                "private-registries" => {
                    self.file.convention.private_registries = self.items(name, "registries", node, registry);
                }
                _ => self.file.convention.kinds = self.mappings(name, node, Self::kind),
            }
        }
    }

    fn external_secrets(&mut self, node: Node) {
        for (key, node) in self.fields("`external-secrets`", node, &["paths", "stores"]).unwrap_or_default() {
            let name = key.name.as_str();
            if name == "stores" {
                self.file.convention.stores = self.items(name, "names", node, subdomain);
                continue;
            }
            let template = |text: &str| {
                let read = RemotePath::new(text).map(|path| path.template);
                read.map_err(|why| format!("bad template {}: {why}", quoted_glob(text)))
            };
            self.file.convention.remote_paths = self.items(name, "templates", node, template);
        }
    }

    /// A list of mappings, each of which `read` takes or refuses.
    pub(in super::super) fn mappings<T>(
        &mut self,
        name: &str,
        node: Node,
        read: impl Fn(&mut Self, Node, &[Valued<T>]) -> Option<T>,
    ) -> Option<Listed<T>> {
        let at = node.at;
        let Value::List(nodes) = node.value else {
            self.mistyped(&node, &format!("`{name}` is a list of mappings"));
            return None;
        };
        let mut items = Vec::with_capacity(nodes.len());
        for node in nodes {
            let at = node.at;
            if let Some(value) = read(self, node, &items) {
                items.push(self.valued(at, value));
            }
        }
        Some(self.valued(at, items))
    }

    fn kind(&mut self, node: Node, before: &[Valued<OwnKind>]) -> Option<OwnKind> {
        const KNOWN: [&str; 6] = ["kind", "group", "path", "key", "usage", "optional"];
        const WHAT: &str = "an entry of `kinds`";
        let (at, before_it) = (node.at, self.faults());
        let (mut kind, mut group, mut path, mut key) = (None, None, None, None);
        let (mut usage, mut optional) = (Some(Usage::Credential), None);
        for (field, node) in self.fields(WHAT, node, &KNOWN)? {
            let name = field.name.as_str();
            match name {
                "kind" => kind = self.text(name, &node, kind_name),
                "group" => group = self.text(name, &node, api_group),
                "path" => path = self.text(name, &node, field_path),
                "key" => key = self.text(name, &node, field_path),
                "usage" => usage = self.usage(&node),
                _ => optional = self.truth(name, &node),
            }
        }
        if !self.complete(before_it, at, WHAT, &[("kind", kind.is_some()), ("path", path.is_some())]) {
            return None;
        }
        let optional = optional.is_some_and(|optional| optional.value);
        let kind = OwnKind { kind: kind?, group, path: path?, key, usage: usage?, optional };
        let same = |other: &OwnKind| (&other.kind, &other.group, &other.path) == (&kind.kind, &kind.group, &kind.path);
        if before.iter().any(|other| same(&other.value)) {
            self.fault(at, format!("this path of {} stands twice in `kinds`", quoted(&kind.kind)), None);
            return None;
        }
        Some(kind)
    }

    fn usage(&mut self, node: &Node) -> Option<Usage> {
        let names = USAGES.map(|(name, _)| name);
        let choices = format!("`usage` is one of {}", names.join(", "));
        let Value::Text(text) = &node.value else {
            self.mistyped(node, &choices);
            return None;
        };
        if let Some((_, usage)) = USAGES.into_iter().find(|(name, _)| name == text) {
            return Some(usage);
        }
        let near = nearest(text, names).map(|near| format!("did you mean `{near}`?"));
        self.fault(node.at, choices, near);
        None
    }

    fn declared(&mut self, node: Node) -> Option<Listed<Declared>> {
        self.mappings("declared-secrets", node, |reader, node, before| {
            const KNOWN: [&str; 3] = ["name", "namespace", "keys"];
            const WHAT: &str = "an entry of `declared-secrets`";
            let (at, before_it) = (node.at, reader.faults());
            let (mut name, mut namespace, mut keys) = (None, None, None);
            for (field, node) in reader.fields(WHAT, node, &KNOWN)? {
                match field.name.as_str() {
                    "name" => name = reader.text("name", &node, subdomain),
                    "namespace" => namespace = reader.text("namespace", &node, label),
                    _ => keys = reader.items("keys", "names", node, data_key),
                }
            }
            if !reader.complete(before_it, at, WHAT, &[("name", name.is_some())]) {
                return None;
            }
            let keys = keys.map(|keys| keys.value.into_iter().map(|key| key.value).collect());
            let declared = Declared { name: name?, namespace, keys };
            let same = |other: &Declared| (&other.name, &other.namespace) == (&declared.name, &declared.namespace);
            if before.iter().any(|other| same(&other.value)) {
                let place = match &declared.namespace {
                    Some(namespace) => format!(" for {}", quoted(namespace)),
                    None => String::new(),
                };
                let what = format!("{}{place} stands twice in `declared-secrets`", quoted(&declared.name));
                reader.fault(at, what, Some("list all keys in one entry".to_owned()));
                return None;
            }
            Some(declared)
        })
    }

    fn clusters(&mut self, node: Node) -> Option<Listed<Cluster>> {
        const KNOWN: [&str; 2] = ["cert", "environments"];
        let at = node.at;
        let Value::Map(entries) = node.value else {
            self.mistyped(&node, "`clusters` is a mapping of names to { cert, environments }");
            return None;
        };
        let mut items = Vec::with_capacity(entries.len());
        for (key, node) in entries {
            let what = format!("the cluster {}", quoted(&key.name));
            if !is_label(&key.name) {
                self.fault(key.at, format!("bad name {}: {LABEL}", quoted(&key.name)), None);
                continue;
            }
            let (node_at, before) = (node.at, self.faults());
            let Some(fields) = self.fields(&what, node, &KNOWN) else { continue };
            let (mut certificate, mut environments) = (None, None);
            for (field, node) in fields {
                match field.name.as_str() {
                    "cert" => certificate = self.text("cert", &node, inner_path),
                    _ => environments = self.items("environments", "names", node, label),
                }
            }
            if !self.complete(before, node_at, &what, &[("cert", certificate.is_some())]) {
                continue;
            }
            if let Some(certificate) = certificate {
                let environments = environments.map(|environments| environments.value);
                items.push(self.valued(key.at, Cluster { name: key.name, certificate, environments }));
            }
        }
        Some(self.valued(at, items))
    }

    fn strength(&mut self, node: Node) {
        for (key, node) in self.fields("`strength`", node, &["min-length", "random"]).unwrap_or_default() {
            if key.name == "random" {
                self.file.convention.random = self.truth("random", &node);
                continue;
            }
            let number = match &node.value {
                Value::Number(text) => text.parse::<usize>().ok(),
                _ => None,
            };
            match number.filter(|number| (1..=LONGEST_VALUE).contains(number)) {
                Some(number) => self.file.convention.min_length = Some(self.valued(node.at, number)),
                None => self.mistyped(&node, "`min-length` is a number of characters, 1 to 1024"),
            }
        }
    }

    fn rotation(&mut self, node: Node) {
        for (_, node) in self.fields("`rotation`", node, &["max-age"]).unwrap_or_default() {
            let (Value::Text(text) | Value::Number(text)) = &node.value else {
                self.mistyped(&node, "`max-age` is a number of days or weeks such as 90d or 12w");
                continue;
            };
            match parse_age(text) {
                Ok(days) => self.file.convention.max_age = Some(self.valued(node.at, days)),
                Err(why) => self.fault(node.at, format!("`max-age` {why}"), None),
            }
        }
    }
}

/// What is wrong with the template of an environment's namespace, in words that follow it.
fn bad_spelling(template: &str) -> Option<&'static str> {
    let Some((before, after)) = template.split_once(WORKFLOW) else { return Some("has no {workflow}") };
    if after.contains(WORKFLOW) {
        return Some("has {workflow} twice");
    }
    if (before.to_owned() + after).contains(['{', '}']) {
        return Some("has braces other than {workflow}");
    }
    (!is_label(&format!("{before}x{after}")))
        .then_some("spells no name of a namespace: lower-case letters, digits and inner dashes, at most 63 (DNS-1123)")
}

fn label(text: &str) -> Result<String, String> {
    if is_label(text) { Ok(text.to_owned()) } else { Err(format!("bad name {}: {LABEL}", quoted(text))) }
}

fn subdomain(text: &str) -> Result<String, String> {
    if is_subdomain(text) { Ok(text.to_owned()) } else { Err(format!("bad name {}: {SUBDOMAIN}", quoted(text))) }
}

fn namespace_glob(text: &str) -> Result<String, String> {
    if is_label(&text.replace('*', "x")) {
        return Ok(text.to_owned());
    }
    Err(format!("bad glob {}: a name of a namespace, in which `*` is any characters", quoted_glob(text)))
}

/// `ghcr.io`, `ghcr.io/acme`, `registry:5000`, with `*` within a component.
fn registry(text: &str) -> Result<String, String> {
    const RIGHT: &str = "a registry is a host, with a port or the start of a path where it matters: ghcr.io/acme";
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte);
    let (host, path) = text.split_once('/').unwrap_or((text, ""));
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let sound = text.len() <= LONGEST
        && !name.is_empty()
        && name.bytes().all(plain)
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && (text == host || path.split('/').all(|part| !part.is_empty() && part.bytes().all(plain)));
    if sound { Ok(text.to_owned()) } else { Err(format!("bad registry {}: {RIGHT}", quoted_glob(text))) }
}

fn kind_name(text: &str) -> Result<String, String> {
    let sound = text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if sound { Ok(text.to_owned()) } else { Err(format!("bad kind {}: write it as in a manifest", quoted(text))) }
}

/// Empty is the core group.
fn api_group(text: &str) -> Result<String, String> {
    if text.is_empty() || is_subdomain(text) {
        return Ok(text.to_owned());
    }
    Err(format!("bad group {}: what stands before the `/` of `apiVersion`", quoted_glob(text)))
}

/// `spec.stores[].credentials.secretName`, with `*` for each key.
fn field_path(text: &str) -> Result<String, String> {
    let name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let part = |part: &str| {
        let part = part.trim_end_matches("[]");
        part == "*" || name(part)
    };
    if text.len() <= LONGEST && text.split('.').all(part) {
        return Ok(text.to_owned());
    }
    let right = "names of fields with dots between, `[]` for each item of a list, `*` for each key";
    Err(format!("bad path {}: {right}", quoted_glob(text)))
}

fn data_key(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=LONGEST).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Err(format!("bad key {}: letters, digits, `-`, `_` and `.`", quoted(text)))
}

/// A path from the root that stays below it.
pub(in crate::config) fn inner_path(text: &str) -> Result<String, String> {
    let body = text.strip_prefix("./").unwrap_or(text);
    let part = |part: &str| !matches!(part, "" | "." | "..");
    if body.len() <= 4096 && !body.contains([':', '\\']) && body.split('/').all(part) {
        return Ok(body.to_owned());
    }
    Err(format!("bad path {}: a file below the root, written from there with `/`", quoted_glob(text)))
}
