//! What a ciphertext is bound to: name, namespace, scope (`docs/facts/sealed-secrets.md#oaep-label-by-scope`, `docs/facts/sealed-secrets.md#scope-annotations`).

use serde_json::{Map, Value};

use crate::inventory::facts::Scope;

/// The annotation that makes a SealedSecret cluster-wide; it takes precedence over the other one.
pub(crate) const CLUSTER_WIDE: &str = "sealedsecrets.bitnami.com/cluster-wide";
/// The annotation that makes a SealedSecret namespace-wide.
pub(crate) const NAMESPACE_WIDE: &str = "sealedsecrets.bitnami.com/namespace-wide";

/// Whom a value is sealed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`; only a cluster-wide one may have none.
    pub namespace: Option<String>,
    /// What of these the ciphertext is bound to.
    pub scope: Scope,
}

impl Identity {
    /// The OAEP label: `namespace/name`, `namespace`, or nothing (EncryptionLabel in sealedsecret_expansion.go).
    #[must_use]
    pub fn label(&self) -> String {
        let namespace = self.namespace.as_deref().unwrap_or_default();
        match self.scope {
            Scope::Strict => format!("{namespace}/{}", self.name),
            Scope::NamespaceWide => namespace.to_owned(),
            Scope::ClusterWide => String::new(),
        }
    }

    /// Writes name and namespace into `metadata`.
    pub(super) fn write(&self, metadata: &mut Map<String, Value>) {
        metadata.insert("name".to_owned(), self.name.clone().into());
        if let Some(namespace) = &self.namespace {
            metadata.insert("namespace".to_owned(), namespace.clone().into());
        }
    }

    /// `namespace/name`, for messages.
    #[must_use]
    pub fn title(&self) -> String {
        self.namespace.as_ref().map_or_else(|| self.name.clone(), |namespace| format!("{namespace}/{}", self.name))
    }
}

/// The scope by annotations. Their values count only as the string `true`.
pub(crate) fn scope_of(annotations: Option<&Value>) -> Scope {
    let is_true = |key: &str| annotations.and_then(|all| all.get(key)).and_then(Value::as_str) == Some("true");
    if is_true(CLUSTER_WIDE) {
        Scope::ClusterWide
    } else if is_true(NAMESPACE_WIDE) {
        Scope::NamespaceWide
    } else {
        Scope::Strict
    }
}

/// The annotation that says `scope`; none for strict.
pub(crate) fn annotation(scope: Scope) -> Option<&'static str> {
    match scope {
        Scope::Strict => None,
        Scope::NamespaceWide => Some(NAMESPACE_WIDE),
        Scope::ClusterWide => Some(CLUSTER_WIDE),
    }
}

/// Makes the annotations of `metadata` say `scope`, and drops them where none is left.
pub(crate) fn annotate(metadata: &mut Map<String, Value>, scope: Scope) {
    let mut annotations = match metadata.remove("annotations") {
        Some(Value::Object(annotations)) => annotations,
        _ => Map::new(),
    };
    annotations.remove(CLUSTER_WIDE);
    annotations.remove(NAMESPACE_WIDE);
    if let Some(key) = annotation(scope) {
        annotations.insert(key.to_owned(), "true".into());
    }
    if !annotations.is_empty() {
        metadata.insert("annotations".to_owned(), Value::Object(annotations));
    }
}

/// Whether `key` may be a key of `data`: letters, digits, `-`, `_`, `.`, at most 253, neither `.` nor starting with `..`.
pub(crate) fn is_key(key: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=253).contains(&key.len()) && key.bytes().all(inner) && key != "." && !key.starts_with("..")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_are_those_of_the_controller() {
        let label = |scope| Identity { name: "db".into(), namespace: Some("ml".into()), scope }.label();
        assert_eq!([Scope::Strict, Scope::NamespaceWide, Scope::ClusterWide].map(label), ["ml/db", "ml", ""]);
    }

    #[test]
    fn only_the_string_true_counts_and_cluster_wide_goes_first() {
        assert_eq!(scope_of(Some(&json!({CLUSTER_WIDE: true}))), Scope::Strict);
        assert_eq!(scope_of(Some(&json!({NAMESPACE_WIDE: "true"}))), Scope::NamespaceWide);
        assert_eq!(scope_of(Some(&json!({NAMESPACE_WIDE: "true", CLUSTER_WIDE: "true"}))), Scope::ClusterWide);
        assert_eq!(scope_of(None), Scope::Strict);
    }

    #[test]
    fn keys_follow_the_rules_of_kubernetes() {
        assert!(is_key("tls.key") && is_key(".dockerconfigjson") && !is_key(".") && !is_key("..x") && !is_key("a b"));
    }
}
