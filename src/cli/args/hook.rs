//! What the command line of hooks can say.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CheckArgs, CommitArgs, ConfigArgs, format, level};
use crate::rule::Level;

const PRE_COMMIT_AFTER: &str = "\
In a commit, it checks what the index brings to the files that are given, or to all where none is. Run by hand, as with
`pre-commit run --files` or `--all-files`, it checks the given files as a whole; with --from-ref and --to-ref what the range
brings.

Exit status:
  0    the commit brings nothing at or above --fail-on
  1    it does
  2    wrong usage, wrong configuration, or something could not be searched (wins over 1)
  130  interrupted twice";

const PRE_PUSH_AFTER: &str = "\
Git gives the name and the address of the remote as arguments, and what is pushed on standard input. Each commit that the
remote does not have is searched. By hand, without a remote, what a push of HEAD would bring.

Exit status:
  0    the push brings nothing at or above --fail-on
  1    it does
  2    wrong usage, wrong configuration, or something could not be searched (wins over 1)
  130  interrupted twice";

const PRE_RECEIVE_AFTER: &str = "\
For the server: put it into hooks/pre-receive of a bare repository. Git gives what is pushed on standard input; objects that
still wait in quarantine are seen. The configuration is that of the repository's HEAD before the push.

Exit status:
  0    the push brings nothing at or above --fail-on
  1    it does
  2    wrong usage, wrong configuration, or something could not be searched (wins over 1)
  130  interrupted twice";

#[derive(Debug, Args)]
pub(crate) struct HookCommand {
    #[command(subcommand)]
    pub(in crate::cli) kind: HookKind,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::enum_variant_names, reason = "the names that Git gives its hooks")]
pub(in crate::cli) enum HookKind {
    /// Check what a commit would bring
    #[command(after_help = PRE_COMMIT_AFTER)]
    PreCommit {
        /// Files of the commit, as pre-commit gives them
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        gate: GateArgs,
    },
    /// Check what a push would bring to the remote
    #[command(after_help = PRE_PUSH_AFTER)]
    PrePush {
        /// Name of the remote
        #[arg(value_name = "REMOTE")]
        remote: Option<String>,
        /// Its address, which is not used
        #[arg(value_name = "URL")]
        url: Option<String>,
        #[command(flatten)]
        gate: GateArgs,
    },
    /// Check on the server what a push brings, before it is let in
    #[command(after_help = PRE_RECEIVE_AFTER)]
    PreReceive {
        #[command(flatten)]
        gate: GateArgs,
    },
}

/// What decides whether a change is let pass.
#[derive(Debug, Args)]
pub(in crate::cli) struct GateArgs {
    /// Report format, to standard output or to a file (repeatable)
    #[arg(short, long = "format", value_name = "FORMAT[=FILE]", value_parser = format)]
    pub formats: Vec<String>,
    /// Least level that stops the change: note, warning or error [default: error]
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub fail_on: Option<Level>,
    /// Accept that a shallow or partial clone lacks history: search what is there
    #[arg(long)]
    pub allow_shallow: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

impl GateArgs {
    /// The same said to `mlguard check`.
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
