//! What a run of `fix` asks of the command line: findings, facts, certificates, the store.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;

use crate::cli::args::FixArgs;
use crate::cli::baseline::Accept;
use crate::cli::recipient::{self, Loaded};
use crate::cli::scan::{engine_options, gather_repository, list_files, repository_files};
use crate::cli::{output, writing};
use crate::config::{Cluster, Environment, Settings, Valued};
use crate::engine::{self, Gathered};
use crate::error::Problem;
use crate::fix::plan;
use crate::fix::recipients::ClusterKey;
use crate::fix::run::{Checked, Host, Stamp};
use crate::fix::store::Store;
use crate::rule::Level;
use crate::source::File;
use crate::span::Span;

/// What is searched, and with what.
pub(super) struct FixHost<'h> {
    pub args: &'h FixArgs,
    pub environment: &'h Environment,
    pub settings: &'h Arc<Settings>,
    pub interrupted: &'h Arc<AtomicBool>,
    /// What counts as done although it is left. It is repaired all the same.
    pub accept: &'h Accept,
    pub paths: &'h [PathBuf],
    pub quiet: bool,
    pub printed: RefCell<BTreeSet<String>>,
}

impl Host for FixHost<'_> {
    fn check(&self) -> Result<Checked, Problem> {
        let listing = list_files(self.paths, self.settings)?;
        let stamp = |file: &File| Some((file.path.clone(), Stamp::of(&file.location.metadata().ok()?)));
        let stamps = listing.files.iter().filter_map(stamp).collect();
        let mut options = engine_options(self.settings, self.interrupted);
        options.digest_key = self.accept.digest_key();
        if !self.args.rules.is_empty() {
            options.rules.retain(|rule| self.args.rules.iter().any(|id| rule.id == id.as_str()));
        }
        let context = || repository_files(self.settings);
        Ok(Checked { outcome: engine::run(engine::Input { listing, context: &context }, &options), stamps })
    }

    fn gather(&self) -> Gathered {
        gather_repository(self.settings, self.interrupted)
    }

    fn values(&self, path: &str, bytes: &[u8]) -> Vec<Span> {
        let options = engine::Options {
            level: Box::new(|_, _| Some(Level::Error)),
            allow_comments: false,
            ..engine_options(self.settings, self.interrupted)
        };
        let found = engine::run_bytes(path, bytes, &Vec::new, &options);
        found.findings.iter().filter(|finding| plan::is_value(finding)).map(|finding| finding.span).collect()
    }

    fn clusters(&self) -> Result<Vec<ClusterKey>, Problem> {
        let now = Timestamp::now();
        if let Some(loaded) = self.args.cert.recipient(self.environment, now)? {
            return Ok(vec![ClusterKey { name: None, environments: Vec::new(), key: Ok(self.usable(&loaded)) }]);
        }
        let all = self.settings.clusters();
        let chosen: Vec<Cluster> = if self.args.clusters.is_empty() {
            all
        } else {
            let named =
                |name: &String| recipient::cluster(&all, name, "name it under `clusters`, or use --cert").cloned();
            self.args.clusters.iter().map(named).collect::<Result<_, _>>()?
        };
        if chosen.is_empty() {
            let help = "use --cert FILE, set MLGUARD_CERT, or name the clusters in .mlguard.yaml; `mlguard cert fetch` gets \
                        the certificate from the controller";
            return Err(Problem::new("there are Secrets to seal, but no certificate to seal them with").help(help));
        }
        let load =
            |cluster: &Cluster| recipient::load(&Valued::built_in(self.settings.root.join(&cluster.certificate)), now);
        let mut loaded: Vec<Result<Loaded, Problem>> = chosen.iter().map(load).collect();
        // One that was asked for by name, or the only one, must be right.
        let needed = !self.args.clusters.is_empty() || loaded.iter().all(Result::is_err);
        if let Some(at) = loaded.iter().position(|loaded| needed && loaded.is_err()) {
            return loaded.swap_remove(at).map(|_| Vec::new());
        }
        let clusters = chosen.into_iter().zip(loaded).map(|(cluster, loaded)| ClusterKey {
            key: match loaded {
                Ok(loaded) => Ok(self.usable(&loaded)),
                Err(problem) => Err(format!("{}: {}", cluster.certificate, problem.message)),
            },
            name: Some(cluster.name),
            environments: cluster.environments,
        });
        Ok(clusters.collect())
    }

    fn open_store(&self) -> Result<Store, Problem> {
        writing::open_store(&self.settings.root, self.environment).map(|(store, _)| store)
    }

    fn report(&self, problem: &Problem) {
        if self.printed.borrow_mut().insert(problem.to_string()) {
            output::problem(problem);
        }
    }
}

impl FixHost<'_> {
    /// The key of a certificate, whose warnings are printed.
    fn usable(&self, loaded: &Loaded) -> rsa::RsaPublicKey {
        loaded.warn(self.quiet);
        loaded.recipient.key().clone()
    }
}
