//! `mlguard check` of the index, of a range of commits, and of the history.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::args::CheckArgs;
use super::locate::current_folder;
use super::progress::Bar;
use super::scan::engine_options;
use crate::config::{self, Environment, Settings};
use crate::coverage::{Coverage, Reason, Scope, Skipped};
use crate::engine::change::{self, Brought};
use crate::engine::{IgnoredOf, Options, history};
use crate::error::Problem;
use crate::finding::{Commit, DigestKey, Finding, Outcome};
use crate::path::{self, is_below};
use crate::rule::{Rule, id};
use crate::source::store::{Changes, CommitSummary, Id, Keep, Range, Snapshot, Store, Versions, Wanted};
use crate::source::{self, SourceError};

/// Commits that a push goes on from and that count as old, at most.
const MOST_OLDS: usize = 8;

/// A repository, and how it is to be checked.
pub(super) struct Asked {
    store: Store,
    /// What the configuration says, and the state that it was read from.
    pub settings: Arc<Settings>,
    kind: Kind,
    allow_shallow: bool,
    /// Paths from the root; everything where there is none.
    below: Vec<String>,
}

enum Kind {
    Staged(Box<Changes>),
    Diff(Span),
    History(Wanted),
}

/// What some commits introduce to where they go.
pub(super) struct Span {
    pub range: Range,
    /// What it goes on from: the last commit that both have is the old side. None where there is none.
    pub onto: Option<Id>,
    /// Whose configuration holds; the built-in one where there is none.
    pub policy: Option<Id>,
    /// How it is called.
    pub text: String,
    /// Whether it may hold no commit: a push of what is there already.
    pub may_be_empty: bool,
    /// Whether everything that the commits go on from is old: what is merged into a branch was checked where it came from.
    pub beside: bool,
}

/// Opens the repository and reads its configuration: that of the index for `--staged`, of BASE for `--diff`.
pub(super) fn open(args: &CheckArgs, environment: &Environment) -> Result<Asked, Problem> {
    let store = repository(environment)?;
    let commits = &args.commits;
    let kind = if commits.staged {
        Kind::Staged(Box::new(store.staged()?))
    } else if let Some(text) = &commits.diff {
        let text = if text.contains("..") { text.clone() } else { format!("{text}..HEAD") };
        // Three dots say what is done anyway.
        let range = store.range(&text.replace("...", ".."))?;
        let base = range.excluded.first().copied();
        Kind::Diff(Span { range, onto: base, policy: base, text, may_be_empty: false, beside: false })
    } else {
        let range = commits.history.clone().filter(|range| !range.is_empty());
        Kind::History(Wanted { range, reflog: commits.reflog, all_objects: commits.all_objects })
    };
    ask(store, kind, args, environment)
}

/// The repository of the current folder, or the one that Git names to a hook.
pub(super) fn repository(environment: &Environment) -> Result<Store, Problem> {
    Ok(Store::open(&current_folder()?, &environment.hook)?)
}

/// Prepares the check of what `span` introduces.
pub(super) fn open_span(span: Span, args: &CheckArgs, environment: &Environment) -> Result<Asked, Problem> {
    ask(repository(environment)?, Kind::Diff(span), args, environment)
}

fn ask(store: Store, kind: Kind, args: &CheckArgs, environment: &Environment) -> Result<Asked, Problem> {
    let everything = |_: &str| true;
    let of_commit = |id: Option<Id>| id.map(|id| store.snapshot(id, &everything)).transpose();
    let snapshot = match &kind {
        Kind::Staged(changes) => Some(changes.snapshot(&everything)),
        // Without a commit to go on from nothing says what holds but the change itself, which may not.
        Kind::Diff(span) => Some(of_commit(span.policy)?.unwrap_or_else(|| Snapshot::new([], &everything))),
        Kind::History(_) if store.is_bare() => of_commit(store.head()?)?,
        Kind::History(_) => None,
    };
    let settings = match snapshot {
        Some(snapshot) => Settings::load_snapshot(&store.root, Arc::new(snapshot), environment, &args.flags()),
        None => Settings::load(&store.root, environment, &args.flags()),
    };
    let current = current_folder()?;
    let below = args.paths.iter().map(|path| below(&store.root, &current, path)).collect();
    Ok(Asked { store, settings: Arc::new(settings), kind, allow_shallow: args.commits.allow_shallow, below })
}

/// A given path from the root. Links in the work tree do not matter: Git need not have them.
fn below(root: &Path, current: &Path, path: &Path) -> String {
    let real = current.canonicalize().unwrap_or_else(|_| current.to_owned());
    let path = path.strip_prefix(current).unwrap_or(path);
    source::report_name(root, &real.join(path))
}

impl Asked {
    /// Does it. Everything that is found by then is returned where the run is interrupted.
    pub(super) fn run(&self, interrupted: &Arc<AtomicBool>, key: DigestKey) -> Result<(Outcome, Vec<Rule>), Problem> {
        // One for all that follows: values are told apart by digests with its key.
        let mut options = Options {
            digest_key: key,
            accept_missing: self.allow_shallow,
            ..engine_options(&self.settings, interrupted)
        };
        let outcome = match &self.kind {
            Kind::Staged(changes) => {
                self.found_in(changes)?;
                self.changed(changes, Scope::Staged, &mut options).outcome
            }
            Kind::Diff(span) => self.range(span, &mut options)?,
            Kind::History(wanted) => self.history(wanted, &options)?,
        };
        Ok((outcome, self.settings.rules()))
    }

    /// Whether something of `path` is to be reported.
    fn wanted(&self, path: &str) -> bool {
        let inside = |folder: &String| is_below(path, folder);
        (self.below.is_empty() || self.below.iter().any(inside)) && !self.settings.excluded(path)
    }

    /// Refuses given paths that nothing has: a misspelt one would be a clean run.
    fn found(&self, there: &dyn Fn(&String) -> bool) -> Result<(), Problem> {
        match self.below.iter().find(|below| !below.is_empty() && !there(below)) {
            Some(missing) => {
                let problem = Problem::new("no such file or folder in the checked revisions").in_file(missing.clone());
                Err(problem.help("check the spelling and the current folder"))
            }
            None => Ok(()),
        }
    }

    fn found_in(&self, changes: &Changes) -> Result<(), Problem> {
        let paths = || {
            let changed = changes.changed.iter().map(|change| &*change.path);
            let unchanged = changes.unchanged().0.iter().map(|file| &*file.path);
            changed.chain(unchanged).chain(changes.skipped.iter().chain(&changes.errors).map(|left| &*left.path))
        };
        // A file that is there and not staged is no misspelt one.
        let in_work_tree = |below: &String| self.store.root.join(below).symlink_metadata().is_ok();
        self.found(&|below| paths().any(|path| is_below(path, below)) || in_work_tree(below))
    }

    /// Every version that `ask` finds. What a partial clone lacks is left out where that is accepted.
    fn versions(&self, ask: impl Fn(&Keep<'_>) -> Result<Versions, SourceError>) -> Result<Versions, Problem> {
        let keep = Keep {
            wanted: &|path| self.wanted(path),
            known: &|path| !self.settings.excluded(path),
            by_path: self.settings.minds_paths(),
        };
        let mut versions = ask(&keep)?;
        if self.allow_shallow {
            let missing = |error: &Skipped| matches!(error.reason, Reason::NotFetched(_));
            versions.skipped.extend(versions.errors.extract_if(.., |error| missing(error)));
        }
        Ok(versions)
    }

    fn changed(&self, changes: &Changes, scope: Scope, options: &mut Options) -> Brought {
        let ignore_case = self.store.ignore_case();
        let is_ignore_file = |path: &str| path::name(path) == ".gitignore";
        let ignored = |snapshot: Snapshot| -> IgnoredOf {
            Box::new(move |paths| Some(source::ignored_in(&snapshot, ignore_case, paths)))
        };
        options.ignored = ignored(changes.snapshot(&is_ignore_file));
        let before = |old: usize| ignored(changes.snapshot_before(old, &is_ignore_file));
        let changed: Vec<_> =
            changes.changed.iter().filter(|change| !self.settings.excluded(&change.path)).cloned().collect();
        let unchanged = || {
            let (files, errors) = changes.unchanged();
            let kept = files.iter().filter(|file| !self.settings.excluded(&file.path));
            (kept.cloned().collect(), errors.clone())
        };
        let input = change::Input {
            changed: &changed,
            olds: changes.olds,
            unchanged: &unchanged,
            wanted: &|path| self.wanted(path),
            ignored_before: (0..changes.olds).map(before).collect(),
            scope,
        };
        let mut brought = change::change(&input, options);
        let coverage = &mut brought.outcome.coverage;
        coverage.skipped.extend(changes.skipped.iter().filter(|skipped| self.wanted(&skipped.path)).cloned());
        coverage.errors.extend(changes.errors.iter().cloned());
        coverage.sort();
        brought.outcome.complete &= brought.outcome.coverage.errors.is_empty();
        brought
    }

    fn range(&self, span: &Span, options: &mut Options) -> Result<Outcome, Problem> {
        let versions = self.versions(|keep| self.store.versions(&span.range, keep, &options.interrupted))?;
        let tip = span.range.tips.first().copied();
        let empty = versions.commits() == 0 && versions.errors.is_empty();
        let Some(tip) = tip.filter(|_| !empty) else {
            if span.may_be_empty {
                let coverage = Coverage { scope: Scope::Range, ..Coverage::default() };
                return Ok(Outcome { complete: true, coverage, ..Outcome::default() });
            }
            return Err(SourceError::EmptyRange { range: span.text.clone() }.into());
        };
        let from = span.onto.map(|base| self.store.merge_base(base, tip)).transpose()?.flatten();
        self.complete(&versions, from.is_none() && span.onto.is_some())?;
        let mut olds = Vec::from_iter(from);
        if span.beside {
            olds.extend(versions.boundary(MOST_OLDS).into_iter().filter(|old| from != Some(*old)));
        }
        let changes = self.store.changes(&olds, tip)?;
        let inside = |below: &String| versions.introduced.iter().any(|version| is_below(&version.file.path, below));
        if !self.below.iter().all(inside) {
            self.found_in(&changes)?;
        }
        let mut brought = self.changed(&changes, Scope::Range, options);
        brought.outcome.findings.extend(self.policy_changes(&changes));
        let describe = |commit: usize, in_head: bool| self.describe(&versions, commit, in_head);
        let before_at = |path: &str| changes.before(path);
        history::between(&mut brought, &versions, &before_at, &describe, options);
        Ok(brought.outcome)
    }

    /// Files that decide what is found, and are changed.
    fn policy_changes(&self, changes: &Changes) -> Vec<Finding> {
        let Some(rule) = self.settings.all_rules().find(|rule| rule.id == id::POLICY_CHANGE) else { return Vec::new() };
        let baseline = self.settings.baseline_path().map(|(_, name)| name);
        let decides = |path: &str| {
            path::name(path) == config::FILE
                || baseline.as_deref() == Some(path)
                || self.settings.packs.iter().any(|pack| pack.path == path)
        };
        let changed = changes.changed.iter().map(|change| (&change.path, change.new.is_some()));
        // A link in the place of such a file leads to one.
        let links = changes.skipped.iter().map(|link| (&link.path, true));
        let mut paths: Vec<_> = changed.chain(links).filter(|(path, _)| decides(path)).collect();
        paths.dedup();
        let told = paths.into_iter().filter_map(|(path, there)| {
            let level = self.settings.level(rule, path)?;
            Some(change::policy_change(path, rule, level, there))
        });
        told.collect()
    }

    fn history(&self, wanted: &Wanted, options: &Options) -> Result<Outcome, Problem> {
        let versions = self.versions(|keep| self.store.history(wanted, keep, &options.interrupted))?;
        let any = |below: &String| versions.introduced.iter().any(|version| is_below(&version.file.path, below));
        self.found(&any)?;
        if let (0, Some(range)) = (versions.commits(), &wanted.range) {
            return Err(SourceError::EmptyRange { range: range.clone() }.into());
        }
        self.complete(&versions, false)?;
        let bar = Bar::new(versions.introduced.len());
        let describe = |commit: usize, in_head: bool| self.describe(&versions, commit, in_head);
        Ok(history::history(&versions, &describe, &bar, options))
    }

    fn describe(&self, versions: &Versions, commit: usize, in_head: bool) -> Option<Commit> {
        let CommitSummary { id, author, date } = versions.describe(commit, &self.store)?;
        Some(Commit { id, author, date, in_head })
    }

    /// Refuses a history that is incomplete.
    fn complete(&self, versions: &Versions, without_base: bool) -> Result<(), Problem> {
        let cut = versions.cut || (without_base && self.store.shallow());
        if !cut || self.allow_shallow {
            return Ok(());
        }
        Err(SourceError::Shallow { what: "commits are missing".to_owned() }.into())
    }
}
