//! The words in which a run of `fix` is reported.

use super::host::FixHost;
use crate::cli::{locate, output, recipient, scan, writing};
use crate::error::{Problem, counted};
use crate::exit::Exit;
use crate::finding::Outcome;
use crate::fix::plan;
use crate::fix::repair::Repair;
use crate::fix::run::Repaired;
use crate::fix::stage::Staged;
use crate::report;

impl FixHost<'_> {
    /// The patch, with every value masked.
    pub(super) fn patch(&self, planned: &Repaired) -> Result<Exit, Problem> {
        let old = |repair: &Repair| repair.input.as_ref().map_or(String::new(), |input| input.text.to_string());
        let (untracked, edited): (Vec<&Repair>, Vec<_>) = planned.repairs.iter().partition(|repair| repair.untrack);
        let patch: String = edited.iter().map(|repair| repair.planned.patch(&repair.path, &old(repair))).collect();
        for repair in untracked {
            let titles = repair.planned.done.iter().map(|done| &done.title);
            titles.for_each(|title| output::note(&format!("{}: would {title}", repair.path)));
        }
        if !planned.repairs.is_empty() && !self.quiet {
            output::note("values are masked: read the patch, do not apply it; nothing was written");
        }
        Ok(output::print(&patch)?.and(self.exit_status(&planned.after)))
    }

    /// Says what was done, and what is left.
    pub(super) fn repaired(&self, Repaired { repairs, before, after }: &Repaired) {
        repairs.iter().for_each(|repair| self.repair(repair));
        if !repairs.is_empty() {
            let fixed = before.findings.len().saturating_sub(after.findings.len());
            let files: usize = repairs.iter().map(|repair| 1 + repair.planned.outputs.len()).sum();
            let (fixed, files) = (counted(fixed, "finding"), counted(files, "file"));
            output::note(&format!("fixed {fixed} in {files}; undo with `{}`", self.undo_command()));
            let store = writing::store_folder(&self.settings.root, self.environment);
            output::note(&writing::originals(store.as_deref(), &self.settings.root));
        }
        self.left(after, repairs.is_empty());
    }

    fn repair(&self, repair: &Repair) {
        repair.planned.done.iter().for_each(|done| output::note(&format!("{}: {}", repair.path, done.title)));
        repair.outputs().for_each(|(path, _)| output::note(&format!("{path}: new")));
        for sealed in &repair.planned.sealed {
            for (key, weakness) in &sealed.weak {
                let value = format!("{}: the value of {}", sealed.title, plan::shown(key));
                let problem = recipient::weak(&value, *weakness);
                output::problem(&problem.in_file(&repair.path));
            }
        }
        for sealed in &repair.planned.sealed {
            let Some((commit, keys)) = repair.committed(&self.settings.root, sealed) else { continue };
            let what = if keys.len() == 1 { "value" } else { "values" };
            let keys: Vec<String> = keys.into_iter().map(plan::shown).collect();
            let date = commit.date.map(|date| format!(" of {date}")).unwrap_or_default();
            let message = format!(
                "{}: plaintext {what} in the history since commit {}{date}: {}",
                sealed.title,
                commit.id,
                keys.join(", "),
            );
            let help = "rotate them: change the values where they are used, and seal the new ones; sealing removes nothing \
                        from clones";
            output::problem(&Problem::new(message).in_file(&repair.path).warning().help(help));
        }
    }

    /// What undoes the run: outside Git only the given path says where it was.
    fn undo_command(&self) -> String {
        let here = locate::current_root().is_ok_and(|root| root == self.settings.root);
        match self.args.paths.first().filter(|_| !here) {
            Some(path) => format!("mlguard fix --undo {}", path.display()),
            None => "mlguard fix --undo".to_owned(),
        }
    }

    fn left(&self, after: &Outcome, nothing_done: bool) {
        let after = self.without_accepted(after);
        if !after.coverage.skipped.is_empty() {
            output::note(&report::covered(&after.coverage));
        }
        match after.findings.len() {
            0 if nothing_done => output::note("nothing to fix"),
            0 => {}
            left => {
                let verb = if left == 1 { "remains" } else { "remain" };
                output::note(&format!("{} {verb}; see `mlguard check`", counted(left, "finding")));
            }
        }
    }

    /// Says what became of a written file in the index.
    pub(super) fn staged(path: &str, staged: Staged) {
        match staged {
            Staged::Yes => output::note(&format!("{path}: staged")),
            Staged::Differs => {
                let problem = Problem::new("has unstaged changes, so it was not staged").in_file(path).warning();
                output::problem(&problem.help("`git add` it yourself"));
            }
            Staged::Untracked => {}
        }
    }

    /// The exit status that the findings left ask for.
    pub(super) fn exit_status(&self, outcome: &Outcome) -> Exit {
        scan::exit_status(&self.without_accepted(outcome), self.settings.fail_on.value)
    }

    fn without_accepted(&self, outcome: &Outcome) -> Outcome {
        let mut left = outcome.clone();
        self.accept.apply(&mut left);
        left
    }
}
