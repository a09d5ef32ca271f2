//! What `mlguard package` can be told. A credential is none of it: arguments can be read by everybody on the machine.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;

use super::{CertArgs, ConfigArgs};

/// Where credentials come from where no file is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum From {
    /// Environment variables; only those that the package asks for are read
    Env,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PackageArgs {
    /// The workflow: the name of the application, from which its namespaces follow
    #[arg(value_name = "WORKFLOW")]
    pub workflow: String,
    /// The environments, separated by commas
    #[arg(long = "env", value_name = "ENV,…", required = true, value_delimiter = ',')]
    pub environments: Vec<String>,
    /// Where the credentials come from
    #[arg(long, value_enum, default_value_t = From::Env, value_name = "SOURCE", help_heading = "Credentials")]
    pub from: From,
    /// Read the credentials from a dotenv file; `-` is standard input
    #[arg(long, value_name = "FILE|-", conflicts_with = "from", help_heading = "Credentials")]
    pub from_env_file: Option<PathBuf>,
    /// Read the credentials from a Secret manifest, whose keys are their names; `-` is standard input
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["from", "from_env_file"], help_heading = "Credentials")]
    pub from_secret: Option<PathBuf>,
    #[command(flatten)]
    pub cert: CertArgs,
    /// Seal for this cluster of the configuration; with ENV= for this environment only (repeatable). Else for the one
    /// whose `environments` name it
    #[arg(long = "cluster", value_name = "[ENV=]NAME", conflicts_with = "cert")]
    pub clusters: Vec<String>,
    /// Folder for packages
    #[arg(short, long, value_name = "DIR", default_value = "packages")]
    pub output: PathBuf,
    /// Who approved of it, for the annotation `approved-by` [default: `package.approved-by` of the configuration]
    #[arg(long, value_name = "WHO", value_parser = approver)]
    pub approved_by: Option<String>,
    /// Day of the package, YYYY-MM-DD [default: that of SOURCE_DATE_EPOCH, else today, UTC]
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
    date.filter(|date| (1970..=9999).contains(&date.year())).ok_or_else(|| "it is a day such as 2025-07-04".to_owned())
}

/// What stands below the help.
pub(in crate::cli) const AFTER: &str = "\
Examples:
  mlguard package financial-ml --env dev,production
  mlguard package financial-ml --env dev,production --approved-by financial-team@company.com
  sops -d credentials.env | mlguard package financial-ml --env dev --from-env-file -
  kubectl get secret platform -o yaml | mlguard package financial-ml --env dev --from-secret -
  mlguard package financial-ml --env dev,production --cluster dev=lab --cluster production=main
  mlguard package financial-ml --env dev --dry-run

What is written, for --output packages:
  packages/financial-ml/{dev,production}/     a SealedSecret a file, and kustomization.yaml
  packages/financial-ml/                      README.md, secret-reference-template.yaml
  packages/financial-ml-ml-secrets-YYYYMMDD.tar.gz   all of it, to be handed over

A credential NAME is looked up as ENV_NAME first (DEV_MINIO_SECRET_KEY), then as NAME. Which Secrets
there are, and from which names their values come, is said by `package` in .mlguard.yaml. Missing,
weak and placeholder values are refused, by name. Before anything is written, the package is searched
as `mlguard check` does it, and built with kubectl where it is there.

Environment:
  MLGUARD_CERT, SEALED_SECRETS_CERT   as --cert, where neither it nor --cluster is given
  SOURCE_DATE_EPOCH                   time of the package, for archives that are to be the same again
  MLGUARD_CONFIG, MLGUARD_POLICY      as the flags of these names

Exit status:
  0    the package was written (with --dry-run: could be)
  2    nothing was written: wrong usage or configuration, values or certificates that are missing or
       of no use, a finding in the package, or kustomize refused it
  130  interrupted twice";
