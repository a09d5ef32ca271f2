//! The lines rewritten: what is found today is accepted, what is gone is dropped.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Baseline, Judged, Key, Mark, Note, Spot, State, Verdict, acceptable};
use crate::finding::Finding;

/// How lines are made.
pub(crate) struct Refresh<'r> {
    /// What the findings were made with.
    pub key: &'r Key,
    /// For new lines.
    pub reason: Option<&'r str>,
    /// For new lines, and those that have expired.
    pub until: Option<Date>,
    /// Whether lines of other keys are rewritten where there is a finding in their place.
    pub rekey: bool,
    /// The day that ends are compared with.
    pub today: Date,
    /// Whether all of a spot was searched, so that what was not found there is gone.
    pub seen: &'r dyn Fn(&Spot) -> bool,
}

/// How lines changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Lines that are new, also those that take the place of one of another key.
    pub new: usize,
    /// Lines as before.
    pub kept: usize,
    /// Lines that are dropped because they accept nothing any more.
    pub gone: usize,
    /// Of those kept: how many were not looked for, so that nobody knows whether they are needed.
    pub unseen: usize,
    /// Of those kept: how many have expired, and would accept a finding that is there.
    pub expired: usize,
}

impl Baseline {
    /// This baseline, made to accept all of `findings`.
    pub(crate) fn refreshed(&self, findings: &[Finding], how: &Refresh<'_>) -> (Self, Counts) {
        let judged = self.judge(findings, Some(how.key), how.today);
        // Where lines of other keys give way to lines of this one: it is unknown which of them is for which value.
        let anew: BTreeSet<Spot> = findings
            .iter()
            .zip(&judged.verdicts)
            .filter(|(_, verdict)| match verdict {
                Verdict::TooMany => true,
                Verdict::Unverified => how.rekey,
                Verdict::Expired(_) => how.rekey && how.until.is_some(),
                _ => false,
            })
            .map(|(finding, _)| Spot::of(finding))
            .collect();
        let replaced = |spot: &Spot, mark: Mark| mark.key != how.key.id() && anew.contains(spot);
        let (mut made, mut counts) = self.kept(&judged, how, &replaced);
        for (finding, verdict) in findings.iter().zip(judged.verdicts) {
            let spot = Spot::of(finding);
            let wanted = match verdict {
                Verdict::New | Verdict::OtherValue => acceptable(finding),
                _ => anew.contains(&spot) && verdict != Verdict::Accepted,
            };
            let mark = Mark { key: how.key.id(), digest: how.key.digest(&spot, &finding.identity.value) };
            if !wanted || made.entries.contains_key(&(spot.clone(), mark)) {
                continue;
            }
            let note = self.note(&spot, how, &replaced);
            made.add(spot, mark, note);
            counts.new += 1;
        }
        (made, counts)
    }

    /// This baseline without the lines that accept nothing any more. `seen` as in [`Refresh`].
    pub(crate) fn pruned(
        &self,
        findings: &[Finding],
        key: Option<&Key>,
        today: Date,
        seen: &dyn Fn(&Spot) -> bool,
    ) -> (Self, Counts) {
        let judged = self.judge(findings, key, today);
        let (mut made, mut counts) = (Self::default(), Counts::default());
        for ((spot, mark, note), state) in self.entries().zip(judged.states) {
            if !keep(state, spot, seen, &mut counts) {
                continue;
            }
            made.add(spot.clone(), mark, note.clone());
        }
        (made, counts)
    }

    /// The lines that stay as they are, or get a new end.
    fn kept(&self, judged: &Judged, how: &Refresh<'_>, replaced: &dyn Fn(&Spot, Mark) -> bool) -> (Self, Counts) {
        let (mut made, mut counts) = (Self::default(), Counts::default());
        for ((spot, mark, note), state) in self.entries().zip(&judged.states) {
            if replaced(spot, mark) {
                counts.gone += 1;
                continue;
            }
            // A line that has expired is renewed only where somebody says until when.
            let renewed = (how.until).filter(|_| *state == State::Expired);
            let state = if renewed.is_some() { State::Accepts } else { *state };
            if !keep(state, spot, how.seen, &mut counts) {
                continue;
            }
            let mut note = note.clone();
            if renewed.is_some() {
                note.until = renewed;
                note.reason = how.reason.map(str::to_owned).or(note.reason);
            }
            made.add(spot.clone(), mark, note);
        }
        (made, counts)
    }

    /// What a new line says beside its value: what was given, else what the lines said that it takes the place of.
    fn note(&self, spot: &Spot, how: &Refresh<'_>, replaced: &dyn Fn(&Spot, Mark) -> bool) -> Note {
        let before = || self.entries().filter(|(held, mark, _)| *held == spot && replaced(held, *mark));
        let reasons: BTreeSet<&str> = before().filter_map(|(_, _, note)| note.reason.as_deref()).collect();
        let reasons = Some(reasons.into_iter().collect::<Vec<_>>().join("; ")).filter(|reason| !reason.is_empty());
        let until = before().filter_map(|(_, _, note)| note.until).min();
        Note { reason: how.reason.map(str::to_owned).or(reasons), until: how.until.or(until), line: 0 }
    }
}

/// Whether a line stays; counts it.
fn keep(state: State, spot: &Spot, seen: &dyn Fn(&Spot) -> bool, counts: &mut Counts) -> bool {
    match state {
        State::Gone | State::OtherValue if seen(spot) => {
            counts.gone += 1;
            return false;
        }
        State::Gone | State::OtherValue => counts.unseen += 1,
        State::Expired => counts.expired += 1,
        State::Accepts | State::Unverified => {}
    }
    counts.kept += 1;
    true
}
