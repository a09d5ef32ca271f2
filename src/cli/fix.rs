//! `mlguard fix`: findings repaired, all files or none, and taken back where that did not help.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use super::args::{FixArgs, Global};
use super::fixing::{Sealer, Sources};
use super::interrupt::Interrupt;
use super::writing::{self, Input};
use super::{check, output};
use crate::config::{Environment, Settings};
use crate::engine;
use crate::error::Problem;
use crate::exit::Exit;
use crate::finding::edit::FixKind;
use crate::finding::{Finding, Outcome};
use crate::fix::plan::{self, Planned};
use crate::fix::stage::{self, Staged};
use crate::fix::store::{Change, Content, Store};
use crate::rule::Level;
use crate::seal::Plaintext;
use crate::source::{self, File};

/// How often files whose repair did not help are left out and the others are tried again.
const ROUNDS: usize = 4;

pub(super) fn run(args: &FixArgs, global: &Global) -> Result<Exit, Problem> {
    let environment = Environment::read();
    if args.undo {
        return undo(&environment);
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
    let pool = check::pool(args.reading.threads)?;
    let mut run = Run {
        args,
        global,
        environment: &environment,
        settings: &settings,
        interrupt: &interrupt,
        paths: &paths,
        sources: Sources::new(&settings, &interrupt),
        left_out: BTreeMap::new(),
        store: OnceCell::new(),
    };
    // A run that was killed is ended before anything is looked at.
    if !args.diff && source::git_dir(&settings.root).is_some_and(|folder| folder.join("mlguard").exists()) {
        let store = writing::open_store(&settings.root, &environment)?;
        let _ = run.store.set(store);
    }
    pool.install(|| run.all())
}

/// Takes the last run back.
fn undo(environment: &Environment) -> Result<Exit, Problem> {
    let root = check::current_root()?;
    let mut store = writing::open_store(&root, environment)?;
    let undone = store.undo().map_err(|error| Problem::new(error.to_string()))?;
    for file in &undone.files {
        output::note(&format!("{}: as it was", file.display()));
    }
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
    paths: &'r [PathBuf],
    sources: Sources<'r>,
    /// Files that stay as they are, and why.
    left_out: BTreeMap<String, String>,
    store: OnceCell<Store>,
}

/// What is to be done to one file.
struct Repair {
    path: String,
    input: Option<Input>,
    planned: Planned,
    /// The new text of the file; none where it goes.
    text: Option<String>,
}

impl Run<'_> {
    fn all(&mut self) -> Result<Exit, Problem> {
        for round in 0..ROUNDS {
            let (outcome, stamps) = self.check()?;
            if !outcome.complete {
                outcome.coverage.errors.iter().for_each(|failed| {
                    output::problem(&Problem::new(failed.reason.clone()).in_file(&*failed.path));
                });
            }
            let repairs = self.plan(&outcome, &stamps)?;
            if self.interrupt.asked.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(super::interrupt::problem());
            }
            if self.args.diff {
                return self.diff(&repairs, &outcome);
            }
            if repairs.is_empty() {
                Self::tell_left(&outcome, &[]);
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
        if !self.args.rules.is_empty() {
            options.rules.retain(|rule| self.args.rules.iter().any(|id| rule.id == id.as_str()));
        }
        let context = || self.sources.rest();
        Ok((engine::run(engine::Input { listing, context: &context }, &options), stamps))
    }

    /// What is to be done, by path.
    fn plan(&self, outcome: &Outcome, stamps: &BTreeMap<Arc<str>, Stamp>) -> Result<Vec<Repair>, Problem> {
        let mut own: BTreeMap<&str, Vec<(usize, &Finding)>> = BTreeMap::new();
        let mut others: BTreeMap<&str, Vec<(usize, &Finding)>> = BTreeMap::new();
        let mut seals = false;
        for (index, finding) in outcome.findings.iter().enumerate() {
            own.entry(&finding.path).or_default().push((index, finding));
            match finding.fix.as_ref().map(|fix| &fix.kind) {
                Some(FixKind::Edits { path: Some(path), .. }) => {
                    others.entry(path).or_default().push((index, finding));
                }
                Some(FixKind::Seal { .. }) => seals |= !self.left_out.contains_key(&*finding.path),
                _ => {}
            }
        }
        let sealer = Sealer::new(self.args, self.environment, self.settings, &self.sources, seals, self.global)?;
        let mut repairs = Vec::new();
        for (path, findings) in own {
            let fixable = findings.iter().any(|(_, finding)| finding.fix.is_some());
            if !fixable || self.left_out.contains_key(path) {
                continue;
            }
            let location = self.settings.root.join(path);
            let now = location.metadata().ok().map(|metadata| Stamp::of(&metadata));
            if now.is_none() || stamps.get(path) != now.as_ref() {
                return Err(Problem::new("was changed meanwhile").in_file(path).help("run it again"));
            }
            let mut input = Input::read(&location)?;
            path.clone_into(&mut input.name);
            let target = |span, secret: &crate::seal::Secret| sealer.target(path, span, secret);
            let random = super::seal::randomness(self.environment);
            let mut planned = plan::plan(&input.text, &findings, self.args.unsafe_, &target, &random);
            let anew = |old: &crate::seal::SealedSecret, namespace: Option<&str>, strict| {
                sealer.anew(path, old, namespace, strict, &random)
            };
            plan::plan_anew(&mut planned, &input.text, &findings, self.args.unsafe_, &anew);
            for (index, why) in &planned.left {
                self.tell_not_fixed(&outcome.findings[*index], why);
            }
            if planned.is_empty() {
                continue;
            }
            let overlap = |error: crate::finding::edit::Overlap| Problem::new(error.to_string()).in_file(path);
            let text = if planned.remove { None } else { Some(planned.text(&input.text).map_err(overlap)?) };
            repairs.push(Repair { path: path.to_owned(), input: Some(input), planned, text });
        }
        for (path, findings) in others.into_iter().filter(|(path, _)| !self.left_out.contains_key(*path)) {
            let location = self.settings.root.join(path);
            let mut input = match location.symlink_metadata() {
                Ok(_) => Some(Input::read(&location)?),
                Err(_) => None,
            };
            input.iter_mut().for_each(|input| path.clone_into(&mut input.name));
            let planned = plan::plan_other(&findings, self.args.unsafe_);
            let old = input.as_ref().map_or("", |input| input.text.as_str());
            let text = planned.text(old).map_err(|error| Problem::new(error.to_string()).in_file(path))?;
            if !planned.is_empty() {
                repairs.push(Repair { path: path.to_owned(), input, planned, text: Some(text) });
            }
        }
        Ok(repairs)
    }

    /// The patch, with every value masked.
    fn diff(&self, repairs: &[Repair], outcome: &Outcome) -> Result<Exit, Problem> {
        let old = |repair: &Repair| repair.input.as_ref().map_or(String::new(), |input| input.text.to_string());
        let patch: String = repairs.iter().map(|repair| repair.planned.patch(&repair.path, &old(repair))).collect();
        if !repairs.is_empty() && !self.global.quiet {
            output::note("values are masked, so the patch is to be read, not to be applied; nothing was written");
        }
        Ok(output::print(&patch)?.and(self.verdict(outcome)))
    }

    fn changes(&self, repairs: &[Repair]) -> Result<Vec<Change>, Problem> {
        let mut changes = Vec::new();
        let root = &self.settings.root;
        for repair in repairs {
            let path = root.join(&repair.path);
            let before = match &repair.input {
                Some(input) => Content::Bytes(Plaintext::new(input.bytes.to_vec())),
                None => Content::Missing,
            };
            let after = match (&repair.text, &repair.input) {
                (None, _) => Content::Missing,
                (Some(text), Some(input)) => Content::Bytes(Plaintext::new(input.with_text(text)?)),
                (Some(text), None) => Content::Bytes(Plaintext::from(text.as_str())),
            };
            changes.push(Change { path, before, after });
            for (cluster, text) in &repair.planned.outputs {
                let path = root.join(plan::beside(&repair.path, cluster));
                let after = Content::Bytes(Plaintext::from(text.as_str()));
                changes.push(Change { path, before: Content::Missing, after });
            }
        }
        Ok(changes)
    }

    /// Writes the repairs and looks whether they help. None where some did not, and the next round leaves them out.
    fn write(&mut self, repairs: &[Repair], before: &Outcome, round: usize) -> Result<Option<Exit>, Problem> {
        let mut store = match self.store.take() {
            Some(store) => store,
            None => writing::open_store(&self.settings.root, self.environment)?,
        };
        let run = writing::write(&mut store, &self.changes(repairs)?)?;
        let after = self.check().map(|(after, _)| after);
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
        let _ = self.store.set(store);
        for (path, why) in bad? {
            // A finding in a file that was not touched names no repair: then it is any of them.
            let touched = repairs.iter().any(|repair| repair.path == path);
            let all = repairs.iter().map(|repair| repair.path.clone()).filter(|_| !touched);
            let names: Vec<String> = if touched { vec![path] } else { all.collect() };
            for name in names {
                output::problem(
                    &Problem::new(format!("was put back as it was: after the repair {why}")).in_file(&name).warning(),
                );
                self.left_out.insert(name, why.clone());
            }
        }
        tracing::debug!("round {round} left files out");
        Ok(None)
    }

    /// Says what was done.
    fn report(&self, repairs: &[Repair], before: &Outcome, after: &Outcome) {
        for repair in repairs {
            for done in &repair.planned.done {
                output::note(&format!("{}: {}", repair.path, done.title));
            }
            for (cluster, _) in &repair.planned.outputs {
                output::note(&format!("{}: new", plan::beside(&repair.path, cluster)));
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
        output::note(&format!(
            "{fixed} finding{} fixed in {files} file{}; `mlguard fix --undo` takes it back",
            if fixed == 1 { "" } else { "s" },
            if files == 1 { "" } else { "s" },
        ));
        Self::tell_left(after, repairs);
    }

    /// Names the values that are in a commit already: whoever has the history has them.
    fn tell_committed(&self, repair: &Repair) {
        for sealed in &repair.planned.sealed {
            // A value of a few characters stands in many files by chance.
            let long = |value: &Plaintext| value.len() >= 4;
            let finds =
                |bytes: &[u8], value: &Plaintext| long(value) && memchr::memmem::find(bytes, value.expose()).is_some();
            let seen = std::cell::RefCell::new(BTreeSet::new());
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
            output::problem(
                &Problem::new(format!("{} is not fixed: {why}", finding.rule)).in_file(&*finding.path).at(at).warning(),
            );
        }
    }

    fn tell_left(after: &Outcome, repairs: &[Repair]) {
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
        let new: Vec<Option<Vec<u8>>> = repairs
            .iter()
            .map(|repair| match (&repair.input, &repair.text) {
                (Some(input), Some(text)) => input.with_text(text).map(Some),
                _ => Ok(None),
            })
            .collect::<Result<_, _>>()?;
        let with_input =
            repairs.iter().zip(&new).filter_map(|(repair, new)| Some((repair, repair.input.as_ref()?, new)));
        let files: Vec<stage::File<'_>> = with_input
            .map(|(repair, input, new)| (repair.path.as_str(), input.bytes.as_slice(), new.as_deref()))
            .collect();
        let became = stage::restage(&self.settings.root, &files).map_err(|error| Problem::new(error.to_string()))?;
        for ((path, _, _), staged) in files.iter().zip(became) {
            match staged {
                Staged::Yes => output::note(&format!("{path}: staged")),
                Staged::Differs => {
                    let message = "was not staged as it stood in the work tree, so it is not staged again";
                    output::problem(
                        &Problem::new(message).in_file(*path).warning().help("stage it yourself (git add)"),
                    );
                }
                Staged::Untracked => {}
            }
        }
        Ok(())
    }

    /// The exit status that the findings left ask for.
    fn verdict(&self, outcome: &Outcome) -> Exit {
        check::verdict(outcome, self.settings.fail_on.value)
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

/// Why a repair did not help, by file: what it was made for is still there, or something new is wrong.
fn worse(before: &Outcome, after: &Outcome, repairs: &[Repair]) -> BTreeMap<String, String> {
    let mut bad = BTreeMap::new();
    let known: BTreeSet<&str> = before.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let there: BTreeSet<&str> = after.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    for repair in repairs {
        for done in &repair.planned.done {
            let finding = &before.findings[done.finding];
            if there.contains(finding.fingerprint.as_str()) {
                bad.insert(repair.path.clone(), format!("{} is still there", finding.rule));
            }
        }
    }
    // Each cluster has its own copy.
    let outputs: BTreeSet<String> = repairs
        .iter()
        .flat_map(|repair| repair.planned.outputs.iter().map(|(cluster, _)| plan::beside(&repair.path, cluster)))
        .collect();
    for finding in &after.findings {
        // The scope is what the annotations of the Secret asked for.
        let asked_for = finding.rule == "sealed-wide-scope"
            || finding.rule == "duplicate-definition" && outputs.contains(&*finding.path);
        if finding.level >= Level::Warning && !asked_for && !known.contains(finding.fingerprint.as_str()) {
            bad.entry(finding.path.to_string()).or_insert_with(|| format!("{} appears", finding.rule));
        }
    }
    if !after.complete && before.complete {
        for failed in &after.coverage.errors {
            bad.insert(failed.path.to_string(), failed.reason.clone());
        }
    }
    bad
}
