//! Arguments of `mlguard rules`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ConfigArgs, ListFormat};

#[derive(Debug, Args)]
pub(in crate::cli) struct RulesArgs {
    #[command(subcommand)]
    pub action: Option<RulesAction>,
    /// Format of the list
    #[arg(short, long, value_enum, default_value_t = ListFormat::Human, value_name = "FORMAT")]
    pub format: ListFormat,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RulesAction {
    /// Run the examples of rule files; of the built-in and the configured rules where none is given
    #[command(
        after_help = "Example:\n  mlguard rules test ci/rules/\n\nExit status: 0 where all examples behave, else 2"
    )]
    Test(TestArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct TestArgs {
    /// Rule files, or folders of them
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub config: ConfigArgs,
}
