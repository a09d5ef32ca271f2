//! Arguments of `mlguard baseline`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::{ConfigArgs, ListFormat};
use crate::config::Flags;

pub(in crate::cli) const BASELINE_AFTER: &str = "\
A baseline is a file of accepted findings: .mlguard-baseline.jsonl at the root, unless another one is configured. Commit \
it, and `mlguard check` reports only new findings. A line is bound to the rule, to the object and key (or the path) and, by a \
keyed digest, to the value: a changed value in an accepted place is reported, and the file reveals nothing about values.

The key is MLGUARD_BASELINE_KEY, or a file in the Git directory (mlguard/baseline.key) that the first `write` creates. \
Without the key, findings are accepted by their place alone, with a warning.";

const WRITE_AFTER: &str = "\
Examples:
  mlguard baseline write --reason 'before the move, OPS-12'
  mlguard baseline write --until 2026-12-31 k8s/legacy

  # In CI, from a masked variable
  MLGUARD_BASELINE_KEY=\"$KEY\" mlguard baseline write

Environment:
  MLGUARD_BASELINE_KEY  a random text of at least 16 bytes
  MLGUARD_CONFIG        as --config
  MLGUARD_POLICY        as --policy
  MLGUARD_MAX_SIZE      as for `mlguard check`

Exit status:
  0    all findings are accepted, except by expired lines
  2    error or incomplete search; no line was dropped";

const PRUNE_AFTER: &str = "\
Only lines whose whole place was searched are dropped: all lines where the whole tree was searched, otherwise those below \
PATH.

Examples:
  mlguard fix && mlguard baseline prune

Environment:
  MLGUARD_BASELINE_KEY  the key of the baseline
  MLGUARD_CONFIG        as --config
  MLGUARD_POLICY        as --policy
  MLGUARD_MAX_SIZE      as for `mlguard check`

Exit status:
  0    lines that accept nothing were dropped
  2    error or incomplete search; no line was dropped";

const EXPLAIN_AFTER: &str = "\
Examples:
  mlguard baseline explain
  mlguard baseline explain --rule plaintext-secret k8s/
  mlguard baseline explain --format json |
    jq '.lines[] | select(.state == \"gone\")'

States of a line:
  accepted     the finding exists, with the accepted value
  unverified   it exists; its value cannot be compared
               without the key
  other-value  it exists with another value: not accepted
  expired      it exists, and the line has expired
  gone         it no longer exists

Environment:
  MLGUARD_BASELINE_KEY  the key of the baseline
  MLGUARD_CONFIG        as --config
  MLGUARD_POLICY        as --policy
  MLGUARD_MAX_SIZE      as for `mlguard check`

Exit status:
  0    all lines were explained
  2    error or incomplete search";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BaselineAction {
    /// Accept all current findings and drop obsolete lines; reasons and end dates are kept
    #[command(after_long_help = WRITE_AFTER)]
    Write(BaselineWriteArgs),
    /// Drop lines that no longer accept anything
    #[command(after_long_help = PRUNE_AFTER)]
    Prune(BaselinePruneArgs),
    /// Explain each line: what it accepts, why, until when, and whether it still does
    #[command(after_long_help = EXPLAIN_AFTER)]
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
    /// The settings that these flags override.
    pub(crate) fn flags(&self) -> Flags {
        Flags { baseline: self.baseline.clone(), ..self.config.flags() }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineWriteArgs {
    /// Files and folders whose findings are accepted [default: the current folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Why the findings are accepted; stored in the file, so never a secret
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: Option<String>,
    /// Last day of new and expired lines (YYYY-MM-DD)
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub until: Option<Date>,
    /// Rewrite lines that were made with another key, without being able to check their values
    #[arg(long)]
    pub rekey: bool,
    #[command(flatten)]
    pub file: BaselineFileArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselinePruneArgs {
    /// Files and folders to search [default: the current folder]
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
        return Err("a reason must be one line of text".to_owned());
    }
    Ok(text.to_owned())
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "must be YYYY-MM-DD".to_owned())
}
