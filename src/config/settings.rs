//! The layers joined: what holds for each rule and path, and where each value comes from.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::FILE;
use super::accepted::Accepted;
use super::convention::Joined;
use super::file::{self, File, Scope};
use super::globs::Globs;
use super::nested::{Layer, Nested};
use super::package::PackagePlan;
use super::packs::{self, Loaded, PackRule};
use super::policy::Policy;
use super::read::{self, Tree};
use super::values::{DEFAULT_MAX_SIZE, Origin, Valued, parse_level, parse_size};
use crate::checks::detector;
use crate::error::{Gravity, Problem, nearest, quoted};
use crate::inventory::convention::Convention;
use crate::rule::{self, Level, Rule};
use crate::seal::Plaintext;
use crate::seal::strength::Policy as Strength;
use crate::source::store::{HookEnvironment, Snapshot};

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `--config`: instead of every `.mlguard.yaml`.
    pub config: Option<PathBuf>,
    /// `--no-config`.
    pub no_config: bool,
    /// `--policy`.
    pub policy: Option<PathBuf>,
    /// `--exclude`, relative to the root.
    pub exclude: Vec<String>,
    /// `--rule-pack`, relative to the current folder.
    pub rule_packs: Vec<String>,
    /// `--rule`: only these.
    pub only: Vec<String>,
    /// `--fail-on`.
    pub fail_on: Option<Level>,
    /// `--max-size`.
    pub max_size: Option<u64>,
    /// `--format`.
    pub formats: Vec<String>,
    /// `--baseline`, relative to the current folder.
    pub baseline: Option<PathBuf>,
    /// `--no-baseline`.
    pub no_baseline: bool,
}

/// The environment variables that are read; an empty one counts as not set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// `MLGUARD_CONFIG`.
    pub config: Option<PathBuf>,
    /// `MLGUARD_POLICY`.
    pub policy: Option<PathBuf>,
    /// `MLGUARD_FAIL_ON`.
    pub fail_on: Option<String>,
    /// `MLGUARD_FORMAT`, several separated by commas.
    pub format: Option<String>,
    /// `MLGUARD_MAX_SIZE`.
    pub max_size: Option<String>,
    /// `MLGUARD_BASELINE_KEY`: what digests of a baseline are made with.
    pub baseline_key: Option<Plaintext>,
    /// `MLGUARD_CERT`, else kubeseal's `SEALED_SECRETS_CERT`: a file or an address.
    pub cert: Option<Valued<PathBuf>>,
    /// `MLGUARD_TEST_SEED`, from which builds for tests take what else is random.
    #[cfg(debug_assertions)]
    pub seed: Option<u64>,
    /// `SEALED_SECRETS_CONTROLLER_NAME`, as for kubeseal.
    pub controller_name: Option<String>,
    /// `SEALED_SECRETS_CONTROLLER_NAMESPACE`, as for kubeseal.
    pub controller_namespace: Option<String>,
    /// Where programs keep what must outlive a run: `XDG_STATE_HOME`, else `.local/state` in `HOME`; `LOCALAPPDATA` on
    /// Windows.
    pub state: Option<PathBuf>,
    /// What Git sets for the hooks that it runs.
    pub hook: HookEnvironment,
    /// `PRE_COMMIT_FROM_REF` and `PRE_COMMIT_TO_REF`: the range that pre-commit was asked about.
    pub pre_commit_range: Option<(String, String)>,
    /// `PRE_COMMIT_REMOTE_NAME`: where pre-commit sees a push go to.
    pub pre_commit_remote: Option<String>,
    /// `PRE_COMMIT_LOCAL_BRANCH`: what pre-commit sees pushed, which need not be checked out.
    pub pre_commit_branch: Option<String>,
    /// `SOURCE_DATE_EPOCH`: the time to write into what is made, in seconds since 1970.
    pub source_date_epoch: Option<String>,
}

/// A cluster that Secrets are sealed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cluster {
    /// Its name in the configuration.
    pub name: String,
    /// Path of its certificate from the root, with `/`; it does not leave the root.
    pub certificate: String,
    /// The environments that run there.
    pub environments: Vec<String>,
}

impl Environment {
    /// Reads the variables of this process.
    #[must_use]
    pub(crate) fn read() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads settings from the environment")]
        let path = |name: &'static str| std::env::var_os(name).filter(|value| !value.is_empty());
        let text = |name| path(name).map(|value| value.to_string_lossy().into_owned());
        let cert = |name| path(name).map(|value| Valued { value: value.into(), origin: Origin::Environment(name) });
        Self {
            config: path("MLGUARD_CONFIG").map(PathBuf::from),
            policy: path("MLGUARD_POLICY").map(PathBuf::from),
            fail_on: text("MLGUARD_FAIL_ON"),
            format: text("MLGUARD_FORMAT"),
            max_size: text("MLGUARD_MAX_SIZE"),
            baseline_key: path("MLGUARD_BASELINE_KEY").map(|key| Plaintext::new(key.into_encoded_bytes())),
            cert: cert("MLGUARD_CERT").or_else(|| cert("SEALED_SECRETS_CERT")),
            #[cfg(debug_assertions)]
            seed: text("MLGUARD_TEST_SEED").and_then(|seed| seed.parse().ok()),
            controller_name: text("SEALED_SECRETS_CONTROLLER_NAME"),
            controller_namespace: text("SEALED_SECRETS_CONTROLLER_NAMESPACE"),
            state: state(|name| path(name).map(PathBuf::from)),
            hook: HookEnvironment {
                git_dir: path("GIT_DIR").map(PathBuf::from),
                work_tree: path("GIT_WORK_TREE").map(PathBuf::from),
                index_file: path("GIT_INDEX_FILE").map(PathBuf::from),
                object_folders: object_folders(
                    path("GIT_OBJECT_DIRECTORY"),
                    path("GIT_ALTERNATE_OBJECT_DIRECTORIES").as_ref(),
                ),
            },
            pre_commit_range: text("PRE_COMMIT_FROM_REF").zip(text("PRE_COMMIT_TO_REF")),
            pre_commit_remote: text("PRE_COMMIT_REMOTE_NAME"),
            pre_commit_branch: text("PRE_COMMIT_LOCAL_BRANCH"),
            source_date_epoch: text("SOURCE_DATE_EPOCH"),
        }
    }
}

/// The folders of objects that Git names to a hook.
fn object_folders(own: Option<OsString>, others: Option<&OsString>) -> Vec<PathBuf> {
    let others = others.into_iter().flat_map(std::env::split_paths);
    own.map(PathBuf::from).into_iter().chain(others).filter(|path| !path.as_os_str().is_empty()).collect()
}

/// The folder for states by the XDG Base Directory Specification, which has relative paths ignored.
pub(super) fn state(variable: impl Fn(&'static str) -> Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |name: &'static str| variable(name).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return absolute("LOCALAPPDATA");
    }
    absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local").join("state")))
}

/// Everything resolved. Shared by all threads of a run.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The folder that report paths are relative to.
    pub root: PathBuf,
    /// Least level that makes the run fail.
    pub fail_on: Valued<Level>,
    /// Files larger than this are skipped.
    pub max_size: Valued<u64>,
    /// Formats, not parsed.
    pub formats: Valued<Vec<String>>,
    /// Whether `mlguard: allow` comments count.
    pub allow_comments: Valued<bool>,
    /// The file of accepted findings.
    pub baseline: Valued<Accepted>,
    /// Rules of packs.
    pub packs: Vec<PackRule>,
    /// Where the files that a repository brings along are read.
    pub(super) tree: Tree,
    pub(super) policy: Option<Arc<Policy>>,
    pub(super) repository: Layer,
    pub(super) nested: Option<Nested>,
    pub(super) flag_exclude: Globs,
    pub(super) only: Vec<String>,
    pub(super) joined: Joined,
    /// What `mlguard package` delivers.
    pub package: PackagePlan,
    convention: Arc<Convention>,
    problems: Vec<Problem>,
}

impl Settings {
    /// Joins all layers for a tree at `root`. Never fails: what is wrong is in [`Settings::problems`].
    #[must_use]
    pub(crate) fn load(root: &Path, environment: &Environment, flags: &Flags) -> Self {
        Self::load_tree(root, &Tree::Folder(root.to_path_buf()), environment, flags)
    }

    /// The same, with the files of the repository as `snapshot` has them.
    #[must_use]
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
        problems.extend(unknown_rules(&known, &mut policy_file));
        problems.extend(unknown_rules(&known, &mut file));
        let policy = policy_name.map(|path| {
            let mut policy = Policy::new(path.display().to_string(), &mut policy_file);
            policy.defaults = known_rules(&packs).map(|rule| (rule.id.to_string(), rule.level)).collect();
            Arc::new(policy)
        });
        let mut flag_exclude = Globs::new("", flags.exclude.iter().map(String::as_str)).unwrap_or_default();
        if let Some(policy) = &policy {
            problems.extend(policy.bound(&mut file));
            if !policy.allow_exclude.value && !flag_exclude.is_empty() {
                problems.push(policy.refused(&Origin::Flag("--exclude"), "it"));
                flag_exclude = Globs::default();
            }
        }
        let scalars = Scalars { policy: policy.as_deref(), policy_file: &policy_file, file: &file };
        let (fail_on, max_size) = scalars.resolve(environment, flags, &mut problems);
        let said = [&mut policy_file, &mut file].map(|file| std::mem::take(&mut file.convention));
        let joined = Joined::new(policy.as_deref(), said, &mut problems);
        let baseline = Accepted::resolve(root, policy.as_deref(), file.baseline.take(), flags, &mut problems);
        let searches_folders = !flags.no_config && custom.is_none();
        Self {
            root: root.to_path_buf(),
            fail_on,
            max_size,
            formats: formats(environment, flags),
            allow_comments: policy
                .as_ref()
                .map_or_else(|| Valued::built_in(true), |policy| policy.allow_comments.clone()),
            baseline,
            packs,
            repository: Layer::new("", &mut file),
            tree: tree.clone(),
            nested: searches_folders.then(|| Nested::new(tree.clone(), known, policy.clone())),
            policy,
            flag_exclude,
            only: flags.only.clone(),
            convention: Arc::new(joined.convention()),
            joined,
            package: PackagePlan::new(std::mem::take(&mut file.package)),
            problems,
        }
    }

    /// The level of a rule for a path; nothing where it is off there.
    #[must_use]
    pub(crate) fn level(&self, rule: &Rule, path: &str) -> Option<Level> {
        if !self.only.is_empty() && !self.only.iter().any(|id| *id == rule.id) {
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
    #[must_use]
    pub(crate) fn excluded(&self, path: &str) -> bool {
        let by_policy = self.policy.as_ref().is_some_and(|policy| policy.layer.exclude.matches(path));
        if by_policy || self.flag_exclude.matches(path) || self.repository.exclude.matches(path) {
            return true;
        }
        let nested = self.nested.as_ref();
        nested.is_some_and(|nested| nested.chain(path).iter().any(|layer| layer.exclude.matches(path)))
    }

    /// Whether a level may depend on the path.
    #[must_use]
    pub(crate) fn minds_paths(&self) -> bool {
        let policy = self.policy.as_ref().is_some_and(|policy| policy.layer.levels.minds_paths());
        policy || self.repository.levels.minds_paths() || self.nested.as_ref().is_some_and(Nested::any)
    }

    /// Built-in rules and those of packs that are on for some path. Ask after the listing, which finds nested files.
    #[must_use]
    pub(crate) fn rules(&self) -> Vec<Rule> {
        known_rules(&self.packs).filter(|rule| self.ever_on(rule)).cloned().collect()
    }

    /// The convention of names: environments, workflows, paths, allowed and declared Secrets.
    #[must_use]
    pub(crate) fn convention(&self) -> Arc<Convention> {
        Arc::clone(&self.convention)
    }

    /// What is asked of values where they are sealed.
    #[must_use]
    pub(crate) fn strength(&self) -> Strength {
        self.joined.strength()
    }

    /// The clusters that Secrets are sealed for, in the order of the configuration.
    #[must_use]
    pub(crate) fn clusters(&self) -> Vec<Cluster> {
        self.joined.clusters()
    }

    /// Whether a policy holds.
    #[must_use]
    pub(crate) fn has_policy(&self) -> bool {
        self.policy.is_some()
    }

    /// All rules, also those that are off.
    pub(crate) fn all_rules(&self) -> impl Iterator<Item = &Rule> {
        known_rules(&self.packs)
    }

    /// Everything wrong so far, sorted: warnings, and errors that make the run fail.
    #[must_use]
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        problems.extend(self.nested.iter().flat_map(Nested::problems));
        problems.sort_by(Problem::order);
        problems.dedup();
        problems
    }

    /// Whether one of [`Settings::problems`] makes the run fail.
    #[must_use]
    pub(crate) fn is_faulty(&self) -> bool {
        self.problems().iter().any(|problem| problem.gravity == Gravity::Error)
    }

    fn ever_on(&self, rule: &Rule) -> bool {
        if !self.only.is_empty() && !self.only.iter().any(|id| *id == rule.id) {
            return false;
        }
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

/// Reads the rule files that a person named, and runs their examples.
///
/// # Errors
/// Everything that is wrong with them.
pub(crate) fn rules_of_files(paths: &[PathBuf]) -> Result<Vec<PackRule>, Vec<Problem>> {
    let mut loaded = Loaded { builtin_ids: true, ..Loaded::default() };
    packs::load_paths(paths, &mut loaded);
    test_examples(&mut loaded);
    if loaded.problems.is_empty() { Ok(loaded.rules) } else { Err(loaded.problems) }
}

fn known_rules(packs: &[PackRule]) -> impl Iterator<Item = &Rule> {
    rule::builtin().iter().chain(packs.iter().map(|pack| &pack.rule))
}

/// Takes entries of unknown rules out of `file` and tells of each.
pub(super) fn unknown_rules(known: &BTreeSet<String>, file: &mut File) -> Vec<Problem> {
    let mut problems = Vec::new();
    file.rules.retain(|entry| {
        if known.contains(&entry.id.value) {
            return true;
        }
        let near = nearest(&entry.id.value, known.iter().map(String::as_str));
        let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        let problem = Problem::new(format!("unknown rule {}", quoted(&entry.id.value)));
        let problem = match &entry.id.origin {
            Origin::File { path, at } => problem.in_file(path).at(*at),
            _ => problem,
        };
        problems.push(problem.help(format!("{near}`mlguard rules` lists all")));
        false
    });
    problems.dedup();
    problems
}

fn policy_file(environment: &Environment, flags: &Flags, problems: &mut Vec<Problem>) -> (File, Option<PathBuf>) {
    let Some(path) = flags.policy.as_ref().or(environment.policy.as_ref()) else { return (File::default(), None) };
    (named_file(path, Scope::Policy, problems), Some(path.clone()))
}

/// The repository's file, and the path of the one that stands in for it.
fn repository_file(
    tree: &Tree,
    environment: &Environment,
    flags: &Flags,
    problems: &mut Vec<Problem>,
) -> (File, Option<PathBuf>) {
    if flags.no_config {
        return (File::default(), None);
    }
    if let Some(path) = flags.config.as_ref().or(environment.config.as_ref()) {
        return (named_file(path, Scope::Root, problems), Some(path.clone()));
    }
    if matches!(tree, Tree::Folder(root) if root.join(".mlguard.yml").symlink_metadata().is_ok()) {
        let problem = Problem::new(format!("this file is not read; the configuration is called {FILE}"));
        problems.push(problem.in_file(".mlguard.yml").help("rename it"));
    }
    match tree.read(FILE) {
        Ok(Some(text)) => {
            let (file, faults) = file::parse(FILE, Scope::Root, &text);
            problems.extend(faults);
            (file, None)
        }
        Ok(None) => (File::default(), None),
        Err(problem) => {
            problems.push(problem);
            (File::default(), None)
        }
    }
}

fn named_file(path: &Path, scope: Scope, problems: &mut Vec<Problem>) -> File {
    let name = path.display().to_string();
    match read::read(path, &name) {
        Ok(text) => {
            let (file, faults) = file::parse(&name, scope, &text);
            problems.extend(faults);
            file
        }
        Err(problem) => {
            problems.push(problem);
            File::default()
        }
    }
}

/// The packs of the policy, of the repository and of flags, with their examples run.
fn all_packs(
    root: &Path,
    tree: &Tree,
    files: [&File; 2],
    named: [Option<&Path>; 2],
    flags: &Flags,
    problems: &mut Vec<Problem>,
) -> Vec<PackRule> {
    let mut loaded = Loaded::default();
    for (file, named) in files.into_iter().zip(named) {
        // Packs stand beside the file that names them; only a repository's own file is bound to its root.
        let base = named.map_or(root, |path| path.parent().unwrap_or(Path::new("")));
        let shown = named.map(|_| base.display().to_string()).filter(|shown| !shown.is_empty());
        let shown = shown.map(|shown| format!("{}/", shown.trim_end_matches('/'))).unwrap_or_default();
        let bound = if named.is_some() { None } else { Some(tree) };
        for glob in &file.rule_packs {
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

/// Drops rules that fail their own examples: nobody can tell what they would find.
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

/// What is needed to resolve the single values.
struct Scalars<'a> {
    policy: Option<&'a Policy>,
    policy_file: &'a File,
    file: &'a File,
}

impl Scalars<'_> {
    fn resolve(
        &self,
        environment: &Environment,
        flags: &Flags,
        problems: &mut Vec<Problem>,
    ) -> (Valued<Level>, Valued<u64>) {
        let fail_floor = self.policy_file.fail_on.clone().unwrap_or_else(|| Valued::built_in(Level::Error));
        let size_floor = self.policy_file.max_size.clone().unwrap_or_else(|| Valued::built_in(DEFAULT_MAX_SIZE));
        let env = variable("MLGUARD_FAIL_ON", environment.fail_on.as_deref(), parse_level, problems);
        let flag = flags.fail_on.map(|value| Valued { value, origin: Origin::Flag("--fail-on") });
        let fail_on = flag.or(env).or_else(|| self.file.fail_on.clone()).unwrap_or_else(|| fail_floor.clone());
        let env = variable("MLGUARD_MAX_SIZE", environment.max_size.as_deref(), parse_size, problems);
        let flag = flags.max_size.map(|value| Valued { value, origin: Origin::Flag("--max-size") });
        let max_size = flag.or(env).or_else(|| self.file.max_size.clone()).unwrap_or_else(|| size_floor.clone());
        match self.policy {
            Some(policy) => {
                (policy.fail_on(&fail_floor, fail_on, problems), policy.max_size(&size_floor, max_size, problems))
            }
            None => (fail_on, max_size),
        }
    }
}

fn variable<T>(
    name: &'static str,
    value: Option<&str>,
    parse: impl Fn(&str) -> Result<T, String>,
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
