//! What all checks share: how one is declared and run, what it sees, and how it reports.

mod across;
mod check;
mod context;
mod draft;
pub(in crate::checks) mod keyed;
pub(crate) mod repair;
mod run;

pub(in crate::checks) use across::{Across, listed, title};
pub use check::{Check, Need, Run};
pub(in crate::checks) use context::Context;
pub(crate) use draft::Subject;
pub(crate) use draft::{Draft, Weight};
pub(crate) use run::{run_repository, run_source};
