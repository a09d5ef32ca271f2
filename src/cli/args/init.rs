//! What the command line of `mlguard init` can say.

use clap::{Args, ValueEnum};

pub(in crate::cli) const AFTER: &str = "\
Examples:
  mlguard init                     .mlguard.yaml, with what the repository shows in comments
  mlguard init --stdout            the same, only shown
  mlguard init --hook              .git/hooks/pre-commit, which refuses commits with findings
  mlguard init --hook=pre-push
  mlguard init --hook=pre-receive  on the server, in a bare repository

A hook that is there already is kept, and runs first. What holds is the same with and without the file, but for the sealing
certificates and private registries that it names: nothing that is checked without it is left out.

Exit status:
  0    it was written, or the hook was there already
  2    nothing was written, or something could not be read";

#[derive(Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// Write a hook of Git instead (repeatable): pre-commit where none is named
    #[arg(long, value_enum, value_name = "HOOK", num_args = 0..=1, require_equals = true, default_missing_value = "pre-commit")]
    pub hook: Vec<GitHook>,
    /// Print the configuration instead of writing it
    #[arg(long, visible_alias = "dry-run", conflicts_with = "hook")]
    pub stdout: bool,
    /// Replace a .mlguard.yaml that is there; write a hook also beside another manager of hooks, which it may get in the
    /// way of
    #[arg(long)]
    pub force: bool,
}

/// A hook of Git.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(clippy::enum_variant_names, reason = "the names that Git gives its hooks")]
pub(in crate::cli) enum GitHook {
    /// Before a commit: what the index brings
    PreCommit,
    /// Before a push: what the remote does not have
    PrePush,
    /// On the server, before a push is let in
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
