//! What a text is made of: the readers that turn a source into documents and find documents inside others.
//!
//! Every reader is a pure function on text that accepts anything and answers with spans of what it was given.

pub mod template;
pub mod fragment;
mod lang;
pub mod lines;
pub mod offset;
pub mod scalar;
pub mod markdown;
