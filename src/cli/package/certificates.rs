//! Which certificate each environment is sealed for.

use jiff::Timestamp;

use crate::cli::args::PackageArgs;
use crate::cli::recipient::{self, Loaded};
use crate::config::{Cluster, Environment, Settings};
use crate::error::{Problem, nearest, quoted};

/// The certificate of an environment.
pub(super) struct Chosen {
    pub loaded: Loaded,
    /// The cluster that it is of, where the configuration names it.
    pub cluster: Option<String>,
}

/// The certificates of environments, in their order.
pub(super) fn choose(
    args: &PackageArgs,
    environments: &[String],
    settings: &Settings,
    variables: &Environment,
) -> Result<Vec<Chosen>, Problem> {
    let now = Timestamp::now();
    let wishes = wishes(args, environments)?;
    let named = if args.clusters.is_empty() { args.cert.named(variables) } else { None };
    if let Some(named) = named {
        let one = |_| Ok(Chosen { loaded: recipient::load(&named, now)?, cluster: None });
        return environments.iter().map(one).collect();
    }
    let clusters = settings.clusters();
    let current = crate::cli::locate::current_folder()?;
    let one = |environment: &String| {
        let wish = wishes.iter().rev().find(|(only, _)| only.is_none_or(|only| only == environment));
        let cluster = match wish {
            Some((_, name)) => asked(name, environment, &clusters)?,
            None => configured(environment, &clusters)?,
        };
        let loaded = recipient::load(&recipient::of_cluster(settings, cluster, &current), now)?;
        Ok(Chosen { loaded, cluster: Some(cluster.name.clone()) })
    };
    environments.iter().map(one).collect()
}

/// The values of `--cluster`, those without an environment first.
fn wishes<'a>(args: &'a PackageArgs, environments: &[String]) -> Result<Vec<(Option<&'a str>, &'a str)>, Problem> {
    let mut wishes: Vec<(Option<&str>, &str)> = Vec::new();
    for text in &args.clusters {
        let wish = match text.split_once('=') {
            Some((environment, name)) => (Some(environment), name),
            None => (None, text.as_str()),
        };
        if let Some(environment) = wish.0.filter(|own| !environments.iter().any(|known| known == own)) {
            let problem =
                Problem::new(format!("--cluster is for environment {}, which is not in --env", quoted(environment)));
            let near = nearest(environment, environments.iter().map(String::as_str));
            return Err(problem.help(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("--env has: {}", environments.join(", ")),
            }));
        }
        if wishes.iter().any(|(only, _)| *only == wish.0) {
            let whom = wish.0.map_or_else(|| "every environment".to_owned(), quoted);
            return Err(
                Problem::new(format!("--cluster is used twice for {whom}")).help("a package is sealed for one cluster")
            );
        }
        wishes.push(wish);
    }
    wishes.sort_by_key(|(only, _)| only.is_some());
    Ok(wishes)
}

/// The cluster that a flag names. One that the configuration says the environment does not run in is refused, since what is
/// sealed for it could not be opened.
fn asked<'c>(name: &str, environment: &str, clusters: &'c [Cluster]) -> Result<&'c Cluster, Problem> {
    let cluster = recipient::cluster(clusters, name, NO_CLUSTERS)?;
    if cluster.environments.iter().any(|own| own == environment) {
        return Ok(cluster);
    }
    let problem = Problem::new(format!("cluster {} does not run environment {}", quoted(name), quoted(environment)));
    Err(problem.help(format!("its `environments` are: {}", cluster.environments.join(", "))))
}

/// The one cluster whose environments have this one.
fn configured<'c>(environment: &str, clusters: &'c [Cluster]) -> Result<&'c Cluster, Problem> {
    let has = |cluster: &&Cluster| cluster.environments.iter().any(|own| own == environment);
    let fitting: Vec<&Cluster> = clusters.iter().filter(has).collect();
    match fitting.as_slice() {
        [one] => Ok(one),
        [] => {
            let problem = Problem::new(format!("no certificate is configured for environment {}", quoted(environment)));
            Err(problem.help(NO_CLUSTERS))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|cluster| cluster.name.as_str()).collect();
            let message = format!("environment {} runs in several clusters: {}", quoted(environment), names.join(", "));
            let help = format!("choose one with --cluster {environment}={}, and build a package for each", names[0]);
            Err(Problem::new(message).help(help))
        }
    }
}

const NO_CLUSTERS: &str = "use --cert FILE, or set the certificate in .mlguard.yaml: `clusters: { main: { cert: \
                           certs/main.pem } }`; `mlguard cert fetch` fetches it";
