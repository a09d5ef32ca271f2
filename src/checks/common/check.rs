//! A check as data: its rule, what it looks at, and what the engine and the other checks have to know about it.

use super::across::Across;
use super::context::Context;
use super::draft::Subject;
use crate::rule::RuleId;

/// A check that is code.
pub struct Check {
    /// Its rule, a file in `rules/manifests/`.
    pub rule: RuleId,
    /// What looks at one source by itself.
    pub source: Option<fn(&mut Context<'_, '_>)>,
    /// What looks at the inventory of the repository after that.
    pub repository: Option<fn(&mut Across<'_>)>,
    /// What its reports are about, unless one says otherwise.
    pub subject: Subject,
    /// What the engine has to find out for it.
    pub needs: &'static [Need],
    /// Rules to which it leaves a mistake that both see: one mistake is one finding.
    pub yields_to: &'static [RuleId],
}

/// What a check has to know beyond the texts, which costs something to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The ciphertexts that Git held when the rotation period began.
    Past,
    /// What `.gitignore` says about secret files that Git does not hold.
    UntrackedIgnores,
    /// What `.gitignore` says about those that it holds.
    TrackedIgnores,
    /// The credentials that other checks found in a file.
    Credentials,
}

impl Check {
    pub(crate) const fn source(rule: RuleId, subject: Subject, run: fn(&mut Context<'_, '_>)) -> Self {
        Self { rule, source: Some(run), repository: None, subject, needs: &[], yields_to: &[] }
    }

    pub(crate) const fn repository(rule: RuleId, subject: Subject, run: fn(&mut Across<'_>)) -> Self {
        Self { rule, source: None, repository: Some(run), subject, needs: &[], yields_to: &[] }
    }

    pub(crate) const fn and_repository(mut self, run: fn(&mut Across<'_>)) -> Self {
        self.repository = Some(run);
        self
    }

    pub(crate) const fn needing(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }

    /// Drops its reports where one of `rules` reports the same place. What a check leaves out of a report for such a rule
    /// it asks for with [`Across::yields_to`].
    pub(crate) const fn yielding_to(mut self, rules: &'static [RuleId]) -> Self {
        self.yields_to = rules;
        self
    }
}
