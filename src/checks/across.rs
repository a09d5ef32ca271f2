//! Checks of the whole repository: what they see, and where they put what they say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::{Check, Draft};
use crate::coverage::{Skipped, Stopped, guarded};
use crate::finding::Related;
use crate::inventory::Place;
use crate::inventory::facts::Object;
use crate::inventory::index::Inventory;
use crate::rule::RuleId;

/// The repository under a check.
pub struct Across<'i> {
    /// What it holds.
    pub inventory: &'i Inventory<'i>,
    /// The day against which ages are held.
    pub today: Date,
    checks: &'i [&'static Check],
    check: &'static Check,
    drafts: Vec<(usize, Draft)>,
}

/// What checks of the whole repository gave.
pub(crate) struct Found {
    /// Each with the index of its file in the inventory.
    pub drafts: Vec<(usize, Draft)>,
    /// Checks that panicked; nothing that these said counts.
    pub failed: Vec<Skipped>,
}

/// Runs the checks that look at the whole repository. A panic costs one of them and no other.
#[must_use]
pub(crate) fn run(inventory: &Inventory<'_>, today: Date, checks: &[&'static Check]) -> Found {
    let (mut drafts, mut failed) = (Vec::new(), Vec::new());
    for check in checks {
        if let Some(run) = check.run.repository() {
            let mut across = Across { inventory, today, checks, check, drafts: Vec::new() };
            match guarded(".", Stopped::Check(check.rule.as_str()), || run(&mut across)) {
                Ok(()) => drafts.append(&mut across.drafts),
                Err(stopped) => failed.push(stopped),
            }
        }
    }
    drop_yielding(&mut drafts, checks);
    Found { drafts, failed }
}

/// One mistake is one finding: drops the reports of checks that leave the same place to another rule, which reports it.
fn drop_yielding(drafts: &mut Vec<(usize, Draft)>, checks: &[&'static Check]) {
    let yields_to: BTreeMap<&str, &[RuleId]> =
        checks.iter().map(|check| (check.rule.as_str(), check.yields_to)).collect();
    let winners: BTreeSet<RuleId> = yields_to.values().copied().flatten().copied().collect();
    let mut taken = BTreeSet::new();
    for (file, draft) in &*drafts {
        taken.extend(winners.iter().filter(|rule| draft.rule == **rule).map(|rule| (*rule, *file, draft.span)));
    }
    drafts.retain(|(file, draft)| {
        let others = yields_to.get(&*draft.rule).copied().unwrap_or_default();
        !others.iter().any(|rule| taken.contains(&(*rule, *file, draft.span)))
    });
}

impl<'i> Across<'i> {
    /// Whether `rule`, one of those that the check yields to, is on, so that part of a report is left to it. Whole reports
    /// are dropped without asking.
    #[must_use]
    pub fn yields_to(&self, rule: RuleId) -> bool {
        debug_assert!(
            self.check.yields_to.contains(&rule),
            "{} does not say that it yields to {rule}",
            self.check.rule
        );
        self.checks.iter().any(|check| check.rule == rule)
    }

    /// Reports a fault at a place of the file with that index.
    pub fn report(&mut self, file: usize, place: Place, symbolic: Option<String>, message: String) -> &mut Draft {
        let draft = Draft::new(self.check.rule, self.check.subject, place.span, message);
        self.drafts.push((file, Draft { place: symbolic, ..draft }));
        let last = self.drafts.len() - 1;
        &mut self.drafts[last].1
    }

    /// A further place, to be put into [`Draft::related`].
    #[must_use]
    pub fn related(&self, file: usize, place: Place, message: String) -> Related {
        let path: &Arc<str> = self.inventory.path(file);
        Related { path: path.clone(), region: place.region, message }
    }
}

/// An object in words: `Deployment financial-ml/trainer`; what is not known is left out.
pub(super) fn title(object: &Object) -> String {
    let name = object.name.known().unwrap_or("?");
    match object.namespace.known() {
        Some(namespace) => format!("{} {namespace}/{name}", object.kind),
        None => format!("{} {name}", object.kind),
    }
}

/// `a`, `a and b`, `a, b and c`; of many only the first ones.
pub(super) fn listed(words: &[String]) -> String {
    const MOST: usize = 8;
    let more = words.len().saturating_sub(MOST);
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] if more == 0 => format!("{} and {last}", head.join(", ")),
        _ => format!("{} and {more} more", words[..MOST].join(", ")),
    }
}

/// What the check of a rule says of files, each finding as `LEVEL MESSAGE`.
#[cfg(test)]
pub(super) fn said(rule: RuleId, files: &[(&str, &str)]) -> Vec<String> {
    use crate::document::fragment::Lang;
    use crate::document::view::{View, parse};
    use crate::inventory::convention::Convention;
    use crate::inventory::read;
    let read = |&(path, text): &(&str, &str)| {
        let lang = Lang::of_path(path, text);
        let parsed = parse(path, text, lang);
        assert!(parsed.faults.is_empty(), "{path}: {:?}", parsed.faults);
        (path.into(), read::read(&View::new(path, text, lang, &parsed), &[]))
    };
    let files: Vec<_> = files.iter().map(read).collect();
    let convention = Convention::default();
    let inventory = Inventory::new(&files, &convention);
    let checks: Vec<&Check> = super::ALL.iter().filter(|check| check.rule == rule).collect();
    let found = run(&inventory, Date::constant(2026, 1, 1), &checks);
    assert!(found.failed.is_empty(), "{:?}", found.failed);
    found.drafts.into_iter().map(|(_, draft)| format!("{:?} {}", draft.at_most, draft.message)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Run, Subject};
    use super::*;
    use crate::coverage::Reason;
    use crate::inventory::convention::Convention;
    use crate::inventory::facts::Facts;
    use crate::rule::id;

    #[test]
    fn a_check_that_panics_costs_no_other() {
        fn fails(cx: &mut Across<'_>) {
            cx.report(0, Place::START, None, "half of it".to_owned());
            panic!("on purpose");
        }
        fn speaks(cx: &mut Across<'_>) {
            cx.report(0, Place::START, None, "whole".to_owned());
        }
        static CHECKS: [Check; 2] = [
            Check::repository(id::UNUSED_SECRET, Subject::Structure, fails),
            Check::repository(id::SECRET_SPRAWL, Subject::Structure, speaks),
        ];
        let files = [("a.yaml".into(), Facts::default())];
        let convention = Convention::default();
        let inventory = Inventory::new(&files, &convention);
        let found = run(&inventory, Date::constant(2026, 1, 1), &[&CHECKS[0], &CHECKS[1]]);
        assert_eq!(found.failed, [Skipped::new(".", Reason::Internal(Stopped::Check("unused-secret")))]);
        let said: Vec<&str> = found.drafts.iter().map(|(_, draft)| draft.message.as_str()).collect();
        assert_eq!(said, ["whole"]);
    }

    #[test]
    fn one_mistake_is_one_finding() {
        fn yields(cx: &mut Across<'_>) {
            cx.report(0, Place::START, None, "both see it".to_owned());
            cx.report(1, Place::START, None, "seen by one".to_owned());
        }
        fn wins(cx: &mut Across<'_>) {
            cx.report(0, Place::START, None, "reported once".to_owned());
        }
        static CHECKS: [Check; 2] = [
            Check::repository(id::UNUSED_SECRET, Subject::Structure, yields).yielding_to(&[id::SECRET_SPRAWL]),
            Check::repository(id::SECRET_SPRAWL, Subject::Structure, wins),
        ];
        let files = [("a.yaml".into(), Facts::default()), ("b.yaml".into(), Facts::default())];
        let convention = Convention::default();
        let inventory = Inventory::new(&files, &convention);
        let messages = |checks: &[&'static Check]| -> Vec<String> {
            let found = run(&inventory, Date::constant(2026, 1, 1), checks);
            found.drafts.into_iter().map(|(_, draft)| draft.message).collect()
        };
        assert_eq!(messages(&[&CHECKS[0], &CHECKS[1]]), ["seen by one", "reported once"]);
        assert_eq!(messages(&[&CHECKS[0]]), ["both see it", "seen by one"]);
    }

    /// The pass that drops reports sees those of the repository only.
    #[test]
    fn checks_of_the_repository_yield_to_such_checks() {
        let is_repository = |rule: &RuleId| {
            super::super::ALL.iter().any(|check| check.rule == *rule && matches!(check.run, Run::Repository(_)))
        };
        for check in super::super::ALL.iter().filter(|check| !check.yields_to.is_empty()) {
            assert!(is_repository(&check.rule), "{}", check.rule);
            assert!(check.yields_to.iter().all(is_repository), "{}", check.rule);
        }
    }
}
