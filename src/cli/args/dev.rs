//! Arguments of `mlguard dev`, for people who work on mlguard.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ConfigArgs;

#[derive(Debug, Args)]
pub(in crate::cli) struct DevCommand {
    #[command(subcommand)]
    pub action: DevAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DevAction {
    /// Print what is known of a file, with every value masked
    View(DevViewArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct DevViewArgs {
    /// The file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub config: ConfigArgs,
}
