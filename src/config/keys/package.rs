//! `package.approved-by` and `package.secrets`: which Secrets a delivery package contains, and where their values come
//! from.

use super::prelude::*;
use crate::config::package::{Content, Item, PackageSecret, Registry, check_approver, default_secrets, pieces};
use crate::config::shapes::{object, text as text_shape};
use crate::config::values::{Origin, choices};
use crate::error::quoted;
use crate::inventory::convention::is_subdomain;
use crate::mask::MASK;
use crate::seal::identity::is_key;

/// Longest name of a Secret: that of its file, `{name}-sealed-secret.yaml`, has to fit into 255 bytes.
const LONGEST_NAME: usize = 234;
/// Longest literal or template, bytes.
const LONGEST_VALUE: usize = 64 << 10;
/// Where a value can come from.
const SOURCES: [&str; 3] = ["from", "value", "template"];

pub(crate) const APPROVED_BY: Key<Option<Valued<String>>> = Key {
    name: "package.approved-by",
    scopes: &[Scope::Root],
    summary: "Who approves of packages: a name or an address.",
    default: "none",
    built_in: || None,
    read: |reader, label, node| {
        let approver = reader.text(label, node, |text| match check_approver(text) {
            Ok(()) => Ok(text.to_owned()),
            Err(why) => Err(Invalid::Other(format!("`approved-by` {why}"))),
        });
        Some(Some(reader.valued(node.at(), approver?)))
    },
    bound: Bound::Free,
    schema: |_| text_shape(LONGEST),
    show: |value| value.as_ref().map_or(Shown::Nothing, |value| Shown::scalar(value, |who| quote(who))),
};

pub(crate) const SECRETS: Key<Listed<PackageSecret>> = Key {
    name: "package.secrets",
    scopes: &[Scope::Root],
    summary: "The Secrets of each environment, and where their values come from.",
    default: "`ml-platform`, `ghcr`",
    built_in: || Valued::built_in(default_secrets()),
    read: |reader, label, node| reader.mappings(label, node, secret),
    bound: Bound::Free,
    schema: |_| {
        let source = json!({
            "type": "object",
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {
                "from": { "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": 200 },
                "value": { "type": "string" },
                "template": { "type": "string", "pattern": "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}" }
            }
        });
        let login = [
            ("server", text_shape(LONGEST)),
            ("username", source.clone()),
            ("password", source.clone()),
            ("email", source.clone()),
        ];
        let keys = json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": { "pattern": "^[-._A-Za-z0-9]+$", "maxLength": 253 },
            "additionalProperties": source
        });
        let properties = [
            ("name", text_shape(LONGEST_NAME)),
            ("keys", keys),
            ("registry", object(&["server", "username", "password"], login)),
        ];
        let mut secret = object(&["name"], properties);
        secret["oneOf"] = json!([{ "required": ["keys"] }, { "required": ["registry"] }]);
        json!({ "type": "array", "items": secret })
    },
    show: |value| {
        Shown::list(value, |secret| {
            let (key, content) = match &secret.content {
                Content::Keys(keys) => {
                    let quoted: Vec<_> = keys.iter().map(|(key, item)| (quote(key), show_item(item))).collect();
                    ("keys", flow_map(quoted.iter().map(|(key, item)| (key.as_str(), Some(item)))))
                }
                Content::Registry(login) => {
                    let fields = [
                        ("server", Some(quote(&login.server))),
                        ("\"username\"", Some(show_item(&login.username))),
                        ("\"password\"", Some(show_item(&login.password))),
                        ("\"email\"", login.email.as_ref().map(show_item)),
                    ];
                    ("registry", flow_map(fields))
                }
            };
            flow_map([("name", Some(quote(&secret.name))), (key, Some(content))])
        })
    },
};

fn show_item(item: &Valued<Item>) -> String {
    let (source, text) = match &item.value {
        Item::From(name) => ("from", name.clone()),
        Item::Value(text) if item.origin == Origin::Default => ("value", text.clone()),
        // It may be a password, although it should not be here.
        Item::Value(_) => ("value", MASK.to_owned()),
        Item::Template(text) => {
            let shown = pieces(text).into_iter().map(|(literal, name)| {
                let literal = if literal.is_empty() { "" } else { MASK };
                literal.to_owned() + &name.map(|name| format!("${{{name}}}")).unwrap_or_default()
            });
            ("template", shown.collect())
        }
    };
    flow_map([(source, Some(quote(&text)))])
}

fn secret(reader: &mut Reader<'_>, node: Node<'_>, before: &[Valued<PackageSecret>]) -> Option<PackageSecret> {
    let mut fields = reader.fields("an entry of `secrets`", node, &["name", "keys", "registry"])?;
    let name = fields.text("name", secret_name);
    let keys = fields.get("keys", keys);
    let registry = fields.get("registry", registry);
    let reader = fields.complete(&[("name", name.is_some())])?;
    let name = name?;
    let content = match (keys, registry) {
        (Some(keys), None) => Content::Keys(keys),
        (None, Some(registry)) => Content::Registry(Box::new(registry)),
        (keys, _) => {
            let what = if keys.is_some() { "both `keys` and `registry`" } else { "neither `keys` nor `registry`" };
            let help = "use `keys` for keys and their values, `registry` for the login of a container registry";
            reader.fault_with_help(node.at(), format!("{} has {what}", quoted(&name)), help);
            return None;
        }
    };
    if before.iter().any(|other| other.value.name == name) {
        reader.fault(node.at(), format!("{} is listed twice in `secrets`", quoted(&name)));
        return None;
    }
    Some(PackageSecret { name, content })
}

fn keys(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Vec<(String, Valued<Item>)>> {
    let expected = "`keys` must be a mapping of keys to { from }, { value } or { template }";
    let entries = reader.entries(expected, node)?;
    if entries.is_empty() {
        reader.fault(node.at(), "`keys` is empty");
        return None;
    }
    let mut items = Vec::with_capacity(entries.len());
    for (name, node) in entries {
        if !is_key(name.text) {
            reader.fault(name.at, Invalid::name("key", name.text, "use letters, digits, `-`, `_` and `.`").to_string());
        } else if let Some(item) = item(reader, name.text, node) {
            items.push((name.text.to_owned(), item));
        }
    }
    Some(items)
}

fn registry(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Registry> {
    let mut fields = reader.fields("`registry`", node, &["server", "username", "password", "email"])?;
    let server = fields.text("server", host);
    let [username, password, email] =
        ["username", "password", "email"].map(|name| fields.get(name, |reader, node| item(reader, name, node)));
    let required = [("server", server.is_some()), ("username", username.is_some()), ("password", password.is_some())];
    fields.complete(&required)?;
    Some(Registry { server: server?, username: username?, password: password?, email })
}

/// `{ from: NAME }`, `{ value: text }` or `{ template: text }`.
fn item(reader: &mut Reader<'_>, key: &str, node: Node<'_>) -> Option<Valued<Item>> {
    let key = quoted(key);
    if let Value::Text(_) | Value::Number(_) | Value::Bool(_) = node.value() {
        // A text could be meant as either, and one of them would put a credential into the repository.
        let help = "use { from: NAME } for a credential, { value: text } for a setting";
        reader.fault_with_help(node.at(), format!("{key} does not say where its value comes from"), help);
        return None;
    }
    let fields = reader.fields(&key, node, &SOURCES)?;
    let given = fields.entries().to_vec();
    let reader = fields.complete(&[])?;
    let [(name, node)] = given[..] else {
        reader.fault(node.at(), format!("{key} must have exactly one of {}", choices(&SOURCES)));
        return None;
    };
    let item = match name.text {
        "from" => Item::From(reader.text("from", node, source_name)?),
        "value" => Item::Value(reader.text("value", node, literal)?),
        _ => Item::Template(reader.text("template", node, template)?),
    };
    Some(reader.valued(node.at(), item))
}

fn secret_name(text: &str) -> Result<String, Invalid> {
    checked(text, is_subdomain(text) && text.len() <= LONGEST_NAME, || {
        let expected =
            format!("use lowercase letters, digits, inner dashes and dots, at most {LONGEST_NAME} characters");
        Invalid::name("name", text, &expected)
    })
}

/// What every shell can set as a variable.
fn source_name(text: &str) -> Result<String, Invalid> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let length = (1..=200).contains(&text.len());
    let sound = length && text.bytes().all(inner) && !text.starts_with(|c: char| c.is_ascii_digit());
    checked(text, sound, || {
        Invalid::name("name", text, "must be the name of an environment variable, such as MINIO_SECRET_KEY")
    })
}

fn literal(text: &str) -> Result<String, Invalid> {
    checked(text, text.len() <= LONGEST_VALUE, || Invalid::Other("a value may have at most 64 KiB".to_owned()))
}

fn template(text: &str) -> Result<String, Invalid> {
    let text = literal(text)?;
    let all = pieces(&text);
    for name in all.iter().filter_map(|(_, name)| *name) {
        source_name(name)?;
    }
    if all.last().is_some_and(|(rest, _)| rest.contains("${")) {
        return Err(Invalid::Other("a `${` of the template has no `}`".to_owned()));
    }
    checked(&text, all.len() > 1, || Invalid::Other("the template has no ${NAME}; use `value` instead".to_owned()))
}

fn host(text: &str) -> Result<String, Invalid> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/".contains(&byte);
    let sound = (1..=LONGEST).contains(&text.len()) && text.bytes().all(plain);
    checked(text, sound, || Invalid::name("server", text, "must be a host such as ghcr.io"))
}
