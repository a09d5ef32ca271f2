//! Arguments of `mlguard package`. No credential is one: everybody on the machine can read arguments.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;

use super::{CertArgs, ConfigArgs};

/// Where credentials come from if no file is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum From {
    /// Environment variables; only those that the package needs are read
    Env,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PackageArgs {
    /// The workflow: the name of the application, which determines its namespaces
    #[arg(value_name = "WORKFLOW")]
    pub workflow: String,
    /// The environments, separated by commas
    #[arg(long = "env", value_name = "ENV,…", required = true, value_delimiter = ',')]
    pub environments: Vec<String>,
    /// Where the credentials come from
    #[arg(long, value_enum, default_value_t = From::Env, value_name = "SOURCE", help_heading = "Credentials")]
    pub from: From,
    /// Read the credentials from a dotenv file; - is stdin
    #[arg(long, value_name = "FILE|-", conflicts_with = "from", help_heading = "Credentials")]
    pub from_env_file: Option<PathBuf>,
    /// Read the credentials from a Secret manifest, by its keys; - is stdin
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["from", "from_env_file"], help_heading = "Credentials")]
    pub from_secret: Option<PathBuf>,
    #[command(flatten)]
    pub cert: CertArgs,
    /// Seal for this configured cluster; with ENV= for this environment only (repeatable) [default: the cluster whose
    /// `environments` list it]
    #[arg(long = "cluster", value_name = "[ENV=]NAME", conflicts_with = "cert")]
    pub clusters: Vec<String>,
    /// Folder for packages
    #[arg(short, long, value_name = "DIR", default_value = "packages")]
    pub output: PathBuf,
    /// Who approved it, for the annotation `approved-by` [default: `package.approved-by` in .mlguard.yaml]
    #[arg(long, value_name = "WHO", value_parser = approver)]
    pub approved_by: Option<String>,
    /// Day of the package (YYYY-MM-DD) [default: from SOURCE_DATE_EPOCH, else today, UTC]
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub date: Option<Date>,
    /// Do everything but write
    #[arg(long)]
    pub dry_run: bool,
    /// Do not run `kubectl kustomize` (or `kustomize build`) on the environments
    #[arg(long)]
    pub no_kustomize: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

fn approver(text: &str) -> Result<String, String> {
    crate::config::check_approver(text).map(|()| text.to_owned()).map_err(|why| format!("it {why}"))
}

fn day(text: &str) -> Result<Date, String> {
    // The parser takes whole times too.
    let date: Option<Date> = Some(text).filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
    date.filter(|date| (1970..=9999).contains(&date.year()))
        .ok_or_else(|| "must be a day such as 2025-07-04".to_owned())
}

pub(in crate::cli) const AFTER: &str = "\
A credential NAME is looked up as ENV_NAME first (DEV_MINIO_SECRET_KEY), then as NAME. `package` in .mlguard.yaml defines the \
Secrets and the names of their values. Missing, weak and placeholder values are refused, by name. Before anything is written, \
the package is checked as by `mlguard check`, and built with kubectl if it is installed.

Examples:
  mlguard package financial-ml --env dev,production
  mlguard package financial-ml --env dev --dry-run
  mlguard package financial-ml --env dev,production \\
    --approved-by financial-team@company.com
  mlguard package financial-ml --env dev,production \\
    --cluster dev=lab --cluster production=main

  # Credentials from a file
  sops -d credentials.env |
    mlguard package financial-ml --env dev --from-env-file -
  kubectl get secret platform -o yaml |
    mlguard package financial-ml --env dev --from-secret -

Files below --output:
  financial-ml/{dev,production}/
      one SealedSecret a file, and kustomization.yaml
  financial-ml/
      README.md, secret-reference-template.yaml
  financial-ml-ml-secrets-YYYYMMDD.tar.gz
      all of it, to hand over

Environment:
  MLGUARD_CERT, SEALED_SECRETS_CERT
      as --cert, unless --cert or --cluster is used
  SOURCE_DATE_EPOCH
      time of the package, for reproducible archives
  MLGUARD_CONFIG, MLGUARD_POLICY
      as --config and --policy

Exit status:
  0    the package was written, or with --dry-run, could be
  2    error; nothing was written
  130  interrupted twice";
