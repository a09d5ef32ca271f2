//! Checks: what looks at a source and says what is wrong. Synchronous, no I/O, nothing printed.
//!
//! Each coded check is a file in the folder of its family, one line in that folder's `mod.rs`, one file of words in
//! `rules/manifests/`, and one folder in `tests/fixtures/rules/`. [`common`] has what they share. Credential rules are
//! data; [`detector`] applies them.

pub(crate) mod common;
pub(crate) mod detector;
#[cfg(test)]
pub(in crate::checks) mod testing;

pub(crate) mod credentials;
mod sealed;
mod references;
mod external;
mod sops;
mod csi;
mod vault;
mod files;
mod access;
mod meta;

pub use common::{Check, Need};
pub(crate) use common::{Draft, Subject, Weight, run_repository, run_source};

/// Every family of coded checks.
const FAMILIES: &[&[Check]] = &[
    credentials::CHECKS,
    sealed::CHECKS,
    references::CHECKS,
    external::CHECKS,
    sops::CHECKS,
    csi::CHECKS,
    vault::CHECKS,
    files::CHECKS,
    access::CHECKS,
    meta::CHECKS,
];

/// Every coded check. The order decides nothing.
pub fn all() -> impl Iterator<Item = &'static Check> {
    FAMILIES.iter().copied().flatten()
}
