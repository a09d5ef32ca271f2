//! mlguard keeps the secrets of MLOps platforms out of Git, and the ones that may be there correct.
//!
//! Data flows one way: [`source`] -> [`document`] -> [`checks`] -> [`finding`] -> [`report`]; [`engine`] drives it. Each
//! module may use only what stands before it in the list below; `tests/architecture.rs` holds them to it.

pub mod span;
pub mod mask;
pub mod error;
pub mod exit;
pub mod rule;
pub mod finding;
pub mod value;
pub mod source;
pub mod document;
pub mod inventory;
pub mod seal;
pub mod checks;
pub mod config;
pub mod engine;
pub mod baseline;
pub mod report;
pub mod fix;
pub mod package;
pub mod cli;
