//! What the key `package` describes: which Secrets a delivery package contains, and where their values come from. Names
//! only; a configuration contains no value of a credential.

use super::values::Valued;

/// What a delivery package contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackagePlan {
    /// Who approves of packages, for the annotation `approved-by`.
    pub approved_by: Option<Valued<String>>,
    /// The Secrets of each environment, in the order of the configuration.
    pub secrets: Vec<Valued<PackageSecret>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackageSecret {
    /// Its name, the same in every environment.
    pub name: String,
    pub content: Content,
}

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
    /// Host, with its port, if any.
    pub server: String,
    pub username: Valued<Item>,
    pub password: Valued<Item>,
    /// Address, which hardly any registry requires.
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
    /// The names of the credential source that it uses, in their order.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::From(name) => vec![name],
            Self::Value(_) => Vec::new(),
            Self::Template(text) => pieces(text).into_iter().filter_map(|(_, name)| name).collect(),
        }
    }
}

/// A template as pairs: literal text, and the name after it; the last one has none.
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

/// The platform Secret and the registry Secret, with the keys that MLflow, MinIO and rclone read.
pub(super) fn default_secrets() -> Vec<Valued<PackageSecret>> {
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

/// Why a text cannot be `approved-by`, in words that follow its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidApprover {
    #[error("must be a name or an address of at most 253 bytes")]
    Length,
    #[error("must be a single line")]
    Lines,
}

/// Whether a text can be `approved-by`.
pub(crate) fn check_approver(text: &str) -> Result<(), InvalidApprover> {
    if text.trim().is_empty() || text.len() > 253 {
        return Err(InvalidApprover::Length);
    }
    if text.contains(char::is_control) { Err(InvalidApprover::Lines) } else { Ok(()) }
}
