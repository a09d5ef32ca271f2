//! Sealing: what `kubeseal` does with keys and values, without a cluster.
//!
//! `cipher` is the format of one value, byte for byte; `key` reads certificates and private keys; `plaintext` is the type
//! that every decrypted value travels in. Nothing here reads a file or opens a connection.

pub mod key;
mod plaintext;

pub use plaintext::Plaintext;
