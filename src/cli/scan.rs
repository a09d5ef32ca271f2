//! What commands that search files have in common: the listing, the options of the engine, what the configuration says, and the
//! exit status.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::args::{ConfigArgs, Global};
use super::locate::{current_folder, current_root, report_path};
use super::output;
use crate::config::{Environment, Settings};
use crate::coverage::{Coverage, Reason, Skipped};
use crate::engine::{self, Kept};
use crate::error::{Gravity, Problem, counted, did_you_mean, quoted};
use crate::exit::Exit;
use crate::finding::{DigestKey, Outcome};
use crate::report::{Format, Target};
use crate::rule::{Level, Rule};
use crate::source;

/// The exit status that an outcome asks for.
pub(super) fn exit_status(outcome: &Outcome, fail_on: Level) -> Exit {
    if !outcome.complete || !outcome.coverage.errors.is_empty() {
        return Exit::Failed;
    }
    let reached = outcome.findings.iter().any(|finding| finding.level >= fail_on);
    if reached { Exit::Findings } else { Exit::Clean }
}

/// Refuses ids of rules that there are not.
pub(super) fn refuse_unknown_rules(rules: &[String], settings: &Settings) -> Result<(), Problem> {
    let unknown = rules.iter().find(|id| !settings.all_rules().any(|rule| rule.id == id.as_str()));
    unknown.map_or(Ok(()), |id| Err(unknown_rule(settings, id)))
}

pub(super) fn thread_pool(threads: Option<u16>) -> Result<rayon::ThreadPool, Problem> {
    // Zero lets rayon take what is available.
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or_default().into());
    builder.build().map_err(|error| Problem::new(format!("cannot start threads: {error}")))
}

/// Searches the paths; values are digested with `key`, and `kept` findings kept.
pub(super) fn scan_paths(
    paths: &[PathBuf],
    settings: &Arc<Settings>,
    interrupted: &Arc<AtomicBool>,
    key: DigestKey,
    kept: Kept,
) -> Result<(Outcome, Vec<Rule>), Problem> {
    if paths.is_empty() {
        return Ok((Outcome::default(), settings.rules()));
    }
    let listing = list_files(paths, settings)?;
    let options = engine::Options { digest_key: key, kept, ..engine_options(settings, interrupted) };
    // Outside Git nothing says where what belongs together ends.
    let alone = covers_root(paths, settings) || !listing.git;
    let context = || if alone { Vec::new() } else { repository_files(settings) };
    let input = engine::Input { listing, context: &context };
    Ok((engine::run(input, &options), options.rules))
}

/// Every file of the tree, for what does not follow from one file. What cannot be listed is left out: the searched files
/// were listed before.
pub(super) fn repository_files(settings: &Settings) -> Vec<source::File> {
    match list_repository(settings) {
        Ok(listing) if listing.git => listing.files,
        _ => Vec::new(),
    }
}

/// The files below the root.
pub(super) fn list_repository(settings: &Settings) -> Result<source::Listing, source::SourceError> {
    source::list(std::slice::from_ref(&settings.root), &|path| !settings.excluded(path))
}

/// Whether the whole tree is among the paths.
pub(super) fn covers_root(paths: &[PathBuf], settings: &Settings) -> bool {
    paths.iter().any(|path| path.canonicalize().is_ok_and(|path| path == settings.root))
}

pub(super) fn list_files(paths: &[PathBuf], settings: &Settings) -> Result<source::Listing, Problem> {
    let meant = named_although_excluded(paths, settings)?;
    let wanted = |path: &str| !settings.excluded(path) || meant.iter().any(|folder| path.starts_with(folder));
    match source::list(paths, &wanted) {
        // A hook names every file of a commit, also where it changes nothing but excluded ones. Whoever names a folder expects
        // that something of it is searched.
        Err(source::SourceError::Empty { excluded, .. }) if excluded > 0 && !paths.iter().any(|path| path.is_dir()) => {
            Ok(source::Listing::default())
        }
        other => Ok(other?),
    }
}

/// Named folders that the configuration leaves out as a whole, each with a final `/`. Whoever names one means it, and would
/// otherwise be told that all is well. Named files stay left out, since a hook names every file of a commit.
fn named_although_excluded(paths: &[PathBuf], settings: &Settings) -> Result<Vec<String>, Problem> {
    let current = current_folder()?;
    let folders = paths.iter().filter(|path| path.is_dir());
    let folders = folders.map(|path| format!("{}/", report_path(&settings.root, &current, path)));
    // A name that no other pattern than one for the folder is made for.
    Ok(folders.filter(|folder| folder.len() > 1 && settings.excluded(&format!("{folder}-"))).collect())
}

/// Whether a SARIF report is asked for, which says more than the others.
pub(super) fn wants_sarif(settings: &Settings) -> bool {
    let targets = settings.formats.value.iter().filter_map(|format| format.parse::<Target>().ok());
    targets.map(|target| target.format).any(|format| format == Format::Sarif)
}

/// Prints the first files that could not be read; `more` names what lists all of them.
pub(super) fn report_unread(coverage: &Coverage, more: &str) {
    const MOST: usize = 10;
    for failed in coverage.errors.iter().take(MOST) {
        output::problem(&Problem::new(failed.reason.to_string()).in_file(&*failed.path));
    }
    if let Some(rest) = coverage.errors.len().checked_sub(MOST).filter(|rest| *rest > 0) {
        output::problem(&Problem::new(format!("{} could not be read; {more} lists all", counted(rest, "more file"))));
    }
}

/// The facts of every file of the repository. What cannot be listed is left out.
pub(super) fn gather_repository(settings: &Arc<Settings>, interrupted: &Arc<AtomicBool>) -> engine::Gathered {
    engine::gather(list_repository(settings).unwrap_or_default(), &engine_options(settings, interrupted))
}

/// To be asked for after the listing, which finds the files of folders.
pub(super) fn engine_options(settings: &Arc<Settings>, interrupted: &Arc<AtomicBool>) -> engine::Options {
    let shared = Arc::clone(settings);
    let (root, work_tree) = (settings.root.clone(), settings.root.clone());
    engine::Options {
        rules: settings.rules(),
        level: Box::new(move |rule, path| shared.level(rule, path)),
        max_size: settings.max_size.value,
        allow_comments: settings.allow_comments.value,
        line_hashes: wants_sarif(settings),
        interrupted: Arc::clone(interrupted),
        accept_missing: false,
        kept: Kept::Compared,
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

/// The settings of the current folder, with their problems printed, and the exit status that these ask for.
pub(super) fn settings_here(
    config: &ConfigArgs,
    environment: &Environment,
    global: &Global,
) -> Result<(Settings, Exit), Problem> {
    let settings = Settings::load(&current_root()?, environment, &config.flags());
    let exit = report_config_problems(&settings, global);
    Ok((settings, exit))
}

/// Prints what is wrong with the configuration; the exit status that it asks for.
pub(super) fn report_config_problems(settings: &Settings, global: &Global) -> Exit {
    let shown = |problem: &&Problem| problem.gravity == Gravity::Error || !global.quiet;
    settings.problems().iter().filter(shown).for_each(output::problem);
    if settings.is_faulty() { Exit::Failed } else { Exit::Clean }
}

/// Puts the errors among `problems` into a coverage; whether there is one.
pub(super) fn add_errors<'a>(coverage: &mut Coverage, problems: impl Iterator<Item = &'a Problem>) -> bool {
    let errors = problems.filter(|problem| problem.gravity == Gravity::Error);
    let before = coverage.errors.len();
    coverage.errors.extend(errors.map(|problem| {
        let path = problem.path.clone().unwrap_or_else(|| "configuration".to_owned());
        Skipped::new(path, Reason::Other(problem.reason()))
    }));
    coverage.errors.sort();
    coverage.errors.len() > before
}

/// The error for an id that no rule has.
pub(super) fn unknown_rule(settings: &Settings, id: &str) -> Problem {
    let near = did_you_mean(id, settings.all_rules().map(|rule| rule.id.as_ref()));
    Problem::new(format!("unknown rule {}", quoted(id))).help(format!("{near}`mlguard rules` lists all"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incomplete_outcome_fails_whatever_it_found() {
        let outcome = Outcome::default();
        assert_eq!(exit_status(&outcome, Level::Note), Exit::Failed);
        assert_eq!(exit_status(&Outcome { complete: true, ..Outcome::default() }, Level::Note), Exit::Clean);
    }
}
