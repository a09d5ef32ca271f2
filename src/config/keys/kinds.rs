//! `references.kinds`: fields of a user's own kinds that name Secrets.

use super::prelude::*;
use crate::config::bounds::extended_without;
use crate::config::values::choices;
use crate::error::{did_you_mean, quoted};
use crate::inventory::convention::{OwnKind, is_subdomain};
use crate::inventory::facts::Usage;

pub(crate) const KINDS: Key<Listed<OwnKind>> = Key {
    name: "references.kinds",
    scopes: ROOT_AND_POLICY,
    summary: "Fields of your own kinds that name a Secret.",
    default: "none",
    built_in: || built_in_list([]),
    read: |reader, label, node| reader.mappings(label, node, kind),
    bound: Bound::Joined(|bounds, floor, own| {
        extended_without(bounds, floor, own, |theirs, own| is_same(theirs, own).then_some(&own.kind))
    }),
    schema: |_| {
        let filled = json!({ "type": "string", "minLength": 1 });
        let properties = [
            ("kind", json!({ "type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$", "maxLength": 63 })),
            ("group", json!({ "type": "string" })),
            ("path", filled.clone()),
            ("key", filled),
            ("usage", json!({ "enum": Usage::NAMES.map(|(name, _)| name) })),
            ("optional", shapes::boolean()),
        ];
        json!({ "type": "array", "items": shapes::object(&["kind", "path"], properties) })
    },
    show: |value| {
        Shown::list(value, |kind| {
            flow_map([
                ("kind", Some(quote(&kind.kind))),
                ("group", kind.group.as_deref().map(quote)),
                ("path", Some(quote(&kind.path))),
                ("key", kind.key.as_deref().map(quote)),
                ("usage", Some(kind.usage.as_str().to_owned())),
                ("optional", Some(kind.optional.to_string())),
            ])
        })
    },
};

fn is_same(one: &OwnKind, other: &OwnKind) -> bool {
    (&one.kind, &one.group, &one.path) == (&other.kind, &other.group, &other.path)
}

fn kind(reader: &mut Reader<'_>, node: Node<'_>, before: &[Valued<OwnKind>]) -> Option<OwnKind> {
    const KNOWN: [&str; 6] = ["kind", "group", "path", "key", "usage", "optional"];
    let mut fields = reader.fields("an entry of `kinds`", node, &KNOWN)?;
    let kind = fields.text("kind", kind_name);
    let group = fields.text("group", api_group);
    let path = fields.text("path", field_path);
    let key = fields.text("key", field_path);
    let usage = fields.get("usage", usage).unwrap_or(Usage::Credential);
    let optional = fields.get("optional", |reader, node| reader.boolean("optional", node));
    let reader = fields.complete(&[("kind", kind.is_some()), ("path", path.is_some())])?;
    let optional = optional.is_some_and(|optional| optional.value);
    let kind = OwnKind { kind: kind?, group, path: path?, key, usage, optional };
    if before.iter().any(|other| is_same(&other.value, &kind)) {
        reader.fault(node.at(), format!("this path of {} is listed twice in `kinds`", quoted(&kind.kind)));
        return None;
    }
    Some(kind)
}

fn usage(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Usage> {
    let names = Usage::NAMES.map(|(name, _)| name);
    let expected = format!("`usage` must be {}", choices(&names));
    let Value::Text(text) = node.value() else {
        reader.mistyped(node, &expected);
        return None;
    };
    let known = Usage::NAMES.into_iter().find(|(name, _)| *name == text);
    if known.is_none() {
        reader.fault_near(node.at(), expected, &did_you_mean(text, names));
    }
    known.map(|(_, usage)| usage)
}

fn kind_name(text: &str) -> Result<String, Invalid> {
    let sound = text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    checked(text, sound, || Invalid::name("kind", text, "write it as in a manifest"))
}

/// Empty is the core group.
fn api_group(text: &str) -> Result<String, Invalid> {
    let sound = text.is_empty() || is_subdomain(text);
    checked(text, sound, || Invalid::path("group", text, "use the part of `apiVersion` before the `/`"))
}

/// `spec.stores[].credentials.secretName`, with `*` for each key.
fn field_path(text: &str) -> Result<String, Invalid> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let part = |part: &str| {
        let part = part.trim_end_matches("[]");
        part == "*" || !part.is_empty() && part.bytes().all(plain)
    };
    checked(text, text.len() <= LONGEST && text.split('.').all(part), || {
        let expected = "use names of fields separated by dots, `[]` for each item of a list, `*` for each key";
        Invalid::path("path", text, expected)
    })
}
