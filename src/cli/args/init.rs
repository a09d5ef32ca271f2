//! Arguments of `mlguard init`.

use clap::{Args, ValueEnum};

pub(in crate::cli) const AFTER: &str = "\
An existing hook is kept, and runs first. A new .mlguard.yaml changes nothing about what is checked, except for the sealing \
certificates and private registries that it names.

Examples:
  # .mlguard.yaml, with what was found in comments
  mlguard init

  # The same, only printed
  mlguard init --stdout

  # A Git hook that refuses commits with findings
  mlguard init --hook

  mlguard init --hook=pre-push

  # On the server, in a bare repository
  mlguard init --hook=pre-receive

Exit status:
  0    the file was written, or the hook already exists
  2    nothing was written, or a file could not be read";

#[derive(Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// Write a Git hook instead (repeatable) [default hook: pre-commit]
    #[arg(long, value_enum, value_name = "HOOK", num_args = 0..=1, require_equals = true, default_missing_value = "pre-commit")]
    pub hook: Vec<GitHook>,
    /// Print the configuration instead of writing it
    #[arg(long, visible_alias = "dry-run", conflicts_with = "hook")]
    pub stdout: bool,
    /// Replace an existing .mlguard.yaml; write a hook even if another hook manager is in use
    #[arg(long)]
    pub force: bool,
}

/// A hook of Git.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(clippy::enum_variant_names, reason = "the names that Git gives its hooks")]
pub(in crate::cli) enum GitHook {
    /// Before a commit: what the index introduces
    PreCommit,
    /// Before a push: what the remote does not have
    PrePush,
    /// On the server, before a push is accepted
    PreReceive,
}

impl GitHook {
    /// Its name, which is that of its file.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
        }
    }
}
