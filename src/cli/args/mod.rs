//! What the command line can say. Types only: nothing here reads a file.

mod baseline;
mod hook;
mod init;
mod sealing;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::package::args::{AFTER as PACKAGE_AFTER, PackageArgs};
use super::recipient::CertArgs;
use crate::config::{self, Flags};
use crate::report::Target;
use crate::rule::Level;

pub(super) use baseline::{BaselineAction, BaselineCommand, BaselineExplainArgs, BaselinePruneArgs, BaselineWriteArgs};
pub(super) use hook::{GateArgs, HookCommand, HookKind};
pub(super) use init::{AFTER as INIT_AFTER, GitHook, InitArgs};
pub(super) use sealing::{FixArgs, ResealArgs, SealArgs, SealFormat, SealScope, UnsealArgs};

/// Keeps the secrets of MLOps platforms out of Git.
#[derive(Debug, Parser)]
#[command(name = "mlguard", version, about, long_about = None, propagate_version = true, after_help = AFTER, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) global: Global,
}

const AFTER: &str = "\
Exit status:
  0    everything was searched, nothing at or above --fail-on was found
  1    findings at or above --fail-on
  2    wrong usage, wrong configuration, or a scan that could not finish (wins over 1)
  130  interrupted twice";

const CHECK_AFTER: &str = "\
Examples:
  mlguard check                                  the working tree of the current folder
  mlguard check k8s/ values.yaml                 some folders and files
  mlguard check --format sarif=out.sarif --format human
  mlguard check --fail-on warning --exclude 'vendor/**'
  mlguard check --staged                         what the next commit would bring
  mlguard check --diff origin/main               what this branch brings
  mlguard check --history                        everything that was ever committed
  mlguard check --history=v1.0..main --format json
  mlguard check --stdin --stdin-path k8s/secret.yaml < secret.yaml

Environment:
  MLGUARD_CONFIG, MLGUARD_POLICY, MLGUARD_FAIL_ON, MLGUARD_MAX_SIZE   as the flags of these names
  MLGUARD_FORMAT         as --format, several separated by commas
  MLGUARD_BASELINE_KEY   the key that values of the baseline are compared with
  NO_COLOR, CLICOLOR_FORCE, RUST_LOG

Exit status:
  0    everything was searched, nothing at or above --fail-on was found
  1    findings at or above --fail-on
  2    wrong usage, wrong configuration, or a scan that could not finish (wins over 1)
  130  interrupted twice";

const MAP_AFTER: &str = "\
Examples:
  mlguard map --format mermaid --output docs/secrets.mmd
  mlguard map --workflow financial-ml
  mlguard map --namespace 'financial-*' --secret ml-platform
  mlguard map --format dot | dot -Tsvg > secrets.svg
  mlguard map --format json apps/ | jq '.namespaces[].secrets[] | select(.status == \"undefined\")'

Patterns are names in which * stands for any characters. Only names are shown, never values.

Environment:
  MLGUARD_CONFIG, MLGUARD_POLICY, MLGUARD_MAX_SIZE   as the flags of these names

Exit status:
  0    the map was written
  2    wrong usage, wrong configuration, or something could not be read, so that the map is incomplete
  130  interrupted twice";

const FETCH_AFTER: &str = "\
Examples:
  mlguard cert fetch --output certs/dev.pem
  mlguard cert fetch --cluster dev --context dev-admin    to the file that .mlguard.yaml names
  mlguard cert fetch --controller-name sealed-secrets     as the Helm chart names it
  mlguard cert fetch | openssl x509 -noout -text

The certificate is no secret: commit it, so that everybody can seal without access to the cluster.
kubectl asks for it with your own rights: it reads the service, then /v1/cert.pem through the API
server.

Environment:
  SEALED_SECRETS_CONTROLLER_NAME, SEALED_SECRETS_CONTROLLER_NAMESPACE   as the flags of these names
  KUBECONFIG and others, as kubectl reads them

Exit status:
  0    the certificate was written
  2    wrong usage or configuration, or there is no certificate to be had";

const SHOW_AFTER: &str = "\
Examples:
  mlguard cert show                              of every cluster that .mlguard.yaml names
  mlguard cert show certs/*.pem
  mlguard cert show --format json | jq '.certificates[] | select(.days_left < 60)'

The fingerprint is the key id of the controller, and what `ssh-keygen -lf` prints for the same key.

Environment:
  MLGUARD_CERT, SEALED_SECRETS_CERT   as --cert, where neither it nor a FILE is given
  MLGUARD_CONFIG, MLGUARD_POLICY      as the flags of these names

Exit status:
  0    all are valid
  1    one has expired
  2    wrong usage or configuration, or one cannot be read (wins over 1)";

/// Flags of all commands.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Log to standard error what is done; -vv and -vvv say more. RUST_LOG goes before it
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Keep warnings about the configuration to yourself; findings and errors are shown
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Colours
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
    #[command(after_help = CHECK_AFTER)]
    Check(CheckArgs),
    /// Run as a hook of Git or pre-commit: check what a commit or a push brings
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Hook(HookCommand),
    /// Write a .mlguard.yaml from what the repository shows, or a hook of Git
    #[command(after_help = INIT_AFTER)]
    Init(InitArgs),
    /// Show which workloads use which Secret: workflow, environment, Secret, keys, consumers
    #[command(after_help = MAP_AFTER)]
    Map(MapArgs),
    /// Repair findings: seal plaintext Secrets where they stand, and more
    #[command(after_help = sealing::FIX_AFTER)]
    Fix(FixArgs),
    /// Seal Secrets: make SealedSecrets of them, as kubeseal does, without a cluster
    #[command(after_help = sealing::SEAL_AFTER)]
    Seal(SealArgs),
    /// Open SealedSecrets with backed-up private keys of the controller
    #[command(after_help = sealing::UNSEAL_AFTER)]
    Unseal(UnsealArgs),
    /// Seal SealedSecrets anew: for another key, cluster, name, namespace or scope
    #[command(after_help = sealing::RESEAL_AFTER)]
    Reseal(ResealArgs),
    /// Make the delivery package of a workflow: its Secrets, sealed for each environment, and an archive of them
    #[command(after_help = PACKAGE_AFTER)]
    Package(PackageArgs),
    /// Accept existing findings, so that only new ones are told
    #[command(after_help = baseline::BASELINE_AFTER, subcommand_required = true, arg_required_else_help = true)]
    Baseline(BaselineCommand),
    /// Fetch or show certificates that Secrets are sealed for
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Cert(CertCommand),
    /// List the rules, or test those of a rule pack
    #[command(after_help = AFTER, args_conflicts_with_subcommands = true)]
    Rules(RulesArgs),
    /// Say what a rule flags, why, and how to repair it (Markdown)
    #[command(after_help = AFTER)]
    Explain(ExplainArgs),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  mlguard completions bash > ~/.local/share/bash-completion/completions/mlguard")]
    Completions(CompletionsArgs),
    /// Print the manual page, or write those of all commands to a folder
    #[command(after_help = "Example:\n  mlguard man ~/.local/share/man/man1")]
    Man(ManArgs),
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
    /// An organisation's file, which everything else can tighten and not weaken
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Also use the rule files that match (repeatable)
    #[arg(long = "rule-pack", value_name = "GLOB")]
    pub rule_packs: Vec<String>,
}

impl ConfigArgs {
    /// What they say, in the words of the configuration.
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
    /// What they say, in the words of the configuration, next to what `config` says.
    pub(super) fn flags(&self, config: &ConfigArgs) -> Flags {
        Flags { exclude: self.exclude.clone(), max_size: self.max_size, ..config.flags() }
    }
}

#[derive(Clone, Debug, Default, Args)]
pub(super) struct CheckArgs {
    /// Files and folders; the current folder where none is given
    #[arg(value_name = "PATH", conflicts_with = "stdin")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub commits: CommitArgs,
    /// Check one document from standard input
    #[arg(long)]
    pub stdin: bool,
    /// What to call the document of --stdin; its name decides how it is read
    #[arg(long, value_name = "PATH", requires = "stdin")]
    pub stdin_path: Option<PathBuf>,
    /// Report format, to standard output or to a file (repeatable): human, json, jsonl, sarif, github, gitlab,
    /// junit, markdown
    #[arg(short, long = "format", value_name = "FORMAT[=FILE]", value_parser = format)]
    pub formats: Vec<String>,
    /// Least level that gives exit status 1: note, warning or error [default: error]
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub fail_on: Option<Level>,
    /// Apply only this rule (repeatable)
    #[arg(long = "rule", value_name = "ID")]
    pub rules: Vec<String>,
    /// Accept what is in this file [default: as configured, else .mlguard-baseline.jsonl at the root, if it is there]
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline")]
    pub baseline: Option<PathBuf>,
    /// Tell accepted findings too
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
    /// Check what the commit of the index would bring: staged contents, and nothing that was there before
    #[arg(long, conflicts_with_all = ["diff", "history", "stdin"])]
    pub staged: bool,
    /// Check what a range of commits brings, from the merge base; HEAD where only BASE is given. Configuration, rule packs
    /// and baseline are those of BASE
    #[arg(long, value_name = "BASE[..HEAD]", conflicts_with_all = ["history", "stdin"])]
    pub diff: Option<String>,
    /// Search every version of every file that a reference leads to, or those of a range, for credentials: each once, with
    /// the commit that brought it
    #[arg(long, value_name = "RANGE", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with = "stdin")]
    pub history: Option<String>,
    /// Also search what references named before: reset, rebased and deleted branches
    #[arg(long, requires = "history")]
    pub reflog: bool,
    /// Also search objects that nothing leads to
    #[arg(long, requires = "history")]
    pub all_objects: bool,
    /// Accept that a shallow or partial clone lacks history: search what is there
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
    /// What they say, in the words of the configuration.
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
    /// Files and folders whose Secrets are shown, with all that the repository says of these; the current folder where
    /// none is given
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Format of the map
    #[arg(short, long, value_enum, default_value_t = MapFormat::Mermaid, value_name = "FORMAT")]
    pub format: MapFormat,
    /// Write to this file instead of standard output
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

impl MapArgs {
    /// What they say, in the words of the configuration.
    pub(super) fn flags(&self) -> Flags {
        self.reading.flags(&self.config)
    }
}

/// Format of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum MapFormat {
    /// One JSON object, with every file and line
    Json,
    /// A Mermaid flowchart, which GitHub and GitLab draw in Markdown
    Mermaid,
    /// A graph for Graphviz
    Dot,
}

#[derive(Debug, Args)]
pub(super) struct CertCommand {
    #[command(subcommand)]
    pub action: CertAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum CertAction {
    /// Ask a cluster's Sealed Secrets controller for its newest certificate, through kubectl
    #[command(after_help = FETCH_AFTER)]
    Fetch(FetchArgs),
    /// Show fingerprint, key size and validity of certificates
    #[command(after_help = SHOW_AFTER)]
    Show(ShowArgs),
}

#[derive(Debug, Args)]
pub(super) struct FetchArgs {
    /// Service of the controller [default: sealed-secrets-controller]
    #[arg(long, value_name = "NAME")]
    pub controller_name: Option<String>,
    /// Namespace of the controller [default: kube-system]
    #[arg(long, value_name = "NAMESPACE")]
    pub controller_namespace: Option<String>,
    /// Context of the kubeconfig, for kubectl
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// The kubeconfig, for kubectl
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The kubectl to run
    #[arg(long, value_name = "PATH", default_value = "kubectl")]
    pub kubectl: PathBuf,
    /// Write to this file instead of standard output. One that holds anything but a certificate is not replaced
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write to the file that the configuration names for this cluster
    #[arg(long, value_name = "NAME", conflicts_with = "output")]
    pub cluster: Option<String>,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// PEM files, or file:// or https:// addresses
    #[arg(value_name = "FILE|URL", conflicts_with = "cert")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub cert: CertArgs,
    /// Format of the list
    #[arg(short, long, value_enum, default_value_t = ListFormat::Human, value_name = "FORMAT")]
    pub format: ListFormat,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    pub action: Option<RulesAction>,
    /// Format of the list
    #[arg(short, long, value_enum, default_value_t = ListFormat::Human, value_name = "FORMAT")]
    pub format: ListFormat,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesAction {
    /// Run the examples of rule files; of the built-in and the configured rules where none is given
    #[command(
        after_help = "Example:\n  mlguard rules test ci/rules/\n\nExit status: 0 where all examples behave, else 2"
    )]
    Test(TestArgs),
}

#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// Rule files, or folders of them
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
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

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Id of the rule
    pub rule: String,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Folder for the pages of all commands
    pub dir: Option<PathBuf>,
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
        for (exit, meaning) in Exit::TABLE {
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
