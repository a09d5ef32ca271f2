//! The delivery package: sealed Secrets of a workflow for each environment, with what an application team needs beside
//! them, and the archive of it all.
//!
//! Names and credentials in, bytes out: nothing here reads a file, asks for the time, or prints. `source` reads texts that
//! credentials come in, `values` takes them from there and judges them, `login` writes that of a registry, `text` the pages
//! for people, `archive` the archive.

mod archive;
mod login;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod values;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rsa::RsaPublicKey;
use serde_json::{Map, Value, json};

use crate::config::{PackagePlan, PackageSecret};
use crate::inventory::facts::Scope;
use crate::seal::cipher::SealError;
use crate::seal::strength::Policy;
use crate::seal::{Identity, Randomness, Secret, emit, sealed};

pub(crate) use archive::{archive, archive_name};
pub(crate) use source::{dotenv, manifest};
pub(crate) use values::What;
pub(crate) use values::{Credentials, Fault, all_names, keys, literals};

/// The page for people.
pub(crate) const README: &str = "README.md";
/// How applications name the Secrets.
pub(crate) const TEMPLATE: &str = "secret-reference-template.yaml";
/// The kustomization of an environment.
pub(crate) const KUSTOMIZATION: &str = "kustomization.yaml";
/// What follows the name of a Secret in the name of its file.
pub(crate) const SEALED: &str = "-sealed-secret.yaml";

/// Keys of the annotations that a package's Secrets have. `sealed-stale` reads the second one.
const GENERATED_BY: &str = "generated-by";
const GENERATED_DATE: &str = "generated-date";
const APPROVED_BY: &str = "approved-by";

/// What is to be made.
#[derive(Clone, Copy)]
pub(crate) struct Order<'o> {
    pub workflow: &'o str,
    /// The environments, in the order in which they were asked for; each once.
    pub environments: &'o [Environment<'o>],
    /// The Secrets.
    pub plan: &'o PackagePlan,
    /// Who approved of it.
    pub approved_by: Option<&'o str>,
    /// The day of the package.
    pub date: Date,
    /// Version of this program.
    pub version: &'o str,
    /// Names of Secrets that workloads may load with `envFrom`.
    pub env_from: &'o [String],
    /// Names of Secrets that workloads may pull images with.
    pub image_pull: &'o [String],
    /// Where randomness comes from.
    pub random: Randomness,
    /// What is asked of values.
    pub strength: Policy,
}

/// An environment of the package.
#[derive(Clone, Copy)]
pub(crate) struct Environment<'o> {
    /// Its name, which is that of its folder.
    pub name: &'o str,
    /// The namespace of the workflow in it.
    pub namespace: &'o str,
    /// The key of its cluster.
    pub key: &'o RsaPublicKey,
}

/// A file of the package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    /// Path from the package's folder, with `/`.
    pub path: String,
    pub text: String,
}

/// A package.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its files, sorted by path.
    pub files: Vec<File>,
    /// What is worth knowing of values: environment, Secret, key and what of it. Nothing that a package is refused for.
    pub notes: Vec<Fault>,
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackageError {
    #[error("{} missing or weak", if .0.len() == 1 { "1 value is".to_owned() } else { format!("{} values are", .0.len()) })]
    Values(Vec<Fault>),
    #[error("the key of {environment}: {error}")]
    Key {
        environment: String,
        /// What is wrong.
        error: SealError,
    },
}

/// Seals everything.
///
/// # Errors
/// Every value that is missing or weak, by its names; a key that is too small.
pub(crate) fn make(order: &Order<'_>, credentials: Credentials<'_>) -> Result<Package, PackageError> {
    let (mut faults, mut notes, mut resolved) = (Vec::new(), Vec::new(), Vec::new());
    for environment in order.environments {
        for secret in &order.plan.secrets {
            let found = values::resolve(&secret.value, environment.name, credentials, order.strength);
            let (grave, slight): (Vec<_>, Vec<_>) = found.faults.into_iter().partition(Fault::is_grave);
            faults.extend(grave);
            notes.extend(slight);
            resolved.push((environment, &secret.value, found.entries));
        }
    }
    if !faults.is_empty() {
        return Err(PackageError::Values(faults));
    }
    let mut files = BTreeMap::new();
    for (environment, planned, entries) in resolved {
        let secret = Secret {
            name: Some(planned.name.clone()),
            namespace: Some(environment.namespace.to_owned()),
            scope: Scope::Strict,
            metadata: [("annotations".to_owned(), Value::Object(order.annotations()))].into_iter().collect(),
            secret_type: Some(values::secret_type(planned).to_owned()),
            immutable: None,
            entries,
        };
        let text = order.sealed(environment, planned, &secret)?;
        files.insert(format!("{}/{}{SEALED}", environment.name, planned.name), text);
    }
    for environment in order.environments {
        files.insert(format!("{}/{KUSTOMIZATION}", environment.name), order.kustomization(environment));
    }
    files.insert(TEMPLATE.to_owned(), text::template(order));
    files.insert(README.to_owned(), text::readme(order));
    let files = files.into_iter().map(|(path, text)| File { path, text }).collect();
    Ok(Package { files, notes })
}

impl Order<'_> {
    fn annotations(&self) -> Map<String, Value> {
        let mut annotations = Map::new();
        if let Some(who) = self.approved_by {
            annotations.insert(APPROVED_BY.to_owned(), who.into());
        }
        annotations.insert(GENERATED_BY.to_owned(), format!("mlguard {}", self.version).into());
        annotations.insert(GENERATED_DATE.to_owned(), self.date.to_string().into());
        annotations
    }

    /// The text of a SealedSecret. The annotations stand on the Secret that the controller makes and, unlike those that
    /// kubeseal leaves, on the SealedSecret too, where reviewers and `sealed-stale` read them.
    fn sealed(
        &self,
        environment: &Environment<'_>,
        planned: &PackageSecret,
        secret: &Secret,
    ) -> Result<String, PackageError> {
        let identity = Identity {
            name: planned.name.clone(),
            namespace: Some(environment.namespace.to_owned()),
            scope: Scope::Strict,
        };
        let sealed = sealed::seal(secret, &identity, environment.key, &self.random)
            .map_err(|error| PackageError::Key { environment: environment.name.to_owned(), error })?;
        let mut value = sealed.to_value();
        value["metadata"]["annotations"] = Value::Object(self.annotations());
        Ok(format!("---\n{}", emit::yaml(&value)))
    }

    fn kustomization(&self, environment: &Environment<'_>) -> String {
        let resources: Vec<String> =
            self.plan.secrets.iter().map(|secret| format!("{}{SEALED}", secret.value.name)).collect();
        // In the order of kustomize's own documents, which `kustomize edit fix` keeps.
        format!(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{}{}",
            emit::yaml(&json!({ "namespace": environment.namespace })),
            emit::yaml(&json!({ "resources": resources })),
        )
    }
}
