//! Why a finding is not fixed, and why a file is left as it is. No message holds a value.

use crate::coverage;
use crate::document::yaml::SyntaxError;
use crate::error::quoted;
use crate::finding::edit::Overlap;
use crate::seal::patch::PatchError;
use crate::seal::{SealedError, Why};

use super::input::InputError;
use super::store::Reason;

/// Why a finding that has a fix is not fixed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotFixed {
    #[error("the repair can change behaviour; use --unsafe to apply it")]
    Unsafe,
    #[error("another fix changes the same place; run the command again")]
    Clash,
    #[error(transparent)]
    NotSealed(#[from] NotSealed),
}

/// Why a Secret is not sealed, or a SealedSecret not re-sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSealed {
    #[error("{}", .0.message)]
    Syntax(SyntaxError),
    #[error("there is no object")]
    NoObject,
    #[error(transparent)]
    Secret(#[from] Why),
    #[error(transparent)]
    Sealed(#[from] SealedError),
    #[error(transparent)]
    Patch(#[from] PatchError),
    #[error("its edits overlap")]
    Overlap(#[from] Overlap),
    #[error("it has no `metadata.name`; add it")]
    NoName,
    #[error("its name is not valid in Kubernetes")]
    InvalidName,
    #[error("its namespace is not valid in Kubernetes")]
    InvalidNamespace,
    #[error("its namespace is unknown; add `metadata.namespace`, or use --namespace")]
    UnknownNamespace,
    #[error("it has no keys")]
    NoKeys,
    /// One file of a kustomization cannot be replaced by several.
    #[error(
        "a kustomization includes its file, and each cluster needs its own; make an overlay for each cluster, or use \
         --cluster"
    )]
    KustomizedForClusters,
    #[error("two Secrets of one file are for several clusters; put each into its own file")]
    SeveralInOneFile,
    #[error("its document is not found")]
    NoDocument,
    #[error("no cluster is configured for it")]
    NoCluster,
    #[error("no configured cluster runs the environment '{0}'; use --cluster")]
    NoClusterOf(String),
    #[error("its environment is unknown, and so is its cluster; use --cluster")]
    UnknownEnvironment,
    #[error("several clusters run its environment; re-seal it for each of them with `mlguard reseal`")]
    SeveralClusters,
    #[error("the controller's private key is needed to open it; use --private-key")]
    NoPrivateKey,
    /// A certificate of the configuration is missing, malformed or expired.
    #[error("the certificate of cluster {} cannot be used: {why}", quoted(.cluster))]
    Certificate { cluster: String, why: String },
    #[error(
        "a kustomization uses it as a patch of a Secret, which a SealedSecret cannot be; move its values to the Secret that \
         it patches, and seal that one"
    )]
    Patching,
    #[error(
        "a kustomization changes its name, to which scope strict binds it; remove the prefix or suffix, or use --scope \
         namespace-wide"
    )]
    Renamed,
    #[error(
        "kustomizations put it into several namespaces ({}), and each needs its own ciphertext; make one for each overlay",
        .0.join(", ")
    )]
    SeveralNamespaces(Vec<String>),
    #[error(
        "one kustomization puts it into namespace '{0}', and another sets none; set it there (`namespace:`), or make a \
         Secret for each overlay"
    )]
    PartlyUnknownNamespace(String),
    #[error("it is for namespace '{own}', but --namespace is '{given}'")]
    OtherNamespace { own: String, given: String },
}

impl From<SyntaxError> for NotSealed {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error)
    }
}

/// Why a file is left as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LeftOut {
    #[error("changed while it was being checked")]
    Changed,
    #[error(transparent)]
    Input(#[from] InputError),
    /// Its edits overlap, which planning prevents.
    #[error(transparent)]
    Overlap(#[from] Overlap),
    #[error("{0}")]
    Refused(Reason),
    /// A file that would be made beside it cannot be written.
    #[error("{0} {1}")]
    OutputRefused(String, Reason),
}

impl LeftOut {
    pub(crate) fn help(&self) -> Option<&'static str> {
        match self {
            Self::Changed => Some("run the command again"),
            Self::Input(error) => error.help(),
            Self::Overlap(_) | Self::Refused(_) | Self::OutputRefused(..) => None,
        }
    }
}

/// Why the repair of a file was undone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unhelpful {
    #[error("{0} is still reported")]
    StillFound(String),
    #[error("{rule} appears at {path}:{line}")]
    Introduced { rule: String, path: String, line: usize },
    #[error("{0}")]
    NotChecked(coverage::Reason),
}
