//! Checks of the whole repository: what they see, and where they put what they say.

use std::sync::Arc;

use jiff::civil::Date;

use super::{Check, Draft, Run, Weight};
use crate::finding::Related;
use crate::inventory::Place;
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
    rule: &'static str,
    drafts: Vec<(usize, Draft)>,
}

/// Runs the checks that look at the whole repository. Gives each draft with the index of its file in the inventory.
#[must_use]
pub fn run(inventory: &Inventory<'_>, today: Date, checks: &[&'static Check]) -> Vec<(usize, Draft)> {
    let mut across = Across { inventory, today, rule: "", drafts: Vec::new() };
    for check in checks {
        if let Run::Repository(run) = check.run {
            across.rule = check.rule;
            run(&mut across);
        }
    }
    across.drafts
}

impl<'i> Across<'i> {
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
