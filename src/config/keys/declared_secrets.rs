//! `declared-secrets`: Secrets that exist outside the repository.

use super::prelude::*;
use crate::config::bounds::extended_without;
use crate::config::text::{label, subdomain};
use crate::error::quoted;
use crate::inventory::convention::Declared;

pub(crate) const DECLARED_SECRETS: Key<Listed<Declared>> = Key {
    name: "declared-secrets",
    scopes: ROOT_AND_POLICY,
    summary: "Secrets that exist although nothing in the repository defines them.",
    default: "none",
    built_in: || built_in_list([]),
    read: |reader, label, node| reader.mappings(label, node, declared),
    bound: Bound::Joined(|bounds, floor, own| {
        extended_without(bounds, floor, own, |theirs, own| is_same(theirs, own).then_some(&own.name))
    }),
    schema: |_| {
        let names = [("namespace", "label"), ("keys", "names")].map(|(key, shape)| (key, shapes::shared(shape)));
        let properties = names.into_iter().chain([("name", shapes::text(LONGEST))]);
        json!({ "type": "array", "items": shapes::object(&["name"], properties) })
    },
    show: |value| {
        Shown::list(value, |declared| {
            let keys = declared.keys.as_ref().map(|keys| flow(keys.iter().map(String::as_str)));
            let namespace = declared.namespace.as_deref().map(quote);
            flow_map([("name", Some(quote(&declared.name))), ("namespace", namespace), ("keys", keys)])
        })
    },
};

fn is_same(one: &Declared, other: &Declared) -> bool {
    (&one.name, &one.namespace) == (&other.name, &other.namespace)
}

fn declared(reader: &mut Reader<'_>, node: Node<'_>, before: &[Valued<Declared>]) -> Option<Declared> {
    let mut fields = reader.fields("an entry of `declared-secrets`", node, &["name", "namespace", "keys"])?;
    let name = fields.text("name", subdomain);
    let namespace = fields.text("namespace", label);
    let keys = fields.get("keys", |reader, node| reader.texts("keys", "names", node, data_key));
    let reader = fields.complete(&[("name", name.is_some())])?;
    let keys = keys.map(|keys| keys.value.into_iter().map(|key| key.value).collect());
    let declared = Declared { name: name?, namespace, keys };
    if before.iter().any(|other| is_same(&other.value, &declared)) {
        let place = declared.namespace.iter().map(|namespace| format!(" for {}", quoted(namespace)));
        let what = format!("{}{}", quoted(&declared.name), place.collect::<String>());
        let message = format!("{what} is listed twice in `declared-secrets`");
        reader.fault_with_help(node.at(), message, "list all keys in one entry");
        return None;
    }
    Some(declared)
}

fn data_key(text: &str) -> Result<String, Invalid> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let sound = (1..=LONGEST).contains(&text.len()) && text.bytes().all(plain);
    checked(text, sound, || Invalid::name("key", text, "use letters, digits, `-`, `_` and `.`"))
}
