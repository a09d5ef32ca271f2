//! Sealing: what `kubeseal` does with keys and values, without a cluster.
//!
//! `cipher` is the format of one value, byte for byte; `secret` and `sealed` are the two objects, `identity` what binds a
//! ciphertext; `json` and `emit` are how Kubernetes reads and writes YAML. `plaintext` is the type that every decrypted
//! value travels in. Nothing here reads a file or opens a connection.

mod anew;
pub mod cipher;
pub mod emit;
pub mod identity;
pub mod job;
pub mod json;
pub mod key;
pub mod patch;
mod plaintext;
mod random;
mod regular;
pub mod render;
pub mod sealed;
pub mod secret;
pub mod strength;
pub mod stream;

pub use anew::anew;
pub use identity::Identity;
pub use plaintext::Plaintext;
pub use random::{Generator, Randomness};
pub use sealed::{SealedError, SealedSecret};
pub use secret::{Refusal, Request, Secret};
