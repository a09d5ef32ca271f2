//! Annotations that decide how others read an object.

/// What all annotations of the Vault Agent injector begin with.
pub(crate) const VAULT: &str = "vault.hashicorp.com/";

/// What the annotations of Sealed Secrets begin with.
pub(crate) const SEALED: &str = "sealedsecrets.bitnami.com/";

/// Prefixes of annotations that decide how others read an object.
const DECISIVE: [&str; 5] =
    [SEALED, "config.kubernetes.io/", "config.k8s.io/", "kustomize.config.k8s.io/", "internal.config.kubernetes.io/"];

/// Whether an annotation decides how others read the object, so that facts keep it.
pub(crate) fn is_decisive(key: &str) -> bool {
    DECISIVE.iter().any(|prefix| key.starts_with(prefix))
}
