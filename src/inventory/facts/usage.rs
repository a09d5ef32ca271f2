//! What references to Secrets are for.
//!
//! This file stands alone (no `crate::`), because `build.rs` includes it.

use serde::Deserialize;

/// What a reference is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Usage {
    /// One environment variable.
    Env,
    /// All keys as environment variables.
    EnvFrom,
    /// Files of a volume.
    Volume,
    /// Credentials of a registry (`imagePullSecrets`).
    ImagePull,
    /// A certificate with its key.
    Tls,
    /// Credentials that a controller or an operator reads.
    Credential,
    /// A right to it (RBAC `resourceNames`, `secrets` of a ServiceAccount); the Secret need not exist.
    Access,
}
