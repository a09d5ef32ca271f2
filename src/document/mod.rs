//! What a text is made of: YAML and JSON trees, Kubernetes objects, and the documents that stand inside other texts.
//!
//! Every reader is a pure function on text that accepts anything and answers with spans of what it was given.

pub mod fragment;
pub mod hcl;
mod lang;
pub mod lines;
pub mod markdown;
pub mod notebook;
pub mod object;
pub mod offset;
pub mod scalar;
pub mod sealable;
pub mod shell;
pub mod sops;
pub mod spot;
pub mod template;
pub mod view;
pub mod yaml;
