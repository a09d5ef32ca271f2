//! HCL, as Terraform writes it: blocks, attributes and the literals among their values, with true spans.
//!
//! A tolerant reader: what it does not understand becomes [`Value::Other`], and it never fails. Expressions are not computed;
//! a string counts as a literal only where it is the whole value, or the argument of a function that hands it on.

mod read;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use read::parse;
pub(crate) use tree::{Attribute, Block, Body, Value, find, name};
