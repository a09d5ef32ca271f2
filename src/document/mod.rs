//! What a text is made of: the readers that turn a source into documents and find documents inside others.
//!
//! Every reader is a pure function on text that accepts anything, takes time linear in its length and answers with
//! spans of what it was given. A document inside another one is a [`fragment::Fragment`]: its text, its language and an
//! [`offset::OffsetMap`] back to the text around it, so that a finding is reported where the value stands.
//!
//! - [`template`]: blanks the actions of Helm, Jinja and their kin in place
//! - [`lines`]: recovers objects of what does not parse, by indentation
//! - [`scalar`]: strings that are documents
//! - [`markdown`], [`shell`], [`notebook`]: texts that hold documents

pub mod fragment;
mod lang;
pub mod lines;
pub mod markdown;
pub mod notebook;
pub mod offset;
pub mod scalar;
pub mod shell;
pub mod template;
