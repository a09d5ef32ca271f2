//! The transaction of a repair: try it, check the result, restore what did not help, and try again without it.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use super::input::Input;
use super::plan;
use super::reason::LeftOut;
use super::recipients::{ClusterKey, Recipients, SealingRequest};
use super::repair::{Repair, changes, unhelpful};
use super::stage::{self, StageError, Staged, Tracked};
use super::store::{Refusal, Store, StoreError};
use crate::config::Settings;
use crate::engine::Gathered;
use crate::error::Problem;
use crate::finding::edit::FixKind;
use crate::finding::{Finding, Outcome};
use crate::inventory::index::Inventory;
use crate::seal::{Randomness, SealedSecret, Secret};
use crate::span::Span;

/// How often files whose repair did not help are left out and the others are tried again.
const ROUNDS: usize = 6;

/// What a run asks of the program around it.
pub(crate) trait Host {
    /// Checks the files, and says when each was last written before.
    fn check(&self) -> Result<Checked, Problem>;
    /// The facts of every file of the repository.
    fn gather(&self) -> Gathered;
    /// The places of everything in a text that any rule takes for a value, allowed or not.
    fn values(&self, path: &str, bytes: &[u8]) -> Vec<Span>;
    /// The clusters that something can be sealed for.
    fn clusters(&self) -> Result<Vec<ClusterKey>, Problem>;
    fn open_store(&self) -> Result<Store, Problem>;
    /// Tells people of a file or finding that is left out. Another round may repeat it.
    fn report(&self, problem: &Problem);
}

/// The findings before or after a try.
pub(crate) struct Checked {
    pub outcome: Outcome,
    /// What each file was when it was checked.
    pub stamps: BTreeMap<Arc<str>, Stamp>,
}

/// When and how large a file was last written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    size: u64,
    time: Option<SystemTime>,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { size: metadata.len(), time: metadata.modified().ok() }
    }
}

/// Why a run ends without a result. All files are as they were, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("interrupted")]
    Interrupted,
    /// The program around the run cannot do what is asked of it.
    #[error("{}", .0.message)]
    Host(Problem),
    #[error("{} {}", .0.path.display(), .0.reason)]
    Refused(Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Stage(#[from] StageError),
    #[error("the repairs do not help; nothing was written")]
    NoHelp,
    /// The result could not be checked, so it was undone.
    #[error("{0}")]
    PutBack(Box<RunError>),
    #[error("the repair did not help, and cannot be undone: {0}")]
    Stuck(StoreError),
}

impl From<Problem> for RunError {
    fn from(problem: Problem) -> Self {
        Self::Host(problem)
    }
}

/// What a person asks of a run.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command")]
pub(crate) struct Request {
    /// Whether fixes are applied that only a person can judge.
    pub with_unsafe: bool,
    /// Whether files that were staged are staged again.
    pub stage: bool,
    /// Whether patches are made, in which every value is masked.
    pub patches: bool,
    /// Whether findings that are not fixed go unreported.
    pub quiet: bool,
    pub sealing: SealingRequest,
    pub random: Randomness,
}

/// What a run did, or would do.
pub(crate) struct Repaired {
    /// Nothing where there was nothing to repair.
    pub repairs: Vec<Repair>,
    pub before: Outcome,
    pub after: Outcome,
}

pub(crate) struct Run<'r> {
    settings: &'r Settings,
    request: &'r Request,
    host: &'r dyn Host,
    interrupted: &'r AtomicBool,
    /// Files that stay as they are.
    left_out: BTreeSet<String>,
    clusters: OnceCell<Vec<ClusterKey>>,
}

/// Findings of a file, or that are fixed in it, with their index.
type Findings<'f> = [(usize, &'f Finding)];

/// Findings by the file that they are fixed in.
type ByPath<'f> = BTreeMap<&'f str, Vec<(usize, &'f Finding)>>;

impl<'r> Run<'r> {
    pub(crate) fn new(
        settings: &'r Settings,
        request: &'r Request,
        host: &'r dyn Host,
        interrupted: &'r AtomicBool,
    ) -> Self {
        Self { settings, request, host, interrupted, left_out: BTreeSet::new(), clusters: OnceCell::new() }
    }

    /// Says what would be done, and writes nothing.
    pub(crate) fn plan(&mut self) -> Result<Repaired, RunError> {
        let Checked { outcome, stamps } = self.check()?;
        let repairs = self.plan_repairs(&outcome, &stamps)?;
        Ok(Repaired { repairs, before: outcome.clone(), after: outcome })
    }

    /// Repairs what can be repaired, all files or none; `store` where it is open already.
    pub(crate) fn apply(&mut self, mut store: Option<Store>) -> Result<Repaired, RunError> {
        for round in 0..ROUNDS {
            let Repaired { repairs, before, .. } = self.plan()?;
            if repairs.is_empty() {
                return Ok(Repaired { repairs, after: before.clone(), before });
            }
            let opened = match &mut store {
                Some(opened) => opened,
                empty => empty.insert(self.host.open_store()?),
            };
            if let Some(after) = self.attempt(opened, &repairs, &before)? {
                return Ok(Repaired { repairs, before, after });
            }
            tracing::debug!("round {round} left files out");
        }
        Err(RunError::NoHelp)
    }

    /// Stages files of the repairs again, where that is asked for: what became of each.
    pub(crate) fn stage<'f>(&self, repairs: &'f [Repair]) -> Result<Vec<(&'f str, Staged)>, RunError> {
        if !self.request.stage {
            return Ok(Vec::new());
        }
        let files: Vec<stage::File<'_>> = repairs.iter().filter_map(Repair::staged).collect();
        let became = stage::restage(&self.settings.root, &files)?;
        Ok(files.iter().map(|file| file.path).zip(became).collect())
    }

    fn check(&self) -> Result<Checked, RunError> {
        let checked = self.host.check()?;
        for failed in &checked.outcome.coverage.errors {
            self.host.report(&Problem::new(failed.reason.to_string()).in_file(&*failed.path));
        }
        Ok(checked)
    }

    /// What is to be done, by path.
    fn plan_repairs(&mut self, outcome: &Outcome, stamps: &BTreeMap<Arc<str>, Stamp>) -> Result<Vec<Repair>, RunError> {
        let (own, elsewhere) = by_path(outcome);
        let convention = self.settings.convention();
        let (gathered, inventory) = (OnceCell::new(), OnceCell::new());
        let inventory = || {
            inventory.get_or_init(|| {
                let gathered: &Gathered = gathered.get_or_init(|| self.host.gather());
                Inventory::new(&gathered.files, &convention)
            })
        };
        let recipients = Recipients {
            request: &self.request.sealing,
            settings: self.settings,
            inventory: &inventory,
            clusters: self.clusters(outcome)?,
        };
        let (mut repairs, mut failed) = (Vec::new(), Vec::new());
        for (path, findings) in &own {
            let fixable = findings.iter().any(|(_, finding)| finding.fix.is_some());
            if !fixable || self.left_out.contains(*path) {
                continue;
            }
            repairs.extend(self.plan_untracking(path, findings, outcome));
            match self.plan_file(path, findings, stamps.get(*path), outcome, &recipients) {
                Ok(repair) => repairs.extend(repair),
                Err(why) => failed.push((*path, why)),
            }
        }
        for (path, findings) in elsewhere.iter().filter(|(path, _)| !self.left_out.contains(**path)) {
            match self.plan_other(path, findings) {
                Ok(repair) => repairs.extend(repair),
                Err(why) => failed.push((*path, why)),
            }
        }
        failed.iter().for_each(|(path, why)| self.leave(path, why));
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(RunError::Interrupted);
        }
        Ok(repairs)
    }

    /// The clusters to seal for, read once; none where nothing is sealed. What is re-sealed can stay for the key that it
    /// was for.
    fn clusters(&self, outcome: &Outcome) -> Result<&[ClusterKey], RunError> {
        let seals = |finding: &Finding| {
            let kind = finding.fix.as_ref().map(|fix| &fix.kind);
            matches!(kind, Some(FixKind::Seal { .. })) && !self.left_out.contains(&*finding.path)
        };
        let sealing = &self.request.sealing;
        let reseals = !sealing.private_keys.is_empty() && sealing.certificate_is_named;
        if self.clusters.get().is_none() && (reseals || outcome.findings.iter().any(seals)) {
            let _ = self.clusters.set(self.host.clusters()?);
        }
        Ok(self.clusters.get().map_or(&[], Vec::as_slice))
    }

    /// What is to be done to a file with findings; nothing where none of them can be repaired.
    fn plan_file(
        &self,
        path: &str,
        findings: &Findings<'_>,
        stamp: Option<&Stamp>,
        outcome: &Outcome,
        recipients: &Recipients<'_>,
    ) -> Result<Option<Repair>, LeftOut> {
        let location = self.settings.root.join(path);
        let now = location.metadata().ok().map(|metadata| Stamp::of(&metadata));
        if now.is_none() || stamp != now.as_ref() {
            return Err(LeftOut::Changed);
        }
        let input = Input::read(&location)?;
        let Request { with_unsafe, random, .. } = self.request;
        let target = |span, secret: &Secret| recipients.target(path, span, secret);
        let mut planned = plan::plan(&input.text, findings, *with_unsafe, &target, random, self.settings.strength());
        let reseal = |old: &SealedSecret, namespace: Option<&str>, strict| {
            recipients.reseal(path, old, namespace, strict, random)
        };
        plan::plan_resealing(&mut planned, &input.text, findings, *with_unsafe, &reseal);
        self.report_not_fixed(&planned, outcome);
        if planned.is_empty() {
            return Ok(None);
        }
        let text = planned.text(&input.text)?;
        let new = if planned.remove { None } else { Some(input.with_text(&text)?) };
        self.hide_values(path, &mut planned, &input);
        Ok(Some(Repair { path: path.to_owned(), input: Some(input), planned, new, untrack: false }))
    }

    /// That a file is to be taken out of the index.
    fn plan_untracking(&self, path: &str, findings: &Findings<'_>, outcome: &Outcome) -> Option<Repair> {
        let planned = plan::plan_untrack(findings, self.request.with_unsafe)?;
        self.report_not_fixed(&planned, outcome);
        let repair = Repair { path: path.to_owned(), input: None, planned, new: None, untrack: true };
        (!repair.planned.done.is_empty()).then_some(repair)
    }

    /// What is to be done to a file because of findings in others.
    fn plan_other(&self, path: &str, findings: &Findings<'_>) -> Result<Option<Repair>, LeftOut> {
        let location = self.settings.root.join(path);
        let input = location.symlink_metadata().is_ok().then(|| Input::read(&location)).transpose()?;
        let mut planned = plan::plan_other(findings, self.request.with_unsafe);
        if planned.is_empty() {
            return Ok(None);
        }
        let text = planned.text(input.as_ref().map_or("", |input| input.text.as_str()))?;
        let new = match &input {
            Some(input) => input.with_text(&text)?,
            None => text.into_bytes(),
        };
        if let Some(input) = &input {
            self.hide_values(path, &mut planned, input);
        }
        Ok(Some(Repair { path: path.to_owned(), input, planned, new: Some(new), untrack: false }))
    }

    /// Hides what no patch may show, where one is made.
    fn hide_values(&self, path: &str, planned: &mut plan::Planned, input: &Input) {
        if self.request.patches {
            planned.hide(&input.text, self.host.values(path, &input.bytes));
        }
    }

    fn report_not_fixed(&self, planned: &plan::Planned, outcome: &Outcome) {
        for (index, why) in planned.left.iter().filter(|_| !self.request.quiet) {
            let finding = &outcome.findings[*index];
            let problem = Problem::new(format!("{} not fixed: {why}", finding.rule)).warning();
            self.host.report(&problem.in_file(&*finding.path).at(finding.region.start));
        }
    }

    fn leave(&mut self, path: &str, why: &LeftOut) {
        let problem = Problem::new(format!("left unchanged: {why}")).in_file(path).warning();
        self.host.report(&problem.maybe_help(why.help()));
        self.left_out.insert(path.to_owned());
    }

    /// Writes the repairs and checks whether they help: the findings after them. Nothing where some did not; those files
    /// are left out from then on.
    fn attempt(
        &mut self,
        store: &mut Store,
        repairs: &[Repair],
        before: &Outcome,
    ) -> Result<Option<Outcome>, RunError> {
        let root = &self.settings.root;
        let untrack: Vec<&str> =
            repairs.iter().filter(|repair| repair.untrack).map(|repair| repair.path.as_str()).collect();
        let untracked = stage::tracked(root, &untrack)?;
        let run = match store.replace_noting(&changes(root, repairs), &untracked) {
            Ok(run) => run,
            Err(StoreError::Refused(refusals)) => {
                refusals.into_iter().try_for_each(|refusal| self.leave_refused(repairs, refusal))?;
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let checked = self.check_repaired(&untracked);
        let bad = match checked.map(|after| (unhelpful(before, &after, repairs), after)) {
            Ok((bad, after)) if bad.is_empty() => return Ok(Some(after)),
            Ok((bad, _)) => Ok(bad),
            Err(error) => Err(RunError::PutBack(Box::new(error))),
        };
        store.put_back(&run).map_err(RunError::Stuck)?;
        stage::track(root, &untracked)?;
        for (path, why) in bad? {
            let message = format!("restored, because after the repair {why}");
            self.host.report(&Problem::new(message).in_file(&path).warning());
            self.left_out.insert(path);
        }
        Ok(None)
    }

    fn check_repaired(&self, untracked: &[Tracked]) -> Result<Outcome, RunError> {
        stage::untrack(&self.settings.root, untracked)?;
        Ok(self.host.check()?.outcome)
    }

    /// Leaves out the repair of a file that cannot be written.
    fn leave_refused(&mut self, repairs: &[Repair], refusal: Refusal) -> Result<(), RunError> {
        let is_refused = |name: &str| self.settings.root.join(name) == refusal.path;
        if let Some(repair) = repairs.iter().find(|repair| is_refused(&repair.path)) {
            self.leave(&repair.path, &LeftOut::Refused(refusal.reason));
            return Ok(());
        }
        let output =
            |repair: &Repair| Some((repair.path.clone(), repair.outputs().find(|(name, _)| is_refused(name))?.0));
        let Some((path, output)) = repairs.iter().find_map(output) else { return Err(RunError::Refused(refusal)) };
        self.leave(&path, &LeftOut::OutputRefused(output, refusal.reason));
        Ok(())
    }
}

/// Findings by their own file, and by the other file that their fix changes.
fn by_path(outcome: &Outcome) -> (ByPath<'_>, ByPath<'_>) {
    let (mut own, mut elsewhere) = (ByPath::new(), ByPath::new());
    for (index, finding) in outcome.findings.iter().enumerate() {
        own.entry(&finding.path).or_default().push((index, finding));
        if let Some((path, _)) = finding.fix.as_ref().and_then(|fix| fix.kind.elsewhere()) {
            elsewhere.entry(path).or_default().push((index, finding));
        }
    }
    (own, elsewhere)
}
