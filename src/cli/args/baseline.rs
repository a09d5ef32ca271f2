//! Arguments of `mlguard baseline`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::{ConfigArgs, ListFormat};
use crate::config::Flags;

pub(in crate::cli) const BASELINE_AFTER: &str = "\
A baseline is a file of accepted findings: .mlguard-baseline.jsonl at the root, unless the
configuration says another. Commit it, and `mlguard check` tells only what is new. A line is bound
to the rule, to the object and key (or the path) and, by a keyed digest, to the value: a new value
in an accepted place is found, and the file tells nothing about any value.

The key is MLGUARD_BASELINE_KEY, or else a file in the Git directory (mlguard/baseline.key) that the
first `write` makes. Without the key, findings are accepted by their place alone, and `check` says
so.";

const WRITE_AFTER: &str = "\
Examples:
  mlguard baseline write --reason 'before the move to Sealed Secrets, OPS-12'
  mlguard baseline write --until 2026-12-31 k8s/legacy
  MLGUARD_BASELINE_KEY=\"$(cat .git/mlguard/baseline.key)\"    for CI, as a masked variable

Environment:
  MLGUARD_BASELINE_KEY   the key: a random text of 16 bytes or more, the same for all who share it
  MLGUARD_CONFIG, MLGUARD_POLICY, MLGUARD_MAX_SIZE   as for check

Exit status:
  0    the baseline accepts everything that was found, but for lines that have expired
  2    wrong usage or configuration, or something could not be searched; then nothing is dropped";

const PRUNE_AFTER: &str = "\
Examples:
  mlguard fix && mlguard baseline prune

Only lines that were looked for everywhere are dropped: all where the whole tree was searched, else
those with a path below PATH.

Environment:
  MLGUARD_BASELINE_KEY, MLGUARD_CONFIG, MLGUARD_POLICY, MLGUARD_MAX_SIZE   as for write and check

Exit status:
  0    lines that accept nothing are gone
  2    wrong usage or configuration, or something could not be searched; then nothing is dropped";

const EXPLAIN_AFTER: &str = "\
Examples:
  mlguard baseline explain
  mlguard baseline explain --rule plaintext-secret k8s/
  mlguard baseline explain --format json | jq '.lines[] | select(.state == \"gone\")'

A line is one of:
  accepted      a finding is there, with the accepted value
  unverified    a finding is there; without the key of the line its value cannot be compared
  other-value   a finding is there with another value: the line accepts nothing
  expired       a finding is there, and the line's end is over
  gone          nothing is there any more

Environment:
  MLGUARD_BASELINE_KEY, MLGUARD_CONFIG, MLGUARD_POLICY, MLGUARD_MAX_SIZE   as for write and check

Exit status:
  0    all lines were explained
  2    wrong usage or configuration, or something could not be searched";

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineCommand {
    #[command(subcommand)]
    pub action: BaselineAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BaselineAction {
    /// Accept everything that is found today, and drop what is gone; reasons and ends of lines stay
    #[command(after_help = WRITE_AFTER)]
    Write(BaselineWriteArgs),
    /// Drop lines that accept nothing any more
    #[command(after_help = PRUNE_AFTER)]
    Prune(BaselinePruneArgs),
    /// Say of every line what it accepts, why, until when, and whether it still does
    #[command(after_help = EXPLAIN_AFTER)]
    Explain(BaselineExplainArgs),
}

/// Which baseline.
#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineFileArgs {
    /// The baseline [default: as configured, else .mlguard-baseline.jsonl at the root]
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    #[command(flatten)]
    pub config: ConfigArgs,
}

impl BaselineFileArgs {
    /// What they say, in the words of the configuration.
    pub(crate) fn flags(&self) -> Flags {
        Flags { baseline: self.baseline.clone(), ..self.config.flags() }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineWriteArgs {
    /// Files and folders whose findings are accepted; the current folder where none is given
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Why new lines are accepted; never a secret, since it stands in the file
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: Option<String>,
    /// The last day of new lines, and of those that have expired: 2026-12-31
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub until: Option<Date>,
    /// Make lines of another key anew with the key at hand, whatever values they were for
    #[arg(long)]
    pub rekey: bool,
    #[command(flatten)]
    pub file: BaselineFileArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselinePruneArgs {
    /// Files and folders that are searched; the current folder where none is given
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub file: BaselineFileArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineExplainArgs {
    /// Explain only lines about these files and folders
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Explain only lines of this rule (repeatable)
    #[arg(long = "rule", value_name = "ID")]
    pub rules: Vec<String>,
    /// Format of the list
    #[arg(short, long, value_enum, default_value_t = ListFormat::Human, value_name = "FORMAT")]
    pub format: ListFormat,
    #[command(flatten)]
    pub file: BaselineFileArgs,
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.contains(char::is_control) {
        return Err("a reason is one line of text".to_owned());
    }
    Ok(text.to_owned())
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "it is not written as 2026-12-31".to_owned())
}
