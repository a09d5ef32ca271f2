//! A SealedSecret: made of a Secret, read from a document, opened again.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Map, Value, json};

use super::cipher::{self, SealError, UnsealError};
use super::identity::{annotate, annotation, scope_of};
use super::json as yaml_value;
use super::secret::{Entry, Secret};
use super::{Identity, Randomness};
use crate::document::yaml::Node;
use crate::inventory::facts::Scope;
use crate::mask::masked;

/// A SealedSecret, as `kubeseal` since 0.32 writes it (`docs/facts/sealed-secrets.md`).
#[derive(Clone, Debug, PartialEq)]
pub struct SealedSecret {
    pub identity: Identity,
    pub encrypted: BTreeMap<String, String>,
    /// What `spec.template.metadata` has besides name and namespace.
    pub metadata: Map<String, Value>,
    /// `spec.template.type`.
    pub secret_type: Option<String>,
    pub immutable: Option<bool>,
    /// `spec.template.data`: templates in plaintext.
    pub templates: Map<String, Value>,
}

/// Why a document is not a SealedSecret, or cannot be sealed again. Never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    #[error("it is a {0}, not a SealedSecret")]
    Kind(String),
    #[error("it is not a Kubernetes object")]
    NoObject,
    #[error("it has no `metadata.name`")]
    NoName,
    #[error("it has no `metadata.namespace`, to which its scope binds it; add the one that it was sealed for")]
    NoNamespace,
    #[error("`spec.encryptedData.{0}` must be a string")]
    NoText(String),
    #[error("it has `spec.data`, the format of releases before 0.7; `kubeseal --re-encrypt` updates it")]
    Deprecated,
    #[error("{0}")]
    Key(#[from] SealError),
    #[error("`spec.encryptedData.{key}`: {why}")]
    Entry { key: String, why: UnsealError },
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
    let one = |entry: &Entry| Ok((entry.key.clone(), seal_value(identity, entry, key, random)?));
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

pub(crate) fn seal_value(
    identity: &Identity,
    entry: &Entry,
    key: &RsaPublicKey,
    random: &Randomness,
) -> Result<String, SealError> {
    let mut generator = random.generator(&[&identity.title(), &entry.key]);
    cipher::seal(&mut generator, key, entry.value.expose(), &identity.label())
}

/// A SealedSecret, and the ciphertexts of it that change.
pub(crate) type Resealed = (SealedSecret, BTreeMap<String, String>);

impl SealedSecret {
    /// Reads the object at `root`.
    ///
    /// # Errors
    /// Where it is not a SealedSecret, or lacks what its ciphertexts are bound to.
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
        if namespace.is_none() && scope != Scope::ClusterWide {
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

    /// Opens every entry, each with the first key that does it, which is returned too. All or nothing, as in the controller:
    /// the error names the first entry that no key opens.
    pub(crate) fn unseal<'k>(
        &self,
        keys: &[&'k RsaPrivateKey],
        random: &Randomness,
    ) -> Result<Vec<(Entry, &'k RsaPrivateKey)>, SealedError> {
        let label = self.identity.label();
        let open = |(key, sealed): (&String, &String)| {
            let mut generator = random.generator(&[&self.identity.title(), key]);
            match cipher::unseal(&mut generator, keys, sealed, &label) {
                Ok((value, by)) => Ok((Entry { key: key.clone(), value }, by)),
                Err(why) => Err(SealedError::Entry { key: masked(key).into_owned(), why }),
            }
        };
        self.encrypted.iter().map(open).collect()
    }

    /// The same values under `identity`, and their ciphertexts by themselves. They are sealed for `recipient`, or, where there
    /// is none, each for the public half of the key that opened it.
    pub(crate) fn reseal(
        &self,
        identity: Identity,
        keys: &[&RsaPrivateKey],
        recipient: Option<&RsaPublicKey>,
        random: &Randomness,
    ) -> Result<Resealed, SealedError> {
        if identity.namespace.is_none() && identity.scope != Scope::ClusterWide {
            return Err(SealedError::NoNamespace);
        }
        let mut ciphertexts = BTreeMap::new();
        for (entry, by) in self.unseal(keys, random)? {
            let own = by.to_public_key();
            let sealed = seal_value(&identity, &entry, recipient.unwrap_or(&own), random)?;
            ciphertexts.insert(entry.key, sealed);
        }
        let mut metadata = self.metadata.clone();
        annotate(&mut metadata, identity.scope);
        let new = Self { identity, encrypted: ciphertexts.clone(), metadata, ..self.clone() };
        Ok((new, ciphertexts))
    }

    /// The object as JSON values, in kubeseal's form.
    pub(crate) fn to_value(&self) -> Value {
        let mut metadata = Map::new();
        self.identity.write(&mut metadata);
        let mut inner = self.metadata.clone();
        inner.extend(metadata.clone());
        if let Some(key) = annotation(self.identity.scope) {
            metadata.insert("annotations".to_owned(), json!({key: "true"}));
        }
        let mut template = json!({ "metadata": inner });
        if let Some(kind) = &self.secret_type {
            template["type"] = kind.clone().into();
        }
        if let Some(immutable) = self.immutable {
            template["immutable"] = immutable.into();
        }
        if !self.templates.is_empty() {
            template["data"] = self.templates.clone().into();
        }
        json!({
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "metadata": metadata,
            "spec": {"encryptedData": self.encrypted, "template": template},
        })
    }
}
