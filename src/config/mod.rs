//! Configuration: `.mlguard.yaml` files, an organisation's policy, the environment and flags, joined to [`Settings`].
//!
//! Later layers take precedence: defaults, the repository's file, files of folders, environment, flags. A policy bounds
//! all of them. Faulty entries are reported with their place and left out; the rest counts, so that one run reports
//! every fault and still searches everything.
//!
//! `key` is the type of a key, and `keys` contains all of them. Keys know nodes and values only; files are read by the list of
//! keys, and [`Settings`] joins files.

mod accepted;
mod bounds;
mod convention;
mod environment;
mod file;
mod globs;
mod key;
mod keys;
mod layer;
mod nested;
mod node;
mod package;
mod packs;
mod policy;
mod read;
mod reader;
pub(crate) mod schema;
mod settings;
mod shapes;
mod show;
mod shown;
#[cfg(test)]
mod tests;
mod text;
mod values;

pub(crate) use accepted::AcceptedText;
pub(crate) use convention::Cluster;
pub(crate) use environment::{Environment, Flags};
pub(crate) use globs::check as check_glob;
pub use keys::table as key_table;
pub(crate) use package::{Content, Item, PackagePlan, PackageSecret, Registry, check_approver, pieces};
pub(crate) use read::FILE;
pub(crate) use settings::{Settings, rules_of_files};
pub(crate) use values::{DEFAULT_MAX_SIZE, Origin, Valued, parse_level, parse_size, show_size};
