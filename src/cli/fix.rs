//! `mlguard fix`: findings repaired, all files or none, and taken back where that did not help.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use super::args::{FixArgs, Global};
use super::baseline::Accept;
use super::fixing::{Sealer, Sources};
use super::interrupt::Interrupt;
use super::repair::{Repair, worse};
use super::untracking;
use super::writing::{self, Input};
use super::{check, output};
use crate::config::{Environment, Settings};
use crate::engine::{self, Gathered};
use crate::error::Problem;
use crate::exit::Exit;
use crate::finding::edit::FixKind;
use crate::finding::{Finding, Outcome};
use crate::fix::plan;
use crate::fix::stage::{self, Staged};
use crate::fix::store::{self, Change, Content, Refusal, Store, StoreError};
use crate::inventory::index::Inventory;
use crate::report;
use crate::rule::Level;
use crate::seal::{Plaintext, SealedSecret, Secret};
use crate::source::{self, File};
use crate::span::Span;

/// How often files whose repair did not help are left out and the others are tried again.
const ROUNDS: usize = 6;

pub(super) fn run(args: &FixArgs, global: &Global) -> Result<Exit, Problem> {
    let environment = Environment::read();
    if args.undo {
        return undo(args, &environment);
    }
    let (paths, missing) = check::given(&args.paths);
    if let Some(missing) = missing.into_iter().next() {
        return Err(missing);
    }
    let interrupt = Interrupt::install();
    let settings = Arc::new(Settings::load(&check::root(&paths)?, &environment, &args.flags()));
    let faulty = check::tell(&settings, global);
    if faulty == Exit::Failed {
        return Ok(Exit::Failed);
    }
    let accept = Accept::load(&settings, &environment);
    if let Some(problem) = accept.problems.first() {
        return Err(problem.clone());
    }
    check::known(&args.rules, &settings)?;
    let pool = check::pool(args.reading.threads)?;
    let mut run = Run {
        args,
        global,
        environment: &environment,
        settings: &settings,
        interrupt: &interrupt,
        accept: &accept,
        paths: &paths,
        sources: Sources::new(&settings, &interrupt),
        left_out: BTreeSet::new(),
        told: RefCell::default(),
        store: OnceCell::new(),
    };
    // A run that was killed is ended before anything is looked at.
    if !args.diff && writing::store_folder(&settings.root, &environment).is_some_and(|folder| folder.exists()) {
        let (store, _) = writing::open_store(&settings.root, &environment)?;
        let _ = run.store.set(store);
    }
    pool.install(|| run.all())
}

/// Takes the last run back.
fn undo(args: &FixArgs, environment: &Environment) -> Result<Exit, Problem> {
    let root = if args.paths.is_empty() { check::current_root()? } else { check::root(&args.paths)? };
    let (mut store, interrupted) = writing::open_store(&root, environment)?;
    // The last run is the one that was interrupted: the one before it is not what the person means.
    if matches!(interrupted, Some(store::Outcome::RolledBack | store::Outcome::Undone)) {
        return Ok(Exit::Clean);
    }
    let undone = store.undo().map_err(|error| Problem::new(error.to_string()))?;
    for file in &undone.files {
        output::note(&format!("{}: as it was", file.strip_prefix(&root).unwrap_or(file).display()));
    }
    untracking::undo(&root, &undone)?;
    let left = match undone.left {
        0 => String::new(),
        1 => "; one more run can be taken back".to_owned(),
        left => format!("; {left} more runs can be taken back"),
    };
    output::note(&format!("the last run is taken back; what it sealed stands in plain text again{left}"));
    Ok(Exit::Clean)
}

/// One invocation.
struct Run<'r> {
    args: &'r FixArgs,
    global: &'r Global,
    environment: &'r Environment,
    settings: &'r Arc<Settings>,
    interrupt: &'r Interrupt,
    /// What counts as done although it is left. It is repaired all the same.
    accept: &'r Accept,
    paths: &'r [PathBuf],
    sources: Sources<'r>,
    /// Files that stay as they are.
    left_out: BTreeSet<String>,
    /// Warnings that were given, so that another round does not give them again.
    told: RefCell<BTreeSet<String>>,
    store: OnceCell<Store>,
}

impl Run<'_> {
    fn all(&mut self) -> Result<Exit, Problem> {
        for round in 0..ROUNDS {
            let (outcome, stamps) = self.check()?;
            for failed in &outcome.coverage.errors {
                self.tell(&Problem::new(failed.reason.to_string()).in_file(&*failed.path));
            }
            let repairs = self.plan(&outcome, &stamps)?;
            if self.interrupt.asked.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(super::interrupt::problem());
            }
            if self.args.diff {
                return self.diff(&repairs, &outcome);
            }
            if repairs.is_empty() {
                self.tell_left(&outcome, &[]);
                return Ok(self.verdict(&outcome));
            }
            if let Some(exit) = self.write(&repairs, &outcome, round)? {
                return Ok(exit);
            }
        }
        Err(Problem::new("the repairs do not help; nothing was written"))
    }

    /// The findings, and when each file was last written before they were looked for.
    fn check(&self) -> Result<(Outcome, BTreeMap<Arc<str>, Stamp>), Problem> {
        let listing = check::list(self.paths, self.settings)?;
        let stamp = |file: &File| Some((file.path.clone(), Stamp::of(&file.location.metadata().ok()?)));
        let stamps = listing.files.iter().filter_map(stamp).collect();
        let mut options = check::options(self.settings, &self.interrupt.asked);
        options.digest_key = self.accept.digest_key();
        if !self.args.rules.is_empty() {
            options.rules.retain(|rule| self.args.rules.iter().any(|id| rule.id == id.as_str()));
        }
        let context = || self.sources.rest();
        Ok((engine::run(engine::Input { listing, context: &context }, &options), stamps))
    }

    /// What is to be done, by path.
    fn plan(&mut self, outcome: &Outcome, stamps: &BTreeMap<Arc<str>, Stamp>) -> Result<Vec<Repair>, Problem> {
        let mut own: BTreeMap<&str, Vec<(usize, &Finding)>> = BTreeMap::new();
        let mut others: BTreeMap<&str, Vec<(usize, &Finding)>> = BTreeMap::new();
        let mut seals = false;
        for (index, finding) in outcome.findings.iter().enumerate() {
            own.entry(&finding.path).or_default().push((index, finding));
            match finding.fix.as_ref().map(|fix| &fix.kind) {
                Some(FixKind::Seal { .. }) => seals |= !self.left_out.contains(&*finding.path),
                Some(kind) => {
                    if let Some((path, _)) = kind.elsewhere() {
                        others.entry(path).or_default().push((index, finding));
                    }
                }
                None => {}
            }
        }
        let convention = self.settings.convention();
        let (gathered, inventory) = (OnceCell::new(), OnceCell::new());
        let inventory = || {
            inventory.get_or_init(|| {
                let gathered: &Gathered = gathered.get_or_init(|| self.sources.gather());
                Inventory::new(&gathered.files, &convention)
            })
        };
        let sealer = Sealer::new(self.args, self.environment, self.settings, &inventory, seals, self.global)?;
        let (mut repairs, mut failed) = (Vec::new(), Vec::new());
        for (path, findings) in own {
            let fixable = findings.iter().any(|(_, finding)| finding.fix.is_some());
            if !fixable || self.left_out.contains(path) {
                continue;
            }
            repairs.extend(self.plan_untrack(path, &findings, outcome));
            match self.plan_one(path, &findings, stamps, outcome, &sealer) {
                Ok(repair) => repairs.extend(repair),
                Err(problem) => failed.push((path, problem)),
            }
        }
        for (path, findings) in others {
            if self.left_out.contains(path) {
                continue;
            }
            match self.plan_other(path, &findings) {
                Ok(repair) => repairs.extend(repair),
                Err(problem) => failed.push((path, problem)),
            }
        }
        failed.iter().for_each(|(path, problem)| self.leave(path, problem));
        Ok(repairs)
    }

    /// What is to be done to a file with findings; nothing where none of them can be repaired.
    fn plan_one(
        &self,
        path: &str,
        findings: &[(usize, &Finding)],
        stamps: &BTreeMap<Arc<str>, Stamp>,
        outcome: &Outcome,
        sealer: &Sealer<'_>,
    ) -> Result<Option<Repair>, Problem> {
        let location = self.settings.root.join(path);
        let now = location.metadata().ok().map(|metadata| Stamp::of(&metadata));
        if now.is_none() || stamps.get(path) != now.as_ref() {
            return Err(Problem::new("was changed meanwhile").help("run it again"));
        }
        let input = Input::read(&location)?;
        let target = |span, secret: &Secret| sealer.target(path, span, secret);
        let random = super::seal::randomness(self.environment);
        let mut planned =
            plan::plan(&input.text, findings, self.args.unsafe_, &target, &random, self.settings.strength());
        let anew =
            |old: &SealedSecret, namespace: Option<&str>, strict| sealer.anew(path, old, namespace, strict, &random);
        plan::plan_anew(&mut planned, &input.text, findings, self.args.unsafe_, &anew);
        for (index, why) in &planned.left {
            self.tell_not_fixed(&outcome.findings[*index], why);
        }
        if planned.is_empty() {
            return Ok(None);
        }
        let text = planned.text(&input.text).map_err(|error| Problem::new(error.to_string()))?;
        let new = if planned.remove { None } else { Some(input.with_text(&text)?) };
        if self.args.diff {
            planned.hide(&input.text, self.all_values(path, &input.bytes));
        }
        Ok(Some(Repair { path: path.to_owned(), input: Some(input), planned, new, untrack: false }))
    }

    /// That a file is to be taken out of the index.
    fn plan_untrack(&self, path: &str, findings: &[(usize, &Finding)], outcome: &Outcome) -> Option<Repair> {
        let planned = plan::plan_untrack(findings, self.args.unsafe_)?;
        for (index, why) in &planned.left {
            self.tell_not_fixed(&outcome.findings[*index], why);
        }
        let repair = Repair { path: path.to_owned(), input: None, planned, new: None, untrack: true };
        (!repair.planned.done.is_empty()).then_some(repair)
    }

    /// What is to be done to a file because of findings in others.
    fn plan_other(&self, path: &str, findings: &[(usize, &Finding)]) -> Result<Option<Repair>, Problem> {
        let location = self.settings.root.join(path);
        let input = match location.symlink_metadata() {
            Ok(_) => Some(Input::read(&location)?),
            Err(_) => None,
        };
        let mut planned = plan::plan_other(findings, self.args.unsafe_);
        if planned.is_empty() {
            return Ok(None);
        }
        let old = input.as_ref().map_or("", |input| input.text.as_str());
        let text = planned.text(old).map_err(|error| Problem::new(error.to_string()))?;
        let new = match &input {
            Some(input) => input.with_text(&text)?,
            None => text.into_bytes(),
        };
        if let Some(input) = input.as_ref().filter(|_| self.args.diff) {
            planned.hide(&input.text, self.all_values(path, &input.bytes));
        }
        Ok(Some(Repair { path: path.to_owned(), input, planned, new: Some(new), untrack: false }))
    }

    /// The places of everything in a file that any rule takes for a value, allowed or not: what no patch may show.
    fn all_values(&self, path: &str, bytes: &[u8]) -> Vec<Span> {
        let options = engine::Options {
            level: Box::new(|_, _| Some(Level::Error)),
            allow_comments: false,
            ..check::options(self.settings, &self.interrupt.asked)
        };
        let found = engine::run_bytes(path, bytes, &Vec::new, &options);
        found.findings.iter().filter(|finding| plan::is_value(finding)).map(|finding| finding.span).collect()
    }

    /// Leaves a file as it is, and says why.
    fn leave(&mut self, path: &str, problem: &Problem) {
        let mut problem = problem.clone().in_file(path).warning();
        problem.message = format!("is left as it is: {}", problem.message);
        self.tell(&problem);
        self.left_out.insert(path.to_owned());
    }

    /// Prints a problem, once.
    fn tell(&self, problem: &Problem) {
        if self.told.borrow_mut().insert(problem.to_string()) {
            output::problem(problem);
        }
    }

    /// The patch, with every value masked.
    fn diff(&self, repairs: &[Repair], outcome: &Outcome) -> Result<Exit, Problem> {
        let old = |repair: &Repair| repair.input.as_ref().map_or(String::new(), |input| input.text.to_string());
        let edited = repairs.iter().filter(|repair| !repair.untrack);
        let patch: String = edited.map(|repair| repair.planned.patch(&repair.path, &old(repair))).collect();
        for repair in repairs.iter().filter(|repair| repair.untrack) {
            let titles = repair.planned.done.iter().map(|done| &done.title);
            titles.for_each(|title| output::note(&format!("{}: it would {title}", repair.path)));
        }
        if !repairs.is_empty() && !self.global.quiet {
            output::note("values are masked, so the patch is to be read, not to be applied; nothing was written");
        }
        Ok(output::print(&patch)?.and(self.verdict(outcome)))
    }

    fn changes(&self, repairs: &[Repair]) -> Vec<Change> {
        let mut changes = Vec::new();
        let root = &self.settings.root;
        for repair in repairs.iter().filter(|repair| !repair.untrack) {
            let before = match &repair.input {
                Some(input) => Content::Bytes(Plaintext::new(input.bytes.to_vec())),
                None => Content::Missing,
            };
            let after = match &repair.new {
                Some(bytes) => Content::Bytes(Plaintext::new(bytes.clone())),
                None => Content::Missing,
            };
            changes.push(Change { path: root.join(&repair.path), before, after });
            for (path, text) in repair.outputs() {
                let after = Content::Bytes(Plaintext::from(text));
                changes.push(Change { path: root.join(path), before: Content::Missing, after });
            }
        }
        changes
    }

    /// Writes the repairs and looks whether they help. None where some did not, and the next round leaves them out.
    fn write(&mut self, repairs: &[Repair], before: &Outcome, round: usize) -> Result<Option<Exit>, Problem> {
        let mut store = match self.store.take() {
            Some(store) => store,
            None => writing::open_store(&self.settings.root, self.environment)?.0,
        };
        let root = &self.settings.root;
        let untrack = repairs.iter().filter(|repair| repair.untrack).map(|repair| repair.path.as_str());
        let untracked = untracking::held(root, &untrack.collect::<Vec<_>>())?;
        let run = match store.replace_noting(&self.changes(repairs), &untracked) {
            Ok(run) => run,
            Err(StoreError::Refused(refusals)) => {
                let _ = self.store.set(store);
                self.refused(repairs, &refusals)?;
                return Ok(None);
            }
            Err(error) => return Err(Problem::new(error.to_string())),
        };
        let after = untracking::take_out(root, &untracked).and_then(|()| self.check()).map(|(after, _)| after);
        let bad = match after {
            Ok(after) => {
                let bad = worse(before, &after, repairs);
                if bad.is_empty() {
                    self.report(repairs, before, &after);
                    self.stage(repairs)?;
                    return Ok(Some(self.verdict(&after)));
                }
                Ok(bad)
            }
            Err(problem) => Err(problem.help("the repair was taken back")),
        };
        let put_back = store.put_back(&run);
        put_back
            .map_err(|error| Problem::new(format!("the repair did not help, and cannot be taken back: {error}")))?;
        untracking::put_back(root, &untracked)?;
        let _ = self.store.set(store);
        for (path, why) in bad? {
            let message = format!("was put back as it was: after the repair {why}");
            self.tell(&Problem::new(message).in_file(&path).warning());
            self.left_out.insert(path);
        }
        tracing::debug!("round {round} left files out");
        Ok(None)
    }

    /// Leaves out the repairs of files that cannot be written.
    fn refused(&mut self, repairs: &[Repair], refusals: &[Refusal]) -> Result<(), Problem> {
        for Refusal { path, reason } in refusals {
            let meant = |name: &str| self.settings.root.join(name) == *path;
            let own = repairs.iter().find(|repair| meant(&repair.path));
            if let Some(repair) = own {
                self.leave(&repair.path, &Problem::new(reason.to_string()));
                continue;
            }
            let output =
                |repair: &Repair| Some((repair.path.clone(), repair.outputs().find(|(name, _)| meant(name))?.0));
            let (name, output) =
                repairs.iter().find_map(output).ok_or_else(|| Problem::new(format!("{} {reason}", path.display())))?;
            self.leave(&name, &Problem::new(format!("{output} {reason}")));
        }
        Ok(())
    }

    /// Says what was done.
    fn report(&self, repairs: &[Repair], before: &Outcome, after: &Outcome) {
        for repair in repairs {
            for done in &repair.planned.done {
                output::note(&format!("{}: {}", repair.path, done.title));
            }
            for (path, _) in repair.outputs() {
                output::note(&format!("{path}: new"));
            }
            for sealed in &repair.planned.sealed {
                for (key, weakness) in &sealed.weak {
                    let message = format!("{}: the value of {} {weakness}", sealed.title, plan::shown(key));
                    let help = "change it where it is used, then seal the new one";
                    output::problem(&Problem::new(message).in_file(&repair.path).warning().help(help));
                }
            }
            self.tell_committed(repair);
        }
        let fixed = before.findings.len().saturating_sub(after.findings.len());
        let files: usize = repairs.iter().map(|repair| 1 + repair.planned.outputs.len()).sum();
        let undo = self.undo_command();
        output::note(&format!(
            "{fixed} finding{} fixed in {files} file{}; `{undo}` takes it back",
            if fixed == 1 { "" } else { "s" },
            if files == 1 { "" } else { "s" },
        ));
        self.tell_left(after, repairs);
    }

    /// What takes the run back: outside Git nothing but the given path says where that is.
    fn undo_command(&self) -> String {
        let here = check::current_root().is_ok_and(|root| root == self.settings.root);
        match self.args.paths.first().filter(|_| !here) {
            Some(path) => format!("mlguard fix --undo {}", path.display()),
            None => "mlguard fix --undo".to_owned(),
        }
    }

    /// Names the values that are in a commit already: whoever has the history has them.
    fn tell_committed(&self, repair: &Repair) {
        for sealed in &repair.planned.sealed {
            // A value of a few characters stands in many files by chance.
            let long = |value: &Plaintext| value.len() >= 4;
            let finds = |bytes: &[u8], forms: &[Plaintext]| {
                let mut long = forms.iter().filter(|value| long(value));
                long.any(|value| memchr::memmem::find(bytes, value.expose()).is_some())
            };
            let seen = RefCell::new(BTreeSet::new());
            let holds = |bytes: &[u8]| {
                let keys = sealed.values.iter().filter(|(_, value)| finds(bytes, value)).map(|(key, _)| key.as_str());
                let keys: Vec<&str> = keys.collect();
                seen.borrow_mut().extend(keys.iter().copied());
                !keys.is_empty()
            };
            let Some(commit) = source::committed(&self.settings.root, &repair.path, &holds) else { continue };
            let keys: Vec<String> = seen.into_inner().into_iter().map(plan::shown).collect();
            let date = commit.date.map(|date| format!(" of {date}")).unwrap_or_default();
            let message = format!(
                "{}: {} in clear in the history since the commit {}{date}: {}",
                sealed.title,
                if keys.len() == 1 { "this value stands" } else { "these values stand" },
                commit.id,
                keys.join(", "),
            );
            let help = "rotate them: make new values where they are used, and seal those; sealing takes nothing back \
                        from clones";
            output::problem(&Problem::new(message).in_file(&repair.path).warning().help(help));
        }
    }

    fn tell_not_fixed(&self, finding: &Finding, why: &str) {
        if !self.global.quiet {
            let at = finding.region.start;
            self.tell(
                &Problem::new(format!("{} is not fixed: {why}", finding.rule)).in_file(&*finding.path).at(at).warning(),
            );
        }
    }

    fn tell_left(&self, after: &Outcome, repairs: &[Repair]) {
        let after = &self.left(after);
        if !after.coverage.skipped.is_empty() {
            output::note(&report::covered(&after.coverage));
        }
        let left = after.findings.len();
        if left > 0 {
            let verb = if left == 1 { "finding is" } else { "findings are" };
            output::note(&format!(
                "{left} {verb} left: `mlguard check` shows {}",
                if left == 1 { "it" } else { "them" }
            ));
        } else if repairs.is_empty() {
            output::note("nothing to fix");
        }
    }

    fn stage(&self, repairs: &[Repair]) -> Result<(), Problem> {
        if !self.args.stage {
            return Ok(());
        }
        let staged = repairs.iter().filter_map(|repair| {
            let old = repair.input.as_ref()?.bytes.as_slice();
            let beside = repair.outputs().map(|(path, text)| (path, text.as_bytes())).collect();
            Some(stage::File { path: &repair.path, old, new: repair.new.as_deref(), beside })
        });
        let files: Vec<stage::File<'_>> = staged.collect();
        let became = stage::restage(&self.settings.root, &files).map_err(|error| Problem::new(error.to_string()))?;
        for (file, staged) in files.iter().zip(became) {
            let path = file.path;
            match staged {
                Staged::Yes => output::note(&format!("{path}: staged")),
                Staged::Differs => {
                    let message = "was not staged as it stood in the work tree, so it is not staged again";
                    output::problem(&Problem::new(message).in_file(path).warning().help("stage it yourself (git add)"));
                }
                Staged::Untracked => {}
            }
        }
        Ok(())
    }

    /// The exit status that the findings left ask for.
    fn verdict(&self, outcome: &Outcome) -> Exit {
        check::verdict(&self.left(outcome), self.settings.fail_on.value)
    }

    /// An outcome without what the baseline accepts.
    fn left(&self, outcome: &Outcome) -> Outcome {
        let mut left = outcome.clone();
        self.accept.apply(&mut left);
        left
    }
}

/// When and how large a file was last written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    time: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { size: metadata.len(), time: metadata.modified().ok() }
    }
}
