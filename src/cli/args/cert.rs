//! Arguments of `mlguard cert`, and `--cert`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ConfigArgs, ListFormat};

const FETCH_AFTER: &str = "\
The certificate is not secret: commit it, so that everybody can seal without access to the cluster. kubectl runs with your \
permissions: it reads the service, then /v1/cert.pem through the API server.

Examples:
  mlguard cert fetch --output certs/dev.pem
  mlguard cert fetch | openssl x509 -noout -text

  # To the file that is configured for the cluster
  mlguard cert fetch --cluster dev --context dev-admin

  # A controller that was installed by the Helm chart
  mlguard cert fetch --controller-name sealed-secrets

Environment:
  SEALED_SECRETS_CONTROLLER_NAME       as --controller-name
  SEALED_SECRETS_CONTROLLER_NAMESPACE
      as --controller-namespace
  KUBECONFIG and others, as read by kubectl

Exit status:
  0    the certificate was written
  2    error, or there is no certificate";

const SHOW_AFTER: &str = "\
The fingerprint is the key id of the controller, and what `ssh-keygen -lf` prints for the same key.

Examples:
  # Of every cluster in .mlguard.yaml
  mlguard cert show

  mlguard cert show certs/*.pem
  mlguard cert show --format json |
    jq '.certificates[] | select(.days_left < 60)'

Environment:
  MLGUARD_CERT, SEALED_SECRETS_CERT  as --cert
  MLGUARD_CONFIG                     as --config
  MLGUARD_POLICY                     as --policy

Exit status:
  0    all certificates are valid
  1    a certificate has expired
  2    error (takes precedence over 1)";

/// The certificate, as a flag.
#[derive(Debug, Args)]
pub(in crate::cli) struct CertArgs {
    /// Certificate or public key to seal for (PEM): a file, or a file:// or https:// URL [default: as MLGUARD_CERT or
    /// SEALED_SECRETS_CERT names it]
    #[arg(long, value_name = "FILE|URL")]
    pub cert: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CertAction {
    /// Fetch the newest certificate of a cluster's Sealed Secrets controller with kubectl
    #[command(after_long_help = FETCH_AFTER)]
    Fetch(FetchArgs),
    /// Show fingerprint, key size and validity of certificates
    #[command(after_long_help = SHOW_AFTER)]
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
    /// Write to this file instead of stdout. A file that contains anything but a certificate is not replaced
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write to the file that is configured for this cluster
    #[arg(long, value_name = "NAME", conflicts_with = "output")]
    pub cluster: Option<String>,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    /// PEM files, or file:// or https:// URLs
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
