//! `mlguard check`.

use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::{CheckArgs, Global};
use super::baseline::Accept;
use super::interrupt::Interrupt;
use super::{commits, explain, output};
use crate::config::{Environment, Settings};
use crate::coverage::{Coverage, Reason, Skipped};
use crate::engine;
use crate::error::{Gravity, Problem};
use crate::exit::Exit;
use crate::finding::{DigestKey, Outcome};
use crate::report::{self, Target};
use crate::rule::{Level, Rule};
use crate::source;

pub(super) fn run(args: &CheckArgs, global: &Global) -> Result<Exit, Problem> {
    run_prepared(&Prepared::new(args)?, args, &Environment::read(), global)
}

/// Checks commits that a hook was told of.
pub(super) fn run_commits(
    asked: commits::Asked,
    args: &CheckArgs,
    environment: &Environment,
    global: &Global,
) -> Result<Exit, Problem> {
    run_prepared(&Prepared::Commits(Box::new(asked)), args, environment, global)
}

fn run_prepared(
    prepared: &Prepared,
    args: &CheckArgs,
    environment: &Environment,
    global: &Global,
) -> Result<Exit, Problem> {
    let settings = Arc::clone(prepared.settings());
    let targets = targets(&settings)?;
    selection(args, &settings)?;
    let pool = pool(args.reading.threads)?;
    if args.show_config {
        return show(args, prepared, global);
    }
    // Waiting for standard input ends at once on Ctrl-C, as it does everywhere; there is nothing to stop orderly.
    let interrupt = if args.stdin { Interrupt::default() } else { Interrupt::install() };
    let interrupted = Arc::clone(&interrupt.asked);
    let accept = Accept::load(&settings, environment);
    let (mut outcome, rules) = pool.install(|| prepared.run(args, &interrupted, accept.digest_key()))?;
    interrupt.begin_writing();
    if interrupted.load(Ordering::Relaxed) && outcome.complete {
        // However far it came, nobody can say that it came to its end.
        outcome.coverage.errors.push(Skipped::new(".", Reason::Interrupted));
        outcome.complete = false;
    }
    prepared.missing().iter().for_each(output::problem);
    let faults = [prepared.missing(), &accept.problems].concat();
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
    let faulty = tell(settings, global);
    let applied = accept.apply(&mut outcome);
    let warnings = accept.warnings(&applied);
    accept.problems.iter().chain(warnings.iter().filter(|_| !global.quiet)).for_each(output::problem);
    add_problems(&mut outcome, faults.iter().chain(&settings.problems()));
    let checkout = sarif(settings).then(|| source::checkout(&settings.root)).flatten();
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
    verdict(&outcome, settings.fail_on.value).and(faulty).and(written)
}

/// What is to be checked, with the configuration that holds for it.
enum Prepared {
    /// Files, and the given paths that are not there.
    Files {
        paths: Vec<PathBuf>,
        missing: Vec<Problem>,
        settings: Arc<Settings>,
    },
    Commits(Box<commits::Asked>),
}

impl Prepared {
    fn new(args: &CheckArgs) -> Result<Self, Problem> {
        let environment = Environment::read();
        if args.commits.any() {
            return commits::open(args, &environment).map(|asked| Self::Commits(Box::new(asked)));
        }
        let (paths, missing) = given(&args.paths);
        let settings = Arc::new(Settings::load(&root(&paths)?, &environment, &args.flags()));
        Ok(Self::Files { paths, missing, settings })
    }

    fn settings(&self) -> &Arc<Settings> {
        match self {
            Self::Files { settings, .. } => settings,
            Self::Commits(asked) => &asked.settings,
        }
    }

    fn missing(&self) -> &[Problem] {
        match self {
            Self::Files { missing, .. } => missing,
            Self::Commits(_) => &[],
        }
    }

    fn run(
        &self,
        args: &CheckArgs,
        interrupted: &Arc<AtomicBool>,
        key: DigestKey,
    ) -> Result<(Outcome, Vec<Rule>), Problem> {
        match self {
            Self::Files { settings, .. } if args.stdin => standard_input(args, settings, interrupted, key),
            Self::Files { paths, settings, .. } => files(paths, settings, interrupted, key),
            Self::Commits(asked) => asked.run(interrupted, key),
        }
    }
}

/// The exit status that an outcome asks for.
pub(super) fn verdict(outcome: &Outcome, fail_on: Level) -> Exit {
    if !outcome.complete || !outcome.coverage.errors.is_empty() {
        return Exit::Failed;
    }
    let reached = outcome.findings.iter().any(|finding| finding.level >= fail_on);
    if reached { Exit::Findings } else { Exit::Clean }
}

/// The root that holds for the current folder.
pub(super) fn current_root() -> Result<PathBuf, Problem> {
    root(&[PathBuf::from(".")])
}

/// The one root of all paths; the current folder where they have several.
pub(super) fn root(paths: &[PathBuf]) -> Result<PathBuf, Problem> {
    if paths.is_empty() { current_folder() } else { source::root_of(paths).map_err(|error| source_problem(&error)) }
}

/// A fault of listing with all its causes.
pub(super) fn source_problem(error: &source::SourceError) -> Problem {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        message.push_str(": ");
        message.push_str(&inner.to_string());
        cause = inner.source();
    }
    Problem::new(message)
}

pub(super) fn current_folder() -> Result<PathBuf, Problem> {
    std::env::current_dir().map_err(|error| Problem::new(format!("the current folder cannot be found: {error}")))
}

/// The paths that are there, and a problem for each that is not: the others are searched all the same.
pub(super) fn given(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<Problem>) {
    if paths.is_empty() {
        return (vec![PathBuf::from(".")], Vec::new());
    }
    let (there, missing): (Vec<_>, Vec<_>) = paths.iter().cloned().partition(|path| path.symlink_metadata().is_ok());
    let problem = |path: &PathBuf| {
        let problem = Problem::new("no such file or folder").in_file(path.display().to_string());
        problem.help("check the spelling and the current folder")
    };
    (there, missing.iter().map(problem).collect())
}

pub(super) fn targets(settings: &Settings) -> Result<Vec<Target>, Problem> {
    let origin = &settings.formats.origin;
    let fault = |error: &dyn std::fmt::Display| Problem::new(format!("{origin}: {error}"));
    let parse = |text: &String| text.parse::<Target>().map_err(|error| fault(&error));
    let targets = settings.formats.value.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    Target::check(&targets).map_err(|error| fault(&error))?;
    Ok(targets)
}

/// Refuses `--rule` where it names no rule, or would weaken a policy.
fn selection(args: &CheckArgs, settings: &Settings) -> Result<(), Problem> {
    if settings.has_policy() && !args.rules.is_empty() {
        return Err(Problem::new("--rule: a policy asks for all of its rules").help("leave out --rule"));
    }
    known(&args.rules, settings)
}

/// Refuses ids of rules that there are not.
pub(super) fn known(rules: &[String], settings: &Settings) -> Result<(), Problem> {
    let unknown = rules.iter().find(|id| !settings.all_rules().any(|rule| rule.id == id.as_str()));
    unknown.map_or(Ok(()), |id| Err(explain::unknown(settings, id)))
}

pub(super) fn pool(threads: Option<u16>) -> Result<rayon::ThreadPool, Problem> {
    // Zero lets rayon take what is available.
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or_default().into());
    builder.build().map_err(|error| Problem::new(format!("threads cannot be started: {error}")))
}

/// Searches the paths; values are digested with `key`.
pub(super) fn files(
    paths: &[PathBuf],
    settings: &Arc<Settings>,
    interrupted: &Arc<AtomicBool>,
    key: DigestKey,
) -> Result<(Outcome, Vec<Rule>), Problem> {
    if paths.is_empty() {
        return Ok((Outcome::default(), settings.rules()));
    }
    let listing = list(paths, settings)?;
    let options = engine::Options { digest_key: key, ..options(settings, interrupted) };
    let whole = paths.iter().any(|path| path.canonicalize().is_ok_and(|path| path == settings.root));
    // Outside Git nothing says where what belongs together ends.
    let alone = whole || !listing.git;
    let context = || if alone { Vec::new() } else { rest(settings) };
    let input = engine::Input { listing, context: &context };
    Ok((engine::run(input, &options), options.rules))
}

/// Every file of the tree, for what one file by itself does not tell. What cannot be listed is not asked for here: the
/// searched files were listed before.
pub(super) fn rest(settings: &Settings) -> Vec<source::File> {
    let wanted = |path: &str| !settings.excluded(path);
    match source::list(std::slice::from_ref(&settings.root), &wanted) {
        Ok(listing) if listing.git => listing.files,
        _ => Vec::new(),
    }
}

pub(super) fn list(paths: &[PathBuf], settings: &Settings) -> Result<source::Listing, Problem> {
    let meant = meant(paths, settings)?;
    let wanted = |path: &str| !settings.excluded(path) || meant.iter().any(|folder| path.starts_with(folder));
    match source::list(paths, &wanted) {
        // The person said so in the configuration: nothing to check is what was asked for.
        Err(source::SourceError::Empty { excluded, .. }) if excluded > 0 => Ok(source::Listing::default()),
        other => other.map_err(|error| source_problem(&error)),
    }
}

/// Named folders that the configuration leaves out as a whole, each with a final `/`. Whoever names one means it, and would
/// otherwise be told that all is well. Named files stay left out, since a hook names every file of a commit.
fn meant(paths: &[PathBuf], settings: &Settings) -> Result<Vec<String>, Problem> {
    let current = current_folder()?;
    let folders = paths.iter().filter(|path| path.is_dir());
    let folders = folders.map(|path| format!("{}/", report_path(&settings.root, &current, path)));
    // A name that no other pattern than one for the folder is made for.
    Ok(folders.filter(|folder| folder.len() > 1 && settings.excluded(&format!("{folder}-"))).collect())
}

fn standard_input(
    args: &CheckArgs,
    settings: &Arc<Settings>,
    interrupted: &Arc<AtomicBool>,
    key: DigestKey,
) -> Result<(Outcome, Vec<Rule>), Problem> {
    let path = match &args.stdin_path {
        Some(path) => report_path(&settings.root, &current_folder()?, path),
        None => "stdin".to_owned(),
    };
    let mut bytes = Vec::new();
    // One byte more than allowed, so that the engine sees that it is too much.
    let limit = settings.max_size.value.saturating_add(1);
    let read = io::stdin().lock().take(limit).read_to_end(&mut bytes);
    read.map_err(|error| Problem::new(format!("standard input cannot be read: {error}")))?;
    let excluded = settings.excluded(&path);
    let options = engine::Options { digest_key: key, ..options(settings, interrupted) };
    if excluded {
        let mut outcome = Outcome { complete: true, ..Outcome::default() };
        outcome.coverage.skipped.push(Skipped::new(path, Reason::Excluded));
        return Ok((outcome, options.rules));
    }
    Ok((engine::run_bytes(&path, &bytes, &|| rest(settings), &options), options.rules))
}

/// `path` as reports write it: relative to the root where it is below it, with `/`.
pub(super) fn report_path(root: &Path, current: &Path, path: &Path) -> String {
    let mut parts: Vec<Component<'_>> = Vec::new();
    let full = current.join(path);
    for part in full.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    let plain: PathBuf = parts.iter().collect();
    let Ok(relative) = plain.strip_prefix(root) else { return path.to_string_lossy().replace('\\', "/") };
    let names: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    names.join("/")
}

/// Whether a SARIF report is asked for, which says more than the others.
fn sarif(settings: &Settings) -> bool {
    settings.formats.value.iter().any(|format| format.starts_with("sarif"))
}

/// To be asked for after the listing, which finds the files of folders.
pub(super) fn options(settings: &Arc<Settings>, interrupted: &Arc<AtomicBool>) -> engine::Options {
    let shared = Arc::clone(settings);
    let (root, work_tree) = (settings.root.clone(), settings.root.clone());
    engine::Options {
        rules: settings.rules(),
        level: Box::new(move |rule, path| shared.level(rule, path)),
        max_size: settings.max_size.value,
        allow_comments: settings.allow_comments.value,
        line_hashes: sarif(settings),
        interrupted: Arc::clone(interrupted),
        accept_missing: false,
        digest_key: DigestKey::of_this_run(),
        convention: settings.convention(),
        past: Box::new(move |seconds, paths| source::past(&root, seconds, paths)),
        ignored: Box::new(move |paths| source::ignored(&work_tree, paths)),
        today: today(),
    }
}

/// The day, UTC.
pub(super) fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn show(args: &CheckArgs, prepared: &Prepared, global: &Global) -> Result<Exit, Problem> {
    let settings = prepared.settings();
    if let Prepared::Files { paths, .. } = prepared
        && !args.stdin
        && !paths.is_empty()
    {
        // Finds the files of folders; what cannot be listed matters to a check, not here.
        drop(list(paths, settings));
    }
    let faulty = tell(settings, global);
    Ok(output::print(&settings.show())?.and(faulty))
}

/// Prints what is wrong with the configuration; the exit status that it asks for.
pub(super) fn tell(settings: &Settings, global: &Global) -> Exit {
    let shown = |problem: &&Problem| problem.gravity == Gravity::Error || !global.quiet;
    settings.problems().iter().filter(shown).for_each(output::problem);
    if settings.is_faulty() { Exit::Failed } else { Exit::Clean }
}

/// Puts errors of the configuration and of the given paths into the report, which is all that a machine reads.
fn add_problems<'a>(outcome: &mut Outcome, problems: impl Iterator<Item = &'a Problem>) {
    if cover(&mut outcome.coverage, problems) {
        outcome.complete = false;
    }
}

/// Puts the errors among `problems` into a coverage; whether there is one.
pub(super) fn cover<'a>(coverage: &mut Coverage, problems: impl Iterator<Item = &'a Problem>) -> bool {
    let errors = problems.filter(|problem| problem.gravity == Gravity::Error);
    let before = coverage.errors.len();
    coverage.errors.extend(errors.map(|problem| {
        let path = problem.path.clone().unwrap_or_else(|| "configuration".to_owned());
        Skipped::new(path, Reason::Other(problem.reason()))
    }));
    coverage.errors.sort();
    coverage.errors.len() > before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_standard_input_is_relative_to_the_root() {
        let path = |given: &str| report_path(Path::new("/r"), Path::new("/r/sub"), Path::new(given));
        assert_eq!(path("a.yaml"), "sub/a.yaml");
        assert_eq!(path("../a.yaml"), "a.yaml");
        assert_eq!(path("./x/../a.yaml"), "sub/a.yaml");
        assert_eq!(path("/r/b.yaml"), "b.yaml");
        assert_eq!(path("/elsewhere/b.yaml"), "/elsewhere/b.yaml");
    }

    #[test]
    fn an_incomplete_outcome_fails_whatever_it_found() {
        let outcome = Outcome::default();
        assert_eq!(verdict(&outcome, Level::Note), Exit::Failed);
        assert_eq!(verdict(&Outcome { complete: true, ..Outcome::default() }, Level::Note), Exit::Clean);
    }
}
