//! A SealedSecret: made of a Secret, read from a document, opened again.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Map, Value, json};

use super::cipher::{self, SealError, UnsealError};
use super::identity::{annotate, annotation, scope_of};
use super::json as yaml_value;
use super::secret::Secret;
use super::{Identity, Plaintext, Randomness};
use crate::document::yaml::Node;
use crate::mask::masked;

/// A SealedSecret, as `kubeseal` since 0.32 writes it (`docs/facts/sealed-secrets.md`).
#[derive(Clone, Debug, PartialEq)]
pub struct SealedSecret {
    /// Whom it is sealed for.
    pub identity: Identity,
    /// `spec.encryptedData`.
    pub encrypted: BTreeMap<String, String>,
    /// What `spec.template.metadata` has besides name and namespace.
    pub metadata: Map<String, Value>,
    /// `spec.template.type`.
    pub secret_type: Option<String>,
    /// `spec.template.immutable`.
    pub immutable: Option<bool>,
    /// `spec.template.data`: templates in plain text.
    pub templates: Map<String, Value>,
}

/// Why a document is no SealedSecret. Never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// Another kind.
    #[error("it is a {0}, not a SealedSecret")]
    Kind(String),
    /// No kind.
    #[error("it is no Kubernetes object")]
    NoObject,
    /// No name.
    #[error("it has no `metadata.name`")]
    NoName,
    /// No namespace where it needs one.
    #[error("it has no `metadata.namespace`, to which its scope binds it; add the one that it was sealed for")]
    NoNamespace,
    /// A value that is no text.
    #[error("`spec.encryptedData.{0}` is no text")]
    NoText(String),
    /// The form of the first releases.
    #[error("it has `spec.data`, the form of releases before 0.7; `kubeseal --re-encrypt` brings it up to date")]
    Deprecated,
    /// A value cannot be sealed again.
    #[error("{0}")]
    Key(#[from] SealError),
    /// An entry cannot be opened.
    #[error("`spec.encryptedData.{key}`: {why}")]
    Entry {
        /// The key.
        key: String,
        /// What is wrong.
        why: UnsealError,
    },
}

/// Seals a Secret for `identity`. Values are sealed in parallel.
///
/// # Errors
/// Where the key is too small.
pub fn seal(
    secret: &Secret,
    identity: &Identity,
    key: &RsaPublicKey,
    random: &Randomness,
) -> Result<SealedSecret, SealError> {
    let label = identity.label();
    let one = |entry: &super::secret::Entry| {
        let mut generator = random.generator(&[&identity.title(), &entry.key]);
        let sealed = cipher::seal_base64(&mut generator, key, entry.value.expose(), &label)?;
        Ok((entry.key.clone(), sealed))
    };
    let encrypted = secret.entries.par_iter().map(one).collect::<Result<_, _>>()?;
    let mut metadata = secret.metadata.clone();
    if identity.scope != secret.scope {
        annotate(&mut metadata, identity.scope);
    }
    Ok(SealedSecret {
        identity: identity.clone(),
        encrypted,
        metadata,
        secret_type: secret.secret_type.clone(),
        immutable: secret.immutable,
        templates: Map::new(),
    })
}

impl SealedSecret {
    /// Reads the object at `root`.
    ///
    /// # Errors
    /// Where it is no SealedSecret, or lacks what its ciphertexts are bound to.
    pub fn read(root: Node<'_>) -> Result<Self, SealedError> {
        let kind = root.get("kind").and_then(Node::as_str).ok_or(SealedError::NoObject)?;
        let group = root.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
        if kind != "SealedSecret" || !group.starts_with("bitnami.com/") {
            return Err(SealedError::Kind(masked(kind).into_owned()));
        }
        let text = |path: &[&str]| match root.at(path).map(yaml_value::value) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            _ => None,
        };
        let map = |path: &[&str]| match root.at(path).map(yaml_value::value) {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        };
        if root.at(&["spec", "data"]).is_some_and(|data| !data.is_null()) {
            return Err(SealedError::Deprecated);
        }
        let name = text(&["metadata", "name"]).ok_or(SealedError::NoName)?;
        let namespace = text(&["metadata", "namespace"]);
        let scope = scope_of(root.at(&["metadata", "annotations"]).map(yaml_value::value).as_ref());
        if namespace.is_none() && scope != crate::inventory::facts::Scope::ClusterWide {
            return Err(SealedError::NoNamespace);
        }
        let mut encrypted = BTreeMap::new();
        for (key, value) in map(&["spec", "encryptedData"]) {
            match value {
                Value::String(value) => drop(encrypted.insert(key, value)),
                _ => return Err(SealedError::NoText(masked(&key).into_owned())),
            }
        }
        let mut metadata = map(&["spec", "template", "metadata"]);
        for own in ["name", "namespace", "creationTimestamp"] {
            metadata.remove(own);
        }
        let immutable = match root.at(&["spec", "template", "immutable"]).map(yaml_value::value) {
            Some(Value::Bool(value)) => Some(value),
            _ => None,
        };
        Ok(Self {
            identity: Identity { name, namespace, scope },
            encrypted,
            metadata,
            secret_type: text(&["spec", "template", "type"]),
            immutable,
            templates: map(&["spec", "template", "data"]),
        })
    }

    /// Opens every entry with the first key that does it. All or nothing, as the controller does it.
    ///
    /// # Errors
    /// Names the first entry, by key, that no key opens.
    pub fn unseal(
        &self,
        keys: &[&RsaPrivateKey],
        random: &Randomness,
    ) -> Result<Vec<(String, Plaintext)>, SealedError> {
        let label = self.identity.label();
        let open = |(key, sealed): (&String, &String)| {
            let mut generator = random.generator(&[&self.identity.title(), key]);
            match cipher::unseal_base64(&mut generator, keys.iter().copied(), sealed, &label) {
                Ok((plain, _)) => Ok((key.clone(), plain)),
                Err(why) => Err(SealedError::Entry { key: masked(key).into_owned(), why }),
            }
        };
        self.encrypted.iter().map(open).collect()
    }

    /// The object as JSON values, in kubeseal's form.
    #[must_use]
    pub(crate) fn to_value(&self) -> Value {
        let mut metadata = Map::new();
        metadata.insert("name".to_owned(), self.identity.name.clone().into());
        if let Some(namespace) = &self.identity.namespace {
            metadata.insert("namespace".to_owned(), namespace.clone().into());
        }
        let mut inner = self.metadata.clone();
        inner.extend(metadata.clone());
        if let Some(key) = annotation(self.identity.scope) {
            metadata.insert("annotations".to_owned(), json!({key: "true"}));
        }
        let mut template = Map::new();
        template.insert("metadata".to_owned(), Value::Object(inner));
        if let Some(kind) = &self.secret_type {
            template.insert("type".to_owned(), kind.clone().into());
        }
        if let Some(immutable) = self.immutable {
            template.insert("immutable".to_owned(), immutable.into());
        }
        if !self.templates.is_empty() {
            template.insert("data".to_owned(), Value::Object(self.templates.clone()));
        }
        json!({
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "metadata": metadata,
            "spec": {"encryptedData": self.encrypted, "template": template},
        })
    }
}
