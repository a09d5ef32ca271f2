//! The index, ranges of commits and whole histories, in repositories that the real Git makes.

mod changes;
mod gates;
mod generate;
#[cfg(unix)]
mod interrupt;
mod places;
pub(crate) mod rig;
mod sops;
mod torture;
