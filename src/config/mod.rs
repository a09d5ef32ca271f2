//! Configuration: `.mlguard.yaml` files, an organisation's policy, the environment and flags, joined to [`Settings`].
//!
//! Layers, later ones win: defaults, the repository's file, files of folders, environment, flags. A policy bounds all
//! of them from below. Faulty entries are reported with their place and left out; the rest counts, so that one run
//! names every fault and still searches everything.

mod accepted;
mod convention;
mod file;
mod globs;
mod keys;
mod levels;
mod nested;
mod node;
mod package;
mod packs;
mod policy;
mod read;
pub(crate) mod schema;
mod settings;
mod show;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use accepted::AcceptedText;
pub(crate) use package::Content;
pub(crate) use package::{Item, PackagePlan, PackageSecret, Registry, check_approver, pieces};
pub(crate) use settings::{Cluster, Environment, Flags, Settings, rules_of_files};
pub(crate) use values::{DEFAULT_MAX_SIZE, Origin, Valued, parse_level, parse_size, show_size};

/// The name of the configuration file, at the root and in folders.
pub(crate) const FILE: &str = ".mlguard.yaml";

/// What is wrong with a glob of the command line.
///
/// # Errors
/// Where it is no usable glob.
pub(crate) fn check_glob(glob: &str) -> Result<(), String> {
    globs::check(glob)
}
