//! Arguments of the commands that seal, open and move.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{CertArgs, ConfigArgs, ReadArgs};
use crate::config::Flags;
use crate::rule::Level;

pub(super) const SEAL_AFTER: &str = "\
Examples:
  mlguard seal --cert dev.pem < secret.yaml > sealed.yaml
  mlguard seal --in-place k8s/secret.yaml          other documents and comments stay; `mlguard fix --undo` takes it back
  kubectl create secret generic ml-platform -n financial-ml --dry-run=client -o yaml \\
    --from-env-file=.env | mlguard seal > ml-platform.yaml
  mlguard seal --merge-into sealed.yaml < one-more-key.yaml
  printf %s \"$TOKEN\" | mlguard seal --raw --name ml-platform --namespace financial-ml

The result is in the format of the input. Documents that are no Secrets pass unchanged. A namespace is never guessed: it
stands in the Secret, or --namespace gives it.

Environment:
  MLGUARD_CERT, SEALED_SECRETS_CERT   as --cert

Exit status:
  0    everything was sealed
  2    wrong usage, or something cannot be sealed; then nothing is written";

pub(super) const UNSEAL_AFTER: &str = "\
Examples:
  kubectl get secret -n kube-system -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml > /safe/keys.yaml
  mlguard unseal --private-key /safe/keys.yaml sealed.yaml
  mlguard unseal --private-key /safe/keys.yaml --output secret.yaml sealed.yaml    readable by you alone

The result holds the values in plain text (base64). Keep it out of Git.

Exit status:
  0    everything was opened
  2    wrong usage, or something cannot be opened; then nothing is written";

pub(super) const RESEAL_AFTER: &str = "\
Examples:
  mlguard reseal --private-key keys.yaml --cert new.pem sealed.yaml             for another key or cluster
  mlguard reseal --private-key keys.yaml --namespace financial-ml-dev sealed.yaml
  mlguard reseal --private-key keys.yaml --scope namespace-wide --in-place sealed.yaml
  mlguard reseal --private-key keys.yaml --cert new.pem --all                   every SealedSecret of the repository

Only ciphertexts, and names and annotations that change, are written; everything else of a file stays as it is.
Where no --cert is given, it is sealed for the public half of the private key that opened it.

Environment:
  MLGUARD_CERT, SEALED_SECRETS_CERT   as --cert

Exit status:
  0    everything was sealed anew
  2    wrong usage, or something cannot be opened; then nothing is written";

pub(super) const FIX_AFTER: &str = "\
Examples:
  mlguard fix                                seal plaintext Secrets where they stand, and what else is safe
  mlguard fix --diff k8s/                    show it, values masked, and write nothing
  mlguard fix --cert dev.pem --unsafe        also rename references to the names of the platform
  mlguard fix --stage                        stage files again that were staged as they stood
  mlguard fix --undo                         take the last run back, to the byte

The certificate is that of the cluster in .mlguard.yaml that runs the file's environment; several clusters give a file each.
A file that cannot be read, sealed or written is left out, with the reason; the others are written all or none. The result
is checked again, and put back where that shows something new. Originals are kept in the Git directory, readable by you alone,
for 30 days.

Environment:
  MLGUARD_CERT, SEALED_SECRETS_CERT   as --cert
  MLGUARD_CONFIG, MLGUARD_POLICY, MLGUARD_FAIL_ON, MLGUARD_MAX_SIZE   as for check

Exit status:
  0    no finding at or above --fail-on is left
  1    findings at or above --fail-on are left; with --diff: are there
  2    wrong usage, wrong configuration, or something could not be read or written";

/// What a ciphertext is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SealScope {
    /// Name and namespace
    Strict,
    /// The namespace
    NamespaceWide,
    /// Nothing
    ClusterWide,
}

/// Format of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SealFormat {
    /// YAML
    Yaml,
    /// JSON
    Json,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SealArgs {
    /// Files with Secrets, YAML or JSON; standard input where none is given, or for -
    #[arg(value_name = "FILE", conflicts_with = "raw")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub cert: CertArgs,
    /// What the ciphertext is bound to [default: what the Secret's annotations say, else strict]
    #[arg(long, value_enum, value_name = "SCOPE")]
    pub scope: Option<SealScope>,
    /// Name of the Secret, in the place of its own
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Namespace of Secrets that state none
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Format of the result [default: as the input]
    #[arg(short = 'o', long, value_enum, value_name = "FORMAT", ignore_case = true, conflicts_with_all = ["raw", "in_place", "merge_into"])]
    pub format: Option<SealFormat>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE", conflicts_with = "in_place")]
    pub output: Option<PathBuf>,
    /// Write the files themselves; the originals are kept for `mlguard fix --undo`
    #[arg(long, requires = "files", conflicts_with = "merge_into")]
    pub in_place: bool,
    /// Also seal Secrets without keys
    #[arg(long)]
    pub allow_empty_data: bool,
    /// Seal one value by itself, from standard input or --from-file, and print its ciphertext
    #[arg(long)]
    pub raw: bool,
    /// File with the value of --raw; `KEY=FILE` is accepted
    #[arg(long, value_name = "FILE", requires = "raw")]
    pub from_file: Option<String>,
    /// Add the values to the SealedSecret in this file, whose name, namespace and scope hold; its other values stay
    #[arg(long, value_name = "FILE", conflicts_with = "raw")]
    pub merge_into: Option<PathBuf>,
    /// With --merge-into: a private key that opens it, so that values that did not change keep their ciphertexts
    #[arg(long = "private-key", value_name = "FILE", requires = "merge_into")]
    pub private_keys: Vec<PathBuf>,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct UnsealArgs {
    /// Files with SealedSecrets, YAML or JSON; standard input where none is given, or for -
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Private keys of the controller (repeatable): PEM, its Secret, or a List of these; every key is tried
    #[arg(long = "private-key", visible_alias = "recovery-private-key", value_name = "FILE", value_delimiter = ',')]
    pub private_keys: Vec<PathBuf>,
    /// Format of the result [default: as the input]
    #[arg(short = 'o', long, value_enum, value_name = "FORMAT", ignore_case = true, conflicts_with = "in_place")]
    pub format: Option<SealFormat>,
    /// Write to this file, readable by you alone, instead of standard output
    #[arg(long, value_name = "FILE", conflicts_with = "in_place")]
    pub output: Option<PathBuf>,
    /// Write the files themselves, in plain text
    #[arg(long, requires = "files")]
    pub in_place: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ResealArgs {
    /// Files with SealedSecrets, YAML or JSON; standard input where none is given, or for -. With --all: files and folders
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Private keys that open them (repeatable): PEM, the controller's Secret, or a List of these; every key is tried
    #[arg(
        long = "private-key",
        visible_alias = "recovery-private-key",
        value_name = "FILE",
        value_delimiter = ',',
        required = true
    )]
    pub private_keys: Vec<PathBuf>,
    #[command(flatten)]
    pub cert: CertArgs,
    /// Seal for this name
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub name: Option<String>,
    /// Seal for this namespace
    #[arg(short, long, value_name = "NAMESPACE", conflicts_with = "all")]
    pub namespace: Option<String>,
    /// Seal with this scope
    #[arg(long, value_enum, value_name = "SCOPE")]
    pub scope: Option<SealScope>,
    /// Seal every SealedSecret of the work tree (or of the given files and folders) anew, in place
    #[arg(long, conflicts_with_all = ["in_place", "output"])]
    pub all: bool,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE", conflicts_with = "in_place")]
    pub output: Option<PathBuf>,
    /// Write the files themselves; the originals are kept for `mlguard fix --undo`
    #[arg(long, requires = "files")]
    pub in_place: bool,
    #[command(flatten)]
    pub reading: ReadArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(in crate::cli) struct FixArgs {
    /// Files and folders; the current folder where none is given. With --undo: where the run was
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Also apply fixes that may change what objects do, such as other names in references
    #[arg(long = "unsafe")]
    pub unsafe_: bool,
    /// Print what would change, with every value masked, and write nothing
    #[arg(long, conflicts_with_all = ["undo", "stage"])]
    pub diff: bool,
    /// Take the last run back: contents and modes of all its files
    #[arg(long)]
    pub undo: bool,
    /// Stage files again that were staged as they stood in the work tree
    #[arg(long, conflicts_with = "undo")]
    pub stage: bool,
    #[command(flatten)]
    pub cert: CertArgs,
    /// Private keys of the controller (repeatable), for fixes that seal a SealedSecret anew
    #[arg(long = "private-key", value_name = "FILE", value_delimiter = ',')]
    pub private_keys: Vec<PathBuf>,
    /// Seal for this cluster of .mlguard.yaml, whatever the environment (repeatable: a file for each)
    #[arg(long = "cluster", value_name = "NAME", conflicts_with = "cert")]
    pub clusters: Vec<String>,
    /// Namespace of Secrets for which nothing else says one
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// What ciphertexts are bound to [default: what the Secret's annotations say, else strict]
    #[arg(long, value_enum, value_name = "SCOPE")]
    pub scope: Option<SealScope>,
    /// Fix only findings of this rule (repeatable)
    #[arg(long = "rule", value_name = "ID")]
    pub rules: Vec<String>,
    /// Least level that gives exit status 1: note, warning or error [default: error]
    #[arg(long, value_name = "LEVEL", value_parser = super::level)]
    pub fail_on: Option<Level>,
    #[command(flatten)]
    pub reading: ReadArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
}

impl FixArgs {
    /// What they say, in the words of the configuration.
    pub(crate) fn flags(&self) -> Flags {
        Flags { fail_on: self.fail_on, ..self.reading.flags(&self.config) }
    }
}
