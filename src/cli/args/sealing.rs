//! Arguments of the commands that seal, open and move.

use std::path::PathBuf;

use clap::Args;

use super::{CertArgs, ConfigArgs, ReadArgs};
use crate::config::Flags;
use crate::inventory::facts::Scope;
use crate::rule::Level;
use crate::seal::stream::Format;

pub(super) const SEAL_AFTER: &str = "\
The result has the format of the input. Documents that are not Secrets are left unchanged. The namespace is never guessed: \
it must be in the Secret, or be given with --namespace.

Examples:
  mlguard seal --cert dev.pem < secret.yaml > sealed.yaml

  # In place; undo with `mlguard fix --undo`
  mlguard seal --in-place k8s/secret.yaml

  kubectl create secret generic ml-platform --dry-run=client \\
    -n financial-ml --from-env-file=.env -o yaml |
    mlguard seal > ml-platform.yaml

  # Add a key to a SealedSecret
  mlguard seal --merge-into sealed.yaml < one-more-key.yaml

  # One value
  printf %s \"$TOKEN\" | mlguard seal --raw \\
    --name ml-platform --namespace financial-ml

Environment:
  MLGUARD_CERT, SEALED_SECRETS_CERT  as --cert

Exit status:
  0    everything was sealed
  2    error; nothing was written";

pub(super) const UNSEAL_AFTER: &str = "\
The result contains the values in plaintext (base64). Keep it out of Git.

Examples:
  # Back up the keys of the controller
  kubectl get secret -n kube-system -o yaml \\
    -l sealedsecrets.bitnami.com/sealed-secrets-key > keys.yaml

  mlguard unseal --private-key keys.yaml sealed.yaml

  # To a file that only you can read
  mlguard unseal --private-key keys.yaml \\
    --output secret.yaml sealed.yaml

Exit status:
  0    everything was decrypted
  2    error; nothing was written";

pub(super) const RESEAL_AFTER: &str = "\
Only ciphertexts, and names and annotations that change, are written; the rest of a file is left unchanged. Without --cert, \
values are sealed for the public half of the private key that decrypted them.

Examples:
  # For another key or cluster
  mlguard reseal --private-key keys.yaml --cert b.pem a.yaml

  # For another namespace or scope
  mlguard reseal --private-key keys.yaml \\
    --namespace financial-ml-dev a.yaml
  mlguard reseal --private-key keys.yaml \\
    --scope namespace-wide --in-place a.yaml

  # Every SealedSecret of the repository
  mlguard reseal --private-key keys.yaml --cert b.pem --all

Environment:
  MLGUARD_CERT, SEALED_SECRETS_CERT  as --cert

Exit status:
  0    everything was re-sealed
  2    error; nothing was written";

pub(super) const FIX_AFTER: &str = "\
Secrets are sealed with the certificate of the cluster in .mlguard.yaml that runs the file's environment; several clusters get \
one file each. Files that cannot be read, sealed or written are left out, with the reason; of the others all are written or \
none. The result is checked again, and repairs that cause new findings are undone. Originals are kept for 30 days in the Git \
directory, readable only by you, or until --forget deletes them.

Examples:
  # Seal plaintext Secrets, and apply other safe fixes
  mlguard fix

  # Show what would change, values masked
  mlguard fix --diff k8s/

  # Also correct names in references
  mlguard fix --cert dev.pem --unsafe

  # Stage repaired files that were staged
  mlguard fix --stage

  # Undo the last run
  mlguard fix --undo

Environment:
  MLGUARD_CERT, SEALED_SECRETS_CERT  as --cert
  MLGUARD_CONFIG                     as --config
  MLGUARD_POLICY                     as --policy
  MLGUARD_FAIL_ON                    as --fail-on
  MLGUARD_MAX_SIZE                   as --max-size

Exit status:
  0    no finding at or above --fail-on remains
  1    findings remain; with --diff: exist
  2    error, or a file could not be read or written";

#[derive(Debug, Args)]
pub(in crate::cli) struct SealArgs {
    /// Files with Secrets, YAML or JSON [default: stdin, also for -]
    #[arg(value_name = "FILE", conflicts_with = "raw")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub cert: CertArgs,
    /// What the ciphertext is bound to [default: as the Secret's annotations say, else strict]
    #[arg(long, value_enum, value_name = "SCOPE")]
    pub scope: Option<Scope>,
    /// Name of the Secret, overriding its own
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Namespace of Secrets without one
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Format of the result [default: as the input]
    #[arg(short = 'o', long, value_enum, value_name = "FORMAT", ignore_case = true, conflicts_with_all = ["raw", "in_place", "merge_into"])]
    pub format: Option<Format>,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE", conflicts_with = "in_place")]
    pub output: Option<PathBuf>,
    /// Rewrite the files; undo with `mlguard fix --undo`
    #[arg(long, requires = "files", conflicts_with = "merge_into")]
    pub in_place: bool,
    /// Also seal Secrets without keys
    #[arg(long)]
    pub allow_empty_data: bool,
    /// Seal one value, from stdin or --from-file, and print its ciphertext
    #[arg(long)]
    pub raw: bool,
    /// File with the value for --raw; KEY=FILE is accepted
    #[arg(long, value_name = "FILE", requires = "raw")]
    pub from_file: Option<String>,
    /// Add the values to the SealedSecret in this file, which keeps its identity and other values
    #[arg(long, value_name = "FILE", conflicts_with = "raw")]
    pub merge_into: Option<PathBuf>,
    /// With --merge-into: a private key that decrypts it, so that unchanged values keep their ciphertexts
    #[arg(long = "private-key", value_name = "FILE", requires = "merge_into")]
    pub private_keys: Vec<PathBuf>,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct UnsealArgs {
    /// Files with SealedSecrets, YAML or JSON [default: stdin, also for -]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Private keys of the controller (repeatable): PEM, its Secret, or a List of Secrets; all are tried
    #[arg(long = "private-key", visible_alias = "recovery-private-key", value_name = "FILE", value_delimiter = ',')]
    pub private_keys: Vec<PathBuf>,
    /// Format of the result [default: as the input]
    #[arg(short = 'o', long, value_enum, value_name = "FORMAT", ignore_case = true, conflicts_with = "in_place")]
    pub format: Option<Format>,
    /// Write to this file, readable only by you, instead of stdout
    #[arg(long, value_name = "FILE", conflicts_with = "in_place")]
    pub output: Option<PathBuf>,
    /// Rewrite the files, with plaintext values
    #[arg(long, requires = "files")]
    pub in_place: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ResealArgs {
    /// Files with SealedSecrets, YAML or JSON [default: stdin, also for -]. With --all: files and folders
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Private keys of the controller (repeatable): PEM, its Secret, or a List of Secrets; all are tried
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
    pub scope: Option<Scope>,
    /// Re-seal every SealedSecret of the work tree, or of the given files and folders, in place
    #[arg(long, conflicts_with_all = ["in_place", "output"])]
    pub all: bool,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE", conflicts_with = "in_place")]
    pub output: Option<PathBuf>,
    /// Rewrite the files; undo with `mlguard fix --undo`
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
    /// Files and folders [default: the current folder]. With --undo and --forget: where the run was
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Also apply fixes that can change behaviour, such as renamed references
    #[arg(long = "unsafe")]
    pub unsafe_: bool,
    /// Print what would change, with every value masked, and write nothing
    #[arg(long, conflicts_with_all = ["undo", "stage"])]
    pub diff: bool,
    /// Undo the last run: contents and modes of all its files
    #[arg(long)]
    pub undo: bool,
    /// Delete the originals that --undo restores, which are otherwise kept for 30 days
    #[arg(long, conflicts_with_all = ["diff", "stage", "undo", "unsafe_"])]
    pub forget: bool,
    /// Stage repaired files whose contents were staged
    #[arg(long, conflicts_with = "undo")]
    pub stage: bool,
    #[command(flatten)]
    pub cert: CertArgs,
    /// Private keys of the controller (repeatable), for fixes that re-seal
    #[arg(long = "private-key", value_name = "FILE", value_delimiter = ',')]
    pub private_keys: Vec<PathBuf>,
    /// Seal for this configured cluster, whatever the environment (repeatable: one file each)
    #[arg(long = "cluster", value_name = "NAME", conflicts_with = "cert")]
    pub clusters: Vec<String>,
    /// Namespace of Secrets whose namespace is otherwise unknown
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// What ciphertexts are bound to [default: as the Secret's annotations say, else strict]
    #[arg(long, value_enum, value_name = "SCOPE")]
    pub scope: Option<Scope>,
    /// Fix only findings of this rule (repeatable)
    #[arg(long = "rule", value_name = "ID")]
    pub rules: Vec<String>,
    /// Lowest level that causes exit status 1: note, warning or error [default: error]
    #[arg(long, value_name = "LEVEL", value_parser = super::level)]
    pub fail_on: Option<Level>,
    #[command(flatten)]
    pub reading: ReadArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
}

impl FixArgs {
    /// The settings that these flags override.
    pub(crate) fn flags(&self) -> Flags {
        Flags { fail_on: self.fail_on, ..self.reading.flags(&self.config) }
    }
}
