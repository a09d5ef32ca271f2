//! `secret-store-namespace`: a ClusterSecretStore that names a Secret without saying in which namespace.

use std::collections::BTreeSet;

use crate::checks::common::Context;
use crate::document::object::{Object, walk};
use crate::document::yaml::Node;
use crate::inventory::external::{CLUSTER_STORE, GROUP};
use crate::inventory::{Places, reference};
use crate::rule::Level;

/// Providers that refuse a ClusterSecretStore whose selectors have no namespace; others look in that of each
/// ExternalSecret. Of the last two it is so with `auth` only.
const STRICT: &str = "akeyless barbican beyondtrustworkloadcredentials chef doppler dvls gitlab ibm keepersecurity onboardbase \
                      onepassword onepasswordSDK oracle crd kubernetes";

pub(super) fn check(cx: &mut Context<'_, '_>) {
    let view = cx.view;
    for object in view.manifests().filter(|object| object.group() == GROUP && object.kind == CLUSTER_STORE) {
        let Some(provider) = object.node.at(&["spec", "provider"]) else { continue };
        for (path, node, authority) in open(object, provider) {
            report(cx, object, &path, node, authority);
        }
    }
}

/// Selectors below `provider` that state no namespace, with their paths, and whether each is a `caProvider`.
fn open<'v>(object: &Object<'v>, provider: Node<'v>) -> Vec<(String, Node<'v>, bool)> {
    let places = Places::new(object.unit.tree().text());
    let (references, ..) = reference::references(object, &places, &[]);
    let selectors: BTreeSet<&str> =
        references.iter().filter_map(|reference| reference.path.strip_suffix(".name")).collect();
    let mut found = Vec::new();
    walk(provider, &mut |path, key, node| {
        let whole = format!(".spec.provider{path}");
        let authority = key.and_then(Node::as_str) == Some("caProvider") && node.get("type").is_some();
        let open = node.get("namespace").is_none() && node.get("<<").is_none();
        // A template may write the namespace.
        let written = object.unit.is_templated(node.span());
        if (authority || selectors.contains(whole.as_str())) && open && !written {
            found.push((whole, node, authority));
            return false;
        }
        true
    });
    found
}

fn report(cx: &mut Context<'_, '_>, object: &Object<'_>, path: &str, node: Node<'_>, authority: bool) {
    let inner = path.trim_start_matches(".spec.provider.");
    let provider = inner.split('.').next().unwrap_or_default();
    let of_auth = !matches!(provider, "crd" | "kubernetes") || inner.split('.').nth(1) == Some("auth");
    let strict = authority || STRICT.split(' ').any(|strict| strict == provider) && of_auth;
    let name = node.get("name").unwrap_or(node);
    let message = if strict {
        format!("The provider `{provider}` rejects a ClusterSecretStore whose selector has no `namespace`.")
    } else {
        "This ClusterSecretStore looks for its Secret in the namespace of each ExternalSecret, because the selector has \
         no `namespace`."
            .to_owned()
    };
    let draft = cx.report_in(object, path, name, message);
    if !strict {
        draft.at_most = Level::Warning;
    }
}
