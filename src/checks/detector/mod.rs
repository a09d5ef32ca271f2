//! The credential engine: one pass over a text ([`prefilter`]) finds the keywords of every rule, and only then are
//! regular expressions compiled and run, each on the few bytes around its keyword.
//!
//! What is encoded in a text (base64, hexadecimal, percent) is decoded within a budget and searched the same way; see
//! [`decode`]. What the engine reports are [`Hit`]s: spans, never values.

pub(crate) mod assignment;
mod decode;
mod engine;
mod examples;
mod hit;
mod prefilter;
mod verify;

pub(crate) use assignment::Syntax;
pub(crate) use engine::Engine;
pub(crate) use examples::test_rules;
pub(crate) use hit::{Hit, TextHits};
