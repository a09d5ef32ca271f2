//! A spanned tree of one YAML (or JSON) document.
//!
//! The tree keeps what a fixer and a report need and a deserialiser throws away: the span of every node, comments,
//! styles, tags, aliases as aliases. Aliases are never copied, so that a bomb of them costs nothing; [`Node`] follows
//! them, and merge keys, when it looks up a key.

mod build;
mod split;
#[cfg(test)]
mod tests;
mod tree;

pub use build::parse;
pub(crate) use build::{MAX_DEPTH, SyntaxError};
pub(crate) use split::documents;
pub(crate) use tree::{Node, Style, Tree};
