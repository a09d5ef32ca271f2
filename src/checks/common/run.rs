//! Runs checks, and drops what one leaves to another.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::across::Across;
use super::check::Check;
use super::context::Context;
use super::draft::Draft;
use crate::checks::detector::{Engine, Hit};
use crate::coverage::{Skipped, Stopped, guarded};
use crate::document::view::View;
use crate::inventory::index::Inventory;
use crate::rule::RuleId;
use crate::span::Span;

/// What checks found in one source.
pub(crate) struct SourceDrafts {
    /// In no order, duplicates among them.
    pub drafts: Vec<Draft>,
    /// Stretches that a check looked at and in which a key and its value mean nothing.
    pub quiet: Vec<Span>,
}

/// Runs `checks` over a source. `hits` are the engine's for the same text, sorted by start.
pub(crate) fn run_source<'c>(
    view: &'c View<'_>,
    engine: &'c Engine,
    hits: &'c [Hit],
    checks: &[&'static Check],
) -> SourceDrafts {
    let mut found = SourceDrafts { drafts: Vec::new(), quiet: Vec::new() };
    for check in checks {
        if let Some(run) = check.source {
            let (rule, subject) = (check.rule, check.subject);
            let mut context = Context { view, engine, hits, rule, subject, drafts: Vec::new(), quiet: Vec::new() };
            run(&mut context);
            found.drafts.append(&mut context.drafts);
            found.quiet.append(&mut context.quiet);
        }
    }
    found
}

/// What checks of the whole repository gave.
pub(crate) struct RepositoryDrafts {
    /// Each with the index of its file in the inventory.
    pub drafts: Vec<(usize, Draft)>,
    /// Checks that panicked; nothing that these reported counts.
    pub failed: Vec<Skipped>,
}

/// Runs the checks that look at the whole repository. A panic costs one of them and no other.
pub(crate) fn run_repository(inventory: &Inventory<'_>, today: Date, checks: &[&'static Check]) -> RepositoryDrafts {
    let (mut drafts, mut failed) = (Vec::new(), Vec::new());
    for check in checks {
        if let Some(run) = check.repository {
            let is_on = |rule: &RuleId| (*rule, checks.iter().any(|other| other.rule == *rule));
            let yields_to = check.yields_to.iter().map(is_on).collect();
            let (rule, subject) = (check.rule, check.subject);
            let mut across = Across { inventory, today, rule, subject, yields_to, drafts: Vec::new() };
            match guarded(".", Stopped::Check(check.rule.as_str()), || run(&mut across)) {
                Ok(()) => drafts.append(&mut across.drafts),
                Err(stopped) => failed.push(stopped),
            }
        }
    }
    drop_yielding(&mut drafts, checks);
    RepositoryDrafts { drafts, failed }
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

#[cfg(test)]
mod tests {
    use super::super::draft::Subject;
    use super::*;
    use crate::coverage::Reason;
    use crate::inventory::Place;
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
        let found = run_repository(&inventory, Date::constant(2026, 1, 1), &[&CHECKS[0], &CHECKS[1]]);
        assert_eq!(found.failed, [Skipped::new(".", Reason::Internal(Stopped::Check(id::UNUSED_SECRET.as_str())))]);
        let messages: Vec<&str> = found.drafts.iter().map(|(_, draft)| draft.message.as_str()).collect();
        assert_eq!(messages, ["whole"]);
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
            let found = run_repository(&inventory, Date::constant(2026, 1, 1), checks);
            found.drafts.into_iter().map(|(_, draft)| draft.message).collect()
        };
        assert_eq!(messages(&[&CHECKS[0], &CHECKS[1]]), ["seen by one", "reported once"]);
        assert_eq!(messages(&[&CHECKS[0]]), ["both see it", "seen by one"]);
    }

    /// The pass that drops reports sees those of the repository only.
    #[test]
    fn checks_of_the_repository_yield_to_such_checks() {
        let is_repository =
            |rule: &RuleId| crate::checks::all().any(|check| check.rule == *rule && check.source.is_none());
        for check in crate::checks::all().filter(|check| !check.yields_to.is_empty()) {
            assert!(is_repository(&check.rule), "{}", check.rule);
            assert!(check.yields_to.iter().all(is_repository), "{}", check.rule);
        }
    }
}
