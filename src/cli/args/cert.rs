//! Arguments of `mlguard cert`, and `--cert`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ConfigArgs, ListFormat};

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

/// The certificate, as a flag.
#[derive(Debug, Args)]
pub(in crate::cli) struct CertArgs {
    /// Certificate or public key to seal for (PEM): a file, or a file:// or https:// address. Else MLGUARD_CERT or
    /// SEALED_SECRETS_CERT names it
    #[arg(long, value_name = "FILE|URL")]
    pub cert: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CertCommand {
    #[command(subcommand)]
    pub action: CertAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CertAction {
    /// Ask a cluster's Sealed Secrets controller for its newest certificate, through kubectl
    #[command(after_help = FETCH_AFTER)]
    Fetch(FetchArgs),
    /// Show fingerprint, key size and validity of certificates
    #[command(after_help = SHOW_AFTER)]
    Show(ShowArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct FetchArgs {
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
pub(in crate::cli) struct ShowArgs {
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
