//! Checks of the whole repository: what they see, and where they put what they say.

use std::sync::Arc;

use jiff::civil::Date;

use super::{Check, Draft, Run, Weight};
use crate::finding::Related;
use crate::inventory::Place;
use crate::inventory::facts::Object;
use crate::inventory::index::Inventory;
use crate::rule::Level;

/// What is said of one file.
pub type Drafts = Vec<Draft>;

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

/// Runs the checks that look at the whole repository. Gives each draft with the index of its file in the inventory.
#[must_use]
pub fn run(inventory: &Inventory<'_>, today: Date, checks: &[&'static Check]) -> Vec<(usize, Draft)> {
    let mut across = Across { inventory, today, checks, rule: "", drafts: Vec::new() };
    for check in checks {
        if let Run::Repository(run) = check.run {
            across.rule = check.rule;
            run(&mut across);
        }
    }
    across.drafts
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
