//! Checks of the whole repository: what they see, and where they put their findings.

use jiff::civil::Date;

use super::draft::{Draft, Subject};
use crate::document::object;
use crate::finding::Related;
use crate::inventory::Place;
use crate::inventory::facts::Object;
use crate::inventory::index::{Defined, Inventory, Used};
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

    /// The same in an object, at the symbolic `path`.
    pub(in crate::checks) fn report_in(
        &mut self,
        (file, place): (usize, Place),
        object: &Object,
        path: &str,
        message: String,
    ) -> &mut Draft {
        self.report(file, place, Some(format!("{} {path}", title(object))), message)
    }

    /// The same at the reference of a use.
    pub(in crate::checks) fn report_use(&mut self, used: &Used<'_>, message: String) -> &mut Draft {
        let (object, reference) = (self.inventory.object(used.user), used.reference);
        self.report_in((used.file, reference.place), object, &reference.path, message)
    }

    /// The same at a definition.
    pub(in crate::checks) fn report_definition(&mut self, defined: &Defined<'_>, message: String) -> &mut Draft {
        let symbolic = self.inventory.object_of(defined).map(title);
        self.report(defined.file, defined.place(), symbolic, message)
    }

    /// Whether the last report is about this definition, which may land in several places, one after the other.
    pub(in crate::checks) fn has_reported(&self, defined: &Defined<'_>) -> bool {
        self.drafts.last().is_some_and(|(file, draft)| (*file, draft.span) == (defined.file, defined.place().span))
    }

    /// A further place, to be put into [`Draft::related`].
    #[must_use]
    pub fn related(&self, file: usize, place: Place, message: impl Into<String>) -> Related {
        Related { path: self.inventory.path(file).clone(), region: place.region, message: message.into() }
    }
}

/// An object in words: `Deployment financial-ml/trainer`; a namespace that is not known is left out.
pub(in crate::checks) fn title(object: &Object) -> String {
    object::title(&object.kind, object.namespace.known(), object.name.known())
}
