//! The key `package`: which Secrets a delivery package holds, and where their values come from. Names only; no value of
//! a credential stands in a configuration.

mod read;
pub(super) mod schema;
mod show;
#[cfg(test)]
mod tests;

use super::values::{Origin, Valued};

/// What one file says; nothing where it is silent.
#[derive(Debug, Default)]
pub(super) struct Said {
    approved_by: Option<Valued<String>>,
    secrets: Option<Valued<Vec<Valued<PackageSecret>>>>,
}

/// What a delivery package holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackagePlan {
    /// Who approves of packages, for the annotation `approved-by`.
    pub approved_by: Option<Valued<String>>,
    /// The Secrets of each environment, in the order of the configuration.
    pub secrets: Vec<Valued<PackageSecret>>,
    /// Where the list comes from.
    pub(super) origin: Origin,
}

/// One Secret of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackageSecret {
    /// Its name, the same in every environment.
    pub name: String,
    /// What it holds.
    pub content: Content,
}

/// What a Secret of a package holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Keys and their values, of type `Opaque`.
    Keys(Vec<(String, Valued<Item>)>),
    /// The login of a container registry, of type `kubernetes.io/dockerconfigjson`.
    Registry(Box<Registry>),
}

/// The login of a container registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registry {
    /// Host, with its port where it has one.
    pub server: String,
    /// User name.
    pub username: Valued<Item>,
    /// Password or token.
    pub password: Valued<Item>,
    /// Address, which hardly a registry asks for.
    pub email: Option<Valued<Item>>,
}

/// Where one value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// The credential source, under this name.
    From(String),
    /// The configuration itself: a setting, never a credential.
    Value(String),
    /// A text with values of the credential source in it, each written `${NAME}`.
    Template(String),
}

impl Item {
    /// The names of the credential source that it takes, in the order in which they stand.
    #[must_use]
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::From(name) => vec![name],
            Self::Value(_) => Vec::new(),
            Self::Template(text) => pieces(text).into_iter().filter_map(|(_, name)| name).collect(),
        }
    }
}

/// A template as pairs: text as it stands, and the name behind it; the last one has none.
#[must_use]
pub(crate) fn pieces(template: &str) -> Vec<(&str, Option<&str>)> {
    let (mut found, mut rest) = (Vec::new(), template);
    while let Some((text, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        found.push((text, Some(name)));
        rest = after;
    }
    found.push((rest, None));
    found
}

impl PackagePlan {
    /// What a file says, or the default where it is silent.
    pub(super) fn new(said: Said) -> Self {
        let secrets = said.secrets.unwrap_or_else(|| Valued::built_in(default()));
        Self { approved_by: said.approved_by, secrets: secrets.value, origin: secrets.origin }
    }
}

/// The platform Secret and the registry Secret, with the keys that MLflow, MinIO and rclone read.
fn default() -> Vec<Valued<PackageSecret>> {
    let from = |name: &str| Valued::built_in(Item::From(name.to_owned()));
    let value = |text: &str| Valued::built_in(Item::Value(text.to_owned()));
    let minio = "http://minio.minio.svc.cluster.local:9000";
    let keys = [
        ("AWS_ACCESS_KEY_ID", from("MINIO_ACCESS_KEY")),
        ("AWS_SECRET_ACCESS_KEY", from("MINIO_SECRET_KEY")),
        ("AWS_ENDPOINT_URL", value(minio)),
        ("MLFLOW_S3_ENDPOINT_URL", value(minio)),
        ("MLFLOW_TRACKING_URI", value("http://mlflow.mlflow.svc.cluster.local:5000")),
        ("MLFLOW_TRACKING_USERNAME", from("MLFLOW_USERNAME")),
        ("MLFLOW_TRACKING_PASSWORD", from("MLFLOW_PASSWORD")),
        ("MLFLOW_FLASK_SERVER_SECRET_KEY", from("MLFLOW_SECRET_KEY")),
        ("RCLONE_CONFIG_S3_ACCESS_KEY_ID", from("MINIO_ACCESS_KEY")),
        ("RCLONE_CONFIG_S3_SECRET_ACCESS_KEY", from("MINIO_SECRET_KEY")),
    ];
    let keys = keys.map(|(key, item)| (key.to_owned(), item)).to_vec();
    let login = Registry {
        server: "ghcr.io".to_owned(),
        username: from("GITHUB_USERNAME"),
        password: from("GITHUB_PAT"),
        email: None,
    };
    [("ml-platform", Content::Keys(keys)), ("ghcr", Content::Registry(Box::new(login)))]
        .map(|(name, content)| Valued::built_in(PackageSecret { name: name.to_owned(), content }))
        .to_vec()
}

/// What is wrong with a text for `approved-by`, in words that follow its name.
///
/// # Errors
/// Where it is empty, long, or has more than one line.
pub(crate) fn check_approver(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() || text.len() > 253 {
        return Err("is a name or an address, at most 253 bytes");
    }
    if text.contains(char::is_control) { Err("is one line") } else { Ok(()) }
}
