//! What the command line can say. Types only: nothing here reads a file.

mod baseline;
mod cert;
mod hook;
mod init;
mod package;
mod rules;
mod sealing;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{self, Flags};
use crate::report::{Target, map};
use crate::rule::Level;

pub(super) use baseline::{BaselineAction, BaselineExplainArgs, BaselinePruneArgs, BaselineWriteArgs};
pub(super) use cert::{CertAction, CertArgs, FetchArgs, ShowArgs};
pub(super) use hook::{GateArgs, HookKind};
pub(super) use init::{GitHook, InitArgs};
pub(super) use package::PackageArgs;
pub(super) use rules::{NewRuleArgs, RulesAction, RulesArgs, TestArgs};
pub(super) use sealing::{FixArgs, ResealArgs, SealArgs, UnsealArgs};

/// Keeps the secrets of MLOps platforms out of Git.
#[derive(Debug, Parser)]
#[command(name = "mlguard", version, about, long_about = None, propagate_version = true, after_long_help = AFTER, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) global: Global,
}

/// The exit status; [`Exit`](crate::exit::Exit) has the codes.
macro_rules! exit_status {
    () => {
        "\
Exit status:
  0    no finding at or above --fail-on
  1    findings at or above --fail-on
  2    error or incomplete check (takes precedence over 1)
  130  interrupted twice"
    };
}

const AFTER: &str = exit_status!();

const CHECK_AFTER: &str = concat!(
    "\
Examples:
  # The working tree of the current folder
  mlguard check

  # Some folders and files
  mlguard check k8s/ values.yaml

  # A report for GitHub beside the one for people
  mlguard check --format sarif=out.sarif --format human

  mlguard check --fail-on warning --exclude 'vendor/**'

  # What the next commit would introduce
  mlguard check --staged

  # What this branch introduces
  mlguard check --diff origin/main

  # Everything that was ever committed, or a part of it
  mlguard check --history
  mlguard check --history=v1.0..main --format json

  # One document
  mlguard check --stdin --stdin-path k8s/a.yaml < a.yaml

Environment:
  MLGUARD_CONFIG        as --config
  MLGUARD_POLICY        as --policy
  MLGUARD_FAIL_ON       as --fail-on
  MLGUARD_MAX_SIZE      as --max-size
  MLGUARD_FORMAT        as --format, separated by commas
  MLGUARD_BASELINE_KEY  key that values are compared with
  NO_COLOR, CLICOLOR_FORCE, RUST_LOG

",
    exit_status!()
);

const MAP_AFTER: &str = "\
Patterns are names in which * stands for any characters. Only names are shown, never values.

Examples:
  mlguard map --format mermaid --output docs/secrets.mmd
  mlguard map --workflow financial-ml
  mlguard map --namespace 'financial-*' --secret ml-platform
  mlguard map --format dot | dot -Tsvg > secrets.svg

  # Secrets that are used and not defined
  mlguard map --format json apps/ |
    jq '.namespaces[].secrets[] |
      select(.status == \"undefined\")'

Environment:
  MLGUARD_CONFIG    as --config
  MLGUARD_POLICY    as --policy
  MLGUARD_MAX_SIZE  as --max-size

Exit status:
  0    the map was written
  2    error, or the map is incomplete
  130  interrupted twice";

/// Flags of all commands.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Verbose logging to stderr (-vv, -vvv for more). RUST_LOG takes precedence
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Do not print configuration warnings
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub(super) color: When,
}

/// When to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Search files for plaintext Secrets and credentials
    #[command(after_long_help = CHECK_AFTER)]
    Check(CheckArgs),
    /// Run as a Git or pre-commit hook: check what a commit or push introduces
    #[command(subcommand)]
    Hook(HookKind),
    /// Write a .mlguard.yaml inferred from the repository, or a Git hook
    #[command(after_long_help = init::AFTER)]
    Init(InitArgs),
    /// Show which workloads use which Secrets and keys
    #[command(after_long_help = MAP_AFTER)]
    Map(MapArgs),
    /// Repair findings: seal plaintext Secrets in place, correct references
    #[command(after_long_help = sealing::FIX_AFTER)]
    Fix(FixArgs),
    /// Turn Secrets into SealedSecrets, as kubeseal does, without a cluster
    #[command(after_long_help = sealing::SEAL_AFTER)]
    Seal(SealArgs),
    /// Decrypt SealedSecrets with backed-up private keys of the controller
    #[command(after_long_help = sealing::UNSEAL_AFTER)]
    Unseal(UnsealArgs),
    /// Re-seal SealedSecrets for another key, cluster, name, namespace or scope
    #[command(after_long_help = sealing::RESEAL_AFTER)]
    Reseal(ResealArgs),
    /// Build the delivery package of a workflow: its sealed Secrets, and an archive
    #[command(after_long_help = package::AFTER)]
    Package(PackageArgs),
    /// Accept existing findings, so that only new ones are reported
    #[command(subcommand, after_long_help = baseline::BASELINE_AFTER)]
    Baseline(BaselineAction),
    /// Fetch or show the certificates that Secrets are sealed for
    #[command(subcommand)]
    Cert(CertAction),
    /// List rules, test those of a rule pack, or start a new one
    #[command(after_long_help = AFTER, args_conflicts_with_subcommands = true)]
    Rules(RulesArgs),
    /// Explain a rule: what it finds, why, and how to fix it (Markdown)
    #[command(after_long_help = AFTER)]
    Explain {
        /// Id of the rule
        rule: String,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Print a completion script for a shell
    #[command(
        after_long_help = "Example:\n  mlguard completions bash \\\n    > ~/.local/share/bash-completion/completions/mlguard"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write those of all commands to a folder
    #[command(after_long_help = "Example:\n  mlguard man ~/.local/share/man/man1")]
    Man {
        /// Folder for the pages of all commands
        dir: Option<PathBuf>,
    },
    /// Tools for people who work on mlguard
    #[command(subcommand, hide = true)]
    Dev(DevAction),
}

#[derive(Debug, Subcommand)]
pub(super) enum DevAction {
    /// Print what is known of a file, with every value masked
    View {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        config: ConfigArgs,
    },
}

/// Where configuration comes from.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct ConfigArgs {
    /// Read this file instead of every .mlguard.yaml
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Read no .mlguard.yaml
    #[arg(long)]
    pub no_config: bool,
    /// Organisation-wide policy; other configuration can tighten it but not weaken it
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Also use the rule files that match (repeatable)
    #[arg(long = "rule-pack", value_name = "GLOB")]
    pub rule_packs: Vec<String>,
}

impl ConfigArgs {
    /// The settings that these flags override.
    pub(super) fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            no_config: self.no_config,
            policy: self.policy.clone(),
            rule_packs: self.rule_packs.clone(),
            ..Flags::default()
        }
    }
}

/// Which files are read, and how.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ReadArgs {
    /// Leave out paths that match, relative to the root (repeatable)
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    pub exclude: Vec<String>,
    /// Skip larger files: bytes, 512KiB, 32MiB, 1GB [default: 32MiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_size: Option<u64>,
    /// Number of threads [default: all cores]
    #[arg(short = 'j', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

impl ReadArgs {
    /// The settings that these flags and those of `config` override.
    pub(super) fn flags(&self, config: &ConfigArgs) -> Flags {
        Flags { exclude: self.exclude.clone(), max_size: self.max_size, ..config.flags() }
    }
}

#[derive(Clone, Debug, Default, Args)]
pub(super) struct CheckArgs {
    /// Files and folders [default: the current folder]
    #[arg(value_name = "PATH", conflicts_with = "stdin")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub commits: CommitArgs,
    /// Check one document from stdin
    #[arg(long)]
    pub stdin: bool,
    /// Name of the --stdin document; its extension decides how it is read
    #[arg(long, value_name = "PATH", requires = "stdin")]
    pub stdin_path: Option<PathBuf>,
    /// Report format, to stdout or to a file (repeatable): human, json, jsonl, sarif, github, gitlab, junit,
    /// markdown
    #[arg(short, long = "format", value_name = "FORMAT[=FILE]", value_parser = format)]
    pub formats: Vec<String>,
    /// Lowest level that causes exit status 1: note, warning or error [default: error]
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub fail_on: Option<Level>,
    /// Apply only this rule (repeatable)
    #[arg(long = "rule", value_name = "ID")]
    pub rules: Vec<String>,
    /// Accept the findings in this file [default: as configured, else .mlguard-baseline.jsonl at the root]
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline")]
    pub baseline: Option<PathBuf>,
    /// Report accepted findings too
    #[arg(long)]
    pub no_baseline: bool,
    #[command(flatten)]
    pub reading: ReadArgs,
    /// Print the merged configuration with the origin of each value, and check nothing
    #[arg(long)]
    pub show_config: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// What of a Git repository is checked, instead of the files of its work tree.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Commits")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct CommitArgs {
    /// Check what committing the index would introduce: staged contents, without older findings
    #[arg(long, conflicts_with_all = ["diff", "history", "stdin"])]
    pub staged: bool,
    /// Check what a range of commits introduces since the merge base. Configuration, rule packs and baseline are
    /// those of BASE
    #[arg(long, value_name = "BASE[..HEAD]", conflicts_with_all = ["history", "stdin"])]
    pub diff: Option<String>,
    /// Search every version of every file reachable from a reference, or in a range, for credentials; each is
    /// reported once, with the commit that introduced it
    #[arg(long, value_name = "RANGE", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with = "stdin")]
    pub history: Option<String>,
    /// Also search the reflog: reset, rebased and deleted branches
    #[arg(long, requires = "history")]
    pub reflog: bool,
    /// Also search unreachable objects
    #[arg(long, requires = "history")]
    pub all_objects: bool,
    /// Accept a shallow or partial clone: search the history that is available
    #[arg(long)]
    pub allow_shallow: bool,
}

impl CommitArgs {
    /// Whether commits are asked for.
    pub(super) fn any(&self) -> bool {
        self.staged || self.diff.is_some() || self.history.is_some()
    }
}

impl CheckArgs {
    /// The settings that these flags override.
    pub(super) fn flags(&self) -> Flags {
        Flags {
            only: self.rules.clone(),
            fail_on: self.fail_on,
            formats: self.formats.clone(),
            baseline: self.baseline.clone(),
            no_baseline: self.no_baseline,
            ..self.reading.flags(&self.config)
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct MapArgs {
    /// Files and folders whose Secrets are shown, with everything in the repository that uses them
    /// [default: the current folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Format of the map
    #[arg(short, long, value_enum, default_value_t = map::Format::Mermaid, value_name = "FORMAT")]
    pub format: map::Format,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Show only namespaces that match (repeatable)
    #[arg(long = "namespace", value_name = "PATTERN")]
    pub namespaces: Vec<String>,
    /// Show only namespaces of workflows that match (repeatable)
    #[arg(long = "workflow", value_name = "PATTERN")]
    pub workflows: Vec<String>,
    /// Show only Secrets that match (repeatable)
    #[arg(long = "secret", value_name = "PATTERN")]
    pub secrets: Vec<String>,
    #[command(flatten)]
    pub reading: ReadArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Format of the list of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// A table
    Human,
    /// JSON
    Json,
}

pub(super) fn format(text: &str) -> Result<String, String> {
    let target: Result<Target, _> = text.parse();
    target.map(|_| text.to_owned()).map_err(|error| error.to_string())
}

pub(super) fn level(text: &str) -> Result<Level, String> {
    config::parse_level(text).map_err(|why| format!("it {why}"))
}

fn size(text: &str) -> Result<u64, String> {
    config::parse_size(text).map_err(|why| format!("it {why}"))
}

fn glob(text: &str) -> Result<String, String> {
    config::check_glob(text).map(|()| text.to_owned()).map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::exit::Exit;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_shows_the_table_of_exit_codes() {
        for (exit, meaning) in [
            (Exit::Clean, "no finding at or above --fail-on"),
            (Exit::Findings, "findings at or above --fail-on"),
            (Exit::Failed, "error or incomplete check (takes precedence over 1)"),
            (Exit::Interrupted, "interrupted twice"),
        ] {
            let line = format!("  {:<3}  {meaning}", exit.code());
            assert!(AFTER.contains(&line) && CHECK_AFTER.contains(&line), "{line}");
        }
    }

    #[test]
    fn the_help_of_format_names_every_format() {
        let help = Cli::command().find_subcommand_mut("check").expect("check").render_long_help().to_string();
        for format in crate::report::Format::ALL {
            assert!(help.contains(format.as_str()), "{}", format.as_str());
        }
    }
}
