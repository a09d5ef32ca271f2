//! `mlguard fix`: what a run of [`crate::fix`] is asked to do, and how it is reported.

mod host;
mod words;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::host::FixHost;
use super::args::{FixArgs, Global};
use super::baseline::Accept;
use super::interrupt::{self, Interrupt};
use super::scan::{refuse_unknown_rules, report_config_problems, thread_pool};
use super::{keys, locate, output, writing};
use crate::config::{Environment, Settings};
use crate::error::{Problem, counted};
use crate::exit::Exit;
use crate::fix::recipients::SealingRequest;
use crate::fix::run::{Request, Run, RunError};
use crate::fix::stage;
use crate::fix::store;

pub(super) fn run(args: &FixArgs, global: &Global) -> Result<Exit, Problem> {
    let environment = Environment::read();
    args.paths.iter().try_for_each(|path| locate::refuse_way_out(path))?;
    if args.undo || args.forget {
        return if args.undo { undo(args, &environment) } else { forget(args, &environment) };
    }
    let paths = locate::required_paths(&args.paths)?;
    let interrupt = Interrupt::install();
    let settings = Arc::new(Settings::load(&locate::root_of(&paths)?, &environment, &args.flags()));
    if report_config_problems(&settings, global) == Exit::Failed {
        return Ok(Exit::Failed);
    }
    let accept = Accept::load(&settings, &environment);
    if let Some(problem) = accept.problems.first() {
        return Err(problem.clone());
    }
    refuse_unknown_rules(&args.rules, &settings)?;
    let pool = thread_pool(args.reading.threads)?;
    let request = request(args, &environment, &settings, global)?;
    // A run that was killed is completed or undone before anything is looked at.
    let interrupted_run = || writing::store_folder(&settings.root, &environment).is_some_and(|folder| folder.exists());
    let store =
        if !args.diff && interrupted_run() { Some(writing::open_store(&settings.root, &environment)?.0) } else { None };
    pool.install(|| {
        let host = FixHost {
            args,
            environment: &environment,
            settings: &settings,
            interrupted: &interrupt.asked,
            accept: &accept,
            paths: &paths,
            quiet: global.quiet,
            printed: RefCell::default(),
        };
        let mut run = Run::new(&settings, &request, &host, &interrupt.asked);
        if args.diff {
            return host.patch(&run.plan().map_err(run_problem)?);
        }
        let repaired = run.apply(store).map_err(run_problem)?;
        host.repaired(&repaired);
        for (path, staged) in run.stage(&repaired.repairs).map_err(run_problem)? {
            FixHost::staged(path, staged);
        }
        Ok(host.exit_status(&repaired.after))
    })
}

fn request(
    args: &FixArgs,
    environment: &Environment,
    settings: &Settings,
    global: &Global,
) -> Result<Request, Problem> {
    let sealing = SealingRequest {
        namespace: args.namespace.clone(),
        scope: args.scope,
        for_named_clusters: !args.clusters.is_empty(),
        certificate_is_named: args.cert.named(environment).is_some() || !settings.clusters().is_empty(),
        private_keys: keys::keyring(&args.private_keys)?,
    };
    let random = keys::randomness(environment);
    let (with_unsafe, stage, patches, quiet) = (args.unsafe_, args.stage, args.diff, global.quiet);
    Ok(Request { with_unsafe, stage, patches, quiet, sealing, random })
}

/// Why a run ended, as people read it.
fn run_problem(error: RunError) -> Problem {
    match error {
        RunError::Interrupted => interrupt::problem(),
        RunError::Host(problem) => problem,
        RunError::PutBack(error) => run_problem(*error).help("the repair was undone"),
        RunError::Refused(_) | RunError::Store(_) | RunError::Stage(_) | RunError::NoHelp | RunError::Stuck(_) => {
            Problem::new(error.to_string())
        }
    }
}

/// Where the run was that is meant.
fn root_of_run(args: &FixArgs) -> Result<PathBuf, Problem> {
    if args.paths.is_empty() { locate::current_root() } else { locate::root_of(&args.paths) }
}

/// Deletes what `--undo` would restore.
fn forget(args: &FixArgs, environment: &Environment) -> Result<Exit, Problem> {
    let root = root_of_run(args)?;
    let (runs, originals) = match writing::store_folder(&root, environment).filter(|folder| store::has_runs(folder)) {
        Some(_) => writing::recovered_store(&root, environment)?.0.forget()?,
        None => (0, 0),
    };
    output::note(&match runs {
        0 => "there are no originals to delete".to_owned(),
        _ => {
            let (originals, runs) = (counted(originals, "original"), counted(runs, "run"));
            format!("deleted {originals} of {runs}, which can no longer be undone")
        }
    });
    Ok(Exit::Clean)
}

fn undo(args: &FixArgs, environment: &Environment) -> Result<Exit, Problem> {
    let root = root_of_run(args)?;
    let (mut store, interrupted) = writing::recovered_store(&root, environment)?;
    // The last run is the one that was interrupted: the one before it is not what the person means.
    if matches!(interrupted, Some(store::Outcome::RolledBack | store::Outcome::Undone)) {
        return Ok(Exit::Clean);
    }
    let undone = store.undo()?;
    let shown = |file: &Path| file.strip_prefix(&root).unwrap_or(file).display().to_string();
    undone.files.iter().for_each(|file| output::note(&format!("{}: restored", shown(file))));
    stage::track(&root, &undone.untracked).map_err(RunError::from).map_err(run_problem)?;
    undone.untracked.iter().for_each(|file| output::note(&format!("{}: tracked again", file.path)));
    let left = match undone.left {
        0 => String::new(),
        left => format!("; {} can be undone", counted(left, "earlier run")),
    };
    let files = counted(undone.files.len() + undone.untracked.len(), "file");
    output::note(&format!("undid the last run ({files}); Secrets that it had sealed are plaintext again{left}"));
    Ok(Exit::Clean)
}
