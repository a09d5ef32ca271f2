//! What a text is made of: YAML and JSON trees, Kubernetes objects, and the documents inside other texts.
//!
//! Every reader is a pure function on text that accepts anything and answers with spans of what it was given.

pub(crate) mod ansible_inventory;
pub(crate) mod fragment;
pub(crate) mod hcl;
mod lang;
pub(crate) mod lines;
pub(crate) mod markdown;
pub(crate) mod notebook;
pub(crate) mod object;
pub(crate) mod offset;
mod parse;
mod parsed;
pub(crate) mod scalar;
pub(crate) mod sealable;
pub(crate) mod shell;
pub(crate) mod sops;
pub(crate) mod spot;
pub(crate) mod template;
mod unit;
pub(crate) mod view;
pub(crate) mod yaml;
