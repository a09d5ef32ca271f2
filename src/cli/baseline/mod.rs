//! `mlguard baseline`.

mod accept;
mod explain;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{BaselineAction, BaselinePruneArgs, BaselineWriteArgs, Global};
use super::interrupt::{self, Interrupt};
use super::{locate, output, scan, writing};
use crate::baseline::{Baseline, Counts, Key, Refresh, Spot};
use crate::config::{AcceptedText, Environment, Flags, Settings};
use crate::engine::Kept;
use crate::error::{Problem, counted};
use crate::exit::Exit;
use crate::finding::{DigestKey, Outcome};
use crate::path::is_below;
use crate::report::target;

pub(super) use accept::Accept;

pub(super) fn run(args: &BaselineAction, global: &Global) -> Result<Exit, Problem> {
    match args {
        BaselineAction::Write(args) => write(args, global),
        BaselineAction::Prune(args) => prune(args, global),
        BaselineAction::Explain(args) => explain::run(args, global),
    }
}

/// A baseline and the tree that it is about.
struct Tree {
    settings: Arc<Settings>,
    environment: Environment,
    paths: Vec<PathBuf>,
    /// Where the file is.
    file: PathBuf,
    /// What people would type for it.
    name: String,
    /// What it holds; nothing where it is not there.
    text: Option<String>,
    /// Whether a path was given that is not there.
    missing: bool,
}

impl Tree {
    fn open(paths: &[PathBuf], flags: &Flags) -> Result<Self, Problem> {
        let (paths, missing) = locate::existing_paths(paths);
        missing.iter().for_each(output::problem);
        let environment = Environment::read();
        let settings = Arc::new(Settings::load(&locate::root_of(&paths)?, &environment, flags));
        let Some((file, name)) = settings.baseline_path() else {
            let message = format!("no baseline is allowed here by {}", settings.baseline.origin);
            return Err(Problem::new(message));
        };
        let text = settings.read_baseline(false)?.map(|AcceptedText { text, .. }| text);
        Ok(Self { settings, environment, paths, file, name, text, missing: !missing.is_empty() })
    }

    /// The lines of the file, which has to be there.
    fn baseline(&self) -> Result<Baseline, Problem> {
        let Some(text) = &self.text else {
            let problem = Problem::new("no such baseline").in_file(&self.name);
            return Err(problem.help("`mlguard baseline write` creates it"));
        };
        Baseline::parse(text).map_err(|error| accept::malformed(&self.name, &error))
    }

    /// The key of this machine, if there is one.
    fn key(&self) -> Result<Option<Key>, Problem> {
        accept::key(&self.settings.root, &self.environment).map_err(|error| accept::key_problem(&error))
    }

    fn search(&self, key: Option<&Key>, global: &Global) -> Result<Searched, Problem> {
        let interrupt = Interrupt::install();
        let pool = scan::thread_pool(None)?;
        let mut outcome = Outcome { complete: true, ..Outcome::default() };
        if !self.paths.is_empty() {
            let digest_key = key.map_or_else(DigestKey::of_this_run, Key::values);
            outcome = pool
                .install(|| {
                    scan::scan_paths(&self.paths, &self.settings, &interrupt.asked, digest_key, Kept::Compared)
                })?
                .0;
        }
        if !interrupt.may_write() {
            return Err(interrupt::problem());
        }
        scan::report_unread(&outcome.coverage, "`mlguard check`");
        let faulty = scan::report_config_problems(&self.settings, global);
        let complete = outcome.complete && outcome.coverage.errors.is_empty() && !self.missing;
        let exit = if complete { faulty } else { Exit::Failed };
        let whole = scan::covers_root(&self.paths, &self.settings);
        let current = locate::current_folder()?;
        let within = self.paths.iter().map(|path| locate::report_path(&self.settings.root, &current, path)).collect();
        Ok(Searched { outcome, exit, whole, within })
    }

    /// Puts the new lines into the file, where they differ.
    fn save(&self, baseline: &Baseline) -> Result<(), Problem> {
        let text = baseline.render();
        if self.text.as_deref() == Some(text.as_str()) {
            return Ok(());
        }
        refuse_link(&self.file, &self.name)?;
        locate::refuse_new_elsewhere(&self.file)?;
        writing::expire(&self.settings.root, &self.environment);
        target::save_text(&self.file, &text).map_err(Problem::new)
    }
}

/// Refuses to write through a symbolic link, or over what is no file.
fn refuse_link(path: &Path, name: &str) -> Result<(), Problem> {
    let refused = |message| Err(Problem::new(message).in_file(name).help("replace it with the file itself"));
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => refused("is a symbolic link, which is not followed"),
        Ok(metadata) if !metadata.is_file() => refused("is not a regular file"),
        _ => Ok(()),
    }
}

/// What was found, and where was looked.
struct Searched {
    outcome: Outcome,
    exit: Exit,
    whole: bool,
    /// The given paths, as reports write them.
    within: Vec<String>,
}

impl Searched {
    /// Whether what a spot accepts would have been found, if it were there.
    fn seen(&self, spot: &Spot) -> bool {
        let Some(path) = &spot.path else { return self.exit == Exit::Clean && self.whole };
        let below = |folder: &String| !folder.is_empty() && is_below(path, folder);
        let skipped = || self.outcome.coverage.skipped.iter().any(|skipped| *skipped.path == **path);
        self.exit == Exit::Clean && (self.whole || self.within.iter().any(below)) && !skipped()
    }
}

fn write(args: &BaselineWriteArgs, global: &Global) -> Result<Exit, Problem> {
    let tree = Tree::open(&args.paths, &args.file.flags())?;
    refuse_link(&tree.file, &tree.name)?;
    let today = scan::today();
    if args.until.is_some_and(|until| until < today) {
        return Err(Problem::new("--until is in the past"));
    }
    let (before, left_out) = Baseline::salvage(tree.text.as_deref().unwrap_or_default())
        .map_err(|error| accept::malformed(&tree.name, &error))?;
    let key = key_to_write(&tree, global)?;
    let searched = tree.search(Some(&key), global)?;
    let how = Refresh {
        key: &key,
        reason: args.reason.as_deref(),
        until: args.until,
        rekey: args.rekey,
        today,
        seen: &|spot| searched.seen(spot),
    };
    let (after, counts) = before.refreshed(&searched.outcome.findings, &how);
    tree.save(&after)?;
    let warn = |message: String, help: &str| {
        if !global.quiet {
            output::problem(&Problem::new(message).in_file(&tree.name).warning().help(help));
        }
    };
    if left_out > 0 {
        warn(format!("{} dropped: not a baseline line", counted(left_out, "line")), "see `git diff`");
    }
    if counts.expired > 0 {
        let message = format!("{} expired; what they accepted is still reported", counted(counts.expired, "line"));
        warn(message, "--until DATE renews them");
    }
    let foreign = after.foreign(Some(&key));
    if foreign > 0 {
        let message = format!("{} of another key left unchanged", counted(foreign, "line"));
        warn(message, "set MLGUARD_BASELINE_KEY to it, or rewrite them with --rekey");
    }
    Ok(print_summary(&tree, counts, &format!("{} new, ", counts.new))?.and(searched.exit))
}

/// The key of this machine; makes it where there is none.
fn key_to_write(tree: &Tree, global: &Global) -> Result<Key, Problem> {
    if let Some(key) = tree.key()? {
        return Ok(key);
    }
    let Some(folder) = accept::key_folder(&tree.settings.root, &tree.environment) else {
        let problem = Problem::new("there is no folder for the key of the baseline outside the repository");
        return Err(problem.help("set MLGUARD_BASELINE_KEY to a random text, for example from `openssl rand -hex 32`"));
    };
    let (key, made) = Key::read_or_make(&folder).map_err(|error| accept::key_problem(&error))?;
    if made && !global.quiet {
        output::note(&format!(
            "created a key in {}; set it as MLGUARD_BASELINE_KEY in CI and elsewhere, or findings are accepted by place alone there",
            folder.display()
        ));
    }
    Ok(key)
}

fn prune(args: &BaselinePruneArgs, global: &Global) -> Result<Exit, Problem> {
    let tree = Tree::open(&args.paths, &args.file.flags())?;
    let before = tree.baseline()?;
    let key = tree.key()?;
    let searched = tree.search(key.as_ref(), global)?;
    let seen = |spot: &Spot| searched.seen(spot);
    let (after, counts) = before.pruned(&searched.outcome.findings, key.as_ref(), scan::today(), &seen);
    if counts.gone > 0 {
        tree.save(&after)?;
    }
    Ok(print_summary(&tree, counts, "")?.and(searched.exit))
}

/// Prints what became of the lines.
fn print_summary(tree: &Tree, counts: Counts, new: &str) -> Result<Exit, Problem> {
    let unseen = match counts.unseen {
        0 => String::new(),
        count => format!(" ({count} accept nothing that was found, but not everything was searched)"),
    };
    output::print(&format!("baseline {}: {new}{} kept{unseen}, {} gone\n", tree.name, counts.kept, counts.gone))
}
