//! Checks of the whole repository: what they see, and where they put their findings.

use std::sync::Arc;

use jiff::civil::Date;

use super::draft::{Draft, Subject};
use crate::finding::Related;
use crate::inventory::Place;
use crate::inventory::facts::Object;
use crate::inventory::index::Inventory;
use crate::rule::RuleId;

/// The repository under a check.
pub struct Across<'i> {
    /// What it holds.
    pub inventory: &'i Inventory<'i>,
    /// The day that ages are measured from.
    pub today: Date,
    /// The rule of the check that runs.
    pub(super) rule: RuleId,
    /// What its reports are about.
    pub(super) subject: Subject,
    /// Rules that the check yields to, each with whether it is on.
    pub(super) yields_to: Vec<(RuleId, bool)>,
    /// What was reported, each with the index of its file in the inventory.
    pub(super) drafts: Vec<(usize, Draft)>,
}

impl<'i> Across<'i> {
    /// Whether `rule`, one of those that the check yields to, is on, so that part of a report is left to it. Whole reports
    /// are dropped without asking.
    #[must_use]
    pub(crate) fn yields_to(&self, rule: RuleId) -> bool {
        let on = self.yields_to.iter().find(|(other, _)| *other == rule).map(|(_, on)| *on);
        debug_assert!(on.is_some(), "{} does not declare that it yields to {rule}", self.rule);
        on.unwrap_or_default()
    }

    /// Reports a fault at a place of the file with that index.
    pub fn report(&mut self, file: usize, place: Place, symbolic: Option<String>, message: String) -> &mut Draft {
        let draft = Draft::new(self.rule, self.subject, place.span, message);
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
pub(in crate::checks) fn title(object: &Object) -> String {
    let name = object.name.known().unwrap_or("?");
    match object.namespace.known() {
        Some(namespace) => format!("{} {namespace}/{name}", object.kind),
        None => format!("{} {name}", object.kind),
    }
}

/// `a`, `a and b`, `a, b and c`; of many only the first ones.
pub(in crate::checks) fn listed(words: &[String]) -> String {
    const MOST: usize = 8;
    let more = words.len().saturating_sub(MOST);
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] if more == 0 => format!("{} and {last}", head.join(", ")),
        _ => format!("{} and {more} more", words[..MOST].join(", ")),
    }
}
