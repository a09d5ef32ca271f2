//! `mlguard check`.

use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::{CheckArgs, Global};
use super::baseline::Accept;
use super::interrupt::Interrupt;
use super::locate::{current_folder, existing_paths, refuse_new_elsewhere, report_path, root_of};
use super::scan::{
    engine_options, exit_status, list_files, refuse_unknown_rules, report_config_problems, repository_files,
    scan_paths, thread_pool, wants_sarif,
};
use super::{commits, output, scan};
use crate::config::{Environment, Settings, show_size};
use crate::coverage::{Reason, Skipped};
use crate::engine;
use crate::error::Problem;
use crate::exit::Exit;
use crate::finding::Outcome;
use crate::report::{self, Target};
use crate::rule::Rule;
use crate::source;

/// Largest document that is read from standard input, bytes.
const LARGEST_INPUT: u64 = 256 << 20;

pub(super) fn run(args: &CheckArgs, global: &Global) -> Result<Exit, Problem> {
    run_prepared(&Prepared::new(args)?, args, &Environment::read(), global)
}

/// Checks commits that a hook was given.
pub(super) fn run_commits(
    asked: commits::Asked,
    args: &CheckArgs,
    environment: &Environment,
    global: &Global,
) -> Result<Exit, Problem> {
    run_prepared(&Prepared::commits(asked), args, environment, global)
}

fn run_prepared(
    prepared: &Prepared,
    args: &CheckArgs,
    environment: &Environment,
    global: &Global,
) -> Result<Exit, Problem> {
    let settings = Arc::clone(&prepared.settings);
    let targets = targets(&settings)?;
    selection(args, &settings)?;
    let pool = thread_pool(args.reading.threads)?;
    if args.show_config {
        return show(args, prepared, global);
    }
    // Waiting for standard input ends at once on Ctrl-C, as it does everywhere; there is nothing to shut down cleanly.
    let interrupt = if args.stdin { Interrupt::default() } else { Interrupt::install() };
    let interrupted = Arc::clone(&interrupt.asked);
    let accept = Accept::load(&settings, environment);
    let (mut outcome, rules) = pool.install(|| prepared.run(args, &interrupted, &accept))?;
    interrupt.begin_writing();
    if interrupted.load(Ordering::Relaxed) && outcome.complete {
        // However far it came, nobody can say that it came to its end.
        outcome.coverage.errors.push(Skipped::new(".", Reason::Interrupted));
        outcome.complete = false;
    }
    prepared.missing.iter().for_each(output::problem);
    let faults = [prepared.missing.as_slice(), &accept.problems].concat();
    Ok(report(outcome, &rules, &accept, &faults, &settings, &targets, global))
}

/// Takes accepted findings out of a run and writes its reports; the exit status that they ask for. `faults` make the run
/// incomplete.
fn report(
    mut outcome: Outcome,
    rules: &[Rule],
    accept: &Accept,
    faults: &[Problem],
    settings: &Settings,
    targets: &[Target],
    global: &Global,
) -> Exit {
    let faulty = report_config_problems(settings, global);
    let applied = accept.apply(&mut outcome);
    let warnings = accept.warnings(&applied);
    accept.problems.iter().chain(warnings.iter().filter(|_| !global.quiet)).for_each(output::problem);
    // Into the report, which is all that a machine reads.
    outcome.complete &= !scan::add_errors(&mut outcome.coverage, faults.iter().chain(&settings.problems()));
    let checkout = wants_sarif(settings).then(|| source::checkout(&settings.root)).flatten();
    let context = report::Context {
        rules,
        version: env!("CARGO_PKG_VERSION"),
        fail_on: settings.fail_on.value,
        color: output::stdout_has_color(),
        width: output::stdout_width(),
        repository: checkout.as_ref().map(|checkout| report::Repository {
            address: &checkout.address,
            commit: checkout.commit.as_deref(),
            branch: checkout.branch.as_deref(),
        }),
    };
    let failed = report::target::emit(targets, &outcome, &context, &mut io::stdout().lock());
    for error in &failed {
        output::problem(&Problem::new(error.to_string()));
    }
    let written = if failed.is_empty() { Exit::Clean } else { Exit::Failed };
    exit_status(&outcome, settings.fail_on.value).and(faulty).and(written)
}

/// What is to be checked, with the configuration that applies to it.
struct Prepared {
    settings: Arc<Settings>,
    /// Given paths that do not exist.
    missing: Vec<Problem>,
    subject: Subject,
}

enum Subject {
    Files(Vec<PathBuf>),
    Commits(Box<commits::Asked>),
}

impl Prepared {
    fn new(args: &CheckArgs) -> Result<Self, Problem> {
        let environment = Environment::read();
        if args.commits.any() {
            return commits::open(args, &environment).map(Self::commits);
        }
        let (paths, missing) = existing_paths(&args.paths);
        let settings = Arc::new(Settings::load(&root_of(&paths)?, &environment, &args.flags()));
        Ok(Self { settings, missing, subject: Subject::Files(paths) })
    }

    fn commits(asked: commits::Asked) -> Self {
        let settings = Arc::clone(&asked.settings);
        Self { settings, missing: Vec::new(), subject: Subject::Commits(Box::new(asked)) }
    }

    fn run(
        &self,
        args: &CheckArgs,
        interrupted: &Arc<AtomicBool>,
        accept: &Accept,
    ) -> Result<(Outcome, Vec<Rule>), Problem> {
        match &self.subject {
            Subject::Files(_) if args.stdin => standard_input(args, &self.settings, interrupted, accept),
            Subject::Files(paths) => scan_paths(paths, &self.settings, interrupted, accept.digest_key(), accept.kept()),
            Subject::Commits(asked) => asked.run(interrupted, accept.digest_key()),
        }
    }
}

pub(super) fn targets(settings: &Settings) -> Result<Vec<Target>, Problem> {
    let origin = &settings.formats.origin;
    let fault = |error: &dyn std::fmt::Display| Problem::new(format!("{origin}: {error}"));
    let parse = |text: &String| text.parse::<Target>().map_err(|error| fault(&error));
    let targets = settings.formats.value.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    targets.iter().filter_map(|target| target.path.as_deref()).try_for_each(refuse_new_elsewhere)?;
    Target::check(&targets).map_err(|error| fault(&error))?;
    Ok(targets)
}

/// Refuses `--rule` where it names no rule, or would weaken a policy.
fn selection(args: &CheckArgs, settings: &Settings) -> Result<(), Problem> {
    if settings.has_policy() && !args.rules.is_empty() {
        return Err(Problem::new("--rule: a policy requires all of its rules").help("leave out --rule"));
    }
    refuse_unknown_rules(&args.rules, settings)
}

fn standard_input(
    args: &CheckArgs,
    settings: &Arc<Settings>,
    interrupted: &Arc<AtomicBool>,
    accept: &Accept,
) -> Result<(Outcome, Vec<Rule>), Problem> {
    let path = match &args.stdin_path {
        Some(path) => report_path(&settings.root, &current_folder()?, path),
        None => "stdin".to_owned(),
    };
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(LARGEST_INPUT + 1).read_to_end(&mut bytes);
    read.map_err(|error| Problem::new(format!("cannot read stdin: {error}")))?;
    if bytes.len() as u64 > LARGEST_INPUT {
        let problem = Problem::new(format!("stdin is larger than {}", show_size(LARGEST_INPUT)));
        return Err(problem.help("write it to a file and check that"));
    }
    let excluded = settings.excluded(&path);
    let (digest_key, kept) = (accept.digest_key(), accept.kept());
    let options = engine::Options { kept, digest_key, ..engine_options(settings, interrupted) };
    if excluded {
        let mut outcome = Outcome { complete: true, ..Outcome::default() };
        outcome.coverage.skipped.push(Skipped::new(path, Reason::Excluded));
        return Ok((outcome, options.rules));
    }
    Ok((engine::run_bytes(&path, &bytes, &|| repository_files(settings), &options), options.rules))
}

fn show(args: &CheckArgs, prepared: &Prepared, global: &Global) -> Result<Exit, Problem> {
    let settings = &prepared.settings;
    if let Subject::Files(paths) = &prepared.subject
        && !args.stdin
        && !paths.is_empty()
    {
        // Finds the files of folders; what cannot be listed matters to a check, not here.
        drop(list_files(paths, settings));
    }
    let faulty = report_config_problems(settings, global);
    Ok(output::print(&settings.show())?.and(faulty))
}
