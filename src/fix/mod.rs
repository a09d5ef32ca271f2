//! Repairs: findings to edits, edits to new texts, new texts to files, all of them or none.

pub mod plan;
pub mod stage;
pub mod store;
