//! Arguments of `mlguard hook`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CheckArgs, CommitArgs, ConfigArgs, format, level};
use crate::rule::Level;

macro_rules! gate_status {
    () => {
        "\
Exit status:
  0    no new finding at or above --fail-on
  1    new findings at or above --fail-on
  2    error or incomplete check (takes precedence over 1)
  130  interrupted twice"
    };
}

const PRE_COMMIT_AFTER: &str = concat!(
    "\
In a commit, it checks what the index introduces in the given files, or in all files if none is given. Run by hand, as with \
`pre-commit run --files` or `--all-files`, it checks the given files completely; with --from-ref and --to-ref, what that \
range introduces.

",
    gate_status!()
);

const PRE_PUSH_AFTER: &str = concat!(
    "\
Git passes the name and URL of the remote as arguments, and what is pushed on stdin. Each commit that the remote does not \
have is searched. Run by hand, without a remote, it checks what a push of HEAD would introduce.

",
    gate_status!()
);

const PRE_RECEIVE_AFTER: &str = concat!(
    "\
For servers: install it as hooks/pre-receive of a bare repository. Git passes what is pushed on stdin; objects still in \
quarantine are searched too. The configuration is that of the repository's HEAD before the push.

",
    gate_status!()
);

#[derive(Debug, Subcommand)]
#[expect(clippy::enum_variant_names, reason = "the names that Git gives its hooks")]
pub(in crate::cli) enum HookKind {
    /// Check what a commit would introduce
    #[command(after_long_help = PRE_COMMIT_AFTER)]
    PreCommit {
        /// Files of the commit, as pre-commit gives them
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        gate: GateArgs,
    },
    /// Check what a push would introduce to the remote
    #[command(after_long_help = PRE_PUSH_AFTER)]
    PrePush {
        /// Name of the remote
        #[arg(value_name = "REMOTE")]
        remote: Option<String>,
        /// URL of the remote (not used)
        #[arg(value_name = "URL")]
        url: Option<String>,
        #[command(flatten)]
        gate: GateArgs,
    },
    /// On a server: check what a push introduces before accepting it
    #[command(after_long_help = PRE_RECEIVE_AFTER)]
    PreReceive {
        #[command(flatten)]
        gate: GateArgs,
    },
}

/// What decides whether a change passes.
#[derive(Debug, Args)]
pub(in crate::cli) struct GateArgs {
    /// Report format, to stdout or to a file (repeatable)
    #[arg(short, long = "format", value_name = "FORMAT[=FILE]", value_parser = format)]
    pub formats: Vec<String>,
    /// Lowest level that refuses the change: note, warning or error [default: error]
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub fail_on: Option<Level>,
    /// Accept a shallow or partial clone: search the history that is available
    #[arg(long)]
    pub allow_shallow: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

impl GateArgs {
    /// The same arguments for `mlguard check`.
    pub(crate) fn check(&self, paths: Vec<PathBuf>, commits: CommitArgs) -> CheckArgs {
        CheckArgs {
            paths,
            commits: CommitArgs { allow_shallow: self.allow_shallow, ..commits },
            formats: self.formats.clone(),
            fail_on: self.fail_on,
            config: self.config.clone(),
            ..CheckArgs::default()
        }
    }
}
