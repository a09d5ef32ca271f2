//! `external-secrets.paths` and `external-secrets.stores`: how values are named in stores, and stores that exist outside
//! the repository.

use super::prelude::*;
use crate::config::bounds::{extended, narrowed};
use crate::inventory::convention::{Convention, RemotePath};

pub(crate) const REMOTE_PATHS: Key<Listed<String>> = Key {
    name: "external-secrets.paths",
    summary: "Templates of the names that values have in stores (`remoteRef.key`).",
    default: "`/mllab/{service}/{secret}`, `/mllab/shared/{secret}`",
    built_in: || built_in_list(Convention::default().remote_paths.into_iter().map(|path| path.template)),
    read: |reader, label, node| reader.texts(label, "templates", node, template),
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

fn template(text: &str) -> Result<String, Invalid> {
    RemotePath::new(text).map(|path| path.template).map_err(|why| Invalid::path("template", text, &why.to_string()))
}
