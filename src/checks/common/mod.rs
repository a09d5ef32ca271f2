//! What all checks share: how one is declared and run, what it sees, and how it reports.

mod across;
mod check;
mod context;
mod draft;
pub(in crate::checks) mod keyed;
pub(crate) mod repair;
mod run;

pub(in crate::checks) use crate::error::{listed, listed_names};
pub(in crate::checks) use across::{Across, title};
pub use check::{Check, Need};
pub(in crate::checks) use context::{Context, level_of, looks_like};
pub(crate) use draft::{Draft, Subject, Weight};
pub(crate) use run::{run_repository, run_source};
