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
    /// Run the examples of rule files [default: of all built-in and configured rules]
    #[command(
        after_long_help = "Example:\n  mlguard rules test ci/rules/\n\nExit status:\n  0    all examples behave\n  2    error, or an example does not behave"
    )]
    Test(TestArgs),
    /// Write a new credential rule with examples, to fill in
    #[command(after_long_help = "Example:\n  mlguard rules new acme-token\n  mlguard rules test acme-token.yml")]
    New(NewRuleArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NewRuleArgs {
    /// Id of the rule: what it finds, in lowercase with dashes
    #[arg(value_name = "ID")]
    pub id: String,
    /// Write to this file [default: rules/secrets/ID.yml if that folder exists, else ID.yml]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct TestArgs {
    /// Rule files, or folders of them
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub config: ConfigArgs,
}
