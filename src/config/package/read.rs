//! Reading the key `package`, every fault with its place.

use super::super::file::Reader;
use super::super::node::{Node, Value};
use super::super::values::Valued;
use super::{Content, Item, PackageSecret, Registry, pieces};
use crate::error::quoted;
use crate::seal::identity::is_key;

/// Longest name of a Secret: that of its file, `{name}-sealed-secret.yaml`, has to fit into 255 bytes.
const LONGEST_NAME: usize = 234;
/// Longest literal or template, bytes.
const LONGEST: usize = 64 << 10;

impl Reader<'_> {
    pub(in super::super) fn package(&mut self, node: Node) {
        for (key, node) in self.fields("`package`", node, &["approved-by", "secrets"]).unwrap_or_default() {
            let at = node.at;
            if key.name == "approved-by" {
                let approved = self.text("approved-by", &node, approver);
                self.file.package.approved_by = approved.map(|value| self.valued(at, value));
            } else {
                self.file.package.secrets = self.mappings("secrets", node, Self::package_secret);
            }
        }
    }

    fn package_secret(&mut self, node: Node, before: &[Valued<PackageSecret>]) -> Option<PackageSecret> {
        const WHAT: &str = "an entry of `secrets`";
        let (at, before_it) = (node.at, self.faults());
        let (mut name, mut keys, mut registry) = (None, None, None);
        for (field, node) in self.fields(WHAT, node, &["name", "keys", "registry"])? {
            match field.name.as_str() {
                "name" => name = self.text("name", &node, secret_name),
                "keys" => keys = self.package_keys(node),
                _ => registry = self.registry(node),
            }
        }
        if !self.complete(before_it, at, WHAT, &[("name", name.is_some())]) {
            return None;
        }
        let name = name?;
        let content = match (keys, registry) {
            (Some(keys), None) => Content::Keys(keys),
            (None, Some(registry)) => Content::Registry(Box::new(registry)),
            (keys, _) => {
                let what = if keys.is_some() { "both `keys` and `registry`" } else { "neither `keys` nor `registry`" };
                let help = "`keys` for keys and their values, `registry` for the login of a container registry";
                self.fault(at, format!("{} has {what}", quoted(&name)), Some(help.to_owned()));
                return None;
            }
        };
        if before.iter().any(|other| other.value.name == name) {
            self.fault(at, format!("{} stands twice in `secrets`", quoted(&name)), None);
            return None;
        }
        Some(PackageSecret { name, content })
    }

    fn package_keys(&mut self, node: Node) -> Option<Vec<(String, Valued<Item>)>> {
        let at = node.at;
        let Value::Map(entries) = node.value else {
            self.mistyped(&node, "`keys` is a mapping of keys to { from }, { value } or { template }");
            return None;
        };
        if entries.is_empty() {
            self.fault(at, "`keys` is empty".to_owned(), None);
            return None;
        }
        let mut items = Vec::with_capacity(entries.len());
        for (key, node) in entries {
            if !is_key(&key.name) {
                let message = format!("bad key {}: letters, digits, `-`, `_` and `.`", quoted(&key.name));
                self.fault(key.at, message, None);
            } else if let Some(item) = self.item(&key.name, node) {
                items.push((key.name, item));
            }
        }
        Some(items)
    }

    fn registry(&mut self, node: Node) -> Option<Registry> {
        let (at, before) = (node.at, self.faults());
        let (mut server, mut username, mut password, mut email) = (None, None, None, None);
        for (field, node) in self.fields("`registry`", node, &["server", "username", "password", "email"])? {
            let name = field.name.as_str();
            match name {
                "server" => server = self.text(name, &node, host),
                "username" => username = self.item(name, node),
                "password" => password = self.item(name, node),
                _ => email = self.item(name, node),
            }
        }
        let required =
            [("server", server.is_some()), ("username", username.is_some()), ("password", password.is_some())];
        if !self.complete(before, at, "`registry`", &required) {
            return None;
        }
        Some(Registry { server: server?, username: username?, password: password?, email })
    }

    /// `{ from: NAME }`, `{ value: text }` or `{ template: text }`.
    fn item(&mut self, key: &str, node: Node) -> Option<Valued<Item>> {
        const KNOWN: [&str; 3] = ["from", "value", "template"];
        let (at, key) = (node.at, quoted(key));
        if let Value::Text(_) | Value::Number(_) | Value::Bool(_) = node.value {
            // A text could be meant as either, and one of them would put a credential into the repository.
            let help = "write { from: NAME } for a credential, { value: text } for a setting".to_owned();
            self.fault(at, format!("{key} does not say where its value comes from"), Some(help));
            return None;
        }
        let before = self.faults();
        let mut fields = self.fields(&key, node, &KNOWN)?;
        if self.faults() > before {
            return None;
        }
        let (Some((field, node)), true) = (fields.pop(), fields.is_empty()) else {
            self.fault(at, format!("{key} has to have one of {}", KNOWN.join(", ")), None);
            return None;
        };
        let name = field.name.as_str();
        let item = match name {
            "from" => Item::From(self.text(name, &node, source_name)?),
            "value" => Item::Value(self.text(name, &node, literal)?),
            _ => Item::Template(self.text(name, &node, template)?),
        };
        Some(self.valued(node.at, item))
    }
}

fn approver(text: &str) -> Result<String, String> {
    super::check_approver(text).map(|()| text.to_owned()).map_err(|why| format!("`approved-by` {why}"))
}

fn secret_name(text: &str) -> Result<String, String> {
    if crate::seal::identity::is_name(text) && text.len() <= LONGEST_NAME {
        return Ok(text.to_owned());
    }
    let right = "lower-case letters, digits, inner dashes and dots";
    Err(format!("bad name {}: {right}, at most {LONGEST_NAME}", quoted(text)))
}

/// What every shell can set as a variable.
fn source_name(text: &str) -> Result<String, String> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let sound = text.len() <= 200 && text.bytes().all(inner) && !text.starts_with(|c: char| c.is_ascii_digit());
    if sound && !text.is_empty() {
        return Ok(text.to_owned());
    }
    Err(format!("bad name {}: that of an environment variable, such as MINIO_SECRET_KEY", quoted(text)))
}

fn literal(text: &str) -> Result<String, String> {
    if text.len() > LONGEST { Err("a value has at most 64 KiB".to_owned()) } else { Ok(text.to_owned()) }
}

fn template(text: &str) -> Result<String, String> {
    let text = literal(text)?;
    let all = pieces(&text);
    for (_, name) in &all {
        name.map_or(Ok(()), |name| source_name(name).map(drop))?;
    }
    if all.last().is_some_and(|(rest, _)| rest.contains("${")) {
        return Err("a `${` of the template has no `}`".to_owned());
    }
    if all.len() == 1 {
        return Err("the template has no ${NAME}; write it as `value`".to_owned());
    }
    Ok(text)
}

fn host(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/".contains(&byte);
    let sound = (1..=253).contains(&text.len()) && text.bytes().all(plain);
    if sound { Ok(text.to_owned()) } else { Err(format!("bad server {}: a host such as ghcr.io", quoted(text))) }
}
