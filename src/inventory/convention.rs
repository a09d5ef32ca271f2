//! The convention of names (`product.md` 2, 5, 6): environments, workflows, paths, allowed Secrets.

use super::facts::Usage;

/// What the configuration says of the convention. Defaults are those of the seeds.
#[derive(Clone, Debug)]
pub struct Convention {
    /// Each environment with the template of its namespace: `("dev", "{workflow}-dev")`.
    pub environments: Vec<(String, String)>,
    /// Declared workflows; empty where they are to be inferred.
    pub workflows: Vec<String>,
    /// Namespaces of the platform itself, as globs (`*` any characters).
    pub system_namespaces: Vec<String>,
    /// Path templates with `{workflow}`, `{env}` and `{namespace}`.
    pub paths: Vec<PathTemplate>,
    /// Secrets that workloads load with `envFrom`.
    pub env_from: Vec<String>,
    /// Registry Secrets of `imagePullSecrets`.
    pub image_pull: Vec<String>,
    /// Registries whose images need one.
    pub private_registries: Vec<String>,
    /// Secrets that exist out of band.
    pub declared: Vec<Declared>,
    /// Age after which a SealedSecret should be rotated, days.
    pub max_age_days: u32,
    /// Sealing certificates that the configuration names, paths from the root.
    pub certificates: Vec<String>,
    /// Fields of a user's own kinds that name Secrets.
    pub kinds: Vec<OwnKind>,
}

/// A field of a user's own kind that names a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnKind {
    /// `kind`.
    pub kind: String,
    /// Group of `apiVersion`; none is any.
    pub group: Option<String>,
    /// Path of the name: `spec.stores[].credentials.secretName` (`[]` each item, `*` each key).
    pub path: String,
    /// Path of the key, from the mapping that holds the name.
    pub key: Option<String>,
    /// What it is for.
    pub usage: Usage,
    /// Whether the Secret may be absent.
    pub optional: bool,
}

/// A declared Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// Its namespace; none is every one.
    pub namespace: Option<String>,
    /// Its keys; none where they are not stated.
    pub keys: Option<Vec<String>>,
}

/// `**/packages/{workflow}/{env}/**`, ready to match.
#[derive(Clone, Debug)]
pub struct PathTemplate {
    /// As written.
    pub template: String,
}
