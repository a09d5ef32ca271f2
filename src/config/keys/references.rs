//! `references.env-from`, `references.image-pull` and `references.private-registries`: Secrets that the platform delivers
//! to every namespace, and registries whose images need one.

use super::prelude::*;
use crate::config::bounds::{extended, narrowed};
use crate::inventory::convention::Convention;

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
