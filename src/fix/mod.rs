//! Repairs: findings to edits, edits to new texts, new texts to files, all of them or none.

pub(crate) mod plan;
pub(crate) mod stage;
pub(crate) mod store;
