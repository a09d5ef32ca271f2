//! `secret-store-credential`: a credential in plaintext where a store or a generator should refer to a Secret.

use crate::checks::common::{Context, keyed};
use crate::checks::csi::csi_credential;
use crate::document::object::{Object, with_key};
use crate::document::yaml::Node;
use crate::inventory::external::{GENERATORS, GROUP};

/// Providers whose fields take a `value` in the place of a `secretRef`, with the mapping that holds the fields.
const VALUES: [(&str, &[&str]); 5] =
    [("barbican", &["auth"]), ("beyondtrust", &["auth"]), ("delinea", &[]), ("scaleway", &[]), ("secretserver", &[])];

/// Providers that send headers as they stand, with an address, and a body.
const SENDING: [&str; 3] = ["openBao", "vault", "webhook"];

/// Fields of an address or a text that may hold a credential among other things.
const TEXTS: [&str; 4] = ["url", "server", "body", "host"];

pub(super) fn check(cx: &mut Context<'_, '_>) {
    external_secrets(cx);
    csi_credential::check(cx);
}

/// Stores and generators of External Secrets.
fn external_secrets(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in &view.objects {
        match (object.group(), object.kind) {
            (GROUP, "SecretStore" | "ClusterSecretStore") => store(cx, object),
            (GENERATORS, kind) => {
                let path: &[&str] = match kind {
                    "ClusterGenerator" => &["spec", "generator"],
                    _ => &["spec"],
                };
                generator(cx, object, path);
            }
            _ => {}
        }
    }
}

fn store<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>) {
    let Some(provider) = object.node.at(&["spec", "provider"]) else { return };
    const PATH: &str = "spec.provider";
    let fake = provider.at(&["fake", "data"]).into_iter().flat_map(Node::items).enumerate();
    for (index, item) in fake {
        let key = item.get("key").and_then(Node::name).unwrap_or_default();
        let path = format!("{PATH}.fake.data[{index}]");
        if let Some(value) = item.get("value") {
            judge(cx, object, &format!("{path}.value"), last(key), value);
        }
        entries(cx, object, item.get("valueMap"), &format!("{path}.valueMap"));
    }
    for (name, inner) in VALUES {
        let Some(fields) = provider.get(name).and_then(|node| node.at(inner)) else { continue };
        let path = inner.iter().fold(format!("{PATH}.{name}"), |path, part| format!("{path}.{part}"));
        for (field, node) in fields.entries().filter_map(|(key, node)| Some((key.name()?, node))) {
            if let Some(value) = node.get("value") {
                judge(cx, object, &format!("{path}.{field}.value"), field, value);
            }
        }
    }
    for name in SENDING {
        if let Some(node) = provider.get(name) {
            sending(cx, object, node, &format!("{PATH}.{name}"));
        }
    }
}

/// A generator, or all that a ClusterGenerator may hold.
fn generator<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>, path: &[&str]) {
    let Some(node) = object.node.at(path) else { return };
    let path = path.join(".");
    match object.kind {
        "Fake" => entries(cx, object, node.get("data"), &format!("{path}.data")),
        "Webhook" => sending(cx, object, node, &path),
        "VaultDynamicSecret" => {
            entries(cx, object, node.get("parameters"), &format!("{path}.parameters"));
            if let Some(node) = node.get("provider") {
                sending(cx, object, node, &format!("{path}.provider"));
            }
        }
        "ClusterGenerator" => {
            entries(cx, object, node.at(&["fakeSpec", "data"]), &format!("{path}.fakeSpec.data"));
            for inner in [&["webhookSpec"][..], &["vaultDynamicSecretSpec", "provider"]] {
                if let Some(node) = node.at(inner) {
                    sending(cx, object, node, &format!("{path}.{}", inner.join(".")));
                }
            }
        }
        _ => {}
    }
}

/// Headers, the address and the body of requests.
fn sending<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>, node: Node<'v>, path: &str) {
    for (key, value) in node.get("headers").into_iter().flat_map(Node::entries) {
        let name = key.name().unwrap_or_default();
        header(cx, object, &with_key(format!("{path}.headers"), name), name, value);
    }
    let what = title(object);
    for field in TEXTS {
        if let Some(value) = node.get(field).filter(|value| value.value().is_some() && !value.is_alias()) {
            let place = format!("{} .{path}.{field}", object.title());
            cx.formats(&what, &place, field, object.unit.outer(value.span()));
        }
    }
}

/// `Authorization: Bearer x` holds a credential behind the word; other headers are judged by their names.
fn header<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>, place: &str, name: &str, value: Node<'v>) {
    let Some(text) = value.value() else { return };
    let schemes = ["Bearer ", "Basic ", "Token ", "token "];
    let rest = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)).filter(|_| !value.is_alias());
    let Some(rest) = rest.filter(|_| name.eq_ignore_ascii_case("authorization")) else {
        judge(cx, object, place, name, value);
        return;
    };
    if !object.unit.is_templated(value.span()) {
        let place = format!("{} .{place}", object.title());
        cx.judge(&title(object), &place, "auth-token", rest, object.unit.outer(value.span()));
    }
}

/// The entries of a mapping, each judged by its key.
fn entries<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>, node: Option<Node<'v>>, path: &str) {
    for (key, value) in node.into_iter().flat_map(Node::entries) {
        let name = key.name().unwrap_or_default();
        judge(cx, object, &with_key(path.to_owned(), name), name, value);
    }
}

fn judge<'v>(cx: &mut Context<'_, 'v>, object: &Object<'v>, place: &str, key: &str, value: Node<'v>) {
    if !value.is_alias() {
        let place = format!("{} .{place}", object.title());
        keyed::scalar(cx, object.unit, &title(object), &place, key, value);
    }
}

fn title(object: &Object<'_>) -> String {
    format!("The {}", object.kind)
}

/// The last part of a name in a store.
fn last(key: &str) -> &str {
    key.trim_end_matches('/').rsplit('/').next().unwrap_or(key)
}
