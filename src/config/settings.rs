//! The layers joined: what applies to each rule and path, and where each value comes from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::convention::{self, Cluster};
use super::environment::{Environment, Flags};
use super::file::{self, remove_unknown_rules};
use super::globs::Globs;
use super::key::{Scope, Values};
use super::keys::KEYS;
use super::keys::baseline::{Accepted, BASELINE, BASELINE_FILE};
use super::keys::clusters::check_environments;
use super::keys::lists::RULE_PACKS;
use super::keys::scalars::{ALLOW_COMMENTS, FAIL_ON, MAX_SIZE};
use super::layer::Layer;
use super::nested::Nested;
use super::package::PackagePlan;
use super::packs::{self, Loaded, PackRule};
use super::policy::Policy;
use super::read::{self, FILE, Tree};
use super::values::{Origin, Valued, parse_level, parse_size};
use crate::checks::detector;
use crate::error::{Gravity, Problem};
use crate::inventory::convention::Convention;
use crate::rule::{self, Level, Rule};
use crate::seal::strength::Policy as Strength;
use crate::source::store::Snapshot;

/// Everything resolved. Shared by all threads of a run.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The folder that report paths are relative to.
    pub root: PathBuf,
    /// Lowest level that makes the run fail.
    pub fail_on: Valued<Level>,
    /// Files larger than this are skipped.
    pub max_size: Valued<u64>,
    /// Formats, not parsed.
    pub formats: Valued<Vec<String>>,
    /// Whether `mlguard: allow` comments count.
    pub allow_comments: Valued<bool>,
    /// The file of accepted findings.
    pub baseline: Valued<Accepted>,
    pub packs: Vec<PackRule>,
    /// Where the repository's own files are read.
    pub(super) tree: Tree,
    pub(super) policy: Option<Arc<Policy>>,
    pub(super) repository: Layer,
    pub(super) nested: Option<Nested>,
    pub(super) flag_exclude: Globs,
    pub(super) only: Vec<String>,
    pub(super) values: Values,
    pub package: PackagePlan,
    convention: Arc<Convention>,
    problems: Vec<Problem>,
}

impl Settings {
    /// Joins all layers for a tree at `root`. Never fails: what is wrong is in [`Settings::problems`].
    pub(crate) fn load(root: &Path, environment: &Environment, flags: &Flags) -> Self {
        Self::load_tree(root, &Tree::Folder(root.to_path_buf()), environment, flags)
    }

    /// The same, with the repository's files of `snapshot`.
    pub(crate) fn load_snapshot(
        root: &Path,
        snapshot: Arc<Snapshot>,
        environment: &Environment,
        flags: &Flags,
    ) -> Self {
        Self::load_tree(root, &Tree::Snapshot(snapshot), environment, flags)
    }

    fn load_tree(root: &Path, tree: &Tree, environment: &Environment, flags: &Flags) -> Self {
        let mut problems = Vec::new();
        let (mut policy_file, policy_name) = policy_file(environment, flags, &mut problems);
        let (mut file, custom) = repository_file(tree, environment, flags, &mut problems);
        let packs = all_packs(
            root,
            tree,
            [&policy_file, &file],
            [policy_name.as_deref(), custom.as_deref()],
            flags,
            &mut problems,
        );
        let known: BTreeSet<String> = known_rules(&packs).map(|rule| rule.id.to_string()).collect();
        problems.extend(remove_unknown_rules(&known, &mut policy_file));
        problems.extend(remove_unknown_rules(&known, &mut file));
        let policy = policy_name.map(|path| {
            let defaults = known_rules(&packs).map(|rule| (rule.id.to_string(), rule.level)).collect();
            Arc::new(Policy::new(path.display().to_string(), &mut policy_file, defaults))
        });
        let mut flag_exclude = Globs::new("", flags.exclude.iter().map(String::as_str)).unwrap_or_default();
        if let Some(policy) = &policy {
            problems.extend(policy.bound(&mut file));
            if !policy.allow_exclude.value && !flag_exclude.is_empty() {
                problems.push(policy.refused(&Origin::Flag("--exclude"), "it"));
                flag_exclude = Globs::default();
            }
        }
        override_values(&mut file, environment, flags, &mut problems);
        let values = join(root, policy.as_deref(), &policy_file, &file, &mut problems);
        let searches_folders = !flags.no_config && custom.is_none();
        Self {
            root: root.to_path_buf(),
            fail_on: values.holds(&FAIL_ON),
            max_size: values.holds(&MAX_SIZE),
            formats: formats(environment, flags),
            allow_comments: values.holds(&ALLOW_COMMENTS),
            baseline: values.holds(&BASELINE),
            packs,
            repository: Layer::new("", &mut file),
            tree: tree.clone(),
            nested: searches_folders.then(|| Nested::new(tree.clone(), known, policy.clone())),
            policy,
            flag_exclude,
            only: flags.only.clone(),
            convention: Arc::new(convention::convention(&values)),
            package: convention::package(&values),
            values,
            problems,
        }
    }

    /// The level of a rule for a path; nothing where it is off there.
    pub(crate) fn level(&self, rule: &Rule, path: &str) -> Option<Level> {
        if !self.is_chosen(rule) {
            return None;
        }
        let floor = self.policy.as_ref().map(|policy| policy.floor(rule, path));
        let mut level = self.repository.levels.apply(&rule.id, path, floor.unwrap_or(Some(rule.level)));
        if let Some(nested) = self.nested.as_ref().filter(|nested| nested.any()) {
            level = nested.chain(path).iter().fold(level, |level, layer| layer.levels.apply(&rule.id, path, level));
        }
        level.max(floor.flatten())
    }

    /// Whether a path (as reports write it) is left out. Files of folders are read as paths of them are asked for.
    pub(crate) fn excluded(&self, path: &str) -> bool {
        let by_policy = self.policy.as_ref().is_some_and(|policy| policy.layer.exclude.matches(path));
        if by_policy || self.flag_exclude.matches(path) || self.repository.exclude.matches(path) {
            return true;
        }
        let nested = self.nested.as_ref();
        nested.is_some_and(|nested| nested.chain(path).iter().any(|layer| layer.exclude.matches(path)))
    }

    /// Whether a level may depend on the path.
    pub(crate) fn minds_paths(&self) -> bool {
        let policy = self.policy.as_ref().is_some_and(|policy| policy.layer.levels.minds_paths());
        policy || self.repository.levels.minds_paths() || self.nested.as_ref().is_some_and(Nested::any)
    }

    /// Built-in rules and those of packs that are on for some path. Ask after the listing, which finds nested files.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        known_rules(&self.packs).filter(|rule| self.is_chosen(rule) && self.ever_on(rule)).cloned().collect()
    }

    /// The convention of names: environments, workflows, paths, allowed and declared Secrets.
    pub(crate) fn convention(&self) -> Arc<Convention> {
        Arc::clone(&self.convention)
    }

    /// What is required of values when they are sealed.
    pub(crate) fn strength(&self) -> Strength {
        convention::strength(&self.values)
    }

    /// The clusters that Secrets are sealed for, in the order of the configuration.
    pub(crate) fn clusters(&self) -> Vec<Cluster> {
        convention::clusters(&self.values)
    }

    pub(crate) fn has_policy(&self) -> bool {
        self.policy.is_some()
    }

    /// All rules, also those that are off.
    pub(crate) fn all_rules(&self) -> impl Iterator<Item = &Rule> {
        known_rules(&self.packs)
    }

    /// Everything wrong so far, sorted: warnings, and errors that make the run fail.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        problems.extend(self.nested.iter().flat_map(Nested::problems));
        problems.sort_by(Problem::order);
        problems.dedup();
        problems
    }

    /// Whether one of [`Settings::problems`] makes the run fail.
    pub(crate) fn is_faulty(&self) -> bool {
        self.problems().iter().any(|problem| problem.gravity == Gravity::Error)
    }

    /// Whether flags leave the rule on.
    fn is_chosen(&self, rule: &Rule) -> bool {
        self.only.is_empty() || self.only.iter().any(|id| *id == rule.id)
    }

    fn ever_on(&self, rule: &Rule) -> bool {
        let id = rule.id.as_ref();
        let floor =
            self.policy.as_ref().map_or(Some(rule.level), |policy| policy.layer.levels.highest(id, Some(rule.level)));
        let own = self.repository.levels.highest(id, floor);
        let bound = self.policy.is_some() && floor.is_some();
        let nested =
            || self.nested.iter().flat_map(Nested::layers).any(|layer| layer.levels.highest(id, None).is_some());
        bound || own.is_some() || nested()
    }
}

/// Reads the rule files that a person named, and runs their examples. The errors are everything that is wrong with them.
pub(crate) fn rules_of_files(paths: &[PathBuf]) -> Result<Vec<PackRule>, Vec<Problem>> {
    let mut loaded = Loaded { builtin_ids: true, ..Loaded::default() };
    packs::load_paths(paths, &mut loaded);
    test_examples(&mut loaded);
    if loaded.problems.is_empty() { Ok(loaded.rules) } else { Err(loaded.problems) }
}

fn known_rules(packs: &[PackRule]) -> impl Iterator<Item = &Rule> {
    rule::builtin().iter().chain(packs.iter().map(|pack| &pack.rule))
}

fn policy_file(environment: &Environment, flags: &Flags, problems: &mut Vec<Problem>) -> (Values, Option<PathBuf>) {
    let Some(path) = flags.policy.as_ref().or(environment.policy.as_ref()) else { return (Values::default(), None) };
    (named_file(path, Scope::Policy, problems), Some(path.clone()))
}

/// The repository's file, and the path of the one that replaces it.
fn repository_file(
    tree: &Tree,
    environment: &Environment,
    flags: &Flags,
    problems: &mut Vec<Problem>,
) -> (Values, Option<PathBuf>) {
    if flags.no_config {
        return (Values::default(), None);
    }
    if let Some(path) = flags.config.as_ref().or(environment.config.as_ref()) {
        return (named_file(path, Scope::Root, problems), Some(path.clone()));
    }
    if matches!(tree, Tree::Folder(root) if root.join(".mlguard.yml").symlink_metadata().is_ok()) {
        let problem = Problem::new(format!("this file is not read; the configuration must be called {FILE}"));
        problems.push(problem.in_file(".mlguard.yml").help("rename it"));
    }
    (parsed(FILE, Scope::Root, tree.read(FILE), problems), None)
}

fn named_file(path: &Path, scope: Scope, problems: &mut Vec<Problem>) -> Values {
    let name = path.display().to_string();
    parsed(&name, scope, read::read(path, &name).map(Some), problems)
}

/// What a file sets that was read, if it was there.
fn parsed(name: &str, scope: Scope, text: Result<Option<String>, Problem>, problems: &mut Vec<Problem>) -> Values {
    let (values, faults) = match text {
        Ok(text) => text.map(|text| file::parse(name, scope, &text)).unwrap_or_default(),
        Err(problem) => (Values::default(), vec![problem]),
    };
    problems.extend(faults);
    values
}

/// The packs of the policy, of the repository and of flags, with their examples run.
fn all_packs(
    root: &Path,
    tree: &Tree,
    files: [&Values; 2],
    named: [Option<&Path>; 2],
    flags: &Flags,
    problems: &mut Vec<Problem>,
) -> Vec<PackRule> {
    let mut loaded = Loaded::default();
    for (file, named) in files.into_iter().zip(named) {
        // Packs are relative to the file that names them; only a repository's own file is bound to its root.
        let base = named.map_or(root, |path| path.parent().unwrap_or(Path::new("")));
        let shown = named.map(|_| base.display().to_string()).filter(|shown| !shown.is_empty());
        let shown = shown.map(|shown| format!("{}/", shown.trim_end_matches('/'))).unwrap_or_default();
        let bound = if named.is_some() { None } else { Some(tree) };
        for glob in file.get(&RULE_PACKS).into_iter().flat_map(|list| &list.value) {
            packs::load(base, &shown, glob, bound, &mut loaded);
        }
    }
    for glob in &flags.rule_packs {
        let glob = Valued { value: glob.clone(), origin: Origin::Flag("--rule-pack") };
        packs::load(Path::new(""), "", &glob, None, &mut loaded);
    }
    test_examples(&mut loaded);
    problems.append(&mut loaded.problems);
    loaded.rules
}

/// Drops rules that fail their own examples: what they would find is unknown.
fn test_examples(loaded: &mut Loaded) {
    let problems = &mut loaded.problems;
    loaded.rules.retain(|pack| {
        let faults = detector::test_rules(std::slice::from_ref(&pack.rule));
        let sound = faults.is_empty();
        problems.extend(faults.into_iter().map(|fault| {
            Problem::new(fault).in_file(&pack.path).help("`mlguard rules test FILE` runs the examples of a rule file")
        }));
        sound
    });
}

/// What the environment and flags set instead of the repository's file; flags take precedence.
fn override_values(file: &mut Values, environment: &Environment, flags: &Flags, problems: &mut Vec<Problem>) {
    let level = variable("MLGUARD_FAIL_ON", environment.fail_on.as_deref(), parse_level, problems);
    let size = variable("MLGUARD_MAX_SIZE", environment.max_size.as_deref(), parse_size, problems);
    let named = flag("--baseline", flags.baseline.clone().map(Accepted::Named));
    let off = flag("--no-baseline", flags.no_baseline.then_some(Accepted::Nothing));
    flag("--fail-on", flags.fail_on).or(level).into_iter().for_each(|level| file.set(&FAIL_ON, level));
    flag("--max-size", flags.max_size).or(size).into_iter().for_each(|size| file.set(&MAX_SIZE, size));
    off.or(named).into_iter().for_each(|baseline| file.set(&BASELINE, baseline));
}

fn flag<T>(name: &'static str, value: Option<T>) -> Option<Valued<T>> {
    value.map(|value| Valued { value, origin: Origin::Flag(name) })
}

/// Joins what a policy and the repository set, key by key.
fn join(
    root: &Path,
    policy: Option<&Policy>,
    policy_file: &Values,
    file: &Values,
    problems: &mut Vec<Problem>,
) -> Values {
    let mut values = Values::default();
    for key in KEYS {
        key.join(policy.map(|policy| policy.name.as_str()), [policy_file, file], &mut values, problems);
    }
    check_environments(&mut values, problems);
    if let Some(policy) = policy.filter(|policy| !policy.allow_baseline.value) {
        match file.get(&BASELINE) {
            Some(Valued { value: Accepted::Nothing, .. }) => {}
            Some(baseline) => problems.push(policy.refused(&baseline.origin, "the baseline")),
            None if root.join(BASELINE_FILE).symlink_metadata().is_ok() => {
                problems.push(policy.refused(&Origin::Default, "the baseline").in_file(BASELINE_FILE));
            }
            None => {}
        }
        let origin = policy.allow_baseline.origin.clone();
        values.set(&BASELINE, Valued { value: Accepted::Nothing, origin });
    }
    values
}

fn variable<T, E: std::fmt::Display>(
    name: &'static str,
    value: Option<&str>,
    parse: impl Fn(&str) -> Result<T, E>,
    problems: &mut Vec<Problem>,
) -> Option<Valued<T>> {
    match parse(value?) {
        Ok(value) => Some(Valued { value, origin: Origin::Environment(name) }),
        Err(why) => {
            problems.push(Problem::new(format!("the environment variable {name} {why}")));
            None
        }
    }
}

fn formats(environment: &Environment, flags: &Flags) -> Valued<Vec<String>> {
    if !flags.formats.is_empty() {
        return Valued { value: flags.formats.clone(), origin: Origin::Flag("--format") };
    }
    let list = environment.format.as_deref().unwrap_or_default().split(',').map(str::trim);
    let value: Vec<String> = list.filter(|format| !format.is_empty()).map(str::to_owned).collect();
    if value.is_empty() {
        return Valued::built_in(vec!["human".to_owned()]);
    }
    Valued { value, origin: Origin::Environment("MLGUARD_FORMAT") }
}
