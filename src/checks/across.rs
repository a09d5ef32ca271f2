//! Checks of the whole repository: what they see, and where they put what they say.

use std::sync::Arc;

use jiff::civil::Date;

use super::{Check, Draft, Run, Weight};
use crate::coverage::{Skipped, Stopped, guarded};
use crate::finding::Related;
use crate::inventory::Place;
use crate::inventory::facts::Object;
use crate::inventory::index::Inventory;
use crate::rule::Level;

/// What is said of one file.
pub(crate) type Drafts = Vec<Draft>;

/// The repository under a check.
pub struct Across<'i> {
    /// What it holds.
    pub inventory: &'i Inventory<'i>,
    /// The day against which ages are held.
    pub today: Date,
    checks: &'i [&'static Check],
    rule: &'static str,
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
    let mut failed = Vec::new();
    let mut across = Across { inventory, today, checks, rule: "", drafts: Vec::new() };
    for check in checks {
        if let Run::Repository(run) = check.run {
            across.rule = check.rule;
            let before = across.drafts.len();
            if let Err(stopped) = guarded(".", Stopped::Check(check.rule), || run(&mut across)) {
                across.drafts.truncate(before);
                failed.push(stopped);
            }
        }
    }
    Found { drafts: across.drafts, failed }
}

impl<'i> Across<'i> {
    /// Whether another rule is on, so that what it tells need not be told twice.
    #[must_use]
    pub fn is_on(&self, rule: &str) -> bool {
        self.checks.iter().any(|check| check.rule == rule)
    }

    /// Reports a fault at a place of the file with that index.
    pub fn report(&mut self, file: usize, place: Place, symbolic: Option<String>, message: String) -> &mut Draft {
        self.drafts.push((
            file,
            Draft {
                rule: self.rule.into(),
                at_most: Level::Error,
                span: place.span,
                place: symbolic,
                message,
                help: None,
                weight: Weight::Structure,
                refuted: false,
                incomplete: false,
                related: Vec::new(),
                fix: None,
                repair: None,
            },
        ));
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
pub(super) fn said(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
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
    use super::*;
    use crate::coverage::Reason;
    use crate::inventory::convention::Convention;
    use crate::inventory::facts::Facts;

    #[test]
    fn a_check_that_panics_costs_no_other() {
        fn fails(cx: &mut Across<'_>) {
            cx.report(0, Place::START, None, "half of it".to_owned());
            panic!("on purpose");
        }
        fn speaks(cx: &mut Across<'_>) {
            cx.report(0, Place::START, None, "whole".to_owned());
        }
        static CHECKS: [Check; 2] =
            [Check { rule: "a", run: Run::Repository(fails) }, Check { rule: "b", run: Run::Repository(speaks) }];
        let files = [("a.yaml".into(), Facts::default())];
        let convention = Convention::default();
        let inventory = Inventory::new(&files, &convention);
        let found = run(&inventory, Date::constant(2026, 1, 1), &[&CHECKS[0], &CHECKS[1]]);
        assert_eq!(found.failed, [Skipped::new(".", Reason::Internal(Stopped::Check("a")))]);
        let said: Vec<&str> = found.drafts.iter().map(|(_, draft)| draft.message.as_str()).collect();
        assert_eq!(said, ["whole"]);
    }
}
