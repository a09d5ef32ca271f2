//! Sealing: what `kubeseal` does with keys and values, without a cluster.
//!
//! `cipher` is the format of one value, byte for byte; `secret` and `sealed` are the two objects, `identity` what binds a
//! ciphertext; `json` and `emit` are how Kubernetes reads and writes YAML. `plaintext` is the type that every decrypted
//! value travels in. Nothing here reads a file or opens a connection.

pub(crate) mod cipher;
pub(crate) mod emit;
pub(crate) mod identity;
pub(crate) mod job;
pub(crate) mod json;
pub(crate) mod key;
pub(crate) mod patch;
mod plaintext;
mod random;
mod regular;
pub(crate) mod render;
pub(crate) mod sealed;
pub(crate) mod secret;
pub(crate) mod strength;
pub(crate) mod stream;

pub use identity::Identity;
pub use plaintext::Plaintext;
pub use random::Randomness;
pub(crate) use sealed::{SealedError, SealedSecret, seal_value};
pub use secret::Secret;
pub(crate) use secret::{Refusal, Request, Why};
