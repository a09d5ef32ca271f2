//! Repairs: findings to edits, edits to new texts, new texts to files, all of them or none.

pub(crate) mod input;
pub(crate) mod plan;
pub(crate) mod reason;
pub(crate) mod recipients;
pub(crate) mod repair;
pub(crate) mod run;
pub(crate) mod stage;
pub(crate) mod store;
